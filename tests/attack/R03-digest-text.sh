#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R03: digests with path traversal, wrong length, upper case or an unknown algorithm. A clear error
# before any file or registry is looked at.
. "$(dirname "$0")/../support/lib.sh"
bin=$1
here=$(dirname "$0")

mkdir "$tmp/root"
echo content >"$tmp/root/file"
check 0 "" python3 "$here/../support/mkimage.py" --out "$tmp/l" --tag t --layer "$tmp/root"
digest=$(jq -r '.manifests[0].digest' "$tmp/l/index.json")
hex=${digest#sha256:}
echo TOPSECRET >"$tmp/secret"

check 0 "$digest" "$bin/imgfetch" -q "oci:$tmp/l@$digest" # the twin

# Neither directory nor host exists, so an error about the digest is one made before looking.
for where in oci:/nonexistent/dir nonexistent.invalid/app; do
	for bad in \
		"sha256:../../../../../../../../../../etc/passwd" \
		"sha256:../../$(printf %058d 0)" \
		"sha256:$hex/../../secret" \
		"sha256:${hex%?}" "sha256:${hex}0" "sha256:" \
		"sha256:$(echo "$hex" | tr a-f A-F)" \
		"sha256:$hex@sha256:$hex"; do
		check 3 "digest" "$bin/imgfetch" -q "$where@$bad"
		check_no "No such"
		check_no "no such"
	done
	for bad in "SHA256:$hex" "md5:d41d8cd98f00b204e9800998ecf8427e" "sha1:$(echo "$hex" | cut -c1-40)" \
		"blake3:$hex"; do
		check 3 "digest algorithm" "$bin/imgfetch" -q "$where@$bad"
	done
done

# The same inside documents: nothing outside the layout is opened or shown.
for bad in "sha256:../../../secret" "sha256:$hex/" "sha256:$hex/../../../secret"; do
	rm -rf "$tmp/bad"
	cp -r "$tmp/l" "$tmp/bad"
	jq -c --arg d "$bad" '.manifests[0].digest = $d' "$tmp/l/index.json" >"$tmp/bad/index.json"
	check 3 "hex digits" "$bin/imgfetch" -q "oci:$tmp/bad:t"
	check_no TOPSECRET
	check 3 "hex digits" "$bin/imgpush" -q "oci:$tmp/bad:t" "oci:$tmp/to:t"
	[ ! -e "$tmp/to" ] || fail "something was written"
done

# A manifest with such a digest for its layer: found before anything is copied.
sed 's|"layers":\[{"digest":"sha256:[0-9a-f]*"|"layers":[{"digest":"sha256:../../../secret"|' \
	"$tmp/l/blobs/sha256/$hex" >"$tmp/manifest"
! cmp -s "$tmp/manifest" "$tmp/l/blobs/sha256/$hex" || fail "nothing was bent"
bent=$(sha256sum "$tmp/manifest" | cut -d' ' -f1)
rm -rf "$tmp/bad"
cp -r "$tmp/l" "$tmp/bad"
cp "$tmp/manifest" "$tmp/bad/blobs/sha256/$bent"
check 3 "layers 0" "$bin/imgfetch" -q "oci:$tmp/bad@sha256:$bent"
check 3 "layers 0" "$bin/imgpush" -q "oci:$tmp/bad@sha256:$bent" "oci:$tmp/to:t"
[ ! -e "$tmp/to" ] || fail "something was written"

# A blob that is a link out of the layout.
rm -rf "$tmp/bad"
cp -r "$tmp/l" "$tmp/bad"
mv "$tmp/bad/blobs/sha256/$hex" "$tmp/elsewhere"
ln -s "$tmp/elsewhere" "$tmp/bad/blobs/sha256/$hex"
check 3 "symbolic link" "$bin/imgfetch" -q "oci:$tmp/bad:t"
finish
