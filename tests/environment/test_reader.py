"""An environment file is read strictly: ambiguous YAML, and anything a reviewer could overlook, is refused."""

import pytest
import yaml
from celery_platform.environment.reading import document, read

from .broken import FILE, GOOD, edited, faults, refusal

PARSERS = [pytest.param(yaml.SafeLoader, id="PyYAML"), pytest.param(getattr(yaml, "CSafeLoader", None), id="libyaml")]


@pytest.fixture(params=PARSERS, autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each case with both parsers: which of them PyYAML has depends on how it was built."""
    if request.param is None:
        pytest.skip("this PyYAML was built without libyaml")
    monkeypatch.setattr(document, "PARSER", request.param)


def refused(content: str | bytes) -> str:
    message = refusal(content)
    assert message is not None, "this file must be refused"
    assert faults(message) == []
    return message


# --- input that once ended in a traceback -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("9" * 4_301, "a number of 4,301 digits"),
        ("!!float .", "the tag '!!float'"),
        ("!!int x", "the tag '!!int'"),
        ("!!timestamp x", "the tag '!!timestamp'"),
        ("!!python/object/apply:os.system [id]", "the tag '!!python/object/apply:os.system'"),
        ("! x", "the tag '!'"),
    ],
)  # fmt: skip
def test_an_impossible_number_or_a_tag_is_refused_at_its_line(value: str, found: str) -> None:
    message = refused(edited("zones: 3", f"zones: {value}"))

    assert f"line {GOOD[: GOOD.index('zones: 3')].count(chr(10)) + 1}, network.zones: found {found}" in message


def test_an_impossible_date_is_text() -> None:
    assert read(b"owner: 2020-13-45\nsince: 2020-01-01", FILE).data == {"owner": "2020-13-45", "since": "2020-01-01"}
    assert refusal(edited("owner: platform@example.com", "owner: 2020-13-45")) is None


@pytest.mark.parametrize("url", ["https://h:99999", "https://[::1", "https://h:x", "https://h:0", "https://[h]"])
def test_a_malformed_url_is_refused(url: str) -> None:
    message = refused(edited('url: "https://ledger.example.com"', f'url: "{url}"'))

    assert f"services.ledger.url: found '{url}'; allowed: scheme://host:port/path" in message


@pytest.mark.parametrize("opening", ["[", "{a: ", "? ", "- ", "{? "])
def test_three_thousand_nested_levels_are_refused_at_the_twenty_first(opening: str) -> None:
    assert "more than 20 nested levels" in refused(opening * 3_000)


def test_an_alias_bomb_is_refused_before_it_expands() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
    )

    message = refused(bomb)

    assert "line 1, a: found the anchor '&a'" in message
    assert "line 2, b.0: found the alias '*a'" in message


# --- bytes ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "(file): found an empty file"),
        (b"# nothing but this\n", "(file): found an empty file"),
        (b"a: 1\nb: caf\xe9\n", "line 2: found the byte 0xe9, which is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "line 1: found UTF-16"),
        (b"a: 1\nb: \x00\n", "line 2: found a NUL character"),
        (b"a:\t1\n", "line 1: found a tab"),
        (b"a: 1\rb: 2\r", "line 1: found a carriage return without a line feed"),
        ("a: 1\nb: \u202ex".encode(), "line 2: found the character U+202E"),
        ("a: 1\n\ufeffb: 2".encode(), "line 2: found the character U+FEFF"),
        ("a: 1\u2028b: 2".encode(), "line 1: found the character U+2028"),
        (b"\xed\xa0\x80", "line 1: found the byte 0xed"),
        (b"#" * 1_048_577, "(file): found more than 1,048,576 bytes"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_visible_utf_8_text_is_refused(content: bytes, found: str) -> None:
    assert found in refused(content)


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_byte_order_mark_and_windows_line_endings_are_ignored(prefix: bytes, end: bytes) -> None:
    content = prefix + GOOD.encode().replace(b"\n", end)

    assert read(content, FILE) == read(GOOD.encode(), FILE)


@pytest.mark.parametrize("escape", [r"\0", r"\e[1m", r"\u202e", r"\x7f", r"\r"])
def test_an_escape_cannot_produce_a_hidden_character(escape: str) -> None:
    assert "in the value; allowed: visible characters" in refused(f'a: "{escape}"')


@pytest.mark.parametrize("escape", [r"\ud800", r"\U99999999", r"\xg", r"\q"])
def test_an_invalid_escape_is_refused(escape: str) -> None:
    refused(f'a: "{escape}"')


# --- documents and keys -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- a\n- b\n", "line 1: found a list"),
        ("text", "line 1: found text"),
        ("3", "line 1: found a number"),
        ("---\n", "found nothing; allowed: a mapping"),
        ("a: 1\n---\na: 2\n", "line 2: found a second document"),
        ("%YAML 1.1\n---\na: 1\n", "a file without directives"),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", "a file without directives"),
    ],
)
def test_a_file_that_is_not_one_mapping_is_refused(text: str, found: str) -> None:
    assert found in refused(text)


def test_a_second_destroy_lock_cannot_override_the_first() -> None:
    first = GOOD[: GOOD.index("destroy_lock")].count("\n") + 1

    message = refused(f"{GOOD}destroy_lock: false\n")

    assert f"line {first + 1}, destroy_lock: found the key a second time (first on line {first})" in message


def test_a_second_broker_section_cannot_switch_the_broker() -> None:
    first = GOOD[: GOOD.index("\nbroker:") + 1].count("\n") + 1

    assert f"broker: found the key a second time (first on line {first})" in refused(f"{GOOD}broker: {{kind: sqs}}\n")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: 1\n'a': 2", "line 2, a"),
        ("a: {b: 1, b: 2}", "line 1, a.b"),
        ("a:\n- b: 1\n  b: 2", "line 3, a.0.b"),
    ],
)
def test_a_duplicate_key_is_refused_at_every_level(text: str, path: str) -> None:
    assert f"{path}: found the key a second time" in refused(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1: a", "a number as a key"),
        ("true: a", "true or false as a key"),
        ("~: a", "nothing as a key"),
        ("on: a", "on without quotes"),
        ("? [a]\n: b", "a list, a mapping or an alias as a key"),
        ("a: {b: &x 1}\nc: {<<: *x}", "the merge key <<"),
        ("&x a: 1", "the anchor '&x'"),
        ("!!str a: 1", "the tag '!!str'"),
    ],
)
def test_a_key_that_is_not_text_is_refused(text: str, found: str) -> None:
    assert found in refused(text)


# --- scalars without quotes -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("word", ["yes", "No", "ON", "off"])
def test_a_word_that_is_true_to_only_some_parsers_is_refused(word: str) -> None:
    assert f"found {word} without quotes, true or false to some YAML parsers" in refused(f"a: {word}")


@pytest.mark.parametrize(
    "word",
    [
        "012",
        "08",
        "0x1F",
        "0o17",
        "0b11",
        "1_000",
        "1:30",
        "190:20:30",
        "1e3",
        "1.5e+3",
        ".5",
        "5.",
        "-.inf",
        ".nan",
        "01.5",
    ],
)
def test_a_number_that_parsers_interpret_differently_is_refused(word: str) -> None:
    assert f"found {word} without quotes" in refused(f"a: {word}")


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("3", 3), ("-3", -3), ("0", 0), ("0.5", 0.5), ("true", True), ("FALSE", False), ("~", None), ("", None),
        ("'yes'", "yes"), ('"012"', "012"), ("y", "y"), ("n", "n"), ("=", "="), ("2026-11-28", "2026-11-28"),
        ("10.0.0.1", "10.0.0.1"), ("10.20.0.0/16", "10.20.0.0/16"), ("::1", "::1"), ("mq.m7g.large", "mq.m7g.large"),
        ("2026-11-28 10:00:00", "2026-11-28 10:00:00"), ("none", "none"), ("1.35.2", "1.35.2"),
    ],
)  # fmt: skip
def test_a_scalar_on_which_all_parsers_agree_is_accepted(word: str, value: object) -> None:
    taken = read(f"a: {word}".encode(), FILE).data["a"]

    assert (taken, type(taken)) == (value, type(value))


# --- syntax -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "line", "allowed"),
    [
        ("a: [b, c\nd: 1\ne: 2\n", 2, "a comma after each entry of [ and one ] at its end; it begins on line 1"),
        ("a: {b: 1\nd: 1\n", 2, "a comma after each entry of { and one } at its end; it begins on line 1"),
        ("a: b: c\n", 1, "quotes around text with a colon"),
        ("x: 1\na: 'b\nc: 1\n", 2, "a closing quote at the end of the text"),
        ("x: 1\na\nc: 1\n", 2, "a key, a colon, a space and its value on one line"),
        ("a: @b\n", 1, "quotes around text that begins with @"),
        ("cron: */5 * * * *\n", 1, "quotes around text that begins with * or &"),
        ("a:\n  b: 1\n c: 2\n", 3, "the same indentation as the other entries"),
        ('a: "\\q"\n', 1, "a YAML escape"),
        ("a: |3x\n  b\n", 1, "after | or >"),
    ],
)
def test_a_syntax_error_names_the_line_and_the_expected_syntax(text: str, line: int, allowed: str) -> None:
    message = refused(text)

    assert f"\n  line {line}: found " in message
    assert allowed in message


# --- lines and files --------------------------------------------------------------------------------------------------
def test_a_value_knows_its_line() -> None:
    made = read(b"a:\n  b:\n  - c\n  - {d: 4.10}\n", FILE)

    assert [made.line(path) for path in ("a", "a.b.1", "a.b.1.d", "a.b.1.e", "x")] == [1, 4, 4, 4, None]
    assert made.places["a", "b", 1, "d"].written == "4.10"
