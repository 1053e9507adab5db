"""Binary layers to the memories of the binary array: weights, first values, thresholds, descriptors.

The array counts where a row and its activations differ. With acc the sum of these counts, each bit plane
weighted, a row's dot product is alpha - beta * acc: beta = 2 and alpha = K for bipolar activations; for
planes of unsigned numbers beta = 1 and alpha = (2 ** planes - 1) * (weights of +1), less the row's sum
times 2 ** (width - 1) where the inputs are signed. So a threshold on the dot product is one on acc.

Sources: FINN (FPGA 2017) for thresholds, BISMO (FPL 2018) for bit planes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gen.layout import pack
from gen.network import BinaryLayer, Network
from gen.section import Section
from hw.binary.bank import pairs_pay
from hw.binary.layout import (
    Output,
    bank_rows,
    banks,
    folds,
    hidden_chunks,
    layer_layout,
    row_layout,
    slice_bits,
    slices,
    start_layout,
    threshold_steps,
)
from hw.config import BEAT, Binary, Config, integer_range
from hw.errors import ThriftyError
from hw.packet import MemoryId

__all__ = ["PlacedLayer", "accumulator_bits", "layer_planes", "leveled_rows", "place_layers",
           "sections"]


@dataclass(frozen=True)
class PlacedLayer:
    """A layer on the array.

    Args:
        planes: Bit planes of its activations.
        words: Words of a plane.
        groups: Rows a PE.
        alpha, beta: dot product = alpha - beta * acc; alpha is int64 (rows).
        weight: int8 (rows x columns), a row with a negative scale turned over.
    """

    layer: BinaryLayer
    weight: np.ndarray
    planes: int
    words: int
    groups: int
    alpha: np.ndarray
    beta: int

    @property
    def highest(self) -> int:
        """The largest value of acc."""
        return ((1 << self.planes) - 1) * self.layer.columns

    @property
    def cycles(self) -> int:
        """Cycles in which the array works on the layer."""
        return self.groups * self.planes * self.words


def layer_planes(network: Network, width: int) -> list[int]:
    """Bit planes of each layer's activations; 1: bipolar. ``width`` is that of the inputs."""
    levels = [1 if layer.thresholds is None else layer.thresholds.shape[1]
              for layer in network.binary_layers[:-1]]
    return [width, *(each.bit_length() for each in levels)]


def accumulator_bits(network: Network, width: int) -> int:
    """Bits that accumulators need: acc, or acc less its threshold, and a sign."""
    return max(((1 << planes) - 1) * layer.columns for planes, layer in zip(
        layer_planes(network, width), network.binary_layers, strict=True)).bit_length() + 1


