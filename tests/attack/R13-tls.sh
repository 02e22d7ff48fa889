#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R13: certificates for another host, expired, self-signed, by an unknown authority. The message names
# the problem; only --insecure-registry HOST turns the check off, for that host alone.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
fetch=$1/imgfetch
cd "$tmp"
make_ca
hostile good --tls good.crt good.key
check 4 "does not know; --ca-file" "$fetch" "$registry/app:1"
check_no insecure
export STORE_CA_FILE="$tmp/ca.crt"
check 0 sha256: "$store" push "$registry/app:1"
digest=$(printed)
check 0 "$digest" "$fetch" --ca-file ca.crt "$registry/app:1" # the untampered twin
good=$registry

try() { # CERTIFICATE WHAT_IS_SAID
	hostile "$1" --tls "$1.crt" "$1.key"
	check 4 "$2" "$fetch" --ca-file ca.crt "$registry/app:1"
	check_no insecure
	[ ! -s "$1.log" ] || fail "something was asked of a host that is not trusted"
	check 4 "$2" "$fetch" --ca-file ca.crt --insecure-registry "$good" "$registry/app:1"
	STORE_INSECURE=$registry check 0 sha256: "$store" push "$registry/app:1"
	check 0 "$digest" "$fetch" --insecure-registry "$registry" "$registry/app:1"
}
try wronghost "for another host name"
try expired "has expired"
try selfsigned "self-signed"
finish
