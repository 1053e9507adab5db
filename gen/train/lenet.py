"""Train and compress LeNet-300-100 on MNIST: ``python -m gen.train.lenet -o FILE``."""

from pathlib import Path
from typing import Annotated

import typer

from gen.datasets import mnist
from gen.network import Network, dump
from hw.errors import ThriftyError

__all__ = ["lenet_300_100"]

KEEP = [(0.5, 0.55, 0.7), (0.25, 0.28, 0.5), (0.12, 0.135, 0.35), (0.08, 0.09, 0.26)]
"""The last step is Deep Compression's: 8 % of all weights stay."""


def lenet_300_100(seed: int) -> Network:
    """The trained, pruned, shared, integer network; about two minutes of one core.

    ThriftyError if PyTorch or the digits are missing.
    """
    try:
        from gen.train.deep_compression import Plan, compress
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ThriftyError("training needs PyTorch, which is not installed: "
                           "pip install torch") from None
    return compress(Plan((784, 300, 100, 10), KEEP), mnist(), seed,
                    {"name": "lenet-300-100", "dataset": "mnist"})


def _main(output: Annotated[Path, typer.Option("--output", "-o", help="network file to write")],
          seed: Annotated[int, typer.Option(help="of initial weights, batches, k-means")] = 0,
          ) -> None:
    """Train and compress LeNet-300-100 on MNIST, and write the network file."""
    typer.echo(f"seed {seed}")
    try:
        if not output.parent.is_dir():
            raise ThriftyError(f"{output.parent}: no such folder; make it first")
        network = lenet_300_100(seed)
    except ThriftyError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    from gen.train.integer import accumulator_width
    part = output.with_name(output.name + ".part")
    part.write_bytes(dump(network))
    part.replace(output)
    for stage in ("float", "pruned", "compressed", "integer"):
        typer.echo(f"{stage:10} accuracy {network.meta[stage + '_accuracy']:7.2%}")
    widths = ", ".join(str(accumulator_width(layer)) for layer in network.sparse_layers)
    typer.echo(f"accumulator bits {widths}; {output}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    typer.run(_main)
