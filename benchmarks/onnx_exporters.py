"""Every family's generator through both of PyTorch's ONNX exporters: processor seconds, and how far onnxruntime is from PyTorch.

python benchmarks/onnx_exporters.py [FAMILY ...]
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch

from ganlab.models.export_onnx import to_onnx
from ganlab.training.families import FAMILIES
from tests.models.test_export_onnx import answer, of_family


def main() -> None:
    """Print one line for each family and exporter; untrained networks, small widths."""
    for name in sys.argv[1:] or FAMILIES:
        pipeline = of_family(name)
        for traced in (True, False):
            begin = time.process_time()
            try:
                file = to_onnx(pipeline, traced=traced)
            except ValueError as error:
                print(f"{name:<18} {'older' if traced else 'current':<8} {error}", flush=True)
                continue
            seconds = time.process_time() - begin
            if pipeline.translates:
                side = max(32, int(getattr(pipeline.generator, "multiple", 4)))
                given = {"photo": torch.randn(1, pipeline.spec.channels, side, 2 * side)}
                ours = pipeline.generator(given["photo"])
            else:
                given = {"z": pipeline.latents(5, 1)} | ({"label": torch.eye(5, 10)} if pipeline.conditional else {})
                ours = pipeline.generator(given["z"], given.get("label"))
            error = np.abs(answer(file, **given) - ours.numpy()).max()
            print(f"{name:<18} {'older' if traced else 'current':<8} {seconds:6.2f} s  {error:.1e}", flush=True)


if __name__ == "__main__":
    main()
