#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a scanner's report about an image in an OCI layout, in Trivy's or Grype's JSON, on stdout.

  mkreport.py --layout DIR [--tag TAG] [--platform OS/ARCH] [--sbom CYCLONEDX.json]
              [--vulnerability ID:PACKAGE:SEVERITY[:FIXED]]... [--format trivy|grype] ...

The report is bound to the image as a scanner would bind it: by the digest of its configuration and
by its diff_ids. Packages come from the SBOM; a package that is not in it is an error, so that no
report speaks of what the image does not have. Without --sbom any package has version 1.0.
"""
import argparse
import base64
import datetime
import json
import os
import sys

REF = "org.opencontainers.image.ref.name"


def fail(text):
    sys.exit("mkreport: " + text)


def blob(layout, digest):
    algorithm, name = digest.split(":")
    with open(os.path.join(layout, "blobs", algorithm, name), "rb") as f:
        return json.load(f)


def is_image(entry):
    return not entry.get("artifactType") and "subject" not in entry


def find_image(args):
    """The manifest's digest, the manifest and the configuration."""
    with open(os.path.join(args.layout, "index.json"), "rb") as f:
        entries = json.load(f)["manifests"]
    if args.tag:
        entries = [e for e in entries if e.get("annotations", {}).get(REF) == args.tag]
    else:
        entries = [e for e in entries if REF in e.get("annotations", {})] or entries
    entries = [e for e in entries if is_image(e)]
    if len(entries) != 1:
        fail("%d images in %s%s" % (len(entries), args.layout, " with tag " + args.tag if args.tag else ""))
    digest = entries[0]["digest"]
    document = blob(args.layout, digest)
    if "manifests" in document:
        want = args.platform or "linux/amd64"
        found = [e for e in document["manifests"]
                 if "%(os)s/%(architecture)s" % e.get("platform", {"os": "", "architecture": ""}) == want]
        if not found:
            fail("no platform " + want)
        digest = found[0]["digest"]
        document = blob(args.layout, digest)
    return digest, document, blob(args.layout, document["config"]["digest"])


def packages_of(path, diff_ids):
    packages = {}
    if not path:
        return packages
    with open(path, "rb") as f:
        sbom = json.load(f)
    for component in sbom.get("components", []):
        if "purl" not in component:
            continue
        layer = None
        for prop in component.get("properties", []):
            if prop.get("value") in diff_ids:
                layer = prop["value"]
        packages.setdefault(component["name"], {"name": component["name"], "purl": component["purl"],
                                                "version": component.get("version", ""), "layer": layer})
    return packages


def vulnerabilities(args, diff_ids):
    packages = packages_of(args.sbom, diff_ids)
    for text in args.vulnerability:
        parts = text.split(":", 3)
        if len(parts) < 3:
            fail("'%s' is not ID:PACKAGE:SEVERITY[:FIXED]" % text)
        package = packages.get(parts[1])
        if package is None and args.sbom:
            fail("no package '%s' in %s" % (parts[1], args.sbom))
        if package is None:
            package = {"name": parts[1], "version": "1.0", "layer": diff_ids[0] if diff_ids else None,
                       "purl": "pkg:generic/%s@1.0" % parts[1]}
        yield parts[0], package, parts[2], parts[3] if len(parts) == 4 else ""


def leave_out_empty(members):
    return {k: v for k, v in members.items() if v not in ("", None, [], {})}


def trivy(args, manifest, document, config):
    diff_ids = config["rootfs"]["diff_ids"]
    found = []
    for name, package, severity, fixed in vulnerabilities(args, diff_ids):
        found.append(leave_out_empty({
            "VulnerabilityID": name,
            "PkgName": package["name"],
            "PkgIdentifier": {"PURL": package["purl"]},
            "InstalledVersion": package["version"],
            "FixedVersion": fixed,
            "Status": "fixed" if fixed else "affected",
            "Layer": leave_out_empty({"DiffID": package["layer"]}),
            "Title": args.title or "%s in %s" % (name, package["name"]),
            "Severity": severity.upper(),
        }))
    results = [leave_out_empty({"Target": args.name, "Class": "os-pkgs", "Type": "debian",
                                "Vulnerabilities": found})]
    for text in args.secret:
        rule, path, line = text.split(":")
        results.append({"Target": path, "Class": "secret", "Secrets": [{
            "RuleID": rule, "Severity": "HIGH", "Title": rule, "StartLine": int(line),
            "EndLine": int(line), "Match": args.match,
            "Code": {"Lines": [{"Number": int(line), "Content": args.match}]}}]})
    return leave_out_empty({
        "SchemaVersion": args.schema,
        "Trivy": {"Version": "0.60.0"},
        "CreatedAt": args.finished,
        "ArtifactName": args.name,
        "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "debian", "Name": "12.5", **({"EOSL": True} if args.eosl else {})},
                     "ImageID": document["config"]["digest"], "DiffIDs": diff_ids,
                     "RepoTags": [args.name], "ImageConfig": config},
        "Results": [] if args.no_results else results,
    })


def grype(args, manifest, document, config):
    diff_ids = config["rootfs"]["diff_ids"]
    found = []
    for name, package, severity, fixed in vulnerabilities(args, diff_ids):
        found.append({
            "vulnerability": {"id": name, "severity": severity.capitalize(), "cvss": [],
                              "fix": {"versions": [fixed] if fixed else [],
                                      "state": "fixed" if fixed else "not-fixed"}},
            "relatedVulnerabilities": [],
            "artifact": {"name": package["name"], "version": package["version"],
                         "purl": package["purl"], "locations": [
                             leave_out_empty({"path": "/var/lib/dpkg/status", "layerID": package["layer"]})]},
        })
    encoded = base64.b64encode(json.dumps(config).encode()).decode()
    descriptor = {"name": "grype", "version": "0.90.0", "timestamp": args.finished,
                  "db": {"status": {"schemaVersion": "v6.0.2", "built": args.db_built or args.finished,
                                    "valid": True}}}
    return {
        "matches": found,
        "source": {"type": "image", "target": {
            "userInput": args.name, "imageID": document["config"]["digest"],
            "manifestDigest": manifest, "config": encoded,
            "layers": [{"digest": d} for d in diff_ids]}},
        "distro": {"name": "debian", "version": "12"},
        "descriptor": leave_out_empty(descriptor),
    }


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    p.add_argument("--layout", required=True)
    p.add_argument("--tag")
    p.add_argument("--platform", help="of an index; linux/amd64 if not given")
    p.add_argument("--sbom", help="CycloneDX JSON to take packages from")
    p.add_argument("--vulnerability", action="append", default=[], metavar="ID:PACKAGE:SEVERITY[:FIXED]")
    p.add_argument("--secret", action="append", default=[], metavar="RULE:PATH:LINE", help="Trivy only")
    p.add_argument("--match", default="****", help="what a secret's Match and Code show")
    p.add_argument("--title", help="of every vulnerability")
    p.add_argument("--format", choices=("trivy", "grype"), default="trivy")
    p.add_argument("--name", default="app:1.0", help="what the scanner calls the image")
    p.add_argument("--finished", default=now, help="RFC 3339; '' leaves it out")
    p.add_argument("--db-built", help="Grype's database; RFC 3339")
    p.add_argument("--schema", type=int, default=2, help="Trivy's SchemaVersion")
    p.add_argument("--no-results", action="store_true", help="as Trivy does where it supports nothing")
    p.add_argument("--eosl", action="store_true", help="the distribution is past its end of life")
    args = p.parse_args()
    make = trivy if args.format == "trivy" else grype
    json.dump(make(args, *find_image(args)), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
