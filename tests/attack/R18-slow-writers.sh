#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R18: writers of one fallback tag with delays between their reading and their writing; lists that
# are lost again after they were accepted; lists that cannot be read. Every entry is there after
# settling, and nothing that stood there is lost.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
cd "$tmp"
hostile reg
app=$registry/app
check 0 sha256: "$store" push "$app:1"
digest=$(printed)
check 0 sha256: "$store" attach "$app" "$digest" first # the untampered twin
printed >expected
check 0 "$(cat expected)" "$store" referrers "$app" "$digest"

# An accepted list that is gone again is written again.
set_switch "$registry" drop=3
check 0 sha256: "$store" attach "$app" "$digest" dropped
printed >>expected
[ "$(grep -c '"PUT", "path": "/v2/app/manifests/sha256-' reg.log)" -ge 4 ] || fail "not written again"

# Delays on both sides of ten writers.
set_switch "$registry" delay=0.2
pids=
for number in 1 2 3 4 5 6 7 8 9 10; do
	STORE_TIMEOUT=120000 "$store" attach "$app" "$digest" "slow $number" >"done$number" 2>"failed$number" &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid" || fail "a writer failed: $(cat failed*)"
done
cat done? done10 | cut -d ' ' -f 1 >>expected
set_switch "$registry" delay=
listed() {
	check 0 "" "$store" referrers "$app" "$digest"
	cut -d ' ' -f 1 out | sort >found
	sort expected | cmp - found || fail "not what was attached"
}
listed

# A list that cannot be had is never taken for an empty one.
for how in 403 500 garbage; do
	set_switch "$registry" tag=$how
	status=4
	[ $how != garbage ] || status=3
	check $status "" "$store" attach "$app" "$digest" "never listed"
	check $status "" "$store" detach "$app" "$digest" "$(head -n 1 expected)"
done
set_switch "$registry" tag=
listed

# Written, but gone every time it is looked at: said, and not claimed.
set_switch "$registry" drop=1000
STORE_TIMEOUT=4000 check 4 attach-unconfirmed "$store" attach "$app" "$digest" "unconfirmed"
set_switch "$registry" drop=
listed

# A registry that says it lists referrers and does not.
hostile liar subject=only
app=$registry/app
check 0 sha256: "$store" push "$app:1"
check 0 sha256: "$store" attach "$app" "$digest" one
check 0 "$(printed)" "$store" referrers "$app" "$digest"
finish
