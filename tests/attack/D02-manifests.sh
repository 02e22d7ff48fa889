#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# D02: manifests made to exhaust or to mislead their reader: alias bombs, 100 MB, deep nesting, and
# keys that stand twice, of which parsers take different ones. Bounded, refused, and nothing is said
# to be accepted.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
. "$(dirname "$0")/../support/registries.sh"
docker_registry reg
fresh
forge good
check 0 "" imgpush "oci:$tmp/img:app" "$registry/app:1"
cat >"$tmp/pod.yaml" <<YAML
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
  - {name: app, image: "$registry/app@$digest"}
YAML
check_file() { # STATUS TEXT FILE
	check "$1" "$2" imgverify --key "$tmp/good.pub" -f "$3"
	[ "$1" = 0 ] || check_no ACCEPT
}
check_file 0 ACCEPT "$tmp/pod.yaml" # the twin

# a second image key: the first parser sees the good image, the second another
sed "s|image: \"\(.*\)\"|image: \"\1\", image: \"$registry/evil:1\"|" "$tmp/pod.yaml" >"$tmp/twice.yaml"
check_file 3 "twice.yaml: line 6" "$tmp/twice.yaml"
printf '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a","image":"%s","image":"x"}]}}\n' \
	"$registry/app@$digest" >"$tmp/twice.json"
check_file 3 "twice.json: line 1" "$tmp/twice.json"
# a merge key: whether it wins over the key beside it depends on the parser
{ sed 's/^  containers:/  containers: \&c/' "$tmp/pod.yaml"; printf 'extra: {<<: {a: b}}\n'; } >"$tmp/merge.yaml"
check_file 3 "merge" "$tmp/merge.yaml"

# 10^9 nodes out of ten lines
python3 - >"$tmp/bomb.yaml" <<'PY'
print("a0: &a0 [x, x, x, x, x, x, x, x, x, x]")
for i in range(1, 10):
    print(f"a{i}: &a{i} [" + ", ".join([f"*a{i-1}"] * 10) + "]")
PY
cat "$tmp/pod.yaml" >>"$tmp/bomb.yaml"
check_file 3 "bomb.yaml: " "$tmp/bomb.yaml"

# nesting that costs some parsers quadratic time
for open in '[' '{a: '; do
	{ cat "$tmp/pod.yaml"; python3 -c "print('deep: ' + '$open' * 200000)"; } >"$tmp/deep.yaml"
	check_file 3 "deep.yaml: " "$tmp/deep.yaml"
done

# 100 MB, by file and by pipe
{ cat "$tmp/pod.yaml"; yes '# padding padding padding padding padding padding' | head -c 100000000; } >"$tmp/huge.yaml"
check_file 3 "huge.yaml: " "$tmp/huge.yaml"
input=$tmp/huge.yaml
check_file 3 "stdin: " -
finish
