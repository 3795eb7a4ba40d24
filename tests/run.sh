#!/usr/bin/env bash
# Installs the tools, builds, publishes and lints, and runs every test project under tests/, two at a time: most of them wait for somebody half of the
# time. Those that start published programs come when these are there; until then others run, while the edge is compiled to native code. A project's
# output is printed whole when it ends. Adds up the reports that they write. The last line is "N passed, N failed" (and ", N skipped"). A project that
# fails, crashes or reports no test fails the run, and so does the linter; the others still run.
set -euo pipefail
cd "$(dirname "$0")/.."
reports=$PWD/artifacts/test-results
rm -rf "$reports"
mkdir -p "$reports"
# Nothing goes on after an interrupt.
trap 'jobs -p | xargs -r kill' EXIT

# Downloads beside the compiler's work.
tests/install-tools.sh > "$reports/tools.log" 2>&1 &
tools=$!
# One compiler for all projects; it ends with the publishing.
export UseSharedCompilation=true
dotnet build Turnpike.slnx -c Release --nologo -v quiet
if ! wait "$tools"; then
  cat "$reports/tools.log"
  exit 1
fi
cat "$reports/tools.log"
make lint > "$reports/lint.log" 2>&1 &
lint=$!
# The build has analyzed the sources, and nobody debugs what the tests start.
make --no-print-directory publish BUILT=--no-build NATIVE_OPTIONS="-p:RunAnalyzers=false -p:NativeDebugSymbols=false" > "$reports/publish.log" 2>&1 &
publish=$!
# Most of what the tests run ends before it is worth being optimized by what was counted in it.
export DOTNET_TieredPGO=0

# The value of an attribute of the report's <assembly> element; 0 without a report.
count() { sed -n "s/.*<assembly [^>]*\b$2=\"\([0-9]*\)\".*/\1/p" "$1" 2> /dev/null | grep . || echo 0; }

