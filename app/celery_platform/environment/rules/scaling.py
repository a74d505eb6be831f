"""Rules about what scales a pool: on what, and when."""

from collections.abc import Iterator
from zoneinfo import available_timezones

from celery_platform.environment.cron import fault_of
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.model.windows import Window


def only_pods_are_scaled(env: Environment) -> Iterator[Problem]:
    """Hosts have fixed names and addresses, so nothing scales them: neither a wait nor a window.

    Refused by: nobody; the keys would have no effect.
    """
    for name, pool in env.pools.items():
        if pool.runs_on == "hosts" and pool.scale_on == "wait":
            yield Problem(f"pools.{name}.scale_on", "wait on a pool that runs on hosts", "length, or runs_on: eks")
        if pool.runs_on == "hosts" and pool.windows:
            yield Problem(f"pools.{name}.windows", "windows of a pool that runs on hosts", "none, or runs_on: eks")


def windows_need_keda(env: Environment) -> Iterator[Problem]:
    """An HPA knows no times. KEDA asks its own clock, which is a trigger like a queue.

    Refused by: nobody; the pool would have its minimum within the window too.
    """
    for name, pool in env.pools.items():
        if env.autoscaler == "hpa" and pool.runs_on == "eks" and pool.windows:
            yield Problem(f"pools.{name}.windows", "windows with autoscaler hpa", "none, or autoscaler keda")


def window_is_between_the_bounds(env: Environment) -> Iterator[Problem]:
    """A window with no more than the minimum has no effect, and the maximum also holds within windows.

    Refused by: nobody; the HPA that KEDA makes would cut the number.
    """
    for path, window, pool in _windows(env):
        least, most = env.pools[pool].min, env.pools[pool].max
        if not least < window.min <= most:
            yield Problem(f"{path}.min", str(window.min), f"more than min ({least}), and at most max ({most})")


def window_has_times(env: Environment) -> Iterator[Problem]:
    """Times that KEDA cannot read leave the whole pool without an autoscaler, and a window ends at another time.

    Refused by: KEDA's operator, when it builds the trigger (cron_scaler.go, Validate; robfig/cron v3).
    """
    for path, window, _ in _windows(env):
        for key, text in (("start", window.start), ("end", window.end)):
            if fault := fault_of(text):
                yield Problem(f"{path}.{key}", *fault)
        if window.start.split() == window.end.split():
            yield Problem(f"{path}.end", repr(window.end), "another time than start")


def window_is_in_a_known_time_zone(env: Environment) -> Iterator[Problem]:
    """KEDA cannot load any other, and then does not scale the pool at all.

    Refused by: KEDA's operator, at each poll (cron_scaler.go, time.LoadLocation; the tz database).
    """
    for path, window, _ in _windows(env):
        if window.timezone not in available_timezones():
            allowed = "a name of the tz database, such as Europe/Berlin"
            yield Problem(f"{path}.timezone", repr(window.timezone), allowed)


def _windows(env: Environment) -> Iterator[tuple[str, Window, str]]:
    """Each window of a pool on EKS with its path and its pool."""
    for name, pool in env.pools.items():
        if pool.runs_on == "eks":
            for label, window in pool.windows.items():
                yield f"pools.{name}.windows.{label}", window, name


RULES = (
    only_pods_are_scaled,
    windows_need_keda,
    window_is_between_the_bounds,
    window_has_times,
    window_is_in_a_known_time_zone,
)
