#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L01: entries that climb out, absolute names, links that point out, devices, names of 64 KiB: nothing on
# this machine is touched, and what points out of the image is reported.
. "$(dirname "$0")/../support/lib.sh"
support=$(cd "$(dirname "$0")/../support" && pwd)
. "$support/rootfs.sh"
PATH=$1:$PATH
need python3 jq

tiny_debian "$tmp/root"
image twin "$tmp/root"
is_complete twin

CANARY=$tmp/canary
export CANARY
echo untouched >"$CANARY"
mkdir "$tmp/cwd"
cd "$tmp/cwd"
"$support/tars.py" odd >"$tmp/odd.tar"
for compression in none gzip; do
	image odd "$tmp/root" "$tmp/odd.tar" --compression "$compression"
	is_incomplete odd "layer 2 has an entry that points out of the image: '../up'"
	check 0 "" imgsbom "oci:$tmp/img:odd" --output table
	[ "$(wc -l <"$tmp/out")" = 4 ] || fail "a package came from outside"
done
[ "$(cat "$CANARY")" = untouched ] || fail "a file of this machine was written"
[ -z "$(ls -A)" ] || fail "something was unpacked"
[ ! -e "$tmp/up" ] && [ ! -e "$tmp/../up" ] || fail "something was written beside"

# A database that is a hole of 8 TiB.
"$support/tars.py" sparse >"$tmp/sparse.tar"
image sparse "$tmp/root" "$tmp/sparse.tar"
check 3 "layer 2" timeout 60 imgsbom "oci:$tmp/img:sparse"
check_out "inflates to more than"
finish
