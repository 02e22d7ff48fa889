#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S11: a statement of unknown _type, without subject, with a subject without digest, or with a
# subject whose digests belong to different images.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
manifest=$tmp/unsigned/blobs/sha256/${digest#sha256:}

fresh
forge good
accepted --key "$tmp/good.pub"
fresh
forge good --statement-type https://in-toto.io/Statement/v0.1
accepted --key "$tmp/good.pub"
fresh
forge good --also "sha512:$(sha512sum <"$manifest" | cut -d' ' -f1)"
accepted --key "$tmp/good.pub" # both digests are the image's

for type in https://in-toto.io/Statement/v2 https://in-toto.io/Statement/v1/ "" "x"; do
	fresh
	forge good --statement-type "$type"
	refused malformed-evidence --key "$tmp/good.pub"
done
fresh
forge good --no-subject
refused malformed-evidence --key "$tmp/good.pub"

fresh
forge good --also "sha512:$(printf '%0128d' 7)"
refused subject-mismatch --key "$tmp/good.pub"
fresh
forge good --also "sha384:$(sha384sum <"$tmp/root/hello" | cut -d' ' -f1)"
refused subject-mismatch --key "$tmp/good.pub"
fresh
forge good --also "sha512:abc"
refused malformed-evidence --key "$tmp/good.pub"

fresh
for subject in '[{}]' '[{"name":"x"}]' '[{"digest":{}}]' '[{"digest":null}]' '[{"digest":{"sha256":null}}]' '{}' 'null' '[null]'; do
	printf '{"_type":"https://in-toto.io/Statement/v1","subject":%s,"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}' \
		"$subject" >"$tmp/payload"
	fresh
	forge good --payload "$tmp/payload"
	refused malformed-evidence --key "$tmp/good.pub"
done
finish
