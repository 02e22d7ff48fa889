#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L03: a package database that is huge, truncated or random gives a partial list that says so.
. "$(dirname "$0")/../support/lib.sh"
support=$(cd "$(dirname "$0")/../support" && pwd)
. "$support/rootfs.sh"
PATH=$1:$PATH
need python3 jq

tiny_debian "$tmp/root"
image twin "$tmp/root"
is_complete twin

db=$tmp/bad/var/lib/dpkg/status
again() {
	rm -rf "$tmp/bad"
	cp -a "$tmp/root" "$tmp/bad"
}

again # cut within a line
head -c 300 "$tmp/root/var/lib/dpkg/status" >"$db"
image cut "$tmp/bad"
is_incomplete cut "cut short within a line"
check_out '"libc6"' # what was whole is there

again # cut at a line
head -n 4 "$tmp/root/var/lib/dpkg/status" >"$db"
image lines "$tmp/bad"
is_incomplete lines "has no version or architecture"

again # cut between packages: only dpkg's own lists tell
head -n 7 "$tmp/root/var/lib/dpkg/status" >"$db"
image stanza "$tmp/bad"
is_incomplete stanza "var/lib/dpkg/info has files of 2 packages that the database lacks"

again # random
head -c 100000 /dev/urandom >"$db"
image random "$tmp/bad"
is_incomplete random "var/lib/dpkg/status: "

again # a line of 3 MB, and a file of 66 MB
{ printf 'Package: a\nDepends: '; head -c 3000000 /dev/zero | tr '\0' x; echo; echo; cat "$tmp/root/var/lib/dpkg/status"; } >"$db"
image long "$tmp/bad"
is_incomplete long "a line longer than"
check_out '"libc6"'
again
{ cat "$tmp/root/var/lib/dpkg/status"; printf 'Package: a\n'; yes 'X-Filler: 0123456789012345678901234567890123456789' | head -n 1400000; } >"$db"
image huge "$tmp/bad"
is_incomplete huge "larger than 67108864 bytes"

tiny_alpine "$tmp/alpine"
image alpine "$tmp/alpine"
is_complete alpine
head -c 70 "$tmp/alpine/lib/apk/db/installed" >"$tmp/half"
mv "$tmp/half" "$tmp/alpine/lib/apk/db/installed"
image half "$tmp/alpine"
is_incomplete half "lib/apk/db/installed: cut short within a line"
head -c 100000 /dev/urandom >"$tmp/alpine/lib/apk/db/installed"
image noise "$tmp/alpine"
is_incomplete noise "lib/apk/db/installed: "
finish
