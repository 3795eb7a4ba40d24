#!/bin/sh
# Runs one target under libFuzzer, guided by coverage: libfuzzer.sh TARGET [SECONDS]
#
# Needs, besides the SDK:
#   the sharpfuzz tool           dotnet tool install --global SharpFuzz.CommandLine
#   the libfuzzer-dotnet driver  from the releases of github.com/Metalnem/libfuzzer-dotnet, or built from its source:
#                                apt-get install clang libclang-rt-14-dev
#                                clang -fsanitize=fuzzer libfuzzer-dotnet.cc -o libfuzzer-dotnet
# LIBFUZZER_DOTNET and SHARPFUZZ name the two where they are not on the PATH.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=${1:?usage: libfuzzer.sh TARGET [SECONDS]}
seconds=${2:-600}
driver=${LIBFUZZER_DOTNET:-libfuzzer-dotnet}
sharpfuzz=${SHARPFUZZ:-sharpfuzz}
for needed in "$driver" "$sharpfuzz"; do
    command -v "$needed" >/dev/null || { echo "libfuzzer.sh: $needed not found; its head says where it comes from" >&2; exit 2; }
done
[ -d "$here/corpus/$target" ] || { echo "libfuzzer.sh: no target $target" >&2; exit 2; }

# Instrumentation rewrites the assemblies, so it gets a build of its own, and new inputs a corpus of their own.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet publish "$here/Turnpike.Fuzz.csproj" --configuration Release --output "$work/bin"
for assembly in "$work"/bin/Turnpike.*.dll; do
    case $assembly in
        */Turnpike.Fuzz.dll) ;;
        *) "$sharpfuzz" "$assembly" ;;
    esac
done

# The driver starts a program with at most one argument.
printf '#!/bin/sh\nexec dotnet "%s" libfuzzer "%s"\n' "$work/bin/Turnpike.Fuzz.dll" "$target" >"$work/target"
chmod +x "$work/target"

mkdir -p "$work/corpus" artifacts/findings
"$driver" --target_path="$work/target" \
    -max_total_time="$seconds" -timeout=10 -artifact_prefix="artifacts/findings/$target-" "$work/corpus" "$here/corpus/$target"