def place_layers(network: Network, c: Binary) -> list[PlacedLayer]:
    """Every layer on the array of a configuration."""
    result = []
    for k, (layer, planes) in enumerate(zip(network.binary_layers, layer_planes(
            network, c.activation.width), strict=True)):
        weight = layer.weight
        if layer.scale is not None:
            weight = np.where(layer.scale[:, None] < 0, -weight, weight)
        if planes == 1:
            alpha, beta = np.full(layer.rows, layer.columns), 2
        else:
            alpha, beta = ((1 << planes) - 1) * (weight > 0).sum(1, dtype=np.int64), 1
            if k == 0 and c.activation.signed:
                alpha = alpha - (weight.sum(1, dtype=np.int64) << planes - 1)
        result.append(PlacedLayer(
            layer, weight, planes, folds(c, layer.columns, hidden=k > 0), -(-layer.rows // c.pes),
            alpha, beta))
    return result


def sections(network: Network, config: Config) -> list[Section]:
    """The contents of every memory; ThriftyError, naming layer and remedy, if the network won't fit."""
    c = config.binary
    placed = place_layers(network, c)
    _check(network, placed, c)
    weights, starts, descriptors, thresholds = [], [], [], []
    words = groups = levels = 0
    for k, each in enumerate(placed):
        bits = _weight_bits(each, c, hidden=k > 0)
        output = _output(each.layer, last=k == len(placed) - 1)
        more = {}
        if threshold_steps(c):
            more = {"levels": 0, "out_planes": 0}
            if output in (Output.LEVEL, Output.HIDDEN):
                assert each.layer.thresholds is not None
                more["levels"] = levels
                more["out_planes"] = each.layer.thresholds.shape[1].bit_length() - 1
                thresholds.append(_level_table(each, c))
                levels += each.layer.rows
        signs = output == Output.SIGN or (output == Output.HIDDEN and not threshold_steps(c))
        weights.append(bits)
        starts.append(_starts(each, bits, c, signs))
        descriptors.append(pack(
            layer_layout(c), more_words=each.words - 1, more_planes=each.planes - 1,
            more_groups=each.groups - 1, weights=words, starts=groups, output=int(output),
            tail=(each.layer.rows - 1) % c.pes, **more))
        words += each.words * each.groups
        groups += each.groups
    return [
        *_weight_sections(np.concatenate(weights), c),
        *_start_sections(np.concatenate(starts), c),
        *_threshold_sections(thresholds, c),
        Section(MemoryId.LAYERS, 0, np.concatenate(descriptors)),
        *_row_section(placed[-1], c),
    ]


def _output(layer: BinaryLayer, *, last: bool) -> Output:
    if not last:
        return Output.HIDDEN
    if layer.thresholds is None:
        return Output.RAW
    return Output.SIGN if layer.thresholds.shape[1] == 1 else Output.LEVEL


def _weight_bits(each: PlacedLayer, c: Binary, *, hidden: bool) -> np.ndarray:
    """Weights as bits: bool (words of the layer x PEs x SIMD); False behind rows and columns."""
    rows, columns = each.weight.shape
    width = hidden_chunks(c) * c.pes if hidden else c.simd
    bits = np.zeros((each.groups * c.pes, each.words * width), bool)
    bits[:rows, :columns] = each.weight > 0
    # Row r is in group r // pes on PE r % pes; its words come one after the other.
    turned = bits.reshape(each.groups, c.pes, each.words, width).transpose(0, 2, 1, 3)
    full = np.zeros((each.groups * each.words, c.pes, c.simd), bool)
    full[:, :, :width] = turned.reshape(-1, c.pes, width)
    return full


def _starts(each: PlacedLayer, bits: np.ndarray, c: Binary, signs: bool) -> np.ndarray:
    """First values of accumulators, as ``start_layout`` has them: int64 (groups x PEs).

    They make the sum of what the array counts acc, or acc less the most at which the output is +1, less
    one: negative for +1. In padded rows nothing is counted that is negative.
    """
    result = np.zeros(each.groups * c.pes, np.int64)
    if pairs_pay(c):  # the array counts pairs of weights that differ, too
        pairs = bits[:, :, 0::2].copy()
        pairs[:, :, :c.simd // 2] ^= bits[:, :, 1::2]
        counted = pairs.sum(2, dtype=np.int64).reshape(each.groups, each.words, c.pes).sum(1)
        result -= ((1 << each.planes) - 1) * counted.ravel()
    if signs:
        result[:each.layer.rows] -= _limits(each)[:, 0] + 1
    low = each.planes - 1  # bits that come in when the sum is doubled
    result = (result >> low) & (1 << c.accumulator) - 1 | (result & (1 << low) - 1) << c.accumulator
    return result.reshape(each.groups, c.pes)


def _limits(each: PlacedLayer) -> np.ndarray:
    """The most that acc may be for a threshold to be reached: int64 (rows x levels), descending."""
    assert each.layer.thresholds is not None
    limits = (each.alpha[:, None] - each.layer.thresholds) // each.beta
    return np.clip(limits, -1, each.highest)


def _level_table(each: PlacedLayer, c: Binary) -> np.ndarray:
    """Limits of all levels that the hardware knows: int64 (rows x 2 ** hidden_width - 1)."""
    limits = _limits(each)
    table = np.full((each.layer.rows, (1 << c.hidden_width) - 1), -1, np.int64)  # never reached
    table[:, :limits.shape[1]] = limits
    return table


def _weight_sections(bits: np.ndarray, c: Binary) -> Iterator[Section]:
    """Each slice of each bank."""
    rows = bank_rows(c)
    count = slices(c, rows)
    for bank in range(banks(c)):
        mine = bits[:, bank * rows:(bank + 1) * rows].reshape(len(bits), -1)
        for k in range(count):
            yield Section(MemoryId.WEIGHTS, bank << slice_bits(c) | k,
                          _pieces(mine[:, k * c.ram_width:(k + 1) * c.ram_width]))


def _start_sections(starts: np.ndarray, c: Binary) -> Iterator[Section]:
    rows = bank_rows(c)
    bits = (starts[:, :, None] >> np.arange(start_layout(c).size) & 1).astype(bool)
    for bank in range(banks(c)):
        mine = bits[:, bank * rows:(bank + 1) * rows].reshape(len(bits), -1)
        yield Section(MemoryId.STARTS, bank, _pieces(mine))


def _threshold_sections(tables: list[np.ndarray], c: Binary) -> Iterator[Section]:
    """Step s of the search compares with the middle of what its first s bits left over."""
    if not tables:
        return
    table = np.concatenate(tables)
    steps = threshold_steps(c)
    for step in range(steps):
        half = 1 << steps - step - 1
        middles = table[:, half - 1::2 * half]
        yield Section(MemoryId.THRESHOLDS, step,
                      (middles.ravel() & (1 << c.accumulator) - 1).astype(np.uint32)[:, None])


def _row_section(last: PlacedLayer, c: Binary) -> Iterator[Section]:
    """bias - scale * acc of every output of the last layer, where it is raw."""
    if last.layer.thresholds is None:
        bias, scale = (each.astype(np.int64) for each in _affine(last))
        yield Section(MemoryId.ROWS, 0, pack(row_layout(c), bias=bias, scale=scale))


def _affine(last: PlacedLayer) -> tuple[np.ndarray, np.ndarray]:
    """Bias and scale of every row, in Python's integers: object (rows)."""
    layer = last.layer
    scale = np.abs((np.ones(layer.rows, int) if layer.scale is None else layer.scale).astype(object))
    bias = scale * last.alpha.astype(object)
    return bias if layer.bias is None else bias + layer.bias.astype(object), scale * last.beta


def _pieces(bits: np.ndarray) -> np.ndarray:
    """Bits (items x width) as words of 32, low ones first: uint32 (items x pieces)."""
    packed = np.packbits(bits, axis=1, bitorder="little")
    padded = np.zeros((len(packed), -(-bits.shape[1] // BEAT) * 4), np.uint8)
    padded[:, :packed.shape[1]] = packed
    return padded.view("<u4")


def _check(network: Network, placed: list[PlacedLayer], c: Binary) -> None:
    layers = network.binary_layers
    for k, (before, after) in enumerate(pairwise(placed)):
        if before.layer.thresholds is None:
            raise ThriftyError(f"layer {k}: raw accumulators cannot feed layer {k + 1}: give it "
                               "thresholds")
        levels = before.layer.thresholds.shape[1]
        if after.planes > c.hidden_width:
            raise ThriftyError(f"layer {k}: {levels} thresholds make {after.planes}-bit activations, "
                               f"but binary.hidden_width is {c.hidden_width}: set it to {after.planes}")
    if network.activation_width not in (None, c.activation.width):
        raise ThriftyError(f"the network takes inputs of {network.activation_width} bits, but "
                           f"binary.activation.width is {c.activation.width}: set it to "
                           f"{network.activation_width}")
    if c.activation.width > 1 and network.activation_signed not in (None, c.activation.signed):
        sign, right = ("signed", "true") if network.activation_signed else ("unsigned", "false")
        raise ThriftyError(f"the network takes {sign} inputs: set binary.activation.signed = {right}")
    for k, each in enumerate(placed):
        if each.layer.thresholds is not None:
            _check_thresholds(k, each)
    last = layers[-1]
    if last.thresholds is not None and last.thresholds.shape[1] >= 1 << c.hidden_width:
        need = last.thresholds.shape[1].bit_length()
        raise ThriftyError(f"layer {len(layers) - 1}: {last.thresholds.shape[1]} thresholds, but "
                           f"binary.hidden_width is {c.hidden_width}: set it to {need}")
    needed = accumulator_bits(network, c.activation.width)
    if needed > c.accumulator:
        raise ThriftyError(f"accumulators need {needed} bits, but binary.accumulator is "
                           f"{c.accumulator}: set it to {needed}")
    cap = c.capacity
    needs = {
        "layers": len(layers), "words": sum(each.words * each.groups for each in placed),
        "groups": sum(each.groups for each in placed), "inputs": layers[0].columns,
        "hidden": max((layer.columns for layer in layers[1:]), default=0), "outputs": last.rows,
        "levels": leveled_rows(network, c.hidden_width),
    }
    for name, need in needs.items():
        if need > getattr(cap, name):
            raise ThriftyError(f"the network needs binary.capacity.{name} {need}, the configuration has "
                               f"{getattr(cap, name)}: set binary.capacity.{name} = {need}")
    if last.thresholds is None:
        bias, scale = _affine(placed[-1])
        if int(scale.max()) >= 1 << c.scale_width:
            need = int(scale.max()).bit_length()
            remedy = f"set it to {need}" if need <= 17 else "at most 17 bits are supported"
            raise ThriftyError(f"layer {len(layers) - 1}: scales need {need} bits (one more for bipolar "
                               f"activations), but binary.scale_width is {c.scale_width}: {remedy}")
        low, high = integer_range(BEAT, True)
        ends = np.stack([bias, bias - scale * placed[-1].highest])
        if int(ends.min()) < low or int(ends.max()) > high:
            raise ThriftyError(f"layer {len(layers) - 1}: outputs reach from {int(ends.min())} to "
                               f"{int(ends.max())}, but they have {BEAT} bits: make scales or biases "
                               "smaller")


def _check_thresholds(k: int, each: PlacedLayer) -> None:
    thresholds = each.layer.thresholds
    assert thresholds is not None
    # Of bipolar activations the largest is 1, of planes it is that of offset binary.
    bound = each.highest
    bad = (thresholds < -bound) | (thresholds > bound + 1)
    if bad.any():
        row, level = np.argwhere(bad)[0]
        raise ThriftyError(f"layer {k}: threshold [{row}, {level}] is {thresholds[row, level]}, outside "
                           f"{-bound} to {bound + 1}, which is always and never reached: clip it")


def leveled_rows(network: Network, hidden_width: int) -> int:
    """Rows that need a place in the tables of thresholds."""
    layers = network.binary_layers
    if hidden_width == 1:
        return 0
    return sum(layer.rows for k, layer in enumerate(layers) if layer.thresholds is not None
               and (k < len(layers) - 1 or layer.thresholds.shape[1] > 1))
