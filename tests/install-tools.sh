#!/usr/bin/env bash
# Installs what the interop tests and the benchmark drive: coturn's clients and server, Chromium, tshark, iproute2 and Node.js from Debian,
# playwright-core from npm. Says what it installs; quick and silent when nothing is missing.
set -euo pipefail
browser=$(cd "$(dirname "$0")" && pwd)/Turnpike.Interop.Tests/browser

missing=()
need() { # need COMMAND PACKAGE
  if ! command -v "$1" > /dev/null && [[ " ${missing[*]-} " != *" $2 "* ]]; then
    missing+=("$2")
  fi
}
PATH=$PATH:/usr/sbin:/sbin
need turnserver coturn
need turnutils_uclient coturn
need chromium chromium
need tshark tshark
need node nodejs
need npm npm
need ip iproute2

if [[ ${#missing[@]} -gt 0 ]]; then
  root=()
  if [[ $(id -u) != 0 ]]; then
    root=(sudo)
  fi
  if ! command -v apt-get > /dev/null || ! command -v "${root[0]:-env}" > /dev/null; then
    echo "install-tools: please install ${missing[*]}, which takes apt-get, and root or sudo" >&2
    exit 1
  fi

  echo "install-tools: installing ${missing[*]} (Debian)"
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" > /dev/null

  # The package starts a server on port 3478 where there is an init system; the tests start their own.
  if [[ " ${missing[*]} " == *" coturn "* && -d /run/systemd/system ]]; then
    echo "install-tools: stopping the coturn service, which its package has just started"
    "${root[@]}" systemctl disable --quiet --now coturn
  fi
fi

if [[ ! $browser/node_modules/.package-lock.json -nt $browser/package-lock.json ]]; then
  echo "install-tools: installing playwright-core (npm)"
  npm ci --prefix "$browser" --silent --no-fund --no-audit
fi
