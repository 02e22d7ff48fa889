#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the key files beside it afresh: ./make.sh. Needs openssl 3 and cosign. Every password is "test".
set -eu
cd "$(dirname "$0")"
q() { "$@" 2>/dev/null; }
for curve in prime256v1 secp384r1 secp521r1 prime192v1 secp256k1; do
	q openssl ecparam -name $curve -genkey -noout -out $curve.key
	q openssl ec -in $curve.key -pubout -out $curve.pub
done
q openssl ecparam -name prime256v1 -genkey -out ec-with-parameters.key
q openssl ecparam -name prime256v1 -param_enc explicit -genkey -noout -out ec-explicit.key
q openssl ec -in ec-explicit.key -param_enc explicit -pubout -out ec-explicit.pub
q openssl ec -in prime256v1.key -pubout -conv_form compressed -out ec-compressed.pub
for kind in ed25519 x25519 ed448; do
	openssl genpkey -algorithm $kind -out $kind.key
	openssl pkey -in $kind.key -pubout -out $kind.pub
done
q openssl genrsa -traditional -out rsa-2048.key 2048
q openssl rsa -in rsa-2048.key -pubout -out rsa-2048.pub
q openssl rsa -in rsa-2048.key -RSAPublicKey_out -out rsa-2048-pkcs1.pub
q openssl genrsa -out rsa-1024.key 1024
q openssl pkey -in rsa-1024.key -pubout -out rsa-1024.pub
q openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out rsa-e3.key
openssl pkey -in rsa-e3.key -pubout -out rsa-e3.pub
q openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out rsa-pss.key
openssl pkey -in rsa-pss.key -pubout -out rsa-pss.pub
q openssl dsaparam -out dsa.parameters 1024
q openssl gendsa -out dsa.key dsa.parameters
q openssl dsa -in dsa.key -pubout -out dsa.pub
rm dsa.parameters
topk8="openssl pkcs8 -topk8 -in prime256v1.key -passout pass:test"
$topk8 -nocrypt -out pkcs8.key
$topk8 -v2 aes-256-cbc -iter 2048 -out pkcs8-pbkdf2.key
$topk8 -scrypt -out pkcs8-scrypt.key
$topk8 -v1 PBE-SHA1-3DES -out pkcs8-3des.key
$topk8 -v2 aes-256-cbc -iter 10000001 -out pkcs8-slow.key
q openssl ec -in prime256v1.key -aes128 -passout pass:test -out ec-old-encryption.key
q openssl req -x509 -key prime256v1.key -subj /CN=test -days 30 -out certificate.pem
COSIGN_PASSWORD='test' q cosign generate-key-pair --output-key-prefix cosign >/dev/null
sed 's/SIGSTORE/COSIGN/' cosign.key >cosign-old.key
cat certificate.pem certificate.pem >chain.pem
