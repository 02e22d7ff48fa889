#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S04: validly signed by the right key, about another image.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
other=sha256:$(echo other | sha256sum | cut -d' ' -f1)

fresh
forge good
accepted --key "$tmp/good.pub"

fresh
forge good --about "$other"
refused subject-mismatch --key "$tmp/good.pub"
ignored subject-mismatch
check_out "$other" # says what it is about

# the right value under an algorithm that does not make it
fresh
forge good --about "sha1:${digest#sha256:}"
refused subject-mismatch --key "$tmp/good.pub"
fresh
forge good --about "SHA256:${digest#sha256:}"
refused subject-mismatch --key "$tmp/good.pub"

# the image's layer or configuration is not the image
config=$(jq -r .config.digest "$tmp/img/blobs/sha256/${digest#sha256:}")
fresh
forge good --about "$config"
refused subject-mismatch --key "$tmp/good.pub"

# beside a good one it only is ignored
forge good
accepted --key "$tmp/good.pub"
ignored subject-mismatch
finish
