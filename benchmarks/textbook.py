"""GANLab's engine against the textbook loop, interleaved in one process run.

    python benchmarks/textbook.py [--seconds 5] [--rounds 4] [--device cpu]

The textbook loop is what tutorials print: a DataLoader that decodes and transforms image by image, plain Adam, both
losses read back with .item() every step. Same networks, batch and data (MNIST under GANLAB_DATA, else drawn shapes).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from ganlab import FAMILIES, TrainConfig
from ganlab.core.events import Progress
from ganlab.core.images import to_pil
from ganlab.core.progress import finish
from ganlab.data import DATASETS, load
from ganlab.data.torchvision_import import load_torchvision
from ganlab.training.engine import train


def mlp() -> tuple[nn.Module, nn.Module]:
    """The MLP pair of family `gan`, as a tutorial writes it."""
    sizes = (256, 512, 1024)
    generator = nn.Sequential(
        nn.Linear(100, sizes[0]), nn.LeakyReLU(0.2), nn.Linear(sizes[0], sizes[1]), nn.LeakyReLU(0.2),
        nn.Linear(sizes[1], sizes[2]), nn.LeakyReLU(0.2), nn.Linear(sizes[2], 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(784, sizes[2]), nn.LeakyReLU(0.2), nn.Linear(sizes[2], sizes[1]), nn.LeakyReLU(0.2),
        nn.Linear(sizes[1], sizes[0]), nn.LeakyReLU(0.2), nn.Linear(sizes[0], 1),
    )  # fmt: skip
    return generator, discriminator


def dcgan(width: int = 64) -> tuple[nn.Module, nn.Module]:
    """The 28x28 pair of family `dcgan`, as a tutorial writes it."""
    generator = nn.Sequential(
        nn.Unflatten(1, (100, 1, 1)),
        nn.ConvTranspose2d(100, 2 * width, 7, bias=False), nn.BatchNorm2d(2 * width), nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 1, 7), nn.Flatten(),
    )  # fmt: skip
    return generator, discriminator


class Pictures(torch.utils.data.Dataset[Tensor]):
    """One PIL image at a time through a transform, as torchvision's own data sets do."""

    def __init__(self, images: Tensor) -> None:
        vision = load_torchvision()
        to_tensor, normalize = vision.transforms.ToTensor(), vision.transforms.Normalize([0.5], [0.5])
        self.images, self.transform = images, vision.transforms.Compose([to_tensor, normalize])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.transform(to_pil(self.images[index]))


def textbook(pair: Callable[[], tuple[nn.Module, nn.Module]], images: Tensor, batch_size: int, device: str) -> Iterator[int]:
    """The loop; yields the images seen so far after every step."""
    generator, discriminator = (network.to(device) for network in pair())
    loader = DataLoader(Pictures(images), batch_size, shuffle=True, drop_last=True)
    criterion = nn.BCEWithLogitsLoss()
    optimizers = [torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999)) for network in (generator, discriminator)]
    ones, zeros = torch.ones(batch_size, 1, device=device), torch.zeros(batch_size, 1, device=device)
    seen = 0
    while True:
        for batch in loader:
            real = batch.to(device)
            fake = generator(torch.randn(batch_size, 100, device=device))
            optimizers[1].zero_grad()
            d_loss = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
            d_loss.backward()
            optimizers[1].step()
            optimizers[0].zero_grad()
            g_loss = criterion(discriminator(fake), ones)
            g_loss.backward()
            optimizers[0].step()
            assert d_loss.item() == d_loss.item() and g_loss.item() == g_loss.item()  # reads both back, as tutorials print them
            seen += batch_size
            yield seen


def ours(config: TrainConfig) -> Iterator[int]:
    """The engine with everything a real run has: metrics, averaging, sheets; yields the images seen so far."""
    for event in train(config):
        if isinstance(event, Progress):
            yield event.step * config.batch_size


def rate(progress: Iterator[int], seconds: float) -> float:
    """Images per second over a window of about `seconds`."""
    first, start = next(progress), time.perf_counter()
    while True:
        seen, now = next(progress), time.perf_counter()
        if now - start >= seconds:
            return (seen - first) / (now - start)


def main() -> None:
    """Run both systems in turn for both networks and print the medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    dataset = "mnist" if DATASETS["mnist"].available().state == "ready" else "shapes"
    images = finish(load(dataset, image_size=28, channels=1, conditioning=FAMILIES["gan"].conditioning)).images
    print(
        f"{dataset}, {options.device}, {torch.get_num_threads()} threads, {options.rounds} rounds of {options.seconds:g} s each"
    )
    for family, pair, batch_size in (("gan", mlp, 100), ("dcgan", dcgan, 64)):
        long = {"steps": 10_000_000, "sample_every": 600, "checkpoint_every": 1_000_000}
        config = FAMILIES[family].config.replace(
            dataset=dataset, channels=1, device=options.device, batch_size=batch_size, **long
        )
        systems = {"textbook": textbook(pair, images, batch_size, options.device), "ganlab": ours(config)}
        rates: dict[str, list[float]] = {name: [] for name in systems}
        for _ in range(options.rounds):
            for name, progress in systems.items():
                rates[name].append(rate(progress, options.seconds))
        ratios = [a / b for a, b in zip(rates["ganlab"], rates["textbook"], strict=True)]
        shown = "  ".join(f"{name} {statistics.median(values):7,.0f} images/s" for name, values in rates.items())
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{family:<6} batch {batch_size:<4} {shown}  ratio {ratio}")


if __name__ == "__main__":
    main()
