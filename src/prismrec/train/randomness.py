"""Randomness of a run: a function of its seed and epoch, so that a run can go on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

__all__ = ["drawn", "seeded"]


def drawn(*seeds: int) -> np.random.Generator:
    """Numpy's generator for some place of a run, such as (seed, epoch)."""
    return np.random.default_rng(seeds)


@contextmanager
def seeded(*seeds: int) -> Iterator[None]:
    """Within, torch draws as for some place of a run; afterwards it goes on as if nothing was."""
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(int(np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0] >> 1))
        yield
