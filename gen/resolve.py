"""From what a user wrote to a complete configuration: numbers left out are chosen for a network."""

import tomllib
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Optional, Union, get_args, get_origin

import numpy as np
import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from gen.binary import accumulator_bits, layer_planes, leveled_rows, place_layers
from gen.network import Network
from gen.shift_add import bin_bits, needed_mode, result_bits, sum_bits
from gen.shift_add import place_layers as place_shift_add
from gen.sparse import (
    Placement,
    accumulator_bound,
    coded_words,
    place_all,
    place_within,
    table_words,
    total_rows,
)
from hw.config import (
    Activation,
    Binary,
    BinaryCapacity,
    Capacity,
    Config,
    ShiftAddActivation,
    bits_for,
)
from hw.errors import ThriftyError
from hw.shift_add.memories import own_words
from hw.sparse.layout import CODED_WORD, column_bits, column_layout

__all__ = [
    "Draft", "agrees", "complete", "draft_schema", "dump_config", "read_config", "read_draft", "resolve",
    "resolve_binary", "resolve_shift_add",
]

DEFAULT_PES = 16
DEFAULT_SIMD = 64
DEFAULT_LANES = 32
WORDS = 1 << 17
"""Weights of a lane of the shift-add array at most."""
DEFAULT_WAITING = 512
"""Streamed entries that may wait in a PE: a block RAM or two."""


def _optional(model: type[BaseModel], name: str) -> type[BaseModel]:
    """The same table with every key optional; rules between keys wait for the complete one."""
    fields: dict[str, Any] = {}
    for key, info in model.model_fields.items():
        kind = info.annotation
        if get_origin(kind) is UnionType or get_origin(kind) is Union:
            kind = next((each for each in get_args(kind) if each is not NoneType), None)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            inner: Any = _optional(kind, f"{key.title()}Draft")
        else:
            inner = info.rebuild_annotation()
        fields[key] = (Optional[inner], Field(None, description=info.description))  # noqa: UP045
    return create_model(name, __config__=ConfigDict(extra="forbid", frozen=True, strict=True),
                        **fields)


Draft = _optional(Config, "Draft")
"""What a configuration file may say: the keys of ``Config``, all optional but ``name``."""


def draft_schema() -> dict[str, Any]:
    """The JSON Schema of configuration files."""
    schema = Draft.model_json_schema()
    schema["title"] = "thrifty configuration"
    schema["required"] = ["name"]
    return schema


def read_draft(path: Path) -> dict[str, Any]:
    """The keys that a configuration file sets, checked one by one."""
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ThriftyError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThriftyError(f"{path}: not a TOML file: {error}") from None
    _validate(Draft, table, str(path))
    if "name" not in table:
        raise ThriftyError(f'{path}: key "name" is missing: the name of the generated module')
    return table


def read_config(path: Path) -> Config:
    """A complete configuration; ThriftyError names what is missing."""
    return complete(read_draft(path), str(path))


def complete(table: dict[str, Any], where: str) -> Config:
    """Validate a complete configuration."""
    return _validate(Config, table, where)


