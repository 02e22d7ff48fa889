#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# imgkey: what it writes, what it refuses to write over, and what it says about other files.
. "$(dirname "$0")/../support/lib.sh"
need jq openssl
key=$1/imgkey
data=$(cd "$(dirname "$0")/../data/keys" && pwd)
cd "$tmp"
echo secret >word
printf other >other

# refusals first: nothing is written
check 2 "not a key type" "$key" generate --type rsa-1024 --password-file word
check 2 "unknown command" "$key" make
check 2 "--key" "$key" public
check 4 "--password-file" "$key" generate --password-file missing
check 4 "no terminal" setsid "$key" generate
check 4 "missing" "$key" inspect missing
for file in imgtrust.key imgtrust.pub; do
	echo mine >$file
	check 2 "'$file' already exists" "$key" generate --password-file word
	[ "$(cat $file)" = mine ] || fail "$file was overwritten"
	rm $file
	if [ -e imgtrust.key ] || [ -e imgtrust.pub ]; then fail "half a pair was written"; fi
done
ln -s nowhere imgtrust.pub
check 2 "'imgtrust.pub' already exists" "$key" generate --password-file word
rm imgtrust.pub
mkdir shut
chmod 500 shut
[ "$(id -u)" = 0 ] || check 4 "shut/" "$key" generate --output-prefix shut/k --password-file word
chmod 700 shut
check 4 "No such file" "$key" generate --output-prefix none/k --password-file word

# a pair
(umask 000; check 0 "sha256:" "$key" generate --password-file word)
[ "$(stat -c %a imgtrust.key)" = 600 ] || fail "imgtrust.key is not private"
[ "$(stat -c %a imgtrust.pub)" = 644 ] || fail "imgtrust.pub is not 0644"
for left in .imgtrust-*; do
	[ ! -e "$left" ] || fail "a temporary file was left: $left"
done
fingerprint=$(openssl pkey -pubin -in imgtrust.pub -outform DER | sha256sum | cut -d' ' -f1)
check 0 "" "$key" inspect -o json imgtrust.pub
check_json ".fingerprint == \"sha256:$fingerprint\" and .type == \"ecdsa-p256\" and .private == false"

# passwords: file, then IMGTRUST_PASSWORD, then COSIGN_PASSWORD; empty counts
check 0 "" "$key" public --key imgtrust.key --password-file word
cmp -s "$tmp/out" imgtrust.pub || fail "public key differs"
check 0 "BEGIN PUBLIC KEY" env IMGTRUST_PASSWORD=secret COSIGN_PASSWORD=no "$key" public -k imgtrust.key
check 0 "BEGIN PUBLIC KEY" env COSIGN_PASSWORD=secret "$key" public -k imgtrust.key
check 4 "wrong password" env IMGTRUST_PASSWORD= COSIGN_PASSWORD=secret "$key" public -k imgtrust.key
check 4 "wrong password" "$key" public -k imgtrust.key --password-file other
check 0 "" env COSIGN_PASSWORD= "$key" generate --quiet --output-prefix empty
[ ! -s "$tmp/err" ] || fail "--quiet said something"
check 0 "" env IMGTRUST_PASSWORD= "$key" public --key empty.key
check 0 "BEGIN PUBLIC KEY" env THE_KEY="$(cat imgtrust.key)" IMGTRUST_PASSWORD=secret "$key" public -k env://THE_KEY

# inspect never asks
check 0 "not known without the password" setsid "$key" inspect imgtrust.key
check 0 "not known" env IMGTRUST_PASSWORD=wrong "$key" inspect imgtrust.key
check 4 "wrong password" "$key" inspect --password-file other imgtrust.key
check 0 "$fingerprint" "$key" inspect --password-file word imgtrust.key
check 0 "" "$key" inspect -o json imgtrust.key
check_json '.encrypted and .private and .type == null and .encryption == "scrypt N=65536 r=8 p=1, NaCl secretbox"'
check 0 "whoever reads it can sign" "$key" inspect "$data/pkcs8.key"
check 2 "a certificate, not a key" "$key" inspect "$data/certificate.pem"
check 2 "empty" "$key" inspect /dev/null
check 2 "--output" "$key" inspect -o xml imgtrust.pub
input=imgtrust.pub
check 0 "sha256:$fingerprint" "$key" inspect -
input=/dev/null

# import
for file in prime256v1.key pkcs8-pbkdf2.key secp384r1.key ed25519.key rsa-2048.key; do
	rm -f in.key in.pub
	printf test >now
	check 0 "sha256:" "$key" import --key "$data/$file" --key-password-file now --output-prefix in --password-file word
	cp "$tmp/out" id
	check 0 "$(cat id)" "$key" inspect --password-file word in.key
	check 0 "$(cat id)" "$key" inspect in.pub
done
openssl pkey -in "$data/rsa-2048.key" -pubout 2>/dev/null | cmp -s - in.pub || fail "the public key changed"
check 2 "already exists" "$key" import --key "$data/ed25519.key" --output-prefix in --password-file word
check 2 "a public key where" "$key" import --key "$data/ed25519.pub" --output-prefix in2 --password-file word
check 3 "1024 bits" "$key" import --key "$data/rsa-1024.key" --output-prefix in2 --password-file word
if [ -e in2.key ] || [ -e in2.pub ]; then fail "a refused key was written"; fi

# foreign names do not reach the terminal raw
esc=$(printf '\033[31m')
check 4 '\x1b[31m' "$key" inspect "$esc"
check_no "$esc"
check 4 "No space" sh -c "\"$key\" inspect imgtrust.pub >/dev/full"
finish
