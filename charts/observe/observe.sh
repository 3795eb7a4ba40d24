#!/usr/bin/env bash
# What `make observe` runs: Turnpike, unless it runs already, with a few calls; Prometheus, which scrapes it with the chart's rules; and the chart's dashboards on
# a page that Prometheus serves. All on loopback. Ctrl-C ends what was started here.
#   CALLS=N              calls that are made all the time, when Turnpike is started here; 4, and 0 for none
#   EDGES=HOST:PORT,…    where edges that run already serve /metrics
#   CONTROL_PLANES=…     the same for control planes
#   LISTEN=HOST:PORT     where Prometheus and the page are served
set -euo pipefail
cd "$(dirname "$0")/../.."

# setting NAME DEFAULT PATTERN ALLOWED: what the environment says, or the default; anything else is one clear error.
setting() {
  local value=${!1:-$2}
  [[ $value =~ ^$3$ ]] || { echo "observe: $1=$value: allowed is $4" >&2; return 1; }
  echo "$value"
}
place='([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}'
edges=$(setting EDGES 127.0.0.1:9641 "$place(,$place)*" "HOST:PORT, or several with commas")
planes=$(setting CONTROL_PLANES 127.0.0.1:8080 "$place(,$place)*" "HOST:PORT, or several with commas")
listen=$(setting LISTEN 127.0.0.1:9642 "$place" "HOST:PORT")
calls=$(setting CALLS 4 "[0-9]{1,4}" "a number, 0 to 9999")
work=$PWD/artifacts/observe
loadtest=artifacts/bin/Turnpike.LoadTest/release/turnpike-loadtest
children=()

answers() {
  local host=${1%:*}
  host=${host#[}
  (exec 3<> "/dev/tcp/${host%]}/${1##*:}") 2> /dev/null
}

# Each in a process group of its own, so that it ends with all that it has started. The second SIGTERM ends an edge's drain.
set -m
finish() {
  trap - EXIT
  trap '' INT TERM
  exec 2> /dev/null
  for signal in TERM TERM KILL; do
    for child in "${children[@]}"; do
      kill -"$signal" -- "-$child" || true
    done
    for _ in {1..30}; do
      kill -0 "${children[@]}" || return 0
      sleep 0.1
    done
  done
}
trap finish EXIT
trap 'exit 0' INT TERM

rm -rf "$work"
mkdir -p "$work/site"
if answers "$listen"; then
  echo "observe: something listens on $listen already; LISTEN=HOST:PORT chooses another place" >&2
  exit 1
fi

if [[ -n ${EDGES:-} ]] && ! answers "${edges%%,*}"; then
  echo "observe: EDGES=$edges: nothing answers at ${edges%%,*}; without EDGES, Turnpike is started here" >&2
  exit 1
fi

# Half-minute calls, so that sessions end and begin.
call() {
  local told=
  while true; do
    if ! "$loadtest" relay --server 127.0.0.1:3478 --secret "$Edge__Secrets__0" --allocations "$1" --size 160 --rate $((50 * $1)) --seconds 30 > /dev/null 2> "$work/calls.log"; then
      [[ -n $told ]] || echo "observe: the calls fail: $(tail -n 1 "$work/calls.log")" >&2
      told=1
      sleep 1
    fi
  done
}

if answers "${edges%%,*}"; then
  echo "observe: ${edges%%,*} answers, so nothing is started but Prometheus"
else
  export Edge__Secrets__0=${Edge__Secrets__0:-$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')}
  make --no-print-directory run &
  children+=($!)
  until answers "${edges%%,*}"; do
    kill -0 "${children[0]}" || exit 1
    sleep 0.5
  done
  if ((10#$calls > 0)); then
    dotnet build loadtest/Turnpike.LoadTest -c Release --nologo -v quiet
    call "$((10#$calls))" &
    children+=($!)
  fi
fi

ln -s "$PWD"/charts/observe/page/* "$work/site/"
mkdir "$work/site/dashboards"
ln -s "$PWD"/charts/turnpike/dashboards/*.json "$work/site/dashboards/"
echo '["fleet.json", "edge.json", "tenants.json", "scaling.json", "control-plane.json"]' > "$work/site/dashboards/index.json"
sed -e "s|\[edges\]|[\"${edges//,/\",\"}\"]|; s|\[control-planes\]|[\"${planes//,/\",\"}\"]|; s|\[rules\]|[$PWD/charts/turnpike/rules/turnpike.yaml]|" charts/observe/prometheus.yml > "$work/prometheus.yml"
promtool check config "$work/prometheus.yml" > "$work/check.log" || { cat "$work/check.log" >&2; exit 1; }
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --storage.tsdb.retention.time=1d --storage.tsdb.retention.size=256MB \
  --web.listen-address="$listen" --web.user-assets="$work/site" --log.level=warn &
children+=($!)
until answers "$listen"; do
  kill -0 "${children[-1]}" || exit 1
  sleep 0.2
done
echo
echo "observe: the dashboards are at http://$listen/user/ and Prometheus is at http://$listen/; Ctrl-C ends this"
wait -n "${children[@]}" || true
echo "observe: ended, because one of its parts did" >&2
exit 1
