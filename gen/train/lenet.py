"""Train and compress LeNet-300-100 on MNIST: ``python -m gen.train.lenet -o FILE``."""

import typer

from gen.datasets import mnist
from gen.network import Network
from gen.train.script import command, needs_torch

__all__ = ["lenet_300_100"]

KEEP = [(0.5, 0.55, 0.7), (0.25, 0.28, 0.5), (0.12, 0.135, 0.35), (0.08, 0.09, 0.26)]
"""The last step is Deep Compression's: 8 % of all weights stay."""


def lenet_300_100(seed: int) -> Network:
    """The trained, pruned, shared, integer network; about two minutes of one core.

    ThriftyError if PyTorch or the digits are missing.
    """
    with needs_torch():
        from gen.train.deep_compression import Plan, compress
    return compress(Plan((784, 300, 100, 10), KEEP), mnist(), seed,
                    {"name": "lenet-300-100", "dataset": "mnist"})


def _accumulators(network: Network) -> str:
    from gen.train.integer import accumulator_width
    widths = ", ".join(str(accumulator_width(layer)) for layer in network.sparse_layers)
    return f"accumulator bits {widths}"


_main = command(lenet_300_100, "Train and compress LeNet-300-100 on MNIST, and write the network file.",
                _accumulators)

if __name__ == "__main__":
    typer.run(_main)
