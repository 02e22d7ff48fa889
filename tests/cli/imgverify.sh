#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# imgverify end to end, on layouts: keys, policies, manifests, renderings, exit statuses.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
. "$(dirname "$0")/../support/report.sh"
. "$(dirname "$0")/../support/registries.sh"
policy a '  - signature: {any: [a]}'
export IMGTRUST_POLICY= # set but empty is not given

# --- usage
check 2 "an image is needed" imgverify --key "$tmp/good.pub"
check 2 "neither --key nor --policy" imgverify "oci:$tmp/img:app"
check_out "imgverify oci:$tmp/img:app --key release.pub"
check 2 "not supported yet" imgverify --pin --key "$tmp/good.pub" x
for format in sarif junit github gitlab=x; do
	check 2 "[unsupported]" imgverify --output $format --key "$tmp/good.pub" x
done
check 2 "only one rendering" imgverify -o json -o text --key "$tmp/good.pub" x
check 2 "--max-evidence" imgverify --max-evidence 0 --key "$tmp/good.pub" x
check 2 "--max-evidence-size" imgverify --max-evidence-size 32MB --key "$tmp/good.pub" x
check 2 "--platform" imgverify --platform amd64 --key "$tmp/good.pub" x
check 2 "--at" imgverify --at yesterday --key "$tmp/good.pub" x
check 2 "--type" imgverify --type nonsense --key "$tmp/good.pub" x
check 4 "no.pub" imgverify --key "$tmp/no.pub" x
check 4 "no.yaml" imgverify --policy "$tmp/no.yaml" x
check 2 "" imgverify --key "$tmp/good.pem" x
check 3 "" imgverify --key "$tmp/good.pub" "oci:$tmp/img@sha256:abc"
check 4 "not-found" imgverify --key "$tmp/good.pub" "oci:$tmp/nowhere:app"

# --- keys
fresh
check 1 "no-signature" imgverify --key "$tmp/good.pub" "oci:$tmp/img:app"
forge good
check 0 "ACCEPT oci:$tmp/img:app $digest" imgverify --key "$tmp/good.pub" "oci:$tmp/img:app"
check 0 "ACCEPT" imgverify --key "$tmp/other.pub" --key "$tmp/good.pub" "oci:$tmp/img@$digest"
check 1 "untrusted-key" imgverify --key "$tmp/other.pub" "oci:$tmp/img:app"
for pair in good other; do
	check_out "sha256:$(openssl pkey -pubin -in "$tmp/$pair.pub" -outform DER | sha256sum | cut -d' ' -f1)"
done
input=$tmp/good.pub
check 0 "ACCEPT" imgverify --key - "oci:$tmp/img:app"
input=/dev/null

# --- types, and predicates as they were signed
check 1 "predicate-missing" imgverify --key "$tmp/good.pub" --type cyclonedx "oci:$tmp/img:app"
check 1 "predicate-missing" imgverify --key "$tmp/good.pub" --print cyclonedx "oci:$tmp/img:app"
[ ! -s "$tmp/out" ] || fail "--print printed something about an image that was rejected"
sbom='{"bomFormat":"CycloneDX","specVersion":"1.6","x":0.10,"components":[]}'
forge good --type https://cyclonedx.org/bom --predicate "$sbom"
check 0 "ACCEPT" imgverify --key "$tmp/good.pub" --type cyclonedx --type sbom "oci:$tmp/img:app"
check 0 "" imgverify --key "$tmp/good.pub" --print sbom "oci:$tmp/img:app"
jq -e '.bomFormat == "CycloneDX" and .x == 0.1' "$tmp/out" >/dev/null || fail "not the predicate"
check 2 "give --output a file" imgverify --key "$tmp/good.pub" --print sbom -o json "oci:$tmp/img:app"
check 0 "" imgverify --key "$tmp/good.pub" --print sbom -o json="$tmp/record" "oci:$tmp/img:app"
jq -e '.summary.accept == 1' "$tmp/record" >/dev/null || fail "no record in the file"

# --- the record
check 0 "" verify --key "$tmp/good.pub"
check_json '.version == 1 and (.images | length) == 1 and .summary == {accept: 1, reject: 0, undecided: 0}'
check_json ".images[0].decision.digest == \"$digest\" and .images[0].decision.name == null"
check_json '.images[0].decision.policies[0].checks[0].by[0].identity | startswith("key sha256:")'
check_json '.images[0].run.cost | has("ms") and has("requests") and has("round_trips") and has("bytes")'
jq -r .images[0].id "$tmp/out" >"$tmp/id"
jq -cS .images[0].decision "$tmp/out" | tr -d '\n' | sha256sum | sed 's/ .*//; s/^/sha256:/' | cmp -s - "$tmp/id" ||
	fail "the id is not the SHA-256 of the canonical decision"
