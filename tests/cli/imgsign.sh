#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# imgsign on a layout: what is refused, what is signed of an index, and the one CI step.
. "$(dirname "$0")/../support/lib.sh"
PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
need python3 openssl jq

mkdir -p "$tmp/amd64/var/lib/dpkg" "$tmp/arm64/etc"
cat >"$tmp/amd64/var/lib/dpkg/status" <<'STATUS'
Package: zlib1g
Status: install ok installed
Architecture: amd64
Version: 1:1.2.13.dfsg-1
Source: zlib
STATUS
echo 'ID=debian' >"$tmp/arm64/etc/os-release"
img=$tmp/img
amd64=$("$support/mkimage.py" --out "$img" --tag amd64 --layer "$tmp/amd64")
arm64=$("$support/mkimage.py" --out "$img" --tag arm64 --platform linux/arm64 --layer "$tmp/arm64")
index=$("$support/mkimage.py" --out "$img" --tag multi --index --from amd64 --from arm64 --attestation)
for key in k e; do openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/$key.pem"; done
attached() { jq '[.manifests[] | select(.artifactType != null)] | length' "$img/index.json"; }
sign() { imgsign --key "$tmp/k.pem" "$@"; }
# statements -- every statement attached, one a line
statements() {
	for manifest in $(jq -r '.manifests[] | select(.artifactType != null) | .digest' "$img/index.json"); do
		bundle=$(jq -r '.layers[0].digest' "$img/blobs/sha256/${manifest#sha256:}")
		jq -r .dsseEnvelope.payload "$img/blobs/sha256/${bundle#sha256:}" | base64 -d
		echo
	done
}

# --- refused before anything is written
cp "$img/index.json" "$tmp/before"
check 2 "--key" imgsign "oci:$img:amd64"
check 2 "needs --sbom" sign --sbom-format spdx "oci:$img:amd64"
input=$tmp/before
check 2 "only one" imgattest --key - --type https://example.com/x/v1 --predicate - "oci:$img:amd64"
input=/dev/null
check 2 "cyclonedx or spdx" sign --sbom --sbom-format csv "oci:$img:amd64"
check 2 "needs --scan" sign --report "$tmp/before" "oci:$img:amd64"
check 2 "--report" sign --scan --scan-finished 2026-01-01T00:00:00Z "oci:$img:amd64"
check 2 "--evidence-key" sign --evidence-key "$tmp/e.pem" "oci:$img:amd64"
check 2 "cosign 3 reads it" sign --signature-format cosign "oci:$img:amd64"
check 2 "not supported" sign --signature-format notation "oci:$img:amd64"
check 2 "--signature-format" sign --signature-format gpg "oci:$img:amd64"
check 2 "--output" sign --output yaml "oci:$img:amd64"
check 2 "OS/ARCH" sign --platform amd64 "oci:$img:multi"
check 4 "linux/arm64" sign --platform windows/amd64 "oci:$img:multi"
cmp -s "$img/index.json" "$tmp/before" || fail "something was written"

# --- one manifest: one signature, once
check 0 "signature $amd64 attached as sha256:" sign "oci:$img:amd64"
check 0 "signature $amd64 already in sha256:" sign "oci:$img:amd64"
[ "$(attached)" = 1 ] || fail "not attached once"
statements | jq -es --arg d "${amd64#sha256:}" '. == [{"_type": "https://in-toto.io/Statement/v1",
	"subject": [{"digest": {"sha256": $d}}], "predicateType": "https://sigstore.dev/cosign/sign/v1",
	"predicate": {}}]' >/dev/null || fail "not cosign's statement"

# --- an index: itself and each platform, but not the attestation entries
check 0 "signature $index index" sign -r "oci:$img:multi"
check_out "signature $amd64 linux/amd64 already"
check_out "signature $arm64 linux/arm64 attached"
[ "$(wc -l <"$tmp/out")" = 3 ] || fail "three things are signed"
[ "$(attached)" = 3 ] || fail "one for each"
check 0 "already" sign --platform linux/arm64 "oci:$img:multi"
[ "$(wc -l <"$tmp/out")" = 1 ] || fail "--platform signs that one"

