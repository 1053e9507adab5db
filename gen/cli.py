"""The command ``thrifty``."""

import json
import signal
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text
from typer.exceptions import TyperException

from gen.folder import BuildFolder
from hw.errors import ThriftyError

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich",
                  pretty_exceptions_enable=False,
                  help="Hardware for neural networks that does as little arithmetic as possible.\n\n"
                       "compile -> generate -> simulate -> estimate -> synth -> run, each a command, "
                       "all working on one build folder.")
bench_app = typer.Typer(no_args_is_help=True, help="Measurements against published figures.")
app.add_typer(bench_app, name="bench")
out = Console()
err = Console(stderr=True)

INTERRUPTED = 130
"""What typer makes of Ctrl-C."""

BuildArg = Annotated[Path, typer.Argument(help="the build folder", show_default=False)]
Output = Annotated[Path, typer.Option("--output", "-o", help="the build folder", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="print the result as JSON")]
Inputs = Annotated[Path | None, typer.Option(
    help="vectors x inputs, integers (.npy); default: the golden vectors of compile")]
BoardName = Annotated[str, typer.Option("--board", help="see thrifty boards", show_default=False)]
Seed = Annotated[int, typer.Option(help="of everything random in this step", min=0)]


def main() -> None:
    """Entry point: what a user can mend is one line, and exit code 1, or 2 for wrong usage."""
    # Ended from outside, tools that were started end as well, through their `finally`.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        code = app(standalone_mode=False)
    except ThriftyError as error:
        _fail(str(error), 1)
    except TyperException as error:
        _fail(error.format_message(), 2)
    except OSError as error:
        _fail(f"{error.filename or 'a file'}: {error.strerror}", 1)
    if code == INTERRUPTED:
        err.print("interrupted; earlier results are untouched")
    sys.exit(code)


def _fail(message: str, code: int) -> NoReturn:
    if message:  # typer has none where it prints the help instead
        text = Text.assemble(("error:", "bold red"), " ", " ".join(message.split()))
        err.print(text, soft_wrap=True)
    sys.exit(code)


@app.command("compile")
def compile_(
    network: Annotated[Path, typer.Argument(help="thrifty network, .npy, .npz or .mtx",
                                            show_default=False)],
    config: Annotated[Path, typer.Option(help="configuration (.toml)", show_default=False)],
    output: Output,
    as_json: Json = False,
) -> None:
    """Compress a network and place it: configuration, memory image, golden vectors."""
    from gen.compile import compile_network
    from sim.simulate import write_golden

    folder = BuildFolder(output)
    with _busy("compiling"):
        compiled = compile_network(network, config, folder)
        write_golden(folder)
    report = {**compiled.report, "up_to_date": compiled.up_to_date}
    _show(report, as_json, compiled.up_to_date, "compile", {
        "network": f"{len(report['layers'])} layers, {report['weights']:,} weights kept of "
                   f"{report['dense_weights']:,}",
        "compression": f"{report['compression_ratio']:.1f}x against fp32, "
                       f"{report['bits_per_weight']:.1f} bits a weight kept",
        "image": f"{output / 'image.bin'} ({report['image_bytes']:,} bytes)",
        **({"stream": f"{output / 'weights.bin'}, {report['streamed_beats']:,} beats for each vector"}
           if "streamed_beats" in report else {}),
        "configuration": str(output / "config.resolved.toml"),
    })


@app.command()
def generate(
    output: Output,
    config: Annotated[Path | None, typer.Option(
        help="complete configuration (.toml); default: the one that compile resolved")] = None,
    as_json: Json = False,
) -> None:
    """Generate Verilog, a manifest and a FuseSoC core from a configuration."""
    from gen.generate import generate as step
    from gen.resolve import complete

    folder = BuildFolder(output)
    with _busy("generating"):
        manifest, up_to_date = step(config, folder)
    _show({**manifest, "up_to_date": up_to_date}, as_json, up_to_date, "generate", {
        "Verilog": str(output / manifest["verilog"]),
        "PEs": str(complete(manifest["configuration"], "manifest.json").engine.pes),
        "memories": str(sum(memory["count"] for memory in manifest["memories"])),
        "manifest": str(output / "manifest.json"),
    })


