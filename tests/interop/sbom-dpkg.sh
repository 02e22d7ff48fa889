#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: sbom-dpkg.sh BIN_DIR -- both documents name what dpkg-query calls installed in a real Debian root file
# system, name and version unchanged, no more and no less; and so through a second layer.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/imgtrust/rootfs
. "$(dirname "$0")/../support/lib.sh"
support=$(cd "$(dirname "$0")/../support" && pwd)
. "$support/rootfs.sh"
PATH=$1:$PATH:/usr/sbin
need python3 jq dpkg-query

root=$cache/bookworm
if [ ! -e "$root/.complete" ]; then
	need debootstrap
	[ "$(id -u)" = 0 ] || skip "no $root yet, and making it with debootstrap takes root"
	rm -rf "$root"
	mkdir -p "$cache"
	debootstrap --variant=minbase bookworm "$root" >"$tmp/log" 2>&1 || skip "debootstrap could not reach a mirror"
	touch "$root/.complete"
fi

# listed ADMINDIR -- what dpkg says, sorted
listed() {
	dpkg-query --admindir="$1" -W -f='${db:Status-Status} ${Package} ${Version}\n' | sed -n 's/^installed //p' | sort
}
same() {
	check 0 "" imgsbom "oci:$tmp/img:$1"
	[ ! -s "$tmp/err" ] || fail "doubts about a real root file system"
	check_json '.compositions[0].aggregate == "complete"'
	jq -r '.components[] | select(.purl != null) | .name + " " + .version' "$tmp/out" | sort >"$tmp/cyclonedx"
	check 0 "" imgsbom "oci:$tmp/img:$1" --output spdx-json
	jq -r '.packages[] | select(.externalRefs[0].referenceLocator // "" | startswith("pkg:deb/")) | .name + " " + .versionInfo' \
		"$tmp/out" | sort >"$tmp/spdx"
	diff "$tmp/want" "$tmp/cyclonedx" >"$tmp/out" || fail "CycloneDX differs from dpkg"
	diff "$tmp/want" "$tmp/spdx" >"$tmp/out" || fail "SPDX differs from dpkg"
}

listed "$root/var/lib/dpkg" >"$tmp/want"
[ "$(wc -l <"$tmp/want")" -gt 50 ] || fail "that is no Debian"
image base "$root" --compression none
same base

# Above it: a package removed with its configuration kept, one upgraded, one held, one with an epoch.
mkdir -p "$tmp/up/var/lib/dpkg/info"
awk -v RS= -v ORS='\n\n' '
	/^Package: tzdata\n/ { sub(/install ok installed/, "deinstall ok config-files") }
	/^Package: bash\n/ { sub(/install ok installed/, "hold ok installed") }
	/^Package: zlib1g\n/ { sub(/\nVersion: [^\n]*/, "\nVersion: 9:99.0~rc1-1+b2") }
	{ print }' "$root/var/lib/dpkg/status" >"$tmp/up/var/lib/dpkg/status"
image upper "$root" "$tmp/up" --compression none
listed "$tmp/up/var/lib/dpkg" >"$tmp/want"
grep -q '^zlib1g 9:99.0~rc1-1+b2$' "$tmp/want" || fail "the second layer is not what it should be"
same upper
check 0 "" imgsbom "oci:$tmp/img:upper" --output table
[ "$(awk '$5 == 2 {print $1}' "$tmp/out")" = zlib1g ] || fail "packages of the second layer"
finish