# --- the CI step: SBOM and scan for each platform, then its signature, the index last
cp "$tmp/before" "$img/index.json"
check 0 "vulnerabilities were not looked for" sign --sbom --scan --evidence-key "$tmp/e.pem" --as registry.example.com/app "oci:$img:multi"
[ "$(cut -d' ' -f1 "$tmp/out" | tr '\n' ' ')" = "cyclonedx checks signature cyclonedx checks signature signature " ] || fail "another order"
[ "$(tail -n 1 "$tmp/out" | cut -d' ' -f2,3)" = "registry.example.com/app@$index index" ] || fail "the index comes last"
statements >"$tmp/all"
jq -es 'all(.[]; .subject[0].name == "registry.example.com/app")' "$tmp/all" >/dev/null || fail "names"
jq -es --arg d "${amd64#sha256:}" 'any(.[]; .predicateType == "https://cyclonedx.org/bom" and
	.subject[0].digest.sha256 == $d and any(.predicate.components[]; .name == "zlib1g"))' "$tmp/all" >/dev/null ||
	fail "no SBOM of the platform"
jq -es 'any(.[]; .predicateType == "urn:imgtrust:image-checks:v1")' "$tmp/all" >/dev/null || fail "no checks"
check 0 "spdx" sign --sbom --sbom-format spdx "oci:$img:amd64"
# no path of this machine gets into a document
statements >"$tmp/all"
! jq -c .predicate "$tmp/all" | grep -qF "$tmp" || fail "a path of this machine in an SBOM"
check 0 "signature $amd64" sign --sbom --platform linux/amd64 "oci:$img:multi"

# --- the same input gives the same statements, and with a deterministic key the same bundles
openssl genpkey -algorithm ed25519 -out "$tmp/ed.pem"
for copy in one two; do
	cp "$tmp/before" "$img/index.json"
	rm -rf "${tmp:?}/$copy"
	cp -r "$img" "$tmp/$copy"
	SOURCE_DATE_EPOCH=1700000000 imgsign --key "$tmp/ed.pem" --sbom --as registry.example.com/app \
		"oci:$tmp/$copy:multi" >"$tmp/$copy.out" 2>"$tmp/err" || fail "$copy"
done
[ "$(wc -l <"$tmp/one.out")" = 5 ] || fail "two SBOMs and three signatures"
cmp -s "$tmp/one.out" "$tmp/two.out" || fail "not reproducible"

# --- all or nothing: one platform that cannot be read, and nothing is attached
cp "$tmp/before" "$img/index.json"
layer=$(jq -r '.layers[0].digest' "$img/blobs/sha256/${arm64#sha256:}")
echo broken >"$img/blobs/sha256/${layer#sha256:}"
check 1 "mismatch" sign --sbom "oci:$img:multi"
cmp -s "$img/index.json" "$tmp/before" || fail "a failed run wrote something"
check 0 "" sign "oci:$img:multi" # the signature covers manifests; --blobs of imgverify covers these

# --- older signatures of cosign are not made worthless unasked
cp "$tmp/before" "$img/index.json"
"$support/mkimage.py" --out "$img" --tag "sha256-${amd64#sha256:}.sig" --layer "$tmp/arm64" >/dev/null
cp "$img/index.json" "$tmp/older"
check 2 "--signature-format bundle --yes" sign "oci:$img:amd64"
check 2 ".sig" sign --signature-format bundle "oci:$img:amd64"
check 2 ".sig" sign --yes "oci:$img:amd64"
cmp -s "$img/index.json" "$tmp/older" || fail "something was written"
check 0 "attached" sign --signature-format bundle --yes "oci:$img:amd64"
check 0 "already" sign "oci:$img:amd64"
finish
