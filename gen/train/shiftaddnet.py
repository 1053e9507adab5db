"""Train a ShiftAddNet perceptron on MNIST: ``python -m gen.train.shiftaddnet -o FILE``.

Two hidden layers of 64 units, each a shift layer, an adder layer, batch norm and ReLU, and a shift layer
for the digits.
"""

import typer

from gen.datasets import mnist
from gen.network import Network
from gen.train.script import command, needs_torch

__all__ = ["shiftaddnet"]

WIDTHS = (784, 64, 64, 10)
EPOCHS = 500
RATE = 1e-2


def shiftaddnet(seed: int) -> Network:
    """The trained network on integers, batch norms folded; about two minutes of one core.

    ThriftyError if PyTorch or the digits are missing.
    """
    with needs_torch():
        from gen.train.shift_add import train
    return train(WIDTHS, EPOCHS, RATE, mnist(), seed, {"name": "shiftaddnet", "dataset": "mnist"})


_main = command(shiftaddnet, "Train a ShiftAddNet perceptron on MNIST, and write the network file.")

if __name__ == "__main__":
    typer.run(_main)
