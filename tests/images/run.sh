#!/usr/bin/env bash
# Runs the pods that the chart renders, from the images that build.sh left, with podman: Redis, the control plane and an edge. Relays through them
# with coturn's client and with the pod of `helm test`, and ends the edge while a call is up. Needs root, and free ports 3478, 6379, 8080, 8443, 9641.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/images/environment.sh
helm=artifacts/tools/helm
[[ -x $helm ]] || helm=helm
folder=$(mktemp -d)
address=$(hostname -I | cut -d' ' -f1)

say() { echo "images: $*"; }
fail() {
  say "$*" >&2
  for pod in edge control-plane redis; do
    podman logs --tail 20 "turn-turnpike-$pod-$pod" 2>&1 | sed "s/^/  $pod: /" >&2
  done
  exit 1
}
play() { podman play kube --quiet "$@" > "$folder/play.log" 2>&1 || fail "podman: $(cat "$folder/play.log")"; }
clean() {
  podman play kube --down "$folder/pods.yaml" > /dev/null 2>&1 || say "nothing was left to stop"
  rm -rf "$folder"
}
trap clean EXIT
await() { # await URL
  for _ in $(seq 100); do
    if curl --silent --fail --output /dev/null "$1"; then
      return
    fi
    sleep 0.3
  done
  fail "$1 does not answer"
}

"$helm" template turn charts/turnpike --set redis.trial.enabled=true,redis.trial.image=localhost/turnpike/redis:test \
  --set edge.image.repository=localhost/turnpike/edge,edge.image.tag=test,controlPlane.image.repository=localhost/turnpike/control-plane,controlPlane.image.tag=test \
  --set edge.drain.deadlineSeconds=20,edge.config.Edge__Protocol__Rfc5766ChannelNumbers=true,edge.config.Edge__Relay__AllowPrivate=true > "$folder/rendered.yaml"
/usr/bin/python3 tests/images/resolve.py "$address" < "$folder/rendered.yaml" > "$folder/all.yaml"
/usr/bin/python3 - "$folder" << 'SPLIT'
import sys, yaml
folder = sys.argv[1]
pods = list(yaml.safe_load_all(open(f"{folder}/all.yaml")))
test = [each for each in pods if each["metadata"]["name"].endswith("-test")]
yaml.safe_dump_all([each for each in pods if each not in test], open(f"{folder}/pods.yaml", "w"), sort_keys=False)
yaml.safe_dump_all(test, open(f"{folder}/test.yaml", "w"), sort_keys=False)
print(test[0]["spec"]["containers"][0]["env"][0]["value"], file=open(f"{folder}/token", "w"))
SPLIT

play "$folder/pods.yaml"
await "http://$address:9641/health/ready"
await "http://$address:8080/health/ready"
say "redis, control plane and edge are ready on $address"
for pod in edge control-plane; do
  podman inspect "turn-turnpike-$pod-$pod" --format \
    "images: $pod: user {{.Config.User}}, read-only root {{.HostConfig.ReadonlyRootfs}}, capabilities dropped {{len .HostConfig.CapDrop}}, memory {{.HostConfig.Memory}}"
done

issued=$(curl --silent --fail -H "Authorization: Bearer $(cat "$folder/token")" -H 'Content-Type: application/json' -d '{"user":"alice"}' \
  "http://$address:8080/v1/credentials:issue") || fail "no credential is issued"
user=$(sed -n 's/.*"username": *"\([^"]*\)".*/\1/p' <<< "$issued")
password=$(sed -n 's/.*"credential": *"\([^"]*\)".*/\1/p' <<< "$issued")
say "issued $user"
# coturn's client binds RFC 5766's channel numbers.
turnutils_uclient -y -n 50 -m 2 -l 160 -u "$user" -w "$password" "$address" > "$folder/uclient.log" 2>&1 || fail "uclient: $(tail -5 "$folder/uclient.log")"
grep -E 'tot_send_bytes|Total lost packets' "$folder/uclient.log" | tail -2
grep -q 'Total lost packets 0 ' "$folder/uclient.log" || fail "uclient lost packets"

play "$folder/test.yaml"
code=$(podman wait turn-turnpike-test-relay)
podman logs turn-turnpike-test-relay 2>&1 | sed 's/^/images: helm test: /'
podman play kube --down "$folder/test.yaml" > /dev/null
[[ $code == 0 ]] || fail "the pod of helm test ended with $code"

turnutils_uclient -y -n 400 -m 2 -l 160 -u "$user" -w "$password" "$address" > "$folder/drain.log" 2>&1 &
call=$!
for _ in $(seq 100); do
  curl --silent "http://$address:9641/metrics" | grep -q '^turnpike_edge_allocations{[^}]*udp[^}]*} [4-9]' && break
  sleep 0.1
done
podman kill --signal TERM turn-turnpike-edge-edge > /dev/null
wait "$call"
grep -q 'Total lost packets 0 ' "$folder/drain.log" || fail "the drain lost packets: $(tail -3 "$folder/drain.log")"
code=$(podman wait turn-turnpike-edge-edge)
[[ $code == 0 ]] || fail "the edge ended with $code"
podman logs turn-turnpike-edge-edge 2>&1 | grep -o '"Message":"Drain[^"]*"' | sed 's/"Message":/images: edge: /'
say "a call went on while the edge drained, and the edge ended with 0"
