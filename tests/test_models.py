"""The shared networks have the sizes that their docstrings promise, and their training works."""

import numpy as np
import pytest

from utils import models
from utils.runtime import start


@pytest.fixture(scope="module")
def keras():
    start()
    import keras

    return keras


@pytest.fixture(scope="module")
def bars():
    """Pictures with a bright bar, upright (class 0) or level (class 1): (64, 16, 16, 1)."""
    random = np.random.default_rng(0)
    X = random.uniform(0, 0.3, size=(64, 16, 16, 1)).astype("float32")
    y = np.arange(64) % 2
    for image, label, place in zip(X, y, random.integers(2, 13, size=64)):
        image[(np.s_[:, place], np.s_[place])[label]] = 1
    return X, y


@pytest.mark.parametrize(
    ("build", "parameters", "multiplications"),
    [
        (models.reference_cnn, 225_034, [194_688, 2_230_272, 204_800, 1_280]),
        (models.compact_cnn, 80_730, [57_600, 204_800, 65_536, 1_280]),
    ],
)
def test_networks_have_the_promised_size(keras, build, parameters, multiplications):
    network = build()
    assert network.count_params() == parameters
    assert models.count_multiplications(network) == multiplications
    probabilities = np.array(network(np.zeros((2, 28, 28, 1))))
    assert probabilities.shape == (2, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_multiplications_are_those_of_a_loop(keras):
    network = keras.Sequential([keras.Input((7, 9, 2)), keras.layers.Conv2D(4, (3, 2), strides=2)])
    _, rows, columns, filters = network.output_shape
    counted = sum(1 for _ in np.ndindex(rows, columns, filters, 3, 2, 2))
    assert models.count_multiplications(network) == [counted]


@pytest.mark.parametrize("build", [models.reference_cnn, models.compact_cnn])
def test_too_small_pictures_are_refused(keras, build):
    with pytest.raises(ValueError):
        build(input_shape=(8, 8, 1))


def test_one_cycle_trains_and_lets_the_rate_rise_and_fall(keras, bars):
    network = models.compact_cnn(input_shape=(16, 16, 1), num_classes=2)
    history = models.fit_one_cycle(network, *bars, epochs=12, batch_size=16, validation_data=bars)
    assert history.history["val_accuracy"][-1] > 0.95
    rates = [float(network.optimizer._learning_rate(step)) for step in range(49)]
    peak = int(np.argmax(rates))
    assert rates[0] == pytest.approx(0.001) and rates[peak] == pytest.approx(0.01)
    assert peak == 14 and rates[-1] == pytest.approx(0, abs=1e-9)
    assert all(np.diff(rates[: peak + 1]) > 0) and all(np.diff(rates[peak:]) < 0)


def test_a_cycle_has_the_rise_and_the_end_that_it_is_given(keras):
    rate = models.one_cycle(40, peak=0.2, rise=0.25, end=0.05)
    assert [float(rate(step)) for step in (0, 5, 10)] == pytest.approx([0.02, 0.11, 0.2])
    assert [float(rate(step)) for step in (25, 40, 50)] == pytest.approx([0.105, 0.01, 0.01])


def test_a_convolution_block_normalises_before_its_relu(keras):
    block = keras.Sequential([keras.Input((12, 9, 2)), *models.convolution_block(4, (3, 5), 2)])
    assert block.output_shape == (None, 6, 5, 4) and not block.layers[0].use_bias
    valid = models.convolution_block(4, 3, dilation=2, padding="valid")
    assert keras.Sequential([keras.Input((12, 9, 2)), *valid]).output_shape == (None, 8, 5, 4)
    assert float(keras.ops.min(block(np.random.default_rng(0).normal(size=(1, 12, 9, 2))))) == 0


def test_a_model_trained_with_one_cycle_is_loaded_by_keras_alone(keras, bars, tmp_path):
    network = models.compact_cnn(input_shape=(16, 16, 1), num_classes=2)
    models.fit_one_cycle(network, *bars, epochs=1, batch_size=16)
    network.save(tmp_path / "bars.keras")
    loaded = keras.models.load_model(tmp_path / "bars.keras")  # nothing of ours is registered
    predictions = [x.predict(bars[0], verbose=0) for x in (network, loaded)]
    np.testing.assert_array_equal(*predictions)
    assert loaded.optimizer.iterations == 4


def test_one_cycle_refuses_what_it_cannot_train(keras, bars):
    network = models.compact_cnn(input_shape=(16, 16, 1), num_classes=2)
    with pytest.raises(ValueError, match="64 images but 63 labels"):
        models.fit_one_cycle(network, bars[0], bars[1][:63])
    with pytest.raises(ValueError, match="two steps"):
        models.fit_one_cycle(network, *bars, epochs=1, batch_size=64)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"y_train": 1},
            "a model with 2 outputs knows the labels 0 to 1, and one is 2: count from 0",
        ),
        ({"y_train": -1}, "one is -1"),
        ({"y_train": 0.0}, "labels must be integers, one for an image, not float64"),
        ({"label_smoothing": 2.0}, r"label_smoothing must lie in \[0, 1\], not 2.0"),
        ({"learning_rate": -1.0}, "learning_rate must be positive, not -1.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be positive, not nan"),
        ({"batch_size": 0}, "batch_size must be a whole number, 1 or more, not 0"),
        ({"epochs": 1.5}, "epochs must be a whole number, 1 or more, not 1.5"),
    ],
)
def test_one_cycle_names_labels_and_settings_that_cannot_be(keras, bars, change, message):
    network = models.compact_cnn(input_shape=(16, 16, 1), num_classes=2)
    given = {"X_train": bars[0], "y_train": bars[1], **change}
    if "y_train" in change:  # what is added to each label
        given["y_train"] = bars[1] + change["y_train"]
    with pytest.raises(ValueError, match=message):
        models.fit_one_cycle(network, **given)


def test_smoothed_crossentropy_without_smoothing_is_keras_own(keras):
    P, y = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]), np.array([0, 1])
    expected = keras.losses.sparse_categorical_crossentropy(y, P)
    np.testing.assert_allclose(models.smoothed_crossentropy(0)(y, P), expected, rtol=1e-6)
    targets = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])  # 1 - 0.3 + 0.1, and 0.3 / 3
    by_hand = -np.sum(targets * np.log(P), axis=1)
    np.testing.assert_allclose(models.smoothed_crossentropy(0.3)(y, P), by_hand, rtol=1e-5)


def test_kernels_are_drawn_by_seed_and_nothing_else_changes(keras):
    network = models.compact_cnn()
    drawn = {}
    for name, seed in (("once", 1), ("other", 2), ("again", 1)):
        models.draw_kernels(network, seed)
        drawn[name] = network.get_weights()
    for once, other, again in zip(drawn["once"], drawn["other"], drawn["again"]):
        np.testing.assert_array_equal(once, again)
        assert (once.ndim > 1) == bool(np.any(once != other))
    dense = network.layers[-1].get_weights()[0]  # (128, 10)
    assert 0.95 * np.sqrt(6 / 138) < np.abs(dense).max() <= np.sqrt(6 / 138)
