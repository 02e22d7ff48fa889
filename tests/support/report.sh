# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
# Scan reports written by hand, for attacks on them; sourced after attack.sh.
scan=urn:imgtrust:scan-report:v1
vuln=https://cosign.sigstore.dev/attestation/vuln/v1

# ago SECONDS -- that long before now, as RFC 3339; a negative number is the future.
ago() {
	date -u -d "@$(($(date +%s) - $1))" +%Y-%m-%dT%H:%M:%SZ
}

# report LOOKS_FOR COMPLETE FINISHED [FINDINGS] -- a merged report about the image, on stdout.
report() {
	printf '{"schema":"%s","image":{"digest":"%s"},"inputs":[{"tool":"t","looksFor":[%s],"complete":%s,"finished":"%s"}],"findings":[%s]}' \
		"$scan" "$digest" "$1" "$2" "$3" "${4-}"
}

# finding ID SEVERITY [MORE] -- one vulnerability.
finding() {
	printf '{"kind":"vulnerability","id":"%s","severity":"%s"%s}' "$1" "$2" "${3-}"
}
