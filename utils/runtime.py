"""The first cell of every lesson: a quiet, repeatable TensorFlow and the course's plot style."""

import logging
import os
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

PLOT_STYLE = Path(__file__).with_name("course.mplstyle")


def start(seed=0):
    """Prepare this Python process so that a lesson runs quietly and gives the same numbers again.

    Imports TensorFlow without its start-up log, selects it as Keras' engine, seeds Python, NumPy
    and Keras, asks TensorFlow for deterministic operations, and sets the style of the figures.
    Calling it again restarts the random numbers and nothing else changes.

    Args:
        seed: int in [0, 2**32 - 1]; runs with the same seed on the same machine agree bit for bit,
            on however many of its cores.

    Raises:
        ValueError: if `seed` is not such an integer.
    """
    if not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an integer from 0 to 2**32 - 1, not {seed!r}")
    keras, tf = _import_quietly()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    _set_plot_style()


def hush(on=True):
    """Silence what a first training says beside its result, or let it speak again.

    Silent are Keras' progress bars, its warning about `input_shape` (for good), and the value of a
    notebook cell's last line.

    Args:
        on: bool; False gives the bars and the values back.
    """
    import keras
    from IPython import get_ipython

    if on:
        keras.utils.disable_interactive_logging()
        warnings.filterwarnings("ignore", message="Do not pass an `input_shape`")
    else:
        keras.utils.enable_interactive_logging()
    shell = get_ipython()
    if shell is not None:
        shell.ast_node_interactivity = "none" if on else "last_expr"


def _import_quietly():
    """Return (keras, tensorflow), imported with the process's error stream closed.

    TensorFlow's C++ part writes log lines that carry the time and the process id when it is
    imported and when it runs its first operation. No setting stops them all.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # With several threads the sums depend on their number: a laptop with eight processor cores
    # would not get the numbers that one with two gets. Networks this small train as fast with one.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its sums depend on the kind of processor
    # At level 2 a training run in deterministic mode still logs "NodeDef mentions attribute …".
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_error_stream():
        import keras
        import tensorflow as tf

        tf.constant(0.0) + tf.constant(0.0)
    tf.get_logger().setLevel("ERROR")  # it warns of every model after the fourth in a notebook
    return keras, tf


def _set_plot_style():
    # On a new machine Matplotlib announces on stderr that it looks for fonts.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    import matplotlib.pyplot as plt

    plt.style.use(PLOT_STYLE)


@contextmanager
def _silent_error_stream():
    """Send what any part of this process, C++ included, writes to file descriptor 2 to nowhere."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
