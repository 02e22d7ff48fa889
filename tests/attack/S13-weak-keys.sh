#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S13: keys of a type or size that is not allowed, and hashes that do not belong to the key.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

fresh
forge good
accepted --key "$tmp/good.pub"

# a key that is not allowed is refused as a key, whatever it signed
weak() { # NAME: refused for verifying and for signing
	openssl pkey -in "$tmp/$1.pem" -pubout -out "$tmp/$1.pub"
	check 2 "$1.pub" imgverify --key "$tmp/$1.pub" "oci:$tmp/img:app"
	check 2 "$1.pem" imgsign --key "$tmp/$1.pem" "oci:$tmp/img:app"
}
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out "$tmp/rsa1024.pem" 2>/dev/null
weak rsa1024
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out "$tmp/rsa-e3.pem" 2>/dev/null
weak rsa-e3
openssl ecparam -name prime192v1 -genkey -noout -out "$tmp/p192.pem"
weak p192
openssl ecparam -name secp256k1 -genkey -noout -out "$tmp/k256.pem"
weak k256
openssl dsaparam -genkey 2048 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -out "$tmp/dsa.pem"
weak dsa
openssl genpkey -algorithm ed448 -out "$tmp/ed448.pem"
weak ed448

# a hash that does not belong to the key
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$tmp/rsa.pem" 2>/dev/null
openssl pkey -in "$tmp/rsa.pem" -pubout -out "$tmp/rsa.pub"
fresh
forge rsa
accepted --key "$tmp/rsa.pub"
for key in good rsa; do
	for hash in sha1 md5 sha224 sha512; do
		fresh
		forge "$key" --digest "$hash"
		refused bad-signature --key "$tmp/$key.pub"
	done
done
finish
