"""Train a fully binary perceptron on MNIST: ``python -m gen.train.sfc -o FILE``.

Its shape is SFC's of FINN (Umuroglu et al., FPGA 2017): three hidden layers of 256 neurons.
"""

import typer

from gen.datasets import mnist
from gen.network import Network
from gen.train.script import command, needs_torch

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
    with needs_torch():
        from gen.train.binary import train
    return train(WIDTHS, EPOCHS, RATE, THRESHOLD, mnist(), seed, {"name": "sfc", "dataset": "mnist"})


_main = command(sfc, "Train SFC on MNIST, and write the network file.")

if __name__ == "__main__":
    typer.run(_main)
