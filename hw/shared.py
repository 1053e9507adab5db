"""Modules that a design contains many times but that are elaborated, emitted and synthesised once."""

from collections.abc import Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any

from amaranth import ClockSignal, ResetSignal, Value
from amaranth.hdl import Instance, ValueCastable
from amaranth.lib import wiring

__all__ = ["Shared", "port_map"]


def port_map(component: wiring.Component) -> dict[str, tuple[Value, wiring.Flow]]:
    """Port names of a component's Verilog module: paths joined by one underscore."""
    ports = {}
    for path, member, value in component.signature.flatten(component):
        if isinstance(value, ValueCastable):
            value = value.as_value()
        ports["_".join(map(str, path))] = (value, member.flow)
    return ports


class Shared:
    """A component that becomes one Verilog module, instantiated as often as needed.

    Amaranth emits a module for every submodule instance. ``instantiate`` puts an ``Instance`` into the
    design instead; ``gen.verilog`` emits ``component`` once, under ``name``.

    Args:
        component: The component; it is elaborated once.
        name: Name of its Verilog module.
        technology: For some families a component of the same ports and latency, made of the family's own
            cells. It takes the other one's place when a design is synthesised.
    """

    def __init__(self, component: wiring.Component, name: str,
                 technology: Mapping[str, wiring.Component] = MappingProxyType({})):
        self.component = component
        self.name = name
        self.technology = technology

    def instantiate(self, **inputs: Any) -> tuple[Instance, wiring.PureInterface]:
        """A new instance, and an interface to use like the members of a submodule.

        Args:
            inputs: Input members (values, or interfaces for those that have several signals) that are
                wired straight to the instance; shared ones are then not copied for each.
        """
        interface = self.component.signature.create()
        ports = {}
        for path, member, value in interface.signature.flatten(interface):
            if path[0] in inputs:
                value = reduce(getattr, path[1:], inputs[path[0]])
            if isinstance(value, ValueCastable):
                value = value.as_value()
            side = "i" if member.flow == wiring.In else "o"
            ports[f"{side}_" + "_".join(map(str, path))] = value
        return Instance(self.name, i_clk=ClockSignal(), i_rst=ResetSignal(), **ports), interface
