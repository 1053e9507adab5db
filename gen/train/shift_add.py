"""ShiftAddNet perceptrons: a shift layer, then an adder layer, trained with the hardware's rounding.

Sources: layers in turn, You et al., ShiftAddNet, NeurIPS 2020; shift weights, DeepShift-Q (Elhoushi et
al., CVPR workshops 2021); adder layers, Chen et al., AdderNet, CVPR 2020.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import batch_norm, linear, softplus

from gen.compress.power_of_two import shift_from_float
from gen.datasets import Dataset
from gen.network import AdderLayer, Network, ShiftLayer
from gen.train.augment import Distort
from gen.train.integer import fixed_point
from gen.train.loop import Hook, accuracy, fit

__all__ = ["UNIT", "AdderLinear", "Pixels", "PositiveNorm", "Requantize", "RoundedReLU", "ShiftLinear",
           "fold", "run", "shift_add_perceptron", "train"]

UNIT = 32
"""The integer that stands for an activation of 1.0, which is one standard deviation: four fit in."""

_LOW, _HIGH = -128, 127  # 8 bits, signed
_EXPONENTS = (-7, 0)
_INPUT_SHIFT = 1
"""Pixels lose a bit, so that they are signed 8-bit integers too."""


class _StraightThrough(torch.autograd.Function):
    """The exact values forwards; backwards the gradient passes to the latent ones."""

    @staticmethod
    def forward(_ctx: Any, _latent: torch.Tensor, exact: torch.Tensor) -> torch.Tensor:
        return exact

    @staticmethod
    def backward(_ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient, None


def _rounded(values: torch.Tensor) -> torch.Tensor:
    """To multiples of 1 / UNIT, halves upwards, in 8 bits. No gradient passes where they saturate."""
    integers = (values * UNIT).clamp(_LOW, _HIGH)
    return _StraightThrough.apply(integers, (integers + 0.5).floor()) / UNIT


class ShiftLinear(nn.Linear):
    """A linear layer that computes with the signed powers of two nearest to its latent weights.

    Latent weights below half of the least power count as 0.
    """

    def __init__(self, inputs: int, outputs: int, bias: bool = False) -> None:
        super().__init__(inputs, outputs, bias=bias)
        nn.init.normal_(self.weight, std=1 / 8)

    def powers(self) -> tuple[np.ndarray, np.ndarray]:
        """Sign and exponent of the weights, as of ``shift_from_float``."""
        latent = self.weight.detach().numpy()
        least = 2.0 ** _EXPONENTS[0]
        return shift_from_float(np.where(np.abs(latent) < least / 2, 0, latent), *_EXPONENTS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sign, exponent = self.powers()
        exact = torch.from_numpy(np.ldexp(sign.astype(np.float32), exponent)).to(x.dtype)
        return linear(x, _StraightThrough.apply(self.weight, exact), self.bias)


class Requantize(nn.Module):
    """Divides all rows by one number, their running standard deviation, and rounds to 8 bits.

    One number for all, because adder layers compare rows with weights of one scale.
    """

    deviation: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("deviation", torch.tensor(0.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            now = x.detach().std()
            self.deviation.copy_(self.deviation.lerp(now, 0.01) if self.deviation else now)
        return _rounded(x / self.deviation)


class _Distance(torch.autograd.Function):
    """-sum |x - w|, with AdderNet's gradients: x - w for a weight, w - x within [-1, 1] for an input."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return -torch.cdist(x, weight, p=1)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, weight = ctx.saved_tensors
        to_x = torch.einsum("br,brk->bk", gradient, (weight - x[:, None]).clamp_(-1, 1))
        return to_x, gradient.T @ x - gradient.sum(0)[:, None] * weight


class AdderLinear(nn.Module):
    """An adder layer: minus the distance of the inputs to each row of weights, rounded like the inputs.

    AdderNet's learning rate of its own for each adder layer is not needed: Adam takes steps of the same
    size however large gradients are.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))

    def rounded(self) -> torch.Tensor:
        """The weights that it computes with."""
        return _rounded(self.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _Distance.apply(x, self.rounded())


class PositiveNorm(nn.BatchNorm1d):
    """A batch norm whose factors are the softplus of its weights.

    A negative one could not be folded: an adder layer has no weights whose distance grows the other way.
    """

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        nn.init.constant_(self.weight, float(np.log(np.e - 1)))  # a factor of 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return batch_norm(x, self.running_mean, self.running_var, softplus(self.weight), self.bias,
                          self.training, self.momentum or 0.0, self.eps)


class RoundedReLU(nn.Module):
    """ReLU, rounded to the hardware's activations."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _rounded(x.relu())


class Pixels(Hook):
    """Pixels, 0 to 255, become the network's inputs, for instance after distorted images."""

    def batch(self, images: torch.Tensor) -> torch.Tensor:
        return (images / 2 ** _INPUT_SHIFT).floor() / UNIT


