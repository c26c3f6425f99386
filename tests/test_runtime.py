"""The first cell of every lesson: quiet, and the same numbers again."""

import os
import random
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from utils.runtime import hush, start

ROOT = Path(__file__).resolve().parent.parent
TRAINING = """
import os
import sys

if sys.argv[1:] == ["one core"]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

from utils.runtime import start

start()

import keras
import matplotlib.pyplot as plt
import numpy as np

plt.figure().savefig("figure.png")


def train(num_images):
    X = np.random.normal(size=(num_images, 20, 20, 1))
    y = np.random.randint(0, 2, num_images)
    model = keras.Sequential(
        [keras.layers.Conv2D(8, 5, 2), keras.layers.Flatten(), keras.layers.Dropout(0.2),
         keras.layers.Dense(2, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    history = model.fit(X, y, verbose=0)
    return history.history["loss"][0].hex(), [w.tobytes().hex() for w in model.get_weights()]


for run in range(1 if sys.argv[1:] else 2):
    start(seed=3)
    print(train(num_images=1415))  # many batches: TensorFlow's C++ part would speak
if sys.argv[1:]:
    sys.exit()
for model in range(6):
    train(num_images=40)  # many models: its Python part would speak
"""


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """The same training twice, in a fresh process on a machine that never ran Python."""
    return run_training(tmp_path_factory)


def run_training(tmp_path_factory, *arguments):
    home = tmp_path_factory.mktemp("home")
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    folders = dict.fromkeys(("HOME", "USERPROFILE", "MPLCONFIGDIR", "XDG_CACHE_HOME"), str(home))
    return subprocess.run(
        [sys.executable, "-c", TRAINING, *arguments],
        cwd=home,
        env={**kept, **folders, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
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


def test_hush_silences_the_bars_and_the_warning_until_it_is_lifted():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        hush()
        keras.layers.Dense(2, input_shape=(3,))
        assert not keras.utils.is_interactive_logging_enabled()
        assert caught == []
    hush(False)
    assert keras.utils.is_interactive_logging_enabled()


def test_hush_silences_the_last_line_of_a_cell():
    shell = InteractiveShell.instance()
    hush()
    silent = shell.ast_node_interactivity
    hush(False)
    kept = shell.ast_node_interactivity
    InteractiveShell.clear_instance()
    assert (silent, kept) == ("none", "last_expr")


def test_a_new_machine_sees_nothing_on_stderr(training):
    assert (training.returncode, training.stderr) == (0, "")


def test_a_training_repeats_bit_for_bit(training):
    first, second = training.stdout.splitlines()
    assert first == second
    assert len(first) > 500  # the loss and all weights


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone can lend one core")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores to compare with one")
def test_a_training_on_one_core_gives_the_same_bits(training, tmp_path_factory):
    alone = run_training(tmp_path_factory, "one core")
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout.splitlines() == training.stdout.splitlines()[:1]
