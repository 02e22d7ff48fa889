#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R02: bytes in a layout that do not hash to the digest they are listed under. Exit 1
# digest-mismatch, nothing copied and nothing of them shown.
. "$(dirname "$0")/../support/lib.sh"
bin=$1
here=$(dirname "$0")
export COSIGN_PASSWORD=

mkdir "$tmp/root"
echo content >"$tmp/root/file"
check 0 "" python3 "$here/../support/mkimage.py" --out "$tmp/good" --tag t --layer "$tmp/root" \
	--compression none --label word=innocent
manifest=$(jq -r '.manifests[0].digest' "$tmp/good/index.json")
config=$(jq -r '.config.digest' "$tmp/good/blobs/sha256/${manifest#sha256:}")
layer=$(jq -r '.layers[0].digest' "$tmp/good/blobs/sha256/${manifest#sha256:}")
echo '{}' >"$tmp/report"
check 0 "" "$bin/imgpush" -q --attach "$tmp/report" --type application/json "oci:$tmp/good"
check 0 "" "$bin/imgkey" generate --output-prefix "$tmp/k"
check 0 "" "$bin/imgsign" --key "$tmp/k.key" "oci:$tmp/good"
attached=$(jq -r '.manifests[] | select(.artifactType == "application/json") | .digest' \
	"$tmp/good/index.json")
signature=$(jq -r '.manifests[] | select(.artifactType | strings | contains("sigstore")) | .digest' \
	"$tmp/good/index.json")

# bend DIGEST -- $tmp/bad, with one byte of this blob another.
bend() {
	rm -rf "$tmp/bad" "$tmp/to"
	cp -r "$tmp/good" "$tmp/bad"
	sed -i '1s/[a-z]/\U&/' "$tmp/bad/blobs/sha256/${1#sha256:}"
	! cmp -s "$tmp/bad/blobs/sha256/${1#sha256:}" "$tmp/good/blobs/sha256/${1#sha256:}" ||
		fail "nothing was bent"
}
# the twin that nobody touched
check 0 "" "$bin/imgfetch" -q "oci:$tmp/good:t"
check 0 "" "$bin/imgpush" -q "oci:$tmp/good:t" "oci:$tmp/fine:t"
check 0 "application/json" "$bin/imgfetch" -q "oci:$tmp/fine:t"
check 0 "" "$bin/imgverify" --key "$tmp/k.pub" --blobs "oci:$tmp/fine:t"

bend "$manifest"
check 1 "digest-mismatch" "$bin/imgfetch" -q "oci:$tmp/bad:t"
check 1 "digest-mismatch" "$bin/imgfetch" -q "oci:$tmp/bad@$manifest"
check 1 "digest-mismatch" "$bin/imgpush" -q "oci:$tmp/bad:t" "oci:$tmp/to:t"
[ ! -e "$tmp/to" ] || fail "something was written"
check 1 "digest-mismatch" "$bin/imgverify" --key "$tmp/k.pub" "oci:$tmp/bad:t"

# A signature that was bent is no signature, and is named with its reason.
bend "$signature"
check 1 "no-signature" "$bin/imgverify" --key "$tmp/k.pub" --output json "oci:$tmp/bad:t"
check_json '[.images[0].decision.ignored[].code] | index("digest-mismatch") != null'

# A layer that was bent is found by whoever reads layers.
bend "$layer"
check 1 "digest-mismatch" "$bin/imgverify" --key "$tmp/k.pub" --blobs "oci:$tmp/bad:t"

for blob in "$config" "$layer" "$attached" "$signature"; do
	bend "$blob"
	check 1 "digest-mismatch" "$bin/imgpush" -q "oci:$tmp/bad:t" "oci:$tmp/to:t"
	check_out "$blob"
	[ ! -e "$tmp/to/blobs/sha256/${blob#sha256:}" ] || fail "the bad blob was kept"
	if [ -e "$tmp/to/index.json" ]; then
		[ "$(jq '.manifests | length' "$tmp/to/index.json")" = 0 ] || fail "something was listed"
	fi
done

# The tree of what is attached says which of it cannot be read, and goes on.
check 0 "cannot be read" "$bin/imgfetch" -q "oci:$tmp/bad:t"

# A size that lies, in either direction.
for size in 1 100000; do
	rm -rf "$tmp/bad"
	cp -r "$tmp/good" "$tmp/bad"
	jq -c ".manifests[0].size = $size" "$tmp/good/index.json" >"$tmp/bad/index.json"
	check 1 "size-mismatch" "$bin/imgfetch" -q "oci:$tmp/bad:t"
done
finish
