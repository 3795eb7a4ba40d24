#!/usr/bin/env bash
# Builds the images from the services' Containerfiles, on bases made here of Debian and the .NET on this machine: no registry of images is asked.
# Needs root. Leaves localhost/turnpike/{edge,control-plane,redis}:test in a store of its own under artifacts/images.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/images/environment.sh

missing=()
for each in buildah podman runc catatonit mmdebstrap curl python3-yaml coturn; do
  dpkg-query -W -f '${Status}' "$each" 2> /dev/null | grep -q '^install ok' || missing+=("$each")
done
if [[ ${#missing[@]} -gt 0 ]]; then
  echo "images: installing ${missing[*]} (Debian)"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" > /dev/null
fi

build() { # build NAME [ARGUMENTS…] with a Containerfile on standard input, in an empty context unless told otherwise
  local name=$1
  shift
  buildah bud --quiet --isolation chroot --layers=false --tag "localhost/turnpike/$name" "$@" > /dev/null
}

# The build runs as root of the image: its home is where its packages are.
home=$(getent passwd root | cut -d: -f6)
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
empty=$images/empty
mkdir -p "$empty"
if ! buildah images --quiet localhost/turnpike/linker:test > /dev/null 2>&1; then
  debian() { # debian NAME PACKAGES
    mmdebstrap --quiet --variant=minbase --include="ca-certificates,libicu72,libssl3,libstdc++6,zlib1g,$2" bookworm "$images/base.tar"
    build "$1" --file - "$images" <<< $'FROM scratch\nADD base.tar /'
    rm "$images/base.tar"
  }
  echo "images: making bases of Debian"
  debian base:test redis-server
  debian linker:test gcc,libc6-dev
  # The bases that the Containerfiles ask for: the SDK is lent to the build, the runtime is part of the image, where the image needs one.
  build sdk:test --file - "$empty" <<< $'FROM localhost/turnpike/linker:test\nRUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet'
  build runtime:test --file - "$dotnet" << 'RUNTIME'
FROM localhost/turnpike/base:test
COPY dotnet /usr/share/dotnet/
COPY host /usr/share/dotnet/host
COPY shared /usr/share/dotnet/shared
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
RUNTIME
  buildah tag localhost/turnpike/base:test localhost/turnpike/redis:test
fi

for service in edge control-plane; do
  echo "images: building $service"
  runtime=runtime:test
  [[ $service != edge ]] || runtime=base:test
  buildah bud --quiet --isolation chroot --layers=false --tag "localhost/turnpike/$service:test" --file "services/$service/Containerfile" \
    --build-arg SDK_IMAGE=localhost/turnpike/sdk:test --build-arg RUNTIME_IMAGE=localhost/turnpike/$runtime \
    --build-arg REVISION="$(git rev-parse HEAD)" \
    --volume "$dotnet:/usr/share/dotnet:ro" --volume "$HOME/.nuget:$home/.nuget" --volume /etc/ssl/certs:/etc/ssl/certs:ro . > /dev/null
done