def resolve_binary(draft: dict[str, Any], network: Network, where: str) -> Config:
    """Fill in what ``draft`` leaves out of a binary array, as small as the network allows."""
    binary = dict(draft.get("binary", {}))
    layers = network.binary_layers
    binary.setdefault("simd", DEFAULT_SIMD)
    binary.setdefault("pes", min(DEFAULT_PES, binary["simd"]))
    width = network.activation_width or 1
    activation = _fill(binary, "activation", {
        "width": width, "signed": network.activation_signed is not False or width == 1})
    planes = layer_planes(network, activation["width"])
    last = layers[-1].thresholds
    outputs = last.shape[1].bit_length() if last is not None else 1
    binary.setdefault("hidden_width", max(1, *planes[1:], outputs))
    binary.setdefault("accumulator", max(4, accumulator_bits(network, activation["width"])))
    scale = 1 if layers[-1].scale is None else max(map(abs, layers[-1].scale.tolist()))
    binary.setdefault("scale_width", 1 if last is not None else max(
        1, (scale * (2 if planes[-1] == 1 else 1)).bit_length()))
    given = dict(binary.get("capacity", {}))
    capacity = {
        "layers": len(layers), "inputs": layers[0].columns, "outputs": layers[-1].rows,
        "hidden": max((layer.columns for layer in layers[1:]), default=1), "words": 2, "groups": 2,
        **given}
    _allowed(f"{where}: binary", Binary, binary, {
        "hidden_width": "use at most 255 thresholds a row", "scale_width": "use smaller scales"})
    _allowed(f"{where}: binary.capacity", BinaryCapacity, capacity, dict.fromkeys(
        ("layers", "inputs", "hidden", "outputs"), "use a smaller network"))
    rough = complete({**draft, "binary": {**binary, "capacity": capacity}}, where).binary
    placed = place_layers(network, rough)
    binary["capacity"] = capacity = {
        **capacity,
        "words": max(2, sum(each.words * each.groups for each in placed)),
        "groups": max(2, sum(each.groups for each in placed)),
        "levels": max(2, leveled_rows(network, rough.hidden_width)), **given}
    _allowed(f"{where}: binary.capacity", BinaryCapacity, capacity, {
        "words": "set a larger binary.pes or binary.simd", "groups": "set a larger binary.pes",
        "levels": "use fewer rows with several thresholds"})
    return complete({**draft, "binary": binary}, where)


def _allowed(table: str, model: type[BaseModel], values: dict[str, Any],
             remedies: dict[str, str]) -> None:
    """ThriftyError, with a remedy, if a network needs more of a key than its model allows."""
    for key, remedy in remedies.items():
        most = next(each.le for each in model.model_fields[key].metadata if hasattr(each, "le"))
        if values[key] > most:
            raise ThriftyError(f"{table}.{key} would have to be {values[key]}, but at most {most} is "
                               f"supported: {remedy}")


def resolve_shift_add(draft: dict[str, Any], network: Network, where: str) -> Config:
    """Fill in what ``draft`` leaves out of a shift-add array, as small as the network allows."""
    table = dict(draft.get("shift_add", {}))
    layers = network.shift_add_layers
    table.setdefault("lanes", DEFAULT_LANES)
    table.setdefault("mode", needed_mode(network))
    bins = table.setdefault("architecture", "bins") == "bins" and table["mode"] != "adder"
    activation = _validate(ShiftAddActivation, _fill(table, "activation", {
        "width": network.activation_width or 8,
        "signed": network.activation_signed is not False}), f"{where}: shift_add.activation")
    table.setdefault("accumulator", max(activation.width + 2, *(
        (bin_bits if bins else sum_bits)(layer, activation) for layer in layers)))
    table.setdefault("result", max(activation.width + 1, *(
        result_bits(layer, activation) for layer in layers)))
    for key, limit in {"accumulator": 48, "result": 60}.items():
        if table[key] > limit:
            raise ThriftyError(f"{where}: shift_add.{key} would have to be {table[key]}, but at most "
                               f"{limit} bits are supported: use smaller exponents or biases, or fewer "
                               "inputs")
    multipliers = [layer.multiplier for layer in layers if layer.multiplier is not None]
    _fill(table, "requantize", {
        "enabled": bool(multipliers),
        # With 1 bit every multiplier is 1, so others need 2. The compiler names what is too wide.
        "multiplier_width": 1 if all((m == 1).all() for m in multipliers) else
        min(17, max(2, *(int(m.max()).bit_length() for m in multipliers)))})
    given = dict(table.get("capacity", {}))
    capacity = {
        "layers": len(layers), "inputs": layers[0].columns, "outputs": layers[-1].rows,
        "hidden": max((layer.columns for layer in layers[1:]), default=1), "words": 2, "rows": 2,
        **given}
    rough = complete({**draft, "shift_add": {**table, "capacity": capacity}}, where).shift_add
    placed = place_shift_add(network, rough)
    words = own_words(rough) + sum(each.words for each in placed)
    if words > WORDS and "words" not in given:
        raise ThriftyError(f"{where}: the network needs {words} weights on each of {rough.lanes} lanes, "
                           f"but at most {WORDS} are supported: use more lanes, or a smaller network")
    table["capacity"] = {
        **capacity, "words": max(2, words),
        "rows": max(2, rough.lanes * sum(each.groups for each in placed)), **given}
    return complete({**draft, "shift_add": table}, where)


