"""Scale-in picks idle workers first: each worker's load becomes its pod's deletion cost.

A ReplicaSet that shrinks first ends the pods with the lowest cost (kubernetes.io, "ReplicaSet", "Pod deletion cost").
A worker has no access to the Kubernetes API, because it runs the application's code; one process sets the costs of all.
"""
