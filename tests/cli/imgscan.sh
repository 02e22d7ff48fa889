#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# imgscan on a layout: what is refused, what is printed, what is attached.
. "$(dirname "$0")/../support/lib.sh"
PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
need python3 openssl jq

mkdir -p "$tmp/l0/etc" "$tmp/l0/usr/bin" "$tmp/l1/app"
echo 'app:x:1000:1000::/:/bin/sh' >"$tmp/l0/etc/passwd"
echo x >"$tmp/l0/usr/bin/su"
chmod 4755 "$tmp/l0/usr/bin/su"
echo hello >"$tmp/l1/app/hello"
mkdir -p "$tmp/l2/app"
echo hello, arm >"$tmp/l2/app/hello"
mkimage() { "$support/mkimage.py" --out "$tmp/img" --user app --layer "$tmp/l0" "$@" >/dev/null; }
mkreport() { "$support/mkreport.py" --layout "$tmp/img" "$@"; }
mkimage --tag app --layer "$tmp/l1" --history "ADD rootfs /" --history "RUN make"
mkimage --tag arm --layer "$tmp/l2" --platform linux/arm64
"$support/mkimage.py" --out "$tmp/img" --tag both --index --from app --from arm >/dev/null
where=oci:$tmp/img:app
mkreport --tag app --vulnerability CVE-2026-1:openssl:HIGH:2.0 --vulnerability CVE-2026-2:zlib:LOW \
	--finished 2026-11-20T10:00:00Z >"$tmp/trivy.json"
mkreport --tag app --format grype --vulnerability CVE-2026-1:openssl:CRITICAL:2.0 \
	--finished 2026-11-20T11:00:00Z >"$tmp/grype.json"

# --- the command line
check 2 "not built yet" imgscan --db "$tmp" "$where"
check 2 "--key" imgscan --attest "$where"
check 2 "--attest" imgscan --key "$tmp/k.pem" "$where"
check 2 "--fail-on" imgscan --fail-on bad "$where"
check 2 "--output" imgscan --output yaml "$where"
check 2 "--scan-finished" imgscan --scan-finished yesterday --report "$tmp/trivy.json" "$where"
check 2 "--scan-finished" imgscan --scan-finished 2026-11-20T10:00:00Z "$where"
check 4 "none.json" imgscan --report "$tmp/none.json" "$where"
check 4 "" imgscan "oci:$tmp/img:other"
check 4 "linux/s390x" imgscan --platform linux/s390x "oci:$tmp/img:both"

# --- without a report: checks only, and that is said
check 0 "vulnerabilities were not looked for" imgscan "$where"
check_out "Vulnerabilities: not looked for"
check_out "/usr/bin/su"
check 0 "" imgscan --output json "$where"
check_json '.schema == "urn:imgtrust:image-checks:v1"'
check_json '[.findings[].id] == ["setuid-file"]'
check_json '.findings[0].layer.index == 0 and .findings[0].layer.command == "ADD rootfs /"'
check_json '.inputs[0].looksFor == ["secrets", "setuid", "misconfiguration"] and .inputs[0].complete'
check_json 'has("base") | not'

# --- with reports
check 0 "Vulnerabilities: 1 high, 1 low (1 can be fixed)" imgscan --report "$tmp/trivy.json" "$where"
check_no "not looked for"
check_out "trivy 0.60.0, 2026-11-20T10:00:00Z"
check 0 "" imgscan --report "$tmp/trivy.json" --report "$tmp/grype.json" --output json "$where"
check_json '.schema == "urn:imgtrust:scan-report:v1"'
check_json '.findings[0] | .id == "CVE-2026-1" and .severity == "critical" and .sources == ["grype", "trivy"]'
check_json '.summary.vulnerabilities | .critical == 1 and .high == 0 and .low == 1 and .fixable == 1'
check_json '[.inputs[].tool] == ["trivy", "grype", "imgtrust"]'
sha=$(sha256sum "$tmp/trivy.json" | cut -d' ' -f1)
check_json ".inputs[0].sha256 == \"$sha\""
input=$tmp/trivy.json
check 0 "1 high" imgscan --report - "$where"
input=/dev/null
check 0 "" imgscan --quiet --output "json=$tmp/a.json" --output "text=$tmp/a.txt" "$where"
[ ! -s "$tmp/out" ] || fail "stdout is not empty"
jq -e .schema "$tmp/a.json" >/dev/null && grep -q Misconfigurations "$tmp/a.txt" || fail "files"

