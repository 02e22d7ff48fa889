#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S26: a claimed time in the future would keep evidence fresh for as long as one likes.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
. "$(dirname "$0")/../support/report.sh"
policy scan '  - scan: {by: [a], maxAge: 24h}'
policy checks '  - checks: {by: [a], maxAge: 24h, secrets: none}'
policy bare '  - scan: {by: [a]}'

# the twin: honest clocks differ by a little
fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities","secrets"' true "$(ago -120)")"
accepted --policy "$tmp/scan.yaml"
accepted --policy "$tmp/checks.yaml"

fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities","secrets"' true "$(ago -1000)")"
for rule in scan checks bare; do
	refused time-in-future --policy "$tmp/$rule.yaml"
	ignored time-in-future
done
# beside an honest report it counts as absent, whatever it says
forge good --type "$scan" --predicate "$(report '"vulnerabilities","secrets"' true "$(ago 60)" "$(finding CVE-2026-1 critical)")"
refused too-many-critical --policy "$tmp/scan.yaml"
ignored time-in-future
fresh
forge good --type "$scan" --predicate "$(report '"vulnerabilities"' true 9999-12-31T23:59:59Z)"
refused time-in-future --policy "$tmp/scan.yaml"
finish
