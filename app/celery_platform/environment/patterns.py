"""Decide whether a pattern of task names can still match when other patterns come before it.

An `fnmatch` pattern is a finite automaton whose states are positions in the pattern. The search walks through the names
that `later` accepts and tracks the set of positions that the `earlier` patterns can have reached. A name that `later`
accepts and none of `earlier` does is a witness that `later` can match.
"""

import re
import string
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import takewhile

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


class Patterns:
    """Patterns in order. What they share with a name or with another pattern is found by the text before wildcards.

    Example: `Patterns(["orders.ship", "orders.*"]).first("orders.bill") == 1`
    """

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._patterns: list[str] = []
        self._beginning: dict[str, list[int]] = {}
        self._sorted: list[str] = []
        for pattern in patterns:
            self.add(pattern)

    def add(self, pattern: str) -> None:
        """Add a pattern after the others."""
        begin = _before_wildcards(pattern)
        if begin not in self._beginning:
            insort(self._sorted, begin)
        self._beginning.setdefault(begin, []).append(len(self._patterns))
        self._patterns.append(pattern)

    def first(self, name: str) -> int | None:
        """The position of the first pattern that matches a name; `None` if none does."""
        matching = (at for at in self._that_begin(name) if fnmatchcase(name, self._patterns[at]))
        return min(matching, default=None)

    def sharing(self, pattern: str) -> list[str]:
        """The patterns that may match a name that this one matches, in order: of two texts, one begins the other."""
        own = _before_wildcards(pattern)
        after = self._sorted[bisect_left(self._sorted, own) :]
        longer = (at for begin in takewhile(lambda each: each.startswith(own), after) for at in self._beginning[begin])
        return [self._patterns[at] for at in sorted({*self._that_begin(own), *longer})]

    def _that_begin(self, text: str) -> Iterator[int]:
        """The positions of the patterns whose text before wildcards begins a text, or is all of it."""
        for length in range(len(text) + 1):
            yield from self._beginning.get(text[:length], ())


def unmatched(later: str, earlier: Sequence[str]) -> str | None:
    """A name that `later` matches and none of `earlier` does; `None` if there is certainly none.

    If the search takes more than `MOST_POSITIONS` steps, the result is the last name that was examined.

    Example: `unmatched("orders.*", ["orders.ship"]) == "orders."` and `unmatched("orders.ship", ["*"]) is None`
    """
    if not _WILDCARD.search(later):
        return None if any(fnmatchcase(later, pattern) for pattern in earlier) else later
    own, others = _tokens(later), [_tokens(pattern) for pattern in earlier]
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
