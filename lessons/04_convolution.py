# %% [markdown]
# # 04 · Compute a convolution: by hand, in NumPy, in Keras
#
# A small table of nine numbers slides over a photo. At each place it multiplies, adds up, and
# writes one number. Out comes a new picture in which only edges are left. That is a
# **convolution**, the one operation that gives convolutional networks their name. Everything that
# such a network sees, it sees through tables like this one. Once you have computed one with a
# pencil, a convolution is no black box any more.
#
# **You will learn to**
#
# - compute any output value of $y = f(W \ast X + b)$ with a pencil, and say the shape of each
#   symbol;
# - predict the output size for any kernel, padding, stride and dilation;
# - write a convolution in NumPy that is fast and equals Keras' result;
# - count the weights and multiplications of a layer, and say why a convolution needs so few;
# - design an edge kernel for a photo, and let gradient descent find it from examples.
#
# **You need** school algebra, NumPy slicing, and chapter 00 for how
# exercises work. Section 11 uses a gradient; if you have not met one, read past the formulas.
#
# **Time:** about 180 minutes to read and do, under 1 minute of computing.
#
# | | minutes | |
# | --- | --- | --- |
# | section 1: from one neuron to a convolution | 25 | core |
# | section 2: is it a convolution at all? | 5 | may be left out at first |
# | sections 3 and 4: the whole formula; padding, stride, dilation | 20 | core |
# | section 5: fast, without a loop | 15 | may be left out at first |
# | sections 6 and 7: what channels and filters cost; pooling | 15 | core |
# | section 8: design an edge kernel | 10 | may be left out at first |
# | sections 9 and 10: shifts, and how much one value sees | 20 | core |
# | section 11: gradient descent finds the kernel | 20 | may be left out at first |
# | exercises and quiz | 50 | the core: Exercise 4.1 |
#
# The core takes about 90 minutes. Run the cells of every section, also where you skip the text:
# later ones use them. After section 4 and section 7 are good places for a break.

# %%
from utils.runtime import start  # not found? Get the whole course and run make lab in its folder

start()

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy import signal
from skimage import data

from utils.claims import expect
from utils.datasets import load
from utils.exercises import check, quiz
from utils.plots import draw_image, show

# %% [markdown]
# ## Look first
#
# A photo, and what two tables of nine numbers make of it. One answers to **vertical edges**, which
# run from top to bottom, the other to **horizontal edges**, which run from left to right.

# %%
photo = data.camera()[::4, ::4] / 255  # (128, 128), every fourth pixel, values in [0, 1]
vertical_edges = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
horizontal_edges = vertical_edges.T

figure, axes = plt.subplots(1, 3, figsize=(8, 2.9))
draw_image(axes[0], photo)
axes[0].set_title("A photo …")
for axis, kernel, name in zip(
    axes[1:], (vertical_edges, horizontal_edges), ("vertical edges", "horizontal edges")
):
    axis.imshow(signal.correlate2d(photo, kernel, mode="valid"), cmap="RdBu", vmin=-2, vmax=2)
    axis.set_title(f"… its {name}")
    axis.axis("off")
show(
    figure,
    alt="A photographer behind a camera on a tripod, and two maps of the same picture that are "
    "white except along edges: in the first the tripod's legs and the coat's border stand out, in "
    "the second the horizon and the shoulders.",
)

# %% [markdown]
# Going right (middle) or down (right): blue marks a step from dark to bright, red a step from
# bright to dark, white means that nothing changes here. By the end of this chapter you will have
# computed such maps yourself, in three ways.
#
# ## 1 · From one neuron to a convolution
#
# An artificial **neuron** takes numbers $x_1, \dots, x_q$, multiplies each by a **weight** $w_i$,
# adds a **bias** $b$, and passes the sum through an **activation function** $f$:
#
# $$y = f(w_1 x_1 + w_2 x_2 + \dots + w_q x_q + b) = f(w \cdot x + b)$$
#
# | symbol | meaning | shape here |
# | --- | --- | --- |
# | $x$ | input | (3,) |
# | $w$ | weights, learned | (3,) |
# | $b$ | bias, learned | one number |
# | $f$ | activation function, chosen: here **ReLU**, $f(z) = \max(0, z)$ | number → number |
# | $y$ | output, also called activation | one number |
#
# **By hand.** With $x = (1, 2, 0)$, $w = (3, -1, 5)$ and $b = 1$:
#
# $$y = f(3 \cdot 1 - 1 \cdot 2 + 5 \cdot 0 + 1) = f(2) = 2$$
#
# With $b = -4$ the sum would be $-3$, and ReLU would make it $0$: the neuron stays silent.
# Now the same in NumPy (`w @ x` multiplies element by element and adds up), and in Keras, where
# one neuron is `Dense(1)`. Keras layers always take several inputs at once, one a row; `(None, 3)`
# means: any number of rows of 3.


# %%
def relu(z):
    """Return z where it is positive, 0 elsewhere; any shape."""
    return np.maximum(0, z)


x = np.array([1.0, 2.0, 0.0])
w = np.array([3.0, -1.0, 5.0])
print(relu(w @ x + 1), relu(w @ x - 4))

# %%
import keras

neuron = keras.layers.Dense(1, activation="relu")
neuron.build((None, 3))
neuron.set_weights([w.reshape(3, 1), np.array([1.0])])
y_keras = float(neuron(x.reshape(1, 3))[0, 0])
assert y_keras == relu(w @ x + 1)
y_keras

# %% [markdown]
# Could we give such a neuron a whole photo? Yes: lay the pixels out in one long row. But then
#
# - **every neuron needs a weight for each pixel**: 784 for a picture of 28×28, 150,528 for a
#   colour picture of 224×224;
# - **neighbours mean nothing**: shuffle the pixels of all pictures in the same way, shuffle the
#   weights likewise, and every sum is as before, although no person would recognise anything;
# - **what is learned in one corner is unknown in the other**: the same edge, one pixel further
#   to the right, meets other weights.
#
# A convolution repairs all three with two ideas. **Local connections**: a neuron looks only at a
# small window, 3×3 say. **Weight sharing**: the neurons at all places use the same weights. So
# there is one small table of weights, the **kernel**, and it slides over the picture. (Not to be
# confused with the kernel that runs a notebook.) A **filter** is the set of kernels, one for each
# input channel, whose results are added up; for a grey picture, which has one channel, it is a
# single kernel. What a filter writes is called a **feature map**.
#
# $$y = f(W \ast X + b)$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $X$ | picture | (height, width, channels) |
# | $W$ | kernels: one for each channel and filter | (kernel_height, kernel_width, channels, filters) |
# | $\ast$ | slide, multiply, add up | |
# | $b$ | bias, one for each filter | (filters,) |
# | $f$ | activation function, applied to each value by itself | |
# | $y$ | feature maps, one for each filter; below also $Y$ | (out_height, out_width, filters) |
#
# ### One example with a pencil
#
# One channel, one filter, a picture of 3×3 and a kernel of 2×2. Take a pencil: it is worth it.
#
# $$X = \begin{pmatrix} 1 & 2 & 0 \\ 0 & 1 & 3 \\ 2 & 1 & 1 \end{pmatrix} \qquad
# W = \begin{pmatrix} 1 & -1 \\ 2 & 0 \end{pmatrix} \qquad b = 0.5$$
#
# The window of 2×2 fits at 2×2 places. At each, multiply what lies on top of each other, add up,
# add the bias:
#
# | place (row, column) | products | sum + b | after ReLU |
# | --- | --- | --- | --- |
# | (0, 0) | $1 \cdot 1 + (-1) \cdot 2 + 2 \cdot 0 + 0 \cdot 1 = -1$ | $-0.5$ | $0$ |
# | (0, 1) | $1 \cdot 2 + (-1) \cdot 0 + 2 \cdot 1 + 0 \cdot 3 = 4$ | $4.5$ | $4.5$ |
# | (1, 0) | $1 \cdot 0 + (-1) \cdot 1 + 2 \cdot 2 + 0 \cdot 1 = 3$ | $3.5$ | $3.5$ |
# | (1, 1) | $1 \cdot 1 + (-1) \cdot 3 + 2 \cdot 1 + 0 \cdot 1 = 0$ | $0.5$ | $0.5$ |
#
# In NumPy a window is a slice. We call the sums before the activation function $Z = W \ast X + b$:

# %%
X = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 1.0, 1.0]])
W = np.array([[1.0, -1.0], [2.0, 0.0]])
b = 0.5

Z = np.array([[np.sum(W * X[r : r + 2, c : c + 2]) + b for c in range(2)] for r in range(2)])
relu(Z)

# %% [markdown]
# Keras wants two more axes: `batch` in front (many pictures at a time) and `channels` at the
# end. The kernel needs `channels` and `filters`. All are 1 here.

# %%
layer = keras.layers.Conv2D(filters=1, kernel_size=2, activation="relu")
layer.build((None, 3, 3, 1))
layer.set_weights([W.reshape(2, 2, 1, 1), np.array([b])])
Y_keras = np.array(layer(X.reshape(1, 3, 3, 1)))

assert Y_keras.shape == (1, 2, 2, 1)
np.testing.assert_array_equal(Y_keras[0, :, :, 0], relu(Z))
Y_keras[0, :, :, 0]

# %% [markdown]
# Three ways, one result.
#
# ### Walk the window over a digit
#
# Below is a handwritten 8 of 8×8 pixels. The kernel is `[-1 0 1]` in each of its three rows:
# it subtracts what lies left from what lies right.


