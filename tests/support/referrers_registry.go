// SPDX-License-Identifier: Apache-2.0

// A registry that has the referrers API, in memory: go-containerregistry's, whose own program does
// not switch it on. Built by scripts/peers.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"strconv"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	port := flag.Int("port", 1338, "port of 127.0.0.1 to listen on")
	flag.Parse()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(*port))
	log.Fatal(http.ListenAndServe(address, registry.New(registry.WithReferrersSupport(true))))
}
