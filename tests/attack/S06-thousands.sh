#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# S06: more evidence than is read, the good one at the very end. Bounded, undecided rather than
# rejected, naming the limit and the option that raises it.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"

fresh
forge good
accepted --key "$tmp/good.pub"
cp "$tmp/img/blobs/sha256/${bundle#sha256:}" "$tmp/good.bundle"

# 2000 signatures of a stranger, each a referrer of its own, then the good one
fresh
forge stranger
python3 - "$tmp/img" <<'PY'
import hashlib, json, sys
path = sys.argv[1]
with open(path + "/index.json") as f:
    index = json.load(f)
entry = index["manifests"].pop()
with open(path + "/blobs/sha256/" + entry["digest"][7:]) as f:
    manifest = json.load(f)
for i in range(2000):
    manifest["annotations"]["n"] = str(i)
    data = json.dumps(manifest).encode()
    name = hashlib.sha256(data).hexdigest()
    with open(path + "/blobs/sha256/" + name, "wb") as f:
        f.write(data)
    index["manifests"].append(dict(entry, digest="sha256:" + name, size=len(data)))
with open(path + "/index.json", "w") as f:
    json.dump(index, f)
PY
forge good --bundle "$tmp/good.bundle"
check 3 "" verify --key "$tmp/good.pub"
check_json '.images[0].decision.verdict == "undecided"'
check_out "--max-evidence"
accepted --key "$tmp/good.pub" --max-evidence 3000

# at the front it is found without raising anything
jq '.manifests |= [.[0]] + [.[-1]] + .[1:-1]' "$tmp/img/index.json" >"$tmp/index"
cp "$tmp/index" "$tmp/img/index.json"
accepted --key "$tmp/good.pub"
finish
