"""The NumPy layers of chapters 04 and 05: each formula as short code, checked against Keras."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """Return how many places a window has along one axis.

    output = floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1
    (Dumoulin and Visin: A guide to convolution arithmetic for deep learning, 2016.)

    Args:
        size: pixels along the axis of the input.
        kernel_size: weights along the axis of the kernel.
        stride: pixels from one place of the window to the next.
        padding: pixels of zeros added on each side.
        dilation: pixels from one weight to the next; 1 means no gaps.

    Returns:
        int: the number of places, at least 1.

    Raises:
        ValueError: if the window does not fit, or a number is out of range.
    """
    if min(size, kernel_size, stride, dilation) < 1 or padding < 0:
        raise ValueError("sizes, stride and dilation must be at least 1, padding at least 0")
    span = dilation * (kernel_size - 1) + 1
    if span > size + 2 * padding:
        raise ValueError(
            f"a window of {span} pixels does not fit into {size + 2 * padding} pixels: "
            "take a smaller kernel or more padding"
        )
    return (size + 2 * padding - span) // stride + 1


def windows(X, kernel_size, stride=1, padding=0, dilation=1):
    """Return every window that a kernel meets on its way over a batch of images, without copying.

    Args:
        X: array of shape (batch, height, width, channels).
        kernel_size: (kernel_height, kernel_width).
        stride, padding, dilation: see `output_size`; the same along both axes.

    Returns:
        array of shape (batch, out_height, out_width, kernel_height, kernel_width, channels).

    Raises:
        ValueError: if X is not a batch of images or the window does not fit.
    """
    _require_fit(X, kernel_size, stride, padding, dilation)
    if padding:
        X = np.pad(X, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    span = [dilation * (kernel - 1) + 1 for kernel in kernel_size]
    views = sliding_window_view(X, span, axis=(1, 2))  # (batch, rows, columns, channels, *span)
    views = views[:, ::stride, ::stride, :, ::dilation, ::dilation]
    return np.moveaxis(views, 3, 5)


def _require_fit(X, kernel_size, stride, padding, dilation):
    if X.ndim != 4:
        raise ValueError(f"X needs the shape (batch, height, width, channels), not {X.shape}")
    for size, kernel in zip(X.shape[1:3], kernel_size):
        output_size(size, kernel, stride, padding, dilation)


def _require_room(X, W):
    """Raise ValueError where products overflow in silence: in uint8, 9 * 255 is 247."""
    kind = np.result_type(X, W)
    if kind.kind in "bui" and kind.itemsize < 4:
        raise ValueError(
            f"products of {kind} numbers overflow: turn the pixels into floats first, X / 255"
        )


def convolve_loops(X, W, b):
    """Return W ∗ X + b, written as its formula reads: one sum of products for each output value.

    Slow on purpose: it shows what `convolve` computes.

    Args:
        X: array of shape (batch, height, width, channels).
        W: array of shape (kernel_height, kernel_width, channels, filters).
        b: array of shape (filters,).

    Returns:
        float64 array of shape (batch, height - kernel_height + 1, width - kernel_width + 1,
        filters).

    Raises:
        ValueError: if X and W differ in their channels, or hold integers so small that products
            overflow.
    """
    _require_room(X, W)
    if X.shape[3] != W.shape[2]:
        raise ValueError(f"X has {X.shape[3]} channels and W takes {W.shape[2]}")
    batch, height, width, channels = X.shape
    kernel_height, kernel_width, _, filters = W.shape
    Y = np.zeros((batch, height - kernel_height + 1, width - kernel_width + 1, filters))
    for n, r, c, k in np.ndindex(Y.shape):
        Y[n, r, c, k] = b[k]
        for i, j, m in np.ndindex(kernel_height, kernel_width, channels):
            Y[n, r, c, k] += W[i, j, m, k] * X[n, r + i, c + j, m]
    return Y


def convolve(X, W, b=0.0, stride=1, padding=0, dilation=1):
    """Return W ∗ X + b as deep learning means it: a sum of products at every place of the window.

    Y[n, r, c, k] = b[k] + sum over i, j, m of
        W[i, j, m, k] * X[n, r * stride + i * dilation, c * stride + j * dilation, m]

    The kernel is not flipped, so that signal processing calls this a cross-correlation
    (Goodfellow, Bengio and Courville: Deep Learning, 2016, section 9.1).

    Args:
        X: array of shape (batch, height, width, channels).
        W: array of shape (kernel_height, kernel_width, channels, filters).
        b: array of shape (filters,), or one number.
        stride, padding, dilation: see `output_size`; the same along both axes.

    Returns:
        array of shape (batch, out_height, out_width, filters).

    Raises:
        ValueError: if the shapes do not fit together, or X and W hold integers so small that
            products overflow.
    """
    _require_room(X, W)
    if W.ndim != 4 or X.ndim != 4 or X.shape[-1] != W.shape[2]:
        raise ValueError(
            "X of shape (batch, height, width, channels) needs W of shape (kernel_height, "
            f"kernel_width, channels, filters); these are {X.shape} and {W.shape}"
        )
    patches = windows(X, W.shape[:2], stride, padding, dilation)
    rows = patches.reshape(-1, W[..., 0].size)  # (places, weights of one filter)
    Y = rows @ W.reshape(-1, W.shape[-1]) + b  # (places, filters)
    return Y.reshape(*patches.shape[:3], -1)


def max_pool(X, pool_size=2):
    """Return the largest value of each window; the windows lie side by side.

    Args:
        X: array of shape (batch, height, width, channels).
        pool_size: height and width of the window, in pixels, and its stride.

    Returns:
        array of shape (batch, height // pool_size, width // pool_size, channels); rows and columns
        that fill no window are dropped, as Keras does with padding="valid".

    Raises:
        ValueError: if X is not a batch of images or is smaller than the window.
    """
    return windows(X, (pool_size, pool_size), stride=pool_size).max(axis=(3, 4))
