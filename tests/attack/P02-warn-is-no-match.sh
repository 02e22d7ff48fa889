#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# P02: a policy that only warns, or one that the image is excluded from, does not make the image
# matched.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
policy enforce '  - signature: {any: [a]}'
sed 's/^spec:/spec:\n  mode: warn/' "$tmp/enforce.yaml" >"$tmp/warn.yaml"
sed 's|^spec:|spec:\n  exclude: [{glob: "registry.example.com/app"}]|' "$tmp/enforce.yaml" >"$tmp/exclude.yaml"
name=registry.example.com/app
fresh
forge good
accepted --policy "$tmp/enforce.yaml" --as $name # the twin

refused no-policy-matches --policy "$tmp/warn.yaml" --as $name
refused no-policy-matches --policy "$tmp/exclude.yaml" --as $name
accepted --policy "$tmp/exclude.yaml" --as registry.example.com/other
# an exclude takes the image out of its own policy only
mkdir "$tmp/both"
cp "$tmp"/*.pub "$tmp/both"
cp "$tmp/exclude.yaml" "$tmp/both/1.yaml"
sed 's/name: enforce/name: second/; s/any: \[a\]/any: [b]/' "$tmp/enforce.yaml" >"$tmp/both/2.yaml"
refused identity-mismatch --policy "$tmp/both" --as $name
forge other
accepted --policy "$tmp/both" --as $name
# a key beside the policies adds to them and does not stand in for them
refused no-policy-matches --policy "$tmp/warn.yaml" --key "$tmp/good.pub" --as $name
finish
