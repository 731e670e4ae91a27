"""The losses of three families against their authors' formulas, on the same tensors: how far values and gradients differ.

    python benchmarks/parity.py

The formulas are written down here anew, from the code that each case names; none of that code is in this repository:
SNGAN's hinge in Chainer (pfnet-research/sngan_projection, updater.py; sn_convolution_2d.py and max_sv.py for the norm), R3GAN
(brownvc/R3GAN, R3GAN/Trainer.py), CUT and FastCUT (taesungp/contrastive-unpaired-translation, models/cut_model.py,
patchnce.py, and PatchSampleF of networks.py). In float64; exits with 1 where something differs by more than 1e-6.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ganlab.core.types import Batch, DataSpec
from ganlab.training.families import FAMILIES
from ganlab.training.networks.layers import spectrally_normalised
from ganlab.training.networks.patch_embedding import PatchEmbedding, patch_nce
from ganlab.training.objectives import HINGE, RELATIVISTIC
from ganlab.training.penalties import zero_centred_penalty

LIMIT = 1e-6
Case = tuple[str, Callable[[], Tensor], Callable[[], Tensor], list[Tensor]]  # ours, theirs, what both are differentiated by


def logits() -> tuple[Tensor, Tensor]:
    """Outputs of a D for 64 real images and 64 fakes."""
    return tuple(torch.randn(64, 1, dtype=torch.float64, generator=_stream).mul(3).requires_grad_() for _ in range(2))  # type: ignore[return-value]


_stream = torch.Generator().manual_seed(0)


def sngan() -> Iterator[Case]:
    """The hinge losses, and a layer once the power method has settled: PyTorch improves u before v, the authors v before u."""
    real, fake = logits()
    theirs_d = lambda: (1 - real).clamp(min=0).mean() + (1 + fake).clamp(min=0).mean()  # noqa: E731
    yield "SNGAN, D: hinge", lambda: HINGE.d_loss(real, fake), theirs_d, [real, fake]
    yield "SNGAN, G: hinge", lambda: HINGE.g_loss(fake), lambda: -fake.mean(), [fake]
    layer = nn.Conv2d(8, 16, 3, bias=False, dtype=torch.float64)
    weight = layer.weight.detach().clone().requires_grad_()
    spectrally_normalised(layer)
    image = torch.randn(2, 8, 6, 6, dtype=torch.float64, generator=_stream)
    for _ in range(2_000):
        layer(image)
    u = layer.parametrizations.weight[0]._u.clone()  # type: ignore[index,union-attr]

    def ours() -> Tensor:
        return layer(image).square().mean()

    def theirs() -> Tensor:
        """max_sv.py: v from u, u from v, sigma = u W v with gradients through W alone."""
        matrix = weight.flatten(1)
        with torch.no_grad():
            v = matrix.T @ u
            v = v / v.norm()
            w = matrix @ v
            w = w / w.norm()
        return nn.functional.conv2d(image, weight / (w @ matrix @ v)).square().mean()

    yield "SNGAN, a layer of D", ours, theirs, [layer.parametrizations.weight.original, weight]  # type: ignore[union-attr]


def r3gan() -> Iterator[Case]:
    """The relativistic pair, and D's whole loss with both penalties on a small network."""
    real, fake = logits()
    yield "R3GAN, D: relativistic", lambda: RELATIVISTIC.d_loss(real, fake), lambda: softplus(-(real - fake)).mean(), [real, fake]
    yield "R3GAN, G: relativistic", lambda: RELATIVISTIC.g_loss(fake, real), lambda: softplus(-(fake - real)).mean(), [real, fake]
    D = nn.Sequential(nn.Conv2d(3, 8, 3), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(8 * 36, 1)).double()
    x, y = (torch.randn(6, 3, 8, 8, dtype=torch.float64, generator=_stream).requires_grad_() for _ in range(2))
    gamma = 2.0

    def ours() -> Tensor:
        a, b = D(x), D(y)
        penalties = zero_centred_penalty(x, a) + zero_centred_penalty(y, b)
        return RELATIVISTIC.d_loss(a, b) + gamma / 2 * penalties

    def theirs() -> Tensor:
        a, b = D(x), D(y)
        slopes = [torch.autograd.grad(one.sum(), images, create_graph=True)[0] for one, images in ((a, x), (b, y))]
        r1, r2 = (slope.square().sum([1, 2, 3]) for slope in slopes)
        return (softplus(-(a - b)).flatten() + gamma / 2 * (r1 + r2)).mean()

    yield "R3GAN, D: with R1 and R2", ours, theirs, list(D.parameters())


