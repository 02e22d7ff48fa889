#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A registry as Debian ships it: without authentication, with passwords, over TLS.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
cd "$tmp"
nothing=sha256:0000000000000000000000000000000000000000000000000000000000000000

# Everything a store does, on $registry, which is reached with the environment as it is.
round() {
	app=$registry/team/app
	check 4 "not found" "$store" resolve "$app:1"
	check 0 sha256: "$store" push "$app:1"
	digest=$(printed)
	check 0 "$digest application/vnd.oci.image.manifest.v1+json" "$store" resolve "$app:1"
	check 0 "$digest" "$store" resolve "$app@$digest"
	check 0 "$digest" "$store" list "$app:1"
	[ "$(wc -l <out)" = 1 ] || fail "something refers to a new image"
	check 4 "not found" "$store" resolve "$app@$nothing"

	head -c 5000000 /dev/urandom >blob
	sum=sha256:$(sha256sum blob | cut -d ' ' -f 1)
	check 0 no "$store" has "$app" "$sum" 5000000
	check 0 "$sum 5000000" "$store" put "$app" blob
	check 0 "$sum 5000000" "$store" put "$app" blob
	check 0 yes "$store" has "$app" "$sum" 5000000
	check 0 "" "$store" blob "$app" "$sum" 5000000
	cmp out blob || fail "the blob came back different"
	check 0 8 "$store" blobs "$app" 8 "$sum" 5000000
	check 1 size-mismatch "$store" blob "$app" "$sum" 4999999
	check 1 size-mismatch "$store" blob "$app" "$sum" 5000001
	check 4 "not found" "$store" blob "$app" "$nothing" 5000000
	check 1 size-mismatch "$store" fetch "$app" application/octet-stream "$sum" 4999999
	: >empty
	check 0 "e3b0c442" "$store" put "$app" empty
	check 0 "" "$store" blob "$app" "$(printed)" 0

	check 0 sha256: "$store" attach "$app" "$digest" one
	one=$(printed)
	check 0 sha256: "$store" attach "$app" "$digest" two
	two=$(printed)
	check 0 "$one text/plain" "$store" list "$app@$digest"
	check_out "$two text/plain"
	check 0 "$two text/plain" "$store" list "$app:1"
	check 0 "$two text/plain" "$store" referrers "$app" "$digest"
	check 0 "" "$store" detach "$app" "$digest" "$one" "$nothing"
	check 0 "$two" "$store" referrers "$app" "$digest"
	check_no "$one"
	check 4 "not found" "$store" fetch "$app" application/vnd.oci.image.manifest.v1+json "$one" 1
}

docker_registry plain
round
# A digest, no authentication: one round trip to know all that is attached.
STORE_COST=1 check 0 "requests 3 round_trips 1 " "$store" list "$app@$digest"

docker_registry basic basic
export STORE_USER=alice STORE_PASSWORD=s3cret
round
STORE_COST=1 check 0 "requests 5 round_trips 2 " "$store" list "$app@$digest"
STORE_PASSWORD=wr0ng check 4 "refused the user name or password" "$store" resolve "$app:1"
check_no wr0ng
STORE_USER=a:b check 2 "cannot contain ':'" "$store" resolve "$app:1"
unset STORE_USER STORE_PASSWORD
check 4 "asks for a user name and password" "$store" resolve "$app:1"

make_ca
docker_registry tls tls
check 4 "authority this machine does not know; --ca-file" "$store" resolve "$registry/team/app:1"
check_no insecure
export STORE_CA_FILE="$tmp/ca.crt"
round
unset STORE_CA_FILE
STORE_CA_FILE=$tmp/missing.pem check 4 "missing.pem" "$store" resolve "$app:1"
STORE_CA_FILE=$tmp/ca.key check 2 "no PEM certificate" "$store" resolve "$app:1"
STORE_CA_FILE=$tmp/selfsigned.crt check 4 "does not know" "$store" resolve "$app:1"
STORE_INSECURE=$registry check 0 "$digest" "$store" resolve "$app:1"
STORE_INSECURE=127.0.0.1:1 check 4 "does not know" "$store" resolve "$app:1"

check 4 "does not answer" "$store" resolve 127.0.0.1:1/x:1
check 4 "no address is known" "$store" resolve registry.invalid/x:1
finish
