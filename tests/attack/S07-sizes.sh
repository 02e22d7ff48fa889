#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S07: a manifest that lists many bundles, a huge one, or lies about the size.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

fresh
forge good
accepted --key "$tmp/good.pub"

fresh
forge good --layers 2
refused malformed-evidence --key "$tmp/good.pub"
fresh
forge good --layers 1000
refused malformed-evidence --key "$tmp/good.pub"
for lie in 1 -1 1000000; do
	fresh
	forge good "--lie-about-size=$lie"
	refused no-signature --key "$tmp/good.pub"
	ignored size-mismatch
done
# a size that nobody would read: not read at all, so the answer is not "no"
fresh
forge good --lie-about-size=9000000000000
check 3 "--max-evidence-size" verify --key "$tmp/good.pub"
check_json '.images[0].decision.verdict == "undecided"'
# beside a good one none of this matters
forge good
accepted --key "$tmp/good.pub"
finish
