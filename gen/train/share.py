"""Weight sharing while training: equal weights stay equal, zeros stay zero."""

import numpy as np
import torch
from torch import nn

from gen.compress.share import share
from gen.train.loop import Hook, weights

__all__ = ["Share"]


class Share(Hook):
    """Share the nonzero weights of each layer, now, and fine-tune the centroids.

    The gradient of a centroid is the sum of its weights' gradients. Every weight gets it, so equal
    weights take equal steps, whatever the optimizer.

    Args:
        size: Codebook words of a layer at most; zero needs none.
        seed: Of the k-means.

    Source: Han et al., Deep Compression, ICLR 2016, section 3.
    """

    def __init__(self, model: nn.Module, size: int, seed: int = 0) -> None:
        self._clusters = []
        for weight in weights(model):
            where = weight.detach() != 0
            book, codes = share(weight.detach()[where].numpy(), size, seed)
            words = torch.from_numpy(codes).long()
            first = torch.from_numpy(np.unique(codes, return_index=True)[1])
            self._clusters.append((where, words, first))
            with torch.no_grad():
                weight[where] = torch.from_numpy(book).to(weight.dtype)[words]

    def after_backward(self, model: nn.Module) -> None:
        for weight, (where, words, first) in zip(weights(model), self._clusters, strict=True):
            assert weight.grad is not None
            sums = torch.zeros(len(first)).index_add(0, words, weight.grad[where])
            weight.grad.zero_()
            weight.grad[where] = sums[words]

    def after_step(self, model: nn.Module) -> None:
        # Vectorized arithmetic may round equal weights apart: the first speaks for its cluster.
        for weight, (where, words, first) in zip(weights(model), self._clusters, strict=True):
            weight[where] = weight[where][first][words]
