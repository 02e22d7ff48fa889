#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S20: old evidence, validly signed, where the policy asks for fresh.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
. "$(dirname "$0")/../support/report.sh"
policy fresh '  - scan: {by: [a], maxAge: 24h, dbMaxAge: 48h}'
sed 's/, dbMaxAge: 48h//' "$tmp/fresh.yaml" >"$tmp/scan.yaml"
policy image '  - image: {maxAge: 24h}'

# the twin: an hour old
fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities"' true "$(ago 3600)")"
accepted --policy "$tmp/scan.yaml"
check_json '.images[0].run.valid_until != null'

fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities"' true "$(ago 90000)")"
refused scan-too-old --policy "$tmp/scan.yaml"
check_json '.images[0].decision.policies[0].checks[0] | (.expected | contains("24h")) and (.found | contains("25h"))'
# a fresh signature on the old report does not make it fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities"' true "$(ago 90000)")" --name again
refused scan-too-old --policy "$tmp/scan.yaml"
# an old database is an old scan; one without a date is no better
fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities"' true "$(ago 60)" |
	jq -c --arg t "$(ago 180000)" '.inputs[0].db = {built: $t}')"
refused db-too-old --policy "$tmp/fresh.yaml"
fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities"' true "$(ago 60)")"
refused no-time --policy "$tmp/fresh.yaml"
accepted --policy "$tmp/scan.yaml"

# the image itself
refused too-old --policy "$tmp/image.yaml" --at 2027-12-01T00:00:00Z
check_json '.images[0].decision.clock == "at"'
accepted --policy "$tmp/image.yaml" --at 2026-01-01T12:00:00Z
finish