# The failed tests of a report, each as "type.method<TAB>name: message", one line each.
failures() {
  [[ -f $1 ]] || return 0
  awk 'BEGIN { RS = "<test " } NR > 1 && /result="Fail"/ {
    match($0, /type="[^"]*"/); type = substr($0, RSTART + 6, RLENGTH - 7)
    match($0, /method="[^"]*"/); method = substr($0, RSTART + 8, RLENGTH - 9)
    match($0, /name="[^"]*"/); name = substr($0, RSTART + 6, RLENGTH - 7)
    message = ""
    if (match($0, /<message>(<!\[CDATA\[)?[^\n]*/)) { message = substr($0, RSTART + 9, RLENGTH - 9); gsub(/<!\[CDATA\[|\]\]>.*|<\/message>.*/, "", message) }
    gsub(/&quot;/, "\"", name)
    print type "." method "\t" name ": " message
  }' "$1"
}

# Whether a failed test may be one that the machine failed: it talks to others over the network, or is about time.
is_networked() { [[ $1 == *.Interop.Tests || $1 =~ ^Turnpike\.(Cluster|ControlPlane|Edge|LoadTest|Sockets|Standalone)\.Tests$ ]]; }

# run REPORT PROJECT [FILTER...]: one project's tests, in place of the shell that asks for it.
run() {
  exec dotnet "${ArtifactsPath:-$PWD/artifacts}/bin/$2/release/$2.dll" \
    --results-directory "$reports" --report-xunit-xml --report-xunit-xml-filename "$1.xml" "${@:3}"
}

# tell NAME STATUS: adds up the report of a project that has ended, and says what is wrong with it.
tell() {
  local report=$reports/$1.xml ok bad lines
  ok=$(count "$report" passed) bad=$(count "$report" failed)
  mapfile -t lines < <(failures "$report")
  passed=$((passed + ok))
  failed=$((failed + bad))
  skipped=$((skipped + $(count "$report" skipped)))
  for each in "${lines[@]}"; do
    broken+=("$1: ${each#*$'\t'}")
  done
  if [[ $2 != 0 || $((ok + bad)) == 0 ]]; then
    broken+=("$1 (exit code $2, $((ok + bad)) tests ran)")
  fi
}

# Whether a project's failed tests are few, and nothing else is wrong with it: exit code 2 is failed tests, anything else, and an error beside the
# tests, is more than that.
is_worth_another() {
  local report=$reports/$1.xml bad
  bad=$(count "$report" failed)
  is_networked "$1" && [[ $2 == 2 && $(count "$report" errors) == 0 && $bad -le 5 && $(failures "$report" | wc -l) == "$bad" ]]
}

# The longest first, so that none of them is left alone at the end.
waiting=()
for name in Interop ControlPlane.Interop Cluster.Interop ControlPlane Standalone Edge Cluster; do
  waiting+=("Turnpike.$name.Tests")
done
for project in tests/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  [[ " ${waiting[*]} " == *" $name "* ]] || waiting+=("$name")
done

# Starts the first project that can be; false where none can.
start_next() {
  local i
  for i in "${!waiting[@]}"; do
    if [[ -z $publish || ${waiting[i]} != *.Interop.Tests ]]; then
      run "${waiting[i]}" "${waiting[i]}" > "$reports/${waiting[i]}.log" 2>&1 &
      running[$!]=${waiting[i]}
      began[$!]=$SECONDS
      unset "waiting[i]"
      return
    fi
  done
  return 1
}

passed=0 failed=0 skipped=0 broken=() again=() once_more=()
declare -A running=(["$publish"]=publish) began=(["$publish"]=$SECONDS)
while true; do
  while [[ ${#running[@]} -lt 2 ]] && start_next; do :; done
  [[ ${#running[@]} -gt 0 ]] || break
  status=0
  wait -n -p ended "${!running[@]}" || status=$?
  name=${running[$ended]}
  unset "running[$ended]"
  echo "== $name ($((SECONDS - began[$ended])) s)"
  cat "$reports/$name.log"
  if [[ $name == publish ]]; then
    [[ $status == 0 ]] || broken+=("publish")
    publish=
    dotnet build-server shutdown --vbcscompiler > /dev/null
  elif is_worth_another "$name" "$status"; then
    once_more+=("$name")
  else
    tell "$name" "$status"
  fi
done

# By now nothing else needs the machine.
for name in "${once_more[@]}"; do
  echo "== $name, what failed once more"
  report=$reports/$name.xml second=$reports/$name.again.xml
  mapfile -t lines < <(failures "$report")
  printf '  %s\n' "${lines[@]#*$'\t'}"
  mapfile -t methods < <(printf '%s\n' "${lines[@]%%$'\t'*}" | sort -u)
  status=0
  (run "$name.again" "$name" "${methods[@]/#/--filter-method=}") || status=$?
  if [[ $status == 0 && $(count "$second" passed) -ge ${#lines[@]} && $(count "$second" skipped) == 0 && $(count "$second" errors) == 0 ]]; then
    again+=("${lines[@]#*$'\t'}")
    passed=$((passed + $(count "$report" passed) + ${#lines[@]}))
    skipped=$((skipped + $(count "$report" skipped)))
  else
    tell "$name" 2
  fi
done

echo "== lint"
if ! wait "$lint"; then
  cat "$reports/lint.log"
  broken+=("lint: make format mends it")
fi

for each in "${again[@]}"; do
  echo "passed when run again: $each"
done
for each in "${broken[@]}"; do
  echo "failed: $each"
done
# What broke without a failed test to show for it counts as one.
if [[ ${#broken[@]} -gt 0 && $failed == 0 ]]; then
  failed=${#broken[@]}
fi
summary="$passed passed, $failed failed"
[[ $skipped == 0 ]] || summary+=", $skipped skipped"
echo "$summary"
[[ $failed == 0 && $passed -gt 0 ]]
