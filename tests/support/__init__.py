"""What tests and benchmarks share: servers, fake runs, faults to inject, foreign checkpoints."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
