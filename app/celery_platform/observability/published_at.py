"""The header that carries a message's time of publishing, in a file that imports nothing: the exporter reads it too."""

# Put on every message anew (`sent_at`, beside it, keeps the time of the first attempt). Seconds since 1970.
PUBLISHED_AT = "published_at"
