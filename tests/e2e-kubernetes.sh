#!/usr/bin/env bash
# The scaler's scenarios against a real cluster: the one that KUBECONFIG names, with Turnpike installed in it. See tests/e2e-kubernetes.md.
# Prints a line for each scenario; the last one is "N passed, N failed".
set -euo pipefail

namespace=${TURNPIKE_NAMESPACE:-turnpike}
workload=${TURNPIKE_WORKLOAD:-turnpike-edge}
control_plane=${TURNPIKE_CONTROL_PLANE:-turnpike-control-plane}
client_image=${TURNPIKE_CLIENT_IMAGE:-coturn/coturn:4.6}
calls=${TURNPIKE_SCALING_CALLS:-24}
per_edge=${TURNPIKE_CALLS_PER_EDGE:-5}
limit=${TURNPIKE_STEP_SECONDS:-600}

fail() { echo "e2e-kubernetes: $*" >&2; exit 1; }

[[ -n ${KUBECONFIG:-} ]] || fail "KUBECONFIG names no file: set it to that of a cluster with Turnpike installed (tests/e2e-kubernetes.md)"
[[ -r $KUBECONFIG ]] || fail "KUBECONFIG: $KUBECONFIG cannot be read"
for tool in kubectl jq curl; do
  command -v "$tool" > /dev/null || fail "$tool is missing"
done
k() { kubectl --namespace "$namespace" "$@"; }
kubectl version --request-timeout=10s > /dev/null 2>&1 || fail "the API server of $KUBECONFIG does not answer"
k get deployment "$workload" > /dev/null 2>&1 || fail "there is no Deployment $workload in the namespace $namespace (TURNPIKE_NAMESPACE, TURNPIKE_WORKLOAD)"
[[ -n ${TURNPIKE_USER:-} && -n ${TURNPIKE_PASSWORD:-} ]] || fail "TURNPIKE_USER and TURNPIKE_PASSWORD: a credential that the edges take"

run=e2e-$(date +%s)
passed=0 failed=0
cordoned=
clean_up() {
  if [[ -n $cordoned ]]; then
    kubectl uncordon "$cordoned" > /dev/null || echo "e2e-kubernetes: the node $cordoned is still cordoned: kubectl uncordon $cordoned" >&2
  fi
  k delete job,pod,hpa --selector "turnpike-e2e=$run" --ignore-not-found --wait=false > /dev/null \
    || echo "e2e-kubernetes: what has the label turnpike-e2e=$run in the namespace $namespace is still there" >&2
}
trap clean_up EXIT

replicas() { k get deployment "$workload" -o jsonpath='{.spec.replicas}'; }
events() { k get events --field-selector "involvedObject.name=$workload" -o jsonpath='{range .items[*]}{.reason}{"\n"}{end}'; }
holder() { k get lease "$workload-scaler" -o jsonpath='{.spec.holderIdentity}'; }
selector() { k get deployment "$workload" -o json | jq -r '.spec.selector.matchLabels | to_entries | map("\(.key)=\(.value)") | join(",")'; }
pods() { k get pods --selector "$(selector)" -o json | jq -r '.items[] | select(.metadata.deletionTimestamp == null) | .metadata.name'; }
serving() {
  k get pods --selector "$(selector)" -o json | jq -r '.items[]
    | select(.metadata.deletionTimestamp == null and (.metadata.annotations["turnpike.dev/drain"] | not))
    | select(any(.status.conditions[]?; .type == "Ready" and .status == "True")) | .metadata.name'
}

# until WHAT COMMAND…: waits for the command to succeed.
until_true() {
  local what=$1 end=$((SECONDS + limit))
  shift
  until "$@"; do
    (( SECONDS < end )) || { echo "not within $limit s: $what" >&2; return 1; }
    sleep 2
  done
}

