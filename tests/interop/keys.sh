#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys and cosign: it reads and signs with ours, we read its.
. "$(dirname "$0")/../support/lib.sh"
key=$1/imgkey
cosign=$peers/cosign
[ -x "$cosign" ] || cosign=$(command -v cosign) || skip "no cosign in $peers or PATH (scripts/peers builds it)"
data=$(cd "$(dirname "$0")/../data/keys" && pwd)
cd "$tmp"
COSIGN_PASSWORD=pass
export COSIGN_PASSWORD

# its pair, read here
check 0 "" "$cosign" generate-key-pair --output-key-prefix theirs
check 0 "" "$key" public --key theirs.key
cmp -s "$tmp/out" theirs.pub || fail "another public key than cosign's"

# our pairs, read there, and a signature made with each
for type in ecdsa-p256 ecdsa-p384 ecdsa-p521 ed25519 rsa-2048; do
	check 0 "" "$key" generate --output-prefix "$type" --type "$type"
	check 0 "" "$cosign" public-key --key "$type.key"
	cmp -s "$tmp/out" "$type.pub" || fail "cosign reads another public key: $type"
	echo content >blob
	check 0 "" "$cosign" sign-blob --yes --use-signing-config=false --tlog-upload=false --new-bundle-format=false \
		--key "$type.key" --output-signature "$type.sig" blob
	[ -s "$type.sig" ] || fail "cosign signed nothing with $type"
done

# the empty password
COSIGN_PASSWORD=
check 0 "" "$key" generate --output-prefix empty
check 0 "BEGIN PUBLIC KEY" "$cosign" public-key --key empty.key

# what we import, it reads
COSIGN_PASSWORD='test'
check 0 "" "$key" import --key "$data/pkcs8-scrypt.key" --output-prefix imported
check 0 "" "$cosign" public-key --key imported.key
cmp -s "$tmp/out" "$data/prime256v1.pub" || fail "the imported key is another"
finish
