#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S36: null, numbers as strings, 1e400, members that are missing, empty lists: the rule fails.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
. "$(dirname "$0")/../support/report.sh"
policy scan '  - scan: {by: [a], maxAge: 24h}'
policy checks '  - checks: {by: [a], secrets: none}'
policy sbom '  - sbom: {by: [a], complete: true}'
good() {
	report '"vulnerabilities","secrets"' true "$(ago 60)" "$(finding CVE-2026-1 low)"
}

# the twin
fresh
forge good --type "$scan" --predicate "$(good)"
accepted --policy "$tmp/scan.yaml"
accepted --policy "$tmp/checks.yaml"

bent() { # JQ_EXPRESSION
	fresh
	forge good --type "$scan" --predicate "$(good | jq -c "$1")"
	for rule in scan checks; do
		check 1 "" verify --policy "$tmp/$rule.yaml"
		check_json '.images[0].decision.verdict == "reject"'
	done
}
for member in schema image inputs findings; do
	bent "del(.$member)"
	bent ".$member = null"
	bent ".$member = 1"
	bent ".$member = \"x\""
done
bent '.inputs = []'
bent '.inputs[0] = null'
bent '.inputs[0].looksFor = null'
bent '.inputs[0].looksFor = []'
bent '.inputs[0].complete = "true"'
bent '.inputs[0].complete = 1'
bent '.inputs[0].complete = null'
bent 'del(.inputs[0].complete)'
bent '.inputs[0].finished = null'
bent 'del(.inputs[0].finished)'
bent '.inputs[0].finished = 1795334400'
bent '.inputs[0].finished = "1795334400"'
bent '.inputs[0].finished = ""'
bent '.findings[0].severity = null'
bent '.findings[0].severity = 1'
bent '.findings[0].severity = "none"'
bent 'del(.findings[0].severity)'
bent '.findings[0].kind = null'
bent '.findings = {}'
fresh
forge good --type "$scan" --predicate "$(good | sed 's/"low"/"low","score":1e400/')"
check 1 "" verify --policy "$tmp/scan.yaml"
for predicate in null '[]' '""' 1 '{}'; do
	fresh
	forge good --type "$scan" --predicate "$predicate" 2>/dev/null || continue
	check 1 "" verify --policy "$tmp/scan.yaml"
	fresh
	forge good --type https://cyclonedx.org/bom --predicate "$predicate"
	check 1 "" verify --policy "$tmp/sbom.yaml"
done
finish
