#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R11: fifty programs attach to one image in one layout at the same time. Every one must be there
# afterwards. Twenty rounds, each on a layout that the first writer has to create.
. "$(dirname "$0")/../support/lib.sh"
bin=$1
here=$(dirname "$0")

round=0
while [ $round -lt 20 ]; do
	round=$((round + 1))
	check 0 "50 of 50" "$bin/../tests/layout_writers" "$tmp/layout-$round" 50
	rm -rf "$tmp/layout-$round"
done

# And once with the program itself, on an image that is there.
mkdir "$tmp/root"
echo content >"$tmp/root/file"
check 0 "" python3 "$here/../support/mkimage.py" --out "$tmp/l" --tag t --layer "$tmp/root"
i=0
pids=
while [ $i -lt 50 ]; do
	i=$((i + 1))
	mkdir "$tmp/home-$i"
	echo "report $i" >"$tmp/home-$i/report"
	HOME=$tmp/home-$i TMPDIR=$tmp/home-$i "$bin/imgpush" -q --attach "$tmp/home-$i/report" \
		--type application/x.report "oci:$tmp/l" >"$tmp/home-$i/log" 2>&1 &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid" || fail "a writer failed: $(cat "$tmp"/home-*/log)"
done
check 0 "" "$bin/imgfetch" -q --output json "oci:$tmp/l"
check_json '.image.attached | length == 50'
check_json '[.image.attached[] | has("error")] | any | not'
finish
