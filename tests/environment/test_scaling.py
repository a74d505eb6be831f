"""What scales a pool: its waiting time or its length, windows, and what no worker at all costs."""

import pytest
from celery_platform.environment import EnvironmentFileError, load
from celery_platform.environment.cron import fault_of
from celery_platform.environment.derived.scaling import first_task_waits
from celery_platform.environment.resolve import resolve

from .conftest import Edit

IO = "io: {runs_on: eks, type: threads, concurrency: 32, min: 2, max: 20,"
CPU = "cpu: {runs_on: hosts,"
WINDOW = 'start: "45 7 * * 1-5", end: "0 18 * * 1-5", min: 8'


def refused() -> str:
    with pytest.raises(EnvironmentFileError) as error:
        load("prod")
    return str(error.value)


@pytest.mark.parametrize(
    ("window", "path", "allowed"),
    [
        ('start: "0 25 * * *", end: "0 18 * * *", min: 8', ".start: found '25' for the hour", "0-23"),
        ('start: "0 8 * * *", end: "0 22-5 * * *", min: 8', ".end: found '22-5' for the hour", "ranges"),
        ('start: "0 8 * *", end: "0 18 * * *", min: 8', ".start: found '0 8 * *'", "five fields: minute"),
        ('start: "@daily", end: "0 18 * * *", min: 8', ".start: found '@daily'", "five fields"),
        ('start: "0 0 31 2 *", end: "0 18 * * *", min: 8', ".start: found '0 0 31 2 *'", "a day that the month has"),
        ('start: "0 8 * * *", end: "0 8  * * *", min: 8', ".end: found '0 8  * * *'", "another time than start"),
        (f"{WINDOW}, timezone: Berlin", ".timezone: found 'Berlin'", "Europe/Berlin"),
        (WINDOW.replace("8", "2")[:-1] + "2", ".min: found 2", "more than min (2), and at most max (20)"),
        (WINDOW + "0", ".min: found 80", "at most max (20)"),
    ],
)
def test_a_window_that_keda_could_not_keep_is_refused(edit_prod: Edit, window: str, path: str, allowed: str) -> None:
    edit_prod(IO, f"{IO} windows: {{office: {{{window}}}}},")

    said = refused()

    assert f"pools.io.windows.office{path}" in said
    assert allowed in said


def test_windows_are_refused_with_an_hpa_and_on_hosts(edit_prod: Edit) -> None:
    edit_prod(IO, f"{IO} windows: {{office: {{{WINDOW}}}}},")
    edit_prod("pools:", "autoscaler: hpa\npools:")
    edit_prod(CPU, f"{CPU} windows: {{office: {{{WINDOW}}}}},")

    said = refused()

    assert "pools.io.windows: found windows with autoscaler hpa; allowed: none, or autoscaler keda" in said
    assert "pools.cpu.windows: found windows of a pool that runs on hosts" in said


def test_hosts_are_not_scaled_on_waiting_time(edit_prod: Edit) -> None:
    edit_prod(CPU, f"{CPU} scale_on: wait,")

    assert "pools.cpu.scale_on: found wait on a pool that runs on hosts; allowed: length, or runs_on: eks" in refused()


@pytest.mark.parametrize(
    "text",
    ["0 8 * * 1-5", "*/15 0-6,22 1-31/2 jan,Dec MON-fri", "5/20 ? * * ?", "0 0 29 2 *", "0 0 31 2,3 *", "0 0 31 2 5"],
)
def test_what_keda_reads_is_allowed(text: str) -> None:
    assert fault_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "60 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 7",
        "*/0 * * * *",
        "1- * * * *",
        "-1 * * * *",
        "*/\u0663 * * * *",
        "\u0663 * * * *",
    ],
)
def test_what_keda_does_not_read_is_not(text: str) -> None:
    assert fault_of(text) is not None


def test_half_of_the_objective_on_waiting_time_is_for_waiting() -> None:
    """The other half is for starting workers."""
    env = load("prod")

    assert resolve(env)["pools"]["io"]["wait_target_seconds"] == env.alerts.queue_wait_seconds / 2 == 150


def test_what_a_pool_without_workers_costs_is_said_and_no_other_pool_costs_it(edit_prod: Edit) -> None:
    assert {first_task_waits(load("prod"), name) for name in load("prod").pools} == {""}
    edit_prod(IO, IO.replace("min: 2", "min: 0"))

    assert first_task_waits(load("prod"), "io") == (
        "pools.io.min is 0: after 300 s without work its first task waits about 30 s for a worker, and longer "
        "if a node has to start"
    )


def test_a_wait_beyond_the_objective_is_said_too(edit_prod: Edit) -> None:
    edit_prod(IO, IO.replace("min: 2", "scale_on: wait, min: 0"))
    edit_prod("queue_wait_seconds: 300", "queue_wait_seconds: 45")

    said = first_task_waits(load("prod"), "io")

    assert "waits about 60 s for a worker" in said
    assert said.endswith("alerts.queue_wait_seconds is 45, so it counts as late")
