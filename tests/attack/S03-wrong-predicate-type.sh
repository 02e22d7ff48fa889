#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S03: attestations are attached and validly signed, and none has the type asked for. The type is
# read from what was signed, never from the manifest's annotation.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

# the twin
fresh
forge good
forge good --type https://cyclonedx.org/bom --predicate '{"bomFormat":"CycloneDX"}'
accepted --key "$tmp/good.pub" --type cyclonedx

fresh
forge good
forge good --type https://example.com/test/v1
refused predicate-missing --key "$tmp/good.pub" --type cyclonedx
check_out "https://example.com/test/v1" # names what was found

# an annotation that promises the type
forge good --type https://example.com/test/v1 --annotate https://cyclonedx.org/bom
refused predicate-missing --key "$tmp/good.pub" --type cyclonedx

# the right type, signed by somebody else
forge stranger --type https://cyclonedx.org/bom
refused predicate-missing --key "$tmp/good.pub" --type cyclonedx
ignored untrusted-key

# a type that only begins or ends the same
for type in https://cyclonedx.org/bomb https://cyclonedx.org/bo x:https://cyclonedx.org/bom; do
	fresh
	forge good
	forge good --type "$type"
	refused predicate-missing --key "$tmp/good.pub" --type cyclonedx
done
finish
