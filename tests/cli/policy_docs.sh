#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every example of docs/policy.md is read by imgverify as it stands there.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
doc=$(dirname "$0")/../../docs/policy.md
fresh
mkdir "$tmp/p"
for name in release scanner platform ci-2026 ci-2025 lost; do cp "$tmp/good.pub" "$tmp/p/$name.pub"; done

# one file for each block
awk -v dir="$tmp" '/^```yaml/ {n++; on = 1; next} /^```/ {on = 0} on {print > (dir "/block" n)}' "$doc"
blocks=0
for block in "$tmp"/block*; do
	blocks=$((blocks + 1))
	case $(head -n 1 "$block") in
	apiVersion*) cp "$block" "$tmp/p/p.yaml" ;;
	authorities:*)
		{
			printf 'apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: p}\nspec:\n  images: [{glob: "**"}]\n'
			sed 's/^/  /' "$block"
			printf '  require:\n  - signature: {any: [ci, partner]}\n'
		} >"$tmp/p/p.yaml"
		;;
	-*)
		{
			printf 'apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: p}\nspec:\n  images: [{glob: "**"}]\n  authorities:\n'
			for name in release scanner platform; do echo "  - {name: $name, keys: [{file: $name.pub}]}"; done
			printf '  require:\n'
			sed 's/^/  /' "$block"
		} >"$tmp/p/p.yaml"
		;;
	*) fail "an example of another kind: $(head -n 1 "$block")" ;;
	esac
	if grep -q 'kind: ImagePolicyConfig' "$block"; then
		printf -- '---\napiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: "x.example/**"}], require: [{config: {user: nonroot}}]}\n' >>"$tmp/p/p.yaml"
		check 0 "no-policy-matches" imgverify --policy "$tmp/p/p.yaml" --as registry.example.com/prod/web "oci:$tmp/img:app"
	else
		# the image has no evidence and no user: whatever the example asks for, it is not there
		check 1 "REJECT" imgverify --policy "$tmp/p/p.yaml" --as registry.example.com/prod/web "oci:$tmp/img:app"
	fi
done
[ $blocks -ge 9 ] || fail "only $blocks examples were found"

# every word under "Not built yet" is known
sed -n '/^## Not built yet/,$p' "$doc" | grep -q '`keyless`' || fail "no list of what is not built"
finish
