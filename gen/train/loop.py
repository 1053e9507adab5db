"""The training loop. Techniques are hooks: they join it without knowing of each other."""

from collections.abc import Sequence

import numpy as np
import torch
from rich.progress import Progress
from torch import nn
from torch.nn.functional import cross_entropy

__all__ = ["Hook", "accuracy", "fit", "weights"]


class Hook:
    """What a technique may do in a training step; the methods run in this order.

    Pruning, for instance, puts its zeros back in :meth:`after_step`. Hooks run in the order given.
    """

    def batch(self, images: torch.Tensor) -> torch.Tensor:
        """Change the inputs (batch x inputs, float32)."""
        return images

    def before_step(self, model: nn.Module) -> None:
        """Change the parameters that the forward pass sees."""

    def after_backward(self, model: nn.Module) -> None:
        """Change the gradients."""

    def after_step(self, model: nn.Module) -> None:
        """Change the parameters that the optimizer has updated."""


def weights(model: nn.Module) -> list[torch.Tensor]:
    """The weight matrices (rows x columns) of the linear layers, in order."""
    return [part.weight for part in model.modules() if isinstance(part, nn.Linear)]


def fit(model: nn.Module, images: np.ndarray, labels: np.ndarray, *, epochs: int, rate: float,
        hooks: Sequence[Hook] = (), decay: float = 0.0, batch: int = 64, seed: int = 0,
        title: str = "train") -> None:
    """Train a classifier in place: cross-entropy, Adam, a learning rate that falls to 0 (cosine).

    The model is left in training mode.

    Args:
        images: float32 (count x inputs).
        labels: int64 (count).
        rate: Learning rate at the start.
        decay: Weight decay, decoupled from the gradient (AdamW).
        batch: Images in a step; what does not fill a batch waits for another epoch's order.
        seed: Of the order of images, and of PyTorch's global generator, from which hooks draw.
        title: Stands before the progress bar.
    """
    torch.manual_seed(seed)
    model.train()
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    steps = len(x) // batch
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)
    with Progress() as progress:
        task = progress.add_task(title, total=epochs * steps)
        for _ in range(epochs):
            order = torch.randperm(len(x))
            for chosen in order[:steps * batch].reshape(steps, batch):
                _step(model, x[chosen], y[chosen], optimizer, hooks)
                schedule.step()
                progress.advance(task)


def _step(model: nn.Module, images: torch.Tensor, labels: torch.Tensor,
          optimizer: torch.optim.Optimizer, hooks: Sequence[Hook]) -> None:
    for hook in hooks:
        images = hook.batch(images)
    for hook in hooks:
        hook.before_step(model)
    optimizer.zero_grad()
    cross_entropy(model(images), labels).backward()
    for hook in hooks:
        hook.after_backward(model)
    optimizer.step()
    with torch.no_grad():
        for hook in hooks:
            hook.after_step(model)


def accuracy(model: nn.Module, images: np.ndarray, labels: np.ndarray) -> float:
    """Fraction of images (float32, count x inputs) whose largest output is their label's.

    The model is left in evaluation mode.
    """
    model.eval()
    with torch.no_grad():
        guess = model(torch.from_numpy(images)).argmax(1).numpy()
    return float(np.mean(guess == labels))
