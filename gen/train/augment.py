"""More images from few: each is shifted, turned and stretched a little, anew in every step."""

import torch
from torch.nn.functional import affine_grid, grid_sample

from gen.train.loop import Hook

__all__ = ["Distort"]


class Distort(Hook):
    """Random affine distortion of square images; zero comes in at the borders.

    Args:
        shift: Largest shift, in pixels.
        turn: Largest rotation, in radians.
        stretch: Largest relative change of size, each axis by itself.
        shear: Largest slant, as a tangent.
    """

    def __init__(self, shift: float, turn: float, stretch: float, shear: float) -> None:
        self._limits = torch.tensor([shift, shift, turn, stretch, stretch, shear])

    def batch(self, images: torch.Tensor) -> torch.Tensor:
        side = round(images.shape[1] ** 0.5)
        draw = (torch.rand(len(images), 6) * 2 - 1) * self._limits
        right, down, turn, wide, high, shear = draw.T
        sine, cosine = turn.sin(), turn.cos()
        # affine_grid measures in half sides: -1 and 1 are the borders.
        rows = torch.stack([
            torch.stack([(1 + wide) * cosine, shear - sine, right * 2 / side], 1),
            torch.stack([sine, (1 + high) * cosine, down * 2 / side], 1)], 1)
        square = images.reshape(-1, 1, side, side)
        grid = affine_grid(rows, list(square.shape), align_corners=False)
        return grid_sample(square, grid, align_corners=False).reshape(images.shape)
