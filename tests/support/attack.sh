# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
# For attacks on evidence; sourced after lib.sh with the programs' directory in $1. There are: an
# unsigned image in $tmp/unsigned (tag app, $digest), the keys good, other and stranger
# ($tmp/NAME.pem, NAME.pub), and $tmp/img, which fresh() makes the unsigned image again.
# Every attack runs next to an untampered twin, which must be accepted.

PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
need python3 openssl jq
mkdir "$tmp/root"
echo hello >"$tmp/root/hello"
digest=$("$support/mkimage.py" --out "$tmp/unsigned" --tag app --layer "$tmp/root")

# keypair NAME [CURVE]
keypair() {
	openssl ecparam -name "${2:-prime256v1}" -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$tmp/$1.pem"
	openssl pkey -in "$tmp/$1.pem" -pubout -out "$tmp/$1.pub"
}
for pair in good other stranger; do keypair "$pair"; done

fresh() {
	rm -rf "$tmp/img"
	cp -r "$tmp/unsigned" "$tmp/img"
}

# forge KEY ARGS... -- attaches evidence signed by that key to $tmp/img; $bundle is its digest.
forge() {
	forger=$1
	shift
	bundle=$("$support/forge.py" --layout "$tmp/img" --tag app --key "$tmp/$forger.pem" "$@") || fail "forge.py $*"
}

verify() {
	imgverify --output json "$@" "oci:$tmp/img:app"
}

# accepted ARGS... -- imgverify with these options accepts $tmp/img.
accepted() {
	check 0 "" verify "$@"
	check_json '.images[0].decision.verdict == "accept" and .summary.accept == 1'
}

# refused CODE ARGS... -- it rejects, exit 1, and a check that failed carries this code.
refused() {
	code=$1
	shift
	before=$(cat "$tmp/img/index.json")
	check 1 "" verify "$@"
	check_json ".images[0].decision.verdict == \"reject\" and .summary.reject == 1 and
		any(.images[0].decision.policies[].checks[]; .ok == false and .code == \"$code\")"
	[ "$before" = "$(cat "$tmp/img/index.json")" ] || fail "verifying changed the layout"
}

# ignored CODE [COUNT] -- the last decision lists that many pieces of evidence as absent for that.
ignored() {
	check_json "[.images[0].decision.ignored[] | select(.code == \"$1\")] | length == ${2:-1}"
}

# policy NAME RULES -- a policy for every image with the authorities a (good), b (other) and
# twice (good again); RULES is the YAML list of `require`.
policy() {
	cat >"$tmp/$1.yaml" <<YAML
apiVersion: imgtrust/v1
kind: ImagePolicy
metadata: {name: $1}
spec:
  images: [{glob: "**"}]
  authorities:
  - {name: a, keys: [{file: good.pub}]}
  - {name: b, keys: [{file: other.pub}]}
  - {name: twice, keys: [{file: good.pub}]}
  require:
$2
YAML
}
