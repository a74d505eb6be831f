"""What a person sees when an environment file cannot be used."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing wrong in an environment file.

    Example: `Problem("queues.email.pool", found="'oi'", allowed="one of: cpu, io")`
    """

    path: str
    found: str
    allowed: str

    def __str__(self) -> str:
        """One line: where, what was found, what is allowed."""
        return f"{self.path or '(file)'}: found {self.found}; allowed: {self.allowed}"


class EnvironmentFileError(Exception):
    """An environment file is missing, unreadable or breaks a rule. The message names the file and every problem."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join([f"{file} cannot be used:", *(f"  {problem}" for problem in problems)]))
