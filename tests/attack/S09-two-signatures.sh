#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S09: an envelope with two signatures, one good, one by an attacker. A bundle has exactly one.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

fresh
forge good
accepted --key "$tmp/good.pub"

for pair in "good stranger" "stranger good" "good other" "good good"; do
	fresh
	forge "${pair% *}" --second-key "$tmp/${pair#* }.pem"
	refused signature-count --key "$tmp/good.pub" --key "$tmp/other.pub"
	ignored signature-count
done

# and none at all
jq -c '.dsseEnvelope.signatures = []' "$tmp/img/blobs/sha256/${bundle#sha256:}" >"$tmp/none"
fresh
forge good --bundle "$tmp/none"
refused signature-count --key "$tmp/good.pub"
finish
