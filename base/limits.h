/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * Every maximum, with its unit and its reason. A parser takes its limit from here; nothing reads
 * foreign bytes without one. Raising a number is a decision about memory and time: say why.
 */
#define IMG_KIB UINT64_C(1024)
#define IMG_MIB (IMG_KIB * 1024)
#define IMG_GIB (IMG_MIB * 1024)

/* References */
#define IMG_LIMIT_REFERENCE 8192 /* bytes of one image argument: a path (4096) and a digest fit */
#define IMG_LIMIT_REPOSITORY                                                                       \
    255 /* bytes of a repository's path below its host; distribution/reference */
#define IMG_LIMIT_TAG      128 /* bytes; distribution-spec */
#define IMG_LIMIT_REF_NAME 512 /* bytes of a name in a layout: a whole reference fits */

/* A table, read by its columns. */
/* clang-format off */

/* OCI documents */
#define IMG_LIMIT_MANIFEST    (4 * IMG_MIB)   /* bytes; distribution-spec: registries need take no more */
#define IMG_LIMIT_CONFIG      (4 * IMG_MIB)   /* bytes; as a manifest: env, labels and history are text */
#define IMG_LIMIT_INDEX_JSON  (64 * IMG_MIB)  /* bytes; a layout's index.json, 100,000 entries */
#define IMG_LIMIT_OCI_LAYOUT  (64 * IMG_KIB)  /* bytes; a layout's oci-layout file is 30 */
#define IMG_LIMIT_PLATFORMS   1000            /* entries of an image index; the largest public ones have < 50 */
#define IMG_LIMIT_LAYERS      1000            /* layers of an image; runtimes stop at 127 */
#define IMG_LIMIT_HISTORY     10000           /* history entries of an image; runtimes stop at 127 layers */
#define IMG_LIMIT_ANNOTATIONS (256 * IMG_KIB) /* bytes of names and values on one descriptor */
#define IMG_LIMIT_NESTING     8               /* indexes within indexes */
#define IMG_LIMIT_REFERRERS   10000           /* entries looked at when listing what refers to an image */
#define IMG_LIMIT_COPY        100000          /* blobs and manifests of one copy, evidence included */
#define IMG_LIMIT_PAGES       1000            /* pages of one listing */
#define IMG_LIMIT_IDLE_PAGES  10              /* of them one after another that list nothing new */

/* Evidence, per image (design: `--max-evidence`, `--max-evidence-size`) */
#define IMG_LIMIT_EVIDENCE       128             /* pieces fetched and verified */
#define IMG_LIMIT_EVIDENCE_SIZE  (32 * IMG_MIB)  /* bytes each; an SBOM of 50,000 packages is 20 MB */
#define IMG_LIMIT_EVIDENCE_TOTAL (64 * IMG_MIB)  /* bytes together */
#define IMG_LIMIT_SUBJECTS       1024            /* of one statement, as sigstore-go */
#define IMG_LIMIT_SUBJECT_HASHES 32              /* digests of one subject, as sigstore-go */
#define IMG_LIMIT_EVIDENCE_MANIFEST (64 * IMG_KIB) /* bytes; a bundle's is 1 KiB, and 128 are held at once */
#define IMG_LIMIT_SIGNATURE      (16 * IMG_KIB)  /* bytes of one raw signature; RSA-8192 has 1 KiB */
#define IMG_LIMIT_PAE            (IMG_LIMIT_EVIDENCE_TOTAL + IMG_KIB) /* bytes that are signed */
#define IMG_LIMIT_BUNDLE_NODES   20000           /* JSON values of one bundle: 32 log entries with long proofs */
#define IMG_LIMIT_BUNDLE_LIST    32              /* log entries, timestamps of one bundle, as sigstore-go */
#define IMG_LIMIT_PREDICATE      (32 * IMG_MIB)  /* bytes of a predicate we sign */

