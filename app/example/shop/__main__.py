"""`python -m shop`: the example's own commands. `app run --env local -- python -m shop demo` gives them an environment.

Exit codes are those of `app`: 1 for a loss or a repeated effect, 2 for something a person can put right.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from celery_platform.errors import AppError
from celery_platform.output import print_error

PHOTOGRAPHS = Path(__file__).parents[1] / "photographs"

commands = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


@commands.command()
def demo(
    images: Annotated[Path, typer.Option(help="a folder of photographs")] = PHOTOGRAPHS,
    output: Annotated[Path, typer.Option(help="where the contact sheets go")] = Path("demo-output"),
    each: Annotated[int, typer.Option(min=4, max=10_000, help="how many orders, e-mails and metrics fetches")] = 40,
    patience: Annotated[int, typer.Option(min=5, help="seconds without progress after which it gives up")] = 90,
) -> None:
    """Run the pipeline on a folder of photographs and say what became of it. Exit 1 on a loss or a repeated effect."""
    from shop.demo.belongs import refuse_another_application

    refuse_another_application()
    from shop.demo.run import run  # reads what the shop needs of its environment

    raise typer.Exit(0 if run(images, output, each, patience) else 1)


@commands.command()
def producer(
    host: Annotated[str, typer.Option(help="the address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8000,
) -> None:
    """Take pictures and orders in over HTTP until told to stop (SIGTERM)."""
    from shop.producer.serve import serve

    serve(host, port)


def main() -> None:
    """Run a command; what a person can put right is said in words."""
    try:
        commands()
    except AppError as error:
        sys.exit(print_error(error))


if __name__ == "__main__":
    main()
