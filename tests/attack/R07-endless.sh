#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R07: endless bodies, compressed ones, slow ones, headers by the megabyte, pages without end, lists
# of a million. Each ends with a clear error, in bounded time.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
fetch=$1/imgfetch
cd "$tmp"
hostile reg referrers=api
app=$registry/app
check 0 sha256: "$store" push "$app:1" "some layer"
digest=$(printed)
check 0 sha256: "$store" attach "$app" "$digest" evidence
evidence=$(printed)
layer=sha256:$(printf 'some layer' | sha256sum | cut -d ' ' -f 1)
twin() {
	check 0 "$evidence" "$fetch" "$app@$digest"
	check 0 "some layer" "$store" blob "$app" "$layer" 10
}
twin

# within SECONDS STATUS TEXT COMMAND...
within() {
	seconds=$1
	shift
	began=$(date +%s)
	check "$@"
	[ $(($(date +%s) - began)) -le "$seconds" ] || fail "took longer than $seconds s"
}

for how in endless huge; do
	set_switch "$registry" manifest=$how
	within 10 3 "4194304" "$fetch" "$app:1"
	within 10 1 size-mismatch "$store" fetch "$app" application/vnd.oci.image.manifest.v1+json "$digest" 393
done
set_switch "$registry" manifest=gzip
check 3 "Content-Encoding" "$fetch" "$app:1"
set_switch "$registry" manifest=
set_switch "$registry" headers=huge
within 10 3 "response headers" "$fetch" "$app:1"
set_switch "$registry" headers=

set_switch "$registry" blob=endless
within 10 1 size-mismatch "$store" blob "$app" "$layer" 10
within 10 1 size-mismatch "$store" fetch "$app" application/octet-stream "$layer" 10
set_switch "$registry" blob=cut
check 4 "too early" "$store" blob "$app" "$layer" 10
check 4 "too early" "$store" fetch "$app" application/octet-stream "$layer" 10
set_switch "$registry" blob=gzip
check 3 "Content-Encoding" "$store" blob "$app" "$layer" 10
check 3 "Content-Encoding" "$store" fetch "$app" application/octet-stream "$layer" 10
for how in drip hang; do
	set_switch "$registry" blob=$how
	STORE_TIMEOUT=2000 within 8 4 deadline "$store" blob "$app" "$layer" 1000
	STORE_TIMEOUT=2000 within 8 4 deadline "$store" fetch "$app" application/octet-stream "$layer" 1000
	within 8 4 deadline "$fetch" --timeout 2s "$app@$digest" oci:never
done
set_switch "$registry" blob=
twin

for how in self loop endless offhost; do
	set_switch "$registry" link=$how
	within 40 3 "" "$fetch" "$app@$digest"
	check_out referrers
	[ "$(grep -c elsewhere.invalid reg.log)" = 0 ] || fail "another host was named to the registry"
done
set_switch "$registry" link=garbage # is no link, so this is the last page
twin
set_switch "$registry" link=

set_switch "$registry" entries=1000000
within 20 3 4194304 "$fetch" "$app@$digest"
set_switch "$registry" entries=30000
set_switch "$registry" page=10000
within 20 0 cut "$store" list "$app@$digest"
[ "$(wc -l <out)" = 10002 ] || fail "not exactly 10,000 referrers and a note"
set_switch "$registry" entries=
set_switch "$registry" page=
twin

# What is no list of referrers: no API there, or a failure; never an empty list.
tag=$(echo "$digest" | tr : -)
for how in html redirect 404 405; do
	set_switch "$registry" "referrers=$how"
	check 0 "$digest" "$fetch" "$app@$digest"
done
for how in garbage 401 403 500; do
	set_switch "$registry" "referrers=$how"
	status=4
	[ $how != garbage ] || status=3
	check $status referrers "$fetch" "$app@$digest"
done
set_switch "$registry" referrers=api
for how in garbage 403 500; do
	set_switch "$registry" "tag=$how"
	status=4
	[ $how != garbage ] || status=3
	check $status "fallback tag" "$fetch" "$app@$digest"
done
set_switch "$registry" tag=
[ "$(curl -s -o answer -w '%{http_code}' "http://$registry/v2/app/manifests/$tag")" = 404 ] ||
	fail "reading wrote a list"
twin

# What passes: tried again, within the deadline.
set_switch "$registry" fail=503:2
twin
set_switch "$registry" fail=429:2
twin
set_switch "$registry" fail=503:50
STORE_TIMEOUT=2000 within 8 4 503 "$store" resolve "$app:1"
set_switch "$registry" fail=
finish
