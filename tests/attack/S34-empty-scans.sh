#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S34, on the side that writes: a report that looked for nothing is never passed off as a scan for
# vulnerabilities. (What verification makes of such statements by others is tested with imgverify.)
. "$(dirname "$0")/../support/lib.sh"
PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
need python3 openssl jq

mkdir "$tmp/l"
echo x >"$tmp/l/file"
"$support/mkimage.py" --out "$tmp/img" --tag t --layer "$tmp/l" >/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/k.pem"
types() { # predicate types attached
	for d in $(jq -r '.manifests[] | select(.artifactType // "" | startswith("application/vnd.dev.sigstore")) | .digest' "$1/index.json"); do
		blob=$(jq -r '.layers[0].digest' "$1/blobs/${d%%:*}/${d#*:}")
		jq -r .dsseEnvelope.payload "$1/blobs/${blob%%:*}/${blob#*:}" | base64 -d | jq -r .predicateType
	done | sort | tr '\n' ' '
}

mkreport() { "$support/mkreport.py" --layout "$tmp/img" --tag t "$@"; }
mkreport --no-results >"$tmp/empty.json"
mkreport | jq '.Results = [{"Target": "x", "Class": "secret"}]' >"$tmp/secrets.json"
mkreport | jq 'del(.Results)' >"$tmp/none.json"
for report in empty secrets none; do
	rm -rf "$tmp/one"
	cp -r "$tmp/img" "$tmp/one"
	check 0 "vulnerabilities were not looked for" imgscan --attest --key "$tmp/k.pem" --report "$tmp/$report.json" "oci:$tmp/one:t"
	check_out "Vulnerabilities: not looked for"
	check_out "not complete"
	[ "$(types "$tmp/one")" = "urn:imgtrust:image-checks:v1 " ] || fail "$report: $(types "$tmp/one")"
	check 0 "" imgscan --report "$tmp/$report.json" --output json "oci:$tmp/one:t"
	check_json '.inputs[0].complete == false and (.inputs[0].reason | length > 0)'
	check_json '.inputs[0].looksFor | index("vulnerabilities") == null'
done

# looked at libraries only, or past the end of the distribution's life: said to be incomplete
mkreport | jq '.Results[0].Class = "lang-pkgs"' >"$tmp/libraries.json"
mkreport --eosl >"$tmp/eosl.json"
for report in libraries eosl; do
	check 0 "not complete" imgscan --report "$tmp/$report.json" --output json "oci:$tmp/img:t"
	check_json '.inputs[0].complete == false'
done

# the twin: a clean scan is one that has results without vulnerabilities
mkreport >"$tmp/clean.json"
check 0 "Vulnerabilities: none" imgscan --attest --key "$tmp/k.pem" --report "$tmp/clean.json" "oci:$tmp/img:t"
check_no "not complete"
[ "$(types "$tmp/img")" = "https://cosign.sigstore.dev/attestation/vuln/v1 urn:imgtrust:scan-report:v1 " ] ||
	fail "$(types "$tmp/img")"
finish
