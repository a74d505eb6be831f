"""Stand-ins for third-party services that tasks call: a payment gateway, a metrics API and a mail server.

Imports only the standard library and aiosmtpd, so that it runs in a minimal container and in a test.
"""
