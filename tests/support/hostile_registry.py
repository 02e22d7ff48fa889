#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A registry that can be told to misbehave.

    hostile_registry.py --ready FILE [--log FILE] [--tls CERT KEY] [--port N] [NAME=VALUE ...]

Writes "host:port" to --ready once it listens on 127.0.0.1. Without switches it is an honest registry
without referrers API, all in memory. Switches are set on the command line or, while it runs, by
PUT /_set with "NAME=VALUE" (empty value: unset). Every request is a line of JSON in the log.

    auth=USER:PASSWORD        asks for Basic credentials; auth=bearer:REALM for a token
    referrers=api|html|garbage|redirect|STATUS   default 404; api also sends OCI-Subject
    subject=only              sends OCI-Subject without having a referrers API
    page=N                    entries per page of the referrers API
    link=self|loop|offhost|endless|garbage       what the Link of a page leads to
    entries=N                 the referrers API lists N made-up entries
    manifest=wrong|other|html|both|garbage|endless|huge|gzip|nodigest   for GET of manifests
    type=TYPE                 Content-Type of manifests
    after=DIGEST              a tag's first GET is answered as it should be, later ones with this
    digest=wrong              Docker-Content-Digest names another digest
    blob=wrong|short|long|cut|endless|drip|gzip|loop|hang   for GET of blobs
    redirect=URL              blobs are to be had at URL + digest
    location=URL              uploads are to be sent to URL
    headers=huge              a megabyte of headers
    fail=STATUS:N             the next N requests get STATUS, with Retry-After: 1
    tag=STATUS|garbage        for GET of fallback tags
    delay=SECONDS             waits up to so long before it answers GET or applies PUT of those
    drop=N                    of the next N PUTs of fallback tags nothing is kept