# %%
def draw_values(axis, values, corner, size, title):
    """Draw an array as a picture with its values, and a frame of `size` pixels at `corner`."""
    limit = 1.5 * np.abs(values).max()
    axis.imshow(values, cmap="RdBu", vmin=-limit, vmax=limit)
    for (r, c), value in np.ndenumerate(values):
        axis.text(c, r, f"{value:.0f}", ha="center", va="center", fontsize=8)
    row, column = corner
    frame = plt.Rectangle((column - 0.5, row - 0.5), size, size, fill=False, linewidth=3)
    axis.add_patch(frame)
    axis.set_title(title)
    axis.axis("off")


# %%
digit = load("digits").X_train[1, 3:27:3, 3:27:3, 0]  # the 8×8 original, values in [0, 1]
digit = np.round(digit * 9)  # one digit of 0 … 9 for each pixel is easier to read
step_kernel = np.array([[-1.0, 0.0, 1.0]] * 3)


def walk(row, column):
    """Show the window at one place, and the feature map with the value that it writes."""
    feature_map = signal.correlate2d(digit, step_kernel, mode="valid")
    value = feature_map[row, column]
    figure, axes = plt.subplots(1, 3, figsize=(8, 3), width_ratios=(8, 3, 6))
    draw_values(axes[0], digit, (row, column), 3, f"picture, window at ({row}, {column})")
    draw_values(axes[1], step_kernel, (0, 0), 3, "kernel")
    draw_values(axes[2], feature_map, (row, column), 1, f"feature map: {value:.0f}")
    show(
        figure,
        alt=f"A digit of 8×8 numbers with a 3×3 window at row {row}, column {column}; the kernel; "
        f"the feature map of 6×6 numbers, where the window writes {value:.0f}.",
    )


walk(row=1, column=1)

# %% [markdown]
# **Check one number yourself:** multiply the nine pixels in the frame by the nine weights of the
# kernel and add up. You should get the number in the frame on the right.
#
# Run the next cell and move the sliders. Where does the window write large positive numbers, where
# large negative ones, where numbers near zero? (No sliders where you read this? The picture above
# is one of their 36 places.)

# %% tags=["nbval-ignore-output"]
from ipywidgets import interact

_ = interact(walk, row=(0, 5), column=(0, 5))

# %% [markdown]
# ## 2 · Is it a convolution at all?
#
# Mathematics defines the convolution of a picture $X$ with a kernel $W$ **with a flip**; deep
# learning leaves the flip out. What networks compute is called a **cross-correlation** elsewhere:
#
# $$\text{cross-correlation:} \quad Y_{r,c} = \sum_{i,j} W_{i,j} \, X_{r+i,\,c+j}
# \qquad\qquad \text{convolution:} \quad Y_{r,c} = \sum_{i,j} W_{i,j} \, X_{r-i,\,c-j}$$
#
# In the second formula $i$ grows while the index into the picture falls: the kernel lies turned
# upside down and left to right. SciPy has both, so we can look.

# %%
correlated = signal.correlate2d(X, W, mode="valid")
convolved = signal.convolve2d(X, W, mode="valid")
flipped = W[::-1, ::-1]

np.testing.assert_array_equal(correlated + b, Z)  # what we computed by hand has no flip
np.testing.assert_array_equal(convolved, signal.correlate2d(X, flipped, mode="valid"))
assert not np.array_equal(correlated, convolved)
correlated, convolved

# %% [markdown]
# So the two differ for a given kernel. Why does nobody mind? Because the kernel is *learned*: a
# network that computes with a flip would simply learn the flipped kernel and give the same
# results. Keras, PyTorch and this course say "convolution" and mean the version without the flip
# (Goodfellow, Bengio and Courville 2016, section 9.1, describe the same habit). You must know the
# difference only when you carry a kernel from one library to another.
#
# ## 3 · Every index: the whole formula
#
# A real layer has many pictures $n$, several input channels $m$ and several filters $k$. One
# output value:
#
# $$Y_{n,r,c,k} = b_k + \sum_{i} \sum_{j} \sum_{m} W_{i,j,m,k} \; X_{n,\,r+i,\,c+j,\,m}$$
#
# | index | runs over | index | runs over |
# | --- | --- | --- | --- |
# | $n$ | pictures of the batch | $i$ | rows of the kernel |
# | $r$ | rows of the feature map | $j$ | columns of the kernel |
# | $c$ | columns of the feature map | $m$ | input channels |
# | $k$ | filters | | |
#
# Note the sum over $m$: a filter has a kernel for *each* channel, and adds up over all of them. So
# one filter gives one feature map, however many channels come in. Written down as it reads:


# %%
def convolve_loops(X, W, b):
    """Return W ∗ X + b, one output value after the other."""
    batch, height, width, channels = X.shape
    kernel_height, kernel_width, _, filters = W.shape
    Y = np.zeros((batch, height - kernel_height + 1, width - kernel_width + 1, filters))
    for n, r, c, k in np.ndindex(Y.shape):
        Y[n, r, c, k] = b[k]
        for i, j, m in np.ndindex(kernel_height, kernel_width, channels):
            Y[n, r, c, k] += W[i, j, m, k] * X[n, r + i, c + j, m]
    return Y


# %%
random = np.random.default_rng(0)
X = random.normal(size=(2, 6, 7, 3))  # 2 pictures, 6×7 pixels, 3 channels
W = random.normal(size=(3, 2, 3, 4))  # kernels of 3×2, 3 channels, 4 filters
b = random.normal(size=4)

Y = convolve_loops(X, W, b)
np.testing.assert_allclose(Y, keras.ops.conv(X, W) + b, rtol=1e-10)
Y.shape

# %% [markdown]
# ## 4 · Padding, stride, dilation: where the window may stand
#
# Three settings change the places of the window and the size of the feature map:
#
# - **padding** $p$: a margin of $p$ zeros on each side, so that the window can also stand at the
#   border. Keras: `padding="valid"` means none, `padding="same"` means as much as keeps the size
#   (at stride 1).
# - **stride** $s$: the window moves $s$ pixels at a time. The feature map gets $s$ times smaller.
# - **dilation** $d$: the weights lie $d$ pixels apart. A kernel of 3 then spans $2d + 1$ pixels
#   and still has 3 weights.
#
# (With an even kernel or a stride, "same" may need an odd number of zeros in all; Keras then puts
# one more at the end.)
#
# Along one axis a kernel of $K$ weights spans $d(K-1)+1$ pixels. It can start at pixel 0 of the
# padded picture, at pixel $s$, $2s$, … as long as it fits. Counting the starts gives
#
# $$\text{output} = \left\lfloor \frac{\text{size} + 2p - d(K-1) - 1}{s} \right\rfloor + 1$$
#
# where $\lfloor\;\rfloor$ rounds down (Dumoulin and Visin 2016).
#
# **By hand**, for 7 pixels, a kernel of 3 and stride 2:
#
# - nothing else: $\lfloor (7 - 2 - 1)/2 \rfloor + 1 = 3$;
# - with padding 1: $\lfloor (9 - 2 - 1)/2 \rfloor + 1 = 4$;
# - with dilation 2: $\lfloor (7 - 4 - 1)/2 \rfloor + 1 = 2$.


# %%
def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """Return how many places a window has along one axis."""
    span = dilation * (kernel_size - 1) + 1
    return (size + 2 * padding - span) // stride + 1


output_size(7, 3, stride=2), output_size(7, 3, 2, padding=1), output_size(7, 3, 2, dilation=2)

# %%
settings = {
    "stride 1": {},
    "stride 2": {"stride": 2},
    "stride 2, padding 1": {"stride": 2, "padding": 1},
    "stride 2, dilation 2": {"stride": 2, "dilation": 2},
}
figure, axes = plt.subplots(1, 4, figsize=(8, 2.7), sharey=True)
for axis, (name, setting) in zip(axes, settings.items()):
    places = output_size(7, 3, **setting)
    stride, dilation = setting.get("stride", 1), setting.get("dilation", 1)
    padding = setting.get("padding", 0)
    axis.axvspan(-0.5, 6.5, color="0.9")  # the picture: pixels 0 to 6, in grey
    for place in range(places):
        pixels = place * stride - padding + dilation * np.arange(3)
        axis.plot(pixels, [place] * 3, "s-", markersize=7)
    axis.set(title=f"{name}:\n{places} places", xlabel="pixel", xticks=range(0, 7, 2), yticks=[])
    axis.set_xlim(-1.7, 7.7)
axes[0].set_ylabel("place of the window")
axes[0].invert_yaxis()
show(
    figure,
    alt="A row of 7 pixels and the places of a kernel with 3 weights: 5 places with stride 1, 3 "
    "with stride 2, 4 with stride 2 and padding 1 where the first and the last stick out by one "
    "pixel, 2 with stride 2 and dilation 2 where the weights lie two pixels apart.",
)

# %% [markdown]
# The grey area is the picture, seen from above as one row of pixels; each line is one place of the
# window.
#
# Does Keras count in the same way? We ask it for 180 combinations. (`keras.ops.conv` knows only
# the paddings "valid" and "same", so we add the margin ourselves; and it refuses a stride together
# with a dilation.)


# %%
def keras_convolution(X, W, stride=1, padding=0, dilation=1):
    """Return W ∗ X as Keras computes it, with a margin of `padding` zeros."""
    margin = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    return np.array(keras.ops.conv(np.pad(X, margin), W, strides=stride, dilation_rate=dilation))


