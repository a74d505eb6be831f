"""Ways to mutate an environment file: its bytes, its lines, its YAML, its values, its structure.

Each takes a random number generator and a file's content, and returns new content. The same seed gives the same file.
"""

import copy
import re
from collections.abc import Callable
from random import Random
from typing import Any

import yaml

Mutation = Callable[[Random, bytes], bytes]

# Values of every type, and values that parsers and type checks are likely to mishandle.
VALUES = (
    "", "~", "null", "true", "false", "yes", "off", "0", "1", "-1", "3", "65536", "9" * 16, "9" * 4_301, "1.5", "-0.0",
    "1e3", ".5", ".inf", ".nan", "012", "0x1F", "1_000", "1:30", "2020-13-45", "2020-01-01", "2020-01-01 10:00:00", "=",
    "!!float .", "!!int x", "!!timestamp x", "!!binary x", "!!set {a}", "!!python/name:os.system", "!x y", "&a b", "*a",
    "[]", "{}", "[a]", "[1, 2]", "[[[]]]", "{a: 1}", "{a: {b: {c: {}}}}", "'3'", '"true"', "''", '"\\0"', '"\\u202e"',
    '"\\ud800"', '"\\q"', "a b", "A", "x" * 300, "é", "\U0001f600", "-", "- a", "? a", "|\n  a", ">-\n  a", "@a", "`a",
    "%a", "a: b", "a #b", "#", "none", "auto", "https://h:99999", "https://[::1", "10.0.0.1/16", "10.40.0.0/33",
    "::/0", "*/0 * * * *", "a b c d e", "cache.", "mq.", "debian-13-arm64", "4.0", "sqs", "redis", "gevent", "turbo",
    "eks", "hosts", "io", "cpu", "files", "255.255.255.255/32", "10.40.0.0/22", "http://[2001:db8::1]:80",
    "2001:db8::1", "9" * 20 + "d", "100", "[io, cpu]", "[t3.small, m7g.large]", "banana", "m7i.huge", "mac2.metal",
    "xx-nowhere-9", "cn-north-1", "us-west-1", "127.0.0.0/16", "169.254.169.254", "224.0.0.0/16", '"#oncall"',
    "a..b", "localhost", "999.1.1.1", "R&D (x) <y@z>", "0 0 13 * 5", "0 6 * * 7", "arn:aws-cn:iam::111122223333:role/x",
)  # fmt: skip
TOKENS = (
    ":", ": ", "- ", "? ", ",", "[", "]", "{", "}", "&a ", "*a", "!", "!!str ", "|", ">", "'", '"', "#", " #", "%", "@",
    "\n", "\n\n", "\n---\n", "\n...\n", "\t", " ", "  ", "\r", "\r\n", "\0", "\ufeff", "\u2028", "\x85", "<<: ", "\\",
)  # fmt: skip
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TOKEN = re.compile(r"[\w.@*/-]+|[^\w\s]|\s+")
_SCALAR = re.compile(r"(?<=: )[^\s{\[,}\]#][^,}\]\n#]*")


def flipped_byte(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]


def inserted_bytes(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + random.randbytes(random.randint(1, 4)) + content[at:]


def removed_bytes(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + content[at + random.randint(1, 40) :]


def repeated_bytes(random: Random, content: bytes) -> bytes:
    at, length = random.randrange(len(content)), random.randint(1, 200)
    return content[: at + length] + content[at : at + length] * random.choice((1, 1, 50)) + content[at + length :]


def cut(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content))]


def encoded(random: Random, content: bytes) -> bytes:
    name = random.choice(("utf-16", "utf-8-sig", "latin-1", "utf-32", "cp500"))
    return (content.decode(errors="replace") + "# é\n").encode(name, errors="replace")


