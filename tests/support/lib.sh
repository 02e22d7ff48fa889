# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What shell tests share. Source it first:  . "$(dirname "$0")/../support/lib.sh"
#
# $tmp is a directory of the test's own, removed at the end together with what start() started.
# Every test runs without the user's settings: no IMGTRUST_* or COSIGN_* variable but
# IMGTRUST_VECTORS, and with a HOME of its own.

set -eu
tmp=$(mktemp -d)
started=
checks=0
for name in $(env | sed -n 's/^\(IMGTRUST_[A-Z_]*\|COSIGN_[A-Z_]*\|SOURCE_DATE_EPOCH\)=.*/\1/p'); do
	[ "$name" = IMGTRUST_VECTORS ] || [ "$name" = IMGTRUST_PEERS ] || unset "$name"
done
peers=${IMGTRUST_PEERS:-$HOME/.cache/imgtrust/peers/bin} # scripts/peers builds them there
HOME=$tmp/home
export HOME
mkdir "$HOME"

cleanup() {
	code=$?
	for pid in $started; do kill "$pid" 2>/dev/null || :; done
	for pid in $started; do wait "$pid" 2>/dev/null || :; done
	rm -rf "$tmp"
	exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# fail MESSAGE... -- ends the test, showing what the last command printed.
fail() {
	echo "not ok: $*"
	for shown in out err; do
		[ ! -s "$tmp/$shown" ] || { echo "--- $shown"; head -c 4000 "$tmp/$shown"; }
	done
	exit 1
}

# skip REASON... -- ends the test as skipped.
skip() {
	echo "skipped: $*"
	exit 77
}

# need_peer NAME... -- skips the test unless scripts/peers has built these; then "$peers/NAME" runs.
need_peer() {
	for name in "$@"; do
		[ -x "$peers/$name" ] || skip "no $name (scripts/peers builds it)"
	done
}

# need COMMAND... -- skips the test unless these are installed.
need() {
	for name in "$@"; do
		command -v "$name" >/dev/null || skip "no $name"
	done
}

# check WANT_STATUS WANT_TEXT COMMAND... -- runs a command; its status must be that one, and what it
# prints (either stream) must contain the text ("" for any). stdout stays in $tmp/out, stderr in
# $tmp/err, stdin is $input.
input=/dev/null
check() {
	want=$1 text=$2
	shift 2
	status=0
	"$@" >"$tmp/out" 2>"$tmp/err" <"$input" || status=$?
	[ "$status" = "$want" ] || fail "status $status, wanted $want: $*"
	if [ -n "$text" ] && ! cat "$tmp/out" "$tmp/err" | grep -qF -- "$text"; then
		fail "no '$text' in what this printed: $*"
	fi
	checks=$((checks + 1))
}

# check_out TEXT / check_no TEXT -- the last command's output has, or has not, this text.
check_out() {
	cat "$tmp/out" "$tmp/err" | grep -qF -- "$1" || fail "no '$1' in what the last command printed"
}
check_no() {
	if cat "$tmp/out" "$tmp/err" | grep -qF -- "$1"; then fail "'$1' in what the last command printed"; fi
}

# check_json JQ_EXPRESSION -- true of the last command's stdout.
check_json() {
	jq -e "$1" "$tmp/out" >/dev/null || fail "not so in the JSON: $1"
}

# start COMMAND... -- in the background until the test ends; output in $tmp/log, pid in $!.
start() {
	"$@" >>"$tmp/log" 2>&1 </dev/null &
	started="$started $!"
}

# wait_for SECONDS COMMAND... -- until the command succeeds; fails the test after so long.
wait_for() {
	tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ]; then
			[ ! -s "$tmp/log" ] || tail -n 20 "$tmp/log"
			fail "in vain waited for: $*"
		fi
		sleep 0.05
	done
}

# finish -- the last line of a test.
finish() {
	[ "$checks" -gt 0 ] || fail "nothing was checked"
	echo "ok: $checks checks"
}
