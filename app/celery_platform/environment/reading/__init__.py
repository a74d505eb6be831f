"""Read an environment file: bytes to plain values, each with its line. This package does not know what keys mean.

The language is the subset of YAML on which all versions and parsers agree: mappings, lists, text, integers and decimal
numbers, true and false, and empty values. A value that YAML 1.1 and YAML 1.2 interpret differently is refused, and the
message names both meanings. Constructs that hide a value from a reviewer are refused too: duplicate keys, anchors,
merge keys, tags.

libyaml's parser yields the events (through PyYAML, or PyYAML's own parser if it was built without libyaml). Building
the values from events instead of using a Loader makes it possible to refuse nesting, keys and tags at their lines, and
it bounds the recursion. strictyaml has no flow style (`{pool: io}`), and its last release was in 2023. ruamel.yaml
refuses duplicate keys, but it gives lines only in its round-trip mode, which is seven times slower, and it would be a
second YAML library.
"""

from celery_platform.environment.reading.document import Document, read

__all__ = ["Document", "read"]
