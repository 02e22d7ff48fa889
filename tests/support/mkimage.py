#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes an image in an OCI layout out of directories and tar files, the same bytes each time.

  mkimage.py --out DIR --tag TAG --layer DIR_OR_TAR... [--compression gzip|zstd|none] ...
  mkimage.py --out DIR --tag TAG --index --from TAG1 --from TAG2 [--attestation]

A layout that exists gets another tag; a tag that exists is replaced. Prints the manifest's digest.
--blob FILE is a layer as it is stored, with a diff_id that does not fit it.
A directory becomes a tar with sorted names, times 0 and owner root; a tar is taken byte for byte.
"""
import argparse
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zlib

OCI = "application/vnd.oci.image."
CHUNK = 1 << 20


def fail(text):
    sys.exit("mkimage: " + text)


def canonical(document):
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


class Layout:
    def __init__(self, path):
        self.path = path
        self.blobs = os.path.join(path, "blobs", "sha256")
        os.makedirs(self.blobs, exist_ok=True)
        with open(os.path.join(path, "oci-layout"), "wb") as f:
            f.write(b'{"imageLayoutVersion":"1.0.0"}')
        self.index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": []}
        if os.path.exists(os.path.join(path, "index.json")):
            with open(os.path.join(path, "index.json"), "rb") as f:
                self.index = json.load(f)

    def put(self, data, media_type):
        name = hashlib.sha256(data).hexdigest()
        with open(os.path.join(self.blobs, name), "wb") as f:
            f.write(data)
        return {"mediaType": media_type, "digest": "sha256:" + name, "size": len(data)}

    def get(self, descriptor):
        with open(os.path.join(self.blobs, descriptor["digest"].split(":")[1]), "rb") as f:
            return f.read()

    def tagged(self, tag):
        for entry in self.index["manifests"]:
            if entry.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag:
                return entry
        fail("no tag '%s' in %s" % (tag, self.path))

    def tag(self, descriptor, tag):
        name = "org.opencontainers.image.ref.name"
        kept = [e for e in self.index["manifests"] if e.get("annotations", {}).get(name) != tag]
        self.index["manifests"] = kept + [dict(descriptor, annotations={name: tag})]
        temporary = os.path.join(self.path, ".index.json")
        with open(temporary, "wb") as f:
            f.write(canonical(self.index))
        os.replace(temporary, os.path.join(self.path, "index.json"))


def tar_directory(directory, out, keep_owner):
    """Sorted, with times 0; sockets are left out as tar does."""
    paths = []
    for here, folders, files in os.walk(directory):
        folders.sort()
        for name in folders + files:
            paths.append(os.path.relpath(os.path.join(here, name), directory))
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(paths):
            full = os.path.join(directory, path)
            if stat.S_ISSOCK(os.lstat(full).st_mode):
                continue
            info = tar.gettarinfo(full, arcname=path)
            info.mtime = 0
            if not keep_owner:
                info.uid = info.gid = 0
            info.uname = info.gname = ""
            if info.isreg():
                with open(full, "rb") as f:
                    tar.addfile(info, f)
            else:
                tar.addfile(info)


def chunks(f):
    while True:
        data = f.read(CHUNK)
        if not data:
            return
        yield data


def compressed(tar, out, how, level):
    if how == "zstd":
        with subprocess.Popen(["zstd", "-q", "-c", "-%d" % (level or 3)], stdin=tar, stdout=out) as p:
            if p.wait() != 0:
                fail("zstd failed")
    elif how == "gzip":
        z = zlib.compressobj(level or 6, zlib.DEFLATED, 31)
        for data in chunks(tar):
            out.write(z.compress(data))
        out.write(z.flush())
    else:
        shutil.copyfileobj(tar, out, CHUNK)


def layer(layout, source, how, level, keep_owner):
    with tempfile.TemporaryDirectory(dir=layout.path) as work:
        if os.path.isdir(source):
            with open(os.path.join(work, "tar"), "wb") as out:
                tar_directory(source, out, keep_owner)
            source = os.path.join(work, "tar")
        diff, digest = hashlib.sha256(), hashlib.sha256()
        with open(source, "rb") as f:
            for data in chunks(f):
                diff.update(data)
        blob = os.path.join(work, "blob")
        with open(source, "rb") as tar, open(blob, "wb") as out:
            compressed(tar, out, how, level)
        with open(blob, "rb") as f:
            for data in chunks(f):
                digest.update(data)
        size = os.path.getsize(blob)
        os.replace(blob, os.path.join(layout.blobs, digest.hexdigest()))
    media_type = OCI + "layer.v1.tar" + ("" if how == "none" else "+" + how)
    return ({"mediaType": media_type, "digest": "sha256:" + digest.hexdigest(), "size": size},
            "sha256:" + diff.hexdigest())


def platform(text):
    parts = text.split("/")
    names = ("os", "architecture", "variant")
    if not 2 <= len(parts) <= 3:
        fail("'%s' is not os/arch[/variant]" % text)
    return dict(zip(names, parts))


def make_image(layout, args):
    layers, diff_ids = [], []
    for source in args.layer:
        descriptor, diff_id = layer(layout, source, args.compression, args.level, args.keep_owner)
        layers.append(descriptor)
        diff_ids.append(diff_id)
    for source in args.blob:
        with open(source, "rb") as f:
            layers.append(layout.put(f.read(), OCI + "layer.v1.tar"))
        diff_ids.append(layers[-1]["digest"])
    inner = {}
    if args.user is not None:
        inner["User"] = args.user
    if args.env:
        inner["Env"] = args.env
    if args.label:
        inner["Labels"] = dict(item.split("=", 1) for item in args.label)
    if args.cmd:
        inner["Cmd"] = args.cmd
    said = args.history + ["COPY %d" % i for i in range(len(args.history), len(layers))]
    config = {
        "created": args.created,
        "config": inner,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created": args.created, "created_by": text} for text in said[:len(layers)]],
    }
    config.update(platform(args.platform))
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI + "manifest.v1+json",
        "config": layout.put(canonical(config), OCI + "config.v1+json"),
        "layers": layers,
    }
    return layout.put(canonical(manifest), OCI + "manifest.v1+json")


def make_index(layout, args):
    entries = []
    for tag in args.sources:
        entry = dict(layout.tagged(tag))
        entry.pop("annotations", None)
        config = json.loads(layout.get(json.loads(layout.get(entry))["config"]))
        names = ("os", "architecture", "variant")
        entry["platform"] = {name: config[name] for name in names if name in config}
        entries.append(entry)
    if args.attestation:  # as BuildKit writes them beside each platform
        for entry in list(entries):
            config = layout.put(canonical({"architecture": "unknown", "os": "unknown", "config": {},
                                           "rootfs": {"type": "layers", "diff_ids": []}}),
                                OCI + "config.v1+json")
            extra = layout.put(canonical({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                                          "config": config, "layers": []}), OCI + "manifest.v1+json")
            extra["platform"] = {"os": "unknown", "architecture": "unknown"}
            extra["annotations"] = {"vnd.docker.reference.type": "attestation-manifest",
                                    "vnd.docker.reference.digest": entry["digest"]}
            entries.append(extra)
    return layout.put(canonical({"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
                                 "manifests": entries}), OCI + "index.v1+json")


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", required=True)
    p.add_argument("--tag", required=True)
    p.add_argument("--layer", action="append", default=[])
    p.add_argument("--blob", action="append", default=[])
    p.add_argument("--compression", choices=("gzip", "zstd", "none"), default="gzip")
    p.add_argument("--level", type=int)
    p.add_argument("--user")
    p.add_argument("--env", action="append", default=[])
    p.add_argument("--label", action="append", default=[])
    p.add_argument("--cmd", action="append", default=[])
    p.add_argument("--history", action="append", default=[], help="created_by, one for each layer")
    p.add_argument("--platform", default="linux/amd64")
    p.add_argument("--created", default="2026-01-01T00:00:00Z")
    p.add_argument("--keep-owner", action="store_true")
    p.add_argument("--index", action="store_true")
    p.add_argument("--from", action="append", default=[], dest="sources")
    p.add_argument("--attestation", action="store_true")
    args = p.parse_args()
    if args.index != bool(args.sources) or (args.index and args.layer):
        fail("an index is made --from tags, an image from --layer")
    layout = Layout(args.out)
    descriptor = make_index(layout, args) if args.index else make_image(layout, args)
    layout.tag(descriptor, args.tag)
    print(descriptor["digest"])


if __name__ == "__main__":
    main()