/* Layers */
#define IMG_LIMIT_LAYER_SIZE    (64 * IMG_GIB)  /* bytes, uncompressed */
#define IMG_LIMIT_LAYER_RATIO   1100            /* uncompressed : compressed; deflate's own maximum is 1032 */
#define IMG_LIMIT_LAYER_FLOOR   (64 * IMG_MIB)  /* bytes any layer may inflate to, whatever the ratio */
#define IMG_LIMIT_ZSTD_LOG      25              /* log2 of the window below, as libzstd takes it */
#define IMG_LIMIT_ZSTD_WINDOW   (32 * IMG_MIB)  /* bytes; the largest window image builders write */
#define IMG_LIMIT_TAR_HEADER    (2 * IMG_MIB)   /* bytes before an entry's content: long names, xattrs, sparse map */
#define IMG_LIMIT_LAYER_ENTRIES 10000000        /* tar entries of one layer */
#define IMG_LIMIT_PATH          (64 * IMG_KIB)  /* bytes of one path in a layer; Linux's PATH_MAX is 4 KiB */
#define IMG_LIMIT_PACKAGE_DB    (64 * IMG_MIB)  /* bytes of one dpkg or apk database file */
#define IMG_LIMIT_DB_FILES      10000           /* of one kind in all layers; distroless has one for each package */
#define IMG_LIMIT_DB_LINE       (1 * IMG_MIB)   /* bytes of one line there: long dependency lists */
#define IMG_LIMIT_PACKAGE_KEYS  4000000         /* packages, each counted in every layer that lists it */
#define IMG_LIMIT_NODES         300000          /* paths of one layer kept to follow package databases */
#define IMG_LIMIT_OS_RELEASE    (64 * IMG_KIB)  /* bytes */
#define IMG_LIMIT_SBOM          (256 * IMG_MIB) /* bytes of an SBOM we write; 200,000 packages at 1 KiB */
#define IMG_LIMIT_PURL          (16 * IMG_KIB)  /* bytes of one package URL; real ones stay under 1 KiB */
#define IMG_LIMIT_PACKAGES      200000          /* packages of one image */
#define IMG_LIMIT_CHECKS        100000          /* findings of one kind in one layer; further ones make the checks incomplete */
#define IMG_LIMIT_SETUID        1000            /* setuid files of one layer; a whole distribution has 50 */
#define IMG_LIMIT_PASSWD        (1 * IMG_MIB)   /* bytes of etc/passwd */

/* Reports, policies, manifests, keys */
#define IMG_LIMIT_REPORT        (128 * IMG_MIB) /* bytes of a scanner's report */
#define IMG_LIMIT_REPORT_DEPTH  256             /* nesting of a scanner's report; real ones have 12 */
#define IMG_LIMIT_FINDINGS      1000000         /* findings of one report */
#define IMG_LIMIT_VERSION       512             /* bytes of one package version; Debian's longest is under 100 */
#define IMG_LIMIT_POLICY        (1 * IMG_MIB)   /* bytes of one policy file */
#define IMG_LIMIT_POLICIES      1000            /* policies of one run */
#define IMG_LIMIT_GLOB          512             /* bytes of one glob; a name has at most 255 and a host */
#define IMG_LIMIT_TEXT          (64 * IMG_KIB)  /* bytes of one explanation in a decision */
#define IMG_LIMIT_RECORD        (64 * IMG_MIB)  /* bytes of one image's decision record */
#define IMG_LIMIT_RENDERING     (1 * IMG_GIB)   /* bytes of all records or text of one run */
#define IMG_LIMIT_KUBE_IMAGES   100000          /* images named by the manifests of one run */
#define IMG_LIMIT_MANIFESTS     10000           /* manifest or policy files of one directory */
#define IMG_LIMIT_KUBE          (32 * IMG_MIB)  /* bytes of one Kubernetes manifest file */
#define IMG_LIMIT_YAML_DEPTH    100             /* libyaml is quadratic in nesting */
#define IMG_LIMIT_YAML_NODES    1000000         /* nodes of one stream, aliases expanded */
#define IMG_LIMIT_YAML_DIRECTIVES 64           /* of one stream; libyaml is quadratic in %TAG */
#define IMG_LIMIT_YAML_ANCHORS  256             /* anchors of one document; each alias looks through them */
#define IMG_LIMIT_DIGEST_FILE   (4 * IMG_MIB)   /* bytes; BuildKit metadata repeats the provenance */
#define IMG_LIMIT_KEY           (64 * IMG_KIB)  /* bytes of a key file */
#define IMG_LIMIT_PASSWORD      1024            /* bytes of a key password */

/* HTTP */
#define IMG_LIMIT_HEADERS    (256 * IMG_KIB) /* bytes of response headers */
#define IMG_LIMIT_ERROR_BODY (64 * IMG_KIB)  /* bytes of an error body kept for the message */
#define IMG_LIMIT_REDIRECTS  5               /* hops of one request */
#define IMG_LIMIT_CA_FILE    (4 * IMG_MIB)   /* bytes of --ca-file; the usual bundle has 220 KiB */
#define IMG_LIMIT_TRIES      4               /* times one request is sent */
#define IMG_LIMIT_RETRY_WAIT 60              /* seconds; a longer Retry-After is cut to this */
#define IMG_LIMIT_URL        (16 * IMG_KIB)  /* bytes of a URL; signed storage URLs have 2 KiB */

/* clang-format on */
