"""A function fits on a screen, and a file is one concept."""

import ast
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_A_FILE = 250
CODE = (".py", ".tf", ".hcl", ".j2", ".tpl", ".yml", ".yaml", ".sh")
# What a command writes: expected output, and the rules of each environment.
GENERATED = ("tests/chart/golden/prod.yaml", "/prometheus_rules.yml")


@cache
def code() -> list[str]:
    """The files of code that the repository has, or that are about to be added."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if _is_code(name)]


def _is_code(name: str) -> bool:
    return name.endswith(CODE) and not name.endswith(GENERATED) and (ROOT / name).is_file()


def lines_of(name: str) -> int:
    return len((ROOT / name).read_text().splitlines())


def functions(source: str) -> list[tuple[str, int]]:
    """Each function's name and its number of lines."""
    return [
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_file_is_long() -> None:
    assert {name: lines for name in code() if (lines := lines_of(name)) > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_long() -> None:
    found = {
        f"{name}: {function}": lines
        for name in code()
        if name.endswith(".py")
        for function, lines in functions((ROOT / name).read_text())
        if lines > MOST_LINES_OF_A_FUNCTION
    }
    assert found == {}


@pytest.mark.parametrize("kind", CODE)
def test_files_of_each_kind_are_found(kind: str) -> None:
    """So that neither test passes because it looked at nothing."""
    assert any(name.endswith(kind) for name in code())
