#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes archives that no archiver would write: tars.py KIND [NUMBER] >FILE

odd       entries that climb out, absolute names, links that point out, devices, names of 64 KiB
many N    N empty files in directories of a thousand
bomb      the header of a file of 64 GiB, to be followed by that much
sparse    a file of 8 TiB that is one hole
"""
import io
import os
import sys
import tarfile


def add(tar, name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    tar.addfile(info, io.BytesIO(data))


def odd(out):
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        target = os.environ.get("CANARY", "/nowhere")
        for name in ("../up", "a/../../../up", "../../var/lib/dpkg/status"):
            add(tar, name, b"out of the image")
        add(tar, target, b"absolute")
        add(tar, "link", type=tarfile.SYMTYPE, linkname="../../../../../../" + target)
        add(tar, "link/through", b"through a link")
        add(tar, "hard", type=tarfile.LNKTYPE, linkname="../../../../../.." + target)
        add(tar, "null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
        add(tar, "pipe", type=tarfile.FIFOTYPE)
        add(tar, "n/" * 32767 + "x", b"long")
        add(tar, "setuid", b"s", mode=0o4755)


def header(name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def many(out, count):
    template = bytearray(header("x", 0))
    template[0:100] = bytes(100)
    template[148:156] = b" " * 8
    base = sum(template)
    block = []
    for i in range(count):
        name = b"d%d/f%d" % (i // 1000, i)
        one = template[:]
        one[0:len(name)] = name
        one[148:156] = b"%06o\0 " % (base + sum(name))
        block.append(bytes(one))
        if len(block) == 4096:
            out.write(b"".join(block))
            block = []
    out.write(b"".join(block) + bytes(1024))


def main():
    out, kind = sys.stdout.buffer, sys.argv[1]
    if kind == "odd":
        odd(out)
    elif kind == "many":
        many(out, int(sys.argv[2]))
    elif kind == "bomb":
        out.write(header("zeros", 64 << 30))
    elif kind == "sparse":
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
            info = tarfile.TarInfo("var/lib/dpkg/status")
            info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                                "GNU.sparse.name": "var/lib/dpkg/status",
                                "GNU.sparse.realsize": str(8 << 40)}
            body = b"1\n0\n0\n".ljust(512, b"\0")
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
        out.write(data.getvalue())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
