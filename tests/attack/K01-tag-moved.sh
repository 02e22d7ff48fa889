#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# K01: the tag moves between push and sign. A tag alone is refused, naming the digest it has now;
# with the build's own digest the image that was built is signed, not the one that came after.
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/attack.sh"
need docker-registry curl
cd "$tmp"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >registry.yml <<YML
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $tmp/store}}
http: {addr: "127.0.0.1:$port"}
YML
start docker-registry serve registry.yml
wait_for 10 curl -sf "http://127.0.0.1:$port/v2/"
app=127.0.0.1:$port/app
check 0 "" imgpush oci:unsigned:app "$app:1"
echo "$digest" >digest
echo evil >root/hello
evil=$("$support/mkimage.py" --out evil --tag app --layer root)
check 0 "" imgpush oci:evil:app "$app:1" # the attacker's

check 2 "$evil" imgsign --key good.pem "$app:1"
check_out "imgsign --key good.pem $app@$evil"
echo '{}' >p.json
check 2 "$evil" imgattest --key good.pem --type urn:x --predicate p.json "$app:1"
check_out "imgattest --key good.pem --type urn:x --predicate p.json $app@$evil"
check 1 "no-signature" imgverify --key good.pub "$app@$evil"
# the environment cannot say that a tag will do
check 2 "$evil" env IMGTRUST_ALLOW_TAG=1 imgsign --key good.pem "$app:1"

check 0 "$digest" imgsign --key good.pem --digest-file digest "$app:1"
check 0 "" imgverify --key good.pub "$app@$digest"
check 1 "no-signature" imgverify --key good.pub "$app@$evil"
check 1 "no-signature" imgverify --key good.pub "$app:1"
check 2 "says otherwise" imgsign --key good.pem --digest-file digest "$app@$evil"
check 0 "$evil" imgsign --key good.pem --allow-tag "$app:1" # only when told so
check 0 "" imgverify --key good.pub "$app:1"
finish
