# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154
# Root file systems for tests. Source it after lib.sh.

# stanza NAME VERSION [STATUS] -- one package of a dpkg status file
stanza() {
	printf 'Package: %s\nStatus: %s\nArchitecture: amd64\nMaintainer: Some One <one@example.com>\nVersion: %s\nDescription: test\n\n' \
		"$1" "${3:-install ok installed}" "$2"
}

# tiny_debian DIR -- base-files, libc6 and zlib1g, as dpkg leaves them
tiny_debian() {
	mkdir -p "$1/etc" "$1/usr/lib" "$1/var/lib/dpkg/info"
	printf 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n' \
		>"$1/usr/lib/os-release"
	ln -s ../usr/lib/os-release "$1/etc/os-release"
	{
		stanza base-files 12.4+deb12u5
		stanza libc6 2.36-9+deb12u7
		stanza zlib1g 1:1.2.13.dfsg-1
	} >"$1/var/lib/dpkg/status"
	for name in base-files libc6:amd64 zlib1g:amd64; do
		echo /. >"$1/var/lib/dpkg/info/$name.list"
	done
}

# tiny_alpine DIR
tiny_alpine() {
	mkdir -p "$1/etc" "$1/lib/apk/db"
	printf 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.1\n' >"$1/etc/os-release"
	printf 'C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\nT:the musl c library\nL:MIT\no:musl\nF:lib\nR:ld-musl.so\n\nC:Q1y=\nP:zlib\nV:1.3.1-r1\nA:x86_64\nL:Zlib\n\n' \
		>"$1/lib/apk/db/installed"
}

# image TAG LAYER... [OPTION...] -- an image in $tmp/img
image() {
	tag=$1
	shift
	set -- "$@" --
	while [ "$1" != -- ]; do
		case $1 in
		--*) set -- "$@" "$1" "$2" && shift 2 ;;
		*) set -- "$@" --layer "$1" && shift ;;
		esac
	done
	shift
	"$support/mkimage.py" --out "$tmp/img" --tag "$tag" "$@" >/dev/null
}

# is_complete / is_incomplete TAG REASON -- what the SBOM of an image says of itself
is_complete() {
	check 0 "" imgsbom "oci:$tmp/img:$1"
	check_json '.compositions[0].aggregate == "complete"'
	[ ! -s "$tmp/err" ] || fail "doubts about $1"
}
is_incomplete() {
	check 0 "imgsbom: incomplete: " imgsbom "oci:$tmp/img:$1"
	check_json '.compositions[0].aggregate == "incomplete"'
	check_out "$2"
	check 0 "imgtrust:inventory: incomplete" imgsbom "oci:$tmp/img:$1" --output spdx-json
}
