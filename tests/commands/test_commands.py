"""Every command that a page, a message or a docstring names can be typed as it is written."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from celery_platform.cli.commands import commands

from .commands import Command, named
from .shown import APP, VERBS

REPOSITORY = Path(__file__).parents[2]
MAKEFILE = (REPOSITORY / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z%-]+):.*## ", MAKEFILE, re.MULTILINE))
OPERATIONS = {file.stem for file in (REPOSITORY / "ansible" / "operations" / "rabbitmq").glob("*.yml")}
# The changelog names commands of before.
COMMANDS = [command for command in named() if command.where != "CHANGELOG.md"]
# What stands for a word of the reader's: `ENV`, `<name>`, `[ENV]`, `{name}`, `...`.
PLACEHOLDER = re.compile(r"^[A-Z]+$|^[<\[{].*[>\]}]$|\.\.\.")


def of(program: str) -> list[Any]:
    found = {command.text: command for command in COMMANDS if command.words[0] == program}
    return [pytest.param(command, id=text) for text, command in found.items()]


@pytest.mark.parametrize("command", of("make"))
def test_make_has_the_verb_and_the_variable(command: Command) -> None:
    for word in command.words[1:]:
        name, assigned, _ = word.partition("=")
        if assigned:
            assert re.search(rf"\$\((?:if |or )?{name}\b", MAKEFILE), f"{command.where}: no verb reads {name}"
        elif name.startswith("rabbitmq-"):
            assert PLACEHOLDER.search(name.removeprefix("rabbitmq-")) or name.removeprefix("rabbitmq-") in OPERATIONS
        else:
            assert name in TARGETS, f"{command.where}: the Makefile has no {name}"


def leaves(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of `app`, with the words that lead to it."""
    for name, command in getattr(group, "commands", {}).items():
        yield from leaves(command, (*path, name))
    if not hasattr(group, "commands"):
        yield path, group


APP_COMMANDS = dict(leaves(typer.main.get_command(commands)))
OF_EVERY = {"--help", "--install-completion", "--show-completion"}


def begins_with(words: list[str], path: tuple[str, ...]) -> bool:
    """Whether words name a command, or the group that it is in; `app dlq list|show` names two."""
    return all(name in word.split("|") for word, name in zip(words, path, strict=False))


@pytest.mark.parametrize("command", of("app"))
def test_app_has_the_command_and_the_option(command: Command) -> None:
    words = command.words[1:]
    words = words[: words.index("--")] if "--" in words else words
    if not words or PLACEHOLDER.search(words[0]):
        return
    chosen = [
        path
        for path in APP_COMMANDS
        if all(word in choice.split("|") for word, choice in zip(path, words, strict=False))
    ]
    assert chosen or set(words) <= OF_EVERY, f"{command.where}: app has no such command"
    known = OF_EVERY | {option for path in chosen for each in APP_COMMANDS[path].params for option in each.opts}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known, command.where


@pytest.mark.parametrize("command", of("pytest"))
def test_pytest_finds_the_tests(command: Command) -> None:
    paths = [word for word in command.words[1:] if "/" in word]

    assert [path for path in paths if not (REPOSITORY / path.partition("::")[0]).exists()] == [], command.where


@pytest.mark.parametrize(
    ("told", "there"),
    [(set(VERBS), TARGETS), (set(APP), {" ".join(path) for path in APP_COMMANDS})],
    ids=["make", "app"],
)
def test_it_is_stated_of_each_command_which_test_runs_it(told: set[str], there: set[str]) -> None:
    assert told == there, "say in tests/commands/shown.py which test runs a new command, or why none does"


@pytest.mark.parametrize(("name", "shown"), [*VERBS.items(), *APP.items()])
def test_the_test_that_runs_it_is_there(name: str, shown: str) -> None:  # noqa: ARG001 - which it is
    file, _, text = shown.partition(": ")
    if re.fullmatch(r"\S+\.py", file):
        assert text in (REPOSITORY / file).read_text(), shown
    else:
        assert len(shown.split()) > 5, "a reason is a sentence"
