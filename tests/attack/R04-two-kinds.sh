#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R04 (CVE-2021-41190): a document that is both index and manifest, or that is called something else
# than it is. Refused, and nothing copied.
. "$(dirname "$0")/../support/lib.sh"
bin=$1
here=$(dirname "$0")
export COSIGN_PASSWORD=
oci=application/vnd.oci.image

mkdir "$tmp/root"
echo content >"$tmp/root/file"
check 0 "" python3 "$here/../support/mkimage.py" --out "$tmp/l" --tag t --layer "$tmp/root"
hex=$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' "$tmp/l/index.json")

# listed JQ_FILTER [MEDIA_TYPE] -- puts the filtered manifest into the layout as "bad".
listed() {
	jq -cj "$1" "$tmp/l/blobs/sha256/$hex" >"$tmp/document"
	digest=$(sha256sum "$tmp/document" | cut -d' ' -f1)
	cp "$tmp/document" "$tmp/l/blobs/sha256/$digest"
	jq -cn --arg d "sha256:$digest" --arg t "${2:-$oci.manifest.v1+json}" \
		--argjson s "$(stat -c %s "$tmp/document")" \
		'{schemaVersion: 2, manifests: [{mediaType: $t, digest: $d, size: $s,
		annotations: {"org.opencontainers.image.ref.name": "bad"}}]}' >"$tmp/l/index.json"
}
refused() { # TEXT
	check 3 "$1" "$bin/imgfetch" -q "oci:$tmp/l:bad"
	check 3 "$1" "$bin/imgfetch" -q "oci:$tmp/l@sha256:$digest"
	check 3 "$1" "$bin/imgverify" --key "$tmp/k.pub" "oci:$tmp/l:bad"
	check 3 "$1" "$bin/imgsign" --key "$tmp/k.key" "oci:$tmp/l:bad"
	check 3 "$1" "$bin/imgpush" -q "oci:$tmp/l:bad" "oci:$tmp/to:t"
	[ ! -e "$tmp/to" ] || fail "something was written"
}

check 0 "" "$bin/imgkey" generate --output-prefix "$tmp/k"
listed . # the twin
check 0 "linux/amd64" "$bin/imgfetch" -q "oci:$tmp/l:bad"
check 0 "" "$bin/imgsign" --key "$tmp/k.key" "oci:$tmp/l:bad"
check 0 "" "$bin/imgverify" --key "$tmp/k.pub" "oci:$tmp/l:bad"

listed '.manifests = [.config + {platform: {os: "linux", architecture: "amd64"}}]'
refused "both an index and a manifest"
listed '.manifests = null'
refused "both an index and a manifest"
listed ".mediaType = \"$oci.index.v1+json\""
refused "mediaType"
listed '.mediaType = "application/vnd.example"'
refused "application/vnd.example"
listed '.Layers = []'
refused "could be taken for 'layers'"
listed '.["layer\u017f"] = []'
refused "could be taken for 'layers'"
listed '.fsLayers = []'
refused "schema 1"
# twice the same member: jq cannot write it
sed 's/"layers":/"layers":[],"layers":/' "$tmp/l/blobs/sha256/$hex" >"$tmp/twice"
digest=$(sha256sum "$tmp/twice" | cut -d' ' -f1)
cp "$tmp/twice" "$tmp/l/blobs/sha256/$digest"
check 3 "duplicate" "$bin/imgfetch" -q "oci:$tmp/l@sha256:$digest"

# called something else by its list
listed . "$oci.index.v1+json"
check 3 "described as" "$bin/imgfetch" -q "oci:$tmp/l:bad"
listed . "application/vnd.docker.distribution.manifest.v2+json"
check 3 "described as" "$bin/imgfetch" -q "oci:$tmp/l:bad"
check 3 "described as" "$bin/imgpush" -q "oci:$tmp/l:bad" "oci:$tmp/to:t"
[ ! -e "$tmp/to" ] || fail "something was written"
finish