combinations = [
    (size, kernel, stride, padding, dilation)
    for size in (7, 8, 12)
    for kernel in (1, 2, 3)
    for stride, dilation in ((1, 1), (2, 1), (3, 1), (1, 2), (1, 3))
    for padding in (0, 1, 2, 3)
]
for size, kernel, *setting in combinations:
    Y = keras_convolution(np.zeros((1, size, size, 1)), np.zeros((kernel, kernel, 1, 1)), *setting)
    assert Y.shape[1] == output_size(size, kernel, *setting)
f"{len(combinations)} combinations, all as the formula says"

# %% [markdown]
# ## 5 · Fast: no loop at all
#
# Python's loops are slow. NumPy can do the same in two steps:
#
# 1. **Cut out all windows.** `sliding_window_view` gives them without copying a single
#    number: it only describes where in memory each window starts.
# 2. **Lay each window out as a row, and each filter as a column.** (This copies: a pixel stands in
#    up to nine rows.) All sums of products are then one product of two matrices, and that is what
#    processors are best at.
#
# First a small example: the four windows of 3×3 in a picture of 4×4.

# %%
from numpy.lib.stride_tricks import sliding_window_view

tiny = np.arange(16).reshape(4, 4)
tiny_windows = sliding_window_view(tiny, (3, 3))  # (2, 2, 3, 3): place, then inside the window
print(tiny_windows.shape)
print(tiny_windows[0, 1])  # the window one step to the right of the corner

# %% [markdown]
# For a whole batch with channels there are six axes. A stride leaves out places (`[:, ::stride]`),
# a dilation leaves out pixels inside the window, and `moveaxis` puts the channels last.


