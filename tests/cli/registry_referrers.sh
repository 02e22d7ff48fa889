#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A registry that has the referrers API: nothing is written to a fallback tag, and both are read.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
cd "$tmp"

peer_registry
app=$registry/team/app
check 0 sha256: "$store" push "$app:1"
digest=$(printed)
tag=$(echo "$digest" | tr : -)
check 0 sha256: "$store" attach "$app" "$digest" one
one=$(printed)
check 0 sha256: "$store" attach "$app" "$digest" two
two=$(printed)
# (this one lists the config's media type as the artifact type: a list is only a hint)
check 0 "$one " "$store" list "$app@$digest"
check_out "$two "
[ "$(wc -l <out)" = 3 ] || fail "not exactly two referrers"
[ "$(curl -s -o answer -w '%{http_code}' "http://$registry/v2/team/app/manifests/$tag")" = 404 ] ||
	fail "the fallback tag was written although there is an API"
check 0 "" "$store" detach "$app" "$digest" "$one"
check 0 "$two" "$store" referrers "$app" "$digest"
check_no "$one"

# what an older client put into the fallback tag is found too, and nothing twice
curl -sf -H "Accept: application/vnd.oci.image.manifest.v1+json" -o other \
	"http://$registry/v2/team/app/manifests/1"
size=$(wc -c <other)
entry() { printf '{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%s,"artifactType":"text/old"}' "$1" "$2"; }
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s,%s]}' \
	"$(entry "$digest" "$size")" "$(entry "$two" 1)" >list
curl -sf -X PUT -H "Content-Type: application/vnd.oci.image.index.v1+json" --data-binary @list \
	"http://$registry/v2/team/app/manifests/$tag" || fail "cannot write a fallback tag"
check 0 "$digest text/old" "$store" referrers "$app" "$digest"
check_out "$two "
[ "$(wc -l <out)" = 2 ] || fail "not each referrer once"

# pages, on a registry that has them
hostile paged referrers=api page=2
app=$registry/team/app
check 0 sha256: "$store" push "$app:1"
digest=$(printed)
for i in 1 2 3 4 5; do
	check 0 sha256: "$store" attach "$app" "$digest" "number $i"
	printed >>expected
done
check 0 "" "$store" referrers "$app" "$digest"
cut -d ' ' -f 1 out >found
cmp expected found || fail "pages were lost"
finish
