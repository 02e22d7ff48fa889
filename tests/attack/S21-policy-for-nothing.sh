#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S21: a policy file that is empty, and policies that match no image.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
policy all '  - signature: {any: [a]}'
sed 's|"\*\*"|"registry.example.com/prod/{app}"|' "$tmp/all.yaml" >"$tmp/prod.yaml"

# the twin: the policy is for this image
fresh
forge good
accepted --policy "$tmp/prod.yaml" --as registry.example.com/prod/app

# exit 2, and nothing is verified by it
nothing() {
	check 2 "$1" imgverify --policy "$tmp/nothing" "oci:$tmp/img:app"
	[ ! -s "$tmp/out" ] || fail "a decision was printed"
}
: >"$tmp/nothing"
nothing "line 1 column 1: there is no policy in it"
printf '\n---\n# only a comment\n---\n' >"$tmp/nothing"
nothing "there is no policy in it"
echo '{}' >"$tmp/nothing"
nothing "apiVersion"
printf 'apiVersion: imgtrust/v1\nkind: ImagePolicyConfig\nspec: {unmatched: accept}\n' >"$tmp/nothing"
nothing "there is no ImagePolicy"
sed 's/images: .*/images: []/' "$tmp/all.yaml" >"$tmp/nothing"
nothing "the list is empty"
sed '/require/,$d' "$tmp/all.yaml" >"$tmp/nothing"
nothing "needs 'require'"
sed '/signature/d; s/require:/require: []/' "$tmp/all.yaml" >"$tmp/nothing"
nothing "the list is empty"
rm "$tmp/nothing"
mkdir "$tmp/nothing"
nothing "there is no .yaml"

# a policy for other images
refused no-policy-matches --policy "$tmp/prod.yaml" --as registry.example.com/prod/team/app
check_json '.images[0].decision.policies[0].checks[0].found | contains("registry.example.com/prod/{app}")'
refused no-policy-matches --policy "$tmp/prod.yaml" --as registry.example.com.evil.example/prod/app
for word in reject warn accept; do
	{
		cat "$tmp/prod.yaml"
		printf -- '---\napiVersion: imgtrust/v1\nkind: ImagePolicyConfig\nspec: {unmatched: %s}\n' $word
	} >"$tmp/$word.yaml"
done
refused no-policy-matches --policy "$tmp/reject.yaml" --as other.example.com/app
accepted --policy "$tmp/warn.yaml" --as other.example.com/app
check 1 "no-policy-matches" verify --strict --policy "$tmp/warn.yaml" --as other.example.com/app
accepted --policy "$tmp/accept.yaml" --as other.example.com/app
finish
