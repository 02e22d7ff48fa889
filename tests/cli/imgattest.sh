#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# imgattest on a layout: what is refused, what is attached, and that twice is once.
. "$(dirname "$0")/../support/lib.sh"
PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
need python3 openssl jq

mkdir "$tmp/root"
echo hello >"$tmp/root/hello"
image=$("$support/mkimage.py" --out "$tmp/img" --tag app --layer "$tmp/root")
openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/k.pem"
openssl pkey -in "$tmp/k.pem" -pubout -out "$tmp/k.pub"
echo '{ "result" : "PASSED" }' >"$tmp/p.json"
where=oci:$tmp/img:app
attest() { imgattest --key "$tmp/k.pem" --predicate "$tmp/p.json" "$@"; }
entries() { jq '.manifests | length' "$tmp/img/index.json"; }

# --- refused before anything is written
cp -r "$tmp/img" "$tmp/before"
check 2 "slsaprovenance1" attest --type nonsense "$where"
check 2 "imgsign" attest --type https://sigstore.dev/cosign/sign/v1 "$where"
check 2 "--output" attest --type urn:x --output yaml "$where"
check 2 "--key" imgattest --type urn:x --predicate "$tmp/p.json" "$where"
check 4 "k.none" imgattest --key "$tmp/k.none" --type urn:x --predicate "$tmp/p.json" "$where"
check 2 "" imgattest --key "$tmp/k.pub" --type urn:x --predicate "$tmp/p.json" "$where"
check 4 "p.none" imgattest --key "$tmp/k.pem" --type urn:x --predicate "$tmp/p.none" "$where"
for bad in '' '[]' '"x"' '{"a":1,"a":2}' '{"a":1} {}' '{"a":1'; do
	printf '%s' "$bad" >"$tmp/bad.json"
	check 3 "bad.json" imgattest --key "$tmp/k.pem" --type urn:x --predicate "$tmp/bad.json" "$where"
done
check 4 "" attest --type urn:x "oci:$tmp/img:other"
check 4 "" attest --type urn:x "oci:$tmp/none:app"
echo sha256:00 >"$tmp/digest"
check 2 "hex digits" attest --type urn:x --digest-file "$tmp/digest" "$where"
echo "sha256:$(printf 0%.0s $(seq 64))" >"$tmp/digest"
check 4 "" attest --type urn:x --digest-file "$tmp/digest" "oci:$tmp/img"
check 2 "says otherwise" attest --type urn:x --digest-file "$tmp/digest" "oci:$tmp/img@$image"
cmp -s "$tmp/img/index.json" "$tmp/before/index.json" || fail "something was written"
[ ! -e "$tmp/none" ] || fail "a layout was made for an image that is not there"

# --- attached once, whatever it is called and however often
check 0 "urn:x $image attached as sha256:" attest --type urn:x "$where"
check 0 "already in" attest --type urn:x "oci:$tmp/img@$image"
echo "$image" >"$tmp/digest"
check 0 "already in" attest --type urn:x --digest-file "$tmp/digest" "oci:$tmp/img"
[ "$(entries)" = 2 ] || fail "attached more than once"

# --- the file's own bytes are what was signed
bundle=$(attest --type urn:x --output json "$where" | jq -r '.attached[0].bundle')
blob=$tmp/img/blobs/sha256/${bundle#sha256:}
jq -r .dsseEnvelope.payload "$blob" | base64 -d >"$tmp/statement"
grep -qF '"predicate":{ "result" : "PASSED" }' "$tmp/statement" || fail "the predicate was rewritten"
jq -e --arg d "${image#sha256:}" '._type == "https://in-toto.io/Statement/v1" and
	.subject == [{"digest": {"sha256": $d}}] and .predicateType == "urn:x"' "$tmp/statement" >/dev/null ||
	fail "the statement is another one"

# --- a name, standard input, --replace, and several renderings
check 0 "attached as" attest --type urn:x --as registry.example.com/app "$where"
check 0 "registry.example.com/app@$image already" attest --type urn:x --as registry.example.com/app "$where"
[ "$(entries)" = 3 ] || fail "a named statement is another statement"
input=$tmp/p.json
check 0 "already in" imgattest --key "$tmp/k.pem" --type urn:x --predicate - "$where"
input=/dev/null
echo '{"result":"FAILED"}' >"$tmp/p.json"
check 0 "2 replaced" attest --type urn:x --replace "$where"
[ "$(entries)" = 2 ] || fail "--replace left something"
check 0 "already in" attest --type urn:x -o text -o "json=$tmp/result.json" "$where"
jq -e --arg d "$image" '.version == 1 and .attached[0].digest == $d and .attached[0].already' \
	"$tmp/result.json" >/dev/null || fail "the JSON says something else"

# --- the same input gives the same statement, and with SOURCE_DATE_EPOCH the same referrer
openssl genpkey -algorithm ed25519 -out "$tmp/ed.pem"
first=$(SOURCE_DATE_EPOCH=1700000000 imgattest --key "$tmp/ed.pem" --type urn:y --predicate "$tmp/p.json" "$where")
"$support/mkimage.py" --out "$tmp/again" --tag app --layer "$tmp/root" >/dev/null
again=$(SOURCE_DATE_EPOCH=1700000000 imgattest --key "$tmp/ed.pem" --type urn:y --predicate "$tmp/p.json" "oci:$tmp/again:app")
[ "$first" = "$again" ] || fail "not reproducible: $first / $again"
finish
