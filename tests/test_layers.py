"""The NumPy layers give what Keras, or SciPy where Keras has no answer, gives."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from utils.layers import convolve, convolve_loops, max_pool, output_size, windows
from utils.runtime import start

KERNELS = [(1, 1), (2, 2), (3, 3), (5, 5), (2, 3), (5, 1)]
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}

every_geometry = [
    pytest.mark.parametrize("kernel_size", KERNELS, ids="{0[0]}x{0[1]}".format),
    pytest.mark.parametrize("stride", [1, 2, 3]),
    pytest.mark.parametrize("padding", [0, 1, 2]),
    pytest.mark.parametrize("dilation", [1, 2]),
]


def over(marks):
    """Apply several marks to a test."""

    def apply(test):
        for mark in marks:
            test = mark(test)
        return test

    return apply


@pytest.fixture(scope="module")
def keras_ops():
    start()
    import keras

    return keras.ops


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def padded(X, padding):
    return np.pad(X, ((0, 0), (padding, padding), (padding, padding), (0, 0)))


def keras_convolution(keras_ops, X, W, b, stride, padding, dilation):
    Y = keras_ops.conv(
        padded(X, padding), W, strides=stride, padding="valid",
        data_format="channels_last", dilation_rate=dilation,
    )  # fmt: skip
    return Y.numpy() + b


def scipy_convolution(X, W, b, stride, padding, dilation):
    """Sum the channels' correlations with a kernel in which dilation has put zeros."""
    spread = np.zeros([dilation * (size - 1) + 1 for size in W.shape[:2]] + list(W.shape[2:]))
    spread[::dilation, ::dilation] = W
    Y = [
        [
            sum(correlate2d(x[..., m], w[..., m], mode="valid") for m in range(x.shape[-1]))
            for w in np.moveaxis(spread, -1, 0)
        ]
        for x in padded(X, padding)
    ]
    return np.moveaxis(Y, 1, -1)[:, ::stride, ::stride] + b


@over(every_geometry)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("channels, filters", [(1, 1), (1, 4), (3, 1), (3, 4)])
def test_convolve_equals_keras_or_scipy(
    keras_ops, rng, kernel_size, stride, padding, dilation, dtype, channels, filters
):
    X = rng.normal(size=(2, 9, 11, channels)).astype(dtype)
    W = rng.normal(size=(*kernel_size, channels, filters)).astype(dtype)
    b = rng.normal(size=filters).astype(dtype)
    if stride > 1 and dilation > 1:  # Keras refuses to combine them
        expected = scipy_convolution(X, W, b, stride, padding, dilation)
    else:
        expected = keras_convolution(keras_ops, X, W, b, stride, padding, dilation)
    Y = convolve(X, W, b, stride, padding, dilation)
    tolerance = TOLERANCE[dtype]
    assert Y.dtype == dtype
    np.testing.assert_allclose(Y, expected, rtol=tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_padding_half_the_kernel_equals_keras_same(keras_ops, rng, size):
    X, W = rng.normal(size=(2, 9, 11, 3)), rng.normal(size=(size, size, 3, 4))
    expected = keras_ops.conv(X, W, padding="same", data_format="channels_last")
    np.testing.assert_allclose(convolve(X, W, padding=size // 2), expected, atol=1e-12)


def test_one_channel_equals_scipy(rng):
    image, kernel = rng.normal(size=(9, 11)), rng.normal(size=(3, 2))
    Y = convolve(image[None, ..., None], kernel[..., None, None])
    np.testing.assert_allclose(Y[0, ..., 0], correlate2d(image, kernel, mode="valid"), atol=1e-12)


def test_the_loops_equal_convolve(rng):
    X, W, b = rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(3, 2, 3, 4)), rng.normal(size=4)
    np.testing.assert_allclose(convolve_loops(X, W, b), convolve(X, W, b), atol=1e-12)


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "bool"])
@pytest.mark.parametrize("function", [convolve, convolve_loops])
def test_small_integers_are_refused_for_their_products_overflow(function, kind):
    X, W = np.ones((1, 5, 5, 1), kind), np.ones((3, 3, 1, 1), kind)
    with pytest.raises(ValueError, match=f"{kind} numbers overflow.*X / 255"):
        function(X, W, np.zeros(1))
    assert (function(X, W.astype(float), np.zeros(1)) == 9).all()


