#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S31: one identity in several signatures counts once: other bytes, another hint, the high-S twin.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
policy two '  - signature: {atLeast: 2, of: [a, b], distinct: identity}'
both="--policy $tmp/two.yaml --as registry.example.com/app"

# shellcheck disable=SC2086
{
	fresh
	forge good
	forge other
	accepted $both # the twin

	fresh
	forge good
	forge good # ECDSA: other bytes each time
	refused too-few-signers $both
	forge good --signature high-s-twin
	refused too-few-signers $both
	forge good --hint-of "$tmp/other.pub"
	forge good --hint-of "$tmp/stranger.pub"
	refused too-few-signers $both
	forge good --log-entries 2
	refused too-few-signers $both
	forge other
	accepted $both
}
finish
