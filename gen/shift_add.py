"""Shift and adder layers to the memories of the shift-add array: weights, rows, descriptors.

A lane takes a weight as it is: a term of a shift layer's, or a number of an adder layer's. An adder
layer's -sum |x - w| is 2 sum min(x, w) - sum x - sum w, and its last sum goes into the bias.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gen.layout import pack
from gen.network import AdderLayer, Network, ShiftLayer
from gen.section import Section
from hw.config import BEAT, Config, ShiftAdd, ShiftAddActivation, integer_range
from hw.errors import ThriftyError
from hw.packet import MemoryId
from hw.shift_add.bins import BINS
from hw.shift_add.layout import EXPONENT, weight_layout
from hw.shift_add.memories import (
    CLEAR,
    COMBINE,
    FILL,
    Output,
    bank_lanes,
    banks,
    layer_table,
    overhead,
    own_words,
    row_layout,
)

__all__ = [
    "PlacedLayer", "bin_bits", "needed_mode", "place_layers", "result_bits", "sections", "sum_bits",
]

ShiftAddLayer = ShiftLayer | AdderLayer


@dataclass(frozen=True)
class PlacedLayer:
    """A layer on the array: groups of ``lanes`` rows, terms of a weight, cycles without a step."""

    layer: ShiftAddLayer
    groups: int
    terms: int
    overhead: int

    @property
    def words(self) -> int:
        """Weights of a lane."""
        return self.groups * self.terms * self.layer.columns

    @property
    def cycles(self) -> int:
        """Cycles in which the array works on the layer."""
        return self.words + self.groups * self.overhead


def place_layers(network: Network, c: ShiftAdd) -> list[PlacedLayer]:
    """Every layer on the array of a configuration."""
    return [PlacedLayer(layer, -(-layer.rows // c.lanes),
                        layer.terms if isinstance(layer, ShiftLayer) else 1, sum(overhead(c)))
            for layer in network.shift_add_layers]


def needed_mode(network: Network) -> str:
    """The smallest mode of lanes that runs a network."""
    kinds = {type(layer) for layer in network.shift_add_layers}
    return "both" if len(kinds) == 2 else "shift" if ShiftLayer in kinds else "adder"


def _largest(activation: ShiftAddActivation) -> int:
    return max(map(abs, integer_range(activation.width, activation.signed)))


def bin_bits(layer: ShiftAddLayer, activation: ShiftAddActivation) -> int:
    """Bits of a bin: every term of a row could go to the same one."""
    if isinstance(layer, AdderLayer):
        return sum_bits(layer, activation)
    terms = int(np.abs(layer.sign.astype(np.int64)).sum((1, 2)).max())
    return (terms * _largest(activation)).bit_length() + 1


def sum_bits(layer: ShiftAddLayer, activation: ShiftAddActivation) -> int:
    """Bits of the sum of a row in a lane."""
    if isinstance(layer, AdderLayer):
        return (layer.columns * _largest(activation)).bit_length() + 1
    terms = np.abs(layer.sign.astype(np.int64)) << layer.exponent.astype(np.int64)
    return (int(terms.sum((1, 2)).max()) * _largest(activation)).bit_length() + 1


def result_bits(layer: ShiftAddLayer, activation: ShiftAddActivation) -> int:
    """Bits of a row's result with its bias, and of that bias with an adder layer's sum of weights."""
    low, high = integer_range(activation.width, activation.signed)
    if isinstance(layer, ShiftLayer):
        weight = layer.weight.astype(object)
        most = np.abs(weight).sum(1) * max(-low, high)
    else:
        weight = layer.weight.astype(object)
        most = np.maximum(weight - low, high - weight).sum(1)
    bound = max(int(np.max(most + np.abs(layer.bias.astype(object)))), int(np.abs(_biases(layer)).max()))
    return bound.bit_length() + 1


def _biases(layer: ShiftAddLayer) -> np.ndarray:
    bias = layer.bias.astype(object)
    return bias - layer.weight.astype(object).sum(1) if isinstance(layer, AdderLayer) else bias


def sections(network: Network, config: Config) -> list[Section]:
    """The contents of every memory; ThriftyError, naming layer and remedy, if the network won't fit."""
    c = config.shift_add
    placed = place_layers(network, c)
    _check(network, placed, c)
    weights = [_own(c)]
    descriptors, biases, multipliers = [], [], []
    word, row = own_words(c), 0
    for k, each in enumerate(placed):
        layer = each.layer
        weights.append(_weights(each, c))
        descriptors.append(pack(
            layer_table(c).layout, more_words=layer.columns - 1, more_planes=each.terms - 1,
            more_groups=each.groups - 1, weights=word, rows=row, tail=(layer.rows - 1) % c.lanes,
            output=int(Output.HOST if k == len(placed) - 1 else Output.HIDDEN),
            adder=int(isinstance(layer, AdderLayer)), raw=int(layer.multiplier is None),
            relu=int(layer.relu), shift=layer.shift))
        padding = each.groups * c.lanes - layer.rows
        biases.append(np.pad(_biases(layer).astype(np.int64), (0, padding)))
        multiplier = np.zeros(layer.rows, np.int64) if layer.multiplier is None else layer.multiplier
        multipliers.append(np.pad(multiplier, (0, padding)))
        word += each.words
        row += each.groups * c.lanes
    more = {"multiplier": np.concatenate(multipliers)} if c.requantize.enabled else {}
    return [
        *_weight_sections(np.concatenate(weights), c),
        Section(MemoryId.LAYERS, 0, np.concatenate(descriptors)),
        Section(MemoryId.ROWS, 0, pack(row_layout(c), bias=np.concatenate(biases), **more)),
    ]