def test_the_loops_refuse_a_kernel_of_other_channels():
    with pytest.raises(ValueError, match="X has 2 channels and W takes 1"):
        convolve_loops(np.ones((1, 5, 5, 2)), np.ones((3, 3, 1, 1)), np.zeros(1))


def test_a_worked_convolution():
    X = np.array([[1.0, 2, 3], [4, 5, 6]])[None, ..., None]
    W = np.array([[1.0, -1]])[..., None, None]
    np.testing.assert_array_equal(convolve(X, W, b=10)[0, ..., 0], [[9, 9], [9, 9]])


@over(every_geometry[1:])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [9, 10])
def test_output_size_equals_the_shape_that_keras_or_scipy_gives(
    keras_ops, size, kernel_size, stride, padding, dilation
):
    X, W = np.zeros((1, size, size, 1)), np.zeros((kernel_size, kernel_size, 1, 1))
    if stride > 1 and dilation > 1:  # Keras refuses to combine them
        expected = scipy_convolution(X, W, 0, stride, padding, dilation).shape[1]
    else:
        expected = keras_convolution(keras_ops, X, W, 0, stride, padding, dilation).shape[1]
    assert output_size(size, kernel_size, stride, padding, dilation) == expected


@pytest.mark.parametrize(
    "arguments", [(0, 1), (5, 0), (5, 3, 0), (5, 3, -1), (5, 3, 1, -1), (5, 3, 1, 0, 0)]
)
def test_output_size_refuses_numbers_out_of_range(arguments):
    with pytest.raises(ValueError, match="must be at least 1, padding at least 0"):
        output_size(*arguments)


def test_output_size_says_when_the_window_does_not_fit():
    assert output_size(5, 3, dilation=2) == 1
    with pytest.raises(ValueError, match="5 pixels does not fit into 4 pixels: take a smaller"):
        output_size(4, 3, dilation=2)


@pytest.mark.parametrize("pool_size", [1, 2, 3])
@pytest.mark.parametrize("size", [(6, 6), (7, 6), (7, 8)])
def test_max_pool_equals_keras(keras_ops, rng, size, pool_size):
    X = rng.normal(size=(2, *size, 3)).astype("float32")
    expected = keras_ops.max_pool(X, pool_size, padding="valid", data_format="channels_last")
    np.testing.assert_array_equal(max_pool(X, pool_size), expected)


def test_windows_shows_every_window(rng):
    X = rng.normal(size=(2, 7, 8, 3))
    seen = windows(X, (3, 2), stride=2, padding=1, dilation=2)
    assert seen.shape == (2, 3, 4, 3, 2, 3)
    np.testing.assert_array_equal(seen[1, 2, 3], padded(X, 1)[1, 4:9:2, 6:9:2])


def test_windows_copies_nothing(rng):
    X = rng.normal(size=(2, 7, 8, 3))
    assert np.shares_memory(X, windows(X, (3, 3), stride=2, dilation=2))


@pytest.mark.parametrize("call", [
    lambda X: windows(X[0], (3, 3)),
    lambda X: max_pool(X[0]),
    lambda X: convolve(X[0], np.ones((3, 3, 3, 1))),
    lambda X: convolve(X, np.ones((3, 3))),
    lambda X: convolve(X, np.ones((3, 3, 1, 1))),
])  # fmt: skip
def test_a_wrong_shape_is_named(call):
    X = np.zeros((1, 5, 6, 3))
    with pytest.raises(ValueError, match=r"shape \(batch, height, width, channels\).*6, 3\)"):
        call(X)


@pytest.mark.parametrize("call", [
    lambda X: windows(X, (3, 6)),
    lambda X: max_pool(X, 6),
    lambda X: convolve(X, np.ones((5, 2, 1, 1)), dilation=2),
    lambda X: convolve(X, np.ones((3, 3, 1, 1)), stride=0),
    lambda X: convolve(X, np.ones((3, 3, 1, 1)), stride=-1),
    lambda X: convolve(X, np.ones((3, 3, 1, 1)), padding=-1),
    lambda X: max_pool(X, 0),
])  # fmt: skip
def test_a_window_that_does_not_fit_is_named(call):
    with pytest.raises(ValueError, match="does not fit|must be at least"):
        call(np.zeros((1, 5, 5, 1)))


def test_a_bias_of_another_length_is_refused():
    with pytest.raises(ValueError):
        convolve(np.zeros((1, 5, 5, 1)), np.ones((3, 3, 1, 4)), b=np.zeros(3))
