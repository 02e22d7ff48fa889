#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: imgsbom.sh BIN_DIR -- formats, platforms, layers, exit statuses
. "$(dirname "$0")/../support/lib.sh"
support=$(cd "$(dirname "$0")/../support" && pwd)
. "$support/rootfs.sh"
PATH=$1:$PATH
need python3 jq

tiny_debian "$tmp/base"
mkdir -p "$tmp/app/var/lib/dpkg/info" "$tmp/app/opt"
{ cat "$tmp/base/var/lib/dpkg/status" && stanza openssl 3.0.11-1 && stanza old 1 'deinstall ok config-files'; } \
	>"$tmp/app/var/lib/dpkg/status"
echo /. >"$tmp/app/var/lib/dpkg/info/openssl.list"
image app "$tmp/base" "$tmp/app"

# the three formats, in one run
check 0 "" imgsbom "oci:$tmp/img:app" --output table --output "cyclonedx-json=$tmp/a.cdx" --output "spdx-json=$tmp/a.spdx"
[ ! -s "$tmp/err" ] || fail "words about a complete list"
[ "$(awk 'NR > 1 {print $1, $2, $5}' "$tmp/out")" = "base-files 12.4+deb12u5 1
libc6 2.36-9+deb12u7 1
openssl 3.0.11-1 2
zlib1g 1:1.2.13.dfsg-1 1" ] || fail "the table"
[ "$(jq -r '.components[] | select(.type == "library") | .name + " " + .version' "$tmp/a.cdx" | sort)" = \
	"$(jq -r '.packages[] | select(.primaryPackagePurpose == "LIBRARY") | .name + " " + .versionInfo' "$tmp/a.spdx" | sort)" ] ||
	fail "the formats disagree"
check 0 "" cat "$tmp/a.cdx"
check_json '.compositions[0].aggregate == "complete"'
check_json '.components[] | select(.name == "zlib1g") | .purl == "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12"'
check_json '.metadata.component.name == "img"' # the directory's name, never its path
check_no "$tmp"

# the default is CycloneDX, the same bytes each time, and nothing else on stdout
check 0 "" imgsbom "oci:$tmp/img:app"
cmp -s "$tmp/out" "$tmp/a.cdx" || fail "two runs differ"
check 0 '"timestamp":"2026-01-01T00:00:00Z"' imgsbom "oci:$tmp/img:app"
check 0 '"timestamp":"1970-01-02T00:00:00Z"' env SOURCE_DATE_EPOCH=86400 imgsbom "oci:$tmp/img:app"
check 0 "repository_url=registry.example.com%2Fteam%2Fapp" imgsbom --as registry.example.com/team/app "oci:$tmp/img:app"

# zstd and plain layers say the same
for compression in zstd none; do
	[ "$compression" = none ] || command -v zstd >/dev/null || continue
	image "$compression" "$tmp/base" "$tmp/app" --compression "$compression"
	check 0 "" imgsbom "oci:$tmp/img:$compression" --output table
	[ "$(wc -l <"$tmp/out")" = 5 ] || fail "$compression"
done

# platforms
tiny_alpine "$tmp/alpine"
image amd "$tmp/base" --platform linux/amd64
image arm "$tmp/alpine" --platform linux/arm64/v8
"$support/mkimage.py" --out "$tmp/img" --tag multi --index --from amd --from arm --attestation >/dev/null
check 0 "musl" imgsbom "oci:$tmp/img:multi" --platform linux/arm64 --output table
check_no libc6
check 0 "pkg:apk/alpine/zlib@1.3.1-r1?arch=x86_64" imgsbom "oci:$tmp/img:arm"
check 0 "" imgsbom "oci:$tmp/img:multi" --platform all
[ "$(jq -rs 'map(.metadata.component.properties[] | select(.name == "imgtrust:platform").value) | join(" ")' "$tmp/out")" = \
	"linux/amd64 linux/arm64/v8" ] || fail "--platform all"
check 4 "no image for linux/s390x; there is linux/amd64, linux/arm64/v8" imgsbom "oci:$tmp/img:multi" --platform linux/s390x
check 4 "the image is for linux/amd64" imgsbom "oci:$tmp/img:amd" --platform linux/arm64
check 2 "a file holds one document" imgsbom "oci:$tmp/img:multi" --platform all --output "spdx-json=$tmp/x"
check 2 "--platform" imgsbom "oci:$tmp/img:multi" --platform linux

# what is wrong is said, with the right status
check 2 "--output" imgsbom "oci:$tmp/img:app" --output xml
check 2 "IMAGE" imgsbom
check 4 "" imgsbom "oci:$tmp/img:absent"
check 4 "" imgsbom "oci:$tmp/absent:app"
mkdir "$tmp/empty"
echo hi >"$tmp/empty/hi"
image scratch "$tmp/empty"
check 0 "imgsbom: incomplete: no package database was found" imgsbom "oci:$tmp/img:scratch"
check_json '.compositions[0].aggregate == "incomplete"'
check 0 "" imgsbom --quiet "oci:$tmp/img:scratch"
[ ! -s "$tmp/err" ] || fail "--quiet"
finish