"""
import argparse
import hashlib
import json
import random
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Registry:
    def __init__(self):
        self.lock = threading.Lock()
        self.switches = {}
        self.blobs = {}
        self.manifests = {}  # digest -> (type, bytes)
        self.tags = {}
        self.referrers = {}  # subject -> [descriptor]
        self.uploads = 0
        self.asked = set()   # tags that have been got
        self.log = None

    def get(self, name):
        return self.switches.get(name, "")

    def counted(self, name):
        """True while a switch that ends in a count has not run out."""
        with self.lock:
            value = self.switches.get(name, "")
            head, _, left = value.rpartition(":")
            if not left.isdigit() or int(left) == 0:
                return ""
            self.switches[name] = f"{head}:{int(left) - 1}" if head else str(int(left) - 1)
            return head or "yes"


registry = Registry()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hostile"

    def log_message(self, *_):
        pass

    def note(self):
        if registry.log:
            line = json.dumps({"method": self.command, "path": self.path,
                               "headers": {k.lower(): v for k, v in self.headers.items()}})
            with registry.lock:
                registry.log.write(line + "\n")
                registry.log.flush()

    def answer(self, status, body=b"", kind="application/json", **headers):
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        if registry.get("headers") == "huge" and self.path.startswith("/v2/"):
            for i in range(64):
                self.send_header(f"X-Filler-{i}", "x" * 16000)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, **headers):
        self.answer(status, json.dumps({"errors": [{"code": code, "message": code.lower()}]}),
                    **headers)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def endless(self, pause=0.0, kind="application/octet-stream", piece=b"x" * 65536):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.close_connection = True
        self.end_headers()
        try:
            while True:
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(pause)
        except OSError:
            pass

    def authorized(self):
        want = registry.get("auth")
        if not want:
            return True
        if want.startswith("bearer:"):
            self.error(401, "UNAUTHORIZED",
                       WWW_Authenticate=f'Bearer realm="{want[7:]}",service="s",scope="x"')
            return False
        import base64
        expected = "Basic " + base64.b64encode(want.encode()).decode()
        if self.headers.get("Authorization") == expected:
            return True
        self.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="r"')
        return False

    def serve(self):
        self.note()
        if self.path == "/_set":
            name, _, value = self.body().decode().partition("=")
            registry.switches[name] = value
            return self.answer(204, kind=None)
        failing = registry.counted("fail")
        if failing:
            self.body()
            return self.error(int(failing), "TOOMANYREQUESTS", Retry_After="1")
        if not self.authorized():
            self.body()
            return None
        path, _, query = self.path.partition("?")
        if not path.startswith("/v2/"):
            return self.answer(200, b"elsewhere", "text/plain")
        for kind in ("manifests", "blobs", "referrers"):
            name, sep, rest = path[4:].partition(f"/{kind}/")
            if sep:
                return getattr(self, kind)(name, rest, query)
        return self.error(404, "UNSUPPORTED")

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    # manifests ------------------------------------------------------------------------------------

    def delayed(self):
        if registry.get("delay"):
            time.sleep(random.uniform(0, float(registry.get("delay"))))

    def manifests(self, name, ref, query):
        fallback = ref.startswith("sha256-")
        if self.command == "PUT":
            return self.put_manifest(ref, fallback)
        if self.command == "DELETE":
            with registry.lock:
                registry.manifests.pop(ref, None)
                for entries in registry.referrers.values():
                    entries[:] = [e for e in entries if e["digest"] != ref]
            return self.answer(202, kind=None)
        if fallback and registry.get("tag"):
            if registry.get("tag") == "garbage":
                return self.answer(200, b"\x00garbage", INDEX)
            return self.error(int(registry.get("tag")), "UNKNOWN")
        with registry.lock:
            digest = registry.tags.get(ref, ref)
            if ref in registry.asked and registry.get("after") and digest != ref:
                digest = registry.get("after")
            kind, data = registry.manifests.get(digest, (None, None))
            if self.command == "GET" and digest != ref:
                registry.asked.add(ref)
        if fallback:
            self.delayed()
        if data is None:
            return self.error(404, "MANIFEST_UNKNOWN")
        if not fallback:
            return self.bad_manifest(kind, data)
        return self.answer(200, data, kind, Docker_Content_Digest=digest_of(data))

    def bad_manifest(self, kind, data):
        how = registry.get("manifest")
        digest = digest_of(data)
        if how == "wrong":
            data = data[:-1] + b" }"
        elif how == "other":
            data = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).encode()
            kind, digest = INDEX, digest_of(data)
        elif how == "html":
            data, kind = b"<html><body>Log in, please</body></html>", "text/html; charset=utf-8"
            digest = None
        elif how == "garbage":
            data, digest = b"\x00\xff garbage", None
        elif how == "both":
            both = json.loads(data)
            both["manifests"] = []
            data = json.dumps(both).encode()
            digest = digest_of(data)
        elif how == "endless":
            return self.endless(kind=kind)
        elif how == "huge":
            data, digest = data + b" " * (64 << 20), None
        elif how == "gzip":
            return self.answer(200, data, kind, Content_Encoding="gzip")
        elif how == "nodigest":
            digest = None
        if registry.get("digest") == "wrong":
            digest = digest_of(b"something else")
        return self.answer(200, data, registry.get("type") or kind, Docker_Content_Digest=digest)

    def put_manifest(self, ref, fallback):
        data, kind = self.body(), self.headers.get("Content-Type")
        digest = digest_of(data)
        subject = None
        try:
            document = json.loads(data)
            subject = (document.get("subject") or {}).get("digest")
        except ValueError:
            return self.error(400, "MANIFEST_INVALID")
        if fallback:
            self.delayed()
        with registry.lock:
            registry.manifests[digest] = (kind, data)
        if fallback and registry.counted("drop"):
            return self.answer(201, kind=None, Docker_Content_Digest=digest)
        api = registry.get("referrers") == "api"
        with registry.lock:
            if ref != digest:
                registry.tags[ref] = digest
            if subject and api:
                entries = registry.referrers.setdefault(subject, [])
                if all(e["digest"] != digest for e in entries):
                    entries.append({"mediaType": kind, "digest": digest, "size": len(data),
                                    "artifactType": document.get("artifactType")})
        said = subject if subject and (api or registry.get("subject")) else None
        return self.answer(201, kind=None, Docker_Content_Digest=digest, OCI_Subject=said)

    # referrers ------------------------------------------------------------------------------------

    def referrers(self, name, subject, query):
        how = registry.get("referrers") or "404"
        if how == "html":
            return self.answer(200, b"<html></html>", "text/html")
        if how == "garbage":
            return self.answer(200, b"\x00garbage", INDEX)
        if how == "redirect":
            return self.answer(303, kind=None, Location="https://elsewhere.invalid/login")
        if how == "404":
            return self.answer(404, b"404 page not found\n", "text/plain")
        if how.isdigit():
            return self.error(int(how), "UNKNOWN")
        with registry.lock:
            entries = list(registry.referrers.get(subject, []))
        for i in range(int(registry.get("entries") or 0)):
            entries.append({"mediaType": MANIFEST, "size": 100, "artifactType": "text/junk",
                            "digest": "sha256:%064x" % i})
        return self.page(entries, query)

    def page(self, entries, query):
        size = int(registry.get("page") or 0) or len(entries)
        start = int(query.partition("from=")[2].partition("&")[0] or 0)
        here = self.path.partition("?")[0]
        link = None
        if start + size < len(entries):
            link = f'<{here}?from={start + size}>; rel="next"'
        link = {"self": f'<{self.path}>; rel="next"',
                "loop": f'<{here}?from=0&turn={1 - start % 2}{random.randrange(2)}>; rel="next"',
                "offhost": f'<https://elsewhere.invalid{here}>; rel="next"',
                "endless": f'<{here}?from={start + 1}>; rel="next"',
                "garbage": '<<<>; rel="next'}.get(registry.get("link"), link)
        if registry.get("link") == "endless":
            entries, size = [], 0
        body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries[start:start + size]}
        return self.answer(200, json.dumps(body), INDEX, Link=link)

    # blobs ----------------------------------------------------------------------------------------

    def blobs(self, name, ref, query):
        if ref.startswith("uploads/"):
            return self.upload(name, query)
        with registry.lock:
            data = registry.blobs.get(ref)
        if data is None:
            return self.error(404, "BLOB_UNKNOWN")
        if self.command == "HEAD":
            return self.answer(200, data, "application/octet-stream", Docker_Content_Digest=ref)
        if registry.get("redirect"):
            return self.answer(307, kind=None, Location=registry.get("redirect") + ref)
        return self.bad_blob(data)

    def bad_blob(self, data):
        how = registry.get("blob")
        kind = "application/octet-stream"
        if how == "wrong":
            data = data[:-1] + bytes([data[-1] ^ 1])
        elif how == "short":
            data = data[:-1]
        elif how == "long":
            data += b"x"
        elif how == "endless":
            return self.endless()
        elif how == "drip":
            return self.endless(pause=1.0, piece=b"x")
        elif how == "cut":  # the connection ends half-way
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:len(data) // 2])
            self.close_connection = True
            return None
        elif how == "hang":
            time.sleep(3600)
        elif how == "gzip":
            return self.answer(200, data, kind, Content_Encoding="gzip")
        elif how == "loop":
            return self.answer(302, kind=None, Location=self.path)
        return self.answer(200, data, kind)

    def upload(self, name, query):
        if self.command == "POST":
            registry.uploads += 1
            where = registry.get("location") or f"/v2/{name}/blobs/uploads/{registry.uploads}"
            return self.answer(202, kind=None, Location=where + "?_state=secret-state")
        data = self.body()
        want = query.partition("digest=")[2]
        if digest_of(data) != want:
            return self.error(400, "DIGEST_INVALID")
        with registry.lock:
            registry.blobs[want] = data
        return self.answer(201, kind=None, Docker_Content_Digest=want)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass  # clients of this server hang up on it


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ready", required=True)
    parser.add_argument("--log")
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("switches", nargs="*")
    options = parser.parse_args()
    for switch in options.switches:
        name, _, value = switch.partition("=")
        registry.switches[name] = value
    if options.log:
        registry.log = open(options.log, "a", encoding="utf-8")
    server = Server(("127.0.0.1", options.port), Handler)
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    with open(options.ready, "w", encoding="utf-8") as ready:
        ready.write(f"127.0.0.1:{server.server_address[1]}\n")
    server.serve_forever()


if __name__ == "__main__":
    main()
