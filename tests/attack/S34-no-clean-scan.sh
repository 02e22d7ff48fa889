#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S34: a scan statement whose report looked for nothing, or has no results, is no clean scan.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
. "$(dirname "$0")/../support/report.sh"
policy scan '  - scan: {by: [a], maxAge: 24h}'

# as cosign's predicate around a report by Trivy
cosign_predicate() { # MKREPORT_ARGS...
	"$support/mkreport.py" --layout "$tmp/unsigned" --tag app --finished "$(ago 60)" "$@" |
		jq -c --arg t "$(ago 60)" '{scanner: {uri: "pkg:github/aquasecurity/trivy", result: .}, metadata: {scanStartedOn: $t, scanFinishedOn: $t}}'
}

# the twins
fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities"' true "$(ago 60)")"
accepted --policy "$tmp/scan.yaml"
fresh
forge good --type "$vuln" --predicate "$(cosign_predicate --vulnerability CVE-2026-1:zlib1g:LOW)"
accepted --policy "$tmp/scan.yaml"

none() { # CODE TYPE PREDICATE
	fresh
	forge good --type "$2" --predicate "$3"
	refused "$1" --policy "$tmp/scan.yaml"
}
none no-vulnerability-scan "$scan" "$(report '"secrets","setuid"' true "$(ago 60)")"
none no-vulnerability-scan "$scan" "$(report '' true "$(ago 60)")"
none scan-incomplete "$scan" "$(report '"vulnerabilities"' false "$(ago 60)")"
none malformed-evidence "$scan" "$(report '"vulnerabilities"' true "$(ago 60)" | jq -c '.inputs = []')"
none malformed-evidence "$scan" "$(report '"vulnerabilities"' true "$(ago 60)" | jq -c 'del(.findings)')"
none no-vulnerability-scan urn:imgtrust:image-checks:v1 \
	"$(report '"vulnerabilities"' true "$(ago 60)" | jq -c '.schema = "urn:imgtrust:image-checks:v1"')"
none subject-mismatch "$scan" "$(report '"vulnerabilities"' true "$(ago 60)" | jq -c '.image.digest |= sub("[0-9a-f]{8}$"; "00000000")')"
fresh
forge good --type "$vuln" --predicate "$(cosign_predicate --no-results)"
check 1 "" verify --policy "$tmp/scan.yaml"
check_json '.images[0].decision.policies[0].checks[0].code | . == "no-vulnerability-scan" or . == "scan-incomplete"'
fresh
forge good --type "$vuln" --predicate '{}'
check 1 "" verify --policy "$tmp/scan.yaml"
finish
