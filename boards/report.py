"""A synthesis result as a table."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from boards.board import RESOURCES

__all__ = ["table"]


def table(result: Mapping[str, Any]) -> Table:
    """The resources of a result of ``boards.build.synthesise``, with the clock in the title."""
    view = Table(title=f"{result['board']}: {result['clock_mhz']:g} MHz, up to "
                       f"{result['fmax_mhz']:g} MHz", caption=result["bitstream"])
    view.add_column("resource")
    for heading in ("used", "available", "%"):
        view.add_column(heading, justify="right")
    for key, name in RESOURCES.items():
        if key not in result["resources"]:
            continue
        used, available = (result["resources"][key].get(field) for field in ("used", "available"))
        share = f"{100 * used / available:.1f}" if available else ""
        view.add_row(name, str(used), str(available or ""), share)
    return view
