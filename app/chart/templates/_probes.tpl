{{/*
Probes of a process at its port: its health path over HTTP, or whether it accepts connections. Three failures in half a minute
restart it; one that is busy for longer is slow and not broken, so that liveness asks less often than readiness.
*/}}
{{- define "celery.probesOfPort" -}}
{{- $asks := dict "tcpSocket" (dict "port" "process") }}
{{- if .health_path }}{{- $asks = dict "httpGet" (dict "port" "process" "path" .health_path) }}{{- end }}
startupProbe:
  {{- toYaml $asks | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
readinessProbe:
  {{- toYaml $asks | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
livenessProbe:
  {{- toYaml $asks | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}
{{/*
Probes check the heartbeat file of the worker's event loop and never the broker. An outage of the broker therefore restarts
nothing, and a loop that is stuck for 30 s fails two probes and is restarted within 60 s.
*/}}
{{- define "celery.probes" -}}
startupProbe:
  exec: {command: [app, health, startup]}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
readinessProbe:
  exec: {command: [app, health, readiness]}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 2
livenessProbe:
  exec: {command: [app, health, liveness]}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 2
  # A stuck loop cannot finish tasks, so it does not get the pod's long grace period.
  terminationGracePeriodSeconds: 5
{{- end }}
{{/*
Probes of the console at /health, which asks nobody. On the pod's loopback, only a process of the pod reaches it. Takes the section
`console`.
*/}}
{{- define "celery.probesOfConsole" -}}
{{- $program := printf "import urllib.request as u; u.urlopen('http://127.0.0.1:%d/health', timeout=4)" (int .port) }}
{{- $asks := dict "exec" (dict "command" (list "python" "-c" $program)) }}
{{- if .load_balancer }}{{- $asks = dict "httpGet" (dict "port" "console" "path" "/health") }}{{- end }}
startupProbe:
  {{- toYaml $asks | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 60
readinessProbe:
  {{- toYaml $asks | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 2
livenessProbe:
  {{- toYaml $asks | nindent 2 }}
  periodSeconds: 20
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}
