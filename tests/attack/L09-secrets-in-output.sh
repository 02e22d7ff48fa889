#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L09: secrets planted in the environment, in build arguments, in labels, in files and in the code
# lines of a scanner's report are in no output of any kind: not printed, not in JSON, not in an error,
# not in what is signed. That they are there is reported.
. "$(dirname "$0")/../support/lib.sh"
PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
need python3 openssl jq

# Put together here, so that this file holds no secret that a scanner would report.
token=gh"p_0123456789abcdefghijABCDEFGHIJ456789"
aws=AK"IAA2B3C4D5E6F7Q2R3"
key=$(openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt)
plain=hunter2hunter2

mkdir -p "$tmp/l0/app" "$tmp/l1/app" "$tmp/clean"
printf 'A=1\nTOKEN=%s\n' "$token" >"$tmp/l0/app/.env"
echo "$key" >"$tmp/l0/app/key.pem"
: >"$tmp/l1/app/.wh..env" # removed by a later layer, and still in the image
printf 'id = "%s"\n' "$aws" >"$tmp/l1/app/config.py"
echo hello >"$tmp/clean/hello"
"$support/mkimage.py" --out "$tmp/img" --tag bad --user 1 --layer "$tmp/l0" --layer "$tmp/l1" \
	--env "DB_PASSWORD=$plain" --env "T=$token" --env "PLAIN=$plain" --label "note=see $aws" --label "api.token=$plain" \
	--history "|2 DB=$plain TOKEN=$token /bin/sh -c make install" \
	--history "RUN curl -u me:$plain -H 'Authorization: Bearer $plain' https://u:$plain@h/" >/dev/null
"$support/mkimage.py" --out "$tmp/img" --tag clean --user 1 --layer "$tmp/clean" --env A=b >/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/k.pem"
"$support/mkreport.py" --layout "$tmp/img" --tag bad --match "TOKEN=$token password $plain" \
	--secret "github-pat:app/.env:2" --vulnerability CVE-2026-1:openssl:LOW --title "about $aws" >"$tmp/trivy.json"
"$support/mkreport.py" --layout "$tmp/img" --tag bad --format grype --vulnerability CVE-2026-1:openssl:LOW >"$tmp/grype.json"

leak() { # FILE... : none of the secrets, as they are or in base64
	for secret in "$token" "$aws" "$plain" "$(echo "$key" | sed -n 2p)"; do
		if grep -qF -- "$secret" "$@"; then fail "'$secret' is in $*"; fi
		encoded=$(printf %s "$secret" | base64 | cut -c1-12)
		if grep -qF -- "$encoded" "$@"; then fail "'$secret' is in $*, in base64"; fi
	done
}

# reported, by where they are
check 0 "/app/.env:2" imgscan --report "$tmp/trivy.json" --report "$tmp/grype.json" "oci:$tmp/img:bad"
leak "$tmp/out" "$tmp/err"
check_out "/app/key.pem:1"
check_out "/app/config.py:1"
check_out "config:Env/T"
check_out "config:Labels/note"
check_out "config:history/0"
check_out "|2 *** /bin/sh -c make install"
check 0 "" imgscan --verbose --report "$tmp/trivy.json" --report "$tmp/grype.json" --output json "oci:$tmp/img:bad"
leak "$tmp/out" "$tmp/err"
check_json '[.findings[] | select(.kind == "secret" and .layer.index == 0 and .path == "/app/.env")] | length == 1'
check_json '[.findings[] | select(.kind == "secret") | .sources[0]] | contains(["imgtrust", "trivy"])'
check 1 "" imgscan --fail-on high "oci:$tmp/img:bad"
leak "$tmp/out" "$tmp/err"

# in an error
jq '.Metadata.DiffIDs = []  | .Metadata.ImageID = "x"' "$tmp/trivy.json" >"$tmp/bad.json"
check 3 subject-mismatch imgscan --report "$tmp/bad.json" "oci:$tmp/img:bad"
leak "$tmp/out" "$tmp/err"

# in what is signed
mkdir "$tmp/statements"
check 0 "taken out of what is signed" imgscan --attest --key "$tmp/k.pem" --report "$tmp/trivy.json" --report "$tmp/grype.json" "oci:$tmp/img:bad"
leak "$tmp/out" "$tmp/err"
check 0 "" imgsign --key "$tmp/k.pem" --scan --report "$tmp/trivy.json" --report "$tmp/grype.json" "oci:$tmp/img:bad"
leak "$tmp/out" "$tmp/err"
n=0
for d in $(jq -r '.manifests[] | select(.artifactType // "" | startswith("application/vnd.dev.sigstore")) | .digest' "$tmp/img/index.json"); do
	blob=$(jq -r '.layers[0].digest' "$tmp/img/blobs/${d%%:*}/${d#*:}")
	jq -r .dsseEnvelope.payload "$tmp/img/blobs/${blob%%:*}/${blob#*:}" | base64 -d >"$tmp/statements/$n"
	n=$((n + 1))
done
[ "$n" -ge 4 ] || fail "only $n statements"
leak "$tmp"/statements/*
jq -se 'map(select(.predicate.scanner.report.redacted)) | length >= 2' "$tmp"/statements/* >/dev/null ||
	fail "no statement says redacted"
sha=$(sha256sum "$tmp/trivy.json" | cut -d' ' -f1)
grep -qF "$sha" "$tmp"/statements/* || fail "the original's digest is not there"

# the twin
"$support/mkreport.py" --layout "$tmp/img" --tag clean >"$tmp/clean.json"
check 0 "Secrets: 0. Misconfigurations: 0." imgscan --report "$tmp/clean.json" "oci:$tmp/img:clean"
finish
