"""The header with a message's time of publishing. This file has no imports, so that the exporter can use it as well."""

# Seconds since 1970. A retry gets a new value; `sent_at` keeps the time of the first attempt.
PUBLISHED_AT = "published_at"