# call POD CALLS SECONDS NAME: calls over the edge of a pod, as a Job; it fails when a packet is lost.
call() {
  local address
  address=$(k get pod "$1" -o jsonpath='{.status.podIP}')
  k apply -f - > /dev/null << EOF
apiVersion: batch/v1
kind: Job
metadata: { name: $run-$4, labels: { turnpike-e2e: $run } }
spec:
  backoffLimit: 0
  template:
    metadata: { labels: { turnpike-e2e: $run } }
    spec:
      restartPolicy: Never
      containers:
        - name: calls
          image: $client_image
          command: [sh, -c]
          args:
            - |
              out=\$(turnutils_uclient -v -u "$TURNPIKE_USER" -w "$TURNPIKE_PASSWORD" -c -m $2 -n $(($3 * 20)) -z 50 -l 160 -e $peer -r 3480 $address)
              echo "\$out"
              echo "\$out" | grep -q "Total lost packets 0"
EOF
}
calls_end_well() { k wait --for=condition=complete "job/$1" --timeout="${limit}s" > /dev/null; }

scenario() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1)); echo "passed: $name"
  else
    failed=$((failed + 1)); echo "failed: $name" >&2
  fi
}

is() { [[ $(replicas) == "$1" && $(serving | wc -l) -ge $1 ]]; }
has_event() { events | grep -qx "$1"; }
gone() { ! pods | grep -qxF "$1"; }

follows_the_load() {
  local most i=0 pod
  most=$(((calls + per_edge - 1) / per_edge))
  for pod in $(serving); do
    call "$pod" $((calls / 2)) 240 "up-$((i++))" || return 1
    (( i * (calls / 2) < calls )) || break
  done
  until_true "$most edges serve" is "$most" || return 1
  while (( i > 0 )); do
    calls_end_well "$run-up-$((--i))" || return 1
  done
  until_true "the fleet is small again" is "$least" && has_event EdgeRemoved
}

survives_its_leader() {
  local first
  first=$(holder)
  k delete pod "${first%-*}" --wait=false > /dev/null || return 1
  another() { [[ -n $(holder) && $(holder) != "$first" ]]; }
  until_true "another one leads" another
}

drains_a_cordoned_node() {
  local pod
  pod=$(serving | head -1)
  cordoned=$(k get pod "$pod" -o jsonpath='{.spec.nodeName}')
  call "$pod" 2 30 node || return 1
  kubectl cordon "$cordoned" > /dev/null || return 1
  until_true "$pod went" gone "$pod" && calls_end_well "$run-node" || return 1
  kubectl uncordon "$cordoned" > /dev/null && cordoned=
}

refuses_beside_an_autoscaler() {
  k autoscale deployment "$workload" --name "$run" --min 1 --max 50 --cpu-percent 90 > /dev/null || return 1
  k label hpa "$run" "turnpike-e2e=$run" > /dev/null
  until_true "it refuses" has_event NotScaled || return 1
  k delete hpa "$run" > /dev/null
}

upgrades_without_loss() {
  local before pod
  before=$(pods)
  pod=$(serving | head -1)
  call "$pod" 2 30 rollout || return 1
  k rollout restart deployment "$workload" > /dev/null || return 1
  for pod in $before; do
    until_true "$pod went" gone "$pod" || return 1
  done
  calls_end_well "$run-rollout"
}

k run "$run-peer" --image "$client_image" --labels "turnpike-e2e=$run" --command -- turnutils_peer -p 3480 > /dev/null
k wait --for=condition=ready "pod/$run-peer" --timeout="${limit}s" > /dev/null || fail "the peer does not start: TURNPIKE_CLIENT_IMAGE=$client_image"
peer=$(k get pod "$run-peer" -o jsonpath='{.status.podIP}')
[[ -n $(holder) ]] || fail "nobody holds the Lease $workload-scaler: is ControlPlane:Kubernetes:Workload $workload?"
least=$(k get deployment "$control_plane" -o json | jq -r '[.spec.template.spec.containers[].env[]? | select(.name == "ControlPlane__Scaling__MinReplicas").value][0] // "1"')

scenario "the edges follow the load, and no packet is lost" follows_the_load
scenario "another replica scales when the one that did is gone" survives_its_leader
scenario "a cordoned node's edge is drained, and no packet is lost" drains_a_cordoned_node
scenario "nothing is scaled beside an autoscaler" refuses_beside_an_autoscaler
scenario "every edge is replaced, and no packet is lost" upgrades_without_loss

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
