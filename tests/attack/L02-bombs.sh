#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L02: compression bombs stop at the limit, and the message names the layer. (Archives within archives are not
# opened, so they cannot nest.)
. "$(dirname "$0")/../support/lib.sh"
support=$(cd "$(dirname "$0")/../support" && pwd)
. "$support/rootfs.sh"
PATH=$1:$PATH
need python3 jq

need zstd timeout
tiny_debian "$tmp/root"
image twin "$tmp/root" --compression zstd
is_complete twin

# 64 GiB of zeros in 64 frames of 1 GiB
head -c 1073741824 /dev/zero | zstd -q -c >"$tmp/frame"
"$support/tars.py" bomb | zstd -q -c >"$tmp/bomb"
for _ in 1 2 3 4 5 6 7 8; do cat "$tmp/frame" "$tmp/frame" "$tmp/frame" "$tmp/frame" "$tmp/frame" "$tmp/frame" "$tmp/frame" "$tmp/frame"; done >>"$tmp/bomb"
image bomb "$tmp/root" --blob "$tmp/bomb"
check 3 "inflates to more than" timeout 300 imgsbom "oci:$tmp/img:bomb"
check_out "layer 2"
[ ! -s "$tmp/out" ] || fail "a document was written all the same"

# a window of 2 GiB: memory asked for by a few bytes
head -c 4096 /dev/zero | zstd -q -c --ultra --long=31 --stream-size=4294967295 >"$tmp/window" 2>/dev/null ||
	head -c 4096 /dev/zero | zstd -q -c --ultra --long=31 >"$tmp/window"
image window "$tmp/root" --blob "$tmp/window"
check 3 "layer 2" imgsbom "oci:$tmp/img:window"
finish
