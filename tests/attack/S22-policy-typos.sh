#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S22: a typo in a policy must never turn into "not asked". Each variant of a good policy is exit 2
# with line and column, and nothing is verified by it.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
policy good '  - signature: {any: [a]}
  - {id: soft, severity: warn, config: {user: nonroot}}'
fresh
forge good
accepted --policy "$tmp/good.yaml" # the twin

typo() { # SED_EXPRESSION LINE WHAT
	sed "$1" "$tmp/good.yaml" >"$tmp/bad.yaml"
	! cmp -s "$tmp/good.yaml" "$tmp/bad.yaml" || fail "the variant is no variant: $1"
	check 2 "bad.yaml: line $2 column " imgverify --policy "$tmp/bad.yaml" "oci:$tmp/img:app"
	check_out "$3"
	[ ! -s "$tmp/out" ] || fail "a decision was printed"
}
typo 's/apiVersion/apiversion/' 1 "unknown field 'apiversion'"
typo 's/kind: ImagePolicy/kind: ImagePolicies/' 2 "kind must be"
typo 's/  images/  image/' 5 "unknown field 'image'"
typo 's/glob/globs/' 5 "unknown field 'globs'"
typo 's/authorities/authority/' 6 "unknown field 'authority'"
typo 's/  require:/  requires:/' 10 "unknown field 'requires'"
typo 's/signature/signatures/' 11 "unknown field 'signatures'"
typo 's/any: \[a\]/anyOf: [a]/' 11 "unknown field 'anyOf'"
typo 's/any: \[a\]/any: [A]/' 11 "no authority named 'A'"
typo 's/any: \[a\]/any: []/' 11 "the list is empty"
typo 's/any: \[a\]/any: [a], any: [b]/' 11 "any"
typo 's/severity: warn/severity: off/' 12 "expected one of error, warn"
typo 's/nonroot/non-root/' 12 "expected one of nonroot"
typo 's/user: nonroot/users: nonroot/' 12 "unknown field 'users'"
typo 's/name: b,/name: a,/' 8 "two authorities named 'a'"
typo 's/keys: \[{file: good.pub}\]/key: {file: good.pub}/' 7 "unknown field 'key'"
typo 's/^spec:/spec: \&s/' 4 ""
typo 's/^  images:/  images: []\n  images:/' 6 "images"
# words that are known and not built yet are refused, not passed over
typo 's/config: {user: nonroot}/base: {by: [a]}/' 12 "[unsupported]"
typo 's/keys: \[{file: good.pub}\]/keyless: {}/' 7 "[unsupported]"
finish
