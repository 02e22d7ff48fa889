#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S29: an SBOM, a scan or a provenance by the right key, where a signature is asked for. (cosign 3
# accepts any statement about the image as a signature of it.)
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
policy signed '  - signature: {any: [a]}'

for type in https://cyclonedx.org/bom https://spdx.dev/Document https://slsa.dev/provenance/v1 \
	https://cosign.sigstore.dev/attestation/vuln/v1 urn:imgtrust:scan-report:v1 \
	https://sigstore.dev/cosign/sign/v2 https://sigstore.dev/cosign/sign/v1/; do
	fresh
	forge good --type "$type" --annotate https://sigstore.dev/cosign/sign/v1
	refused no-signature --key "$tmp/good.pub"
	check_out "$type" # named
	refused no-signature --policy "$tmp/signed.yaml" --as registry.example.com/app
	forge good # the twin: with a signature beside it
	accepted --key "$tmp/good.pub"
	accepted --policy "$tmp/signed.yaml" --as registry.example.com/app
done
fresh
refused no-signature --key "$tmp/good.pub" # nothing at all
finish
