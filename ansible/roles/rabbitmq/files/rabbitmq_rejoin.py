#!/usr/bin/python3
"""Restart this host's RabbitMQ node if it stays apart from the others, and they can spare it.

After a network interruption or a freeze of a few seconds, a node can run and answer and yet be in no cluster with the
others, although `pause_minority` is set: rabbitmq/rabbitmq-server#17319 (for eight days), #8110, #2175. Only a restart
lets it join them again.
`rabbitmq-rejoin.timer` runs this program on every node:

    rabbitmq_rejoin.py --node rabbit@a --members rabbit@a rabbit@b rabbit@c --after 60 --pause 900
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

UNIT = "rabbitmq-server.service"
STATE = Path("/var/lib/rabbitmq-rejoin/state.json")
HOME = "/var/lib/rabbitmq"
CALL_SECONDS = 20
# Checks further apart than this say nothing about the time in between: the machine itself was frozen, or switched off.
GAP_SECONDS = 180

# Quorum queues and streams that would lose their majority without the node {node}.
CRITICAL = """
[N || Q <- rabbit_amqqueue:list(), [{{name, {{resource, _, queue, N}}}}, {{members, M}}, {{online, O}}] <-
[rabbit_amqqueue:info(Q, [name, members, online])], is_list(M), is_list(O), length(O -- ['{node}']) * 2 =< length(M)].
"""
# The lock is a registered process of the node that grants it: registering a name is atomic, and the process ends by
# itself.
LOCK = """
Lock = spawn(fun() -> timer:sleep({seconds} * 1000) end),
case catch register(rabbitmq_rejoin, Lock) of true -> granted; _ -> exit(Lock, kill), refused end.
"""
UNLOCK = "case whereis(rabbitmq_rejoin) of undefined -> ok; Lock -> exit(Lock, kill), ok end."
LOCK_SECONDS = 900
# The node's own endpoint for Prometheus serves these, so no other port is needed.
REPORT = """
prometheus_gauge:declare([{{name, rabbitmq_rejoin_apart_seconds}},
{{help, "Time for which the node has been apart from the others."}}]),
prometheus_gauge:set(rabbitmq_rejoin_apart_seconds, {apart}),
prometheus_counter:declare([{{name, rabbitmq_rejoin_restarts_total}},
{{help, "Restarts of the node by its host because it was apart."}}]),
Had = case prometheus_counter:value(rabbitmq_rejoin_restarts_total) of undefined -> 0; V -> V end,
prometheus_counter:inc(rabbitmq_rejoin_restarts_total, {restarts} - Had).
"""

Views = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class State:
    """What the next check has to know. Times are in seconds since the epoch; 0 for never."""

    checked: float = 0
    apart_since: float = 0
    restarted: float = 0
    restarts: int = 0
    reported: str = ""


def majority(members: Collection[str], views: Views) -> list[str]:
    """The nodes that run together as a majority of the cluster; [] if there are none.

    Of several equally large groups, all hosts choose the same one.

    Args:
        members: all nodes of the cluster.
        views: for each node that answers, the nodes that it counts as running.

    Example: `majority("abc", {"a": "a", "b": "bc", "c": "bc"}) == ["b", "c"]`
    """
    answering = sorted(node for node in members if node in views)
    for size in range(len(answering), len(members) // 2, -1):
        for group in itertools.combinations(answering, size):
            if all(peer in views[one] for one, peer in itertools.permutations(group, 2)):
                return list(group)
    return []


def together(node: str, status: Mapping[str, Any]) -> list[str]:
    """The running nodes of a `cluster_status` without those in another partition, whichever of the two says so."""
    partitions: Mapping[str, Collection[str]] = status["partitions"]
    other = {peer for peer, from_there in partitions.items() if node in from_there} | set(partitions.get(node, ()))
    return [name for name in status["running_nodes"] if name not in other]


def apart_from(node: str, group: Collection[str], views: Views) -> list[str]:
    """The nodes of the majority that do not run together with `node`; without a majority, of all that answer.

    A node that does not answer is apart from those that do not count it as running; for the others it is only slow.
    """
    peers = [] if node in group else group or sorted(set(views) - {node})
    return [peer for peer in peers if peer not in views.get(node, peers) or node not in views[peer]]


def seen(state: State, apart: bool, now: float) -> State:
    """The state after a check. The time apart begins again after a gap between the checks."""
    since = state.apart_since if now - state.checked <= GAP_SECONDS else 0
    return replace(state, checked=now, apart_since=(since or now) if apart else 0)


def is_due(state: State, now: float, after: float, pause: float) -> bool:
    """Whether the node has been apart for `after` seconds, and was not restarted in the last `pause` seconds."""
    return bool(state.apart_since) and now - state.apart_since >= after and now - state.restarted >= pause


def _ask(node: str, *words: str) -> str | None:
    """The output of rabbitmqctl for a node, or None if it does not answer."""
    command = ["rabbitmqctl", "--quiet", "--timeout", str(CALL_SECONDS), "--node", node, *words]
    try:
        # As root, the command would become this user through `su`, with a session in the journal for every call.
        done = subprocess.run(
            command, user="rabbitmq", group="rabbitmq", cwd=HOME, env=os.environ | {"HOME": HOME},
            capture_output=True, text=True, check=False, timeout=CALL_SECONDS + 10,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _view(node: str) -> list[str] | None:
    """The nodes that a node runs together with, or None if it does not answer or does not run."""
    answer = _ask(node, "--formatter=json", "cluster_status")
    return together(node, json.loads(answer)) if answer is not None else None


def _views(nodes: Collection[str]) -> dict[str, list[str]]:
    return {node: view for node in nodes if (view := _view(node)) is not None}


def _runs() -> bool:
    """Whether the unit has started completely; while somebody stops or starts it, there is nothing to do."""
    return subprocess.run(["systemctl", "is-active", "--quiet", UNIT], check=False).returncode == 0


@contextmanager
def _lock(group: Collection[str]) -> Iterator[bool]:
    """A lock of every node of the majority. Two majorities share a node, so two nodes never restart at once."""
    granted = [
        node for node in sorted(group) if (_ask(node, "eval", LOCK.format(seconds=LOCK_SECONDS)) or "") == "granted"
    ]
    try:
        yield len(granted) == len(group)
    finally:
        for node in granted:
            _ask(node, "eval", UNLOCK)


def _restart(node: str, group: list[str]) -> bool:
    """Restart the node if the others can spare it; whether it was restarted."""
    if not group:
        print("not restarted, because no majority of the nodes runs together")
        return False
    critical = _ask(group[0], "eval", CRITICAL.format(node=node))
    if critical != "[]":
        print(f"not restarted, because these queues would lose their majority: {critical or 'unknown'}")
        return False
    with _lock(group) as locked:
        if not locked:
            print("not restarted, because another node is being restarted")
            return False
        print(f"restarting {node}: {', '.join(group)} run together and can spare it", flush=True)
        if subprocess.run(["systemctl", "restart", UNIT], check=False).returncode != 0:
            print(f"{UNIT} did not start: journalctl --unit {UNIT}", flush=True)
        return True


def _report(node: str, state: State, now: float) -> State:
    """Tell the node's own endpoint for Prometheus, if anything changed since it was told or since it started."""
    apart = round(now - state.apart_since) if state.apart_since else 0
    started = subprocess.run(
        ["systemctl", "show", "--value", "--property=MainPID", UNIT], capture_output=True, text=True, check=True
    ).stdout.strip()
    report = f"{started} {apart} {state.restarts}"
    if report != state.reported and _ask(node, "eval", REPORT.format(apart=apart, restarts=state.restarts)) is not None:
        return replace(state, reported=report)
    return state


