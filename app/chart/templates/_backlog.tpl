{{/*
The KEDA triggers of a pool: one for each queue, waiting and running tasks together, or a pool whose slots all run long
tasks would look idle and lose its workers. Takes (root, pool). Parameters: keda.sh/docs, "Scalers".
*/}}
{{- define "celery.triggers" -}}
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
    # Over AMQP it could not see what is delivered and not acknowledged yet.
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
# What the pool's workers hold: kombu moves a delivered message from its list to this hash.
- name: unacknowledged
  type: redis
  metadata:
    {{- include "celery.redis" $root | nindent 4 }}
    listName: {{ printf "%s:%s" $root.Values.prefix $pool.unacknowledged_key }}
    listLength: {{ $target }}
  {{- include "celery.authenticationRef" $root | nindent 2 }}
{{- end }}
{{- end }}

{{/* A broker without users, as a small environment's Valkey may be, asks for no login. */}}
{{- define "celery.authenticationRef" -}}
{{- if or (eq .Values.broker.kind "sqs") .Values.secrets.broker_password -}}
authenticationRef: {name: broker}
{{- end }}
{{- end }}

{{/* Who may look at a broker's queues, and the secret with the password. */}}
{{- define "celery.scalerUser" -}}
{{- if .Values.secrets.monitoring_password }}{{ .Values.broker.monitoring_user }}{{ else }}{{ .Values.broker.user }}{{ end }}
{{- end }}

{{/* A queue's name in the formula, where a hyphen would be a minus; no label in a file has one. */}}
{{- define "celery.term" -}}
{{ replace "-" "__" . }}
{{- end }}

{{/*
The triggers' sum, of a queue that other pools drain too this pool's share. Unasked, the largest of them would decide, as
if the other queues of the pool were empty.
*/}}
{{- define "celery.formula" -}}
{{- $root := index . 0 }}
{{- $pool := index . 1 }}
{{- $terms := list }}
{{- range $label := $pool.queues }}
{{- $share := index $pool.backlog_shares $label }}
{{- $terms = append $terms (eq (toString $share) "1" | ternary (include "celery.term" $label) (printf "%s * %v" (include "celery.term" $label) $share)) }}
{{- end }}
{{- join " + " (eq $root.Values.broker.kind "redis" | ternary (append $terms "unacknowledged") $terms) }}
{{- end }}

{{/* Where KEDA asks: the URL that Terraform wrote, or a self-managed broker's name, which is known before it exists. */}}
{{- define "celery.brokerUrl" -}}
{{- if .Values.discovery.broker_url -}}
{{ first (splitList ";" .Values.discovery.broker_url) }}
{{- else if eq .Values.broker.kind "rabbitmq" -}}
{{- $first := index .Values.rabbitmq_hosts (first (keys .Values.rabbitmq_hosts | sortAlpha)) -}}
{{ ternary "amqps" "amqp" (dig "rabbitmq" "tls" false .Values.broker) }}://{{ dig "host" $first.private_ip (.Values.broker.endpoint | default dict) }}
{{- else -}}
{{- fail (printf "expected discovery.broker_url, where KEDA asks a broker of kind %s; found none. Set it to the value of the SSM parameter %s/broker_url." .Values.broker.kind .Values.discovery_prefix) -}}
{{- end }}
{{- end }}

{{/* The management API: Amazon MQ has it on the standard port, RabbitMQ beside its own. */}}
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

{{/* Up at once, down slowly: a worker told to stop may run its longest task, but a fleet that shrinks fast grows again. */}}
{{- define "celery.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - {type: Percent, value: 100, periodSeconds: 30}
    - {type: Pods, value: 4, periodSeconds: 30}
scaleDown:
  # At least as long as a stop: the workers of one step are gone before the next is decided.
  stabilizationWindowSeconds: {{ min 3600 (max 300 (int .time_budget.stop_timeout)) }}
  selectPolicy: Max
  policies:
    - {type: Percent, value: 10, periodSeconds: 60}
    - {type: Pods, value: 1, periodSeconds: 60}
{{- end }}
