"""Penalties on D's slope, which its logits alone do not tell: pure functions of images and of D's logits for them."""

from __future__ import annotations

import torch
from torch import Tensor

from ganlab.training.objectives import full_precision


def zero_centred_penalty(images: Tensor, logits: Tensor) -> Tensor:
    """Mean of |dD/dx|^2 at x = `images` (B, C, H, W): of real ones R1, of fakes R2 (Mescheder et al. 2018, section 4.1).

    `images` require gradients, and `logits` are D's raw outputs for them; the result is a scalar with a graph.
    """
    # As for `gradient_penalty`: each image's own gradient, differentiated once more with respect to D's weights.
    (gradient,) = torch.autograd.grad(full_precision(logits).sum(), images, create_graph=True)  # (B, C, H, W)
    return full_precision(gradient).square().flatten(1).sum(dim=1).mean()
