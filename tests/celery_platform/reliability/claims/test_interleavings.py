"""Two workers, crashes, slow owners and redeliveries in any order that Hypothesis thinks of, on each real store.

The bank stands for the outside: it keeps an effect for each key and refuses fencing tokens smaller than the last.
"""

import uuid
from typing import ClassVar

import pytest
from celery_platform.reliability.claims import Claim, State
from celery_platform.reliability.claims.sql import SqlClaims
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from .conftest import Store

pytestmark = pytest.mark.server

WORKERS = st.sampled_from(["one", "two"])


class Interleavings(RuleBasedStateMachine):
    """Two workers, of which each holds at most one delivery; one key after the other, each until it is done."""

    store: ClassVar[Store]

    def __init__(self) -> None:
        super().__init__()
        self.next_key()

    def next_key(self) -> None:
        self.key = uuid.uuid4().hex
        self.held: dict[str, Claim] = {}
        self.owner: str | None = None  # who holds the lease, by the model
        self.tokens: list[int] = []
        self.bank: list[int] = []  # tokens of effects that were accepted
        self.done: str | None = None

    @rule(worker=WORKERS)
    def deliver(self, worker: str) -> None:
        """Let the worker claim the key, for a delivery, a redelivery or the same message sent twice."""
        if self.done is not None:
            self.stays_done()
            self.next_key()
        if worker in self.held:
            return
        claim = self.store.claims.claim(self.key, lease_seconds=60)
        if self.owner is not None:
            assert claim.state is State.TAKEN
        else:
            assert claim.state is State.OURS
            assert not self.tokens or claim.token > self.tokens[-1]
            self.tokens.append(claim.token)
            self.held[worker], self.owner = claim, worker

    def stays_done(self) -> None:
        """Refuse the slow owner, and give every later claim the result of the run that finished."""
        for claim in self.held.values():
            assert not self.store.claims.finish(claim, '"too late"', keep_seconds=600)
        claim = self.store.claims.claim(self.key, lease_seconds=60)
        assert (claim.state, claim.result) == (State.DONE, self.done)

    @precondition(lambda self: self.held)
    @rule(worker=WORKERS)
    def act(self, worker: str) -> None:
        """Make the effect with the token; a slow owner that lost its lease must be refused after its successor."""
        claim = self.held.get(worker)
        if claim and (not self.bank or claim.token >= self.bank[-1]):
            self.bank.append(claim.token)

    @precondition(lambda self: self.held)
    @rule(worker=WORKERS)
    def finish(self, worker: str) -> None:
        claim = self.held.pop(worker, None)
        if claim is None:
            return
        finished = self.store.claims.finish(claim, f'"by {worker}"', keep_seconds=600)
        assert finished == (self.done is None and self.owner in (worker, None))
        if finished:
            self.owner, self.done = None, f'"by {worker}"'

    @precondition(lambda self: self.held)
    @rule(worker=WORKERS)
    def fail(self, worker: str) -> None:
        claim = self.held.pop(worker, None)
        if claim is None:
            return
        self.store.claims.give_up(claim)
        self.owner = None if self.owner == worker else self.owner

    @precondition(lambda self: self.held)
    @rule(worker=WORKERS)
    def crash(self, worker: str) -> None:
        """Kill the process; its lease stays."""
        if self.held.pop(worker, None) and self.owner == worker:
            self.owner = "nobody alive"

    @precondition(lambda self: self.owner is not None)
    @rule()
    def lease_ends(self) -> None:
        """End the lease of a dead owner, or of a slow one that will act and finish later."""
        self.store.end(self.key)
        self.owner = None

    @invariant()
    def the_outside_hears_owners_in_order(self) -> None:
        assert self.bank == sorted(self.bank)
        assert len(set(self.tokens)) == len(self.tokens)

    def teardown(self) -> None:
        """Whatever happened, once leases are over one more delivery finishes the key, and the next finds it done."""
        if self.done is None:
            if self.owner is not None:
                self.store.end(self.key)
            claim = self.store.claims.claim(self.key, lease_seconds=60)
            assert claim.state is State.OURS
            assert self.store.claims.finish(claim, "null", keep_seconds=600)
        assert self.store.claims.claim(self.key, lease_seconds=60).state is State.DONE


@pytest.mark.timeout(300)
def test_no_interleaving_has_two_owners_or_loses_a_result(store: Store) -> None:
    machine = type("Machine", (Interleavings,), {"store": store})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60 if isinstance(store.claims, SqlClaims) else 250,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
