"""`app tunnel`: a way into an environment's VPC from a person's machine."""

from typing import Annotated

import typer


def tunnel(
    name: Annotated[str, typer.Argument(metavar="ENV", help="an environment of this checkout")],
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="LABEL[,LABEL]", help="only to these: management, broker, results, prometheus..."),
    ] = None,
) -> None:
    """Forward local ports to what ENV keeps private, over Session Manager, until interrupted (Ctrl-C)."""
    from celery_platform.output import say
    from celery_platform.settings.chosen import choose
    from celery_platform.tunnel.open import open_tunnel

    choose(name)
    open_tunnel([label for labels in to or () for label in labels.split(",") if label], say)