@app.command()
def constant(
    matrix: Annotated[Path, typer.Argument(help="outputs x inputs, integers (.npy)",
                                           show_default=False)],
    output: Output,
    width: Annotated[int, typer.Option(help="bits of an input", min=1, max=16)] = 8,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="inputs are 0 or more")] = False,
    as_json: Json = False,
) -> None:
    """Generate a constant matrix as a pipeline of adders (needs thrifty[constant])."""
    from gen.constant_step import generate_constant

    folder = BuildFolder(output)
    with _busy("looking for adders"):
        manifest, up_to_date = generate_constant(matrix, folder, width=width, unsigned=unsigned)
    _show({**manifest, "up_to_date": up_to_date}, as_json, up_to_date, "constant", {
        "Verilog": str(output / manifest["verilog"]),
        "adders": str(manifest["adders"]),
        "latency": f"{manifest['latency']} cycles, 1 vector a cycle",
        "slots on ECP5": f"about {manifest['ecp5_slots']:,}",
        "manifest": str(output / "manifest.json"),
    })


@app.command()
def simulate(
    build: BuildArg,
    inputs: Inputs = None,
    simulator: Annotated[str, typer.Option(help="verilator or icarus")] = "verilator",
    waves: Annotated[bool, typer.Option(help="also write waves.vcd of the first 3 vectors")] = False,
    stall: Annotated[float, typer.Option(min=0, max=0.95,
                                         help="probability of random stalls on both sides")] = 0.0,
    energy: Annotated[bool, typer.Option(
        help="of a shift-add network: count its operations, and tell their energy")] = False,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Simulate the generated Verilog and compare every output with the golden model."""
    from sim.simulate import simulate as step

    with _progress("simulating") as advance:
        report, up_to_date = step(BuildFolder(build), inputs, simulator=simulator, seed=seed,
                                  stall=stall, waves=waves, energy=energy, progress=advance)
    _show({**report, "up_to_date": up_to_date}, as_json, up_to_date, "simulate", {
        "vectors": f"{report['vectors']:,}, of which {report['mismatches']} differ from the golden "
                   "model",
        "latency of the first": f"{report['latency_cycles']:,} cycles",
        "interval between vectors": "needs more vectors" if report["interval_cycles"] is None
                                    else f"{report['interval_cycles']:,.1f} cycles",
        "efficiency": f"{report['efficiency']:.1%} of {report['products']:,} products a cycle" + (
            "" if report["efficiency_steady"] is None
            else f" ({report['efficiency_steady']:.1%} in steady state)"),
        "outputs": str(build / "outputs.npy"),
    })
    if energy and not as_json:
        _show_energy(report["energy"])
    if report["mismatches"]:
        raise ThriftyError(f"{report['mismatches']} of {report['vectors']} outputs differ from the "
                           "golden model: a bug in thrifty; please report it with this build folder")


@app.command()
def estimate(
    build: BuildArg,
    board: BoardName,
    density: Annotated[float, typer.Option(
        help="fraction of activations that are not zero")] = 1.0,
    as_json: Json = False,
) -> None:
    """Tell before synthesis whether a design fits a board, and how fast it is."""
    from boards.estimate import estimate as step

    report = step(BuildFolder(build), board, density)
    rows = {name: f"{each['used']:,} of {each['available']:,}"
            for name, each in report["resources"].items()}
    if report["cycles"]:
        rows["latency"] = f"{report['cycles']['latency_cycles']:,} cycles"
        rows["interval"] = f"{report['cycles']['interval_cycles']:,} cycles"
    if "architectures" in report:
        rows["architecture"] = report["architectures"]["summary"]
    _show(report, as_json, False, "estimate", rows)
    if not report["fits"]:
        raise ThriftyError(f"{board}: does not fit by estimate: {'; '.join(report['over'])}: use "
                           "fewer PEs, smaller capacities or a larger board")


@app.command()
def synth(
    build: BuildArg,
    board: BoardName,
    clock: Annotated[float | None, typer.Option(
        min=1, max=1000, help="MHz; default: the board's")] = None,
    seed: Seed = 1,
    picture: Annotated[bool, typer.Option(help="draw the placement (.svg)")] = True,
    native: Annotated[bool, typer.Option(
        help="use yosys and nextpnr from PATH instead of those from PyPI")] = False,
    as_json: Json = False,
) -> None:
    """Synthesise, place and route: a bitstream, and what it costs."""
    from boards.report import table
    from boards.step import synthesise_step

    with _busy("synthesising") as update:
        result, up_to_date = synthesise_step(
            BuildFolder(build), board, clock_hz=clock and clock * 1e6, seed=seed, native=native,
            picture=picture, progress=lambda what, seconds: update(f"{what}, {seconds:.0f} s"))
    if as_json:
        print(json.dumps({**result, "up_to_date": up_to_date}, indent=2))
    else:
        out.print(table(result))
        if up_to_date:
            out.print("synth: up to date, not run again")


@app.command()
def run(
    build: BuildArg,
    port: Annotated[str, typer.Option(help="serial port, or a pyserial URL", show_default=False)],
    inputs: Inputs = None,
    baud: Annotated[int, typer.Option(help="bits a second", min=300)] = 1_000_000,
    timeout: Annotated[float, typer.Option(help="seconds to wait for an answer", min=0.1,
                                           max=86_400)] = 5.0,
    as_json: Json = False,
) -> None:
    """Run vectors on a board over its serial port."""
    from boards.driver import Link, run_vectors
    from sim.simulate import check_outputs

    folder = BuildFolder(build)
    with Link(port, baud, timeout) as link, _progress("running") as advance:
        outputs, report = run_vectors(folder, inputs, link,
                                      lambda what, done, total: advance(done, total))
    report = check_outputs(folder, inputs, outputs, report)
    _show(report, as_json, False, "run", {
        "vectors": f"{report['vectors']:,}, of which {report['mismatches']} differ from the golden "
                   "model",
        "outputs": str(build / "outputs.npy"),
    })
    if report["mismatches"]:
        raise ThriftyError(f"{report['mismatches']} of {report['vectors']} outputs differ from the "
                           "golden model")


@app.command("boards")
def boards_(as_json: Json = False) -> None:
    """List the boards: family, clock and size."""
    import boards

    rows = [{"board": each.name, "family": each.family, "device": each.device,
             "clock_mhz": each.clock_hz / 1e6, "slots": each.capacity.slots,
             "ram": each.capacity.ram, "spram": each.capacity.spram, "dsp": each.capacity.dsp}
            for each in boards.BOARDS.values()]
    _list(rows, as_json)


@app.command()
def presets(
    show: Annotated[str | None, typer.Option(help="print this configuration")] = None,
    as_json: Json = False,
) -> None:
    """List the named configurations, or print one."""
    from gen.presets import PRESETS, preset_text

    if show:
        text = preset_text(show)
        print(json.dumps(tomllib.loads(text), indent=2) if as_json else text.rstrip())
        return
    _list([{"preset": name, "for": description} for name, description in PRESETS.items()], as_json)


@app.command("config-schema")
def config_schema(as_json: Json = False) -> None:  # noqa: ARG001
    """Print the JSON Schema of configuration files."""
    from gen.resolve import draft_schema

    print(json.dumps(draft_schema(), indent=2))


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="the build folder")] = Path(
        "build/demo"),
    network: Annotated[str, typer.Option(help="lenet-300-100, sfc or shiftaddnet")] = "lenet-300-100",
    board: Annotated[str, typer.Option(help="ulx3s-85f, or icebreaker (not lenet)")] = "ulx3s-85f",
    as_json: Json = False,
) -> None:
    """Take a trained network through the whole flow, to a bitstream and a table."""
    from gen.demo import run_demo

    run_demo(output, network, board, as_json, out, err)


@bench_app.command()
def eie(
    layer: Annotated[list[str] | None, typer.Option(
        help="one of the nine; repeatable; default: all")] = None,
    kind: Annotated[list[str] | None, typer.Option(
        help="uniform, power-law, blocks, band; repeatable; default: uniform")] = None,
    seed: Seed = 1,
    queue: Annotated[int, typer.Option(help="depth of the PEs' queues", min=16, max=1023)] = 255,
    divide: Annotated[int, typer.Option(help="rows, columns and PEs divided by it, for a quick look",
                                        min=1)] = 1,
    as_json: Json = False,
) -> None:
    """EIE's nine layers on 64 PEs: cycles, and bits stored, beside the paper's figures."""
    from bench.eie import bench_eie

    bench_eie(layer or [], kind or ["uniform"], seed=seed, queue=queue, divide=divide, as_json=as_json)


@bench_app.command()
def binary(
    part: Annotated[list[str] | None, typer.Option(
        help="unit, array or network; repeatable; default: all")] = None,
    seeds: Annotated[int, typer.Option(help="placements of each design", min=1)] = 3,
    as_json: Json = False,
) -> None:
    """The binary array: slots a product, clocks, and images a second of SFC."""
    from bench.binary import PARTS, bench_binary

    bench_binary(_parts(part, PARTS), seeds, as_json=as_json)


@bench_app.command()
def shiftadd(
    part: Annotated[list[str] | None, typer.Option(
        help="lanes, throughput, constant, array or network; repeatable; default: all")] = None,
    seeds: Annotated[int, typer.Option(help="placements of each design", min=1)] = 3,
    as_json: Json = False,
) -> None:
    """The shift-add array: slots a lane, constant layers, clocks, and images a second of ShiftAddNet."""
    from bench.shift_add import PARTS, bench_shift_add

    bench_shift_add(_parts(part, PARTS), seeds, as_json=as_json)


def _parts(given: list[str] | None, known: Sequence[str]) -> list[str]:
    """The parts of a bench to run; ThriftyError, with their names, if one is unknown."""
    unknown = sorted({*(given or [])} - {*known})
    if unknown:
        raise ThriftyError(f"unknown part {unknown[0]!r}: there are {', '.join(known)}")
    return given or [*known]


def _show(report: dict[str, Any], as_json: bool, up_to_date: bool, step: str,
          rows: dict[str, str]) -> None:
    """A report for machines, or its main lines for people."""
    if as_json:
        print(json.dumps(report, indent=2))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in rows.items():
        table.add_row(f"[dim]{name}[/]", value.replace("[", r"\["))
    out.print(table)
    if up_to_date:
        out.print(f"{step}: up to date, not run again")


def _show_energy(energy: dict[str, Any]) -> None:
    """What a vector takes, a line a layer."""
    table = Table("layer", "operations", "bits read", "fp32 nJ", "int8 nJ", "shift-add nJ",
                  "saves of fp32", "of int8", box=None, pad_edge=False)
    for name, row in [*enumerate(energy["layers"]), ("all", energy["total"])]:
        operations = sum(row[key] for key in ("shifts", "additions", "comparisons", "requantized"))
        table.add_row(str(name), f"{operations:,.0f}", f"{row['read_bits']:,.0f}",
                      *(f"{row[key]:,.1f}" for key in ("fp32_nj", "int8_nj", "shift_add_nj")),
                      *(f"{row[key]:.1%}" for key in ("saved_of_fp32", "saved_of_int8")))
    out.print(table)


def _list(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(f"{value:,g}" if isinstance(value, int | float) else str(value)
                        for value in row.values()))
    out.print(table)


@contextmanager
def _busy(what: str) -> Iterator[Any]:
    """A line that says what runs, on stderr."""
    with err.status(what) as status:
        yield lambda detail: status.update(f"{what}: {detail}")


@contextmanager
def _progress(what: str) -> Iterator[Any]:
    """A bar with the time left, on stderr if that is a terminal."""
    with Progress(TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                  TimeRemainingColumn(), console=err, transient=True,
                  disable=not err.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
