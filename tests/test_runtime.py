"""The first cell of every lesson: quiet, and the same numbers again."""

import os
import random
import subprocess
import sys

import keras
import numpy as np
import pytest

from utils.runtime import start

TRAINING = """
from utils.runtime import start

start(seed=3)

import keras
import matplotlib.pyplot as plt
import numpy as np

plt.figure().savefig("figure.png")
X = np.random.normal(size=(1415, 6, 6, 1))  # TensorFlow is silent about small data
y = np.random.randint(0, 2, 1415)
for _ in range(6):  # and about the first four models
    model = keras.Sequential(
        [keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dropout(0.2),
         keras.layers.Dense(2, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    history = model.fit(X, y, verbose=0)
    print(history.history["loss"][0].hex())
print([weights.tobytes().hex() for weights in model.get_weights()])
"""


@pytest.fixture(scope="module")
def trainings(tmp_path_factory):
    """The same short training in two fresh processes, each on a machine that never ran Python."""
    return [_run_on_new_machine(tmp_path_factory.mktemp("home")) for _ in range(2)]


def _run_on_new_machine(home):
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    folders = dict.fromkeys(("HOME", "USERPROFILE", "MPLCONFIGDIR", "XDG_CACHE_HOME"), str(home))
    return subprocess.run(
        [sys.executable, "-c", TRAINING],
        cwd=home,
        env={**kept, **folders, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def random_numbers():
    return random.random(), np.random.random(), keras.random.uniform((3,)).numpy().tolist()


def test_start_restarts_all_random_numbers():
    start(seed=7)
    first = random_numbers()
    assert random_numbers() != first
    start(seed=7)
    assert random_numbers() == first


def test_another_seed_gives_other_random_numbers():
    start(seed=7)
    first = random_numbers()
    start(seed=8)
    assert all(a != b for a, b in zip(random_numbers(), first))


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_the_smallest_and_the_largest_seed_are_good(seed):
    start(seed)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", None])
def test_a_bad_seed_is_named(seed):
    with pytest.raises(ValueError, match="seed must be an integer") as error:
        start(seed)
    assert repr(seed) in str(error.value)


def test_a_new_machine_sees_nothing_on_stderr(trainings):
    assert [(run.returncode, run.stderr) for run in trainings] == [(0, "")] * 2


def test_a_training_repeats_bit_for_bit_in_a_fresh_process(trainings):
    first, second = (run.stdout for run in trainings)
    assert first == second
    assert len(first) > 500  # the losses and all weights
