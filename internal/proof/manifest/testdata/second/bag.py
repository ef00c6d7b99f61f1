"""Whether a folder is a complete and valid bag, by RFC 8493 alone: nothing of FORMAT.md is known here."""
import hashlib
import os
import re

ALGORITHMS = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}


def lines(raw, encoding):
    """Section 2.2.4: lines end with LF, CR or CRLF."""
    text = raw.decode(encoding)
    out = re.split("\r\n|\r|\n", text)
    return out[:-1] if out[-1] == "" else out


def unescape(path):
    """Section 2.1.3: only LF, CR and the percent sign are encoded."""
    return re.sub("%(0[AaDd]|25)", lambda found: chr(int(found[1], 16)), path)


def declaration(root, say):
    """Section 2.1.1: the encoding that bagit.txt declares."""
    try:
        with open(os.path.join(root, "bagit.txt"), "rb") as file:
            raw = file.read()
    except FileNotFoundError:
        say("no bagit.txt")
        return "utf-8"
    if raw.startswith(b"\xef\xbb\xbf"):
        say("bagit.txt begins with a byte order mark")
    found = lines(raw, "utf-8")
    if len(found) != 2 or not re.fullmatch(r"BagIt-Version: \d+\.\d+", found[0]):
        say("bagit.txt does not have its two lines")
        return "utf-8"
    if found[0] != "BagIt-Version: 1.0":
        say("bagit.txt is of another version")
    named = re.fullmatch("Tag-File-Character-Encoding: (.+)", found[1])
    if not named:
        say("bagit.txt names no encoding")
        return "utf-8"
    try:
        "".encode(named[1])
    except LookupError:
        say("bagit.txt names an unknown encoding")
        return "utf-8"
    return named[1]


def manifest(root, name, encoding, say):
    """Section 2.1.3: path to digest."""
    out = {}
    with open(os.path.join(root, name), "rb") as file:
        raw = file.read()
    if raw.startswith(b"\xef\xbb\xbf") and encoding.lower() == "utf-8":
        say(name + " begins with a byte order mark")
    for line in lines(raw, encoding):
        found = re.fullmatch(r"([0-9A-Fa-f]+)[ \t]+(\S.*)", line)
        if not found:
            say("%s has a line that is none: %r" % (name, line))
            continue
        if re.search("%(?!0[AaDd]|25)", found[2]):
            say("%s has a percent sign that is not encoded: %s" % (name, found[2]))
        path = unescape(found[2])
        if path.startswith(("/", "~")) or ".." in path.split("/") or "\\" in path or re.match("[A-Za-z]:", path):
            say("%s leads out of the bag: %s" % (name, path))
        if path in out or path.lower() in {other.lower() for other in out}:
            say("%s lists twice: %s" % (name, path))
        out[path] = found[1].lower()
    return out


def inventory(root, say):
    out = []
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            full = os.path.join(folder, name)
            if os.path.islink(full) or not os.path.isdir(full) and not os.path.isfile(full):
                say("no plain file: " + os.path.relpath(full, root))
        out += [os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/") for name in files]
    return set(out)


def tags(root, encoding, payload, say):
    """Section 2.2.2: bag-info.txt, and Payload-Oxum if it is given."""
    try:
        with open(os.path.join(root, "bag-info.txt"), "rb") as file:
            found = lines(file.read(), encoding)
    except FileNotFoundError:
        return
    elements = []
    for line in found:
        if line[:1] in (" ", "\t") and elements:
            elements[-1][1] += " " + line.strip()
            continue
        named = re.fullmatch(r"([^:\s]|[^:\s][^:]*[^:\s])[ \t]*: ?(.*)", line)
        if not named:
            say("bag-info.txt has a line that is none: %r" % line)
            continue
        elements.append([named[1], named[2]])
    oxums = [value for name, value in elements if name.lower() == "payload-oxum"]
    sizes = sum(os.path.getsize(os.path.join(root, name)) for name in payload)
    if len(oxums) > 1 or any(value != "%d.%d" % (sizes, len(payload)) for value in oxums):
        say("Payload-Oxum is wrong")
    for name, value in elements:
        if name.lower() == "bagging-date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            say("Bagging-Date is no date")


def digests(root, name, listed, files, say):
    algorithm = re.fullmatch(r"(?:tag)?manifest-([a-z0-9]+)\.txt", name)[1]
    if algorithm not in ALGORITHMS:
        say("%s is of an unknown algorithm" % name)
        return
    for path, digest in listed.items():
        if path not in files:
            say("%s lists what is not there: %s" % (name, path))
            continue
        with open(os.path.join(root, path), "rb") as file:
            if hashlib.new(algorithm, file.read()).hexdigest() != digest:
                say("%s has another digest of %s" % (name, path))


def problems(root):
    """What keeps a folder from being a complete and valid bag (section 3); empty for a good one."""
    out = []
    say = out.append
    encoding = declaration(root, say)
    files = inventory(root, say)
    if not os.path.isdir(os.path.join(root, "data")):
        say("no payload directory")
    payload = {name for name in files if name.startswith("data/")}
    manifests = sorted(name for name in files if re.fullmatch(r"manifest-[a-z0-9]+\.txt", name))
    if not manifests:
        say("no payload manifest")
    for name in manifests:
        listed = manifest(root, name, encoding, say)
        for path in sorted(payload - set(listed)):
            say("%s does not list %s" % (name, path))
        for path in sorted(set(listed) - {path for path in listed if path.startswith("data/")}):
            say("%s lists what is no payload: %s" % (name, path))
        digests(root, name, listed, files, say)
    for name in sorted(name for name in files if re.fullmatch(r"tagmanifest-[a-z0-9]+\.txt", name)):
        listed = manifest(root, name, encoding, say)
        for path in sorted(listed):
            if path.startswith("data/") or re.fullmatch(r"tagmanifest-[a-z0-9]+\.txt", path):
                say("%s lists what it must not: %s" % (name, path))
        for path in manifests:
            if path not in listed:
                say("%s does not list %s" % (name, path))
        digests(root, name, listed, files, say)
    tags(root, encoding, payload, say)
    if "fetch.txt" in files:
        say("the bag is not complete: it has a fetch.txt")
    return out
