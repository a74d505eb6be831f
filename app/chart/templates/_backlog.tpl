{{/*
The KEDA triggers of a pool: those of its queues, or the exporter's number of workers for its waiting time; and its windows.
Takes (root, pool). Parameters: keda.sh/docs, "Scalers".
*/}}
{{- define "celery.triggers" -}}
{{- $root := index . 0 }}
{{- $pool := index . 1 }}
{{- if eq $pool.scale_on "wait" }}
- name: workers_wanted
  type: metrics-api
  metadata:
    url: http://exporter.{{ $root.Release.Namespace }}.svc:{{ int $root.Values.metrics_port }}/metrics
    format: prometheus
    valueLocation: {{ printf "%s{pool=%q}" $root.Values.workers_metric (index . 2) | quote }}
    targetValue: "1"
{{- else }}
{{- include "celery.queueTriggers" . }}
{{- end }}
{{- range $label, $window := $pool.windows }}
- name: window_{{ $label }}
  type: cron
  metadata:
    timezone: {{ $window.timezone }}
    start: {{ $window.start | quote }}
    end: {{ $window.end | quote }}
    # One more than there should be, which the formula takes off: outside the window, KEDA 2.17 says 1 and later ones 0.
    desiredReplicas: {{ add 1 (int $window.min) | quote }}
{{- end }}
{{- end }}

{{/*
One trigger for each queue. They count waiting and running tasks; otherwise a pool whose slots all run long tasks would look idle
and lose its workers.
*/}}
{{- define "celery.queueTriggers" -}}
{{- $root := index . 0 }}
{{- $pool := index . 1 }}
{{- $target := int $pool.backlog_per_worker | quote }}
{{- $kind := $root.Values.broker.kind }}
{{- range $label := $pool.queues }}
{{- $queue := index $root.Values.queues $label }}
- name: {{ include "celery.term" $label }}
  {{- if eq $kind "sqs" }}
  type: aws-sqs-queue
  metadata:
    queueURL: {{ $queue.name }}
    awsRegion: {{ $root.Values.region }}
    queueLength: {{ $target }}
    scaleOnInFlight: "true"
  {{- else if eq $kind "redis" }}
  type: redis
  metadata:
    {{- include "celery.redis" $root | nindent 4 }}
    listName: {{ printf "%s:%s" $root.Values.prefix $queue.name }}
    listLength: {{ $target }}
  {{- else }}
  type: rabbitmq
  metadata:
    # AMQP does not report messages that are delivered and not acknowledged.
    protocol: http
    host: {{ include "celery.management" $root }}
    vhostName: {{ $root.Values.broker.virtual_host | quote }}
    mode: QueueLength
    queueName: {{ $queue.name }}
    value: {{ $target }}
    excludeUnacknowledged: "false"
    timeout: "5000"
  {{- end }}
  {{- include "celery.authenticationRef" $root | nindent 2 }}
{{- end }}
{{- if eq $kind "redis" }}
# Unacknowledged messages of the pool: kombu moves a delivered message from its list to this hash.
- name: unacknowledged
  type: redis
  metadata:
    {{- include "celery.redis" $root | nindent 4 }}
    listName: {{ printf "%s:%s" $root.Values.prefix $pool.unacknowledged_key }}
    listLength: {{ $target }}
  {{- include "celery.authenticationRef" $root | nindent 2 }}
{{- end }}
{{- end }}

{{/* A broker without users, such as the Valkey of a small environment, needs no login. */}}
{{- define "celery.authenticationRef" -}}
{{- if or (eq .Values.broker.kind "sqs") .Values.secrets.broker_password -}}
authenticationRef: {name: broker}
{{- end }}
{{- end }}

{{/* The user that KEDA logs in as. */}}
{{- define "celery.scalerUser" -}}
{{- if .Values.secrets.monitoring_password }}{{ .Values.broker.monitoring_user }}{{ else }}{{ .Values.broker.user }}{{ end }}
{{- end }}

{{/*
A queue's name in the formula (expr-lang.org, "Language Definition"). With words before it, no label is one of the language's own
(in, not, let, count), nor the trigger `unacknowledged`. A hyphen, which only high-priority queues have, would be a minus.
*/}}
{{- define "celery.term" -}}
{{- if hasSuffix "-high" . -}}
high_of_{{ trimSuffix "-high" . }}
{{- else -}}
queue_{{ . }}
{{- end }}
{{- end }}