def cut() -> Iterator[Case]:
    """PatchNCE of embedded patches, then the whole loss of G in CUT and in FastCUT."""
    embed = PatchEmbedding((5,), 16).double()
    source, picture = (torch.randn(2, 5, 8, 8, dtype=torch.float64, generator=_stream).requires_grad_() for _ in range(2))
    places = [torch.randperm(64, generator=_stream)[:20]]
    ours = lambda: patch_nce(embed([picture], places)[0], embed([source], places)[0], 0.07)  # noqa: E731

    def sampled(maps: Tensor) -> Tensor:
        """PatchSampleF: the same places of every image, two dense layers, length 1 by norm + 1e-7."""
        rows = embed.layers[0](maps.permute(0, 2, 3, 1).flatten(1, 2)[:, places[0]].flatten(0, 1))
        return rows / (rows.pow(2).sum(1, keepdim=True).sqrt() + 1e-7)

    def theirs() -> Tensor:
        """PatchNCELoss: the positive first, then the others of the same image with the diagonal at -10."""
        q, k = sampled(picture), sampled(source).detach()
        positive = (q * k).sum(1, keepdim=True)
        others = torch.bmm(q.view(2, 20, -1), k.view(2, 20, -1).transpose(2, 1))
        others = others.masked_fill(torch.eye(20, dtype=torch.bool), -10.0).view(-1, 20)
        rows = torch.cat([positive, others], dim=1) / 0.07
        return nn.functional.cross_entropy(rows, torch.zeros(len(rows), dtype=torch.long))

    yield "CUT, PatchNCE", ours, theirs, [picture, *embed.parameters()]
    for name, changes in (("CUT", {}), ("FastCUT", {"nce_weight": 10.0, "nce_identity": False})):
        yield whole_g(name, changes)


def whole_g(name: str, changes: dict[str, object]) -> Case:
    """G's loss as `CUTTraining` puts it together, against compute_G_loss; both draw the same places in the same order."""
    family = FAMILIES["cut"]
    config = family.config.replace(architecture="light", image_size=32, width=4, device="cpu", **changes)
    torch.manual_seed(0)
    training = family.build(config, DataSpec(32, 3, family.conditioning))
    for network in training.networks.values():
        network.double()
    batch = Batch(*(torch.rand(1, 3, 32, 32, dtype=torch.float64, generator=_stream) * 2 - 1 for _ in range(2)))
    G, D, F = (training.networks[key] for key in "GDF")
    assert batch.condition is not None
    start = training.noise.get_state()  # type: ignore[attr-defined]

    def ours() -> Tensor:
        training.noise.set_state(start)  # type: ignore[attr-defined]
        terms = training.generator_terms(batch.real, training.translated(batch.condition))  # type: ignore[attr-defined]
        return torch.stack(list(terms.values())).sum()

    def contrast(made: Tensor, given: Tensor) -> Tensor:
        queries, keys = G.features(made), G.features(given)  # type: ignore[operator]
        places = [torch.randperm(maps[0, 0].numel(), generator=training.noise)[: config.patches] for maps in queries]  # type: ignore[attr-defined]
        layers = []
        for layer, q, k, chosen in zip(F.layers, queries, keys, places, strict=True):  # type: ignore[arg-type]
            q, k = (layer(maps.flatten(2)[0].T[chosen]) for maps in (q, k))
            q, k = (rows / (rows.norm(dim=1, keepdim=True) + 1e-7) for rows in (q, k.detach()))
            layers.append(nn.functional.cross_entropy(q @ k.T / 0.07, torch.arange(len(q))))
        return config.nce_weight * torch.stack(layers).mean()  # type: ignore[attr-defined]

    def theirs() -> Tensor:
        training.noise.set_state(start)  # type: ignore[attr-defined]
        fake = G(batch.condition)
        adversarial, nce = (D(fake) - 1).square().mean(), contrast(fake, batch.condition)
        if config.nce_identity:  # type: ignore[attr-defined]
            nce = (nce + contrast(G(batch.real), batch.real)) * 0.5
        return adversarial + nce

    return f"{name}, G: all terms", ours, theirs, [*G.parameters(), *F.parameters()]


def main() -> None:
    """Print the differences of values and of gradients."""
    worst = 0.0
    for cases in (sngan(), r3gan(), cut()):
        for name, ours, theirs, inputs in cases:
            found = []
            for loss in (ours, theirs):
                value = loss()
                slopes = torch.autograd.grad(value, inputs, allow_unused=True)
                found.append([value.detach(), *(slope for slope in slopes if slope is not None)])
            apart = [(a - b).abs().max().item() for a, b in zip(*found, strict=True)]
            print(f"{name:28} value {apart[0]:.1e}, gradients {max(apart[1:]):.1e}")
            worst = max(worst, *apart)
    print(f"the largest difference: {worst:.1e}")
    sys.exit(worst > LIMIT)


if __name__ == "__main__":
    main()
