#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# L05: a scanner's report that is about another image, or of an unknown schema, is refused before it
# is merged, printed or signed. A name or a repository digest does not bind a report.
. "$(dirname "$0")/../support/lib.sh"
PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
need python3 openssl jq

mkdir -p "$tmp/a" "$tmp/b"
echo a >"$tmp/a/file"
echo b >"$tmp/b/file"
"$support/mkimage.py" --out "$tmp/img" --tag good --layer "$tmp/a" >/dev/null
"$support/mkimage.py" --out "$tmp/img" --tag other --layer "$tmp/a" --layer "$tmp/b" >/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/k.pem"
mkreport() { "$support/mkreport.py" --layout "$tmp/img" --name registry.example.com/app:1.0 "$@"; }
cp -r "$tmp/img" "$tmp/before"

scan() { imgscan --report "$tmp/r.json" "oci:$tmp/img:good"; }
sign() { imgscan --attest --key "$tmp/k.pem" --report "$tmp/r.json" "oci:$tmp/img:good"; }
refused() { # TEXT: by printing and by signing, with the same words, and nothing is written
	check 3 "$1" scan
	[ ! -s "$tmp/out" ] || fail "something was printed as a result"
	check 3 "$1" sign
	diff -r "$tmp/img" "$tmp/before" >/dev/null || fail "something was attached"
}
edit() { jq "$1" "$tmp/r.json" >"$tmp/x" && mv "$tmp/x" "$tmp/r.json"; }

for format in trivy grype; do
	mkreport --tag other --format $format >"$tmp/r.json"
	refused subject-mismatch
	# names both
	grep -q "$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "good").digest' "$tmp/img/index.json")" "$tmp/err" ||
		fail "the image is not named"
	grep -q "registry.example.com/app:1.0" "$tmp/err" || fail "what the report is about is not named"
done

# the right configuration claimed over the wrong layers
mkreport --tag other >"$tmp/r.json"
config=$(mkreport --tag good | jq -r .Metadata.ImageID)
edit ".Metadata.ImageID = \"$config\""
refused subject-mismatch
# nothing but a name and a repository digest
digest=$(jq -r '.manifests[0].digest' "$tmp/img/index.json")
edit "del(.Metadata.ImageID, .Metadata.DiffIDs) | .Metadata.RepoDigests = [\"registry.example.com/app@$digest\"]"
refused subject-mismatch
# some of the layers are not all of them
mkreport --tag other >"$tmp/r.json"
edit '.Metadata.DiffIDs = .Metadata.DiffIDs[:1] + .Metadata.DiffIDs[:1] | del(.Metadata.ImageID)'
refused subject-mismatch

# unknown schema, unknown tool, no report at all
mkreport --tag good --schema 3 >"$tmp/r.json"
refused "SchemaVersion 3"
mkreport --tag good >"$tmp/r.json"
edit '.SchemaVersion = "2"'
refused "expected integer"
mkreport --tag good --format grype >"$tmp/r.json"
edit '.descriptor.name = "other"'
refused "'other'"
echo '{"version":"2.1.0","runs":[]}' >"$tmp/r.json"
refused "neither Trivy"
echo 'not json' >"$tmp/r.json"
refused "JSON"

# one good report does not carry a wrong one in
mkreport --tag good >"$tmp/good.json"
mkreport --tag other >"$tmp/r.json"
check 3 subject-mismatch imgscan --report "$tmp/good.json" --report "$tmp/r.json" "oci:$tmp/img:good"

# the twin
for format in trivy grype; do
	mkreport --tag good --format $format >"$tmp/r.json"
	check 0 "" scan
	check 0 "attached" sign
done
finish
