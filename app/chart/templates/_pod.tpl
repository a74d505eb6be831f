{{/* Metadata of every pod. Takes (root, component). */}}
{{- define "celery.podMetadata" -}}
labels:
  {{- include "celery.labels" . | nindent 2 }}
annotations:
  # Processes read their configuration only when they start.
  checksum/configuration: {{ include "celery.resolved" (index . 0) | sha256sum }}
  {{- if ne (index . 1) "release" }}
  # Nothing in `tmp` outlives the pod. Without this, Cluster Autoscaler never removes a node with an emptyDir on disk; the release
  # command keeps its node, because it should not be interrupted.
  cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes: tmp
  {{- end }}
  {{- if and (eq (index . 0).Values.metrics_discovery "annotations") (not (has (index . 1) (list "beat" "release" "deletion-costs" "relay" "console"))) (not (hasPrefix "process-" (index . 1))) }}
  prometheus.io/scrape: "true"
  prometheus.io/port: {{ int (index . 0).Values.metrics_port | quote }}
  {{- end }}
{{- end }}

{{/* Node selector of pods that belong to no pool: the architecture of the image. */}}
{{- define "celery.sharedNodes" -}}
{{- with .Values.eks.node_selector -}}
nodeSelector: {{ toJson . }}
{{- end }}
{{- end }}

{{/* Settings of every pod: the profile restricted of the Pod Security Standards, and no token for the Kubernetes API. */}}
{{- define "celery.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "celery.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Spreads replicas over zones and nodes as far as possible. Takes (root, component). */}}
{{- define "celery.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "celery.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{- define "celery.environment" -}}
- {name: CELERY_ENVIRONMENT_FILE, value: /etc/celery/resolved.json}
- {name: AWS_REGION, value: {{ .Values.region }}}
- {name: AWS_DEFAULT_REGION, value: {{ .Values.region }}}
# Writable folders. Their content is lost with the pod.
- {name: RUNTIME_DIRECTORY, value: /run/celery}
- {name: TMPDIR, value: /tmp}
{{- range $name, $value := .Values.variables }}
{{- /* Kubernetes refuses a second value of a name when it merges the fields of two appliers. */}}
{{- if or (hasPrefix "AWS_CONTAINER_" $name) (has $name (list "AWS_REGION" "AWS_DEFAULT_REGION" "CELERY_ENVIRONMENT_FILE" "RUNTIME_DIRECTORY" "TMPDIR" "CELERY_HEARTBEAT_FILE" "CELERY_METRICS_PORT" "CELERY_STOP_TIMEOUT" "CELERY_RUNNING_RELEASE")) }}
{{- fail (printf "expected variables without those that the chart sets; found %s. Remove it." $name) }}
{{- end }}
- {name: {{ $name }}, value: {{ toString $value | quote }}}
{{- end }}
{{- end }}

{{- define "celery.mounts" -}}
- {name: configuration, mountPath: /etc/celery, readOnly: true}
- {name: run, mountPath: /run/celery}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "celery.volumes" -}}
{{ include "celery.volumesOf" (list . .Values.prefix) }}
{{- end }}

{{/* Takes (root, the ConfigMap with the configuration). */}}
{{- define "celery.volumesOf" -}}
- name: configuration
  configMap: {name: {{ index . 1 }}}
# In memory: the heartbeat every three seconds, the shared counters of a prefork pool's children, and secrets that are
# files.
- name: run
  emptyDir: {medium: Memory, sizeLimit: 16Mi}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
{{- end }}

{{/* Requests equal limits, so the pod has the QoS class Guaranteed: it is evicted last and always has the cores for its concurrency. */}}
{{- define "celery.resources" -}}
resources:
  requests: {cpu: {{ .cpu }}, memory: {{ .memory }}}
  limits: {cpu: {{ .cpu }}, memory: {{ .memory }}}
{{- end }}
