"""Other people's services, which our tasks call: a payment gateway, a metrics API, a mail server.

Imports nothing but the standard library and aiosmtpd, so that it runs in a bare container and inside a test.
"""