def _field(c: ShiftAdd, *, exponent: np.ndarray | int, positive: np.ndarray | int,
           write: np.ndarray | int) -> np.ndarray:
    """Weights of shift layers as a lane takes them: int64."""
    layout = weight_layout(c.mode, c.activation)
    value = np.asarray(exponent, np.int64) | np.asarray(positive, np.int64) << EXPONENT
    return value | np.asarray(write, np.int64) << layout["write"].offset


def _own(c: ShiftAdd) -> np.ndarray:
    """What only the array needs: int64 (words x lanes)."""
    words = np.zeros(own_words(c), np.int64)
    if len(words):
        bins = np.arange(BINS)
        words[COMBINE:COMBINE + BINS] = _field(c, exponent=bins, positive=1, write=0)
        words[CLEAR:CLEAR + BINS] = _field(c, exponent=bins, positive=0, write=1)
        words[FILL] = _field(c, exponent=0, positive=0, write=0)
    return np.repeat(words[:, None], c.lanes, axis=1)


def _weights(each: PlacedLayer, c: ShiftAdd) -> np.ndarray:
    """A layer's weights: int64 (words x lanes); lanes behind the last row get zeros."""
    layer = each.layer
    rows = each.groups * c.lanes
    layout = weight_layout(c.mode, c.activation)
    if isinstance(layer, ShiftLayer):
        sign = layer.sign.astype(np.int64)
        fields = _field(c, exponent=np.where(sign, layer.exponent, 0), positive=sign >= 0,
                        write=sign != 0)
    else:
        name = "weight" if c.mode == "adder" else "value"
        fields = layer.weight.astype(np.int64)[:, :, None] & (1 << c.activation.width) - 1
        if name == "value":
            fields = fields | 1 << layout["write"].offset
    full = np.zeros((rows, layer.columns, each.terms), np.int64)
    full[:layer.rows] = fields
    # Row r is in group r // lanes on lane r % lanes.
    turned = full.reshape(each.groups, c.lanes, layer.columns, each.terms).transpose(0, 3, 2, 1)
    return turned.reshape(each.words, c.lanes)


