"""The demo sends the shop's tasks, so it runs where the environment's application is the shop."""

from celery_platform.settings.chosen import chosen_file
from celery_platform.settings.resolved import read

from shop.demo.errors import DemoError


def refuse_another_application() -> None:
    """Compare the environment's application with the one that the demo is of.

    Raises:
        DemoError: its workers run another one and would know none of the tasks.
        SettingsError: no environment is chosen.
    """
    environment = read(chosen_file())
    reference = environment.application["celery"]
    if reference.partition(":")[0].partition(".")[0] != "shop":
        raise DemoError(
            expected="an environment of the example application (app/example), to which the demo belongs",
            found=f"application.celery {reference} in environment {environment.name}",
            remedy=f"Send a task of your own: `app send --env {environment.name} --wait 30 TASK ARGUMENTS`. "
            "`make try` shows the demo, whatever the environments say.",
        )
