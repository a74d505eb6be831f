"""The input of a promtool test: series with a sample every 10 s, and when an alert on them fires."""

from dataclasses import dataclass

QUEUE = '{queue_name="q"}'
TASK = '{name="t", queue_name="q"'
Series = dict[str, str]


@dataclass(frozen=True)
class Case:
    """Input series with a sample every 10 s, and the minutes at which the alert fires and at which it does not."""

    alert: str
    why: str
    series: Series
    fires: tuple[float, ...] = ()
    quiet: tuple[float, ...] = ()


def steps(*parts: tuple[float, float]) -> str:
    """The samples of a gauge, from pairs of a value and its duration in minutes."""
    return " ".join(f"{value}x{round(minutes * 6) - 1}" for value, minutes in parts)


def counts(*parts: tuple[float, float]) -> str:
    """The samples of a counter, from pairs of an increase per sample and its duration in minutes."""
    total, text = 0.0, []
    for each, minutes in parts:
        samples = round(minutes * 6)
        text.append(f"{total}+{each}x{samples - 1}")
        total += each * samples
    return " ".join(text)


def busy(free: float = 2, consumers: float = 1, minutes: float = 60) -> Series:
    """The series of a queue that workers drain."""
    return {
        f"celery_active_consumer_count{QUEUE}": steps((consumers, minutes)),
        f"celery_queue_free_slots{QUEUE}": steps((free, minutes)),
    }


def histogram(*phases: tuple[float, float, float]) -> Series:
    """The wait histogram of a queue. Each phase is (tasks in time per sample, late tasks per sample, minutes)."""
    return {
        'celery_task_queue_wait_time_bucket{queue_name="q", le="60.0"}': counts(*((good, m) for good, _, m in phases)),
        'celery_task_queue_wait_time_bucket{queue_name="q", le="+Inf"}': counts(
            *((good + late, m) for good, late, m in phases)
        ),
        "celery_task_queue_wait_time_count" + QUEUE: counts(*((good + late, m) for good, late, m in phases)),
    }


def outcomes(*phases: tuple[float, float, float]) -> Series:
    """The outcomes of a task. Each phase is (succeeded per sample, failed per sample, minutes)."""
    return {
        f'celery_task_total{TASK}, state="{state}"}}': counts(*((phase[index], phase[2]) for phase in phases))
        for index, state in enumerate(("succeeded", "failed"))
    }


def gauge(name: str, *parts: tuple[float, float]) -> Series:
    return {name: steps(*parts)}
