"""The synth step of a build folder: run unless its result is up to date."""

from typing import Any

from boards.build import synthesise
from boards.tools import Progress
from gen.folder import BuildFolder, hash_file

__all__ = ["synthesise_step"]


def synthesise_step(folder: BuildFolder, board: str, *, clock_hz: float | None, seed: int,
                    native: bool, picture: bool, progress: Progress,
                    absorb: bool = True) -> tuple[dict[str, Any], bool]:
    """``synthesise`` with its arguments; also returns whether the result was up to date.

    Here ``absorb`` is the rule: only measurements want an ECP5 without what its cells have inside.
    """
    manifest = folder.read_json("manifest.json", "generate", "verilog", "technology")
    verilog = [manifest["verilog"], *manifest["technology"].values()]
    key = {"verilog": [hash_file(folder.need(name, "generate")) for name in verilog], "board": board,
           "clock_hz": clock_hz, "seed": seed, "native": native, "picture": picture,
           "absorb": absorb}
    step = f"synth-{board}"
    if folder.fresh(step, key):
        return folder.read_json(f"synth/{board}/synth.json", "synth"), True
    result = synthesise(folder.path, board, clock_hz=clock_hz, seed=seed, native=native,
                        picture=picture, absorb=absorb, progress=progress)
    files = [folder / f"synth/{board}/synth.json", folder / result["bitstream"]]
    folder.stamp(step, key, files)
    return result, False
