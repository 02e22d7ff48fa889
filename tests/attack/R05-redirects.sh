#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# R05: redirects. Credentials stay with the host they are for; only http and https, at most five
# times, never from https to http (CVE-2020-15157 class).
. "$(dirname "$0")/../support/lib.sh"
. "$(dirname "$0")/../support/registries.sh"
fetch=$1/imgfetch
cd "$tmp"
printf s3cret >password
hostile storage
elsewhere=$registry
hostile reg auth=alice:s3cret
home=$registry
layer=sha256:$(printf 'some layer' | sha256sum | cut -d ' ' -f 1)
login="--registry-username alice --registry-password-file password"

# The untampered twin: with the password, and a storage host of its own, as large registries have.
export STORE_USER=alice STORE_PASSWORD=s3cret
check 0 sha256: "$store" push "$home/app:1" "some layer"
digest=$(printed)
unset STORE_USER STORE_PASSWORD
check 0 sha256: "$store" push "$elsewhere/store:1" "some layer"
: >storage.log
set_switch "$home" "redirect=http://$elsewhere/v2/store/blobs/"
# shellcheck disable=SC2086 # $login is four words
check 0 "$digest" "$fetch" $login "$home/app@$digest" oci:copy
grep -q '"authorization": "Basic' reg.log || fail "the password was never sent"
grep -q "/v2/store/blobs/$layer" storage.log || fail "the storage host was not asked"
! grep -qi '"authorization"\|YWxpY2U6czNjcmV0\|cookie' storage.log ||
	fail "the password went to another host: $(grep -i auth storage.log)"

# Another port is another host, and so is the same one by another name.
STORE_USER=alice STORE_PASSWORD=s3cret check 0 "some layer" "$store" blob "$home/app" "$layer" 10
! grep -qi '"authorization"' storage.log || fail "the password went to another port"
set_switch "$home" "redirect=http://localhost:${home#*:}/v2/app/blobs/"
STORE_USER=alice STORE_PASSWORD=s3cret check 4 "sent us on" "$store" blob "$home/app" "$layer" 10

# Where uploads are sent to.
set_switch "$home" redirect=
set_switch "$home" "location=http://$elsewhere/v2/store/blobs/uploads/7"
head -c 2000000 /dev/zero >big
printf small >small
for file in big small; do
	STORE_USER=alice STORE_PASSWORD=s3cret check 0 sha256: "$store" put "$home/app" $file
done
grep -q '"PUT", "path": "/v2/store/blobs/uploads/7' storage.log || fail "nothing was uploaded there"
! grep -qi '"authorization"' storage.log || fail "the password went along with an upload"
set_switch "$home" location=

# Loops and other schemes.
set_switch "$home" blob=loop
before=$(grep -c "/blobs/$layer" reg.log)
STORE_USER=alice STORE_PASSWORD=s3cret check 4 "more than 5 redirects" "$store" blob "$home/app" "$layer" 10
[ $(($(grep -c "/blobs/$layer" reg.log) - before)) -le 7 ] || fail "followed too often"
set_switch "$home" blob=
export STORE_USER=alice STORE_PASSWORD=s3cret
for to in "file:///etc/passwd#" "ftp://$elsewhere/" "gopher://$elsewhere/" "//user:pw@$elsewhere/" \
	"http://$elsewhere\\@good/" "javascript:"; do
	set_switch "$home" "redirect=$to"
	check 3 redirect "$store" blob "$home/app" "$layer" 10
	check 3 redirect "$store" fetch "$home/app" application/octet-stream "$layer" 10
done
unset STORE_USER STORE_PASSWORD

# From https to http, and the same over https as its twin.
make_ca
hostile tls --tls good.crt good.key
export STORE_CA_FILE="$tmp/ca.crt"
check 0 sha256: "$store" push "$registry/app:1" "some layer"
check 0 "some layer" "$store" blob "$registry/app" "$layer" 10
secure=$registry
hostile tlsstorage --tls good.crt good.key
check 0 sha256: "$store" push "$registry/store:1" "some layer"
switch_tls() { curl -sf --cacert ca.crt -X PUT --data-binary "$1" "https://$secure/_set"; }
switch_tls "redirect=https://$registry/v2/store/blobs/"
check 0 "some layer" "$store" blob "$secure/app" "$layer" 10
: >storage.log
switch_tls "redirect=http://$elsewhere/v2/store/blobs/"
check 4 "from https to http" "$store" blob "$secure/app" "$layer" 10
switch_tls redirect=
switch_tls "location=http://$elsewhere/v2/store/blobs/uploads/9"
check 4 "from https to http" "$store" put "$secure/app" big
check 4 "from https to http" "$store" push "$secure/app:2" "another layer"
[ ! -s storage.log ] || fail "the plain host was asked"
finish
