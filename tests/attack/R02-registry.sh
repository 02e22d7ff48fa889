#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R02: manifest or blob bytes that do not hash to the digest they were asked by.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
fetch=$1/imgfetch
cd "$tmp"
hostile reg
app=$registry/app
check 0 sha256: "$store" push "$app:1" "some layer"
digest=$(printed)
check 0 sha256: "$store" attach "$app" "$digest" evidence
evidence=$(printed)
check 0 "$digest" "$fetch" "$app@$digest" oci:honest # the untampered twin
check_out "1 attached"

set_switch "$registry" manifest=wrong
check 1 digest-mismatch "$fetch" "$app@$digest"
check 1 digest-mismatch "$fetch" "$app@$digest" oci:copy1
check 1 digest-mismatch "$fetch" "$app:1@$digest" oci:copy1
# by tag, the registry's own word for the digest must hold
check 1 digest-mismatch "$fetch" "$app:1"
set_switch "$registry" manifest=nodigest
check 0 "$digest" "$store" resolve "$app:1"
set_switch "$registry" digest=wrong
set_switch "$registry" manifest=
check 1 digest-mismatch "$store" resolve "$app:1"
check 1 digest-mismatch "$store" resolve "$app@$digest"
set_switch "$registry" digest=

# another document, well-formed and truly the one its own header says
set_switch "$registry" manifest=other
check 1 digest-mismatch "$fetch" "$app@$digest"
set_switch "$registry" manifest=

layer=sha256:$(printf 'some layer' | sha256sum | cut -d ' ' -f 1)
for how in wrong short long; do
	set_switch "$registry" blob=$how
	check 1 mismatch "$fetch" "$app@$digest" oci:copy2
	check 1 mismatch "$store" blob "$app" "$layer" 10
	check 1 mismatch "$store" fetch "$app" application/octet-stream "$layer" 10
done
set_switch "$registry" blob=
check 0 "some layer" "$store" blob "$app" "$layer" 10

# nothing of it was kept: what is in the layouts is what the registry had when it was honest
for copy in copy1 copy2; do
	[ ! -e $copy/index.json ] || ! grep -q "$digest" $copy/index.json || fail "$copy has the image"
	[ ! -d $copy/blobs/sha256 ] || for blob in "$copy"/blobs/sha256/*; do
		[ ! -e "$blob" ] || [ "$(sha256sum <"$blob" | cut -d ' ' -f 1)" = "${blob##*/}" ] ||
			fail "$blob is not what its name says"
	done
done
check 0 "$digest" "$fetch" "$app@$digest" oci:copy2
check 0 "$evidence" "$store" referrers "$app" "$digest"
finish
