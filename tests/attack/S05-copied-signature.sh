#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S05: the bundle that signs image A, attached to image B.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

fresh
forge good
accepted --key "$tmp/good.pub"
cp "$tmp/img/blobs/sha256/${bundle#sha256:}" "$tmp/a.bundle"

echo other >"$tmp/root/hello"
"$support/mkimage.py" --out "$tmp/b" --tag app --layer "$tmp/root" >/dev/null
rm -rf "$tmp/img"
cp -r "$tmp/b" "$tmp/img"
forge good --bundle "$tmp/a.bundle"
refused subject-mismatch --key "$tmp/good.pub"
ignored subject-mismatch

# our own tool does not attach it either
check 1 "subject-mismatch" imgpush --attach "$tmp/a.bundle" "oci:$tmp/b:app"
[ "$(jq '.manifests | length' "$tmp/b/index.json")" = 1 ] || fail "something was attached"
finish