# --- exit status
check 0 "" imgscan --report "$tmp/trivy.json" --fail-on critical "$where"
check 1 "1 finding is high or more severe" imgscan --report "$tmp/trivy.json" --fail-on high "$where"
check 1 "3 findings are" imgscan --report "$tmp/trivy.json" --fail-on low "$where"
check 1 "" imgscan --fail-on low "$where"
check 0 "" imgscan --fail-on medium "$where"

# --- a report without a time
mkreport --tag app --finished '' >"$tmp/timeless.json"
check 2 "--scan-finished" imgscan --report "$tmp/timeless.json" "$where"
check 0 "" imgscan --report "$tmp/timeless.json" --scan-finished 2026-11-19T00:00:00Z --output json "$where"
check_json '.inputs[0].finished == "2026-11-19T00:00:00Z"'

# --- an index: the platform asked for, or all, and each report goes with its own
mkreport --tag arm --vulnerability CVE-2026-3:bash:LOW >"$tmp/arm.json"
check 0 "linux/arm64" imgscan --platform linux/arm64 --report "$tmp/arm.json" "oci:$tmp/img:both"
check 3 "subject-mismatch" imgscan --platform linux/amd64 --report "$tmp/arm.json" "oci:$tmp/img:both"
check 2 "linux/arm64" imgscan --platform all --report "$tmp/trivy.json" "oci:$tmp/img:both"
check 0 "" imgscan --platform all --report "$tmp/arm.json" --report "$tmp/trivy.json" -o json "oci:$tmp/img:both"
jq -se '[.[] | {p: .image.platform, ids: [.findings[] | select(.kind == "vulnerability").id]}] ==
	[{p: "linux/amd64", ids: ["CVE-2026-1", "CVE-2026-2"]}, {p: "linux/arm64", ids: ["CVE-2026-3"]}]' \
	"$tmp/out" >/dev/null || fail "findings went to the wrong platform"

# --- attesting
openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/k.pem"
statements() { # decoded statements attached to the image, one a line
	for d in $(jq -r '.manifests[] | select(.artifactType // "" | startswith("application/vnd.dev.sigstore")) | .digest' "$tmp/img/index.json"); do
		blob=$(jq -r '.layers[0].digest' "$tmp/img/blobs/${d%%:*}/${d#*:}")
		jq -r .dsseEnvelope.payload "$tmp/img/blobs/${blob%%:*}/${blob#*:}" | base64 -d
		echo
	done
}
check 0 "attached urn:imgtrust:scan-report:v1" imgscan --attest --key "$tmp/k.pem" --report "$tmp/trivy.json" --report "$tmp/grype.json" "$where"
check_out "1 critical"
check_out "were taken out of what is signed" # Grype's copy of the configuration
statements >"$tmp/statements"
[ "$(jq -rs 'map(.predicateType) | sort | join(" ")' "$tmp/statements")" = \
	"https://cosign.sigstore.dev/attestation/vuln/v1 https://cosign.sigstore.dev/attestation/vuln/v1 urn:imgtrust:scan-report:v1" ] ||
	fail "other statements: $(jq -r .predicateType "$tmp/statements")"
jq -se --arg sha "$sha" 'any(.[]; .predicate.scanner.report.sha256 == $sha and (.predicate.scanner.report.redacted | not)
	and .predicate.scanner.version == "0.60.0" and .predicate.metadata.scanFinishedOn == "2026-11-20T10:00:00Z"
	and .predicate.scanner.result.Results[0].Vulnerabilities[0].VulnerabilityID == "CVE-2026-1")' \
	"$tmp/statements" >/dev/null || fail "Trivy's statement"
# byte for byte, but for the blank between top-level tokens that no one has changed either
grep -qF '"Title": "CVE-2026-1 in openssl"' "$tmp/statements" || fail "the report was written anew"
# the same reports again: their statements are there
check 0 "was there: https://cosign" imgscan --attest --key "$tmp/k.pem" --report "$tmp/trivy.json" "$where"
check 0 "attached urn:imgtrust:image-checks:v1" imgscan --attest --key "$tmp/k.pem" "$where"

# a severe finding is attested all the same (a second later: the same checks at the same time are the same statement)
sleep 1.1
check 1 "attached" imgscan --attest --key "$tmp/k.pem" --report "$tmp/trivy.json" --fail-on high "$where"
finish