def check(node: str, members: Collection[str], state: State, after: float, pause: float) -> State:
    """Check once, restart the node if it is due, and report; returns the next state."""
    now = time.time()
    own = _views([node])
    if set(own.get(node, ())) >= set(members):
        return _report(node, seen(state, apart=False, now=now), now)
    views = own | _views([other for other in members if other != node])
    group = majority(members, views)
    peers = apart_from(node, group, views)
    state = seen(state, apart=bool(peers), now=now)
    if peers:
        print(f"{node} has been apart from {', '.join(peers)} for {now - state.apart_since:.0f} s", flush=True)
    if is_due(state, now, after, pause) and _restart(node, group):
        state = replace(state, apart_since=0, restarted=now, restarts=state.restarts + 1)
    return _report(node, state, now)


def main() -> None:
    """Check once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--node", required=True, help="this host's node")
    parser.add_argument("--members", required=True, nargs="+", help="all nodes of the cluster")
    parser.add_argument("--after", required=True, type=float, help="time apart after which it is restarted, seconds")
    parser.add_argument("--pause", required=True, type=float, help="least time between two restarts, seconds")
    chosen = parser.parse_args()
    if not _runs():
        sys.exit()
    state = State(**json.loads(STATE.read_text())) if STATE.exists() else State()
    state = check(chosen.node, chosen.members, state, chosen.after, chosen.pause)
    beside = STATE.with_suffix(".next")
    beside.write_text(json.dumps(asdict(state)))
    beside.replace(STATE)


if __name__ == "__main__":
    main()
