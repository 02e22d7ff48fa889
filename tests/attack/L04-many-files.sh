#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L04: 3,000,000 empty files in one layer: within the memory budget, in seconds.
. "$(dirname "$0")/../support/lib.sh"
support=$(cd "$(dirname "$0")/../support" && pwd)
. "$support/rootfs.sh"
PATH=$1:$PATH
need python3 jq

tiny_debian "$tmp/root"
image twin "$tmp/root"
is_complete twin

count=3000000
sanitized=false
if grep -qa __asan_init "$1/imgsbom" || grep -qa __tsan_init "$1/imgsbom"; then
	count=300000 sanitized=true # their shadow memory says nothing about ours
fi
"$support/tars.py" many "$count" >"$tmp/many.tar"
image many "$tmp/root" "$tmp/many.tar" --level 1
rm "$tmp/many.tar"
is_complete many
python3 - "oci:$tmp/img:many" >"$tmp/memory" <<'END'
import resource, subprocess, sys
subprocess.run(["imgsbom", sys.argv[1]], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
END
kib=$(cat "$tmp/memory")
"$sanitized" || [ "$kib" -le 131072 ] || fail "$kib KiB resident"
finish
