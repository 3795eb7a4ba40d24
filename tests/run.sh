#!/usr/bin/env bash
# Builds, publishes and lints, and runs every test project under tests/, one after the other: many of their tests measure packets and time. Those that
# do not come first, while the edge is compiled to native code. Adds up the reports that they write. The last line is "N passed, N failed" (and
# ", N skipped"). A project that fails, crashes or reports no test fails the run, and so does the linter; the others still run.
set -euo pipefail
cd "$(dirname "$0")/.."
reports=$PWD/artifacts/test-results
rm -rf "$reports"
mkdir -p "$reports"

make lint > "$reports/lint.log" 2>&1 &
lint=$!
# One compiler for all projects; it ends with the publishing.
export UseSharedCompilation=true
dotnet build Turnpike.slnx -c Release --nologo -v quiet
make --no-print-directory publish BUILT=--no-build > "$reports/publish.log" 2>&1 &
publish=$!

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

# Whether a project's tests need the machine's time and not only its work.
is_timed() { [[ $1 == *.Interop.Tests || $1 =~ ^Turnpike\.(Cluster|ControlPlane|Edge|Sockets|Standalone)\.Tests$ ]]; }

# Whether a failed test may be one that the machine failed: it talks to others over the network.
is_networked() { is_timed "$1" || [[ $1 == Turnpike.LoadTest.Tests ]]; }

# run REPORT PROJECT [FILTER...]: one project's tests.
run() {
  dotnet test --project "$2" -c Release --no-build --no-restore \
    --results-directory "$reports" --report-xunit-xml --report-xunit-xml-filename "$1.xml" "${@:3}"
}

untimed=() timed=()
for project in tests/*.Tests/*.csproj; do
  if is_timed "$(basename "$project" .csproj)"; then timed+=("$project"); else untimed+=("$project"); fi
done

passed=0 failed=0 skipped=0 broken=() again=() lines=()
for project in "${untimed[@]}" "${timed[@]}"; do
  name=$(basename "$project" .csproj)
  if [[ $project == "${timed[0]}" ]]; then
    echo "== publish"
    wait "$publish" || broken+=("publish")
    dotnet build-server shutdown --vbcscompiler > /dev/null
    cat "$reports/publish.log"
  fi
  report=$reports/$name.xml
  echo "== $name"
  status=0
  run "$name" "$project" || status=$?
  ok=$(count "$report" passed) bad=$(count "$report" failed)
  ran=$((ok + bad))
  mapfile -t lines < <(failures "$report")
  # Exit code 2 is failed tests; anything else, and an error beside the tests, is more than that.
  if is_networked "$name" && [[ $status == 2 && $(count "$report" errors) == 0 && $bad -le 5 && ${#lines[@]} == "$bad" ]]; then
    echo "== $name, what failed once more"
    printf '  %s\n' "${lines[@]#*$'\t'}"
    mapfile -t methods < <(printf '%s\n' "${lines[@]%%$'\t'*}" | sort -u)
    status=0
    run "$name.again" "$project" "${methods[@]/#/--filter-method=}" || status=$?
    second=$reports/$name.again.xml
    if [[ $status == 0 && $(count "$second" passed) -ge $bad && $(count "$second" skipped) == 0 && $(count "$second" errors) == 0 ]]; then
      again+=("${lines[@]#*$'\t'}")
      ok=$ran bad=0 lines=()
    fi
  fi
  for each in "${lines[@]}"; do
    broken+=("$name: ${each#*$'\t'}")
  done
  passed=$((passed + ok))
  failed=$((failed + bad))
  skipped=$((skipped + $(count "$report" skipped)))
  if [[ $status != 0 || $ran == 0 ]]; then
    broken+=("$name (exit code $status, $ran tests ran)")
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