def removed_line(random: Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    del lines[random.randrange(len(lines))]
    return b"".join(lines)


def repeated_line(random: Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    lines.insert(random.randrange(len(lines)), random.choice(lines))
    return b"".join(lines)


def swapped_lines(random: Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def indented_line(random: Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    at = random.randrange(len(lines))
    lines[at] = random.choice((b" " + lines[at], b"  " + lines[at], b"\t" + lines[at], lines[at].lstrip()))
    return b"".join(lines)


def lines_of_windows(_: Random, content: bytes) -> bytes:
    return content.replace(b"\n", b"\r\n")


def inserted_token(random: Random, content: bytes) -> bytes:
    text = content.decode(errors="replace")
    at = random.randrange(len(text))
    return (text[:at] + random.choice(TOKENS) + text[at:]).encode()


def replaced_token(random: Random, content: bytes) -> bytes:
    text = content.decode(errors="replace")
    found = random.choice(list(_TOKEN.finditer(text)))
    new = random.choice((*TOKENS, "", random.choice(VALUES)))
    return (text[: found.start()] + new + text[found.end() :]).encode()


def nested(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + random.choice((b"[", b"{a: ", b"- ", b"? ")) * random.choice((3, 30, 3_000)) + content[at:]


def replaced_value(random: Random, content: bytes) -> bytes:
    text = content.decode(errors="replace")
    scalars = list(_SCALAR.finditer(text))
    if not scalars:
        return content
    found = random.choice(scalars)
    return (text[: found.start()] + random.choice(VALUES) + text[found.end() :]).encode()


def other_structure(random: Random, content: bytes) -> bytes:
    """Move, duplicate, remove, rename or retype a section, a key or a list."""
    try:
        data = yaml.load(content, Loader=_LOADER)  # noqa: S506 a safe one
        places = _places(data)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError):  # RecursionError: after `nested`
        return replaced_token(random, content)
    if not places:
        return replaced_token(random, content)
    holder, key = random.choice(places)
    _RESTRUCTURE[random.randrange(len(_RESTRUCTURE))](random, holder, key, places)
    flow = random.random() < 0.2
    return yaml.dump(data, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, default_flow_style=flow).encode()


def _places(data: Any) -> list[tuple[Any, Any]]:
    keys = list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    return [place for key in keys for place in ((data, key), *_places(data[key]))]


def _without(_: Random, holder: Any, key: Any, __: Any) -> None:
    del holder[key]


def _another(random: Random, holder: Any, key: Any, places: list[tuple[Any, Any]]) -> None:
    other, name = random.choice(places)
    holder[key] = copy.deepcopy(other[name])


def _renamed(random: Random, holder: Any, key: Any, places: list[tuple[Any, Any]]) -> None:
    if isinstance(holder, list):
        return _another(random, holder, key, places)
    name = random.choice((f"{key}s", str(key)[:-1], str(key).upper(), random.choice(places)[1], 1, None, True, "é", ""))
    holder[name] = holder.pop(key)
    return None


def _listed(_: Random, holder: Any, key: Any, __: Any) -> None:
    holder[key] = [holder[key], holder[key]]


def _retyped(random: Random, holder: Any, key: Any, _: Any) -> None:
    holder[key] = random.choice(
        (None, True, 0, -1, 10**12, 0.5, "x", "", [], {}, ["x"], {"x": 1}, [[1]], {"x": {"y": 2}})
    )


def _many(random: Random, holder: Any, key: Any, _: Any) -> None:
    many = random.choice((30, 300))
    if isinstance(holder, dict):
        holder.update({f"{key}_{number}": copy.deepcopy(holder[key]) for number in range(many)})
    else:
        holder.extend([copy.deepcopy(holder[key])] * many)


_RESTRUCTURE = (_without, _another, _renamed, _listed, _retyped, _retyped, _many)
MUTATIONS: tuple[Mutation, ...] = (
    flipped_byte, inserted_bytes, removed_bytes, repeated_bytes, cut, encoded,
    removed_line, repeated_line, swapped_lines, indented_line, lines_of_windows,
    inserted_token, replaced_token, replaced_token, nested,
    replaced_value, replaced_value, replaced_value, other_structure, other_structure, other_structure,
)  # fmt: skip


def mutated(random: Random, content: bytes) -> bytes:
    """The content after one mutation, or after up to three."""
    for _ in range(random.choice((1, 1, 2, 3))):
        if content:
            content = random.choice(MUTATIONS)(random, content)
    return content
