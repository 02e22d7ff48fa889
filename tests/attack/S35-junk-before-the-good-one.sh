#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S35: junk that looks like evidence, under the good key's hint, before the good one.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

fresh
forge good
accepted --key "$tmp/good.pub"

fresh
for how in r-zero raw empty one-bit; do forge good --signature "$how"; done
for _ in 1 2 3 4 5 6; do forge stranger --hint-of "$tmp/good.pub"; done
forge good --about "sha256:$(printf '%064d' 1)"
head -c 3000 /dev/urandom >"$tmp/junk"
forge good --bundle "$tmp/junk"
echo '{}' >"$tmp/junk"
forge good --bundle "$tmp/junk"
forge good --layers 2
check 1 "" verify --key "$tmp/good.pub"
check_json '.images[0].decision.verdict == "reject"'
ignored bad-signature 10
ignored malformed-evidence 3
forge good --hint-of "$tmp/stranger.pub" # the good one at the end, under a wrong hint
accepted --key "$tmp/good.pub"
ignored bad-signature 10

# a manifest whose blob is not there: the answer is not known, unless the rest suffices
fresh
forge good
rm "$tmp/img/blobs/sha256/${bundle#sha256:}"
check 4 "" verify --key "$tmp/good.pub"
check_json '.images[0].decision.verdict == "undecided"'
forge other
accepted --key "$tmp/good.pub" --key "$tmp/other.pub"
finish
