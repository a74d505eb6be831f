"""Read an environment file: bytes to plain values, each with its line. Nothing here knows what the keys mean.

The language is the part of YAML on which its versions and readers agree: mappings, lists, text, whole and decimal
numbers, true and false, empty. What a reader of YAML 1.1 and one of YAML 1.2 take differently is refused with both
meanings, and so is what hides a value from a reviewer: a key that stands twice, an anchor, a merge key, a tag.

libyaml's parser (through PyYAML, or PyYAML's own where it was built without) yields the events; building values from
events rather than by a Loader is what lets every depth, key and tag be refused at its line, and nothing recurse
without a bound. strictyaml has no flow style (`{pool: io}`) and had its last release in 2023; ruamel.yaml refuses
double keys but gives lines only in its round-trip mode, seven times slower, and would be a second YAML library.
"""

from celery_platform.environment.reading.document import Document, read

__all__ = ["Document", "read"]