def agrees(table: dict[str, Any], config: Config) -> bool:
    """Whether a configuration has every value that ``table`` sets, compression aside."""
    def within(part: dict[str, Any], whole: dict[str, Any]) -> bool:
        return all(within(value, whole[key]) if isinstance(value, dict) else value == whole[key]
                   for key, value in part.items())
    hardware = {key: value for key, value in table.items() if key != "compress"}
    return within(hardware, config.model_dump())


def _validate(model: type[BaseModel], table: dict[str, Any], where: str) -> Any:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            problem = f'unknown key "{key}": see thrifty config-schema'
        elif first["type"] == "missing":
            problem = (f'key "{key}" is missing: set it, or let thrifty compile choose it for a '
                       "network")
        else:
            message = first["msg"].removeprefix("Value error, ")
            given = first["input"]
            shown = f" (it is {given!r})" if isinstance(given, int | float | str) else ""
            problem = f'key "{key}": {message}{shown}' if key else message
        raise ThriftyError(f"{where}: {problem}") from None


def dump_config(config: Config) -> str:
    """A complete configuration as TOML."""
    return tomli_w.dumps(config.model_dump(exclude_none=True))


def resolve(draft: dict[str, Any], network: Network, where: str) -> tuple[Config, list[Placement]]:
    """Fill in what ``draft`` leaves out, as small as the network allows.

    Returns:
        The configuration and the placement of every layer on its PEs.
    """
    sparse = dict(draft.get("sparse", {}))
    pes = sparse.setdefault("pes", DEFAULT_PES)
    index = _fill(sparse, "index", {"kind": "per_layer"})
    given = sparse.get("capacity", {})
    placements = place_all(network, pes, broadcasts=sparse.get("broadcasts", 1),
                           drains=sparse.get("drains", 1),
                           kind=index["kind"], width=index.get("width"), rows=given.get("rows"),
                           total_rows=given.get("total_rows"))
    layers = network.sparse_layers
    values = [layer.weight.data for layer in layers]
    low = min((int(v.min()) for v in values if len(v)), default=0)
    high = max((int(v.max()) for v in values if len(v)), default=0)

    activation = _fill(sparse, "activation", {
        "width": network.activation_width or 16,
        "signed": network.activation_signed if network.activation_signed is not None else True,
        "lanes": 8,
    })
    distinct = max(len(set(v.tolist())) for v in values)
    kind = "codebook" if distinct <= 256 else "direct"
    signed = low < 0
    weight = _fill(sparse, "weight", {
        "kind": kind, "signed": signed,
        "width": max(1, max(-low - 1, high, 0).bit_length() + int(signed)),
        "codebook_size": max(2, min(distinct, 256)),
    })
    activation_format = _validate(Activation, activation, f"{where}: sparse.activation")
    bound = max(accumulator_bound(layer, activation_format) for layer in layers)
    accumulator = _fill(sparse, "accumulator", {"signed": True})
    # A requantized last layer puts activations where accumulators are.
    outputs = activation["width"] + 1 if layers[-1].multiplier is not None else 0
    accumulator.setdefault("width", max(4, outputs, bound.bit_length() + int(accumulator["signed"])))
    rows = max(placement.slots for placement in placements)
    multipliers = [layer.multiplier for layer in layers if layer.multiplier is not None]
    _fill(sparse, "requantize", {
        "enabled": bool(multipliers),
        "multiplier_width": max((int(m.max()).bit_length() for m in multipliers), default=1),
    })
    capacity = _fill(sparse, "capacity", {
        "layers": len(layers),
        "entries": (DEFAULT_WAITING if sparse.get("entries") == "stream"
                    else max(2, int(_entries(placements, pes).max()))),
        "rows": max(2, rows),
        "total_rows": max(2, total_rows(placements, sparse.get("drains", 1))),
        "inputs": max(2, layers[0].columns),
        "hidden": max(2, *(layer.columns for layer in layers[1:])) if len(layers) > 1 else 2,
        "outputs": max(2, layers[-1].rows),
    })
    index_bits = max(p.index_bits(index["kind"]) for p in placements)
    if index["kind"] == "absolute":
        index_bits = bits_for(capacity["rows"])
    if sparse.get("huffman") == "memory":
        widths = [index["width"]] if "width" in index else [index_bits]
        if "width" not in index and index_bits + bits_for(weight["codebook_size"]) < CODED_WORD:
            widths.append(index_bits + 1)  # which may make short lengths longer, and be worth it
        found = [_coded(draft, {**sparse, "index": {**index, "width": width}}, network, where)
                 for width in widths]
        _, placements, chosen, width = min(found, key=lambda each: each[0])
        index["width"] = width
        capacity |= chosen | given
    index.setdefault("width", max(index_bits, index.get("lower") or 1))
    for key, (need, limit) in {
        "weight.width": (weight["width"], 32), "accumulator.width": (accumulator["width"], 64),
    }.items():
        if need > limit:
            raise ThriftyError(f"{where}: {key} would have to be {need}, but at most {limit} bits are "
                               "supported: scale the weights down")
    for key, limit in {"entries": 1 << 18, "rows": 1 << 14}.items():
        if capacity[key] > limit:
            enough = -(-capacity[key] * pes // limit)
            remedy = f"use {enough} PEs or more" if enough <= 256 else "make the network smaller"
            raise ThriftyError(f"{where}: the network needs {capacity[key]} {key} on each of {pes} PEs, "
                               f"but at most {limit} are supported: {remedy}")
    lower = index.get("lower", index["width"])
    uppers = [p for p in placements if p.index_bits(index["kind"]) > lower]
    if uppers:
        capacity.setdefault("upper_entries", max(2, int(_entries(uppers, pes).max())))
    capacity.setdefault("columns", max(2, table_words(
        placements, _validate(Capacity, {"columns": 2, **capacity}, f"{where}: sparse.capacity"))))
    return complete({**draft, "sparse": sparse}, where), placements


def _coded(draft: dict[str, Any], sparse: dict[str, Any], network: Network,
           where: str) -> tuple[int, list[Placement], dict[str, int], int]:
    """Placements where entries stay coded: what fits a short length depends on all other widths.

    Returns:
        Bits of entries and column tables, placements, capacities, and the width of an index.
    """
    given = draft.get("sparse", {}).get("capacity", {})
    rows = sparse["capacity"]["rows"] * (1 if sparse["index"]["kind"] == "absolute" else 2)
    room = {**sparse["capacity"], "entries": 1 << 18, "columns": 1 << 17, "total_rows": 1 << 17,
            "rows": min(rows, 1 << 14), **given}
    c = complete({**draft, "sparse": {**sparse, "capacity": room}}, where).sparse
    placements = place_within(network, c)
    capacity = {"entries": coded_words(placements, c), "rows": max(2, *(p.slots for p in placements)),
                "total_rows": max(2, total_rows(placements, c.drains))}
    if column_bits(c.model_copy(update={"capacity": Capacity(**{**room, **capacity})})) < column_bits(c):
        capacity["rows"] = room["rows"]
    words = table_words(placements, c.capacity)
    bits = c.pes * (CODED_WORD * capacity["entries"] + column_layout(c).size * words)
    return bits, placements, capacity, c.index.width


def _fill(sparse: dict[str, Any], key: str, defaults: dict[str, Any]) -> dict[str, Any]:
    sparse[key] = {**defaults, **sparse.get(key, {})}
    return sparse[key]


def _entries(placements: list[Placement], pes: int) -> np.ndarray:
    """Entries of each PE, all layers together."""
    return np.sum([np.bincount(p.entry_pe, minlength=pes) for p in placements], axis=0)
