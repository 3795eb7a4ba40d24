{{/* The control plane's settings that come from values other than controlPlane.config. */}}
{{- define "turnpike.controlPlane.env" -}}
{{- $plane := .Values.controlPlane -}}
{{- $scheme := include "turnpike.controlPlane.scheme" . -}}
{{- $any := ternary "[::]" "0.0.0.0" (eq (first .Values.edge.network.ipFamilies) "IPv6") -}}
- name: ControlPlane__Grpc
  value: {{ $scheme }}://{{ $any }}:{{ $plane.grpcPort }}
- name: ControlPlane__Http
  value: {{ $scheme }}://{{ $any }}:{{ $plane.httpPort }}
- name: ControlPlane__DefaultRealm
  value: {{ .Values.realm | quote }}
- name: ControlPlane__Tokens__0
  valueFrom: {secretKeyRef: {name: {{ include "turnpike.credentials.name" . }}, key: operator-entry}}
{{- range $i, $entry := $plane.tokens }}
- name: ControlPlane__Tokens__{{ add1 $i }}
  value: {{ $entry | quote }}
{{- end }}
{{- range $i, $entry := $plane.clientCertificates }}
- name: ControlPlane__ClientCertificates__{{ $i }}
  value: {{ $entry | quote }}
{{- end }}
{{- range $i, $entry := $plane.browserKeys }}
- name: ControlPlane__BrowserKeys__{{ $i }}
  value: {{ $entry | quote }}
{{- end }}
{{- if ne .Values.autoscaling.mode "none" }}
- name: ControlPlane__Scaling__MinReplicas
  value: {{ .Values.autoscaling.minReplicas | quote }}
- name: ControlPlane__Scaling__MaxReplicas
  value: {{ .Values.autoscaling.maxReplicas | quote }}
{{- end }}
{{- if eq .Values.autoscaling.mode "builtin" }}
- name: ControlPlane__Kubernetes__Enabled
  value: "true"
- name: ControlPlane__Kubernetes__Workload
  value: {{ include "turnpike.edge.name" . }}
- name: ControlPlane__Kubernetes__LeaseName
  value: {{ include "turnpike.lease.name" . }}
- name: ControlPlane__Kubernetes__DrainDeadline
  value: {{ .Values.edge.drain.deadlineSeconds | quote }}
{{- end }}
{{- if include "turnpike.controlPlane.tlsSecret" . }}
- name: ControlPlane__Tls__Certificate
  value: /etc/turnpike/tls/tls.crt
- name: ControlPlane__Tls__Key
  value: /etc/turnpike/tls/tls.key
{{- end }}
{{ include "turnpike.redis.env" . }}
{{- include "turnpike.telemetry.env" . }}
{{- end -}}
