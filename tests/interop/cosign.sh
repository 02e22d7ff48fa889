#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosign 3 and us, each verifying what the other has signed, in a registry on this machine.
. "$(dirname "$0")/../support/lib.sh"
PATH=$1:$PATH
support=$(cd "$(dirname "$0")/../support" && pwd)
cosign=$peers/cosign
[ -x "$cosign" ] || cosign=$(command -v cosign) || skip "no cosign in $peers or PATH (scripts/peers builds it)"
need docker-registry skopeo python3 openssl jq curl
COSIGN_PASSWORD=
export COSIGN_PASSWORD
cd "$tmp"

# --- a registry, and an image in it under one name for each key
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >registry.yml <<YML
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $tmp/store}}
http: {addr: "127.0.0.1:$port"}
YML
start docker-registry serve registry.yml
wait_for 10 curl -sf "http://127.0.0.1:$port/v2/"
mkdir root
echo hello >root/hello
digest=$("$support/mkimage.py" --out img --tag app --layer root)
printf '{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}' >bom.json
image() { # NAME: pushes the image there, prints its reference
	skopeo copy -q --dest-tls-verify=false oci:img:app "docker://127.0.0.1:$port/$1:1" >/dev/null
	echo "127.0.0.1:$port/$1@$digest"
}
theirs() { # VERB ARGS...
	verb=$1
	shift
	"$cosign" "$verb" --allow-http-registry "$@"
}

make_key() { # TYPE: TYPE.pem and TYPE.pub
	case $1 in
	ed25519) openssl genpkey -algorithm ed25519 -out "$1.pem" ;;
	rsa*) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${1#rsa}" -out "$1.pem" 2>/dev/null ;;
	*) openssl ecparam -name "$1" -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.pem" ;;
	esac
	openssl pkey -in "$1.pem" -pubout -out "$1.pub"
}

# --- what we sign, it verifies; the hash of larger curves has to be named to it
openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout -out stranger.pub
for key in prime256v1 secp384r1 secp521r1 rsa2048 rsa4096 ed25519; do
	make_key "$key"
	where=$(image "ours/$key")
	hash=sha256
	[ "$key" != secp384r1 ] || hash=sha384
	[ "$key" != secp521r1 ] || hash=sha512
	check 0 "signature" imgsign --key "$key.pem" "$where"
	check 0 "$digest" theirs verify --key "$key.pub" --insecure-ignore-tlog --signature-digest-algorithm "$hash" "$where"
	check 1 "" theirs verify --key stranger.pub --insecure-ignore-tlog "$where"
	check 0 "attached" imgattest --key "$key.pem" --type cyclonedx --predicate bom.json "$where"
	check 0 "" theirs verify-attestation --type cyclonedx --key "$key.pub" --insecure-ignore-tlog \
		--signature-digest-algorithm "$hash" "$where"
	jq -r .payload "$tmp/out" | base64 -d | grep -qF '"predicate":{"bomFormat":"CycloneDX"' ||
		fail "cosign shows another predicate"
	check 1 "" theirs verify-attestation --type spdxjson --key "$key.pub" --insecure-ignore-tlog \
		--signature-digest-algorithm "$hash" "$where"
done

# --- what it signs, we verify; keys of its own and imported ones
"$cosign" generate-key-pair --output-key-prefix cosign >/dev/null 2>&1
quiet() { "$@" >"$tmp/log" 2>&1 || fail "$(cat "$tmp/log")"; }
for key in prime256v1 secp384r1 rsa2048 ed25519; do
	quiet "$cosign" import-key-pair --key "$key.pem" --output-key-prefix "their-$key" --yes
done
for key in cosign their-prime256v1 their-secp384r1 their-rsa2048 their-ed25519; do
	where=$(image "theirs/$key")
	check 1 "no-signature" imgverify --key "$key.pub" "$where"
	quiet theirs sign --key "$key.key" --use-signing-config=false --tlog-upload=false --yes "$where"
	check 0 "" imgverify --key "$key.pub" "$where"
	check 1 "untrusted-key" imgverify --key stranger.pub --output json "$where"
	check 1 "predicate-missing" imgverify --key "$key.pub" --type cyclonedx --output json "$where"
	quiet theirs attest --key "$key.key" --type cyclonedx --predicate bom.json --use-signing-config=false \
		--tlog-upload=false --yes "$where"
	check 0 "" imgverify --key "$key.pub" --type cyclonedx "$where"
	check 0 "CycloneDX" imgverify --key "$key.pub" --print cyclonedx "$where"
done

# --- both on one image: neither disturbs the other
where=$(image both)
check 0 "" imgsign --key prime256v1.pem "$where"
quiet theirs sign --key cosign.key --use-signing-config=false --tlog-upload=false --yes "$where"
check 0 "already" imgsign --key prime256v1.pem "$where"
for key in prime256v1 cosign; do
	check 0 "" imgverify --key "$key.pub" "$where"
	check 0 "" theirs verify --key "$key.pub" --insecure-ignore-tlog "$where"
done
# the same key through it: the statement differs (it names no repository), so both stay
quiet theirs sign --key their-prime256v1.key --use-signing-config=false --tlog-upload=false --yes "$where"
check 0 "" imgverify --key prime256v1.pub "$where"
finish
