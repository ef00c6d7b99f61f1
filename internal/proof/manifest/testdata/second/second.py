"""A second verifier of packages of released footage, written from FORMAT.md alone.

    second.py PACKAGE [KEY]    prints the verdict and what was found
    second.py --server         answers each line "package<tab>key" (the key's file, or nothing) with a line of JSON

Nothing but Python's standard library is needed.
"""

import json
import os
import sys

import check
import notes
import rfc8493
import source


def look(path, given):
    """The verdict on a package: a dictionary, with the findings under "found"."""
    outside = None
    try:
        if given:
            if os.path.exists(given):
                with open(given, encoding="ascii") as file:
                    given = file.read()
            outside = notes.key(given.strip(), None)
            if outside is None:
                raise source.NoPackage("the key is none")
        files = source.open_(path)
        it = check.Check(files, outside)
    except source.NoPackage as why:
        return {"verdict": "NO PACKAGE", "gaps": False, "codes": [], "found": [("", str(why))]}
    return {"verdict": it.verdict(), "gaps": it.gaps(), "codes": sorted({c for c, _ in it.found}), "found": it.found}


def main():
    if sys.argv[1:] == ["--server"]:
        for line in sys.stdin:
            path, _, key = line.rstrip("\n").partition("\t")
            if path.startswith("bag:"):
                answer = {"bag": rfc8493.judge(source.open_(path[4:]))}
            else:
                answer = look(path, key)
                del answer["found"]
            print(json.dumps(answer), flush=True)
        return
    answer = look(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
    print(answer["verdict"] + (" WITH GAPS" if answer["gaps"] else ""))
    for code, where in answer["found"]:
        print("  " + code + "  " + where)


if __name__ == "__main__":
    main()
