#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# imgpush: copying between layouts, attaching files, and what it refuses.
. "$(dirname "$0")/../support/lib.sh"
bin=$1
here=$(dirname "$0")
mkimage() { check 0 "" python3 "$here/../support/mkimage.py" --out "$tmp/l" "$@"; }

mkdir "$tmp/root"
echo content >"$tmp/root/file"
mkimage --tag amd --layer "$tmp/root" --platform linux/amd64
mkimage --tag arm --layer "$tmp/root" --platform linux/arm64 --compression zstd
mkimage --tag app --index --from amd --from arm --attestation
cat "$tmp/out" >"$tmp/digest"
digest=$(cat "$tmp/digest")
amd=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "amd").digest' \
	"$tmp/l/index.json")

# usage
check 2 "imgpush SRC DST" "$bin/imgpush" "oci:$tmp/l"
check 2 "goes with --attach" "$bin/imgpush" --type a/b "oci:$tmp/l:app" "oci:$tmp/to"
check 2 "takes one image" "$bin/imgpush" --attach "$tmp/digest" a b
check 2 "not a media type" "$bin/imgpush" --attach "$tmp/digest" --type nonsense "oci:$tmp/l:app"
check 2 "text|json" "$bin/imgpush" --output yaml "oci:$tmp/l:app" "oci:$tmp/to"
check 3 "lower case" "$bin/imgpush" "oci:$tmp/l:app" registry.example.com/APP
check 3 "archives cannot be read" "$bin/imgpush" "oci-archive:$tmp/x.tar" "oci:$tmp/to"
check 4 "no such directory" "$bin/imgpush" "oci:$tmp/absent" "oci:$tmp/to"
check 4 "no tag 'x'; there is" "$bin/imgpush" "oci:$tmp/l:x" "oci:$tmp/to"
check 2 "several images" "$bin/imgpush" "oci:$tmp/l" "oci:$tmp/to"
[ ! -e "$tmp/to" ] || fail "something was written"

# attaching
echo '{"runs":[]}' >"$tmp/report.sarif"
check 2 "needs an artifact type" "$bin/imgpush" --attach "$tmp/report.sarif" "oci:$tmp/l:app"
check 4 "absent" "$bin/imgpush" --attach "$tmp/absent" --type a/b "oci:$tmp/l:app"
check 0 "oci:$tmp/l@sha256:" "$bin/imgpush" --attach "$tmp/report.sarif" \
	--type application/sarif+json "oci:$tmp/l:app"
check 0 "attached before" "$bin/imgpush" --attach "$tmp/report.sarif" --type application/sarif+json \
	"oci:$tmp/l:app"
input=$tmp/report.sarif
check 0 "" "$bin/imgpush" -q -o json --attach - --type application/x.other "oci:$tmp/l@$amd"
check_json '.version == 1 and .already == false and (.attached | contains("@sha256:"))'
input=/dev/null

# copying: everything comes along, by digest, once
check 0 "oci:$tmp/to@$digest" "$bin/imgpush" "oci:$tmp/l:app" "oci:$tmp/to"
check_out "4 manifests, 2 attached"
check 0 "application/sarif+json" "$bin/imgfetch" -q "oci:$tmp/to:app"
check_out application/x.other
check 0 "0 blobs copied" "$bin/imgpush" "oci:$tmp/l:app" "oci:$tmp/to"
check 0 "" "$bin/imgpush" -q --output json "oci:$tmp/l:app" "oci:$tmp/to:again"
check_json ".digest == \"$digest\" and .blobs == 0 and .attached == 2 and .missing == 0"
[ ! -s "$tmp/err" ] || fail "--quiet was not quiet"
check 0 "" "$bin/imgpush" -q --output "json=$tmp/record" "oci:$tmp/l@$amd" "oci:$tmp/one"
[ ! -s "$tmp/out" ] || fail "the record went to standard output too"
jq -e '.attached == 1' "$tmp/record" >/dev/null || fail "record"
check 2 "another digest" "$bin/imgpush" "oci:$tmp/l:app" "oci:$tmp/to@$amd"
for name in blobs index.json oci-layout; do
	[ -e "$tmp/to/$name" ] || fail "no $name"
done
[ "$(find "$tmp/to" -name '.imgtrust-*' | wc -l)" = 0 ] || fail "temporary files were left"

# a full disk, a directory that is something else, one that may not be written
mkdir "$tmp/home"/docs
echo thesis >"$tmp/home/docs/thesis"
check 3 "not empty" "$bin/imgpush" "oci:$tmp/l:app" "oci:$tmp/home/docs"
[ "$(ls "$tmp/home/docs")" = thesis ] || fail "something was written"

# other tools read what was written
if command -v skopeo >/dev/null; then
	check 0 "" skopeo copy --insecure-policy --all "oci:$tmp/to:app" "oci:$tmp/by-skopeo:app"
	check 0 "$digest" "$bin/imgfetch" -q "oci:$tmp/by-skopeo:app"
	check 0 "" skopeo copy --insecure-policy --all "oci:$tmp/by-skopeo:app" "oci:$tmp/to:from-skopeo"
	check 0 "application/sarif+json" "$bin/imgfetch" -q "oci:$tmp/to:from-skopeo" # and keep what is attached
fi
finish
