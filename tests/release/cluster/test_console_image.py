"""The console's image, which is another one than the workers'."""

from dataclasses import replace

from celery_platform.release.cluster.deploy import Deployment, upgrade

from tests.chart.rendered import IMAGE


def test_the_consoles_image_is_given_where_a_pod_runs_it(production: Deployment) -> None:
    with_console = replace(production, console_image=IMAGE)

    assert f"--set-literal=console_image={IMAGE}" in upgrade(with_console)
    assert not [word for word in upgrade(production) if "console_image" in word]
