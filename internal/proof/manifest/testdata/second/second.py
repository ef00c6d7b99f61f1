"""A second verifier of packages of footage, written from FORMAT.md alone.

    second.py PACKAGE [--log-key FILE]     one package, one line of JSON
    second.py --server [--log-key FILE]    a path a line on standard input (a tab and a key's file after it are optional), a line of JSON each
    second.py --bag PACKAGE                the bag alone, by RFC 8493
"""
import argparse
import json
import sys

import bag
import check
import notes


def key(path):
    if not path:
        return None
    with open(path, encoding="utf-8") as file:
        return notes.Key(file.read().removesuffix("\n"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("package", nargs="?")
    parser.add_argument("--log-key")
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--bag", action="store_true")
    options = parser.parse_args()
    if not options.server:
        print(json.dumps({"bag": bag.problems(options.package)} if options.bag else check.verify(options.package, key(options.log_key))))
        return
    for line in sys.stdin:
        path, _, other = line.rstrip("\n").partition("\t")
        if path.startswith("bag:"):
            answer = {"bag": bag.problems(path[4:])}
        else:
            answer = check.verify(path, key(other or options.log_key))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
