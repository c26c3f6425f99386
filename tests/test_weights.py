"""The stored weights of chapter 14's generators are whole, finite and small."""

from collections import Counter
from importlib.resources import files

import numpy as np
import pytest

WEIGHTS = files("utils") / "weights" / "generators.npz"
ARRAYS = {"autoencoder": 18, "VAE": 18, "GAN": 12, "diffusion": 26}


def stored():
    """Return {name: array}; nothing in the file is unpickled."""
    with WEIGHTS.open("rb") as file:
        return dict(np.load(file, allow_pickle=False))


def test_all_arrays_of_all_four_generators_are_there():
    assert Counter(name.split()[0] for name in stored()) == ARRAYS


def test_every_number_is_finite():
    assert all(np.all(np.isfinite(array)) for array in stored().values())


@pytest.mark.parametrize("generator", ARRAYS)
def test_each_generator_takes_less_than_a_megabyte(generator):
    arrays = [array for name, array in stored().items() if name.startswith(generator)]
    assert sum(array.nbytes for array in arrays) < 1_000_000


def test_variances_are_positive():
    """A variance that overflowed 16 bits would be infinite, one that underflowed 0."""
    for name in ("autoencoder 1 4", "VAE 1 4", "GAN 0 4"):
        assert stored()[name].dtype == np.float32
        assert stored()[name].min() > 0
