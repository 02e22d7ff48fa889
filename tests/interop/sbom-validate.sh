#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: sbom-validate.sh BIN_DIR -- other people's validators take our documents: the official JSON schemas
# ($IMGTRUST_VECTORS/schemas) through jsonschema, spdx-tools from PyPI, @cyclonedx/cyclonedx-library from npm.
# They are installed once, into the user's cache; where no registry can be reached, the test is skipped.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/imgtrust
. "$(dirname "$0")/../support/lib.sh"
support=$(cd "$(dirname "$0")/../support" && pwd)
. "$support/rootfs.sh"
PATH=$1:$PATH
need python3 jq node npm
[ -n "${IMGTRUST_VECTORS:-}" ] || skip "IMGTRUST_VECTORS is not set: no schemas"

python=$cache/peers/sbom-python
if [ ! -x "$python/bin/pyspdxtools" ]; then
	{ python3 -m venv "$python" && "$python/bin/pip" -q install 'jsonschema[format-nongpl]==4.*' 'spdx-tools==0.8.*'; } \
		>"$tmp/log" 2>&1 || skip "no jsonschema and spdx-tools from PyPI"
fi
node=$cache/peers/sbom-node
if [ ! -d "$node/node_modules/@cyclonedx/cyclonedx-library" ]; then
	mkdir -p "$node"
	(cd "$node" && npm install --silent --no-fund --no-audit \
		@cyclonedx/cyclonedx-library ajv ajv-formats ajv-formats-draft2019) >"$tmp/log" 2>&1 ||
		skip "no @cyclonedx/cyclonedx-library from npm"
fi

cat >"$tmp/schemas.py" <<'END'
import json, sys
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

folder = sys.argv[1]
registry = Registry()

def load(name):
    with open(folder + "/" + name, encoding="utf-8") as f:
        return json.load(f)

for name in ("spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"):
    resource = Resource.from_contents(load(name), default_specification=DRAFT7)
    registry = registry.with_resource("http://cyclonedx.org/schema/" + name, resource)
bad = 0
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as f:
        document = json.load(f)
    schema = "bom-1.6.schema.json" if "bomFormat" in document else "spdx-2.3.schema.json"
    validator = Draft7Validator(load(schema), registry=registry, format_checker=FormatChecker())
    for error in validator.iter_errors(document):
        print(path, list(error.absolute_path), error.message[:300])
        bad = 1
    if "bomFormat" in document:  # what the schema cannot say: references are unique and lead somewhere
        refs = [c["bom-ref"] for c in document["components"]] + [document["metadata"]["component"]["bom-ref"]]
        used = [r for d in document["dependencies"] for r in [d["ref"]] + d.get("dependsOn", [])]
        if len(refs) != len(set(refs)) or set(used) - set(refs):
            print(path, "references")
            bad = 1
sys.exit(bad)
END
cat >"$tmp/library.mjs" <<'END'
import {createRequire} from "module";
import fs from "fs";
const require = createRequire(process.argv[2] + "/");
const {Validation, Spec} = require("@cyclonedx/cyclonedx-library");
const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
for (const path of process.argv.slice(3)) {
	const errors = await validator.validate(fs.readFileSync(path, "utf8"));
	if (errors !== null) {
		console.log(path, JSON.stringify(errors).slice(0, 2000));
		process.exitCode = 1;
	}
}
END

# A plain image, Alpine, an empty one, one with every doubt, and one with hostile text.
tiny_debian "$tmp/root"
tiny_alpine "$tmp/alpine"
mkdir "$tmp/empty"
echo x >"$tmp/empty/x"
cp -a "$tmp/root" "$tmp/hostile"
{
	printf 'Package: bad\nStatus: install ok installed\nArchitecture: am\033d64\nSource: so urce (1)\nMaintainer: \033]0;title\007 <a@b>\n'
	printf 'Version: 1:2~3+4-5\nHomepage: https://x/%%zz[\nDescription: \377\376\342\200\256 "\\\n\n'
	printf 'Package: UPPER_case\nStatus: install ok installed\nArchitecture: all\nMaintainer: A (B) <c@d>\nVersion: 1\n\nrubbish\n'
} >>"$tmp/hostile/var/lib/dpkg/status"
image debian "$tmp/root"
image alpine "$tmp/alpine"
image empty "$tmp/empty"
image hostile "$tmp/hostile"
rootfs=$cache/rootfs/bookworm
[ ! -e "$rootfs/.complete" ] || image real "$rootfs" --compression none
set --
for tag in debian alpine empty hostile real; do
	[ "$tag" != real ] || [ -e "$rootfs/.complete" ] || continue
	imgsbom --quiet "oci:$tmp/img:$tag" --as registry.example.com/team/app --output "cyclonedx-json=$tmp/$tag.cdx.json" \
		--output "spdx-json=$tmp/$tag.spdx.json"
	set -- "$@" "$tmp/$tag.cdx.json"
	check 0 "" "$python/bin/pyspdxtools" -i "$tmp/$tag.spdx.json"
done
check 0 "" "$python/bin/python" "$tmp/schemas.py" "$IMGTRUST_VECTORS/schemas" "$tmp"/*.cdx.json "$tmp"/*.spdx.json
check 0 "" node "$tmp/library.mjs" "$node" "$@"

# The validators do look: a document with a mistake is refused by each.
mkdir "$tmp/broken"
jq '.components[0].type = "thing"' "$tmp/debian.cdx.json" >"$tmp/broken/a.cdx.json"
jq 'del(.creationInfo)' "$tmp/debian.spdx.json" >"$tmp/broken/a.spdx.json"
check 1 "" "$python/bin/python" "$tmp/schemas.py" "$IMGTRUST_VECTORS/schemas" "$tmp/broken/a.cdx.json"
check 1 "" node "$tmp/library.mjs" "$node" "$tmp/broken/a.cdx.json"
check 1 "" "$python/bin/pyspdxtools" -i "$tmp/broken/a.spdx.json"
finish
