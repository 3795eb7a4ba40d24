{{/* The edge's settings that come from values other than edge.config. */}}
{{- define "turnpike.edge.env" -}}
{{- $edge := .Values.edge -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- name: HOST_IP
  valueFrom: {fieldRef: {fieldPath: status.hostIP}}
{{- if include "turnpike.edge.readsNode" . }}
- name: NODE_NAME
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
{{- end }}
- name: Edge__Name
  value: $(POD_NAME)
- name: Edge__Realm
  value: {{ .Values.realm | quote }}
{{- with $edge.region }}
- name: Edge__Region
  value: {{ . | quote }}
{{- end }}
{{- range $i, $url := fromJsonArray (include "turnpike.edge.listenerUrls" .) }}
- name: Edge__Listeners__{{ $i }}
  value: {{ $url | quote }}
{{- end }}
- name: Edge__Secrets__0
  valueFrom: {secretKeyRef: {name: {{ include "turnpike.credentials.name" . }}, key: turn-secret}}
- name: Edge__Management
  value: http://{{ include "turnpike.edge.podHost" . }}:{{ $edge.managementPort }}
{{- range $i, $address := $edge.relay.addresses }}
- name: Edge__Relay__Addresses__{{ $i }}
  value: {{ $address | quote }}
{{- end }}
{{- range $i, $address := $edge.relay.publicAddresses }}
- name: Edge__Relay__PublicAddresses__{{ $i }}
  value: {{ $address | quote }}
{{- end }}
{{- if eq $edge.network.mode "pod" }}
# What peers in the cluster reach is the pod's own address.
- name: Edge__Relay__AllowPrivate
  value: "true"
{{- end }}
- name: Edge__Relay__MinPort
  value: {{ $edge.relay.minPort | quote }}
- name: Edge__Relay__MaxPort
  value: {{ $edge.relay.maxPort | quote }}
- name: Edge__Drain__Deadline
  value: {{ $edge.drain.deadlineSeconds | quote }}
{{- if include "turnpike.edge.tlsSecret" . }}
- name: Edge__Tls__Certificate
  value: /etc/turnpike/tls/tls.crt
- name: Edge__Tls__Key
  value: /etc/turnpike/tls/tls.key
{{- end }}
{{ include "turnpike.redis.env" . }}
{{- include "turnpike.telemetry.env" . }}
{{- end -}}

{{/*
Listener URLs as JSON. The first family is bound on the pod's own address, because a wildcard would make the edge tell clients every address of a
node: those of its bridges too. The second family has no variable of its own and is bound on the wildcard.
*/}}
{{- define "turnpike.edge.listenerUrls" -}}
{{- $urls := list -}}
{{- $public := ternary .Values.edge.service.publicAddress "" .Values.edge.service.enabled -}}
{{- range $listener := .Values.edge.listeners -}}
{{- range $i, $family := $.Values.edge.network.ipFamilies -}}
{{- $host := include "turnpike.edge.podHost" $ -}}
{{- if gt $i 0 -}}{{- $host = ternary "[::]" "0.0.0.0" (eq $family "IPv6") -}}{{- end -}}
{{- $query := list -}}
{{- if $listener.dtls -}}{{- $query = append $query "dtls=true" -}}{{- end -}}
{{- with $listener.proxy -}}{{- $query = append $query (printf "proxy=%s" .) -}}{{- end -}}
{{- if eq (contains ":" $public) (eq $family "IPv6") -}}{{- with $public -}}{{- $query = append $query (printf "public=%s" .) -}}{{- end -}}{{- end -}}
{{- $url := printf "%s://%s:%d" $listener.scheme $host (int $listener.port) -}}
{{- if $query -}}{{- $url = printf "%s?%s" $url (join "&" $query) -}}{{- end -}}
{{- $urls = append $urls $url -}}
{{- end -}}
{{- end -}}
{{- toJson $urls -}}
{{- end -}}
