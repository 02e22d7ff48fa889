#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# K02: a token, a PIN or a key in argv, where every user of the machine can read it. Refused by every
# program that takes keys or logs in, before anything is read or written, and not repeated in the
# message. The same secret from a file or a variable is taken. (No program starts another one in this
# version, so there is nobody to inherit a password.)
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
cd "$tmp"
fresh
echo '{}' >predicate.json
before=$(find img -type f -exec sha256sum {} + | sort)

refuse() { # PROGRAM ARGUMENTS... -- with a secret "s3cr3t" among them
	check 2 "" "$@"
	check_no s3cr3t
	[ ! -s out ] || fail "something was printed by $1"
	[ "$before" = "$(find img -type f -exec sha256sum {} + | sort)" ] || fail "$1 wrote something"
}

pin='pkcs11:token=release;object=key?pin-value=s3cr3t'
for secret in "$pin" "-----BEGIN PRIVATE KEY-----s3cr3t"; do
	refuse imgsign "--key=$secret" oci:img:app
	check_out "can be read by every user of this machine"
	refuse imgsign --key good.pem "--evidence-key=$secret" --sbom oci:img:app
	refuse imgattest "--key=$secret" --type urn:x --predicate predicate.json oci:img:app
	refuse imgscan "--key=$secret" --attest oci:img:app
	refuse imgverify "--key=$secret" oci:img:app
	refuse imgkey public "--key=$secret"
	refuse imgkey import "--key=$secret" --output-prefix imported
	refuse imgkey inspect -- "$secret"
done
[ ! -e imported.key ] || fail "a key was written"

for option in --registry-password --registry-token --password --token; do
	for program in imgsign imgattest imgverify imgfetch imgpush imgsbom imgscan; do
		refuse "$program" $option=s3cr3t oci:img:app
		check_out "unknown option '$option'"
	done
done

# The twins: from a file, or from a variable that only this process sees.
env GOOD="$(cat good.pem)" imgsign --quiet --key env://GOOD oci:img:app || fail "env:// was refused"
accepted --key good.pub
fresh
check 0 "" imgsign --key good.pem oci:img:app
accepted --key good.pub
finish
