#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L06, for scans: control characters, ANSI escapes, bidi overrides and invalid UTF-8 in any text that
# comes from a report, a layer or a configuration. Escaped in text, valid JSON always.
. "$(dirname "$0")/../support/lib.sh"
PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
need python3 jq iconv

# setuid files with hostile names: an escape, a newline, a bidi override, broken UTF-8
mkdir -p "$tmp/l/bin"
python3 - "$tmp/l/bin" <<'PY'
import os, sys
for name in (b"\x1b[2Jclear", b"a\nb", b"\xe2\x80\xaetxt.exe", b"\xff\xfe\xc3", b"tab\tand\x07bell", b"plain"):
    path = os.path.join(sys.argv[1].encode(), name)
    with open(path, "wb") as f:
        f.write(b"x")
    os.chmod(path, 0o4755)
PY
"$support/mkimage.py" --out "$tmp/img" --tag t --layer "$tmp/l" --user 1 \
	--history "$(printf 'RUN \033]0;title\007 \342\200\256evil')" >/dev/null
"$support/mkreport.py" --layout "$tmp/img" --tag t --title "$(printf '\033[31mred\nline\342\200\256')" \
	--vulnerability "$(printf 'CVE-1\033[1m'):$(printf 'pkg\342\200\256\r'):HIGH" >"$tmp/r.json"

clean() { # FILE: no byte that a terminal would act on, and valid UTF-8
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null || fail "invalid UTF-8 in $1"
	if LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80[\xaa-\xae]|\xc2[\x80-\x9f]' "$1"; then
		fail "control characters in $1"
	fi
}
check 0 "/bin/plain" imgscan --report "$tmp/r.json" "oci:$tmp/img:t" # each name is there, and the twin beside
clean "$tmp/out"
clean "$tmp/err"
check_out '\x1b[2Jclear'
check_out 'a\x0ab'
check_out '\xff\xfe\xc3'
[ "$(grep -c setuid-file "$tmp/out")" = 6 ] || fail "not six setuid files"
check 0 "" imgscan --report "$tmp/r.json" --output json "oci:$tmp/img:t"
clean_json=$(jq -r '[.findings[] | select(.id == "setuid-file")] | length' "$tmp/out") || fail "no JSON"
[ "$clean_json" = 6 ] || fail "not six setuid files in JSON"
iconv -f UTF-8 -t UTF-8 "$tmp/out" >/dev/null || fail "JSON is not UTF-8"

# in an error, too
"$support/mkreport.py" --layout "$tmp/img" --tag t --name "$(printf 'x\033[2J\n::error::y')" |
	jq '.Metadata.ImageID = "sha256:0" | del(.Metadata.DiffIDs)' >"$tmp/r.json"
check 3 subject-mismatch imgscan --report "$tmp/r.json" "oci:$tmp/img:t"
clean "$tmp/err"
[ "$(wc -l <"$tmp/err")" = 1 ] || fail "the error is more than a line"
finish
