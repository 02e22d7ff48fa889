/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/policy/kube.h"

static struct img_bytes bytes(const char *s)
{
    return (struct img_bytes){.ptr = (const uint8_t *)s, .len = strlen(s)};
}

#define POD "{containers: [{name: c, image: \"a.io/x:1\"}]}"

static void every_workload_kind_is_looked_into(void **state)
{
    static const struct {
        const char *text, *path, *object;
    } rows[] = {
        {"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ns}\nspec: " POD,
         "/spec/containers/0/image", "v1 Pod ns/p"},
        {"apiVersion: v1\nkind: PodTemplate\nmetadata: {name: p}\ntemplate: {spec: " POD "}",
         "/template/spec/containers/0/image", "v1 PodTemplate p"},
        {"apiVersion: v1\nkind: ReplicationController\nspec: {template: {spec: " POD "}}",
         "/spec/template/spec/containers/0/image", "v1 ReplicationController (unnamed)"},
        {"apiVersion: apps/v1\nkind: ReplicaSet\nspec: {template: {spec: " POD "}}",
         "/spec/template/spec/containers/0/image", "apps/v1 ReplicaSet (unnamed)"},
        {"apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: " POD "}}",
         "/spec/template/spec/containers/0/image", "apps/v1 Deployment (unnamed)"},
        {"apiVersion: apps/v1\nkind: StatefulSet\nspec: {template: {spec: " POD "}}",
         "/spec/template/spec/containers/0/image", "apps/v1 StatefulSet (unnamed)"},
        {"apiVersion: apps/v1\nkind: DaemonSet\nspec: {template: {spec: " POD "}}",
         "/spec/template/spec/containers/0/image", "apps/v1 DaemonSet (unnamed)"},
        {"apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: j-}\nspec: {template: "
         "{spec: " POD "}}",
         "/spec/template/spec/containers/0/image", "batch/v1 Job j-*"},
        {"apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: " POD
         "}}}}",
         "/spec/jobTemplate/spec/template/spec/containers/0/image", "batch/v1 CronJob (unnamed)"},
        {"apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, spec: " POD "}]",
         "/items/0/spec/containers/0/image", "v1 Pod (unnamed)"},
        {"apiVersion: apps/v1\nkind: DeploymentList\nitems: [{spec: {template: {spec: " POD "}}}]",
         "/items/0/spec/template/spec/containers/0/image", "(list) Deployment (unnamed)"},
        {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"image\":\"a.io/"
         "x:1\"}]}}",
         "/spec/containers/0/image", "v1 Pod (unnamed)"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: &c [{image: \"a.io/x:1\"}]}",
         "/spec/containers/0/image", "v1 Pod (unnamed)"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        IMG_AUTO(img_kube_images_done) struct img_kube_images k = {.items = NULL};

        t_ok(img_kube_read("f.yaml", bytes(rows[i].text), &k, &err));
        assert_int_equal(k.count, 1);
        assert_string_equal(k.items[0].image, "a.io/x:1");
        assert_string_equal(k.items[0].path, rows[i].path);
        assert_string_equal(k.items[0].object, rows[i].object);
        assert_string_equal(k.items[0].file, "f.yaml");
    }
}

static void every_place_in_a_pod_and_every_document_is_found(void **state)
{
    static const char text[] =
        "# comment\n---\n"
        "apiVersion: v1\n"
        "kind: Pod\n"
        "metadata: {name: p}\n"
        "spec:\n"
        "  initContainers:\n"
        "  - image: a.io/init\n"
        "  containers:\n"
        "  - {name: one, image: a.io/one}\n"
        "  - name: two\n"
        "    image:   \"a.io/two\"\n"
        "  ephemeralContainers: [{image: a.io/debug}]\n"
        "  volumes:\n"
        "  - {name: v, image: {reference: a.io/volume}}\n"
        "  - {name: w, emptyDir: {}}\n"
        "---\n"
        "apiVersion: v1\nkind: ConfigMap\ndata: {image: not-an-image}\n"
        "---\n"
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a.io/last}]}\n"
        "...\n";
    static const struct {
        const char *image;
        size_t line, column;
    } want[] = {{"a.io/init", 8, 12},   {"a.io/one", 10, 24},    {"a.io/two", 12, 14},
                {"a.io/debug", 13, 33}, {"a.io/volume", 15, 34}, {"a.io/last", 24, 29}};
    IMG_AUTO(img_kube_images_done) struct img_kube_images k = {.items = NULL};

    (void)state;
    t_ok(img_kube_read("f", bytes(text), &k, &err));
    assert_int_equal(k.count, IMG_COUNT(want));
    for (size_t i = 0; i < k.count; i++) {
        assert_string_equal(k.items[i].image, want[i].image);
        assert_int_equal(k.items[i].line, want[i].line);
        assert_int_equal(k.items[i].column, want[i].column);
    }
    assert_string_equal(k.items[4].path, "/spec/volumes/0/image/reference");
    assert_int_equal(k.objects, 3);
    assert_int_equal(k.not_workloads, 1);
}

