from __future__ import annotations

import pytest
import torch

from ganlab.training.networks.clusters import ClusteredGenerator, Clusters


@pytest.fixture
def three() -> Clusters:
    """Three clusters fitted to 60, 30 and 10 images around distinct greys."""
    greys = torch.tensor([-0.8] * 60 + [0.0] * 30 + [0.8] * 10)[torch.randperm(100, generator=torch.Generator().manual_seed(0))]
    images = greys[:, None, None, None] + 0.01 * torch.randn(100, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    clusters = Clusters(3, 16)
    clusters.fit(images, torch.Generator().manual_seed(2))
    return clusters


def test_k_means_finds_the_groups_and_their_shares(three: Clusters) -> None:
    means = three.centroids.mean(dim=1)
    order = means.argsort()
    torch.testing.assert_close(means[order], torch.tensor([-0.8, 0.0, 0.8]), atol=0.02, rtol=0)
    torch.testing.assert_close(three.shares[order], torch.tensor([0.6, 0.3, 0.1]))
    assert order.tolist() in ([0, 1, 2], [2, 1, 0])  # neighbours look alike


def test_an_image_belongs_to_its_nearest_centroid(three: Clusters) -> None:
    for grey in (-0.8, 0.0, 0.8):
        cluster = three.nearest(torch.full((1, 1, 4, 4), grey))
        assert three.centroids[cluster].mean().item() == pytest.approx(grey, abs=0.02)


def test_z_draws_clusters_as_often_as_they_occur(three: Clusters) -> None:
    drawn = three.drawn_by(torch.randn(20_000, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(torch.bincount(drawn, minlength=3) / 20_000, three.shares, atol=0.02, rtol=0)
    assert three.drawn_by(torch.tensor([-40.0, 40.0])).tolist() == [0, 2]  # the far tails stay in range


def test_more_clusters_than_distinct_images_stays_finite() -> None:
    clusters = Clusters(5, 16)
    clusters.fit(torch.zeros(8, 1, 4, 4), torch.Generator())
    assert clusters.centroids.isfinite().all() and clusters.shares.sum() == 1


def test_the_generator_takes_the_drawn_or_the_given_cluster(three: Clusters) -> None:
    class Echo(torch.nn.Module):
        def forward(self, z: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
            return label

    generator = ClusteredGenerator(Echo(), three)
    z = torch.randn(6, 2)
    assert torch.equal(generator(z), three.drawn_by(z[:, 0]))
    assert generator(z, torch.arange(6) % 3).tolist() == [0, 1, 2, 0, 1, 2]
