{{/* What the schema cannot say: settings that contradict each other. One line each, and how to mend it. */}}
{{- define "turnpike.checks" -}}
{{- $v := .Values -}}
{{- if not (or $v.redis.trial.enabled $v.redis.hosts $v.redis.connectionSecret) -}}
{{- fail "redis: no store is set. Set redis.hosts (and redis.existingSecret), or redis.connectionSecret, or redis.trial.enabled=true to try Turnpike with a Redis that forgets" -}}
{{- end -}}
{{- if gt (len (compact (list (ternary "trial" "" $v.redis.trial.enabled) (ternary "hosts" "" (not (empty $v.redis.hosts))) $v.redis.connectionSecret))) 1 -}}
{{- fail "redis: set only one of redis.hosts, redis.connectionSecret and redis.trial.enabled" -}}
{{- end -}}
{{- if and $v.redis.sentinelMaster (not $v.redis.hosts) -}}
{{- fail "redis.sentinelMaster: of no use without redis.hosts, the Sentinels" -}}
{{- end -}}

{{- if and (eq $v.edge.kind "DaemonSet") (ne $v.autoscaling.mode "none") -}}
{{- fail (printf "autoscaling.mode: %s cannot scale a DaemonSet; set edge.kind=Deployment, or autoscaling.mode=none" $v.autoscaling.mode) -}}
{{- end -}}
{{- range $other := list "keda" "hpa" -}}
{{- if and (get $v.autoscaling $other) (ne $v.autoscaling.mode $other) -}}
{{- fail (printf "autoscaling.%s: is set while autoscaling.mode is %s; two scalers would fight over the same edges, so choose one" $other $v.autoscaling.mode) -}}
{{- end -}}
{{- end -}}
{{- if gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas) -}}
{{- fail (printf "autoscaling.minReplicas: %d is above autoscaling.maxReplicas, %d" (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- if and (has $v.autoscaling.mode (list "builtin" "keda")) (not $v.controlPlane.enabled) -}}
{{- fail (printf "autoscaling.mode: %s asks the control plane, and controlPlane.enabled is false" $v.autoscaling.mode) -}}
{{- end -}}
{{- if and (eq $v.autoscaling.mode "keda") (not (and $v.autoscaling.keda.clientCertificateSecret (include "turnpike.controlPlane.tlsSecret" .) $v.controlPlane.clientCertificates)) -}}
{{- fail "autoscaling.mode: KEDA proves who it is with a client certificate; set autoscaling.keda.clientCertificateSecret, controlPlane.tls and its fingerprint in controlPlane.clientCertificates (keda:viewer:SHA256)" -}}
{{- end -}}
{{- if and (eq $v.autoscaling.mode "hpa") (not $v.autoscaling.hpa.metrics) (not $v.controlPlane.enabled) -}}
{{- fail "autoscaling.hpa.metrics: missing; the usual one is the control plane's, and controlPlane.enabled is false" -}}
{{- end -}}
{{- include "turnpike.checks.foreignScaler" . -}}

{{- $needsTls := false -}}
{{- $seen := dict -}}
{{- range $v.edge.listeners -}}
{{- if or (has .scheme (list "tls" "dtls" "tcp+tls")) .dtls -}}{{- $needsTls = .name -}}{{- end -}}
{{- if and .dtls (ne .scheme "udp") -}}{{- fail (printf "edge.listeners: %s: dtls goes with the scheme udp" .name) -}}{{- end -}}
{{- $place := printf "%s %d" (include "turnpike.listener.protocol" .) (int .port) -}}
{{- range $key := list $place .name -}}
{{- if hasKey $seen $key -}}{{- fail (printf "edge.listeners: %s is there twice" $key) -}}{{- end -}}
{{- $_ := set $seen $key true -}}
{{- end -}}
{{- end -}}
{{- if and $needsTls (not (include "turnpike.edge.tlsSecret" .)) -}}
{{- fail (printf "edge.tls: the listener %s needs a certificate; set edge.tls.existingSecret or edge.tls.certManager" $needsTls) -}}
{{- end -}}
{{- range $component, $tls := dict "edge" $v.edge.tls "controlPlane" $v.controlPlane.tls -}}
{{- if and $tls.existingSecret $tls.certManager.enabled -}}
{{- fail (printf "%s.tls: set only one of existingSecret and certManager.enabled" $component) -}}
{{- end -}}
{{- if and $tls.certManager.enabled (not $tls.certManager.issuerRef.name) -}}
{{- fail (printf "%s.tls.certManager.issuerRef.name: missing" $component) -}}
{{- end -}}
{{- end -}}
{{- if and $v.edge.tls.certManager.enabled (not (or $v.edge.tls.certManager.dnsNames $v.edge.tls.certManager.ipAddresses)) -}}
{{- fail "edge.tls.certManager: set dnsNames or ipAddresses; a certificate without names is good for nobody" -}}
{{- end -}}
{{- if and $v.controlPlane.clientCertificates (not (include "turnpike.controlPlane.tlsSecret" .)) -}}
{{- fail "controlPlane.clientCertificates: of no use without controlPlane.tls" -}}
{{- end -}}

{{- $relayPorts := add1 (sub (int $v.edge.relay.maxPort) (int $v.edge.relay.minPort)) -}}
{{- if lt (int $relayPorts) 1 -}}
{{- fail (printf "edge.relay.minPort: %d is above edge.relay.maxPort, %d" (int $v.edge.relay.minPort) (int $v.edge.relay.maxPort)) -}}
{{- end -}}
{{- if and $v.edge.relay.publicAddresses (ne (len $v.edge.relay.publicAddresses) (len $v.edge.relay.addresses)) -}}
{{- fail "edge.relay.publicAddresses: one for each of edge.relay.addresses" -}}
{{- end -}}
{{- if $v.edge.relay.hostPorts -}}
{{- if ne $v.edge.network.mode "hostPort" -}}{{- fail "edge.relay.hostPorts: goes with edge.network.mode=hostPort" -}}{{- end -}}
{{- if gt (int $relayPorts) 1000 -}}{{- fail (printf "edge.relay.hostPorts: %d ports are too many for one pod; narrow edge.relay.minPort to maxPort to at most 1000, or use edge.network.mode=host" (int $relayPorts)) -}}{{- end -}}
{{- end -}}
{{- if and $v.edge.service.enabled (not $v.edge.listeners) -}}
{{- fail "edge.service: needs a listener" -}}
{{- end -}}
{{- range $component := list "edge" "controlPlane" -}}
{{- $strategy := (get $v $component).updateStrategy -}}
{{- if and $strategy (eq (toString $strategy.maxSurge) "0") (eq (toString $strategy.maxUnavailable) "0") -}}
{{- fail (printf "%s.updateStrategy: maxSurge and maxUnavailable cannot both be 0" $component) -}}
{{- end -}}
{{- end -}}
{{- if and $v.controlPlane.ingress.enabled (not $v.controlPlane.ingress.host) -}}
{{- fail "controlPlane.ingress.host: missing" -}}
{{- end -}}
{{- end -}}

{{/* Scalers of others on the same workload, where the cluster can be asked (helm install and upgrade). */}}
{{- define "turnpike.checks.foreignScaler" -}}
{{- if ne .Values.autoscaling.mode "none" -}}
{{- $edge := include "turnpike.edge.name" . -}}
{{- $release := .Release.Name -}}
{{- range $api, $kind := dict "autoscaling/v2" "HorizontalPodAutoscaler" "keda.sh/v1alpha1" "ScaledObject" -}}
{{/* A lookup of a kind that the cluster does not have would fail. */}}
{{- if $.Capabilities.APIVersions.Has $api -}}
{{- range $found := (lookup $api $kind $.Release.Namespace "").items -}}
{{- $target := $found.spec.scaleTargetRef -}}
{{- $owners := $found.metadata.ownerReferences | default list -}}
{{- $ours := eq (get ($found.metadata.annotations | default dict) "meta.helm.sh/release-name") $release -}}
{{- if and (eq $target.name $edge) (eq ($target.kind | default "Deployment") "Deployment") (not $ours) (not $owners) -}}
{{- fail (printf "autoscaling.mode: %s, but the %s %s scales %s already; delete it, or set autoscaling.mode=none" $.Values.autoscaling.mode $kind $found.metadata.name $edge) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
