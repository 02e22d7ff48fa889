#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S23: what is given as a key is something else. Exit 2, naming the file and what was expected.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
fresh
forge good
accepted --key "$tmp/good.pub"

openssl req -x509 -key "$tmp/good.pem" -subj /CN=x -days 1 -out "$tmp/certificate" 2>/dev/null
: >"$tmp/empty"
echo hello >"$tmp/text"
head -c 500 /dev/zero >"$tmp/zeros"
cat "$tmp/good.pub" "$tmp/other.pub" >"$tmp/two"
sed 's/^M/N/' "$tmp/good.pub" >"$tmp/bent"
head -c 100000 /dev/zero | tr '\0' A >"$tmp/large"
for file in certificate empty text zeros two bent good.pem; do
	check 2 "$file" imgverify --key "$tmp/$file" "oci:$tmp/img:app"
done
check 2 "private key" imgverify --key "$tmp/good.pem" "oci:$tmp/img:app"
check 2 "certificate" imgverify --key "$tmp/certificate" "oci:$tmp/img:app"
check 2 "public key" imgsign --key "$tmp/good.pub" "oci:$tmp/img:app"
check 4 "none.pub" imgverify --key "$tmp/none.pub" "oci:$tmp/img:app"
# one bad key spoils the command, also beside a good one
check 2 "empty" imgverify --key "$tmp/good.pub" --key "$tmp/empty" "oci:$tmp/img:app"
status=0
imgverify --key "$tmp/large" "oci:$tmp/img:app" >"$tmp/out" 2>"$tmp/err" || status=$?
case $status in 2 | 3) ;; *) fail "a file that is no key: status $status" ;; esac
finish
