#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: cli.sh BIN_DIR -- what every program has in common: --version, --help, completions, streams
. "$(dirname "$0")/../support/lib.sh"
bin=$1
found=0

for program in "$bin"/img*; do
	[ -x "$program" ] || continue
	found=$((found + 1))
	name=$(basename "$program")
	check 0 "$name " "$program" --version
	check 0 "usage: $name " "$program" --help
	check_out "--version"
	check 0 "# EXIT STATUS" "$program" --help=scdoc
	check 0 "complete -o filenames -F _$name $name" "$program" --help=bash
	bash -n "$tmp/out" || fail "$name --help=bash is no shell script"
	check 0 "#compdef $name" "$program" --help=zsh
	check 0 "complete -c $name " "$program" --help=fish
	check 2 "$name: unknown option '--no-such-option'" "$program" --no-such-option=s3cret
	check_no s3cret
	check 2 "$name: unknown option '-Z'" "$program" -Z
	[ "$(wc -l <"$tmp/err")" = 1 ] || fail "an error has more than one line"

	# A result that cannot be written is no result.
	if [ -w /dev/full ]; then
		check 4 "standard output" sh -c '"$1" --help >/dev/full' sh "$program"
		check 4 "standard output" sh -c '"$1" --version >/dev/full' sh "$program"
	fi
	check 4 "" sh -c '"$1" --help >&-' sh "$program"
	check 0 "" sh -c '"$1" --help <&- 2>&-' sh "$program"
done
[ "$found" -gt 0 ] || skip "no programs yet"

# Completion as bash calls it.
complete_words() { # WORDS... -> what the last one could be
	bash -c '. "$1"; shift; name=$1; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$name"; echo "${COMPREPLY[*]}"' \
		bash "$tmp/completion" "$@"
}
if [ -x "$bin/imgverify" ]; then
	"$bin/imgverify" --help=bash >"$tmp/completion"
	[ "$(complete_words imgverify --pol)" = --policy ] || fail "completing --pol"
	touch "$tmp/key.pub"
	[ "$(complete_words imgverify --key "$tmp/key.p")" = "$tmp/key.pub" ] || fail "completing a file"
	[ "$(complete_words imgverify --output = js)" = json ] || fail "completing --output=js"
fi
finish
