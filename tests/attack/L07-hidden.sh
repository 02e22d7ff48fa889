#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L07 (the SBOM's part): a package database removed, truncated, renamed or hidden, and a forged os-release, make
# the list incomplete. That `complete: true` then refuses is shown where policies are tested.
. "$(dirname "$0")/../support/lib.sh"
support=$(cd "$(dirname "$0")/../support" && pwd)
. "$support/rootfs.sh"
PATH=$1:$PATH
need python3 jq

tiny_debian "$tmp/root"
mkdir -p "$tmp/app/opt"
echo app >"$tmp/app/opt/app"
image twin "$tmp/root" "$tmp/app"
is_complete twin

layer() { # a fresh directory for an upper layer
	rm -rf "$tmp/up"
	mkdir -p "$tmp/up/var/lib/dpkg/info" "$tmp/up/etc" "$tmp/up/usr/lib" "$tmp/up/opt"
	up=$tmp/up
}

layer && touch "$up/var/lib/dpkg/.wh.status"
image removed "$tmp/root" "$up"
is_incomplete removed "layer 2 takes var/lib/dpkg/status away"

layer && rm -r "$up/var/lib" && touch "$up/var/.wh.lib"
image swept "$tmp/root" "$up"
is_incomplete swept "no package database was found"

layer && touch "$up/var/lib/dpkg/.wh..wh..opq"
image opaque "$tmp/root" "$up"
is_incomplete opaque "layer 2 takes var/lib/dpkg/status away"

layer && rm -r "$up/var/lib/dpkg" && echo x >"$up/var/lib/dpkg"
image replaced "$tmp/root" "$up"
is_incomplete replaced "layer 2 takes var/lib/dpkg/status away"

layer && head -n 14 "$tmp/root/var/lib/dpkg/status" >"$up/var/lib/dpkg/status"
image truncated "$tmp/root" "$up"
is_incomplete truncated "files of 1 packages that the database lacks, such as 'zlib1g'"

layer && : >"$up/var/lib/dpkg/status"
image emptied "$tmp/root" "$up"
is_incomplete emptied "files of 3 packages that the database lacks"

layer && touch "$up/var/lib/dpkg/.wh.status" && mkdir -p "$up/opt/dpkg" && cp "$tmp/root/var/lib/dpkg/status" "$up/opt/dpkg/status"
image renamed "$tmp/root" "$up"
is_incomplete renamed "opt/dpkg/status looks like a package database, but is not the system's own"

layer && ln -s /opt/packages "$up/var/lib/dpkg/status" && cp "$tmp/root/var/lib/dpkg/status" "$up/opt/packages"
image hidden "$tmp/root" "$up"
is_incomplete hidden "var/lib/dpkg/status is no file that could be read, or a link to one"

layer && printf 'ID=alpine\nVERSION_ID=3.20\n' >"$up/usr/lib/os-release"
image alpine "$tmp/root" "$up"
is_incomplete alpine "there is a dpkg database, which does not fit os-release's 'alpine'"

layer && printf 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID=24.04\n' >"$up/etc/os-release"
image ubuntu "$tmp/root" "$up"
is_incomplete ubuntu "layer 2 changes os-release from 'debian 12' to 'ubuntu 24.04', not its package"

layer && touch "$up/usr/lib/.wh.os-release"
image nameless "$tmp/root" "$up"
is_incomplete nameless "there is no os-release"

layer && mkdir -p "$up/var/lib/rpm" && echo x >"$up/var/lib/rpm/rpmdb.sqlite"
image rpm "$tmp/root" "$up"
is_incomplete rpm "var/lib/rpm/rpmdb.sqlite: this kind of package database is not read yet"

layer && sed 's/^Status: .*/Status: deinstall ok config-files/' "$tmp/root/var/lib/dpkg/status" >"$up/var/lib/dpkg/status"
image denied "$tmp/root" "$up" # an image may say that of itself; then nothing is listed
check 0 "" imgsbom "oci:$tmp/img:denied" --output table
[ "$(wc -l <"$tmp/out")" = 1 ] || fail "packages that are not installed"
finish
