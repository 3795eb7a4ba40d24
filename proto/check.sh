#!/usr/bin/env bash
# Checks the contract with buf: its style, its format, and that nothing in it breaks a program that was built against the released form.
#   check.sh                  checks the files beside this script
#   check.sh --protos FOLDER  checks those of another folder
#   check.sh --format         formats the files
#   check.sh --release        checks style and format, and makes what the files say the released form
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
released=$here/released/v1.binpb
protos=$here
action=check
while [[ $# -gt 0 ]]; do
  case $1 in
    --protos) protos=$(cd "$2" && pwd); shift ;;
    --format | --release) action=${1#--} ;;
    *) echo "check.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done

buf=$here/checks/node_modules/.bin/buf
if [[ ! -x $buf ]]; then
  echo "check.sh: buf is missing; \`make tools\` installs it" >&2
  exit 1
fi

# Google's annotations come with the package that the C# is generated with, so both see the same.
version=$(sed -n 's/.*"Google\.Api\.CommonProtos" Version="\([^"]*\)".*/\1/p' "$root/Directory.Packages.props")
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
google=$packages/google.api.commonprotos/$version/content/protos/google
if [[ ! -d $google ]]; then
  dotnet restore "$root/services/shared/Turnpike.Contracts" --verbosity quiet
fi

# buf wants all modules below one folder.
mkdir -p "$root/artifacts"
work=$(mktemp -d "$root/artifacts/proto.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/proto" "$work/google/google"
cp -r "$protos/turnpike" "$protos/keda" "$work/proto"
cp -r "$google/api" "$google/rpc" "$work/google/google"
cp "$here/buf.yaml" "$work"
cd "$work"

if [[ $action == format ]]; then
  "$buf" format --write proto
  cp -r proto/. "$protos"
  exit
fi

status=0
"$buf" lint proto || status=1
"$buf" format --diff --exit-code proto || { echo "check.sh: not formatted; \`make format\` does it" >&2; status=1; }
case $action in
  check) "$buf" breaking proto --against "$released" || status=1 ;;
  release)
    [[ $status == 0 ]] && "$buf" build proto --exclude-source-info --output "$released"
    ;;
esac
exit "$status"
