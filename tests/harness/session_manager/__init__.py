"""A stand-in for Session Manager: its API, its agent on hosts, and AWS's program session-manager-plugin.

A real session needs an account, so this is one of the few stand-ins. Everything above it is real: Ansible, its
connection plugin, botocore, shells on pseudo-terminals, and TCP.
"""
