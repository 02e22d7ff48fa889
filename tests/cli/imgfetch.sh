#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# imgfetch: the tree, its JSON, predicates as found, and foreign text that is made safe.
. "$(dirname "$0")/../support/lib.sh"
bin=$1
here=$(dirname "$0")
mkimage() { check 0 "" python3 "$here/../support/mkimage.py" --out "$tmp/l" "$@"; }
unset LC_ALL LC_CTYPE

mkdir "$tmp/root"
echo content >"$tmp/root/file"
mkimage --tag amd --layer "$tmp/root" --layer "$tmp/root" --platform linux/amd64
mkimage --tag arm --layer "$tmp/root" --platform linux/arm64
mkimage --tag app --index --from amd --from arm
digest=$(cat "$tmp/out")
amd=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "amd").digest' \
	"$tmp/l/index.json")

# usage
check 2 "imgverify --print" "$bin/imgfetch" --type sbom "oci:$tmp/l:app"
check 2 "goes with --type" "$bin/imgfetch" --unverified "oci:$tmp/l:app"
check 2 "takes no DST" "$bin/imgfetch" --type sbom --unverified "oci:$tmp/l:app" "oci:$tmp/to"
check 2 "--type" "$bin/imgfetch" --type nonsense --unverified "oci:$tmp/l:app"
IMGTRUST_UNVERIFIED=1 check 2 "imgverify --print" "$bin/imgfetch" --type sbom "oci:$tmp/l:app"
check 4 "no such directory" "$bin/imgfetch" "oci:$tmp/absent"
check 3 "not an OCI image layout" "$bin/imgfetch" "oci:$tmp/root"

# nothing attached
LANG=C check 0 "linux/amd64" "$bin/imgfetch" "oci:$tmp/l:amd"
check_out "in 2 layers"
check_out "nothing is attached"

# signed things on the index and on a platform
check 0 "" "$bin/imgkey" generate --output-prefix "$tmp/k" --password-file /dev/null
echo '{"bomFormat":"CycloneDX","specVersion":"1.6"}' >"$tmp/bom"
echo '{"result":"PASSED"}' >"$tmp/result"
check 0 "" "$bin/imgattest" --key "$tmp/k.key" --password-file /dev/null --type cyclonedx \
	--predicate "$tmp/bom" "oci:$tmp/l@$amd"
check 0 "" "$bin/imgattest" --key "$tmp/k.key" --password-file /dev/null \
	--type https://example.com/test/v1 --predicate "$tmp/result" "oci:$tmp/l:app"
check 0 "sha256:" "$bin/imgkey" inspect "$tmp/k.pub"
fingerprint=$(grep -o 'sha256:[0-9a-f]\{64\}' "$tmp/out" | head -n 1)

LANG=C check 0 "|-- https://example.com/test/v1 (unverified)" "$bin/imgfetch" "oci:$tmp/l:app"
check_out "by key $fingerprint (unverified)"
check_out "|-- linux/amd64"
check_out "|   \`-- https://cyclonedx.org/bom (unverified)"
check_out "\`-- linux/arm64"
check_out "imgverify checks them"
LANG=en_US.UTF-8 check 0 "│   └── https://cyclonedx.org/bom (unverified)" "$bin/imgfetch" "oci:$tmp/l:app"
LC_ALL=C LANG=en_US.UTF-8 check 0 "|-- linux/amd64" "$bin/imgfetch" "oci:$tmp/l:app"

check 0 "" "$bin/imgfetch" --output json "oci:$tmp/l:app"
check_json ".version == 1 and .image.digest == \"$digest\" and (.image.platforms | length) == 2"
check_json '.image.attached[0].unverified.predicateType == "https://example.com/test/v1"'
check_json ".image.attached[0].unverified.signer == \"key $fingerprint\""
check_json '.image.platforms[0].attached[0].artifactType | startswith("application/vnd.dev.sigstore")'
check_json '.image.platforms[1].attached == []'
check_json '.image.platforms[0].layers == 2'

# predicates as found, of the image and its platforms
check 0 "" "$bin/imgfetch" --type sbom --unverified "oci:$tmp/l:app"
cmp "$tmp/out" "$tmp/bom" || fail "the predicate is not as it was"
check 0 "" "$bin/imgfetch" --type https://example.com/test/v1 --unverified "oci:$tmp/l:app"
cmp "$tmp/out" "$tmp/result" || fail "the predicate is not as it was"
check 4 "there is: https://example.com/test/v1, https://cyclonedx.org/bom" \
	"$bin/imgfetch" --type scan --unverified "oci:$tmp/l:app"
[ ! -s "$tmp/out" ] || fail "something was printed"

# DST copies
check 0 "oci:$tmp/to@$digest" "$bin/imgfetch" "oci:$tmp/l:app" "oci:$tmp/to"
check 0 "https://cyclonedx.org/bom" "$bin/imgfetch" -q "oci:$tmp/to"

# L06: escape sequences in what is attached reach no terminal
predicate=$(printf 'https://example.com/\033[31mred\342\200\256')
cat >"$tmp/evil.py" <<'PY'
import base64, json, sys
tmp, predicate = sys.argv[1:]
digest = json.load(open(tmp + "/l/index.json"))
image = [e for e in digest["manifests"] if e.get("annotations", {}).get("org.opencontainers.image.ref.name") == "app"][0]
statement = {"_type": "https://in-toto.io/Statement/v1", "predicateType": predicate, "predicate": {},
             "subject": [{"digest": {"sha256": image["digest"][7:]}}]}
payload = base64.b64encode(json.dumps(statement).encode()).decode()
json.dump({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
           "verificationMaterial": {"publicKey": {"hint": "\u001b]0;title\u0007"}, "tlogEntries": []},
           "dsseEnvelope": {"payload": payload, "payloadType": "application/vnd.in-toto+json",
                            "signatures": [{"sig": "AAAA"}]}}, open(tmp + "/evil.json", "w"))
PY
check 0 "" python3 "$tmp/evil.py" "$tmp" "$predicate"
check 0 "" "$bin/imgpush" -q --attach "$tmp/evil.json" "oci:$tmp/l:app"
check 0 '\x1b[31mred' "$bin/imgfetch" "oci:$tmp/l:app"
! grep -q "$(printf '\033')" "$tmp/out" "$tmp/err" || fail "an escape sequence got through"
! grep -q "$(printf '\342\200\256')" "$tmp/out" || fail "a bidirectional override got through"
check 0 "" "$bin/imgfetch" --output json "oci:$tmp/l:app"
check_json '[.image.attached[].unverified.predicateType] | any(contains("red"))'
check 4 '\x1b[31mred' "$bin/imgfetch" --type scan --unverified "oci:$tmp/l:app"
! grep -q "$(printf '\033')" "$tmp/err" || fail "an escape sequence got through"
finish
