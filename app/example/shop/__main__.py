"""`python -m shop`: the commands of the example. `app run --env local -- python -m shop demo` sets their environment.

Exit codes are those of `app`: 1 for a lost task or a duplicate effect, 2 for an error that a person can fix.
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
    output: Annotated[Path, typer.Option(help="folder for the contact sheets")] = Path("demo-output"),
    each: Annotated[
        int, typer.Option(min=4, max=10_000, help="number of orders, e-mails and metrics fetches each")
    ] = 40,
    patience: Annotated[int, typer.Option(min=5, help="give up after so many seconds without progress")] = 90,
) -> None:
    """Run the pipeline on a folder of photographs and print the outcome. Exits with 1 after a loss or a duplicate."""
    from shop.demo.belongs import refuse_another_application

    refuse_another_application()
    from shop.demo.run import run  # reads the shop's environment

    raise typer.Exit(0 if run(images, output, each, patience) else 1)


@commands.command()
def producer(
    host: Annotated[str, typer.Option(help="the address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8000,
) -> None:
    """Accept pictures and orders over HTTP until SIGTERM."""
    from shop.producer.serve import serve

    serve(host, port)


def main() -> None:
    """Run a command. Errors that a person can fix are shown as a message."""
    try:
        commands()
    except AppError as error:
        sys.exit(print_error(error))


if __name__ == "__main__":
    main()