# %%
def windows(X, kernel_size, stride=1, padding=0, dilation=1):
    """Return all windows: (batch, out_height, out_width, kernel_height, kernel_width, channels)."""
    if padding:
        X = np.pad(X, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    span = [dilation * (kernel - 1) + 1 for kernel in kernel_size]
    views = sliding_window_view(X, span, axis=(1, 2))  # (batch, rows, columns, channels, *span)
    views = views[:, ::stride, ::stride, :, ::dilation, ::dilation]
    return np.moveaxis(views, 3, 5)


# %%
def convolve(X, W, b=0.0, stride=1, padding=0, dilation=1):
    """Return W ∗ X + b; shapes as in section 1, with a batch axis in front."""
    patches = windows(X, W.shape[:2], stride, padding, dilation)
    rows = patches.reshape(-1, W[..., 0].size)  # (places, weights of one filter)
    Y = rows @ W.reshape(-1, W.shape[-1]) + b  # (places, filters)
    return Y.reshape(*patches.shape[:3], -1)


# %% [markdown]
# Look at the shapes on the way, for the pictures of section 3:

# %%
patches = windows(X, (3, 2))
assert np.shares_memory(patches, X)  # no copy: a view into the same memory
print("pictures", X.shape, "→ windows", patches.shape, "→ rows", patches.reshape(-1, 18).shape)
print("kernels ", W.shape, "→ columns", W.reshape(-1, 4).shape)
np.testing.assert_allclose(convolve(X, W, b), convolve_loops(X, W, b), rtol=1e-10)
convolve(X, W, b).shape

# %% [markdown]
# **Is it right, always?** We let Keras judge over a grid of kernel sizes, strides, paddings,
# dilations, channels and filters, with random pictures.

# %%
settings_tried = [combination[1:] for combination in combinations[:60]]
tried = 0
for channels, filters in ((1, 1), (1, 4), (3, 1), (3, 4)):
    X_grid = random.normal(size=(2, 12, 11, channels))
    for kernel, *setting in settings_tried:
        W_grid = random.normal(size=(kernel, kernel, channels, filters))
        expected = keras_convolution(X_grid, W_grid, *setting)
        np.testing.assert_allclose(convolve(X_grid, W_grid, 0, *setting), expected, atol=1e-10)
        tried += 1
f"{tried} convolutions equal to Keras'"

# %% [markdown]
# **How fast is it?** 32 pictures of 28×28, 32 filters of 3×3: the first layer of the network in
# chapter 07. (The loops get 2 of the 32 pictures, and we take 16 times their time: you need not
# wait for the rest.) *Guess first:* by what factor do the few lines of NumPy beat the loops? Ten
# times? A hundred?


# %%
from time import perf_counter


def seconds(function, repeats=1):
    """Return the shortest of several running times: the one least disturbed by other programs."""
    times = []
    for _ in range(repeats):
        before = perf_counter()
        function()
        times.append(perf_counter() - before)
    return min(times)


batch = load("digits").X_train[:32]  # (32, 28, 28, 1)
kernels = random.normal(size=(3, 3, 1, 32)).astype("float32")
bias = np.zeros(32, dtype="float32")

times = {
    "loops": 16 * seconds(lambda: convolve_loops(batch[:2], kernels, bias)),
    "vectorised": seconds(lambda: convolve(batch, kernels, bias), repeats=300),
    "Keras": seconds(lambda: np.array(keras.ops.conv(batch, kernels) + bias), repeats=300),
}
factor = times["loops"] / times["vectorised"]
print("NumPy's lines are faster than the loops, times:", expect(factor, ",.0f", at_least=200))
as_keras = times["vectorised"] / times["Keras"]
print("their time, divided by Keras':", expect(as_keras, ".1f", at_most=10))

# %% [markdown]
# Far more than a hundred. The arithmetic is the same; what the loops pay for is Python's
# bookkeeping at each of the 6,230,016 multiplications. (Type `times` in a new cell to see your
# seconds. The script `benchmarks/convolution.py` measures them with more care, SciPy included:
# 9,000 times on idle cores, 1,100 when other programs kept them busy; a quotient of seconds and a
# tenth of a millisecond jumps from run to run, and only "far more than 200" is safe.) The function
# `convolve` also stands in `utils/layers.py`; later chapters use it from there. (Pixels stored as
# whole numbers from 0 to 255 must be made floats first, `X / 255`: in 8 bits 9 · 255 gives 247, in
# silence.)
#
# ## 6 · Channels and filters, and what they cost
#
# A colour picture has three **channels**: red, green, blue. A filter over it has a kernel for
# each, and adds the three results up. With the weights $(1, -1/2, -1/2)$ and a window of one pixel,
# a filter asks: "is it red, rather than green or blue?" **By hand:** the orange pixel
# $(0.8, 0.4, 0.2)$ gives $1 \cdot 0.8 - \frac{1}{2} \cdot 0.4 - \frac{1}{2} \cdot 0.2 = 0.5$, the
# white one $(1, 1, 1)$ gives $0$.

# %%
astronaut = data.astronaut()[::4, ::4] / 255  # (128, 128, 3)
redness = np.array([1, -0.5, -0.5]).reshape(1, 1, 3, 1)
blueness = np.array([-0.5, -0.5, 1]).reshape(1, 1, 3, 1)
W_colour = np.concatenate([redness, blueness], axis=3)  # (1, 1, 3, 2): two filters
feature_maps = relu(convolve(astronaut[np.newaxis], W_colour))[0]  # (128, 128, 2)

figure, axes = plt.subplots(1, 3, figsize=(8, 2.9))
for axis, image, name in zip(
    axes,
    (astronaut, feature_maps[..., 0], feature_maps[..., 1]),
    ("(128, 128, 3)", "filter 0: red?", "filter 1: blue?"),
):
    draw_image(axis, image / image.max())
    axis.set_title(name)
show(
    figure,
    alt="A portrait of an astronaut in an orange suit before a flag, and two feature maps: the "
    "first is bright on the suit and the red stripes, the second on the round blue emblem of the "
    "suit and on the blue field of the flag.",
)

# %% [markdown]
# (Each map is drawn so that its own largest value is white.)
#
# **Count the weights.** A filter has `kernel_height × kernel_width × channels` weights and one
# bias. **Count the multiplications.** Each output value costs as many multiplications as a filter
# has weights.
#
# By hand, for 32 filters of 3×3 on a picture of 28×28×1 (feature maps of 26×26):
#
# $$\text{parameters} = (3 \cdot 3 \cdot 1 + 1) \cdot 32 = 320 \qquad
# \text{multiplications} = (3 \cdot 3 \cdot 1) \cdot 26 \cdot 26 \cdot 32 = 194{,}688$$
#
# A dense layer that turns the same picture into as many numbers needs a weight for each pair of
# input and output: $(784 + 1) \cdot 21{,}632$ parameters.

# %%
conv_layer = keras.layers.Conv2D(32, 3)
conv_layer.build((None, 28, 28, 1))
dense_layer = keras.layers.Dense(26 * 26 * 32)
dense_layer.build((None, 28 * 28))

assert conv_layer.count_params() == (3 * 3 * 1 + 1) * 32 == 320
assert dense_layer.count_params() == (784 + 1) * 21_632
print(f"{'':14}{'parameters':>12}{'multiplications':>17}")
print(f"{'convolution':14}{320:12,}{3 * 3 * 26 * 26 * 32:17,}")
print(f"{'dense layer':14}{dense_layer.count_params():12,}{784 * 21_632:17,}")
print(f"{'ratio':14}{dense_layer.count_params() / 320:12,.0f}{784 / 9:17,.0f}")

# %% [markdown]
# 53,066 times fewer parameters. Where do they go? **Local connections** make a neuron with 9
# weights and a bias out of one with 784 and a bias: a factor of 785 / 10 = 78.5. **Weight
# sharing** lets 26 · 26 = 676 neurons use the same ones: a factor of 676. Together:

# %%
assert dense_layer.count_params() / 320 == 785 / 10 * 676
785 / 10 * 676

# %% [markdown]
# Sharing saves storage, not computing: the multiplications fall by 784 / 9, about 87, only.
#
# ## 7 · Pooling
#
# After a convolution many networks make the feature maps smaller, by **pooling**: *max-pooling*
# keeps the largest value of each window, *average pooling* the mean. The windows lie side by side,
# most often 2×2. Nothing is learned, each channel is treated by itself. "Is the edge somewhere
# here?" matters more than "in which of these four pixels?".
#
# **By hand:**
#
# $$\begin{pmatrix} 1 & 3 & 2 & 0 \\ 4 & 0 & 1 & 1 \\ 0 & 2 & 7 & 5 \\ 1 & 1 & 6 & 8 \end{pmatrix}
# \;\xrightarrow{\text{max}}\; \begin{pmatrix} 4 & 2 \\ 2 & 8 \end{pmatrix}
# \qquad \xrightarrow{\text{average}}\; \begin{pmatrix} 2 & 1 \\ 1 & 6.5 \end{pmatrix}$$
#
# We have the windows already; pooling is one more line.


# %%
def max_pool(X, pool_size=2):
    """Return the largest value of each window; the windows lie side by side."""
    return windows(X, (pool_size, pool_size), stride=pool_size).max(axis=(3, 4))


X_pool = np.array([[1.0, 3, 2, 0], [4, 0, 1, 1], [0, 2, 7, 5], [1, 1, 6, 8]]).reshape(1, 4, 4, 1)
pooled = max_pool(X_pool)
averaged = windows(X_pool, (2, 2), stride=2).mean(axis=(3, 4))

np.testing.assert_array_equal(pooled, keras.layers.MaxPooling2D(2)(X_pool))
np.testing.assert_array_equal(averaged, keras.layers.AveragePooling2D(2)(X_pool))
pooled[0, :, :, 0], averaged[0, :, :, 0]

# %% [markdown]
# ## 8 · Design an edge kernel for a photo
#
# A vertical edge is a place where the right side is brighter (or darker) than the left. So
# subtract: the row $(-1, 0, 1)$. On an ideal edge, 0 on the left and 1 on the right, it answers 1.
# But photos are noisy, and a difference of two noisy pixels is noisier than either.
#
# Along a vertical edge the rows look alike. So take the mean of three rows, with the middle one
# counted double: the column $(1, 2, 1) / 4$. It does not blur the edge, only the noise. Both
# together, a column times a row, are the table from the beginning, divided by 4:
#
# $$\frac{1}{4} \begin{pmatrix} 1 \\ 2 \\ 1 \end{pmatrix} \begin{pmatrix} -1 & 0 & 1 \end{pmatrix} =
# \frac{1}{4} \begin{pmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{pmatrix}$$
#
# Irwin Sobel and Gary Feldman presented it in 1968; it is called the Sobel kernel.
#
# **By hand:** if every pixel carries independent noise of standard deviation $\sigma$, a sum of
# products carries $\sigma \sqrt{\sum w^2}$. For the row: $\sqrt{1 + 1}\,\sigma = 1.41\,\sigma$.
# For the Sobel kernel: $\frac{1}{4} \sqrt{4 \cdot 1 + 2 \cdot 4}\,\sigma = 0.87\,\sigma$. Same
# answer to an ideal edge, 1.63 times less noise. We add noise to the photo and look.

# %%
difference = np.array([[-1.0, 0.0, 1.0]])
smoothing = np.array([[1.0], [2.0], [1.0]]) / 4
sobel = smoothing @ difference  # (3, 1) times (1, 3) gives (3, 3)
np.testing.assert_array_equal(sobel, vertical_edges / 4)

pure_noise = random.normal(scale=0.1, size=photo.shape)
noise_left = [
    convolve(pure_noise[np.newaxis, ..., np.newaxis], kernel[..., np.newaxis, np.newaxis]).std()
    / 0.1
    for kernel in (difference, sobel)
]
assert np.allclose(noise_left, [np.sqrt(2), np.sqrt(12) / 4], rtol=0.03)
print(
    f"noise after the difference: {noise_left[0]:.2f} σ, after the Sobel kernel: {noise_left[1]:.2f} σ"
)

# %%
noisy_photo = photo + pure_noise
figure, axes = plt.subplots(1, 3, figsize=(6.8, 2.5))
draw_image(axes[0], noisy_photo.clip(0, 1))
axes[0].set_title("A noisy photo")
for axis, kernel, name in zip(axes[1:], (difference, sobel), ("difference only", "Sobel kernel")):
    edges = signal.correlate2d(noisy_photo, kernel, mode="valid")
    axis.imshow(edges, cmap="RdBu", vmin=-0.6, vmax=0.6)
    axis.set_title(name)
    axis.axis("off")
show(
    figure,
    alt="The photo of the photographer with noise, and two maps of its vertical edges: speckled all "
    "over after the plain difference, clearly calmer with equally strong edges after the Sobel "
    "kernel.",
)

# %% [markdown]
# The design needed two insights about pictures: what an edge is, and that its rows look alike. In
# section 11 gradient descent finds the same nine numbers without being told either.
#
# ## 9 · Move the picture, and the feature map moves along
#
# The kernel is the same everywhere. So if the picture moves by 5 pixels, the feature map should
# move by 5 pixels and be the same otherwise. This property is called **equivariance** under
# translation. It is the reason why a network that has learned an edge in one place knows it in all
# places.
#
# > **Predict.** We shift a photo by $t$ = 1, 2, …, 8 pixels and compare "shift, then compute" with
# > "compute, then shift", for four computations: a convolution; a convolution with stride 2; a
# > convolution followed by max-pooling of 2×2; a dense layer with random weights. For which shifts
# > will the two agree exactly? Write down your guess for each of the four. (With stride 2 or
# > pooling, one step in the map is two pixels of the picture: there we move the map by half of
# > $t$, rounded down.)

# %%
edge_kernel = vertical_edges.reshape(3, 3, 1, 1) / 4
small_photo = photo[::4, ::4].reshape(1, 32, 32, 1)
dense_weights = random.normal(size=(32 * 32, 32 * 32)) / 32

computations = {  # name: (function, how many input pixels are one output pixel)
    "convolution": (lambda X: convolve(X, edge_kernel, padding=1), 1),
    "convolution, stride 2": (lambda X: convolve(X, edge_kernel, stride=2, padding=1), 2),
    "convolution, max-pooling": (lambda X: max_pool(convolve(X, edge_kernel, padding=1)), 2),
    "dense layer": (lambda X: (X.reshape(1, -1) @ dense_weights).reshape(X.shape), 1),
}


def shift_error(function, pixels_per_output, shift):
    """Return how far "shift, then compute" is from "compute, then shift", relative, inside."""
    shifted_first = function(np.roll(small_photo, shift, axis=2))
    shifted_last = np.roll(function(small_photo), shift // pixels_per_output, axis=2)
    margin = 8 // pixels_per_output + 1  # what was rolled round the border does not count
    inside = np.s_[:, margin:-margin, margin:-margin]
    difference = shifted_first[inside] - shifted_last[inside]
    return np.abs(difference).mean() / np.abs(shifted_last[inside]).mean()


# %%
shifts = np.arange(1, 9)
errors = {
    name: np.array([shift_error(*computation, shift) for shift in shifts])
    for name, computation in computations.items()
}
figure, axis = plt.subplots(figsize=(7, 3.2))
for (name, error), marker in zip(errors.items(), "os^d"):
    axis.plot(shifts, error, marker=marker, label=name)
axis.set(xlabel="shift of the picture (pixels)", ylabel="relative error", xticks=shifts)
axis.set_title("Only a plain convolution moves along with every shift")
axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
show(
    figure,
    alt="Relative error against the shift from 1 to 8 pixels: zero throughout for the convolution; "
    "zero at even shifts and clearly above zero at odd shifts for stride 2 and for max-pooling; "
    "highest, above 1, at all shifts for the dense layer.",
)
assert errors["convolution"].max() < 1e-12
for name in ("convolution, stride 2", "convolution, max-pooling"):
    assert (
        errors[name][shifts % 2 == 0].max() < 1e-12 and errors[name][shifts % 2 == 1].min() > 0.1
    )
assert errors["dense layer"].min() > 1

# %% [markdown]
# **Explain.** The convolution agrees exactly at every shift. Stride 2 and max-pooling agree
# exactly at even shifts only: they look at every second place, and after an odd shift they look at
# the *other* places. The dense layer never agrees: it has other weights for each pixel.
#
# So the popular sentence "convolutional networks do not care where the object is" is not quite
# true: with pooling or strides, a shift by a single pixel can change the result (Azulay and Weiss
# 2019 measured it on large networks). And equivariance ("the map moves along") is not
# **invariance** ("the result stays the same"): for that, something must forget the place, such as
# the average over a whole feature map. Chapter 09 moves pictures on purpose to teach a network
# what the architecture does not guarantee.
#
# ## 10 · The receptive field: how much of the picture one value sees
#
# A value in the first feature map sees 3×3 pixels. A value in a deeper map sees more, because it
# sees values that each saw 3×3 pixels. The **receptive field** $R$ of a value is the part of the
# picture that it depends on. Going through the layers $l = 1, 2, \dots$ with kernel size $K_l$ and
# stride $s_l$:
#
# $$R_l = R_{l-1} + (K_l - 1) \, J_{l-1} \qquad J_l = J_{l-1} \, s_l \qquad R_0 = J_0 = 1$$
#
# $J$ says how many pixels of the picture two neighbours of the map are apart. (Araujo, Norris and
# Sim 2019 derive an equivalent formula.) **By hand**, for convolution 3, pooling 2, convolution 3,
# pooling 2, the network of chapter 07:
#
# | layer | $K$ | $s$ | $R$ | $J$ |
# | --- | --- | --- | --- | --- |
# | convolution | 3 | 1 | $1 + 2 \cdot 1 = 3$ | 1 |
# | max-pooling | 2 | 2 | $3 + 1 \cdot 1 = 4$ | 2 |
# | convolution | 3 | 1 | $4 + 2 \cdot 2 = 8$ | 2 |
# | max-pooling | 2 | 2 | $8 + 1 \cdot 2 = 10$ | 4 |
#
# **Measured:** we raise one pixel of an empty picture at a time, and note whether the value in the
# middle of the last map changes. (Kernels of positive weights, so that nothing cancels.)


# %%
def middle_value(X):
    """Return the middle value after convolution, pooling, convolution, pooling."""
    ones = np.ones((3, 3, 1, 1))
    Y = max_pool(convolve(max_pool(convolve(X, ones)), ones))  # (batch, 5, 5, 1)
    return Y[:, 2, 2, 0]


one_pixel_each = np.eye(28 * 28).reshape(784, 28, 28, 1)  # 784 pictures, one bright pixel in each
matters = middle_value(one_pixel_each).reshape(28, 28) > 0
height, width = matters.any(axis=1).sum(), matters.any(axis=0).sum()

assert (height, width) == (10, 10) and matters.sum() == 100
print(f"{height}×{width} pixels matter")

# %%
figure, axis = plt.subplots(figsize=(2.8, 2.8))
draw_image(axis, np.where(matters, 1, 0.5) * (0.4 + 0.6 * load("digits").X_train[1, ..., 0]))
axis.set_title("One value sees 10×10 pixels")
show(
    figure,
    alt="A handwritten digit of 28×28 pixels; a square of 10×10 pixels in the middle is lit, the "
    "part of the picture that one value after two convolutions and two poolings depends on.",
)

# %% [markdown]
# ## 11 · The experiment: let gradient descent find the edge kernel
#
# We designed `vertical_edges` by thinking about edges. A network has only examples. Can it find
# the same nine numbers? The **teacher** is our kernel: it turns pictures into edge maps. The
# **pupil** starts from nine random weights and sees only pictures and the teacher's edge maps.
#
# With the windows as rows of a matrix $P$ (places × 9) and the kernel as a column $w$ (9 numbers),
# the pupil's map is $Pw$ and the teacher's is $t$. The error is the mean square of the difference:
#
# $$L(w) = \frac{1}{N} \lVert P w - t \rVert^2 \qquad \nabla L(w) = \frac{2}{N} P^\top (P w - t)$$
#
# | symbol | meaning |
# | --- | --- |
# | $N$ | number of places of the window |
# | $\lVert \cdot \rVert^2$ | all squares added up |
# | $P^\top$ | $P$ with rows and columns exchanged, shape (9, places) |
# | $\nabla L$ | the gradient: nine numbers that say how fast $L$ grows with each weight |
#
# (Chapter 05 derives gradients, of whole networks.) Gradient descent takes a step against the
# gradient, again and again: $w \leftarrow w - \eta \nabla L(w)$, where $\eta$ (eta, the *learning
# rate*) says how long the step is. We take the longest one that overshoots in no direction. (For
# readers who know eigenvalues: it is $\frac{1}{2}$ divided by the largest one of $P^\top P / N$.)


# %%
def learn_kernel(pictures, teacher, steps=300, times_the_step=1):
    """Return the pupil's kernels after each step, shape (steps + 1, 3, 3)."""
    P = windows(pictures, (3, 3)).reshape(-1, 9).astype("float64")
    t = P @ teacher.ravel()
    PP, Pt = P.T @ P / len(P), P.T @ t / len(P)  # computed once: (9, 9) and (9,)
    learning_rate = times_the_step * 0.5 / np.linalg.eigvalsh(PP).max()
    w = np.random.default_rng(1).normal(scale=0.1, size=9)
    path = [w]
    for _ in range(steps):
        gradient = 2 * (PP @ w - Pt)  # the formula above, multiplied out
        w = w - learning_rate * gradient
        path.append(w)
    return np.array(path).reshape(-1, 3, 3)


# %% [markdown]
# First, is that gradient right? `tf.GradientTape` computes gradients by itself.

# %%
import tensorflow as tf

P = windows(small_photo, (3, 3)).reshape(-1, 9)
t = P @ vertical_edges.ravel()
w = tf.Variable(np.linspace(-1, 1, 9))
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((tf.linalg.matvec(P, w) - t) ** 2)
by_hand = 2 / len(P) * P.T @ (P @ w.numpy() - t)
np.testing.assert_allclose(by_hand, tape.gradient(loss, w), rtol=1e-10)
by_hand.round(3)

# %% [markdown]
# And a longer step? We try it on the small photo of section 9.

# %%
print("loss, over 1,000 steps that are")
for times_the_step, bounds in (
    (1, {"at_most": 1e-4}),
    (1.9, {"at_most": 1e-4}),
    (2, {"at_least": 1e-3, "at_most": 0.1}),
    (2.01, {"at_least": 1e3}),
):
    path = learn_kernel(small_photo, vertical_edges, 1000, times_the_step)
    first, last = [np.mean((P @ kernel.ravel() - t) ** 2) for kernel in (path[0], path[-1])]
    print(f"{times_the_step:4} times as long: {first:.2f} to", expect(last, ".0e", **bounds))

# %% [markdown]
# Below twice that length the loss falls towards 0. At exactly twice, every step leaps to the other
# side of the valley, just as high: the loss comes to rest at some value above 0. Beyond twice it
# grows without end.
#
# > **Predict.** We give the pupil four kinds of pictures: a **photo**; 64 handwritten **digits** of
# > 8×8 pixels, as they were collected; the same 64 digits **enlarged** to 28×28, as the course uses
# > them, with 19 times as many windows to learn from; and pure **noise** (each pixel random,
# > nothing to recognise). After 300 steps: which pupil has come closest to the teacher's kernel?
# > And which one draws the worst edge maps?

# %%
enlarged = load("digits").X_train[:64]
lessons = {
    "photo": photo.reshape(1, 128, 128, 1),
    "digits": enlarged[:, 3:27:3, 3:27:3],  # the 8×8 originals
    "enlarged": enlarged,
    "noise": np.random.default_rng(2).uniform(size=(1, 128, 128, 1)),
}
paths = {name: learn_kernel(pictures, vertical_edges) for name, pictures in lessons.items()}
pupils = {name: path[-1] for name, path in paths.items()}


def map_error(kernel, pictures):
    """Return how far a kernel's edge maps are from the teacher's, relative to their length."""
    P = windows(pictures, (3, 3)).reshape(-1, 9)
    t = P @ vertical_edges.ravel()
    return np.linalg.norm(P @ kernel.ravel() - t) / np.linalg.norm(t)


def kernel_error(kernel):
    """Return how far a kernel is from the teacher's, relative to the teacher's length."""
    return np.linalg.norm(kernel - vertical_edges) / np.linalg.norm(vertical_edges)


# %%
far, near = {"at_least": 0.2}, {"at_most": 0.002}
bounds = {"photo": far, "digits": near, "enlarged": far, "noise": near}
print(f"{'':9}{'windows':>8}{'edge maps off by':>18}   kernel off by")
for name, kernel in pupils.items():
    places = windows(lessons[name], (3, 3))[..., 0, 0, 0].size
    off = expect(kernel_error(kernel), "5.1%", **bounds[name])
    print(f"{name:9}{places:8,}{map_error(kernel, lessons[name]):18.1%}   {off}")

# %%
figure, axes = plt.subplots(1, 6, figsize=(9, 2.3), width_ratios=(3, 1, 1, 1, 1, 1))
for (name, path), style in zip(paths.items(), ("-", "--", "-", "--")):
    axes[0].plot([kernel_error(kernel) for kernel in path], style, label=name)
axes[0].set(xlabel="steps", ylabel="kernel off by", title="Enlarged digits teach slowly")
axes[0].set_ylim(0, 1.1)
axes[0].legend(fontsize=8)
for axis, (name, kernel) in zip(axes[1:], {"teacher": vertical_edges, **pupils}.items()):
    axis.imshow(kernel, cmap="RdBu", vmin=-3, vmax=3)
    for (r, c), value in np.ndenumerate(kernel):
        axis.text(c, r, f"{round(value, 1) + 0:.1f}", ha="center", va="center", fontsize=7)
    axis.set_title(name, loc="center", fontsize=9)
    axis.axis("off")
show(
    figure,
    alt="Left: the distance from the teacher's kernel over 300 steps falls to zero for noise and "
    "for digits of 8×8, and stays clearly above zero for the photo and the enlarged digits. "
    "Right: the teacher's kernel and the four pupils'; those of digits and of noise equal the "
    "teacher's, the others have the same left-to-right pattern with other numbers.",
)

# %% tags=["headline"]
off = {name: f"{kernel_error(kernel):.0%} from" for name, kernel in pupils.items()}
print(
    f"an edge kernel, learned in 300 steps, is off by {off['photo']} a photo, {off['digits']} "
    f"digits of 8×8, {off['enlarged']} the same digits enlarged, {off['noise']} noise"
)

# %% [markdown]
# **Explain.** Surprising: from noise, where there is nothing to see, the pupil has learned the
# Sobel kernel exactly. From 2,304 windows of digits it has, too. The enlarged digits have 43,264
# windows of the same strokes, and their pupil draws nearly perfect maps *of enlarged digits* with a
# kernel that is still 24 % off. And the photo's pupil draws the worst maps. Why?
#
# Look at the enlarged digits' pupil: the left column is about −1.2, −1.6, −1.3 instead of
# −1, −2, −1. Add it up, and it is right:

# %%
column_sums = pupils["enlarged"].sum(axis=0)
np.testing.assert_allclose(column_sums, [-4, 0, 4], atol=0.1)
column_sums.round(1)

# %% [markdown]
# To enlarge a picture, the computer draws straight lines from each old pixel to the next. On a
# straight line the middle one of three pixels is the mean of its two neighbours. There the kernel
# may take weight from its middle row and give half of it to the row above, half to the row below:
# the maps do not change at all. How many windows are like that?


# %%
def share_on_a_line(pictures):
    """Return the share of windows, empty ones left out, whose middle row is the others' mean."""
    X = windows(pictures, (3, 3))[..., 0].reshape(-1, 3, 3)
    X = X[np.ptp(X, axis=(1, 2)) > 0.001]  # not all nine pixels alike
    return np.isclose(X[:, 1], (X[:, 0] + X[:, 2]) / 2, atol=1e-5).all(axis=1).mean()


print("digits:  ", expect(share_on_a_line(lessons["digits"]), ".1%", at_most=0.03))
print("enlarged:", expect(share_on_a_line(lessons["enlarged"]), ".1%", at_least=0.5))

# %% [markdown]
# More than half of the enlarged digits' windows cannot tell these kernels apart, the others hardly.
# So the gradient in this direction is tiny: the pupil is not at another goal, it is on its way to
# the same one, and hardly moves. **Enlarging adds pixels, but no information**: what can be
# computed from its neighbours teaches nothing new. In noise every pixel varies by itself, so every
# weight matters.
#
# More steps? And what about digits that were scanned finely, and never enlarged? Those of
# `mnist_5k` were.

# %%
lessons["MNIST"] = load("mnist_5k").X_train[:64]
print(f"kernel off by{'300 steps':>12}{'3,000 steps':>13}")
for name, pictures in lessons.items():
    path = learn_kernel(pictures, vertical_edges, 3000)
    print(f"{name:13}{kernel_error(path[300]):12.1%}{kernel_error(path[3000]):13.1%}")

# %% [markdown]
# With ten times the steps the photo's pupil is there, and that of the enlarged digits still on its
# way; MNIST's pupil was close after 300. How uneven such a landscape is, has a name: the
# **condition number**, the largest eigenvalue of $P^\top P$ divided by the smallest. It compares
# what the pictures say about the best-known combination of the nine weights with what they say
# about the least-known one; 1 is perfectly even.


# %%
def condition_number(pictures):
    """Return how unevenly the pictures inform about the nine weights."""
    P = windows(pictures, (3, 3)).reshape(-1, 9).astype("float64")
    eigenvalues = np.linalg.eigvalsh(P.T @ P)
    return eigenvalues.max() / eigenvalues.min()


for name, pictures in lessons.items():
    as_it_is = condition_number(pictures)
    centred = condition_number(pictures - pictures.mean())
    print(f"{name:8} {as_it_is:8,.1f} as it is {centred:10,.1f} with its mean subtracted")

# %% [markdown]
# The first column sorts the pupils as the table above does. The second gives away why the photo's
# pupil was slow: a photo is bright everywhere. All nine weights *together* answer to brightness,
# this direction is by far the steepest, and it dictates a short step for all others. The remedy is
# simple: subtract the mean brightness first. (The teacher's weights add up to 0, so its maps stay
# the same.) For the enlarged digits this hardly helps: their pixels still say next to nothing
# about some combinations.

# %%
photo_centred = lessons["photo"] - lessons["photo"].mean()
pupil_centred = learn_kernel(photo_centred, vertical_edges)[-1]
print("kernel off by, after 300 steps with")
print("  the photo as it is:      ", expect(kernel_error(pupils["photo"]), ".1%", at_least=0.2))
print("  the photo minus its mean:", expect(kernel_error(pupil_centred), ".1%", at_most=0.1))

# %% [markdown]
# That is why chapter 03 standardises pictures, and one reason why chapter 06 needs better methods
# than plain gradient descent.
#
# One lesson more. After 300 steps the enlarged digits' pupil looked nearly perfect on enlarged
# digits. What if it must draw the edges of something else?

# %%
maps_off = {name: map_error(pupils["enlarged"], lessons[name]) for name in lessons}
print("maps off by, on enlarged digits: ", expect(maps_off["enlarged"], ".1%", at_most=0.05))
print("on the same digits of 8×8 pixels:", expect(maps_off["digits"], ".1%", at_least=0.06))
print("on noise:                        ", expect(maps_off["noise"], ".1%", at_least=0.2))

# %% [markdown]
# **A small error on pictures like those it learned from does not mean that it has learned the
# rule.** On other pictures the hidden difference shows. Chapter 10 meets this again.
#
# ## Exercises
#
# Write each answer in the cell with `# YOUR CODE HERE` (delete the line with
# `NotImplementedError`), run it, then run the check below it. Open the hints one after the other,
# only as far as you need them.

# %% [markdown]
# ### Exercise 4.1 · One value, with everything
#
# Write `one_value(X, W, b, row, column, stride)`: the value at (`row`, `column`) of the feature
# map $f(W \ast X + b)$ with $f$ = ReLU, for one picture `X` of shape (height, width) and one
# kernel `W` of shape (kernel_height, kernel_width). No padding. The kernel need not be square.
#
# <details><summary>Hint 1</summary>
#
# At which pixel does the window start when the stride is 2 and you want row 3 of the feature map?
# Draw it.
# </details>
#
# <details><summary>Hint 2</summary>
#
# Slice the window out of `X`, multiply it by `W` (element by element), `np.sum`. Then the bias,
# then ReLU.
# </details>
#
# <details><summary>Hint 3</summary>
#
# The window's rows are `X[row * stride : row * stride + kernel_height]`.
# </details>


# %% tags=["wrong-answer"]
# Moves the window by one pixel, whatever the stride.
def one_value(X, W, b, row, column, stride):
    height, width = W.shape
    window = X[row : row + height, column : column + width]
    return max(0.0, np.sum(W * window) + b)


# %% tags=["wrong-answer"]
# Applies ReLU too early: before the bias.
def one_value(X, W, b, row, column, stride):
    height, width = W.shape
    top, left = row * stride, column * stride
    window = X[top : top + height, left : left + width]
    return max(0.0, np.sum(W * window)) + b


# %% tags=["wrong-answer"]
# Leaves the activation function out.
def one_value(X, W, b, row, column, stride):
    height, width = W.shape
    top, left = row * stride, column * stride
    return np.sum(W * X[top : top + height, left : left + width]) + b


# %%
def one_value(X, W, b, row, column, stride):
    """Return the feature map's value at (row, column), after ReLU: one number."""
    ### BEGIN SOLUTION
    height, width = W.shape
    top, left = row * stride, column * stride
    window = X[top : top + height, left : left + width]
    return max(0.0, np.sum(W * window) + b)
    ### END SOLUTION


# %%
X_check = np.array([[1.0, 2, 0, 1, 3], [0, 1, 3, 2, 2], [2, 1, 1, 0, 4], [3, 0, 2, 1, 1]])
W_check = np.array([[1.0, -1], [2, 0]])

with check("Exercise 4.1"):
    assert one_value(X_check, W_check, 0.5, 0, 1, 1) == 4.5, (
        "at stride 1, place (0, 1), the pencil example of section 1 gives 4.5"
    )
    assert one_value(X_check, W_check, 0.5, 1, 1, 2) == 5.5, (
        "at stride 2, where does the window of place (1, 1) start?"
    )
    assert one_value(X_check, W_check, -9.0, 0, 1, 1) == 0.0, (
        "sum 4 and bias -9 make -5; what does ReLU make of that, and in which order?"
    )
    assert one_value(X_check, np.ones((1, 3)), 0.0, 2, 0, 1) == 4.0, (
        "a kernel of 1×3 must work as well: take both sizes from W.shape"
    )

# %% [markdown] tags=["why"]
# **Why.** The order of the formula is the order of the work: $W \ast X$ at the window's place (row
# × stride), then $+\,b$, then $f$. ReLU before the bias would let negative values through whenever
# $b < 0$.

# %% [markdown]
# ### Exercise 4.2 · Padding that keeps the size
#
# Write `same_padding(kernel_size, dilation=1)`: how many zeros are needed on *each* side so that,
# at stride 1, the feature map is as large as the picture? Where no such whole number exists, raise
# a `ValueError` with a message. (Keras' "same" would put one zero more on one side; here both
# sides are equal.)
#
# <details><summary>Hint 1</summary>
#
# Put stride 1 and output = size into the formula of section 4 and solve for $p$.
# </details>
#
# <details><summary>Hint 2</summary>
#
# $2p = d(K-1)$. What if the right side is odd?
# </details>


# %% tags=["wrong-answer"]
# Gives the zeros of both sides together.
def same_padding(kernel_size, dilation=1):
    return dilation * (kernel_size - 1)


# %% tags=["wrong-answer"]
# Right without dilation, wrong with it.
def same_padding(kernel_size, dilation=1):
    if kernel_size % 2 == 0:
        raise ValueError("an even kernel has no middle")
    return kernel_size // 2


# %% tags=["wrong-answer"]
# Rounds silently where no padding fits.
def same_padding(kernel_size, dilation=1):
    return dilation * (kernel_size - 1) // 2


# %%
def same_padding(kernel_size, dilation=1):
    """Return the zeros on each side that keep the size at stride 1: an int."""
    ### BEGIN SOLUTION
    missing = dilation * (kernel_size - 1)
    if missing % 2:
        raise ValueError(f"{missing} missing pixels cannot be shared equally between two sides")
    return missing // 2
    ### END SOLUTION


# %%
with check("Exercise 4.2"):
    assert same_padding(3) == 1, "a 3×3 kernel loses 2 pixels per axis: how many is that per side?"
    assert same_padding(1) == 0 and same_padding(7) == 3, "try kernel sizes 1 and 7 with a pencil"
    assert same_padding(3, dilation=2) == 2, "with dilation the kernel spans more pixels"
    assert isinstance(same_padding(5), (int, np.integer)), "pixels are counted: return an int"
    for impossible in ((4, 1), (2, 3), (6, 1)):
        try:
            same_padding(*impossible)
        except ValueError as error:
            assert str(error), "give the ValueError a message that says what is wrong"
        else:
            raise AssertionError("can two sides share an odd number of zeros equally?")
    try:
        assert same_padding(2, dilation=2) == 1, "a kernel of 2 with dilation 2 spans 3 pixels"
    except ValueError:
        raise AssertionError(
            "a kernel of 2 with dilation 2 has a solution: it spans 3 pixels"
        ) from None

# %% [markdown] tags=["why"]
# **Why.** The feature map loses $d(K-1)$ pixels, half of them on each side. That is why nearly all
# kernels have an odd size: 3, 5, 7.

# %% [markdown]
# ### Exercise 4.3 · What does a layer cost?
#
# Write `conv_cost(input_shape, kernel_size, filters)` that returns the pair (parameters,
# multiplications) of a convolution with square kernels, stride 1, no padding, with bias.
# `input_shape` is (height, width, channels).
#
# <details><summary>Hint 1</summary>
#
# Section 6 counts an example. Which numbers change when the picture has 3 channels?
# </details>
#
# <details><summary>Hint 2</summary>
#
# Weights of one filter: `kernel_size ** 2 * channels`. How many values does the layer write?
# </details>


# %% tags=["wrong-answer"]
# Forgets that a filter has a kernel for each channel.
def conv_cost(input_shape, kernel_size, filters):
    height, width, channels = input_shape
    places = (height - kernel_size + 1) * (width - kernel_size + 1)
    return (kernel_size**2 + 1) * filters, kernel_size**2 * filters * places


# %% tags=["wrong-answer"]
# Forgets the biases.
def conv_cost(input_shape, kernel_size, filters):
    height, width, channels = input_shape
    weights = kernel_size**2 * channels * filters
    return weights, weights * (height - kernel_size + 1) * (width - kernel_size + 1)


# %% tags=["wrong-answer"]
# Counts the places of the picture, not those of the feature map.
def conv_cost(input_shape, kernel_size, filters):
    height, width, channels = input_shape
    weights = kernel_size**2 * channels * filters
    return weights + filters, weights * height * width


# %%
def conv_cost(input_shape, kernel_size, filters):
    """Return (parameters, multiplications): two ints."""
    ### BEGIN SOLUTION
    height, width, channels = input_shape
    weights = kernel_size**2 * channels * filters
    places = output_size(height, kernel_size) * output_size(width, kernel_size)
    return weights + filters, weights * places
    ### END SOLUTION


# %%
with check("Exercise 4.3"):
    parameters, multiplications = conv_cost((28, 28, 1), 3, 32)
    assert parameters == 320, "section 6: 320 parameters; does each filter have its bias?"
    assert multiplications == 194_688, "each of the 26×26×32 output values costs 9 multiplications"
    parameters, multiplications = conv_cost((13, 13, 32), 3, 64)
    layer_check = keras.layers.Conv2D(64, 3)
    layer_check.build((None, 13, 13, 32))
    assert parameters == layer_check.count_params(), (
        "on 32 channels Keras counts more: how many weights has one filter?"
    )
    assert multiplications == 9 * 32 * 11 * 11 * 64, (
        "multiplications on (13, 13, 32): all channels?"
    )
    pair_check = tuple(conv_cost((5, 9, 2), 5, 1))  # a list will do
    assert pair_check == (51, 250), "a picture of 5×9: height and width differ"

# %% [markdown] tags=["why"]
# **Why.** The parameters do not depend on the size of the picture, the multiplications do. The
# second layer of chapter 07's network has 18,496 parameters and needs 2,230,272 multiplications,
# eleven times as many as the first.

# %% [markdown]
# ### Exercise 4.4 · A kernel that moves the picture
#
# Write `shift_right_kernel(pixels)`: a square kernel (a NumPy array of odd size) that, with
# padding that keeps the size, moves the picture to the *right* by `pixels` (0 or more). Nothing
# else may change.
#
# <details><summary>Hint 1</summary>
#
# Which kernel changes nothing at all? Where is its only 1?
# </details>
#
# <details><summary>Hint 2</summary>
#
# After a move to the right, the value at column $c$ is the one that stood at column $c - 1$. Where
# in the window is that?
# </details>
#
# <details><summary>Hint 3</summary>
#
# To reach `pixels` columns away from the middle, the kernel needs the size `2 * pixels + 1`.
# </details>


# %% tags=["wrong-answer"]
# Puts the 1 on the right, as one would for a convolution with the flip.
def shift_right_kernel(pixels):
    kernel = np.zeros((2 * pixels + 1, 2 * pixels + 1))
    kernel[pixels, -1] = 1
    return kernel


# %% tags=["wrong-answer"]
# Always moves by one pixel.
def shift_right_kernel(pixels):
    kernel = np.zeros((3, 3))
    kernel[1, 0] = 1
    return kernel


# %%
def shift_right_kernel(pixels):
    """Return a kernel of shape (2 * pixels + 1, 2 * pixels + 1)."""
    ### BEGIN SOLUTION
    kernel = np.zeros((2 * pixels + 1, 2 * pixels + 1))
    kernel[pixels, 0] = 1
    return kernel
    ### END SOLUTION


# %%
with check("Exercise 4.4"):
    for pixels in (1, 0, 3):
        kernel = np.asarray(shift_right_kernel(pixels))
        assert kernel.ndim == 2 and kernel.shape[0] == kernel.shape[1] and len(kernel) % 2 == 1, (
            "return a square array of odd size"
        )
        padding = len(kernel) // 2
        moved = convolve(small_photo, kernel[..., np.newaxis, np.newaxis], padding=padding)
        inside = np.s_[0, 3:-3, 3:-3, 0]
        to_the_left = np.roll(small_photo, -pixels, axis=2)
        assert pixels == 0 or not np.allclose(moved[inside], to_the_left[inside]), (
            "this moves the picture to the left: from which side must the window fetch the value?"
        )
        expected = np.roll(small_photo, pixels, axis=2)
        assert np.allclose(moved[inside], expected[inside]), (
            f"with pixels={pixels} the picture must move to the right by {pixels}, nothing else"
        )

# %% [markdown] tags=["why"]
# **Why.** The window fetches what lies *under its 1*. To bring the left neighbour to the middle,
# the 1 stands on the left: the picture moves against the direction in which you look. With the
# flip of section 2 it would be the other way round.

# %% [markdown]
# ### Exercise 4.5 · Nine weights for the price of six
#
# The edge kernel is a product of a column and a row (section 8); such a kernel is a **separable
# kernel**. Write `convolve_separable(X, column, row)`: convolve the picture `X` (height, width)
# with the column, then the result with the row, and return the feature map (no padding). Use
# `convolve` twice.
#
# <details><summary>Hint 1</summary>
#
# `convolve` wants 4 axes: a picture of shape (1, height, width, 1), a column kernel of shape
# (kernel_height, 1, 1, 1).
# </details>
#
# <details><summary>Hint 2</summary>
#
# `X[np.newaxis, ..., np.newaxis]` adds the two axes to the picture, `column.reshape(-1, 1, 1, 1)`
# makes the kernel. For the row the -1 stands elsewhere. At the end take the two axes off again.
# </details>


# %% tags=["wrong-answer"]
# Adds the two feature maps where one must pass through the other.
def convolve_separable(X, column, row):
    X = X[np.newaxis, ..., np.newaxis]
    by_column = convolve(X, column.reshape(-1, 1, 1, 1))[0, :, 1:-1, 0]
    return by_column + convolve(X, row.reshape(1, -1, 1, 1))[0, 1:-1, :, 0]


# %% tags=["wrong-answer"]
# Lets both kernels lie in the same direction.
def convolve_separable(X, column, row):
    X = X[np.newaxis, ..., np.newaxis]
    Y = convolve(convolve(X, column.reshape(-1, 1, 1, 1)), row.reshape(-1, 1, 1, 1))
    return Y[0, :, :, 0]


# %% tags=["wrong-answer"]
# Forgets to take the two extra axes off again.
def convolve_separable(X, column, row):
    X = X[np.newaxis, ..., np.newaxis]
    return convolve(convolve(X, column.reshape(-1, 1, 1, 1)), row.reshape(1, -1, 1, 1))


# %%
def convolve_separable(X, column, row):
    """Return the feature map of np.outer(column, row), computed in two passes."""
    ### BEGIN SOLUTION
    X = X[np.newaxis, ..., np.newaxis]
    Y = convolve(convolve(X, column.reshape(-1, 1, 1, 1)), row.reshape(1, -1, 1, 1))
    return Y[0, :, :, 0]
    ### END SOLUTION


# %%
pictures_check = [photo, np.array([[1.0, 2, 0, 4], [0, 1, 3, 5], [2, 6, 1, 1]])]
sobel_check = [np.array([1.0, 2, 1]), np.array([-1.0, 0, 1])]
long_check = [np.array([1.0, 0, 2]), np.array([3.0, 1])]
tiny_check, huge_check = np.full((2, 3), 1e-200), np.array([1e200])

with check("Exercise 4.5"):
    for X_check in pictures_check:
        for column_check, row_check in (sobel_check, long_check):
            expected = signal.correlate2d(X_check, np.outer(column_check, row_check), mode="valid")
            result = convolve_separable(X_check, column_check, row_check)
            assert np.ndim(result) == 2, (
                "the feature map must have two axes again: height and width"
            )
            assert np.shape(result) == expected.shape, (
                f"a picture of {X_check.shape}, a column of {len(column_check)} and a row of "
                f"{len(row_check)} make a map of {expected.shape}, yours is {np.shape(result)}"
            )
            assert np.allclose(result, expected), "the row must work on what the column has made"
    assert np.allclose(convolve_separable(tiny_check, huge_check, huge_check), 1e200, rtol=1e-6), (
        "one pass with np.outer is not the task (and 1e200 · 1e200 is too large for it): first "
        "the column, then the row on its result"
    )

# %% [markdown] tags=["why"]
# **Why.** Two passes cost $K + K$ multiplications for each value, one pass with the full kernel
# costs $K^2$: 6 against 9 for $K = 3$, but 30 against 225 for $K = 15$. Chapter 15 meets the
# learned cousin of this trick, the depthwise-separable convolution.

# %% [markdown]
# ### Exercise 4.6 · Is this kernel separable? (for readers who know some linear algebra)
#
# Write `separate(W)`: given a separable kernel, return a pair (column, row) with `np.outer(column,
# row)` equal to `W`; if `W` is not separable, raise a `ValueError` with a message.
#
# <details><summary>Hint 1</summary>
#
# In a separable kernel all rows are multiples of one row: its rank is 1.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `np.linalg.svd` finds the best product of a column and a row for any matrix: with `U,
# singular_values, Vh = np.linalg.svd(W)` it is the first column of `U`, times the first singular
# value, and the first row of `Vh`.
# </details>
#
# <details><summary>Hint 3</summary>
#
# `np.linalg.matrix_rank(W)` says whether that product is exact.
# </details>


# %% tags=["wrong-answer"]
# Takes the first column and the first row as they are: right only if the corner is 1.
def separate(W):
    return W[:, 0], W[0]


# %% tags=["wrong-answer"]
# Divides by the corner, which may be 0.
def separate(W):
    if W[0, 0] == 0 or np.linalg.matrix_rank(W) > 1:
        raise ValueError("not separable")
    return W[:, 0], W[0] / W[0, 0]


# %% tags=["wrong-answer"]
# Gives an approximation where no exact answer exists, and says nothing.
def separate(W):
    U, singular_values, Vh = np.linalg.svd(W)
    return U[:, 0] * singular_values[0], Vh[0]


# %%
def separate(W):
    """Return (column, row), two arrays whose outer product is W."""
    ### BEGIN SOLUTION
    if np.linalg.matrix_rank(W) > 1:
        raise ValueError("this kernel is not the product of one column and one row")
    U, singular_values, Vh = np.linalg.svd(W)
    return U[:, 0] * singular_values[0], Vh[0]
    ### END SOLUTION


# %%
empty_corner = np.array([[0.0, 0, 0], [0, 1, 2], [0, -1, -2]])
products_check = [
    vertical_edges.astype("float64"),
    np.full((5, 5), 1 / 25),
    empty_corner,
    np.ones((2, 4)),
]
others_check = [np.eye(3), np.diag([1.0, 1, 0]), 0.01 * np.eye(3)]

with check("Exercise 4.6"):
    for W_check in products_check:
        try:
            column_check, row_check = separate(W_check)
        except ValueError as error:
            if "read-only" in str(error):  # the answer writes into its input: check says so
                raise
            raise AssertionError(
                f"a kernel of {W_check.shape} with the corner {W_check[0, 0]:g} is separable, but "
                f"it was refused: {error}"
            ) from None
        assert np.allclose(np.outer(column_check, row_check), W_check), (
            "np.outer(column, row) is not the kernel: compare the two for a kernel of your own"
        )
    for W_check in others_check:
        try:
            separate(W_check)
        except ValueError as error:
            assert str(error), "give the ValueError a message that says what is wrong"
        else:
            raise AssertionError("no product of a column and a row gives this kernel: say so")

# %% [markdown] tags=["why"]
# **Why.** A matrix is the product of one column and one row exactly when its rank is 1, and the
# singular value decomposition finds that product without dividing by anything that may be 0.

# %% [markdown]
# ## Quiz

# %%
quiz("04")

# %% [markdown]
# ## Key points
#
# - A convolution slides one small kernel over the whole picture: $y = f(W \ast X + b)$; at each
#   place one sum of products, then the bias, then the activation function.
# - Output size along an axis: $\lfloor (\text{size} + 2p - d(K-1) - 1)/s \rfloor + 1$.
# - Local connections and shared weights: 320 parameters where a dense layer would need 16,981,120.
# - A convolution is translation equivariant; strides and pooling keep this only for multiples of
#   their step.
# - Kernels can be learned from examples; how fast each weight is learned depends on the pictures.
#   An enlarged picture teaches no more than the small one, and more slowly.
#
# ## Glossary
#
# - **activation function**: the function $f$ after the weighted sum, applied to each value;
#   without it, stacked layers would amount to a single one. Others say: *nonlinearity*.
# - **bias**: the number $b$ that a neuron or filter adds to its weighted sum; learned. Others say:
#   *offset*, *intercept*. (Not the bias of bias and variance, nor unfairness.)
# - **channel**: one of the values that a pixel holds: red, green and blue of a colour picture, or
#   one of the feature maps in deeper layers.
# - **condition number**: the largest eigenvalue of a problem divided by the smallest; large means
#   that plain gradient descent is slow.
# - **convolution**: sliding a kernel over a picture and taking a sum of products at each place; in
#   deep learning without flipping the kernel.
# - **cross-correlation**: the name in signal processing for what deep learning calls convolution:
#   the kernel slides without a flip.
# - **dilation**: the distance between neighbouring weights of a kernel, in pixels. Others say:
#   *atrous convolution*.
# - **equivariance**: if the input moves, the output moves along.
# - **feature map**: what one filter writes, a picture of where it found what it looks for. Others
#   say: *activation map*.
# - **filter**: the kernels over all input channels that together give one feature map. Others say
#   *kernel* for the filter, too.
# - **invariance**: if the input moves, the output stays the same.
# - **kernel**: the small table of weights that slides over the picture.
# - **neuron**: a weighted sum of inputs plus a bias, followed by an activation function. Others say:
#   *unit*.
# - **padding**: a margin of zeros round the picture. Others say: *zero padding*.
# - **pooling**: taking the largest value or the mean of each window, to make feature maps smaller.
#   Others say: *subsampling*.
# - **receptive field**: the part of the picture that one value depends on. Others say: *field of
#   view*.
# - **ReLU**: rectified linear unit, the activation function $f(z) = \max(0, z)$. Others say:
#   *rectifier*.
# - **separable kernel**: a kernel that is the product of a column and a row.
# - **stride**: the step of the window, in pixels.
# - **weight**: a number by which an input is multiplied; learned. Others say: *coefficient*.
# - **weight sharing**: the same weights are used at all places. Others say: *parameter sharing*.
#
# ## Further reading
#
# - Yann LeCun, Léon Bottou, Yoshua Bengio, Patrick Haffner: *Gradient-based learning applied to
#   document recognition*. Proceedings of the IEEE 86(11), 1998. LeNet-5, a network that read
#   cheques.
# - Ian Goodfellow, Yoshua Bengio, Aaron Courville: *Deep Learning*, chapter 9. MIT Press, 2016.
#   The mathematics at length.
# - Vincent Dumoulin, Francesco Visin: *A guide to convolution arithmetic for deep learning*.
#   arXiv:1603.07285, 2016. Padding, stride and dilation, with drawings.
# - André Araujo, Wade Norris, Jack Sim: *Computing receptive fields of convolutional neural
#   networks*. Distill, 2019.
# - Aharon Azulay, Yair Weiss: *Why do deep convolutional networks generalize so poorly to small
#   image transformations?* Journal of Machine Learning Research 20(184), 2019.
# - Irwin Sobel, Gary Feldman: *A 3×3 isotropic gradient operator for image processing*. Talk at
#   the Stanford Artificial Intelligence Project, 1968.
#
# ## Go further
#
# In section 11, give the pupil MNIST's own digits: in the cell about more steps, change
# `load("mnist_5k")` to `load("mnist")` (chapter 00 says how to have it). We
# measured: condition number 254, and after 300 steps the kernel is off by 2.2 %, the edge maps by
# 0.5 %. *Why do these numbers lie between those of our digits of 8×8 and of the enlarged ones?*
#
# Next: chapter 05 runs all this backwards, and finds the gradient of every layer.
