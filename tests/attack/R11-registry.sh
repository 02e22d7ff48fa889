#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R11: fifty programs attach to one image at the same time, on a registry without referrers API, where
# lists of referrers are read, changed and written back. Every one of the fifty is there afterwards.
# usage: R11-registry.sh BIN [ROUNDS [WRITERS]]
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
rounds=${2:-1} writers=${3:-50}
cd "$tmp"
docker_registry shared

# Each has a HOME and a TMPDIR of its own: no lock on this machine can stand in for the protocol.
writer() { # ROUND NUMBER
	mkdir -p "home$2" "tmp$2"
	sleep "$(awk -v seed="$1$2" 'BEGIN { srand(seed); printf "%.3f", rand() }')"
	HOME=$tmp/home$2 TMPDIR=$tmp/tmp$2 STORE_TIMEOUT=120000 \
		"$store" attach "$app" "$digest" "round $1 writer $2" >"done$2" 2>"failed$2" || echo "exit $?" >>"failed$2"
}

for round in $(seq "$rounds"); do
	app=$registry/team/app$round
	check 0 sha256: "$store" push "$app:1" "round $round"
	digest=$(printed)
	began=$(date +%s)
	pids=
	for number in $(seq "$writers"); do
		writer "$round" "$number" &
		pids="$pids $!"
	done
	for pid in $pids; do wait "$pid"; done
	for number in $(seq "$writers"); do
		[ ! -s "failed$number" ] || fail "round $round, writer $number: $(cat "failed$number")"
	done
	check 0 "" "$store" referrers "$app" "$digest"
	cut -d ' ' -f 1 out | sort >found
	for number in $(seq "$writers"); do cut -d ' ' -f 1 "done$number"; done | sort >expected
	cmp found expected || fail "round $round: $(comm -13 found expected | wc -l) were lost"
	echo "round $round: $writers of $writers after $(($(date +%s) - began)) s"
done
finish