def shift_add_perceptron(widths: Sequence[int], seed: int) -> nn.Sequential:
    """For each hidden width a shift layer, an adder layer, batch norm and ReLU; then a shift layer."""
    torch.manual_seed(seed)
    parts: list[nn.Module] = []
    for inputs, outputs in pairwise(widths[:-1]):
        parts += [ShiftLinear(inputs, outputs), Requantize(), AdderLinear(outputs, outputs),
                  PositiveNorm(outputs), RoundedReLU()]
    return nn.Sequential(*parts, ShiftLinear(widths[-2], widths[-1], bias=True))


def fold(model: nn.Sequential) -> list[ShiftLayer | AdderLayer]:
    """The integer layers of a shift-add perceptron. The last one's accumulators are raw, in a scale of
    their own."""
    layers: list[ShiftLayer | AdderLayer] = []
    for part, after in pairwise([*model, None]):
        if isinstance(part, ShiftLinear):
            layers.append(_fold_shift(part, after))
        elif isinstance(part, AdderLinear):
            assert isinstance(after, PositiveNorm)
            layers.append(_fold_adder(part, after))
    return layers


def _fold_shift(part: ShiftLinear, after: nn.Module | None) -> ShiftLayer:
    sign, exponent = part.powers()
    least = int(exponent[sign != 0].min(initial=_EXPONENTS[1]))
    steps = np.where(sign != 0, exponent - least, 0).astype(np.uint8)[:, :, None]
    unit = 2.0 ** least  # an accumulator counts in units / UNIT
    if isinstance(after, Requantize):
        multiplier, shift = fixed_point(unit / float(after.deviation))
        rows = len(sign)
        return ShiftLayer(sign[:, :, None], steps, np.zeros(rows, np.int64), False,
                          np.full(rows, multiplier), shift)
    bias = np.rint(_float64(part.bias) * UNIT / unit).astype(np.int64)
    return ShiftLayer(sign[:, :, None], steps, bias)


def _fold_adder(part: AdderLinear, norm: PositiveNorm) -> AdderLayer:
    weight = np.rint(_float64(part.rounded()) * UNIT).astype(np.int64)
    beta, mean, var = (_float64(each) for each in (norm.bias, norm.running_mean, norm.running_var))
    factor = _float64(softplus(norm.weight)) / np.sqrt(var + norm.eps)
    bias = np.rint(UNIT * (beta / factor - mean)).astype(np.int64)
    _, shift = fixed_point(float(factor.max()))
    return AdderLayer(weight, bias, True, np.rint(factor * 2.0 ** shift).astype(np.int64), shift)


def run(network: Network, inputs: np.ndarray) -> np.ndarray:
    """What the hardware answers: int64 (count x outputs), for integer inputs (count x inputs)."""
    x = inputs.astype(np.int64)
    for layer in network.shift_add_layers:
        if isinstance(layer, ShiftLayer):
            x = x @ layer.weight.T + layer.bias
        else:
            x = layer.bias - np.array([np.abs(layer.weight - each).sum(1) for each in x])
        if layer.relu:
            x = np.maximum(x, 0)
        if layer.multiplier is not None:
            half = 1 << layer.shift >> 1
            x = np.clip((x * layer.multiplier + half) >> layer.shift, _LOW, _HIGH)
    return x


def train(widths: Sequence[int], epochs: int, rate: float, data: Dataset, seed: int,
          meta: dict[str, Any]) -> Network:
    """Train a shift-add perceptron and fold it; its ``meta`` adds to the given one what came of it.

    The test images serve only to state accuracies; nothing is chosen by them. One thread and
    deterministic algorithms: the same seed and versions give the same network on like processors.

    Args:
        widths: Inputs, hidden units, outputs.
        rate: Learning rate at the start.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    model = shift_add_perceptron(widths, seed)
    distort = Distort(shift=2, turn=0.2, stretch=0.12, shear=0.2)
    fit(model, data.train_images.astype(np.float32), data.train_labels, epochs=epochs, rate=rate,
        batch=128, hooks=[distort, Pixels()], seed=seed)
    test = data.test_images >> _INPUT_SHIFT
    network = Network(fold(model), 8, True, meta | {
        "seed": seed, "torch": str(torch.__version__), "input_shift": _INPUT_SHIFT,
        "exponents": list(_EXPONENTS),
        "float_accuracy": accuracy(model, test.astype(np.float32) / UNIT, data.test_labels)})
    right = run(network, test).argmax(1) == data.test_labels
    network.meta["integer_accuracy"] = float(np.mean(right))
    return network


def _float64(values: torch.Tensor | None) -> np.ndarray:
    assert values is not None
    return values.detach().double().numpy()
