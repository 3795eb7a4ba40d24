#!/usr/bin/env bash
# Builds and lints, and runs every test project under tests/: first those that need the whole machine, then the others two at a time,
# since much of their time is waiting. Prints each project's output when it has ended, and adds up the reports that they write. The last
# line is "N passed, N failed" (and ", N skipped"). A project that fails, crashes or reports no test fails the run, and so does the
# linter; the others still run.
set -euo pipefail
cd "$(dirname "$0")/.."
export reports=$PWD/artifacts/test-results
rm -rf "$reports"
mkdir -p "$reports"

dotnet build Turnpike.slnx -c Release --nologo -v quiet

# Runs one project; its output, exit code and report stay in the folder of reports.
run() {
  local name status=0
  name=$(basename "$1" .csproj)
  dotnet test --project "$1" -c Release --no-build --no-restore \
    --results-directory "$reports" --report-xunit-xml --report-xunit-xml-filename "$name.xml" > "$reports/$name.log" 2>&1 || status=$?
  echo "$status" > "$reports/$name.status"
  # Whole pieces of output, one after the other.
  flock "$reports" cat <(echo "== $name") "$reports/$name.log"
}
export -f run

# Real calls, real packets and captures: what else runs would be in their figures.
whole=(tests/Turnpike.{Interop,Cluster.Interop}.Tests/*.csproj)
for project in "${whole[@]}"; do
  run "$project"
done

# The longest first, so that none of them is left to run alone at the end.
shared=(tests/Turnpike.{ControlPlane,Cluster,Edge}.Tests/*.csproj)
for project in tests/*.Tests/*.csproj; do
  [[ " ${whole[*]} ${shared[*]} " == *" $project "* ]] || shared+=("$project")
done
make lint > "$reports/lint.log" 2>&1 &
lint=$!
printf '%s\n' "${shared[@]}" | xargs -P 2 -I{} bash -c 'run "$1"' run {}

# The value of an attribute of the report's <assembly> element; 0 without a report.
count() { sed -n "s/.*<assembly [^>]*\b$2=\"\([0-9]*\)\".*/\1/p" "$1" 2> /dev/null | grep . || echo 0; }

passed=0 failed=0 skipped=0 broken=()
for project in "${whole[@]}" "${shared[@]}"; do
  name=$(basename "$project" .csproj)
  report=$reports/$name.xml
  status=$(cat "$reports/$name.status" 2> /dev/null || echo missing)
  ran=$(($(count "$report" passed) + $(count "$report" failed)))
  passed=$((passed + $(count "$report" passed)))
  failed=$((failed + $(count "$report" failed)))
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
