"""A bag by RFC 8493 alone: nothing here knows what a package is."""

import hashlib
import re


def lines(files, name, wrong):
    try:
        return files.read(name).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        wrong.append(name + " is not UTF-8")
        return []


def manifest(files, name, wrong):
    """The lines of a manifest: name to digest, every way of writing them that the RFC allows."""
    listed = {}
    for line in lines(files, name, wrong):
        it = re.fullmatch(r"([0-9A-Fa-f]{64})[ \t]+\*?(\S.*)", line)
        if not it:
            wrong.append("a line of %s is none" % name)
            continue
        if re.search("%(?!0[aA]|0[dD]|25)", it[2]):
            wrong.append("%s has a percent sign that is not escaped" % name)
        path = re.sub("%(0[aA]|0[dD]|25)", lambda m: chr(int(m[1], 16)), it[2])
        path = path[2:] if path.startswith("./") else path
        if path in listed:
            wrong.append("%s lists twice %s" % (name, path))
        if path.startswith(("/", "~")) or ".." in path.split("/"):
            wrong.append("%s names %s, which leads out of the bag" % (name, path))
        listed[path] = it[1].lower()
    return listed


def judge(files):
    """What is wrong with a bag: a list of sentences, empty of a valid one."""
    wrong, there = [], {n for n, _, _ in files.entries}
    for name in ("bagit.txt", "manifest-sha256.txt"):
        if name not in there:
            return ["no payload manifest" if name != "bagit.txt" else "no bagit.txt"]
    declared = lines(files, "bagit.txt", wrong)
    if len(declared) != 2 or not re.fullmatch(r"BagIt-Version: \d+\.\d+", declared[0]) or (
            declared[1] != "Tag-File-Character-Encoding: UTF-8"):
        wrong.append("bagit.txt does not have its two lines")
    payload = manifest(files, "manifest-sha256.txt", wrong)
    tags = manifest(files, "tagmanifest-sha256.txt", wrong) if "tagmanifest-sha256.txt" in there else {}
    for name in sorted(n for n in there if n.startswith("data/")):
        if name not in payload:
            wrong.append("manifest-sha256.txt does not list " + name)
    for of, listed in (("manifest-sha256.txt", payload), ("tagmanifest-sha256.txt", tags)):
        for name, digest in listed.items():
            if (of == "manifest-sha256.txt") != name.startswith("data/"):
                wrong.append("%s lists %s, which is not its to list" % (of, name))
            elif name not in there:
                wrong.append("%s lists what is not there: %s" % (of, name))
            elif hashlib.sha256(files.read(name)).hexdigest() != digest:
                wrong.append("%s has another digest of %s" % (of, name))
    if "tagmanifest-sha256.txt" in tags:
        wrong.append("tagmanifest-sha256.txt lists itself")
    if "bag-info.txt" in there:
        information(files, wrong)
    return wrong


def information(files, wrong):
    sizes = [s for n, s, _ in files.entries if n.startswith("data/")]
    for line in lines(files, "bag-info.txt", wrong):
        if line[:1] in " \t":
            continue
        label, colon, value = line.partition(":")
        if not colon or not label.strip():
            wrong.append("a line of bag-info.txt has no label")
        if label.strip().lower() == "payload-oxum" and value.strip() != "%d.%d" % (sum(sizes), len(sizes)):
            wrong.append("Payload-Oxum is wrong")
