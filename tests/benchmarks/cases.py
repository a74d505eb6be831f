"""The measured systems, with the commands that their documentation recommends for two cores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LEAN = ["--without-mingle", "--without-gossip", "--without-heartbeat", "--loglevel=WARNING"]
PREFETCH = "--prefetch-multiplier=64"
SHIPPED_SYSTEM = "shipped_app"
CELERY = ["celery", "-A", "tests.benchmarks.systems.celery_app"]


@dataclass(frozen=True)
class Case:
    """A row of a table. `slow` divides the number of tasks, so that all cases take a similar time."""

    name: str
    system: str
    commands: Sequence[Sequence[str]] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    slow: int = 1


def shipped(pool: str, slots: int = 2) -> Case:
    """A pool of this project as an environment's own task has it: `app worker`, with everything on."""
    command = ["python", "-m", "celery_platform", "worker", "--pool", pool]
    name, slow = f"{pool} -c {slots}, as shipped", 1 if pool == "turbo" else 3
    return Case(name, SHIPPED_SYSTEM, [command], {"BENCHMARK_POOL": pool}, slow)


def stock(pool: str = "prefork", slots: int = 2, **variables: str) -> Case:
    """Celery with only the options pool and concurrency."""
    command = [*CELERY, "worker", f"--pool={pool}", f"--concurrency={slots}"]
    name = f"Celery {pool} -c {slots}" + ", frozen before the fork" * ("BENCHMARK_FREEZE" in variables)
    # Its gevent loop reads the connection for events for a tenth of a second after each message.
    return Case(name, "celery_app", [command], variables, slow=20 if pool == "gevent" else 3)


def lean(pool: str = "prefork", slots: int = 2) -> Case:
    """Celery with the settings that its guide recommends for short tasks, and with the options of turbo."""
    options = [*LEAN, *([PREFETCH] if pool == "prefork" else [])]
    command = [*CELERY, "worker", f"--pool={pool}", f"--concurrency={slots}", *options]
    return Case(f"Celery {pool} -c {slots}, lean", "celery_app", [command], slow=3)


def turbo(processes: int = 2, **variables: str) -> Case:
    """The turbo pool with stock Celery tasks, and nothing else of this project."""
    command = ["python", "-m", "tests.benchmarks.systems.turbo_worker", str(processes)]
    return Case(f"turbo -c {processes}, bare", "celery_app", [command], variables)


def ours(pool: str, slots: int = 100) -> Case:
    """A pool of this project for tasks that wait: its settings, and batched reads and acknowledgements on RabbitMQ."""
    patched = ["-m", "gevent.monkey", "--module"] if pool == "gevent" else ["-m"]
    command = ["python", *patched, "tests.benchmarks.systems.io_worker", pool, str(slots)]
    return Case(f"our {pool} -c {slots}, bare", "celery_app", [command], slow=2)


def dramatiq(processes: int = 2, threads: int = 8, **variables: str) -> Case:
    """By default, it has one process for each core, with eight threads each. Retries are among its defaults."""
    command = ["dramatiq", "tests.benchmarks.systems.dramatiq_app", "-p", str(processes), "-t", str(threads)]
    name = f"dramatiq {processes} x {threads}" + ", with its metrics" * bool(variables)
    return Case(name, "dramatiq_app", [command], variables, slow=2)


def taskiq(processes: int = 2) -> Case:
    command = [
        "taskiq",
        "worker",
        "tests.benchmarks.systems.taskiq_app:broker",
        "-w",
        str(processes),
        "--log-level=WARNING",
    ]
    return Case(f"taskiq -w {processes}", "taskiq_app", [command], slow=2)


def raw(processes: int = 1) -> Case:
    """No task queue: the upper limit."""
    command = ["python", "-m", "tests.benchmarks.systems.raw_amqp", str(processes)]
    return Case(f"raw py-amqp, buffered, {processes} process{'es' * (processes > 1)}", "celery_app", [command])


HUEY_COMMAND = ["huey_consumer", "tests.benchmarks.systems.huey_app.huey", "-w", "2", "-k", "process", "-q"]
HUEY = Case("huey -w 2 -k process", "huey_app", [HUEY_COMMAND], slow=2)
# It forks a process for each task, and the counter has room for 256 of them.
RQ = Case("rq x 2", "rq_app", [["rq", "worker", "--quiet", "--url", "{broker}"]] * 2, slow=100)
ARQ = Case("arq x 2", "arq_app", [["arq", "tests.benchmarks.systems.arq_app.WorkerSettings"]] * 2, slow=10)
# On a Python with the GIL, mayu runs a process for each core.
MAYU = Case(
    "mayu --processes 2", "mayu_app", [["mayu", "worker", "tests.benchmarks.systems.mayu_app:app", "--processes", "2"]]
)
ARDIQ = Case(
    "ardiq -w 2",
    "ardiq_app",
    [["ardiq", "run", "--quiet", "--workers", "2", "tests.benchmarks.systems.ardiq_app:app"]],
    slow=4,
)
STREAQ = Case(
    "streaq -w 2",
    "streaq_app",
    [["streaq", "run", "--workers", "2", "tests.benchmarks.systems.streaq_app:worker"]],
    slow=6,
)
SAQ = Case(
    "saq x 2", "saq_app", [["saq", "--quiet", "--workers", "2", "tests.benchmarks.systems.saq_app.settings"]], slow=10
)

MEASURED_DRAMATIQ = dramatiq(BENCHMARK_METRICS="1", dramatiq_prom_host="127.0.0.1")
SHIPPED = [shipped("turbo"), shipped("prefork")]
ON_EVERY_BROKER = [stock(), *SHIPPED, MEASURED_DRAMATIQ, lean(), turbo(), dramatiq(), taskiq()]
ON_AMQP = [*ON_EVERY_BROKER, raw(), raw(2)]
ON_REDIS = [*ON_EVERY_BROKER, HUEY, RQ, ARQ, MAYU, ARDIQ, STREAQ, SAQ]
