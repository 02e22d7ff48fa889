#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R17: what a layout says about its own name is not what is signed, and decides nothing. Only --as says
# what an image will be deployed as. (R17-lenient-policy has the deciding half.)
. "$(dirname "$0")/../support/lib.sh"
bin=$1
here=$(dirname "$0")
export COSIGN_PASSWORD=

mkdir "$tmp/root"
echo content >"$tmp/root/file"
name=registry.example.com/sandbox/app:1
check 0 "" python3 "$here/../support/mkimage.py" --out "$tmp/l" --tag "$name" --layer "$tmp/root"
jq -c '.manifests[0].annotations["io.containerd.image.name"] = "registry.example.com/sandbox/app:1"' \
	"$tmp/l/index.json" >"$tmp/index" && cp "$tmp/index" "$tmp/l/index.json"
check 0 "" "$bin/imgkey" generate --output-prefix "$tmp/k"
echo '{"result":"PASSED"}' >"$tmp/predicate"

# A statement about an image in a layout does not take over the name either.
subject() {
	jq -r .dsseEnvelope.payload "$1" | base64 -d | jq -c '.subject[0].name'
}
bundle() { # the bundle attached last
	for blob in "$tmp"/l/blobs/sha256/*; do
		if jq -e .dsseEnvelope "$blob" >/dev/null 2>&1; then echo "$blob"; fi
	done
}
check 0 "" "$bin/imgattest" -q --key "$tmp/k.key" --type https://example.com/test/v1 \
	--predicate "$tmp/predicate" "oci:$tmp/l:$name"
[ "$(subject "$(bundle)")" = null ] || fail "the statement names $(subject "$(bundle)")"
check 0 "" "$bin/imgattest" -q --key "$tmp/k.key" --type https://example.com/test/v2 \
	--as registry.example.com/prod/app --predicate "$tmp/predicate" "oci:$tmp/l:$name"
for b in $(bundle); do subject "$b"; done | grep -q '^"registry.example.com/prod/app"$' ||
	fail "--as did not name the image"
finish