check 0 "" verify --key "$tmp/good.pub"
[ "$(jq -r .images[0].id "$tmp/out")" = "$(cat "$tmp/id")" ] || fail "the same inputs, another id"

# --- policies: a file, a directory, the environment
check 0 "policy a" imgverify --policy "$tmp/a.yaml" "oci:$tmp/img:app"
mkdir "$tmp/d"
cp "$tmp"/*.pub "$tmp/a.yaml" "$tmp/d"
check 0 "policy a" imgverify --policy "$tmp/d" "oci:$tmp/img:app"
check 0 "policy a" env IMGTRUST_POLICY="$tmp/d" imgverify "oci:$tmp/img:app"
sed 's/name: a}/name: b}/; s/any: \[a\]/any: [b]/' "$tmp/a.yaml" >"$tmp/d/b.yml"
check 1 "identity-mismatch" imgverify --policy "$tmp/d" "oci:$tmp/img:app"

# --- several images: a definite no is never hidden, and the order is the one given
check 1 "" imgverify -o json --key "$tmp/good.pub" "oci:$tmp/nowhere:x" "oci:$tmp/unsigned:app" "oci:$tmp/img:app"
check_json '[.images[] | .decision.verdict] == [null, "reject", "accept"] and .summary == {accept: 1, reject: 1, undecided: 1}'
check_json '.images[0].error.code == "not-found"'
check 4 "" imgverify --key "$tmp/good.pub" "oci:$tmp/img:app" "oci:$tmp/nowhere:x"

# --- warnings
sed 's/- signature/- severity: warn\n    signature/; s/any: \[a\]/any: [b]/' "$tmp/a.yaml" >"$tmp/w.yaml"
check 0 "warning" imgverify --policy "$tmp/w.yaml" "oci:$tmp/img:app"
check 1 "warning" imgverify --strict --policy "$tmp/w.yaml" "oci:$tmp/img:app"

# --- blobs
check 0 "every blob was read" imgverify --blobs --key "$tmp/good.pub" "oci:$tmp/img:app"
layer=$(jq -r '.layers[0].digest' "$tmp/img/blobs/sha256/${digest#sha256:}")
printf x | dd of="$tmp/img/blobs/sha256/${layer#sha256:}" bs=1 seek=20 conv=notrunc 2>/dev/null
check 0 "ACCEPT" imgverify --key "$tmp/good.pub" "oci:$tmp/img:app"
check 1 "digest-mismatch" imgverify --blobs --key "$tmp/good.pub" "oci:$tmp/img:app"
rm "$tmp/img/blobs/sha256/${layer#sha256:}"
check 4 "UNDECIDED" imgverify --blobs --key "$tmp/good.pub" "oci:$tmp/img:app"

# --- limits reached before the rules are settled
fresh
forge other
forge other --name second
forge good
check 3 "UNDECIDED" imgverify --max-evidence 1 --key "$tmp/good.pub" "oci:$tmp/img:app"
check_out "--max-evidence"
check 0 "ACCEPT" imgverify --max-evidence 3 --key "$tmp/good.pub" "oci:$tmp/img:app"

# --- manifests
docker_registry reg
fresh
check 0 "" imgpush "oci:$tmp/img:app" "$registry/unsigned:app"
echo other >"$tmp/root/other"
"$support/mkimage.py" --out "$tmp/img" --tag app --layer "$tmp/root" >/dev/null
forge good
check 0 "" imgpush "oci:$tmp/img:app" "$registry/app:app"
cat >"$tmp/app.yaml" <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: prod}
spec:
  template:
    spec:
      initContainers:
      - {name: init, image: "$registry/unsigned:app"}
      containers:
      - name: one
        image: $registry/app:app
      - {name: two, image: "$registry/app:app"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
YAML
check 1 "app.yaml:8:29 apps/v1 Deployment prod/app" imgverify -f "$tmp/app.yaml" --key "$tmp/good.pub"
check 1 "" imgverify -o json -f "$tmp/app.yaml" --key "$tmp/good.pub"
check_json '[.images[] | .decision.verdict] == ["reject", "accept"] and (.images[1].run.where | length) == 2'
check_json '.images[1].run.where[0] | .line == 11 and .column == 16 and .path == "/spec/template/spec/containers/0/image"'
check 1 "of kinds that are not looked into" imgverify -v -f "$tmp/app.yaml" --key "$tmp/good.pub"
sed -i /initContainers/,+1d "$tmp/app.yaml"
mkdir "$tmp/manifests"
cp "$tmp/app.yaml" "$tmp/manifests/b.yaml"
echo '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"'"$registry"'/app:app"}]}}' >"$tmp/manifests/a.json"
echo 'not: [yaml' >"$tmp/manifests/README.md"
check 0 "manifests/a.json:1:" imgverify -f "$tmp/manifests" --key "$tmp/good.pub"
input=$tmp/app.yaml
check 0 "in stdin:9:16" imgverify -f - --key "$tmp/good.pub"
input=/dev/null
check 0 "name no image" imgverify -f /dev/null --key "$tmp/good.pub"
check 3 "name no image" imgverify --strict -f /dev/null --key "$tmp/good.pub"
echo 'apiVersion: v1
kind: Pod
spec: {containers: [{image: "{{ .Values.image }}"}]}' >"$tmp/template.yaml"
check 3 "template.yaml: line 3 column 29" imgverify -f "$tmp/template.yaml" --key "$tmp/good.pub"
check 4 "" imgverify -f "$tmp/no.yaml" --key "$tmp/good.pub"
# oci:app is a directory on the command line, and docker.io/library/oci:app to Kubernetes
printf 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "oci:img:app"}]}\n' >"$tmp/layout.yaml"
check 3 "layout.yaml: line 3 column 29" imgverify -f "$tmp/layout.yaml" --key "$tmp/good.pub"
check_out "not in a registry"

# --- platforms of an index
mkdir "$tmp/arm"
echo arm >"$tmp/arm/file"
"$support/mkimage.py" --out "$tmp/multi" --tag amd --layer "$tmp/root" --platform linux/amd64 --user 10001 >/dev/null
"$support/mkimage.py" --out "$tmp/multi" --tag arm --layer "$tmp/arm" --platform linux/arm64 --user root >/dev/null
index=$("$support/mkimage.py" --out "$tmp/multi" --tag app --index --from amd --from arm)
"$support/forge.py" --layout "$tmp/multi" --tag app --key "$tmp/good.pem" >/dev/null
"$support/forge.py" --layout "$tmp/multi" --tag amd --key "$tmp/good.pem" >/dev/null
check 0 "$index" imgverify --key "$tmp/good.pub" "oci:$tmp/multi:app"
check 0 "ACCEPT" imgverify --platform linux/amd64 --key "$tmp/good.pub" "oci:$tmp/multi:app"
check_no "$index"
check 1 "no-signature" imgverify --platform linux/arm64 --key "$tmp/good.pub" "oci:$tmp/multi:app"
check 1 "" imgverify --platform all -o json --key "$tmp/good.pub" "oci:$tmp/multi:app"
check_json '[.images[] | .decision.verdict] == ["accept", "reject"]'
check 4 "platform-missing" imgverify --platform linux/s390x --key "$tmp/good.pub" "oci:$tmp/multi:app"
check 4 "platform-missing" imgverify --platform linux/arm64 --key "$tmp/good.pub" "oci:$tmp/multi:amd"
check 0 "ACCEPT" imgverify --platform linux/amd64 --key "$tmp/good.pub" "oci:$tmp/multi:amd"
policy user '  - config: {user: nonroot}'
check 1 "(linux/arm64): runs-as-root" imgverify --policy "$tmp/user.yaml" "oci:$tmp/multi:app"
sed 's/^spec:/spec:\n  platforms: [linux\/amd64]/' "$tmp/user.yaml" >"$tmp/amd.yaml"
check 0 "ACCEPT" imgverify --policy "$tmp/amd.yaml" "oci:$tmp/multi:app"
sed 's/^spec:/spec:\n  platforms: [linux\/amd64, linux\/s390x]/' "$tmp/user.yaml" >"$tmp/z.yaml"
check 1 "platform-missing" imgverify --policy "$tmp/z.yaml" "oci:$tmp/multi:app"

# --- foreign text never begins a line that a CI system takes for a command
fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities"' true "$(ago 60)" \
	"$(finding '::error file=x::owned\n::set-env name=PATH::/tmp \u001b[31m##[command]x' critical)")"
policy s '  - scan: {by: [a]}'
check 1 "too-many-critical" imgverify --policy "$tmp/s.yaml" "oci:$tmp/img:app"
check_out "::error file=x::owned"
if grep -Eq '^[[:space:]]*::|##\[' "$tmp/out" "$tmp/err"; then fail "a line is a CI command"; fi
if LC_ALL=C grep -q "$(printf '\033')" "$tmp/out"; then fail "an escape character was printed"; fi
check 0 "" env LC_ALL=C imgverify --key "$tmp/good.pub" --help
check 1 "FAILED" env LC_ALL=C imgverify --policy "$tmp/s.yaml" "oci:$tmp/img:app"
finish
