"""Whether patterns of task names leave anything for one that comes after them.

A pattern of `fnmatch` is a finite automaton: its states are positions in the pattern. To know whether every name that
`later` matches is matched by one of `earlier`, walk through all names that `later` accepts, keeping for the earlier
ones the set of positions they can be at; a name that ends `later` and none of them is a witness.
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
# Patterns like `*a????????` have a state for each way to read a name: seconds. 300 patterns of packages need a tenth.
MOST_POSITIONS = 500_000
# What names are made of, and one letter of all the others.
_LETTERS = string.ascii_letters + string.digits + string.punctuation + " é"


def unmatched(later: str, earlier: Sequence[str]) -> str | None:
    """A name that `later` matches and none of `earlier` does; `None` where there is surely none.

    Where patterns are too entangled to know within `MOST_POSITIONS`, the answer is the name that was looked at last.

    Example: `unmatched("orders.*", ["orders.ship"]) == "orders."` and `unmatched("orders.ship", ["*"]) is None`
    """
    own, others = _tokens(later), [_tokens(pattern) for pattern in earlier]
    letters = _letters([own, *others])
    begin = (_closed(own, [0]), _closed_all(others, ((which, 0) for which in range(len(others)))))
    # Without the beginning: no name is empty, so the first letter may lead back to it.
    reached: set[State] = set()
    waiting = deque([(begin, "")])
    looked_at = 0
    while waiting:
        (mine, theirs), name = waiting.popleft()
        is_witness = name and len(own) in mine and not any(place == len(others[which]) for which, place in theirs)
        looked_at += (len(mine) + len(theirs)) * len(letters)
        if is_witness or looked_at > MOST_POSITIONS:
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


@lru_cache(maxsize=10_000)
def _tokens(pattern: str) -> Tokens:
    return tuple(_TOKEN.findall(pattern))


@lru_cache(maxsize=100_000)
def _matches(token: str, letter: str) -> bool:
    return fnmatchcase(letter, token)


def _letters(patterns: Iterable[Tokens]) -> list[str]:
    """One letter of each group that all the patterns treat alike."""
    tokens = sorted({token for pattern in patterns for token in pattern})
    known = dict.fromkeys(_LETTERS + "".join(tokens))
    alike: dict[tuple[bool, ...], str] = {}
    for letter in known:
        alike.setdefault(tuple(_matches(token, letter) for token in tokens), letter)
    return list(alike.values())


def _after(tokens: Tokens, places: Iterable[int], letter: str) -> list[int]:
    """The positions after one more letter; a star stays where it is."""
    return [
        place if tokens[place] == "*" else place + 1
        for place in places
        if place < len(tokens) and _matches(tokens[place], letter)
    ]


def _closed(tokens: Tokens, places: Iterable[int]) -> frozenset[int]:
    """The positions with those that are reached by letting a star match nothing."""
    found = set()
    for place in places:
        found.add(place)
        while place < len(tokens) and tokens[place] == "*":
            place += 1
            found.add(place)
    return frozenset(found)


def _closed_all(patterns: Sequence[Tokens], places: Iterable[tuple[int, int]]) -> Positions:
    return frozenset((which, place) for which, at in places for place in _closed(patterns[which], [at]))
