#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Our order of Debian versions against dpkg's own, on generated pairs.
set -eu
compare=$(dirname "$1")/tests/compare_versions
command -v dpkg >/dev/null || { echo "skipped: no dpkg here"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The seed is fixed: a failing pair fails again.
python3 - >"$tmp/pairs" <<'PY'
import random
random.seed(7)
parts = ["0", "1", "2", "10", "09", "007", "a", "b", "rc", "~", "~~", "+", ".", "dfsg", "deb12u1", "ubuntu"]
def upstream():
    return "1" + "".join(random.choice(parts) for _ in range(random.randint(0, 5)))
def version():
    v = upstream()
    if random.random() < 0.2:
        v = "%d:%s" % (random.randint(0, 2), v)
    if random.random() < 0.6:
        v += "-" + upstream()
    return v
for _ in range(400):
    a = version()
    b = version() if random.random() < 0.6 else a + random.choice(["~", "+b1", "a", "-0", "0", "."])
    print("deb", a, b)
PY
"$compare" <"$tmp/pairs" >"$tmp/ours"
n=0
while read -r a sign b; do
	case $sign in '<') op=lt ;; '>') op=gt ;; *) op=eq ;; esac
	dpkg --compare-versions "$a" "$op" "$b" 2>"$tmp/err" || { echo "dpkg does not say $a $sign $b"; exit 1; }
	n=$((n + 1))
done <"$tmp/ours"
[ "$n" -eq 400 ]
echo "$n pairs"
