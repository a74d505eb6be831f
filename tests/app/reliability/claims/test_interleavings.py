"""Two workers, crashes, slow owners and redeliveries in any order that Hypothesis thinks of, on each real store.

The bank stands for the outside: it keeps an effect for each key and refuses fencing tokens smaller than the last.
"""

import uuid
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from app.reliability.claims import Claim, State

from .conftest import Store

WORKERS = st.sampled_from(["one", "two"])


class Interleavings(RuleBasedStateMachine):
    """One key, two workers; a worker holds at most one delivery at a time."""

    store: ClassVar[Store]

    def __init__(self) -> None:
        super().__init__()
        self.key = uuid.uuid4().hex
        self.held: dict[str, Claim] = {}
        self.owner: str | None = None  # who holds the lease, by the model
        self.tokens: list[int] = []
        self.bank: list[int] = []  # tokens of effects that were accepted
        self.done: str | None = None

    @rule(worker=WORKERS)
    def deliver(self, worker: str) -> None:
        """A delivery, a redelivery, or the same message sent twice: the worker claims the key."""
        if worker in self.held:
            return
        claim = self.store.claims.claim(self.key, lease_seconds=60)
        if self.done is not None:
            assert (claim.state, claim.result) == (State.DONE, self.done)
        elif self.owner is not None:
            assert claim.state is State.TAKEN
        else:
            assert claim.state is State.OURS
            assert not self.tokens or claim.token > self.tokens[-1]
            self.tokens.append(claim.token)
            self.held[worker], self.owner = claim, worker

    @precondition(lambda self: self.held)
    @rule(worker=WORKERS)
    def act(self, worker: str) -> None:
        """The effect, with the token; a slow owner that lost its lease must not be heard after its heir."""
        claim = self.held.get(worker)
        if claim and (not self.bank or claim.token >= self.bank[-1]):
            self.bank.append(claim.token)

    @rule(worker=WORKERS)
    def finish(self, worker: str) -> None:
        claim = self.held.pop(worker, None)
        if claim is None:
            return
        finished = self.store.claims.finish(claim, f'"by {worker}"', keep_seconds=600)
        assert finished == (self.done is None and self.owner in (worker, None))
        if finished:
            self.owner, self.done = None, f'"by {worker}"'

    @rule(worker=WORKERS)
    def fail(self, worker: str) -> None:
        claim = self.held.pop(worker, None)
        if claim is None:
            return
        self.store.claims.give_up(claim)
        self.owner = None if self.owner == worker else self.owner

    @rule(worker=WORKERS)
    def crash(self, worker: str) -> None:
        """The process is gone without a word; its lease stays."""
        if self.held.pop(worker, None) and self.owner == worker:
            self.owner = "nobody alive"

    @precondition(lambda self: self.owner is not None)
    @rule()
    def lease_ends(self) -> None:
        """Of a dead owner, or of one that is only slow and will act and finish later."""
        self.store.end(self.key)
        self.owner = None

    @invariant()
    def the_outside_hears_owners_in_order(self) -> None:
        assert self.bank == sorted(self.bank)
        assert len(set(self.tokens)) == len(self.tokens)

    def teardown(self) -> None:
        """However it went: once leases are over, one more delivery ends it, and the one after finds it done."""
        if self.done is None:
            if self.owner is not None:
                self.store.end(self.key)
            claim = self.store.claims.claim(self.key, lease_seconds=60)
            assert claim.state is State.OURS
            assert self.store.claims.finish(claim, "null", keep_seconds=600)
        assert self.store.claims.claim(self.key, lease_seconds=60).state is State.DONE


@pytest.mark.timeout(300)
def test_no_interleaving_has_two_owners_or_forgets_what_is_done(store: Store) -> None:
    machine = type("Machine", (Interleavings,), {"store": store})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=50, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
