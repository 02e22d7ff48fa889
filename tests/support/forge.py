#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Forges evidence: signs a statement with the openssl command line, bends it in one way, and attaches
it to an image in an OCI layout. Without an option that bends something the evidence is good.

  forge.py --layout DIR --tag TAG --key KEY.pem [what to say] [how to bend it]

Prints the digest of the bundle.
"""
import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
SIGN = "https://sigstore.dev/cosign/sign/v1"
# the order of each curve's group
ORDERS = {
    "prime256v1": int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16),
    "secp384r1": int("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
                     "581a0db248b0a77aecec196accc52973", 16),
}


def fail(text):
    sys.exit("forge: " + text)


def run(*command, data=None):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def compact(document):
    return json.dumps(document, separators=(",", ":")).encode()


class Layout:
    def __init__(self, path):
        self.path = path
        with open(os.path.join(path, "index.json"), "rb") as f:
            self.index = json.load(f)

    def put(self, data, media_type):
        name = hashlib.sha256(data).hexdigest()
        with open(os.path.join(self.path, "blobs", "sha256", name), "wb") as f:
            f.write(data)
        return {"mediaType": media_type, "digest": "sha256:" + name, "size": len(data)}

    def tagged(self, tag):
        for entry in self.index["manifests"]:
            if entry.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag:
                return {k: entry[k] for k in ("mediaType", "digest", "size")}
        return fail("no tag '%s' in %s" % (tag, self.path))

    def read(self, digest):
        with open(os.path.join(self.path, "blobs", "sha256", digest.split(":")[1]), "rb") as f:
            return f.read()

    def add(self, descriptor):
        self.index["manifests"].append(descriptor)
        with open(os.path.join(self.path, "index.json"), "wb") as f:
            f.write(compact(self.index))


def spki(key):
    """The public key's DER, of a file with a private or a public key."""
    with open(key, "rb") as f:
        public = b"PUBLIC KEY" in f.read()
    return run("openssl", "pkey", "-in", key, *(["-pubin"] if public else []), "-pubout",
               "-outform", "DER")


def pae(kind, payload):
    kind = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(key, message, digest):
    kind = run("openssl", "pkey", "-in", key, "-noout", "-text").decode()
    with tempfile.NamedTemporaryFile() as f:
        f.write(message)
        f.flush()
        if "ED25519" in kind:
            return run("openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", f.name)
        if digest is None:
            digest = "sha384" if "secp384r1" in kind else "sha512" if "secp521r1" in kind else "sha256"
        return run("openssl", "dgst", "-" + digest, "-sign", key, f.name)


# --- ECDSA signatures, taken apart and put together wrongly ------------------------------------------

def integer(n, minimal=True):
    size = max(1, (n.bit_length() + 7) // 8)
    data = n.to_bytes(size, "big")
    if data[0] & 0x80:
        data = b"\0" + data
    if not minimal:
        data = b"\0" + data
    return b"\x02" + bytes([len(data)]) + data


def negative(n):
    size = (n.bit_length() + 7) // 8
    return b"\x02" + bytes([size]) + n.to_bytes(size, "big")


def sequence(content):
    if len(content) < 128:
        return b"\x30" + bytes([len(content)]) + content
    return b"\x30\x81" + bytes([len(content)]) + content


def parse(der):
    at = 3 if der[1] & 0x80 else 2
    numbers = []
    while at < len(der):
        size = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + size], "big"))
        at += 2 + size
    return numbers


def bend(der, how, order):
    r, s = parse(der)
    forms = {
        "r-zero": lambda: sequence(integer(0) + integer(s)),
        "s-zero": lambda: sequence(integer(r) + integer(0)),
        "r-plus-n": lambda: sequence(integer(r + order) + integer(s)),
        "s-plus-n": lambda: sequence(integer(r) + integer(s + order)),
        "r-is-n": lambda: sequence(integer(order) + integer(s)),
        "negative": lambda: sequence(integer(r) + negative(s | (0x80 << 248))),
        "not-minimal": lambda: sequence(integer(r, False) + integer(s)),
        "long-length": lambda: b"\x30\x82" + (len(der) - 2).to_bytes(2, "big") + der[2:],
        "trailing": lambda: der + b"\0",
        "trailing-inside": lambda: sequence(integer(r) + integer(s) + b"\x05\x00"),
        "raw": lambda: r.to_bytes(32, "big") + s.to_bytes(32, "big"),
        "high-s-twin": lambda: sequence(integer(r) + integer(order - s)),
        "empty": lambda: b"",
        "one-bit": lambda: sequence(integer(r) + integer(s ^ 1)),
    }
    if how not in forms:
        fail("cannot bend a signature '%s'; there is: %s" % (how, " ".join(forms)))
    return forms[how]()


