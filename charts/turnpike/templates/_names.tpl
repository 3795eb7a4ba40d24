{{/* Names and labels. */}}

{{- define "turnpike.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough that every suffix of the chart fits into 63 characters. */}}
{{- define "turnpike.fullname" -}}
{{- $name := include "turnpike.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "turnpike.edge.name" -}}{{ include "turnpike.fullname" . }}-edge{{- end -}}
{{- define "turnpike.controlPlane.name" -}}{{ include "turnpike.fullname" . }}-control-plane{{- end -}}
{{- define "turnpike.redis.name" -}}{{ include "turnpike.fullname" . }}-redis{{- end -}}

{{- define "turnpike.credentials.name" -}}
{{- .Values.credentials.existingSecret | default (printf "%s-credentials" (include "turnpike.fullname" .)) -}}
{{- end -}}

{{/* The lease that the scaler holds is named after its workload. */}}
{{- define "turnpike.lease.name" -}}{{ include "turnpike.edge.name" . }}-scaler{{- end -}}

{{- define "turnpike.edge.serviceAccount" -}}
{{- .Values.edge.serviceAccount.name | default (ternary (include "turnpike.edge.name" .) "default" .Values.edge.serviceAccount.create) -}}
{{- end -}}

{{- define "turnpike.controlPlane.serviceAccount" -}}
{{- .Values.controlPlane.serviceAccount.name | default (ternary (include "turnpike.controlPlane.name" .) "default" .Values.controlPlane.serviceAccount.create) -}}
{{- end -}}

{{/* What a component's objects are selected by; never changes over the life of a release. Takes {root, component}. */}}
{{- define "turnpike.selector" -}}
app.kubernetes.io/name: {{ include "turnpike.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* metadata of an object. Takes {root, component, name} and optionally annotations, moreLabels, and clusterWide for one without a namespace. */}}
{{- define "turnpike.metadata" -}}
name: {{ .name }}
{{- if not .clusterWide }}
namespace: {{ .root.Release.Namespace }}
{{- end }}
labels:
  {{- include "turnpike.labels" . | nindent 2 }}
{{- with .moreLabels }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "turnpike.labels" -}}
{{ include "turnpike.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: turnpike
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of pods. Nothing in them changes with the chart's version: an upgrade that leaves the edges as they are restarts none. */}}
{{- define "turnpike.podLabels" -}}
{{ include "turnpike.selector" . }}
app.kubernetes.io/part-of: turnpike
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- with .labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* An image reference. Takes {root, image}. */}}
{{- define "turnpike.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* A value as the text of an environment variable: Helm's numbers are floating-point and would be printed as 1e+06. */}}
{{- define "turnpike.text" -}}
{{- if kindIs "float64" . -}}{{ . | int64 }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}