def _weight_sections(weights: np.ndarray, c: ShiftAdd) -> Iterator[Section]:
    """Each bank's: the fields of its lanes side by side."""
    lanes, width = bank_lanes(c), weight_layout(c.mode, c.activation).size
    bits = (weights[:, :, None] >> np.arange(width) & 1).astype(bool)
    for bank in range(banks(c)):
        mine = bits[:, bank * lanes:(bank + 1) * lanes].reshape(len(bits), -1)
        packed = np.packbits(mine, axis=1, bitorder="little")
        padded = np.zeros((len(packed), -(-mine.shape[1] // BEAT) * 4), np.uint8)
        padded[:, :packed.shape[1]] = packed
        yield Section(MemoryId.WEIGHTS, bank, padded.view("<u4"))


def _check(network: Network, placed: list[PlacedLayer], c: ShiftAdd) -> None:
    a = c.activation
    low, high = integer_range(a.width, a.signed)
    of_network = network.activation_width, network.activation_signed
    if of_network not in ((None, None), (a.width, a.signed)):
        sign = "signed" if network.activation_signed else "unsigned"
        raise ThriftyError(f"the network takes {sign} activations of {network.activation_width} bits: "
                           "set shift_add.activation to that")
    mode = needed_mode(network)
    if c.mode not in ("both", mode):
        raise ThriftyError(f'the network needs shift_add.mode = "{mode}", not "{c.mode}"')
    bins = c.architecture == "bins" and c.mode != "adder"
    for k, each in enumerate(placed):
        layer = each.layer
        last = k == len(placed) - 1
        if layer.multiplier is None and not last:
            raise ThriftyError(f"layer {k}: raw accumulators cannot feed layer {k + 1}: give it a "
                               "multiplier")
        if layer.multiplier is not None and not c.requantize.enabled:
            raise ThriftyError(f"layer {k} requantizes: set shift_add.requantize.enabled = true")
        if layer.multiplier is not None:
            _check_multipliers(k, layer.multiplier, c.requantize.multiplier_width)
        if isinstance(layer, AdderLayer):
            bad = np.argwhere((layer.weight < low) | (layer.weight > high))
            if len(bad):
                r, column = bad[0]
                raise ThriftyError(f"layer {k}: weight [{r}, {column}] is {layer.weight[r, column]}, "
                                   f"outside {low} to {high}, the format of the activations that it is "
                                   "compared with: scale both")
        need = (bin_bits if bins else sum_bits)(layer, a)
        if need > c.accumulator:
            raise ThriftyError(f"layer {k}: a lane's sums need {need} bits, but shift_add.accumulator "
                               f"is {c.accumulator}: set it to {need}")
        need = max(result_bits(layer, a), a.width + 1)
        if need > c.result:
            raise ThriftyError(f"layer {k}: results need {need} bits, but shift_add.result is "
                               f"{c.result}: set it to {need}")
    layers = network.shift_add_layers
    needs = {
        "layers": len(layers), "words": own_words(c) + sum(each.words for each in placed),
        "rows": sum(each.groups for each in placed) * c.lanes, "inputs": layers[0].columns,
        "hidden": max((layer.columns for layer in layers[1:]), default=0), "outputs": layers[-1].rows,
    }
    for name, number in needs.items():
        if number > getattr(c.capacity, name):
            raise ThriftyError(f"the network needs capacity.{name} {number}, the configuration has "
                               f"{getattr(c.capacity, name)}: set capacity.{name} = {number}")


def _check_multipliers(k: int, multiplier: np.ndarray, width: int) -> None:
    lowest, highest = int(multiplier.min()), int(multiplier.max())
    if lowest < 0:
        raise ThriftyError(f"layer {k}: multiplier {lowest} is negative: multipliers are unsigned")
    if width == 1 and (lowest, highest) != (1, 1):
        other = lowest if lowest != 1 else highest
        raise ThriftyError(f"layer {k}: multiplier {other}, but with "
                           "shift_add.requantize.multiplier_width 1 every multiplier is 1: widen it")
    if highest >= 1 << width:
        need = highest.bit_length()
        remedy = f"set it to {need}" if need <= 17 else "at most 17 are supported"
        raise ThriftyError(f"layer {k}: multiplier {highest} needs {need} bits, but "
                           f"shift_add.requantize.multiplier_width is {width}: {remedy}")
