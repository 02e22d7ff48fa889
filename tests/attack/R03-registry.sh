#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R03: digests that are paths, too short, upper case or of unknown algorithms (CVE-2024-3727). They
# are refused before anything is asked or opened.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
fetch=$1/imgfetch
cd "$tmp"
hostile reg
app=$registry/app
check 0 sha256: "$store" push "$app:1"
digest=$(printed)
check 0 "$digest" "$fetch" "$app@$digest" # the untampered twin
asked=$(wc -l <reg.log)

hex=${digest#sha256:}
upper=$(echo "$hex" | tr a-f A-F)
check 3 "" "$fetch" "$app@sha256:../../../../etc/passwd"
check 3 "" "$fetch" "$app@sha256:$hex/../1"
check 3 "" "$fetch" "$app@sha256:${hex%?}"
check 3 "" "$fetch" "$app@sha256:${hex}0"
check 3 "" "$fetch" "$app@sha256:$upper"
check 3 "" "$fetch" "$app@SHA256:$hex"
check 3 "" "$fetch" "$app@md5:d41d8cd98f00b204e9800998ecf8427e"
check 3 "" "$fetch" "$app@sha512:$hex"
check 3 "" "$fetch" "$app@"
check 3 "" "$fetch" "$app@sha256:"
check 3 "" "$fetch" "$app:../../etc@sha256:$hex"
check 3 "" "$store" blob "$app" "sha256:../../../../etc/passwd" 1
[ "$(wc -l <reg.log)" = "$asked" ] || fail "the registry was asked: $(tail -n 1 reg.log)"

# the same in what a registry says: a list of referrers, whose broken entries count as absent
tag=sha256-$hex
bad='{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"sha256:../../../etc/passwd"}'
good='{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":393,"digest":"'$digest'"}'
curl -sf -X PUT -H "Content-Type: application/vnd.oci.image.index.v1+json" "http://$app/../v2/app/manifests/$tag" \
	--path-as-is --data-binary '{"schemaVersion":2,"manifests":[]}' >/dev/null 2>&1 || :
curl -sf -X PUT -H "Content-Type: application/vnd.oci.image.index.v1+json" \
	"http://$registry/v2/app/manifests/$tag" --data-binary \
	'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":['"$bad,$good"']}'
check 0 "$digest" "$store" referrers "$app" "$digest"
[ "$(wc -l <out)" = 1 ] || fail "a broken entry was listed"
! grep -q passwd reg.log || fail "a path out of a digest was asked for"
finish
