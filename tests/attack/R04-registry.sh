#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R04: a document that one reader takes for an index and another for a manifest (CVE-2021-41190).
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
fetch=$1/imgfetch
cd "$tmp"
hostile reg
app=$registry/app
check 0 sha256: "$store" push "$app:1"
digest=$(printed)
check 0 "$digest" "$fetch" "$app:1" # the untampered twin
set_switch "$registry" "type=application/json"
check 0 "$digest" "$fetch" "$app:1" # says nothing, contradicts nothing
set_switch "$registry" "type=Application/vnd.oci.image.manifest.v1+JSON; charset=utf-8"
check 0 "$digest" "$fetch" "$app:1"

set_switch "$registry" manifest=both
check 3 "both an index and a manifest" "$fetch" "$app:1"
set_switch "$registry" manifest=
for type in application/vnd.oci.image.index.v1+json \
	application/vnd.docker.distribution.manifest.list.v2+json \
	application/vnd.docker.distribution.manifest.v2+json \
	application/vnd.oci.image.config.v1+json; do
	set_switch "$registry" "type=$type"
	check 3 "" "$fetch" "$app:1"
	check 3 "" "$fetch" "$app@$digest"
	check 3 "" "$fetch" "$app@$digest" oci:copy
done
set_switch "$registry" type=
set_switch "$registry" manifest=html
check 3 "a web page" "$fetch" "$app:1"
set_switch "$registry" manifest=garbage
check 3 "" "$fetch" "$app:1"
set_switch "$registry" manifest=
[ ! -e copy/index.json ] || ! grep -q "$digest" copy/index.json || fail "the image was copied"

# a list of referrers that is a manifest too is no list
tag=$(echo "$digest" | tr : -)
curl -sf -X PUT -H "Content-Type: application/vnd.oci.image.index.v1+json" \
	"http://$registry/v2/app/manifests/$tag" --data-binary \
	'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"layers":[]}'
check 3 "list of referrers" "$fetch" "$app:1"
check 3 "list of referrers" "$store" attach "$app" "$digest" x
finish
