"""Decide whether a pattern of task names can still match when other patterns come before it.

An `fnmatch` pattern is a finite automaton whose states are positions in the pattern. The search walks through the names
that `later` accepts and tracks the set of positions that the `earlier` patterns can have reached. A name that `later`
accepts and none of `earlier` does is a witness that `later` can match.
"""

import re
import string
from collections import deque
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

Tokens = tuple[str, ...]
Positions = frozenset[tuple[int, int]]
State = tuple[frozenset[int], Positions]

# A character, `?`, `*`, or a set in brackets, in which a `]` that comes first stands for itself.
_TOKEN = re.compile(r"\[!?+\]?+[^\]]*+\]|.", re.DOTALL)
# A pattern such as `*a????????` has a state for every way to read a name, and would take seconds. 300 patterns of
# packages (`orders.*`) take a tenth of a second.
MOST_POSITIONS = 500_000
_WILDCARD = re.compile(r"[*?\[]")
# The characters of task names, and one that stands for all others.
_LETTERS = string.ascii_letters + string.digits + string.punctuation + " é"


def unmatched(later: str, earlier: Sequence[str]) -> str | None:
    """A name that `later` matches and none of `earlier` does; `None` if there is certainly none.

    If the search takes more than `MOST_POSITIONS` steps, the result is the last name that was examined.

    Example: `unmatched("orders.*", ["orders.ship"]) == "orders."` and `unmatched("orders.ship", ["*"]) is None`
    """
    if not _WILDCARD.search(later):
        return None if any(fnmatchcase(later, pattern) for pattern in earlier) else later
    own, others = _tokens(later), [_tokens(pattern) for pattern in _that_share_names(later, earlier)]
    letters = _letters([own, *others])
    begin = (_closed(own, [0]), _closed_all(others, ((which, 0) for which in range(len(others)))))
    # The start state is left out: the empty name does not count, so a first letter may lead back to this state.
    reached: set[State] = set()
    waiting = deque([(begin, "")])
    examined = 0
    while waiting:
        (mine, theirs), name = waiting.popleft()
        is_witness = name and len(own) in mine and not any(place == len(others[which]) for which, place in theirs)
        examined += (len(mine) + len(theirs)) * len(letters)
        if is_witness or examined > MOST_POSITIONS:
            return name
        for letter in letters:
            step = _closed(own, _after(own, mine, letter))
            if not step:
                continue
            moved = ((which, place) for which, at in theirs for place in _after(others[which], (at,), letter))
            state = (step, _closed_all(others, moved))
            if state not in reached:
                reached.add(state)
                waiting.append((state, name + letter))
    return None


def _that_share_names(later: str, earlier: Iterable[str]) -> list[str]:
    """The patterns that may match a name that `later` matches, too: the text before their wildcards agrees."""
    own = _before_wildcards(later)
    begins = ((pattern, _before_wildcards(pattern)) for pattern in earlier)
    return [pattern for pattern, begin in begins if own.startswith(begin) or begin.startswith(own)]


@lru_cache(maxsize=10_000)
def _before_wildcards(pattern: str) -> str:
    found = _WILDCARD.search(pattern)
    return pattern[: found.start()] if found else pattern


@lru_cache(maxsize=10_000)
def _tokens(pattern: str) -> Tokens:
    return tuple(_TOKEN.findall(pattern))


@lru_cache(maxsize=100_000)
def _matches(token: str, letter: str) -> bool:
    return fnmatchcase(letter, token)


def _letters(patterns: Iterable[Tokens]) -> list[str]:
    """One letter for each set of letters that no pattern distinguishes."""
    tokens = sorted({token for pattern in patterns for token in pattern})
    known = dict.fromkeys(_LETTERS + "".join(tokens))
    alike: dict[tuple[bool, ...], str] = {}
    for letter in known:
        alike.setdefault(tuple(_matches(token, letter) for token in tokens), letter)
    return list(alike.values())


def _after(tokens: Tokens, places: Iterable[int], letter: str) -> list[int]:
    """The positions after one more letter; a star may match again, so its position stays."""
    return [
        place if tokens[place] == "*" else place + 1
        for place in places
        if place < len(tokens) and _matches(tokens[place], letter)
    ]


def _closed(tokens: Tokens, places: Iterable[int]) -> frozenset[int]:
    """The positions, and those reached if a star matches nothing."""
    found = set()
    for place in places:
        found.add(place)
        while place < len(tokens) and tokens[place] == "*":
            place += 1
            found.add(place)
    return frozenset(found)


def _closed_all(patterns: Sequence[Tokens], places: Iterable[tuple[int, int]]) -> Positions:
    return frozenset((which, place) for which, at in places for place in _closed(patterns[which], [at]))
