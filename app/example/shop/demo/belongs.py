"""The demo publishes the shop's tasks, so the environment's application must be the shop."""

from celery_platform.settings.chosen import chosen_file
from celery_platform.settings.resolved import read

from shop.demo.errors import DemoError


def refuse_another_application() -> None:
    """Check that the environment's application is the shop.

    Raises:
        DemoError: its workers run another application, which does not have these tasks.
        SettingsError: no environment is chosen.
    """
    environment = read(chosen_file())
    reference = environment.application["celery"]
    if reference.partition(":")[0].partition(".")[0] != "shop":
        raise DemoError(
            expected="an environment of the example application (app/example), which the demo needs",
            found=f"application.celery {reference} in environment {environment.name}",
            remedy=f"Publish a task of yours: `app send --env {environment.name} --wait 30 TASK ARGUMENTS`. "
            "`make try` runs the demo without an environment.",
        )
