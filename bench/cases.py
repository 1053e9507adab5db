"""Random cases, one after the other, for commands that try many configurations."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

__all__ = ["run_cases"]


def run_cases(check: Callable[[int, int, Path], dict[str, Any]], *, count: int, seed: int,
              only: int | None, as_json: bool) -> None:
    """Run cases, print a table or JSON, and exit with an error if one failed.

    Args:
        check: Runs a case of a seed in an empty folder; it returns what the case was, and how many
            outputs are wrong ("mismatches").
        count: Cases, from 0 on.
        only: Run this case alone.
    """
    err = Console(stderr=True)
    err.print(f"seed {seed}")
    results, failed = [], 0
    for index in track(range(count) if only is None else [only], "simulating", console=err):
        with tempfile.TemporaryDirectory() as folder:
            try:
                row = {"case": index, **check(seed, index, Path(folder))}
            except Exception as error:  # whatever breaks, the other cases still run
                row = {"case": index, "error": f"{type(error).__name__}: {error}"}
        results.append(row)
        if row.get("mismatches", 1):
            failed += 1
            what = row.get("error", f"{row.get('mismatches')} outputs differ")
            err.print(f"case {index}: {what}; again: --seed {seed} --only {index}", markup=False)
    if as_json:
        print(json.dumps({"seed": seed, "failed": failed, "cases": results}, indent=2))
    else:
        exact = [row for row in results if "error" not in row]
        table = Table(*(exact[0] if exact else ()))
        for row in exact:
            table.add_row(*(f"{value:,g}" if isinstance(value, float) else str(value)
                            for value in row.values()))
        Console().print(table)
    if failed:
        raise SystemExit(f"error: {failed} of {len(results)} cases failed")
