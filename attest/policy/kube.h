/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/yaml.h"

/*
 * The images that Kubernetes manifests would run.
 *
 * Finds every container, init container, ephemeral container and image volume of Pod, PodTemplate,
 * ReplicationController, ReplicaSet, Deployment, StatefulSet, DaemonSet, Job, CronJob and their
 * Lists, in every document. A workload that cannot be understood is an error, never skipped; kinds
 * that are not workloads are counted as not looked into.
 *
 * Ownership: img_kube_images_done(); strings are owned.
 * Errors:    IMG_E_MALFORMED with file, line and column.
 * Source:    Kubernetes API core/v1, apps/v1, batch/v1.
 */
struct img_kube_image {
    char *image;
    char *file;
    size_t line, column;
    char *object; /* "apps/v1 Deployment prod/app" */
    char *path;   /* JSON Pointer: "/spec/template/spec/containers/0/image" */
};
struct img_kube_images {
    struct img_kube_image *items;
    size_t count;
    size_t objects, not_workloads;
};
IMG_NODISCARD bool img_kube_read(const char *file, struct img_bytes text,
                                 struct img_kube_images *add_to, struct img_err *err);
void img_kube_images_done(struct img_kube_images *k);