# --- statement, envelope, bundle, manifest -----------------------------------------------------------

def statement(args, subject):
    if args.payload is not None:
        with open(args.payload, "rb") as f:
            return f.read()
    digest = {}
    for text in [args.about or subject["digest"]] + args.also:
        algorithm, value = text.split(":", 1)
        digest[algorithm] = value
    one = {"digest": digest}
    if args.name is not None:
        one = {"name": args.name, "digest": digest}
    return compact({"_type": args.statement_type, "subject": [one] if not args.no_subject else [],
                    "predicateType": args.type, "predicate": json.loads(args.predicate)})


def envelope(args, subject):
    payload = statement(args, subject)
    signatures = []
    for key in [args.key] + args.second_key:
        sig = sign(key, pae(args.payload_type, payload), args.digest)
        if args.signature is not None:
            sig = bend(sig, args.signature, ORDERS["prime256v1"])
        signatures.append({"sig": base64.b64encode(sig).decode()})
    if args.swap is not None:  # another payload under the same signature
        with open(args.swap, "rb") as f:
            payload = f.read()
    return {"payload": base64.b64encode(payload).decode(),
            "payloadType": args.payload_type_shown or args.payload_type, "signatures": signatures}


def bundle(args, subject):
    if args.bundle is not None:
        with open(args.bundle, "rb") as f:
            return f.read()
    hint = base64.b64encode(hashlib.sha256(spki(args.hint_of or args.key)).digest()).decode()
    document = {"mediaType": BUNDLE, "verificationMaterial": {"publicKey": {"hint": hint}},
                "dsseEnvelope": envelope(args, subject)}
    if args.log_entries:
        document["verificationMaterial"]["tlogEntries"] = [
            {"logIndex": str(i), "integratedTime": "1"} for i in range(args.log_entries)]
    return compact(document)


def attach(layout, subject, content, args):
    empty = layout.put(b"{}", "application/vnd.oci.empty.v1+json")
    layer = layout.put(content, BUNDLE)
    if args.lie_about_size:
        layer["size"] += args.lie_about_size
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": empty,
                "layers": [layer] * args.layers, "subject": subject, "artifactType": BUNDLE,
                "annotations": {"dev.sigstore.bundle.predicateType": args.annotate or args.type,
                                "dev.sigstore.bundle.content": "dsse-envelope"}}
    entry = layout.put(compact(manifest), MANIFEST)
    layout.add(dict(entry, artifactType=BUNDLE, annotations=manifest["annotations"]))
    return layer["digest"]


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--layout", required=True)
    p.add_argument("--tag", required=True)
    p.add_argument("--key", help="PEM, private; not needed with --bundle")
    p.add_argument("--type", default=SIGN, help="predicate type")
    p.add_argument("--predicate", default="{}")
    p.add_argument("--name", help="subject's name")
    p.add_argument("--about", help="subject's digest, if not the image's")
    p.add_argument("--also", action="append", default=[], help="another digest of the same subject")
    p.add_argument("--statement-type", default="https://in-toto.io/Statement/v1")
    p.add_argument("--no-subject", action="store_true")
    p.add_argument("--payload", help="file to sign instead of a statement")
    p.add_argument("--payload-type", default="application/vnd.in-toto+json")
    p.add_argument("--payload-type-shown", help="put in after signing")
    p.add_argument("--swap", help="payload to put in after signing")
    p.add_argument("--digest", help="hash to sign with")
    p.add_argument("--signature", help="how to bend the ECDSA signature")
    p.add_argument("--second-key", action="append", default=[], help="signs too")
    p.add_argument("--hint-of", help="the key that the hint claims")
    p.add_argument("--log-entries", type=int, default=0)
    p.add_argument("--bundle", help="file to attach as it is")
    p.add_argument("--annotate", help="predicate type that the manifest claims")
    p.add_argument("--layers", type=int, default=1)
    p.add_argument("--lie-about-size", type=int, default=0)
    args = p.parse_args()
    layout = Layout(args.layout)
    subject = layout.tagged(args.tag)
    print(attach(layout, subject, bundle(args, subject), args))


main()