{{/*
The sum of the queues, with this pool's share of those that other pools drain, too, or what a window asks for, if that is more.
Without a formula, the largest trigger would decide as if the other queues of the pool were empty.
*/}}
{{- define "celery.formula" -}}
{{- $root := index . 0 }}
{{- $pool := index . 1 }}
{{- $terms := list }}
{{- range $label := $pool.queues }}
{{- $share := index $pool.backlog_shares $label }}
{{- $terms = append $terms (eq (toString $share) "1" | ternary (include "celery.term" $label) (printf "%s * %v" (include "celery.term" $label) $share)) }}
{{- end }}
{{- $backlog := join " + " (eq $root.Values.broker.kind "redis" | ternary (append $terms "unacknowledged") $terms) }}
{{- if eq $pool.scale_on "wait" }}{{ $backlog = "workers_wanted" }}{{ end }}
{{- $windows := list }}
{{- range $label, $_ := $pool.windows }}
{{- $windows = append $windows (printf "(window_%s - 1) * %s" $label (include "celery.target" $pool)) }}
{{- end }}
{{- if $windows }}{{ printf "max(%s)" (join ", " (prepend $windows $backlog)) }}{{ else }}{{ $backlog }}{{ end }}
{{- end }}

{{/* What one worker is for: a number of unfinished tasks, or itself where the exporter counts workers. Takes the pool. */}}
{{- define "celery.target" -}}
{{ eq .scale_on "wait" | ternary 1 (int .backlog_per_worker) }}
{{- end }}

{{/* The broker's URL for KEDA: the one that Terraform wrote, or the name of a self-managed broker, which is always known. */}}
{{- define "celery.brokerUrl" -}}
{{- if .Values.discovery.broker_url -}}
{{ first (splitList ";" .Values.discovery.broker_url) }}
{{- else if eq .Values.broker.kind "rabbitmq" -}}
{{- $first := index .Values.rabbitmq_hosts (first (keys .Values.rabbitmq_hosts | sortAlpha)) -}}
{{ ternary "amqps" "amqp" (dig "rabbitmq" "tls" false .Values.broker) }}://{{ dig "host" $first.private_ip (.Values.broker.endpoint | default dict) }}
{{- else -}}
{{- fail (printf "expected discovery.broker_url, which KEDA needs for a broker of kind %s; found none. Set it to the value of the SSM parameter %s/broker_url." .Values.broker.kind .Values.discovery_prefix) -}}
{{- end }}
{{- end }}

{{/* The management API: on port 443 of Amazon MQ, on its own port of RabbitMQ. */}}
{{- define "celery.management" -}}
{{- $url := urlParse (include "celery.brokerUrl" .) }}
{{- $tls := eq $url.scheme "amqps" }}
{{- if eq .Values.broker.kind "amazon_mq" -}}
https://{{ $url.hostname }}/
{{- else -}}
{{ ternary "https" "http" $tls }}://{{ $url.hostname }}:{{ .Values.broker.management_port | default (ternary 15671 15672 $tls) | int }}/
{{- end }}
{{- end }}

{{- define "celery.redis" -}}
{{- $url := urlParse (include "celery.brokerUrl" .) -}}
address: {{ $url.host }}
databaseIndex: {{ trimPrefix "/" $url.path | default "0" | quote }}
enableTLS: {{ eq $url.scheme "rediss" | quote }}
{{- end }}

{{/* Scales up immediately and down slowly. A stopping worker finishes its longest task, and a quick scale-in would be reverted soon. */}}
{{- define "celery.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - {type: Percent, value: 100, periodSeconds: 30}
    - {type: Pods, value: 4, periodSeconds: 30}
scaleDown:
  # At least as long as a stop, so that the workers of one step have ended before the next decision.
  stabilizationWindowSeconds: {{ int .scale_in_after_seconds }}
  selectPolicy: Max
  policies:
    - {type: Percent, value: {{ int .scale_in_percent }}, periodSeconds: 60}
    - {type: Pods, value: 1, periodSeconds: 60}
{{- end }}
