#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L06 (the SBOM's part): control characters, escape sequences, bidirectional overrides and invalid UTF-8 in any
# text of an image are escaped on a terminal, and never make a document invalid.
. "$(dirname "$0")/../support/lib.sh"
support=$(cd "$(dirname "$0")/../support" && pwd)
. "$support/rootfs.sh"
PATH=$1:$PATH
need python3 jq

tiny_debian "$tmp/root"
image twin "$tmp/root"
is_complete twin

esc=$(printf '\033')
printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="\033[2J\302\233evil\342\200\256\377"\n' >"$tmp/root/usr/lib/os-release"
{
	cat "$tmp/root/var/lib/dpkg/status"
	printf 'Package: bad\nStatus: install ok installed\nArchitecture: am\033d64\nMaintainer: \033]0;title\007 <a@b>\nVersion: 1\nHomepage: https://x/\033\nDescription: \377\376\342\200\256\n\n'
	printf 'Package: ba\033[31md\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n'
} >"$tmp/status"
mv "$tmp/status" "$tmp/root/var/lib/dpkg/status"
mkdir "$tmp/climb"
python3 - "$tmp/odd.tar" <<'END'
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.GNU_FORMAT) as tar:
    tar.addfile(tarfile.TarInfo("../\033[2J\342\200\256::error::x"), io.BytesIO())
END
image bad "$tmp/root" "$tmp/odd.tar"

clean() { # no byte below space but newlines, no escape, no delete, valid UTF-8
	for stream in out err; do
		! LC_ALL=C tr -d '\n' <"$tmp/$stream" | LC_ALL=C grep -q '[[:cntrl:]]' || fail "control characters on $stream"
		iconv -f UTF-8 -t UTF-8 "$tmp/$stream" >/dev/null 2>&1 || fail "invalid UTF-8 on $stream"
		! grep -q '^::' "$tmp/$stream" || fail "a line that a CI system obeys"
	done
}
for format in cyclonedx-json spdx-json table; do
	check 0 "incomplete: " imgsbom "oci:$tmp/img:bad" --output "$format"
	clean
	[ "$format" = table ] || jq -e . "$tmp/out" >/dev/null || fail "$format is no JSON"
done
! grep -q "$esc" "$tmp/out" || fail "escape"
check 0 "bad" imgsbom "oci:$tmp/img:bad" --output table
check 3 "\\x1b[2J" imgsbom "oci:$tmp/img:${esc}[2J"
clean
finish
