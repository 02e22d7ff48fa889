#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R17: a layout that calls itself by the name of a leniently treated image does not become one.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
name=registry.example.com/sandbox/app:1
{
	policy strict '  - signature: {any: [b]}'
	policy lenient '  - signature: {any: [a]}'
	sed -i 's|"\*\*"|"registry.example.com/prod/**"|' "$tmp/strict.yaml"
	sed -i 's|"\*\*"|"registry.example.com/sandbox/**"|' "$tmp/lenient.yaml"
}
mkdir "$tmp/policies"
cp "$tmp"/*.pub "$tmp/strict.yaml" "$tmp/lenient.yaml" "$tmp/policies"

fresh
forge good
jq -c --arg n "$name" '.manifests |= map(if .annotations["org.opencontainers.image.ref.name"] == "app"
	then .annotations += {"org.opencontainers.image.ref.name": $n, "io.containerd.image.name": $n} else . end)' \
	"$tmp/img/index.json" >"$tmp/index"
cp "$tmp/index" "$tmp/img/index.json"
verify() {
	imgverify --output json "$@" "oci:$tmp/img:$name"
}
accepted --policy "$tmp/policies" --as registry.example.com/sandbox/app # the twin: said by --as

refused image-name-unknown --policy "$tmp/policies"
refused image-name-unknown --policy "$tmp/policies/lenient.yaml"
refused identity-mismatch --policy "$tmp/policies" --as registry.example.com/prod/app
check_json '.images[0].decision.name == "registry.example.com/prod/app"'
finish
