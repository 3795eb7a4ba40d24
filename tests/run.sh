#!/usr/bin/env bash
# Builds, publishes and lints, and runs every test project under tests/, one after the other: many of their tests measure packets and time. Adds up
# the reports that they write. The last line is "N passed, N failed" (and ", N skipped"). A project that fails, crashes or reports no
# test fails the run, and so does the linter; the others still run.
set -euo pipefail
cd "$(dirname "$0")/.."
reports=$PWD/artifacts/test-results
rm -rf "$reports"
mkdir -p "$reports"

make lint > "$reports/lint.log" 2>&1 &
lint=$!
dotnet build Turnpike.slnx -c Release --nologo -v quiet
make --no-print-directory publish BUILT=--no-build
lint_status=0
wait "$lint" || lint_status=$?

# The value of an attribute of the report's <assembly> element; 0 without a report.
count() { sed -n "s/.*<assembly [^>]*\b$2=\"\([0-9]*\)\".*/\1/p" "$1" 2> /dev/null | grep . || echo 0; }

passed=0 failed=0 skipped=0 broken=()
for project in tests/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  report=$reports/$name.xml
  echo "== $name"
  status=0
  dotnet test --project "$project" -c Release --no-build --no-restore \
    --results-directory "$reports" --report-xunit-xml --report-xunit-xml-filename "$name.xml" || status=$?
  ran=$(($(count "$report" passed) + $(count "$report" failed)))
  passed=$((passed + $(count "$report" passed)))
  failed=$((failed + $(count "$report" failed)))
  skipped=$((skipped + $(count "$report" skipped)))
  if [[ $status != 0 || $ran == 0 ]]; then
    broken+=("$name (exit code $status, $ran tests ran)")
  fi
done

echo "== lint"
if [[ $lint_status != 0 ]]; then
  cat "$reports/lint.log"
  broken+=("lint: make format mends it")
fi

for each in "${broken[@]}"; do
  echo "failed: $each" >&2
done
# What broke without a failed test to show for it counts as one.
if [[ ${#broken[@]} -gt 0 && $failed == 0 ]]; then
  failed=${#broken[@]}
fi
summary="$passed passed, $failed failed"
[[ $skipped == 0 ]] || summary+=", $skipped skipped"
echo "$summary"
[[ $failed == 0 && $passed -gt 0 ]]
