#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S24: two authorities, threshold two, and one key that both list.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
policy two '  - signature: {atLeast: 2, of: [a, b], distinct: identity}'
policy twice '  - signature: {atLeast: 2, of: [a, twice], distinct: identity}'
policy default '  - signature: {atLeast: 2, of: [a, twice]}'

# the twin: two keys
fresh
forge good
forge other
accepted --policy "$tmp/two.yaml" --as registry.example.com/app

refused too-few-signers --policy "$tmp/twice.yaml" --as registry.example.com/app
refused too-few-signers --policy "$tmp/default.yaml" --as registry.example.com/app
fresh
forge good
refused too-few-signers --policy "$tmp/two.yaml" --as registry.example.com/app
# a second signature by the same key, over another statement
forge good --name registry.example.com/app
refused too-few-signers --policy "$tmp/two.yaml" --as registry.example.com/app
refused too-few-signers --policy "$tmp/twice.yaml" --as registry.example.com/app
finish
