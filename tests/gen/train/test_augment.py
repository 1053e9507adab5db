import pytest

pytest.importorskip("torch")

import torch

from gen.train.augment import Distort


def _cross() -> torch.Tensor:
    image = torch.zeros(28, 28)
    image[14, 6:22] = image[6:22, 14] = 1
    return image.reshape(1, -1).repeat(16, 1)


def test_no_distortion_changes_nothing() -> None:
    assert torch.allclose(Distort(0, 0, 0, 0).batch(_cross()), _cross(), atol=1e-4)


def test_images_change_each_in_its_own_way_within_range() -> None:
    torch.manual_seed(0)
    out = Distort(2, 0.2, 0.1, 0.2).batch(_cross())
    assert out.shape == (16, 784) and out.min() >= 0 and out.max() <= 1 + 1e-6
    assert len(torch.unique(out, dim=0)) == 16


def test_shift_is_in_pixels() -> None:
    torch.manual_seed(0)
    dot = torch.zeros(200, 28, 28)
    dot[:, 14, 14] = 1
    out = Distort(2, 0, 0, 0).batch(dot.reshape(200, -1)).reshape(200, 28, 28)
    for across in (1, 2):
        seen = out.sum(dim=(0, across)) > 1e-3
        assert seen[12:17].all() and not seen[:12].any() and not seen[17:].any()
