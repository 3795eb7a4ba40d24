{{/* Parts that several objects share. */}}

{{- define "turnpike.listener.protocol" -}}
{{- if has .scheme (list "udp" "dtls") }}UDP{{ else }}TCP{{ end -}}
{{- end -}}

{{/* Secret with the edge's certificate; empty: none. */}}
{{- define "turnpike.edge.tlsSecret" -}}
{{- .Values.edge.tls.existingSecret | default (ternary (printf "%s-tls" (include "turnpike.edge.name" .)) "" .Values.edge.tls.certManager.enabled) -}}
{{- end -}}

{{- define "turnpike.controlPlane.tlsSecret" -}}
{{- .Values.controlPlane.tls.existingSecret | default (ternary (printf "%s-tls" (include "turnpike.controlPlane.name" .)) "" .Values.controlPlane.tls.certManager.enabled) -}}
{{- end -}}

{{- define "turnpike.controlPlane.scheme" -}}{{ ternary "https" "http" (not (empty (include "turnpike.controlPlane.tlsSecret" .))) }}{{- end -}}

{{/* The first family's brackets around the pod's address. */}}
{{- define "turnpike.edge.podHost" -}}
{{- if eq (first .Values.edge.network.ipFamilies) "IPv6" }}[$(POD_IP)]{{ else }}$(POD_IP){{ end -}}
{{- end -}}

{{/* "true" where an edge reads its Node: not in the pod's network, where the Node's address is not the edge's. */}}
{{- define "turnpike.edge.readsNode" -}}
{{- if and .Values.edge.network.readNode (ne .Values.edge.network.mode "pod") }}true{{ end -}}
{{- end -}}

{{- define "turnpike.edge.gracePeriod" -}}
{{- add (int .Values.edge.drain.deadlineSeconds) (int .Values.edge.drain.slackSeconds) -}}
{{- end -}}

{{/* The chart's environment for a container, then config, then the operator's own. Takes {own, config, extra, path}; a name that is there twice is refused. */}}
{{- define "turnpike.env" -}}
{{- $names := dict -}}
{{- range fromYamlArray .own -}}{{- $_ := set $names .name true -}}{{- end -}}
{{- range $name, $value := .config -}}
{{- if hasKey $names $name -}}{{- fail (printf "%s.config.%s: the chart sets it from a value of its own; see the README" $.path $name) -}}{{- end -}}
{{- $_ := set $names $name true -}}
{{- end -}}
{{- range .extra -}}
{{- if hasKey $names .name -}}{{- fail (printf "%s.extraEnv: %s is set already" $.path .name) -}}{{- end -}}
{{- $_ := set $names .name true -}}
{{- end -}}
{{ .own }}
{{- range $name, $value := .config }}
- name: {{ $name }}
  value: {{ include "turnpike.text" $value | quote }}
{{- end }}
{{- with .extra }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The store: variables for the connection string, and where its issuer's certificate is. */}}
{{- define "turnpike.redis.env" -}}
{{- $redis := .Values.redis -}}
{{- if $redis.connectionSecret -}}
- name: Cluster__Redis
  valueFrom: {secretKeyRef: {name: {{ $redis.connectionSecret }}, key: {{ $redis.connectionSecretKey }}}}
{{- else -}}
{{- $parts := $redis.hosts -}}
{{- $secret := $redis.existingSecret -}}
{{- if $redis.trial.enabled -}}
{{- $parts = list (printf "%s:6379" (include "turnpike.redis.name" .)) -}}
{{- $secret = include "turnpike.redis.name" . -}}
{{- end -}}
{{- with $redis.user }}{{ $parts = append $parts (printf "user=%s" .) }}{{ end -}}
{{- with $secret }}{{ $parts = append $parts "password=$(REDIS_PASSWORD)" }}{{ end -}}
{{- with $redis.sentinelMaster }}{{ $parts = append $parts (printf "serviceName=%s" .) }}{{ end -}}
{{- if $redis.tls.enabled }}{{ $parts = append $parts "ssl=true" }}{{ end -}}
{{- with $redis.options }}{{ $parts = append $parts . }}{{ end -}}
{{- with $secret -}}
- name: REDIS_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ . }}, key: {{ ternary "password" $redis.existingSecretKey $redis.trial.enabled }}}}
{{ end -}}
- name: Cluster__Redis
  value: {{ join "," $parts | quote }}
{{- end }}
- name: Cluster__KeyPrefix
  value: {{ $redis.keyPrefix | quote }}
{{- if $redis.tls.caSecret }}
- name: Cluster__TrustedIssuer
  value: /etc/turnpike/redis/{{ $redis.tls.caKey }}
{{- end }}
{{- end -}}

