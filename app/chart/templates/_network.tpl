{{/*
A component's network policy, which allows only the broker, the result store, AWS, and the given services. Takes (root, component,
names of services, annotations, ports at which it may be reached).
*/}}
{{- define "celery.networkPolicy" -}}
{{- $root := index . 0 }}
{{- $component := index . 1 }}
{{- $annotations := index . 3 }}
{{- $egress := $root.Values.egress }}
{{- $targets := list }}
{{- range $name := list "broker" "results" "aws" }}
{{- $targets = append $targets (set (deepCopy (index $egress $name)) "name" $name) }}
{{- end }}
{{- range $name := index . 2 }}
{{- $targets = append $targets (set (deepCopy (index $egress.services $name)) "name" $name) }}
{{- end }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $component }}
  labels:
    {{- include "celery.labels" (list $root $component) | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels:
      {{- include "celery.selector" (list $root $component) | nindent 6 }}
  # Without a rule of ingress, nobody is let in. The API server drops an empty list, so that every upgrade would change the policy.
  policyTypes: [Ingress, Egress]
  {{- if index . 4 }}
  ingress:
    # Prometheus, and whoever calls a process: as a pod, or with an address of the network, like the monitoring host, a load
    # balancer, and a pod in its node's network, which no selector matches. Pods have no other port.
    {{- $from := printf "[{namespaceSelector: {}}, {ipBlock: {cidr: %s}}]" $root.Values.network.cidr }}
    {{- /* The console is for its load balancer alone, which has addresses of the network and is no pod. */}}
    {{- if eq $component "console" }}{{- $from = printf "[{ipBlock: {cidr: %s}}]" $root.Values.network.cidr }}{{- end }}
    {{- range index . 4 }}
    - from: {{ $from }}
      ports: [{protocol: TCP, port: {{ int . }}}]
    {{- end }}
  {{- end }}
  egress:
    # DNS by the address of its service, because in Auto Mode it runs on each node and not as pods (aws/containers-roadmap#2552),
    # and by its pods, because a CNI may apply policies after the service's address was translated.
    - to:
        - ipBlock: {cidr: {{ $root.Values.eks.dns_address }}/32}
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
      ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
    # The node's EKS Pod Identity agent, which provides the role's credentials.
    - to: [{ipBlock: {cidr: 169.254.170.23/32}}]
      ports: [{protocol: TCP, port: 80}]
    {{- with $egress.traces.ports }}
    # The collector of traces, as a pod or with an address of the network.
    - to: [{namespaceSelector: {}}, {ipBlock: {cidr: {{ $egress.traces.cidr }}}}]
      ports: [{protocol: TCP, port: {{ int (first .) }}}]
    {{- end }}
    {{- if eq $component "deletion-costs" }}
    # The metrics of workers. The Kubernetes API is at port 443, like AWS.
    - to: [{podSelector: {matchLabels: {app.kubernetes.io/instance: {{ $root.Values.prefix }}}}}]
      ports: [{protocol: TCP, port: {{ int $root.Values.metrics_port }}}]
    {{- end }}
    {{- range $targets }}
    {{- if .ports }}
    # {{ .name }}
    - to: [{ipBlock: {cidr: {{ .cidr }}}}]
      ports: [{{ range $i, $port := .ports }}{{ if $i }}, {{ end }}{protocol: TCP, port: {{ int $port }}}{{ end }}]
    {{- end }}
    {{- end }}
{{- end }}