static void what_cannot_be_understood_is_an_error(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"[]", "not a Kubernetes object"},
        {"a: 1", "no 'kind'"},
        {"kind: Pod\nspec: {}", "no 'apiVersion'"},
        {"apiVersion: v1\nkind: Pod", "a workload without 'spec'"},
        {"apiVersion: v1\nkind: Pod\nspec: {}", "a pod without containers"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: []}", "a pod without containers"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: x}", "a pod without containers"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [x]}", "a container that is not a mapping"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c}]}",
         "a container without an image"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: }]}",
         "a container without an image"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"\"}]}", "an empty image"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 1.20}]}", "put it in quotes"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: [a]}]}", "not a string"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"{{ .Values.image }}\"}]}",
         "not rendered"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"$(IMAGE)\"}]}", "not rendered"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"${IMAGE}\"}]}", "not rendered"},
        {"apiVersion: v1\nkind: Pod\nspec:\n  containers: [{image: {{ .Values.image }} }]", "'{{'"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"oci:app\"}]}",
         "is not in a registry"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"docker-archive:a.tar\"}]}",
         "is not in a registry"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: A/b}, {image: a/B}]}",
         "line 3 column 43"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a, image: b}]}", "image"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a}], volumes: [{image: {}}]}",
         "an image volume without a reference"},
        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a}], initContainers: {}}",
         "containers that are not a list"},
        {"apiVersion: apps/v1\nkind: Deployment\nspec: {}", "a workload without 'template'"},
        {"apiVersion: v1\nkind: List\nitems: {}", "items that are not a list"},
        {"apiVersion: v1\nkind: List\nitems: [1]", "not a Kubernetes object"},
        {"apiVersion: v1\nkind: Pod\nspec: {<<: {containers: [{image: a}]}}", ""},
        {"a: [", ""},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        IMG_AUTO(img_kube_images_done) struct img_kube_images k = {.items = NULL};
        struct img_err err = IMG_ERR_INIT;
        char text[2000];

        if (img_kube_read("f.yaml", bytes(bad[i].text), &k, &err))
            fail_msg("was accepted:\n%s", bad[i].text);
        img_err_text(&err, text, sizeof(text));
        if (img_code_exit(err.code) != 3 || strstr(text, bad[i].says) == NULL ||
            strstr(text, "line ") == NULL || strncmp(text, "f.yaml: ", 8) != 0)
            fail_msg("says '%s', should say '%s':\n%s", text, bad[i].says, bad[i].text);
    }
}

static void nothing_to_run_is_no_error(void **state)
{
    IMG_AUTO(img_kube_images_done) struct img_kube_images k = {.items = NULL};

    (void)state;
    t_ok(img_kube_read("f", bytes(""), &k, &err));
    t_ok(img_kube_read("f", bytes("apiVersion: v1\nkind: ReplicationController\nspec: {}\n"), &k,
                       &err));
    t_ok(img_kube_read("f", bytes("apiVersion: v1\nkind: List\n"), &k, &err));
    t_ok(img_kube_read("f", bytes("apiVersion: x/v1\nkind: AllowList\nspec: {}\n"), &k, &err));
    assert_int_equal(k.count, 0);
    assert_int_equal(k.not_workloads, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_workload_kind_is_looked_into),
        cmocka_unit_test(every_place_in_a_pod_and_every_document_is_found),
        cmocka_unit_test(what_cannot_be_understood_is_an_error),
        cmocka_unit_test(nothing_to_run_is_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
