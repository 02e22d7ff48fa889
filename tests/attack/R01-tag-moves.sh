#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R01: a tag that names one image for who checks it and another for who asks later. It is asked once
# in a run, and everything after goes by the digest it had.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
fetch=$1/imgfetch
cd "$tmp"
hostile reg
check 0 sha256: "$store" push "$registry/app:1" good
good=$(printed)
check 0 sha256: "$store" push "$registry/app:evil" evil
evil=$(printed)
check 0 "$good" "$fetch" "$registry/app:1" oci:honest # the untampered twin

set_switch "$registry" "after=$evil"
check 0 "$evil" "$store" resolve "$registry/app:1" # asked before, so the tag has moved now
hostile fresh "after=$evil"
check 0 sha256: "$store" push "$registry/app:1" good
check 0 sha256: "$store" push "$registry/app:evil" evil
check 0 "oci:copy@$good" "$fetch" "$registry/app:1" oci:copy
[ "$(grep -c '"GET", "path": "/v2/app/manifests/1"' fresh.log)" = 1 ] || fail "the tag was asked twice"
check 0 "$good" "$fetch" "oci:copy@$good"
! grep -r "$evil" copy || fail "the other image was copied"
finish
