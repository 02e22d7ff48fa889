# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Registries for tests, all on 127.0.0.1 with free ports. Source after lib.sh.
# shellcheck disable=SC2034,SC2154 # sourced: variables come from lib.sh and go to the test

support=$(cd "$(dirname "$0")/../support" && pwd)
store=${1%/bin}/tests/storetool

# free_port -- prints a port that nobody listens on now.
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Starting fails when somebody else took the port meanwhile; then the next one is tried.
start_on_free_port() { # CHECK_COMMAND START_FUNCTION ARGS...
	ready=$1
	shift
	for attempt in 1 2 3 4 5; do
		port=$(free_port)
		"$@"
		for tick in $(seq 100); do
			if $ready "$port"; then return 0; fi
			kill -0 $! 2>/dev/null || break
			sleep 0.05
		done
	done
	fail "no registry comes up (attempt $attempt, tick $tick)"
}
answers() { curl -s -o /dev/null "http://127.0.0.1:$1/v2/"; }
answers_tls() { curl -sk -o /dev/null "https://127.0.0.1:$1/v2/"; }

launch_docker() { # NAME MORE_CONFIG TLS_CONFIG
	cat >"$tmp/$1.yml" <<-EOF
		version: 0.1
		log: {level: warn, accesslog: {disabled: false}, formatter: json}
		storage: {filesystem: {rootdirectory: $tmp/$1}, delete: {enabled: true}, cache: {blobdescriptor: inmemory}}
		http: {addr: "127.0.0.1:$port"$3}
		$2
	EOF
	docker-registry serve "$tmp/$1.yml" >>"$tmp/$1.log" 2>&1 </dev/null &
	started="$started $!"
}

# docker_registry NAME [plain|basic|tls] -- starts Debian's docker-registry; its host:port is in
# $registry. basic: user alice, password s3cret. tls: with a certificate from make_ca. Its requests
# are in $tmp/NAME.log.
docker_registry() {
	need docker-registry curl
	case ${2:-plain} in
	plain) start_on_free_port answers launch_docker "$1" "" "" ;;
	basic)
		need htpasswd
		htpasswd -Bbn alice s3cret >"$tmp/$1.htpasswd"
		start_on_free_port answers launch_docker "$1" \
			"auth: {htpasswd: {realm: r, path: $tmp/$1.htpasswd}}" ""
		;;
	tls)
		start_on_free_port answers_tls launch_docker "$1" "" \
			", tls: {certificate: $tmp/good.crt, key: $tmp/good.key, minimumtls: tls1.2}"
		;;
	esac
	registry=127.0.0.1:$port
}

# hostile NAME [--tls CERT KEY] [SWITCH=VALUE...] -- starts support/hostile_registry.py; its host:port
# is in $registry, its requests in $tmp/NAME.log.
hostile() {
	name=$1
	shift
	rm -f "$tmp/$name.ready"
	start python3 "$support/hostile_registry.py" --ready "$tmp/$name.ready" --log "$tmp/$name.log" "$@"
	wait_for 10 test -s "$tmp/$name.ready"
	registry=$(cat "$tmp/$name.ready")
}

# set_switch HOST:PORT NAME=VALUE
set_switch() {
	curl -sf -X PUT --data-binary "$2" "http://$1/_set" || fail "cannot set $2"
}

# find_peer NAME -- the path of a peer program, from $PATH or where scripts/peers puts them.
find_peer() {
	command -v "$1" || { [ -x "$peers/$1" ] && echo "$peers/$1"; }
}

launch_peer() {
	"$peer" -port "$port" >>"$tmp/peer.log" 2>&1 </dev/null &
	started="$started $!"
}

# peer_registry -- starts go-containerregistry's registry, which has a referrers API; $registry.
peer_registry() {
	need curl
	peer=$(find_peer referrers-registry) || skip "no registry with a referrers API (scripts/peers builds it)"
	start_on_free_port answers launch_peer
	registry=127.0.0.1:$port
}

# make_ca -- $tmp/ca.crt, and certificates by it: good (localhost, 127.0.0.1), wronghost, expired;
# selfsigned stands alone. Each with its .key.
make_ca() {
	need openssl
	key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
	# shellcheck disable=SC2086 # several words
	{
		openssl req -x509 $key -keyout "$tmp/ca.key" -out "$tmp/ca.crt" -days 30 -subj /CN=test-ca \
			-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
		openssl req -x509 $key -keyout "$tmp/selfsigned.key" -out "$tmp/selfsigned.crt" -days 30 \
			-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1
		for cert in good wronghost expired; do
			san=DNS:localhost,IP:127.0.0.1 days=30
			[ $cert != wronghost ] || san=DNS:registry.example.com
			[ $cert != expired ] || days=-1
			openssl req $key -keyout "$tmp/$cert.key" -out "$tmp/$cert.csr" -subj /CN=test
			printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$san" >"$tmp/$cert.ext"
			openssl x509 -req -in "$tmp/$cert.csr" -CA "$tmp/ca.crt" -CAkey "$tmp/ca.key" \
				-CAcreateserial -days "$days" -out "$tmp/$cert.crt" -extfile "$tmp/$cert.ext"
		done
	} >>"$tmp/log" 2>&1 || fail "openssl makes no certificates"
}

# digest_of -- the first word of what the last command printed.
printed() { head -n 1 "$tmp/out" | cut -d ' ' -f 1; }