{{/* The collector of traces and metrics, where there is one. */}}
{{- define "turnpike.telemetry.env" -}}
{{- $telemetry := .Values.telemetry -}}
{{- with $telemetry.otlp }}
{{- if .endpoint }}
- name: Telemetry__Endpoint
  value: {{ .endpoint | quote }}
- name: Telemetry__Protocol
  value: {{ .protocol }}
{{- if .headersSecret }}
- name: Telemetry__Headers
  valueFrom: {secretKeyRef: {name: {{ .headersSecret }}, key: {{ .headersSecretKey }}}}
{{- end }}
{{- if .caSecret }}
- name: Telemetry__TrustedIssuer
  value: /etc/turnpike/otlp/{{ .caKey }}
{{- end }}
- name: Telemetry__Traces
  value: {{ $telemetry.traces | quote }}
- name: Telemetry__Metrics
  value: {{ $telemetry.metrics | quote }}
- name: Telemetry__SamplingRatio
  value: {{ $telemetry.samplingRatio | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* "true" where the issuer of the collector's certificate is mounted. */}}
{{- define "turnpike.telemetry.hasIssuer" -}}
{{- with .Values.telemetry.otlp }}{{ if and .endpoint .caSecret }}true{{ end }}{{ end -}}
{{- end -}}

{{/* Volumes of certificates. Takes {root, tlsSecret}. A Secret is mounted as a folder: a single file would never change. 288 is 0440, which YAML readers disagree about. */}}
{{- define "turnpike.volumes" -}}
{{- with .tlsSecret }}
- name: tls
  secret: {secretName: {{ . }}, defaultMode: 288}
{{- end }}
{{- with .root.Values.redis.tls.caSecret }}
- name: redis-issuer
  secret: {secretName: {{ . }}, defaultMode: 288}
{{- end }}
{{- if include "turnpike.telemetry.hasIssuer" .root }}
- name: otlp-issuer
  secret: {secretName: {{ .root.Values.telemetry.otlp.caSecret }}, defaultMode: 288}
{{- end }}
{{- end -}}

{{- define "turnpike.volumeMounts" -}}
{{- if .tlsSecret }}
- {name: tls, mountPath: /etc/turnpike/tls, readOnly: true}
{{- end }}
{{- if .root.Values.redis.tls.caSecret }}
- {name: redis-issuer, mountPath: /etc/turnpike/redis, readOnly: true}
{{- end }}
{{- if include "turnpike.telemetry.hasIssuer" .root }}
- {name: otlp-issuer, mountPath: /etc/turnpike/otlp, readOnly: true}
{{- end }}
{{- end -}}

{{/* Pod Security "restricted". 1654 is the user of Microsoft's images. */}}
{{- define "turnpike.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 1654
runAsGroup: 1654
fsGroup: 1654
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "turnpike.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Where pods go. Takes {root, component, values}. */}}
{{- define "turnpike.scheduling" -}}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- if .values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml .values.topologySpreadConstraints | nindent 2 }}
{{- else if not .everyNode }}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "turnpike.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* A cert-manager Certificate. Takes {root, component, name, secret, request, dnsNames, ipAddresses}. */}}
{{- define "turnpike.certificate" -}}
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  {{- include "turnpike.metadata" . | nindent 2 }}
spec:
  secretName: {{ .secret }}
  issuerRef:
    {{- toYaml .request.issuerRef | nindent 4 }}
  {{- with .dnsNames }}
  dnsNames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .ipAddresses }}
  ipAddresses:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .request.duration }}
  duration: {{ . }}
  {{- end }}
  {{- with .request.renewBefore }}
  renewBefore: {{ . }}
  {{- end }}
  privateKey: {algorithm: ECDSA, size: 256, rotationPolicy: Always}
  usages: [digital signature, key encipherment, server auth]
{{- end -}}
