#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L10, for imgscan's text: what a report, a layer or a configuration says never starts a line of a CI
# log, and "##[", which some systems take for a command anywhere in a line, is broken.
. "$(dirname "$0")/../support/lib.sh"
PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
need python3 jq

mkdir -p "$tmp/l/bin"
python3 - "$tmp/l/bin" <<'PY'
import os, sys
for name in ("::error::x", "##[error]x", "a\n::set-output name=x::y", "##vso[task.setvariable]x", "##teamcity[x]"):
    path = os.path.join(sys.argv[1], name)
    with open(path, "w") as f:
        f.write("x")
    os.chmod(path, 0o4755)
PY
"$support/mkimage.py" --out "$tmp/img" --tag t --layer "$tmp/l" --user 1 --history '##[command]RUN ::error::x' >/dev/null
"$support/mkreport.py" --layout "$tmp/img" --tag t --name '::error::n' --vulnerability X:p:HIGH |
	jq '.Results[0].Vulnerabilities[0] += {VulnerabilityID: "::error::CVE", PkgName: "##[group]p", FixedVersion: "\n::stop-commands::x",
		InstalledVersion: "\r##vso[x]", Title: "\n::error::t\n##[error]t\r::error::r", Status: "::debug::"} |
		.Trivy.Version = "\n::warning::v"' >"$tmp/r.json"

quiet_log() { # no line starts as a command, nor is there one that counts anywhere in a line
	for f in "$tmp/out" "$tmp/err"; do
		if grep -qE '^[[:space:]]*(::|##)' "$f"; then fail "a line starts with a command"; fi
		if grep -qF '##' "$f"; then fail "## in the text"; fi
		if LC_ALL=C grep -qP '\r' "$f"; then fail "a carriage return"; fi
	done
}
check 0 "setuid-file" imgscan --report "$tmp/r.json" "oci:$tmp/img:t"
quiet_log
[ "$(grep -c setuid-file "$tmp/out")" = 5 ] || fail "not five setuid files"
check_out "1 high"
check 1 "" imgscan --report "$tmp/r.json" --fail-on high "oci:$tmp/img:t"
quiet_log
jq '.Metadata.ImageID = "::error::x" | del(.Metadata.DiffIDs)' "$tmp/r.json" >"$tmp/bad.json"
check 3 subject-mismatch imgscan --report "$tmp/bad.json" "oci:$tmp/img:t"
if grep -qE '^[[:space:]]*(::|##)' "$tmp/err"; then fail "a line starts with a command"; fi
check 4 "" imgscan --report "$tmp/::error::none" "oci:$tmp/img:t"
if grep -qE '^[[:space:]]*(::|##)' "$tmp/err"; then fail "a line starts with a command"; fi

# the twin: plain names pass unchanged
"$support/mkreport.py" --layout "$tmp/img" --tag t --vulnerability CVE-2026-1:openssl:HIGH:2.0 >"$tmp/r.json"
check 0 "CVE-2026-1  openssl  1.0        2.0" imgscan --report "$tmp/r.json" "oci:$tmp/img:t"
finish
