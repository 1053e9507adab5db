import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from gen.train.loop import Hook, accuracy, fit, weights


def _problem() -> tuple[np.ndarray, np.ndarray]:
    images = np.random.default_rng(0).standard_normal((200, 6)).astype(np.float32)
    return images, images[:, :3].argmax(1)


def _model() -> torch.nn.Sequential:
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))


def test_learns_and_repeats() -> None:
    images, labels = _problem()
    model, again = _model(), _model()
    assert accuracy(model, images, labels) < 0.7
    for each in (model, again):
        fit(each, images, labels, epochs=40, rate=0.02, batch=20, seed=3)
    assert accuracy(model, images, labels) > 0.95
    for one, other in zip(weights(model), weights(again), strict=True):
        assert torch.equal(one, other)


def test_hooks_run_in_order_and_batches_cover_what_fits() -> None:
    images, labels = _problem()
    seen: list[str] = []
    sizes: list[int] = []

    class Spy(Hook):
        def __init__(self, name: str) -> None:
            self.name = name

        def batch(self, images: torch.Tensor) -> torch.Tensor:
            seen.append(self.name + " batch")
            sizes.append(len(images))
            return images + 1

        def before_step(self, model: torch.nn.Module) -> None:
            seen.append(self.name + " before")

        def after_backward(self, model: torch.nn.Module) -> None:
            assert all(weight.grad is not None for weight in weights(model))
            seen.append(self.name + " gradients")

        def after_step(self, model: torch.nn.Module) -> None:
            seen.append(self.name + " after")

    fit(_model(), images, labels, epochs=2, rate=0.01, batch=64, hooks=[Spy("a"), Spy("b")])
    step = [f"{name} {what}" for what in ("batch", "before", "gradients", "after") for name in "ab"]
    assert seen == step * 6 and sizes == [64] * 12


def test_a_hook_can_hold_a_weight() -> None:
    images, labels = _problem()

    class Hold(Hook):
        def after_step(self, model: torch.nn.Module) -> None:
            weights(model)[0][0, 0] = 7.0

    model = _model()
    fit(model, images, labels, epochs=1, rate=0.01, hooks=[Hold()])
    assert weights(model)[0][0, 0] == 7.0
