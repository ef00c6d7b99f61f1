#!/bin/sh
# Brings a Debian machine to where `make run` works or, with --tests, `make test`. It may be run any number of times and
# installs only what is missing: Debian packages (as root or through sudo), two Go programs of exact versions into
# .cache/tools, and the application's npm packages of exact versions into web/node_modules. With --quiet it says
# nothing about what is already there.
set -eu

VERSITYGW=github.com/versity/versitygw/cmd/versitygw@v1.8.0   # a real S3 server, for tests and make run-s3
STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.7.0         # the linter
GO_AT_LEAST=26                                                # Go 1.x
NODE_AT_LEAST=20                                              # what builds the application

cd "$(dirname "$0")/.."
quiet=no
tests=no
for option in "$@"; do
    case $option in
    --quiet) quiet=yes ;;
    --tests) tests=yes ;;
    *) echo "bootstrap: unknown option $option" >&2 && exit 2 ;;
    esac
done

say() { echo "bootstrap: $*"; }
present() { [ $quiet = yes ] || say "$* is there"; }
die() {
    echo "bootstrap: $*" >&2
    exit 1
}

check_go() {
    command -v go >/dev/null || die "Go is missing: install Go 1.$GO_AT_LEAST or later from https://go.dev/dl/ and put it on PATH"
    version=$(go env GOVERSION)
    minor=$(echo "$version" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    [ "${minor:-0}" -ge $GO_AT_LEAST ] || die "$version is too old: install Go 1.$GO_AT_LEAST or later from https://go.dev/dl/"
    present "$version"
}

node_works() { [ "$(node -p 'process.versions.node.split(".")[0]')" -ge $NODE_AT_LEAST ] && npm --version; }

check_node() {
    node_works >/dev/null 2>&1 || die "Node.js $NODE_AT_LEAST or later with npm is missing: install it from https://nodejs.org/ and put it on PATH"
    present "Node.js $(node --version)"
}

# npm_packages : brings web/node_modules to what web/package-lock.json says.
npm_packages() {
    if cmp -s web/package-lock.json .cache/npm-lock.json && [ -d web/node_modules ]; then
        present "web/node_modules"
        return 0
    fi
    say "installing the application's npm packages"
    (cd web && npm ci --no-audit --no-fund) >.cache/bootstrap-npm.log 2>&1 ||
        die "npm ci failed; the last lines of .cache/bootstrap-npm.log:
$(tail -n 5 .cache/bootstrap-npm.log)"
    cp web/package-lock.json .cache/npm-lock.json
}

# package NAME TEST... : NAME is a Debian package, TEST a command that succeeds when it is not needed.
missing=
package() {
    name=$1
    shift
    if "$@" >/dev/null 2>&1; then
        present "$name"
    else
        missing="$missing $name"
    fi
}

# plugin FILE : a player has this plugin.
plugin() { ls /usr/lib/*/"$1"; }

postgres_found() { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; }

install_packages() {
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || die "install these with your system's package manager, then run this again:$missing"
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        die "run as root, or install sudo: apt-get install$missing"
    fi
    log=.cache/bootstrap-apt.log
    say "installing$missing"
    # shellcheck disable=SC2086 # both lists are words on purpose
    {
        $as_root apt-get update &&
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
    } >$log 2>&1 || die "apt-get failed; the last lines of $log:
$(tail -n 5 $log)"
}

# tool MODULE/cmd/NAME@VERSION : builds NAME into .cache/tools unless that version is there.
tool() {
    package=${1%@*}
    version=${1#*@}
    name=${package##*/}
    found=$(go version -m ".cache/tools/$name" 2>/dev/null | awk '$1 == "mod" { print $3 }')
    if [ "$found" = "$version" ]; then
        present "$name $version"
        return 0
    fi
    say "building $name $version"
    GOBIN="$PWD/.cache/tools" GOFLAGS='' CGO_ENABLED=0 go install "$1" >.cache/bootstrap-go.log 2>&1 ||
        die "$name $version could not be built; the last lines of .cache/bootstrap-go.log:
$(tail -n 5 .cache/bootstrap-go.log)"
}

mkdir -p .cache/tools
check_go
package ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
package ffmpeg command -v ffmpeg
package bubblewrap command -v bwrap
package nodejs command -v node
package npm command -v npm
if [ $tests = yes ]; then
    package postgresql postgres_found
    package fuse3 command -v fusermount3
    package chromium command -v chromium
    package python3 command -v python3
    package gstreamer1.0-tools command -v gst-launch-1.0   # players that a recipient may have
    package gstreamer1.0-plugins-base plugin gstreamer-1.0/libgstplayback.so
    package gstreamer1.0-plugins-good plugin gstreamer-1.0/libgstisomp4.so
    package gstreamer1.0-plugins-bad plugin gstreamer-1.0/libgstvideoparsersbad.so
    package gstreamer1.0-libav plugin gstreamer-1.0/libgstlibav.so
    package vlc-bin command -v cvlc
    package vlc-plugin-base plugin vlc/plugins/demux/libmp4_plugin.so
fi
install_packages
check_node
npm_packages
if [ $tests = yes ]; then
    tool "$VERSITYGW"
    tool "$STATICCHECK"
fi
[ $quiet = yes ] || say "done"
