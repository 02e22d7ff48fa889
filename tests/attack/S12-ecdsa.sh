#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S12: ECDSA signatures with numbers out of range, in another encoding, or of another curve.
# (unit and vector tests go through Wycheproof's; this is the whole way through imgverify.)
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

fresh
forge good
accepted --key "$tmp/good.pub"

for how in r-zero s-zero r-plus-n s-plus-n r-is-n negative not-minimal long-length trailing \
	trailing-inside raw empty one-bit; do
	fresh
	forge good --signature "$how"
	refused bad-signature --key "$tmp/good.pub"
	ignored bad-signature
done

# another curve's signature under this key's name, and the other way round
keypair large secp384r1
fresh
forge large --hint-of "$tmp/good.pub"
refused bad-signature --key "$tmp/good.pub"
fresh
forge good --hint-of "$tmp/large.pub"
refused bad-signature --key "$tmp/large.pub"
fresh
forge large
accepted --key "$tmp/large.pub"
finish
