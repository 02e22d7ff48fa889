#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails on what no compiler warning catches: functions and habits this project does without.
# A line that must break a rule says so at its end: /* rule: why */
set -eu
cd "$(dirname "$0")/.."
git ls-files >/dev/null 2>&1 || {
	echo "skipped: git does not list the files here"
	exit 77
}
bad=0
code='base crypto oci attest cmd'
# shellcheck disable=SC2016 # awk's own variables
find_in() { # FILES... on stdin -> file:line: text, with comments and "rule:" lines taken out
	xargs -r awk '
		FNR == 1 { inside = 0 }
		{
			text = $0
			if (text ~ /\/\* rule: /) next
			while (match(text, /\/\*[^*]*\*+([^\/*][^*]*\*+)*\//))
				text = substr(text, 1, RSTART - 1) " " substr(text, RSTART + RLENGTH)
			if (inside) {
				if (!match(text, /\*\//)) next
				text = substr(text, RSTART + 2)
				inside = 0
			}
			if (match(text, /\/\*/)) { inside = 1; text = substr(text, 1, RSTART - 1) }
			gsub(/\\"/, "", text)
			gsub(/"[^"]*"/, "\"\"", text)
			print FILENAME ":" FNR ": " text
		}'
}

ban() { # WHY REGEX DIRS...
	why=$1 regex=$2
	shift 2
	if find "$@" -name '*.[ch]' | sort | find_in | grep -E ": .*($regex)"; then
		echo "check-rules: $why" >&2
		bad=1
	fi
}
word() { printf '(^|[^A-Za-z0-9_])(%s)[[:space:]]*\\(' "$1"; }

# shellcheck disable=SC2086 # $code is several words
{
	ban "unbounded, locale-bound or stateful: use img_buf, img_text, img_time" \
		"$(word 'strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|strtok_r|atoi|atol|atoll|atof|gmtime|localtime|ctime|asctime|mktime|alloca|rand|srand|tmpnam|mktemp')" $code tests
	ban "a shell reads more into a string than was meant" "$(word 'system|popen')" $code
	ban "goto: use IMG_AUTO" '(^|[^A-Za-z0-9_])goto[[:space:]]' $code tests
	ban "scanf: parse with limits" "$(word '[fsv]*scanf')" $code
	ban "libraries do not end the program" "$(word 'exit|_exit|_Exit|abort|assert|err|errx|warn|warnx')" base crypto oci attest
	ban "only main's caller ends a program: return a status" "$(word 'exit|_exit|_Exit|abort|assert')" cmd
	ban "libraries do not print: img_err_print and img_text_print take the stream" \
		"$(word 'printf|puts|putchar|perror|vprintf')" base crypto oci attest
	ban "libraries do not read the environment or the clock: they are parameters" \
		"$(word 'getenv|secure_getenv|time|gettimeofday|setlocale')" base crypto oci attest
	ban "secrets are compared in constant time: CRYPTO_memcmp" \
		"$(word 'memcmp|strcmp|bcmp').*(secret|password|passwd|hmac|mac)[^a-z]" crypto
	ban "no C++ comments, no typedef of structs" '(^|[[:space:]])//|typedef[[:space:]]+(struct|enum|union)' $code tests
}

# Code that is not there yet is not announced in the code.
# shellcheck disable=SC2086
if grep -rnE '(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)' $code tests scripts CMakeLists.txt --include='*.[ch]' --include='*.sh' --include='*.cmake' --include='*.txt' |
	grep -vE 'TODO\(#[0-9]+\)|check-rules'; then
	echo "check-rules: a TODO names its ticket: TODO(#12)" >&2
	bad=1
fi

# The project builds and reads the same everywhere.
machine='/(wor[k]|shar[e]d|root|home/[a-z]+)/|(proxy|sum)[.]golang|deb[.]debian|registry[.]npm|pythonhoste[d]|static[.]crates'
if git ls-files -z | grep -zvE '/corpus/' | xargs -0 grep -nIE "(^|[^A-Za-z0-9_.])($machine)"; then
	echo "check-rules: a path or mirror of one machine" >&2
	bad=1
fi

# A file that fits no head has two jobs.
longest=650
git ls-files '*.c' '*.h' | while read -r file; do
	lines=$(wc -l <"$file")
	case $file in
	tests/*) continue ;; # tables of cases may be long
	esac
	[ "$lines" -le "$longest" ] || echo "$file: $lines lines"
done >"${TMPDIR:-/tmp}/check-rules.$$"
if [ -s "${TMPDIR:-/tmp}/check-rules.$$" ]; then
	cat "${TMPDIR:-/tmp}/check-rules.$$"
	echo "check-rules: more than $longest lines: split it" >&2
	bad=1
fi
rm -f "${TMPDIR:-/tmp}/check-rules.$$"

# Every file of ours says under which licence it stands.
git ls-files '*.c' '*.h' '*.sh' '*.cmake' '*CMakeLists.txt' scripts .ci | while read -r file; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
done | {
	if grep .; then
		echo "check-rules: no SPDX-License-Identifier in the first three lines" >&2
		exit 1
	fi
} || bad=1
exit $bad
