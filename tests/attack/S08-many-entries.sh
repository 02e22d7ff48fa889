#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S08: a bundle with more than 32 log entries or timestamps, or with so many JSON values that
# parsing it would take all memory.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

fresh
forge good --log-entries 32
accepted --key "$tmp/good.pub"
cp "$tmp/img/blobs/sha256/${bundle#sha256:}" "$tmp/bundle"

fresh
forge good --log-entries 33
refused malformed-evidence --key "$tmp/good.pub"
ignored malformed-evidence
jq -c '.verificationMaterial.timestampVerificationData.rfc3161Timestamps = [range(33) | {signedTimestamp: "AA=="}]' \
	"$tmp/bundle" >"$tmp/many"
fresh
forge good --bundle "$tmp/many"
refused malformed-evidence --key "$tmp/good.pub"

# 10 MB of empty objects: 64 MiB of memory have to do
python3 - "$tmp/bundle" "$tmp/wide" "$tmp/deep" <<'PY'
import sys
text = open(sys.argv[1]).read().strip()
open(sys.argv[2], "w").write(text[:-1] + ',"x":[' + ",".join(["{}"] * 3500000) + "]}")
open(sys.argv[3], "w").write(text[:-1] + ',"x":' + "[" * 1000000 + "]" * 1000000 + "}")
PY
for file in wide deep; do
	fresh
	forge good --bundle "$tmp/$file"
	refused malformed-evidence --key "$tmp/good.pub"
done
finish
