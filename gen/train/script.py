"""What the scripts that train a network have in common: ``python -m gen.train.NAME -o FILE``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gen.network import Network, dump
from hw.errors import ThriftyError

__all__ = ["command", "needs_torch"]


@contextmanager
def needs_torch() -> Iterator[None]:
    """Around an import: ThriftyError if PyTorch, an optional extra, is what is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ThriftyError("training needs PyTorch, which is not installed: "
                           "pip install torch") from None


def command(train: Callable[[int], Network], text: str,
            note: Callable[[Network], str] | None = None) -> Callable[[Path, int], None]:
    """A function for ``typer.run`` that trains, writes the network file whole or not at all, and prints
    the accuracies in the network's ``meta``.

    Args:
        train: From a seed to the network.
        text: The help text.
        note: What else to print of the network, in front of the file's name.
    """
    def main(output: Annotated[Path, typer.Option("--output", "-o", help="network file to write")],
             seed: Annotated[int, typer.Option(help="of all that is random")] = 0) -> None:
        typer.echo(f"seed {seed}")
        try:
            if not output.parent.is_dir():
                raise ThriftyError(f"{output.parent}: no such folder; make it first")
            network = train(seed)
        except ThriftyError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(1) from None
        part = output.with_name(output.name + ".part")
        part.write_bytes(dump(network))
        part.replace(output)
        for name, value in network.meta.items():
            if name.endswith("_accuracy"):
                typer.echo(f"{name.removesuffix('_accuracy'):10} accuracy {value:7.2%}")
        noted = "" if note is None else f"{note(network)}; "
        typer.echo(f"{noted}{output}: {output.stat().st_size} bytes")

    main.__doc__ = text
    return main
