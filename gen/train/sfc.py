"""Train a fully binary perceptron on MNIST: ``python -m gen.train.sfc -o FILE``.

Its shape is SFC's of FINN (Umuroglu et al., FPGA 2017): three hidden layers of 256 neurons.
"""

from pathlib import Path
from typing import Annotated

import typer

from gen.datasets import mnist
from gen.network import Network, dump
from hw.errors import ThriftyError

__all__ = ["sfc"]

WIDTHS = (784, 256, 256, 256, 10)
EPOCHS = 500
RATE = 1e-2
THRESHOLD = 128
"""A pixel is +1 from here on, -1 below."""


def sfc(seed: int) -> Network:
    """The trained network, thresholds in place of batch norms; about two and a half minutes of one core.

    ThriftyError if PyTorch or the digits are missing.
    """
    try:
        from gen.train.binary import train
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ThriftyError("training needs PyTorch, which is not installed: "
                           "pip install torch") from None
    return train(WIDTHS, EPOCHS, RATE, THRESHOLD, mnist(), seed, {"name": "sfc", "dataset": "mnist"})


def _main(output: Annotated[Path, typer.Option("--output", "-o", help="network file to write")],
          seed: Annotated[int, typer.Option(help="of initial weights and batches")] = 0) -> None:
    """Train SFC on MNIST, and write the network file."""
    typer.echo(f"seed {seed}")
    try:
        if not output.parent.is_dir():
            raise ThriftyError(f"{output.parent}: no such folder; make it first")
        network = sfc(seed)
    except ThriftyError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    part = output.with_name(output.name + ".part")
    part.write_bytes(dump(network))
    part.replace(output)
    for stage in ("float", "integer"):
        typer.echo(f"{stage:10} accuracy {network.meta[stage + '_accuracy']:7.2%}")
    typer.echo(f"{output}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    typer.run(_main)
