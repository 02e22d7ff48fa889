#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R12: kill -9 at any moment of a write to a layout. What was there stays, no entry of index.json
# lacks its blobs, and the same command run again completes.
. "$(dirname "$0")/../support/lib.sh"
bin=$1
here=$(dirname "$0")

cat >"$tmp/whole.py" <<'EOF'
import hashlib, json, sys

def visit(digest):
    data = open(sys.argv[1] + "/blobs/" + digest.replace(":", "/"), "rb").read()
    if "sha256:" + hashlib.sha256(data).hexdigest() != digest:
        sys.exit("broken: " + digest)
    document = json.loads(data) if data[:1] == b"{" else {}
    parts = document.get("manifests", []) + document.get("layers", [])
    for part in parts + ([document["config"]] if "mediaType" in document.get("config", {}) else []):
        visit(part["digest"])

for entry in json.load(open(sys.argv[1] + "/index.json"))["manifests"]:
    visit(entry["digest"])
EOF
# whole DIR -- every blob that index.json leads to is there and is what its name says.
whole() {
	check 0 "" python3 "$tmp/whole.py" "$1"
}

image() { # TAG MEGABYTES
	mkdir "$tmp/root-$1"
	head -c "${2}000000" /dev/urandom >"$tmp/root-$1/random"
	check 0 "" python3 "$here/../support/mkimage.py" --out "$tmp/source" --tag "$1" \
		--layer "$tmp/root-$1" --compression none
}
image old 1
image new 3
image other 2
check 0 "" python3 "$here/../support/mkimage.py" --out "$tmp/source" --tag both --index \
	--from new --from other
echo '{}' >"$tmp/report"
check 0 "" "$bin/imgpush" -q --attach "$tmp/report" --type application/json "oci:$tmp/source:both"

# how long a whole copy takes here, the shortest of three: the kills are spread over that
took=
for try in 1 2 3; do
	rm -rf "$tmp/to"
	begin=$(date +%s%N)
	check 0 "" "$bin/imgpush" -q "oci:$tmp/source:both" "oci:$tmp/to:both"
	took=$(printf '%s\n' $took $((($(date +%s%N) - begin) / 1000)) | sort -n | head -n 1)
done
echo "a copy takes $took us ($try tries)"

killed=0
round=0
while [ $round -lt 40 ]; do
	rm -rf "$tmp/to"
	[ $((round % 2)) = 0 ] || check 0 "" "$bin/imgpush" -q "oci:$tmp/source:old" "oci:$tmp/to:old"
	"$bin/imgpush" -q "oci:$tmp/source:both" "oci:$tmp/to:both" >/dev/null 2>&1 &
	pid=$!
	sleep "$(awk -v r=$round -v t="$took" 'BEGIN {printf "%.6f", r * t / 50000000}')"
	if kill -9 $pid 2>/dev/null; then killed=$((killed + 1)); fi
	wait $pid 2>/dev/null || :
	if [ -e "$tmp/to/oci-layout" ]; then
		whole "$tmp/to"
		[ $((round % 2)) = 0 ] || check 0 "" "$bin/imgfetch" -q "oci:$tmp/to:old"
	fi
	check 0 "" "$bin/imgpush" -q "oci:$tmp/source:both" "oci:$tmp/to:both"
	whole "$tmp/to"
	check 0 "application/json" "$bin/imgfetch" -q "oci:$tmp/to:both"
	round=$((round + 1))
done
[ "$killed" -gt 10 ] || fail "only $killed writers were still running when killed"
echo "killed $killed writers"
finish
