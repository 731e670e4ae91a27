"""Clusters of images found by k-means, and a generator that draws its own cluster from z."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_ROUNDS = 12  # of Lloyd's algorithm: centroids hardly move after that


class Clusters(nn.Module):
    """k-means centroids of images and the share of images nearest to each; uniform until `fit`."""

    centroids: Tensor  # (K, F)
    shares: Tensor  # (K,)

    def __init__(self, count: int, features: int) -> None:
        super().__init__()
        self.register_buffer("centroids", torch.zeros(count, features))
        self.register_buffer("shares", torch.full((count,), 1 / count))

    @property
    def fitted(self) -> bool:
        """Whether the centroids have been found."""
        return bool(self.centroids.any())

    @torch.no_grad()
    def fit(self, images: Tensor, generator: torch.Generator) -> None:
        """k-means on images (N, C, H, W): Lloyd's rounds from k-means++ seeds (Arthur & Vassilvitskii 2007)."""
        points = images.flatten(1)  # (N, F), F = C * H * W
        count = len(self.centroids)
        distance = points.new_ones(len(points))
        for index in range(count):  # each seed far from those before; 1e-12 where no distinct image is left
            chosen = points[torch.multinomial(distance.square() + 1e-12, 1, generator=generator)]
            self.centroids[index] = chosen[0]
            nearer = torch.cdist(points, chosen)[:, 0]  # (N,)
            distance = nearer if index == 0 else torch.minimum(distance, nearer)
        for _ in range(_ROUNDS):
            member = nn.functional.one_hot(self.nearest(images), count).to(points.dtype)  # (N, K)
            sizes = member.sum(dim=0).unsqueeze(1)  # (K, 1)
            # (K, N) @ (N, F): sums of the members. A cluster that lost all of them stays where it was.
            self.centroids.copy_(torch.where(sizes > 0, member.T @ points / sizes.clamp(min=1), self.centroids))
        self._sort()
        self.shares.copy_(torch.bincount(self.nearest(images), minlength=count) / len(points))

    def _sort(self) -> None:
        """Neighbouring clusters look alike: a slider through them changes the picture little by little."""
        centred = self.centroids - self.centroids.mean(dim=0)
        # (F,), the direction in which the centroids differ most
        principal = torch.linalg.svd(centred, full_matrices=False).Vh[0]
        self.centroids.copy_(self.centroids[(centred @ principal).argsort()])

    def nearest(self, images: Tensor) -> Tensor:
        """The cluster of each image: (N, C, H, W) -> (N,) int64."""
        return torch.cdist(images.flatten(1), self.centroids).argmin(dim=1)

    def drawn_by(self, normal: Tensor) -> Tensor:
        """normal (B,) standard normal -> (B,) int64: clusters as frequent as among the images (inverse distribution function)."""
        uniform = torch.special.ndtr(normal)  # (B,) in [0, 1]: the normal distribution function makes it uniform
        # The shares sum to 1 up to rounding, so the last index might be one too high.
        return torch.searchsorted(self.shares.cumsum(0), uniform).clamp(max=len(self.shares) - 1)


class ClusteredGenerator(nn.Module):
    """z (B, z_dim) -> image: a label-conditional generator whose label is a cluster, drawn by z's first number."""

    def __init__(self, generator: nn.Module, clusters: Clusters) -> None:
        super().__init__()
        self.generator, self.clusters = generator, clusters

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.generator(z, self.clusters.drawn_by(z[:, 0]) if condition is None else condition)
