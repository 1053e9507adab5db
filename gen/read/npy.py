"""Arrays of numbers from ``.npy`` files."""

from pathlib import Path

import numpy as np

from hw.errors import ThriftyError

__all__ = ["read_npy"]


def read_npy(path: Path) -> np.ndarray:
    """An array of booleans, integers or floats; nothing in the file is ever executed.

    Raises:
        ThriftyError: No such file, damaged, or holding something else.
    """
    try:
        with open(path, "rb") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
    except FileNotFoundError:
        raise ThriftyError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise ThriftyError(f"{path}: cannot be read as .npy: {error}") from None
    if array.dtype.kind not in "buif":
        raise ThriftyError(f"{path}: numbers of type {array.dtype} are not supported: use integers "
                           "or floats")
    return array
