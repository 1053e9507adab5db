"""A matrix of one's own through the hardware: `python examples/own_matrix.py [FOLDER]`.

Compiles a random sparse integer matrix, generates the engine, simulates it on Verilator and compares its
outputs with NumPy.
"""

import sys
from pathlib import Path

import numpy as np

from gen.compile import compile_network
from gen.folder import BuildFolder
from gen.generate import generate
from sim.simulate import simulate


def main(path: Path) -> None:
    """Run the four steps in a build folder."""
    rng = np.random.default_rng(1)
    matrix = rng.integers(-8, 9, (60, 90)) * (rng.random((60, 90)) < 0.1)
    inputs = rng.integers(0, 100, (10, 90)) * (rng.random((10, 90)) < 0.5)

    folder = BuildFolder(path)
    folder.write("config.toml", 'name = "own"\n\n[sparse]\npes = 4\n')
    np.save(path / "matrix.npy", matrix)
    np.save(path / "inputs.npy", inputs)

    compile_network(path / "matrix.npy", path / "config.toml", folder)
    generate(None, folder)
    report, _ = simulate(folder, path / "inputs.npy", simulator="verilator", seed=1, stall=0.0,
                         waves=False)
    outputs = np.load(path / "outputs.npy")
    assert (outputs == inputs @ matrix.T).all()
    print(f"{len(outputs)} vectors equal NumPy; {report['interval_cycles']:.1f} cycles a vector, "
          f"{report['efficiency_steady']:.0%} of 4 PEs busy")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/own_matrix"))
