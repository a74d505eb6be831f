"""What an apply of a change would replace, destroy or stop, and where AWS would refuse it, before any plan."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from celery_platform.environment.derived import Json
from celery_platform.environment.resources import KINDS, Found, Kind

REPLACE, DESTROY, FAIL, STOP, MAKE_AGAIN = "replace", "destroy", "fail at", "stop", "make again"


@dataclass(frozen=True)
class Effect:
    """One resource that an apply would replace, destroy or stop, or at which it would fail.

    `type` is Terraform's, and empty if all of them are meant. `name` is what the resource is called, and `because` the
    value that changes; it is empty if the environment has no such resource any more.
    """

    verb: str
    type: str
    what: str
    name: str
    lost: str
    because: str = ""

    def __str__(self) -> str:
        """One sentence for a reviewer."""
        with_it = f", with {self.lost}" if self.verb in (REPLACE, DESTROY) and self.lost else ""
        reason = f": {self.because}" if self.because else ""
        return f"an apply would {self.verb} {self.what} {self.name}{with_it}{reason}"


def effects(before: Json, after: Json) -> Iterator[Effect]:
    """The effects of applying `after` where `before` is applied, both as in resolved.json.

    Two environments of different names share no resource: there is nothing to replace.

    Example: `[str(effect) for effect in effects(old, new)] == ["an apply would destroy the queue celery-prod-email,
    with its messages"]`
    """
    if before["name"] != after["name"]:
        return
    # The state is in a bucket of the environment's prefix, which another prefix does not find.
    if because := _changed(("region", "prefix"), before, after):
        left = f"{because}; what is in {before['region']} as {before['prefix']} stays, costs money, and is in no plan"
        yield Effect(MAKE_AGAIN, "", "everything of", before["prefix"], "", left)
        return
    for kind in KINDS:
        yield from _of_kind(kind, kind.found(before), kind.found(after))


def _of_kind(kind: Kind, before: Found, after: Found) -> Iterator[Effect]:
    for key, old in before.items():
        new = after.get(key)
        if new is None:
            yield Effect(DESTROY, kind.type, kind.what, old["called"], kind.lost)
        elif because := _changed(kind.forces, old, new) or _changed(_shorter(kind, old, new), old, new):
            yield Effect(REPLACE, kind.type, kind.what, old["called"], kind.lost, because)
        elif refused := _refused(kind, old, new):
            yield Effect(FAIL, kind.type, kind.what, old["called"], "", refused)
        elif because := _changed(kind.stops, old, new):
            yield Effect(STOP, kind.type, kind.what, old["called"], kind.lost, because)


def _refused(kind: Kind, old: Json, new: Json) -> str:
    """Why AWS refuses the update that is planned, in words; empty if it does not."""
    smaller = {key: why for key, why in kind.grows.items() if new[key] < old[key]}
    for key, why in (*kind.stuck.items(), *smaller.items()):
        if because := _changed((key,), old, new):
            return f"{why}, and {because}"
    return ""


def _shorter(kind: Kind, old: Json, new: Json) -> list[str]:
    """The lists of which something goes."""
    return [key for key in kind.keeps if set(old[key]) - set(new[key])]


def _changed(keys: Iterable[str], old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """The first of the values that changes, in words; empty if none does."""
    for key in keys:
        if old.get(key) != new.get(key):
            return f"{key} changes from {_written(old.get(key))} to {_written(new.get(key))}"
    return ""


def _written(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
