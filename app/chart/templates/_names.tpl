{{/* Labels that select a component's pods. They never change. Takes (root, component). */}}
{{- define "celery.selector" -}}
app.kubernetes.io/name: celery-platform
app.kubernetes.io/instance: {{ (index . 0).Values.prefix }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of every object: those that select it, and its environment. */}}
{{- define "celery.labels" -}}
{{ include "celery.selector" . }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
environment: {{ (index . 0).Values.name }}
{{- end }}

{{/* Annotations of hooks before an install or an upgrade. Takes the position in their order. */}}
{{- define "celery.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation
{{- end }}

{{/* By digest, because a tag can change, so that two nodes could run different images. */}}
{{- define "celery.image" -}}
{{- if not (regexMatch "@sha256:[0-9a-f]{64}$" .Values.image) -}}
{{- fail (printf "expected image to name a digest (REGISTRY/NAME@sha256:...); found %q. `make image` prints what to push." .Values.image) -}}
{{- end -}}
{{ .Values.image }}
{{- end }}

{{/* Not empty if a pod runs the console. */}}
{{- define "celery.console" -}}
{{- with .Values.console }}{{- if eq .runs_on "eks" }}console{{- end }}{{- end }}
{{- end }}

{{/* Names of the pools on EKS. */}}
{{- define "celery.pools" -}}
{{- $names := list }}
{{- range $name, $pool := .Values.pools }}
{{- if eq $pool.runs_on "eks" }}{{- $names = append $names $name }}{{- end }}
{{- end }}
{{- toJson $names }}
{{- end }}

{{/* Names of the processes on EKS; the relay of the outbox is one of them. */}}
{{- define "celery.processes" -}}
{{- $names := list }}
{{- range $name, $process := .Values.processes }}
{{- if eq $process.runs_on "eks" }}{{- $names = append $names $name }}{{- end }}
{{- end }}
{{- toJson $names }}
{{- end }}

{{/* Not empty if a pool on EKS may shrink. */}}
{{- define "celery.deletionCosts" -}}
{{- if .Values.deletion_costs.enabled }}
{{- range $name := include "celery.pools" . | fromJsonArray }}
{{- $pool := index $.Values.pools $name }}
{{- if lt (int $pool.min) (int $pool.max) }}{{ $name }} {{ end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The sections of resolved.json that processes read (app/celery_platform/settings). A ConfigMap holds at most 1 MiB. */}}
{{- define "celery.resolved" -}}
{{- pick .Values "name" "prefix" "region" "application" "broker" "results" "pools" "queues" "schedule" "processes" "secrets" "worker_hosts" "discovery_prefix" "alerts" "budget" "timeline" | toJson }}
{{- end }}
