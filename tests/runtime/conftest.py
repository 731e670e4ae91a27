"""Training on this floor is about steps, not about data."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def few_images(little_data: None) -> None:
    """Every test here trains on a few images."""
