#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S10: the payload is not what the envelope says it is, or not one JSON document.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

fresh
forge good
accepted --key "$tmp/good.pub"
payload() { jq -r .dsseEnvelope.payload "$tmp/img/blobs/sha256/${bundle#sha256:}" | base64 -d; }
payload >"$tmp/statement"
forge good --payload "$tmp/statement" # the way used below, with nothing wrong
fresh
forge good --payload "$tmp/statement"
accepted --key "$tmp/good.pub"

# another type, signed as such, and put in afterwards
for type in text/plain application/vnd.in-toto application/vnd.in-toto+JSON "application/vnd.in-toto+json " ""; do
	fresh
	forge good --payload-type "$type"
	refused wrong-payload-type --key "$tmp/good.pub"
	ignored wrong-payload-type
done
fresh
forge good --payload-type text/plain --payload-type-shown application/vnd.in-toto+json
refused bad-signature --key "$tmp/good.pub"

# another payload under the signature
sed 's/{}}$/{"x":1}}/' "$tmp/statement" >"$tmp/changed"
! cmp -s "$tmp/statement" "$tmp/changed" || fail "nothing was changed"
fresh
forge good --swap "$tmp/changed"
refused bad-signature --key "$tmp/good.pub"

# validly signed, and not one JSON document
unsound() {
	fresh
	forge good --payload "$tmp/payload"
	refused malformed-evidence --key "$tmp/good.pub"
	ignored malformed-evidence
}
: >"$tmp/payload"
unsound
echo "not JSON" >"$tmp/payload"
unsound
head -c 100 "$tmp/statement" >"$tmp/payload"
unsound
{ cat "$tmp/statement"; echo x; } >"$tmp/payload"
unsound
cat "$tmp/statement" "$tmp/statement" >"$tmp/payload"
unsound
sed 's/^{/{"predicateType":"x",/' "$tmp/statement" >"$tmp/payload" # twice: readers differ in which counts
unsound
sed 's/"predicate":{}/"predicate":{"a":1,"a":2}/' "$tmp/statement" >"$tmp/payload"
unsound
sed 's/^{/{"subject2":[],/' "$tmp/statement" >"$tmp/payload"
unsound
{ printf '\357\273\277'; cat "$tmp/statement"; } >"$tmp/payload" # a byte order mark
unsound
finish
