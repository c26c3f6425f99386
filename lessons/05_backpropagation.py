# %% [markdown]
# # 05 · Derive every gradient: backpropagation by hand, in NumPy, in Keras
#
# A network reads a digit wrongly. Which of its thousands of weights is to blame, and by how much
# should each one change? **Backpropagation** answers for all of them at once, in about the time
# of three readings of the picture. It is nothing but the chain rule of school calculus, applied
# from the last layer back to the first. In this chapter you derive it for every layer of a
# convolutional network, and at the end a network that you wrote in NumPy learns to read digits.
#
# **You will learn to**
#
# - compute all gradients of a small network with a pencil;
# - derive the backward pass of a dense layer, ReLU, softmax with cross-entropy, a convolution
#   and max-pooling, and write each in about five lines of NumPy;
# - prove a gradient right with finite differences, and know how exact that proof can be;
# - train a whole convolutional network in NumPy, and show that it takes the same step as Keras;
# - find a bug in a backward pass, even when the network seems to learn well.
#
# **You need** chapter 04, and from school: derivatives of $x^2$, $e^x$ and
# $\ln x$.
#
# **Time:** about 280 minutes to read and do, under 1 minute of computing.
#
# | | minutes | |
# | --- | --- | --- |
# | sections 1 and 2: the loss, the derivative | 30 | core |
# | section 3: the chain rule with a pencil | 30 | core |
# | section 4: one layer at a time | 35 | the core: the dense layer and ReLU |
# | section 5: softmax with cross-entropy | 20 | may be left out at first |
# | sections 6 and 7: convolution, max-pooling | 45 | may be left out at first |
# | sections 8 and 9: the whole network, its training | 30 | may be left out at first |
# | section 10: the experiment | 25 | may be left out at first |
# | exercises and quiz | 65 | the core: Exercise 5.1 |
#
# The core takes about 95 minutes. Run the cells of every section, also where you skip the text: later
# ones use them. After section 4, section 7 and section 9 are good places for a break.

# %%
from utils.runtime import start  # not found? Get the whole course and run make lab in its folder

start()

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from keras import layers

from utils.claims import expect
from utils.datasets import load
from utils.exercises import check, quiz
from utils.plots import draw_image, show

# %% [markdown]
# ## Look first
#
# A small Keras network learns digits for a moment. Then we ask for each pixel of four digits:
# *if this pixel were a little brighter, how much more wrong would the network be?* The answer is
# one number for each pixel, and so it is a picture again. (You need not understand the next two
# cells yet: what `from_logits` and `GradientTape` mean is told in sections 5 and 3.)

# %%
data = load("digits")
keras_network = keras.Sequential(
    [keras.Input((28, 28, 1)), layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D()]
    + [layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D()]
    + [layers.Flatten(), layers.Dense(10)]
)
wrongness = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
keras_network.compile(keras.optimizers.SGD(0.1), wrongness)
_ = keras_network.fit(data.X_train, data.y_train, epochs=3, verbose=0)

# %%
four = [int(np.argmax(data.y_test == digit)) for digit in (0, 2, 3, 7)]
pictures = tf.constant(data.X_test[four])
with tf.GradientTape() as tape:
    tape.watch(pictures)
    loss = wrongness(data.y_test[four], keras_network(pictures))
picture_gradients = tape.gradient(loss, pictures).numpy()  # (4, 28, 28, 1), as the pictures

figure, axes = plt.subplots(2, 4, figsize=(6.4, 3.4))
for column, (picture, slopes) in enumerate(zip(pictures.numpy(), picture_gradients[..., 0])):
    draw_image(axes[0, column], picture)
    limit = np.abs(slopes).max()
    axes[1, column].imshow(slopes, cmap="RdBu", vmin=-limit, vmax=limit)
    axes[1, column].set_xticks([])
    axes[1, column].set_yticks([])
    axes[1, column].spines[:].set(visible=True, color="0.6", linewidth=0.8)
title = "What it sees, and where a little more brightness changes the loss"
figure.suptitle(title)
show(
    figure,
    alt="Above, four handwritten digits: 0, 2, 3 and 7. Below each a map of blue and red spots "
    "that lie on and beside the strokes, and white where nothing is.",
)

# %% [markdown]
# Blue: a little brighter makes it more wrong. Red: a little brighter makes it less wrong. White: a
# little more changes next to nothing here (a lot more still may). Nobody told the network where the
# strokes are. This map is a **gradient**. A network learns from exactly such numbers: not for its
# pixels, but for its *weights*. Keras computed this one with `tf.GradientTape`. At the end of
# section 9 you compute such a map yourself, with no library but NumPy.
#
# ## 1 · How wrong? The loss
#
# To learn, a network needs to know how wrong it is: one number, large when it is badly wrong, near
# 0 when it is right. This number is the **loss** $L$. To learn is to make the loss small.
#
# Two losses occur in this chapter.
#
# - When the answer is a number $y$ and the right answer is $t$: the **squared error**
#   $L = (y - t)^2$. By hand: answer 6, right 4, loss $(6-4)^2 = 4$.
# - When the answer is a probability for each class: the **cross-entropy** $L = -\ln p$, where $p$
#   is the probability that the network gave to the *right* class, and $\ln$ is the natural
#   logarithm (in NumPy: `np.log`). By hand: $p = 1$ gives $-\ln 1 = 0$. A network that only guesses
#   among ten classes gives $p = 0.1$, and its loss is $-\ln 0.1 = 2.303$. One that is nearly sure of
#   a wrong answer gives the right one only $p = 0.001$, say: loss $6.908$.

# %%
answers = np.array([[0.9, 0.05, 0.05], [0.2, 0.7, 0.1]])  # two pictures, three classes
labels = np.array([0, 2])  # the right classes
right = answers[[0, 1], labels]  # the probabilities of the right classes: 0.9 and 0.1
by_hand = -np.log(right)

assert round(-np.log(0.1), 3) == 2.303 and round(-np.log(0.001), 3) == 6.908
by_keras = keras.losses.sparse_categorical_crossentropy(labels, answers)
np.testing.assert_allclose(by_hand, by_keras, rtol=1e-6)
by_hand.round(3)

# %% [markdown]
# ## 2 · Which way is down? The derivative
#
# A weight $w$ can be turned up or down. What does the loss do? The **derivative** tells: if $w$
# grows by a tiny $\varepsilon$, then $L$ grows by about $\frac{dL}{dw} \cdot \varepsilon$. A
# derivative of 12 means "twelve times as much"; −3 means "three times as much, downwards".
#
# This gives a recipe that needs no calculus at all: *nudge and look*. Make $w$ a little larger,
# then a little smaller, and see how far the loss moves:
#
# $$\frac{dL}{dw} \approx \frac{L(w + \varepsilon) - L(w - \varepsilon)}{2 \varepsilon}$$
#
# This is a **finite difference**. **By hand** for $L(w) = w^3$ (school: the derivative is $3w^2$):
#
# $$\frac{(w+\varepsilon)^3 - (w-\varepsilon)^3}{2\varepsilon} = \frac{6 w^2 \varepsilon + 2 \varepsilon^3}{2 \varepsilon} = 3 w^2 + \varepsilon^2$$
#
# Right, but for the error $\varepsilon^2$. With a nudge on one side only, it is larger:
#
# $$\frac{(w+\varepsilon)^3 - w^3}{\varepsilon} = \frac{3 w^2 \varepsilon + 3 w \varepsilon^2 + \varepsilon^3}{\varepsilon} = 3 w^2 + 3 w \varepsilon + \varepsilon^2$$
#
# For $w = 2$ and $\varepsilon = 0.1$: two sides give $12.01$, one side gives $12.61$; right is 12.


# %%
def cube(w):
    """Return w³."""
    return w * w * w


two_sides = (cube(2.1) - cube(1.9)) / 0.2
one_side = (cube(2.1) - cube(2.0)) / 0.1
assert round(two_sides, 10) == 12.01 and round(one_side, 10) == 12.61
print(f"two sides {two_sides:.2f}, one side {one_side:.2f}")

# %% [markdown]
# So take $\varepsilon$ as small as possible? Guess, then look: the error for steps from 1 down to
# $10^{-15}$.

# %%
steps = np.logspace(0, -15, 61)


def step_errors(one_sided, dtype):
    """Return the relative error of the finite difference of w³ at w = 1.7, for each step."""
    w, true = dtype(1.7), 3 * 1.7**2
    errors = []
    for step in steps.astype(dtype):
        below, width = (w, step) if one_sided else (w - step, 2 * step)
        errors.append(abs((cube(w + step) - cube(below)) / width - true) / true)
    return np.array(errors, dtype="float64")


curves = {
    "one side, float64": step_errors(True, np.float64),
    "two sides, float64": step_errors(False, np.float64),
    "two sides, float32": step_errors(False, np.float32),
}

# %%
figure, axis = plt.subplots(figsize=(7, 3.4))
for (name, errors), style in zip(curves.items(), ("--", "-", ":")):
    axis.loglog(steps, np.maximum(errors, 1e-16), style, label=name)
axis.set(xlabel="step ε", ylabel="relative error", ylim=(1e-13, 10))
axis.set_title("The best step is neither large nor tiny")
axis.invert_xaxis()
axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
show(
    figure,
    alt="Relative error of the finite difference against the step from 1 to 1e-15, both axes "
    "logarithmic. Each of three curves is a V: it falls in a straight line, then rises in a "
    "ragged one. Two sides in float64 reach the lowest point at about 1e-5; one side is higher; "
    "float32 is far higher and turns at about 1e-2.",
)
near_best = (steps < 2e-5) & (steps > 5e-6)
assert curves["two sides, float64"][near_best].max() < 1e-9
assert curves["two sides, float64"][steps < 1e-13].max() > 1e-5  # tiny steps: worse again
single = curves["two sides, float32"]
assert np.mean(single > 1e-6) > 0.9  # nearly all steps are too inexact for a proof
assert np.all(single[steps < 1e-8] == 1)  # the flat top

# %% [markdown]
# Each curve is a V, made of two errors:
#
# - **Truncation error** (left arm): the $\varepsilon^2$ that we computed. A step ten times smaller
#   makes it 100 times smaller (one-sided: 10 times).
# - **Rounding error** (right arm): a float64 number has about 16 digits. $L(w+\varepsilon)$ and
#   $L(w-\varepsilon)$ agree in nearly all of them, and their difference keeps only the last,
#   unsure ones. Dividing by a smaller $\varepsilon$ makes this error *larger*: it grows like
#   $10^{-16}/\varepsilon$.
#
# The best compromise lies near $\varepsilon = 10^{-5}$, with an error far below a millionth. A
# float32 number has only 7 digits: there the errors lie near $10^{-5}$ even for good steps (a
# single deeper dip is luck), and for tiny steps the nudge is lost altogether: both values of $L$
# are equal, their difference is 0, and the error is 1, the flat top. **So we prove in
# float64, from two sides, with $\varepsilon = 10^{-5}$.** When formula and finite difference agree
# to a millionth ($10^{-6}$), the formula is right: a typical bug makes an error of a tenth, not of
# a millionth (section 10 measures it).
#
# The next cell does this for a whole array. It changes `values` in place, one number at a time,
# and calls `loss()` after each nudge. So `loss` takes no argument: it must read that same array.


# %%
def numerical_gradient(loss, values, step=1e-5):
    """Return how fast loss(), which must read `values`, grows with each of them; same shape."""
    gradient = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        kept = values[place]
        values[place] = kept + step
        above = loss()
        values[place] = kept - step
        below = loss()
        values[place] = kept  # as it was
        gradient[place] = (above - below) / (2 * step)
    return gradient


def relative_error(a, b):
    """Return the distance of two arrays, relative to their lengths: 0 equal, 1 opposite."""
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b) + 1e-300)


# Try it on w³ for w = 1 and w = 2: 3w² is 3 and 12.
w = np.array([1.0, 2.0])
numerical_gradient(lambda: np.sum(w**3), w).round(6)  # lambda: a function without a name

# %% [markdown]
# With several weights there is one derivative for each, written $\frac{\partial L}{\partial w_1}$,
# $\frac{\partial L}{\partial w_2}$, … (with a round ∂: "all the others are held still"). Together
# they are the **gradient**. It always has **the same shape as what it belongs to**: one number for
# each weight.
#
# Then why do we need anything else? Because of the price. Two forward passes for *each* weight:
# the small network of section 9 has 5,258 weights, so one gradient would cost 10,516 forward
# passes. Backpropagation gets it with one forward and one backward pass. Finite differences are
# for proofs.
#
# ## 3 · The chain rule with a pencil
#
# A gear turns a second gear three times as fast, and that one turns a third gear four times as
# fast. Then the third turns $3 \cdot 4 = 12$ times as fast as the first. That is the **chain
# rule**: *along a path, rates multiply.*
#
# $$L = f(h), \; h = g(w) \quad\Rightarrow\quad
# \frac{dL}{dw} = \frac{dL}{dh} \cdot \frac{dh}{dw}$$
#
# And when $w$ acts on $L$ along several paths, through $h_0$ and through $h_1$: *rates of
# different paths add up.*
#
# $$\frac{\partial L}{\partial w} =
# \frac{\partial L}{\partial h_0} \frac{\partial h_0}{\partial w} +
# \frac{\partial L}{\partial h_1} \frac{\partial h_1}{\partial w}$$
#
# This is all. The rest of the chapter is bookkeeping with these two sentences.
#
# ### A network with a 2×2 table of weights
#
# Two inputs, two hidden neurons with ReLU, one output, squared error. We count from 0, as NumPy
# does: $m$ and $k$ are 0 or 1.
#
# $$z_k = \sum_{m} x_m W_{m,k} + b_k \qquad h_k = \max(0, z_k) \qquad
# y = \sum_k h_k v_k \qquad L = (y - t)^2$$
#
# | symbol | meaning | shape | value here |
# | --- | --- | --- | --- |
# | $x$ | input, index $m$ | (2,) | $(1, 2)$ |
# | $W$ | weights, from input $m$ (row) to neuron $k$ (column) | (2, 2) | $\begin{pmatrix} 1 & 0 \\ 1 & -1 \end{pmatrix}$ |
# | $b$ | biases, index $k$ | (2,) | $(-1, 1)$ |
# | $v$ | weights of the output | (2,) | $(3, 2)$ |
# | $t$ | right answer | a number | $4$ |
#
# **Forward**, from left to right:
#
# $$z_0 = 1 \cdot 1 + 2 \cdot 1 - 1 = 2 \qquad z_1 = 1 \cdot 0 + 2 \cdot (-1) + 1 = -1$$
# $$h = (2, 0) \qquad y = 2 \cdot 3 + 0 \cdot 2 = 6 \qquad L = (6 - 4)^2 = 4$$
#
# **Backward**, from right to left. At each quantity we ask: how fast does $L$ grow with it?
#
# 1. $\frac{\partial L}{\partial y} = 2 (y - t) = 2 \cdot 2 = 4$.
# 2. $y$ grows $h_0$ times as fast as $v_0$. So
#    $\frac{\partial L}{\partial v_k} = \frac{\partial L}{\partial y} \, h_k$: $(4 \cdot 2, \; 4
#    \cdot 0) = (8, 0)$.
# 3. And $y$ grows $v_0$ times as fast as $h_0$. So $\frac{\partial L}{\partial h_k} =
#    \frac{\partial L}{\partial y} \, v_k$: $(4 \cdot 3, \; 4 \cdot 2) = (12, 8)$.
# 4. ReLU lets $z_0 = 2$ through unchanged (rate 1) and holds $z_1 = -1$ at zero (rate 0):
#    $\frac{\partial L}{\partial z} = (12 \cdot 1, \; 8 \cdot 0) = (12, 0)$.
# 5. $z_k$ grows as fast as $b_k$ (rate 1): $\frac{\partial L}{\partial b} = (12, 0)$.
# 6. $z_k$ grows $x_m$ times as fast as $W_{m,k}$: $\frac{\partial L}{\partial W_{m,k}} = x_m
#    \frac{\partial L}{\partial z_k}$: $\begin{pmatrix} 1 \cdot 12 & 1 \cdot 0 \\ 2 \cdot 12 & 2
#    \cdot 0 \end{pmatrix} = \begin{pmatrix} 12 & 0 \\ 24 & 0 \end{pmatrix}$.
# 7. $x_m$ acts along two paths, through $z_0$ and $z_1$; they add up: $\frac{\partial L}{\partial
#    x_m} = \sum_k W_{m,k} \frac{\partial L}{\partial z_k}$: $(1 \cdot 12 + 0 \cdot 0, \; 1 \cdot
#    12 - 1 \cdot 0) = (12, 12)$.
#
# Each line used the result of the line before. Nothing was computed twice: *that* is
# backpropagation (Rumelhart, Hinton and Williams 1986).

# %%
x, t = np.array([1.0, 2.0]), 4.0
W, b, v = np.array([[1.0, 0.0], [1.0, -1.0]]), np.array([-1.0, 1.0]), np.array([3.0, 2.0])


def small_network():
    """Return z, h, y and L of the forward pass."""
    z = x @ W + b
    h = np.maximum(0, z)
    y = h @ v
    return z, h, y, (y - t) ** 2


z, h, y, L = small_network()
z, h, float(y), float(L)

# %%
dy = 2 * (y - t)
dv = dy * h
dh = dy * v
dz = dh * (z > 0)  # True counts as 1, False as 0
db = dz
dW = np.outer(x, dz)  # every x[m] times every dz[k]
dx = W @ dz
print("dv", dv, "  dz", dz, "  dx", dx)
dW

# %% [markdown]
# A word on names: `dW` is short for $\frac{\partial L}{\partial W}$, the gradient of the loss with
# respect to `W`. It has the shape of `W`. Now the whole computation as a picture, a **computation
# graph**: each box holds a quantity, its value (blue, computed from left to right) and its
# gradient (red, computed from right to left).


# %%
def write(axis, place, text, height, colour, size=10):
    """Write a text `height` points above a place."""
    box = {"boxstyle": "square,pad=0.05", "facecolor": "white", "edgecolor": "none"}
    style = {"ha": "center", "va": "center", "color": colour, "fontsize": size, "bbox": box}
    axis.annotate(text, place, (0, height), textcoords="offset points", **style)


def draw_quantity(axis, place, name, value, gradient):
    """Draw a box with a quantity's name, its value and its gradient."""
    axis.plot(*place, "s", markersize=46, markerfacecolor="white", markeredgecolor="0.5")
    write(axis, place, name, 14, "black")
    write(axis, place, f"{value:g}", 0, "C0")
    write(axis, place, f"{gradient:g}", -14, "C3")


def draw_arrow(axis, start, end, label=None):
    """Draw an arrow from box to box, with its weight and the weight's gradient."""
    arrow = {"arrowstyle": "->", "color": "0.6", "shrinkA": 25, "shrinkB": 25}
    axis.annotate("", xy=end, xytext=start, arrowprops=arrow)
    if label:
        name, value, gradient = label
        near = [a + 0.34 * (b - a) for a, b in zip(start, end)]  # before the arrows cross
        write(axis, near, f"{name} = {value:g}", 6, "C0", size=8)
        write(axis, near, f"{gradient:g}", -6, "C3", size=8)


# %%
places = {"x₀": (0, 1), "x₁": (0, 0), "z₀": (2, 1), "z₁": (2, 0)}
places |= {"h₀": (3, 1), "h₁": (3, 0), "y": (4.4, 0.5), "L": (5.4, 0.5)}
values = [*x, *z, *h, y, L]
gradients = [*dx, *dz, *dh, dy, 1.0]
figure, axis = plt.subplots(figsize=(8.5, 3.4))
for (name, place), value, gradient in zip(places.items(), values, gradients):
    draw_quantity(axis, place, name, value, gradient)
for m, k in np.ndindex(2, 2):
    label = (f"W{'₀₁'[m]}{'₀₁'[k]}", W[m, k], dW[m, k])
    draw_arrow(axis, places["x₀" if m == 0 else "x₁"], places["z₀" if k == 0 else "z₁"], label)
for k, index in enumerate("₀₁"):
    draw_arrow(axis, places[f"z{index}"], places[f"h{index}"])
    draw_arrow(axis, places[f"h{index}"], places["y"], (f"v{index}", v[k], dv[k]))
draw_arrow(axis, places["y"], places["L"])
axis.set(xlim=(-0.4, 5.8), ylim=(-0.4, 1.4))
axis.set_title("Values flow right (blue), gradients flow left (red)")
axis.axis("off")
show(
    figure,
    alt="A graph of boxes from left to right: x0 = 1 and x1 = 2, each joined to z0 = 2 and z1 = "
    "-1, then h0 = 2 and h1 = 0, then y = 6 and L = 4. In red the gradients: 1 at L, 4 at y, "
    "12 and 8 at h, 12 and 0 at z, 12 and 12 at x. The weights into z0 have gradients 12 and 24, "
    "those into z1 have 0.",
)

# %% [markdown]
# Look at the lower row: neuron 1 is silent for this input ($h_1 = 0$), and ReLU stops the gradient
# there. Its weights get 0: they had no part in the result, so they are not to blame.
#
# **Is it right?** Two independent judges: finite differences, and TensorFlow's `GradientTape`,
# which records every operation and applies the chain rule by itself.

# %%
for values, gradient in ((x, dx), (W, dW), (b, db), (v, dv)):
    numerical = numerical_gradient(lambda: small_network()[3], values)
    assert relative_error(gradient, numerical) < 1e-6

tensors = [tf.Variable(values) for values in (x, W, b, v)]
tape_x, tape_W, tape_b, tape_v = tensors
with tf.GradientTape() as tape:
    hidden = tf.nn.relu(tf.tensordot(tape_x, tape_W, 1) + tape_b)  # tensordot(…, 1): x @ W
    loss = (tf.tensordot(hidden, tape_v, 1) - t) ** 2
for tape_gradient, gradient in zip(tape.gradient(loss, tensors), (dx, dW, db, dv)):
    np.testing.assert_allclose(gradient, tape_gradient, rtol=1e-5)
"both judges agree"

# %% [markdown]
# ### One step of learning
#
# The gradient points uphill. So we move every weight a little *against* it, by the **learning
# rate** $\eta$ (eta) times its gradient: $w \leftarrow w - \eta \, \frac{\partial L}{\partial w}$.
# Such a change is a **step**; chapter 04 did this with one kernel.

# %%
eta = 0.01
for values, gradient in ((W, dW), (b, db), (v, dv)):
    values -= eta * gradient
z, h, y, L_after = small_network()
assert L_after < 0.1 < L
print(
    f"loss before {L:.2f}, after one step {L_after:.3f}; the answer is now {y:.2f}, right is {t}"
)

# %% [markdown]
# ## 4 · One layer at a time
#
# A network is a list of layers. A layer needs to know nothing of the others. It has two
# duties:
#
# - **forward**: turn the input $X$ into the output $Y$, and remember what the way back will need;
# - **backward**: receive $dY$ (how fast the loss grows with each of its outputs) and return $dX$
#   (the same for its inputs). On the way, note the gradients of its own weights.
#
# The **forward pass** takes the values through all layers, from the input to the loss. The
# **backward pass** takes the gradient the other way: the $dX$ of one layer is the $dY$ of the
# layer before it. It is handed from layer to layer, like a bucket in a chain of people. We write
# each layer as a small class: `forward` and `backward` are its duties, `weights` and `gradients`
# are lists in the same order. (New to classes? `dense = Dense(W, b)` makes an object; `self` is
# that object, and `self.X = X` is how it remembers something from the way forward for the way
# back.)
#
# ### The dense layer
#
# In a **dense layer** every output depends on every input. Index $n$ counts the pictures of the
# batch, $m$ the inputs, $k$ the outputs:
#
# $$Y_{n,k} = \sum_m X_{n,m} W_{m,k} + b_k
# \qquad X: (N, M) \quad W: (M, K) \quad b: (K,) \quad Y: (N, K)$$
#
# We know $dY_{n,k} = \frac{\partial L}{\partial Y_{n,k}}$ and want three gradients. For each we
# ask: in which outputs does it occur, and with which rate? Then rate times $dY$, and add up.
#
# **Weights.** $W_{m,k}$ occurs in $Y_{n,k}$ for every picture $n$, each time multiplied by
# $X_{n,m}$:
#
# $$dW_{m,k} = \sum_n X_{n,m} \, dY_{n,k} \qquad\text{that is}\qquad dW = X^\top dY
# \qquad (M, N)(N, K) = (M, K)$$
#
# **Biases.** $b_k$ occurs in $Y_{n,k}$ for every $n$, with rate 1: $db_k = \sum_n dY_{n,k}$.
#
# **Inputs.** $X_{n,m}$ occurs in $Y_{n,k}$ for every output $k$, with rate $W_{m,k}$:
#
# $$dX_{n,m} = \sum_k dY_{n,k} W_{m,k} \qquad\text{that is}\qquad dX = dY \, W^\top
# \qquad (N, K)(K, M) = (N, M)$$
#
# **By hand** you have done it already, for $N = 1$: steps 5, 6 and 7 of section 3. The shapes
# leave no choice: $X^\top dY$ is the only product of the two that has the shape of $W$.


# %%
class Dense:
    """Y = X W + b, for X of shape (batch, inputs)."""

    def __init__(self, W, b):
        self.weights = [W, b]

    def forward(self, X):
        W, b = self.weights
        self.X = X
        return X @ W + b

    def backward(self, dY):
        W, b = self.weights
        self.gradients = [self.X.T @ dY, dY.sum(axis=0)]
        return dY @ W.T


# %% [markdown]
# The proof. To check a layer alone we need a loss behind it. Any will do, if we know its $dY$. The
# simplest is $L = \sum Y \cdot R$ with random numbers $R$ in the shape of $Y$: then
# $\frac{\partial L}{\partial Y} = R$. This is a **gradient check**, and you can use it on any
# layer that you ever write.


# %%
def gradient_check(layer, X):
    """Return {name: relative error} of a layer's gradients against finite differences."""
    R = np.random.default_rng(1).normal(size=layer.forward(X).shape)
    gradients = [layer.backward(R), *layer.gradients]

    def loss():
        return np.sum(layer.forward(X) * R)

    return {
        name: relative_error(gradient, numerical_gradient(loss, values))
        for name, values, gradient in zip(("X", "W", "b"), (X, *layer.weights), gradients)
    }


random = np.random.default_rng(0)
dense = Dense(random.normal(size=(4, 3)), random.normal(size=3))
X = random.normal(size=(5, 4))  # 5 pictures, 4 inputs
for name, error in gradient_check(dense, X).items():
    print(f"d{name}: relative error", expect(error, ".0e", at_most=1e-6))

# %% [markdown]
# The second judge is Keras: its own layer, with our weights, in float64. `prove` asks both,
# compares the shapes, and will judge every layer from now on.


# %%
def tape_gradients(keras_layer, layer, X, dY):
    """Return the gradients of X and of the weights as TensorFlow computes them."""
    keras_layer.build(X.shape)
    keras_layer.set_weights(layer.weights)
    X = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(X)
        Y = keras_layer(X)
    np.testing.assert_allclose(Y, layer.forward(X.numpy()), rtol=1e-10, atol=1e-10)
    return tape.gradient(Y, [X, *keras_layer.trainable_weights], output_gradients=dY)


def prove(layer, X, keras_layer):
    """Assert that a layer's gradients have the right shapes and satisfy both judges."""
    errors = gradient_check(layer, X)
    dY = np.random.default_rng(2).normal(size=layer.forward(X).shape)
    by_tape = tape_gradients(keras_layer, layer, X, dY)
    by_us = [layer.backward(dY), *layer.gradients]
    for name, values, ours, theirs in zip("XWb", (X, *layer.weights), by_us, by_tape):
        assert ours.shape == values.shape, f"d{name} has the shape {ours.shape}"
        assert errors[name] < 1e-6, f"d{name} differs from finite differences"
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-10)
        print(f"d{name} {ours.shape}: equal to finite differences and to GradientTape")


prove(dense, X, layers.Dense(3, dtype="float64"))

# %% [markdown]
# ### ReLU
#
# $Y = \max(0, X)$, for each value by itself, any shape. Where $X > 0$ the output grows as fast as
# the input: rate 1. Where $X < 0$ nothing moves: rate 0.
#
# $$dX = dY \cdot [X > 0] \qquad\text{where } [\dots] \text{ is 1 if true, 0 if not}$$
#
# **By hand:** $X = (2, -1, 3)$ and $dY = (5, 6, -7)$ give $dX = (5, 0, -7)$. Note the $-7$: the
# *input* decides what passes, not the sign of the gradient.


# %%
class ReLU:
    """Y = max(0, X), for X of any shape."""

    weights, gradients = (), ()  # nothing to learn

    def forward(self, X):
        self.X = X
        return np.maximum(0, X)

    def backward(self, dY):
        return dY * (self.X > 0)


relu = ReLU()
relu.forward(np.array([2.0, -1.0, 3.0]))
np.testing.assert_array_equal(relu.backward(np.array([5.0, 6.0, -7.0])), [5, 0, -7])
prove(relu, random.normal(size=(5, 4)), layers.ReLU(dtype="float64"))

# %% [markdown]
# And at exactly 0? There ReLU has a kink and no derivative. To the right the rate is 1, to the
# left it is 0. The finite difference takes the mean; our formula, like TensorFlow, says 0. Both
# are fine for learning. But **a gradient check must stay away from kinks**, and so we check with
# random numbers, which never hit one exactly.

# %%
at_kink = np.array([0.0])
by_difference = numerical_gradient(lambda: relu.forward(at_kink).sum(), at_kink)
relu.forward(at_kink)
by_formula = relu.backward(np.array([1.0]))
assert by_difference == 0.5 and by_formula == 0
print(f"at 0: finite difference {by_difference[0]}, formula {by_formula[0]}")

# %% [markdown]
# ### Flatten
#
# Between the feature maps (batch, rows, columns, channels) and a dense layer, all numbers of a
# picture are laid in one row. No number changes, so no gradient changes. The way back only
# restores the shape.


# %%
class Flatten:
    """(batch, rows, columns, channels) to (batch, rows * columns * channels)."""

    weights, gradients = (), ()

    def forward(self, X):
        self.shape = X.shape
        return X.reshape(len(X), -1)

    def backward(self, dY):
        return dY.reshape(self.shape)


prove(Flatten(), random.normal(size=(2, 3, 4, 2)), layers.Flatten(dtype="float64"))

# %% [markdown]
# ## 5 · Softmax with cross-entropy
#
# The last layer gives a number $Z_{n,k}$ for each picture $n$ and class $k$: the **logits**, any
# size, positive or negative. **Softmax** makes probabilities of them: $e^{Z}$ makes them positive,
# dividing by the sum makes them add up to 1. For one picture (we drop $n$ for a while), with $l$
# as a second letter that runs over the classes:
#
# $$p_k = \frac{e^{z_k}}{S} \qquad S = \sum_l e^{z_l} \qquad L = -\ln p_t
# \qquad (t: \text{the right class})$$
#
# **By hand:** $z = (2, 1, 0)$ gives $e^z = (7.389, 2.718, 1)$ and $S = 11.107$, so
# $p = (0.665, 0.245, 0.090)$. If class 1 is right, $L = -\ln 0.2447 = 1.408$.
#
# **The gradient, line by line.** First write the loss without a fraction. The logarithm of a
# quotient is a difference, and $\ln e^{z_t} = z_t$:
#
# $$L = -\ln \frac{e^{z_t}}{S} = -z_t + \ln S$$
#
# How fast does this grow with $z_k$? There are two terms.
#
# 1. The term $-z_t$ has the rate $-1$ if $k = t$, and 0 for all other classes. Call $y_k$ the
#    number that is 1 for the right class and 0 for the others (this is **one-hot encoding**). Then
#    the rate is $-y_k$.
# 2. The term $\ln S$: the chain rule with $\frac{d \ln S}{dS} = \frac{1}{S}$. In the sum $S$
#    only the term with $l = k$ contains $z_k$, and the derivative of $e^{z_k}$ is $e^{z_k}$
#    itself. So the rate is $\frac{1}{S} e^{z_k}$. But that is $p_k$!
#
# $$\frac{\partial L}{\partial z_k} = p_k - y_k$$
#
# The whole thing is *what it said minus what was right*. By hand for the example: $p - y = (0.665,
# \; 0.245 - 1, \; 0.090) = (0.665, -0.755, 0.090)$. The three add up to 0: what the right class
# must gain, the others must lose.
#
# The loss of a batch is the mean over its $N$ pictures, so each picture counts $1/N$:
#
# $$L = -\frac{1}{N} \sum_n \ln P_{n,t_n} \qquad dZ_{n,k} = \frac{1}{N} (P_{n,k} - Y_{n,k})
# \qquad Z, P, Y, dZ: (N, K)$$
#
# (Letters are scarce: in this section $Y$ is not a layer's output. It holds the one-hot rows of
# the right classes.) Two details in the code. $e^{1000}$ is too large for a computer. Subtracting
# the largest logit from all of a picture's logits changes no probability (numerator and $S$ shrink
# by the same factor), and then no exponent is above 0. And `from_logits=True` tells Keras' loss that
# it gets $Z$ and not $P$, so that it applies softmax itself.


# %%
def softmax_crossentropy(Z, y):
    """Return the mean loss and dZ, for logits Z (batch, classes) and labels y (batch,)."""
    Z = Z - Z.max(axis=1, keepdims=True)
    S = np.exp(Z).sum(axis=1, keepdims=True)  # (batch, 1)
    pictures = np.arange(len(y))
    loss = np.mean(np.log(S[:, 0]) - Z[pictures, y])  # the loss without a fraction
    P = np.exp(Z) / S  # (batch, classes), each row adds up to 1
    P[pictures, y] -= 1  # what it said minus what was right
    return loss, P / len(y)


loss, dZ = softmax_crossentropy(np.array([[2.0, 1.0, 0.0]]), np.array([1]))
assert round(loss, 3) == 1.408
dZ.round(3)

# %%
Z, y = random.normal(size=(5, 4)), np.array([0, 1, 2, 3, 1])
loss, dZ = softmax_crossentropy(Z, y)
numerical = numerical_gradient(lambda: softmax_crossentropy(Z, y)[0], Z)
assert dZ.shape == Z.shape and relative_error(dZ, numerical) < 1e-6

logits = tf.constant(Z)
with tf.GradientTape() as tape:
    tape.watch(logits)
    each = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
    keras_loss = tf.reduce_mean(each)
np.testing.assert_allclose(loss, keras_loss, rtol=1e-10)
np.testing.assert_allclose(dZ, tape.gradient(keras_loss, logits), rtol=1e-5)
assert softmax_crossentropy(np.array([[1000.0, 0.0]]), np.array([1]))[0] == 1000  # no overflow
"both judges agree"

# %% [markdown]
# ## 6 · Convolution
#
# Chapter 04's formula, with its index letters: $n$ picture, $r, c$ row and column of the feature
# map, $k$ filter, $i, j$ row and column of the kernel, $m$ input channel. All count from 0.
#
# $$Y_{n,r,c,k} = b_k + \sum_{i} \sum_{j} \sum_{m} W_{i,j,m,k} \; X_{n,\,r+i,\,c+j,\,m}$$
#
# $$X: (N, \text{height}, \text{width}, M) \quad W: (I, J, M, K) \quad b: (K,) \quad
# Y: (N, R, C, K)$$
#
# with $R = \text{height} - I + 1$ and $C = \text{width} - J + 1$. Again: where does each occur,
# and with which rate?
#
# ### Biases and weights: add up over all places
#
# $b_k$ occurs in filter $k$'s output at *every* place, with rate 1. $W_{i,j,m,k}$ occurs at every
# place as well, each time with the pixel that it lies on:
#
# $$db_k = \sum_n \sum_r \sum_c dY_{n,r,c,k} \qquad\qquad
# dW_{i,j,m,k} = \sum_n \sum_r \sum_c dY_{n,r,c,k} \; X_{n,\,r+i,\,c+j,\,m}$$
#
# Weight sharing, seen from behind: one weight works at all places, so it gets the sum of what all
# places say. In NumPy: chapter 04 laid each window out as a row of a matrix $P$ (places × weights
# of a filter; not the probabilities of section 5) and computed $Y = P W$. That is a dense layer!
# So $dW = P^\top dY$.
#
# **By hand.** The picture and the kernel of chapter 04, and some $dY$:
#
# $$X = \begin{pmatrix} 1 & 2 & 0 \\ 0 & 1 & 3 \\ 2 & 1 & 1 \end{pmatrix} \qquad
# W = \begin{pmatrix} 1 & -1 \\ 2 & 0 \end{pmatrix} \qquad
# dY = \begin{pmatrix} 1 & 0 \\ 2 & -1 \end{pmatrix}$$
#
# $dW_{0,0}$: the upper left weight lay on the pixels 1, 2 (first row of places) and 0, 1 (second
# row): $1 \cdot 1 + 0 \cdot 2 + 2 \cdot 0 - 1 \cdot 1 = 0$. In the same way
# $dW_{0,1} = 2 + 0 + 2 - 3 = 1$, $dW_{1,0} = 0 + 0 + 4 - 1 = 3$, $dW_{1,1} = 1 + 0 + 2 - 1 = 2$.
# And $db = 1 + 0 + 2 - 1 = 2$.
#
# ### Inputs: stamp the kernel
#
# Pixel $(u, v)$ of the input occurs in $Y$ at the place $(r, c)$ if the window there covers it: $u
# = r + i$ and $v = c + j$ for some $i, j$ of the kernel. Then its rate is $W_{i,j,m,k}$. Solve for
# the place, $r = u - i$ and $c = v - j$, and add up over all kernel positions and filters:
#
# $$dX_{n,u,v,m} = \sum_i \sum_j \sum_k W_{i,j,m,k} \; dY_{n,\,u-i,\,v-j,\,k}
# \qquad (dY = 0 \text{ outside of the feature map})$$
#
# **By hand**, for the pixel in the middle, $u = v = 1$ (one picture, channel and filter):
#
# $$dX_{1,1} = W_{0,0} \, dY_{1,1} + W_{0,1} \, dY_{1,0} + W_{1,0} \, dY_{0,1} + W_{1,1} \, dY_{0,0} = 1 \cdot (-1) + (-1) \cdot 2 + 2 \cdot 0 + 0 \cdot 1 = -3$$
#
# Look at the minus signs: this is the *true* convolution of section 2 of chapter 04, **with the
# flip**. Deep learning leaves the flip out on the way forward, and meets it again on the way back.
#
# There is a second way to see it. Each output value hands its $dY$ back to the window that it saw,
# in proportion to the weights: it *stamps* the kernel, multiplied by $dY_{r,c}$, onto the picture.
# Stamps that overlap add up (others say: a *transposed convolution*). By hand (look for the −3 in
# the middle):
#
# $$dX = 1 \cdot \begin{pmatrix} 1 & -1 & 0 \\ 2 & 0 & 0 \\ 0 & 0 & 0 \end{pmatrix} + 2 \cdot \begin{pmatrix} 0 & 0 & 0 \\ 1 & -1 & 0 \\ 2 & 0 & 0 \end{pmatrix} - 1 \cdot \begin{pmatrix} 0 & 0 & 0 \\ 0 & 1 & -1 \\ 0 & 2 & 0 \end{pmatrix} = \begin{pmatrix} 1 & -1 & 0 \\ 4 & -3 & 1 \\ 4 & -2 & 0 \end{pmatrix}$$

# %%
kernel = np.array([[1.0, -1.0], [2.0, 0.0]])
dY_hand = np.array([[1.0, 0.0], [2.0, -1.0]])
stamps = []
for (r, c), value in np.ndenumerate(dY_hand):
    stamp = np.zeros((3, 3))
    stamp[r : r + 2, c : c + 2] = value * kernel
    stamps.append(stamp)
dX_hand = sum(stamps)

figure, axes = plt.subplots(1, 5, figsize=(8.5, 2.1))
titles = [f"dY = {value:g} at {place}" for place, value in np.ndenumerate(dY_hand)]
for axis, array, title in zip(axes, [*stamps, dX_hand], [*titles, "sum: dX"]):
    axis.imshow(array, cmap="RdBu", vmin=-8, vmax=8)
    for (r, c), value in np.ndenumerate(array):
        axis.text(c, r, f"{value + 0:g}", ha="center", va="center")  # + 0: no "-0"
    axis.set_title(title, loc="center", fontsize=9)
    axis.axis("off")
figure.suptitle("Each output stamps the kernel onto the picture")
show(
    figure,
    alt="Four tables of 3×3 numbers, each with the 2×2 kernel at another corner, multiplied by 1, "
    "0, 2 and -1, and their sum: 1 -1 0, 4 -3 1, 4 -2 0.",
)
dX_hand

# %% [markdown]
# In NumPy we stamp all places at once, one weight of the kernel after the other: weight $(i, j)$
# of every stamp falls $i$ rows below and $j$ columns right of its place. `W[i, j]` has the shape
# (M, K), `dY @ W[i, j].T` turns the last axis from $K$ filters into $M$ channels: that is the sum
# over $k$.


# %%
def stamp(dY, W, shape):
    """Return dX of the given shape: every output value stamps the kernel onto its window."""
    _, rows, columns, _ = dY.shape
    dX = np.zeros(shape, dtype=dY.dtype)
    for i, j in np.ndindex(W.shape[:2]):
        dX[:, i : i + rows, j : j + columns] += dY @ W[i, j].T
    return dX


# %%
from utils.layers import convolve, windows


class Convolution:
    """Y = W ∗ X + b, for X of shape (batch, height, width, channels)."""

    def __init__(self, W, b):
        self.weights = [W, b]

    def forward(self, X):
        self.X = X
        return convolve(X, *self.weights)

    def backward(self, dY):
        W, b = self.weights
        height, width, channels, filters = W.shape
        P = windows(self.X, (height, width)).reshape(-1, height * width * channels)
        dW = P.T @ dY.reshape(-1, filters)  # (weights of a filter, filters)
        self.gradients = [dW.reshape(W.shape), dY.sum(axis=(0, 1, 2))]
        return stamp(dY, W, self.X.shape)


# %% [markdown]
# First against the pencil, then the two judges, with a kernel that is not square, three channels
# and four filters.

# %%
X_hand = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 1.0, 1.0]])
by_hand = Convolution(kernel.reshape(2, 2, 1, 1), np.array([0.5]))
by_hand.forward(X_hand.reshape(1, 3, 3, 1))
dX = by_hand.backward(dY_hand.reshape(1, 2, 2, 1))
np.testing.assert_array_equal(dX[0, :, :, 0], dX_hand)
np.testing.assert_array_equal(by_hand.gradients[0][:, :, 0, 0], [[0, 1], [3, 2]])
assert by_hand.gradients[1] == 2

convolution = Convolution(random.normal(size=(3, 2, 3, 4)), random.normal(size=4))
prove(convolution, random.normal(size=(2, 6, 7, 3)), layers.Conv2D(4, (3, 2), dtype="float64"))

# %% [markdown]
# And the formula with the minus signs? It must give the same $dX$. "0 outside" is a margin of
# zeros round $dY$, one less than the kernel wide. `convolve` does not flip, so we flip the kernel;
# and since the sum runs over filters now, filters and channels of $W$ change places.

# %%
dY = random.normal(size=(2, 4, 6, 4))  # for X of (2, 6, 7, 3) and kernels of 3×2
W = convolution.weights[0]
margin = ((0, 0), (2, 2), (1, 1), (0, 0))
flipped = W[::-1, ::-1].swapaxes(2, 3)  # (3, 2, filters, channels)
np.testing.assert_allclose(stamp(dY, W, (2, 6, 7, 3)), convolve(np.pad(dY, margin), flipped))
"stamping is a convolution with the flip"

# %% [markdown]
# ## 7 · Max-pooling
#
# The largest value of each window passes, the others do not matter: a small nudge of theirs
# changes nothing. So the winner has rate 1, all others 0, and **the gradient goes back to the
# winner**:
#
# $$Y_{n,r,c,m} = \max_{i,j} X_{n,\,pr+i,\,pc+j,\,m} \qquad
# dX_{n,\,pr+i^*,\,pc+j^*,\,m} = dY_{n,r,c,m} \qquad \text{all other } dX = 0$$
#
# where $p$ is the pool size, $(i^*, j^*)$ the place of the winner in the window at $(r, c)$ of
# picture $n$ and channel $m$; $X$: (N, height, width, M), $Y$ and $dY$: (N, height/p, width/p, M),
# rounded down.
#
# **By hand:** the winner of $\begin{pmatrix} 1 & 3 \\ 4 & 0 \end{pmatrix}$ is the 4. With $dY =
# 5$: $dX = \begin{pmatrix} 0 & 0 \\ 5 & 0 \end{pmatrix}$. If two are equal, the first in reading
# order wins, as in TensorFlow.


# %%
from utils.layers import max_pool


class MaxPool:
    """The largest value of each window of pool_size × pool_size pixels."""

    weights, gradients = (), ()

    def __init__(self, pool_size=2):
        self.pool_size = pool_size

    def forward(self, X):
        p = self.pool_size
        views = windows(X, (p, p), stride=p)  # (batch, rows, columns, p, p, channels)
        views = views.reshape(*views.shape[:3], p * p, X.shape[3])
        self.winner = views.argmax(axis=3)  # 0 … p² - 1, counted in reading order
        self.shape = X.shape
        return max_pool(X, p)

    def backward(self, dY):
        p = self.pool_size
        n, r, c, m = np.indices(dY.shape, sparse=True)  # all places of dY at once
        i, j = np.divmod(self.winner, p)  # number in reading order to row and column
        dX = np.zeros(self.shape, dtype=dY.dtype)
        dX[n, p * r + i, p * c + j, m] = dY
        return dX


# %%
pool = MaxPool()
pool.forward(np.array([[1.0, 3], [4, 0]]).reshape(1, 2, 2, 1))
np.testing.assert_array_equal(pool.backward(np.full((1, 1, 1, 1), 5.0)).ravel(), [0, 0, 5, 0])
prove(pool, random.normal(size=(2, 7, 6, 3)), layers.MaxPooling2D(dtype="float64"))

# %% [markdown]
# ## 8 · The whole network
#
# We have every part. The network of the first figure: two rounds of convolution, ReLU and pooling,
# then a dense layer. The weights start as random numbers; for ReLU the right size is a standard
# deviation of $\sqrt{2 / \text{inputs of one output value}}$, so that the values neither die out
# nor explode from layer to layer (He and others 2015). The gradients, multiplied by the weights of
# layer after layer on their way back, can do the same; others call that **vanishing gradients**
# and **exploding gradients**. Random, because two filters that start equal, with equal weights
# behind them too, get equal gradients, and stay equal for ever.


# %%
from threadpoolctl import threadpool_limits

_ = threadpool_limits(1)  # our matrices are small: several threads would wait for each other


def random_weights(random, *shape, dtype):
    """Return random weights of the size that He and others (2015) recommend for ReLU."""
    scale = np.sqrt(2 / np.prod(shape[:-1]))
    return (scale * random.normal(size=shape)).astype(dtype)


# %%
def build_network(
    seed=0,
    filters=(8, 16),
    dtype="float32",
    convolution=Convolution,
    relu=ReLU,
    pool=MaxPool,
    dense=Dense,
):
    """Return the layers of a network for pictures of 28×28×1 and ten classes, as a list."""
    random = np.random.default_rng(seed)
    shapes = (3, 3, 1, filters[0]), (3, 3, *filters), (5 * 5 * filters[1], 10)
    first, second, last = [
        (random_weights(random, *shape, dtype=dtype), np.zeros(shape[-1], dtype))
        for shape in shapes
    ]
    return [
        convolution(*first),  # (batch, 26, 26, filters[0])
        relu(),
        pool(),  # (batch, 13, 13, filters[0])
        convolution(*second),  # (batch, 11, 11, filters[1])
        relu(),
        pool(),  # (batch, 5, 5, filters[1]): the last row and column are dropped
        Flatten(),  # (batch, 5 * 5 * filters[1])
        dense(*last),  # (batch, 10)
    ]


# %% [markdown]
# Forward and backward through the whole list:


# %%
def forward(network, X):
    """Return the logits: X goes through all layers, from the first to the last."""
    for layer in network:
        X = layer.forward(X)
    return X


def backward(network, gradient):
    """Hand the gradient back through all layers, from the last to the first; return dX."""
    for layer in reversed(network):
        gradient = layer.backward(gradient)
    return gradient


# %% [markdown]
# `backward` is the whole of backpropagation: three lines. What does it cost? On the way forward a
# layer multiplies $X$ by $W$. On the way back it computes two products of the same size, $dW$ and
# $dX$. So forward and backward together cost as many multiplications as three forward passes, for
# *all* the gradients. Finite differences need two forward passes for each weight.

# %%
network = build_network()
num_weights = sum(values.size for layer in network for values in layer.weights)
assert num_weights == (9 + 1) * 8 + (9 * 8 + 1) * 16 + (400 + 1) * 10 == 5_258
one_forward = 9 * 8 * 26 * 26 + 9 * 8 * 16 * 11 * 11 + 400 * 10  # multiplications for a picture
print(f"{num_weights:,} weights and biases; multiplications for their gradients, one picture:")
print(f"  backpropagation    {3 * one_forward:13,}")
print(f"  finite differences {2 * num_weights * one_forward:13,}")
assert 2 * num_weights == 10_516  # forward passes that finite differences need

# %% [markdown]
# Each layer has been proved alone. Do they work together? We check the gradients of *all* weights
# of a smaller network (2 and 3 filters, float64) and of one picture's pixels, against finite
# differences. The pictures are noise, to stay away from kinks.

# %%
small = build_network(filters=(2, 3), dtype="float64")
X_noise, y_noise = random.normal(size=(3, 28, 28, 1)), np.array([7, 0, 4])


def small_loss():
    """Return the loss of the small network for the noise pictures."""
    return softmax_crossentropy(forward(small, X_noise), y_noise)[0]


dX = backward(small, softmax_crossentropy(forward(small, X_noise), y_noise)[1])
pairs = [pair for layer in small for pair in zip(layer.weights, layer.gradients)]
pairs.append((X_noise[:1], dX[:1]))  # a slice is a view: nudging it nudges X_noise
errors = [
    relative_error(slopes, numerical_gradient(small_loss, values)) for values, slopes in pairs
]
assert max(errors) < 1e-6
f"{sum(values.size for values, _ in pairs):,} derivatives, all right"

# %% [markdown]
# And two equal filters? They get equal gradients only if the weights behind them are equal, too:
# those with which the next layer takes up their two feature maps.


# %%
def filters_apart(network):
    """Return the relative distance between the gradients of the first two filters."""
    backward(network, softmax_crossentropy(forward(network, X_noise), y_noise)[1])
    slopes = network[0].gradients[0]
    return relative_error(slopes[..., 0], slopes[..., 1])


first, second = small[0].weights[0], small[3].weights[0]
first[..., 1] = first[..., 0]
print("two equal filters, gradients apart by:", expect(filters_apart(small), ".2f", at_least=0.1))
second[:, :, 1] = second[:, :, 0]  # (rows, columns, channels, filters)
print("and equal weights behind them:", expect(filters_apart(small), ".0e", at_most=1e-6))

# %% [markdown]
# ## 9 · Train it
#
# Training is the step of section 3, again and again: forward, loss, backward, every weight a
# little downhill. Not with all pictures at once but with a **batch** of 32, drawn in a new order
# each time: this is **stochastic gradient descent**, SGD. One walk through all pictures is an
# **epoch**.


# %%
def take_step(network, X, y, learning_rate):
    """Change every weight a little against its gradient; return the loss before."""
    loss, gradient = softmax_crossentropy(forward(network, X), y)
    backward(network, gradient)
    for layer in network:
        for values, slopes in zip(layer.weights, layer.gradients):
            values -= learning_rate * slopes  # in place: the layer holds the same array
    return loss


def accuracy(network, X, y):
    """Return the share of pictures whose largest logit belongs to the right class."""
    return float(np.mean(forward(network, X).argmax(axis=1) == y))


def train(network, X, y, epochs, learning_rate, seed=0, batch_size=32):
    """Train with SGD; return the mean loss of each epoch."""
    random = np.random.default_rng(seed)
    losses = []
    for _ in range(epochs):
        order = random.permutation(len(X))
        batches = [order[first : first + batch_size] for first in range(0, len(X), batch_size)]
        steps = [take_step(network, X[batch], y[batch], learning_rate) for batch in batches]
        losses.append(np.mean(steps))
    return losses


# %% [markdown]
# ### The same step as Keras
#
# First the strictest test that there is. The Keras network of the first figure gets *our* weights.
# Both take one step of SGD with the learning rate 0.1 and the same 32 pictures. Then we compare
# every weight of every layer.

# %%
X_batch, y_batch = data.X_train[:32], data.y_train[:32]
network = build_network(seed=1)
keras_network.set_weights([values.copy() for layer in network for values in layer.weights])
before = keras_network.get_weights()

keras_loss = keras_network.train_on_batch(X_batch, y_batch)
our_loss = take_step(network, X_batch, y_batch, learning_rate=0.1)

after = [values for layer in network for values in layer.weights]
for ours, theirs, start_values in zip(after, keras_network.get_weights(), before):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    changed = expect(np.abs(ours - start_values).max(), at_least=1e-3)
    apart = expect(np.abs(ours - theirs).max(), ".0e", at_most=1e-6)
    print(f"{str(ours.shape):14} changed by up to {changed}, apart by up to {apart}")
np.testing.assert_allclose(our_loss, keras_loss, rtol=1e-5)

# %% [markdown]
# So what Keras does in `fit` is what you have derived. Nothing is hidden in it.
#
# ### Learn to read digits
#
# We keep 15 % of the training pictures aside for **validation**: to look at while we work. The
# test pictures are for the end. Seven epochs with a learning rate of 0.1, then three with 0.02:
# smaller steps at the end settle down better (chapter 06 says why).

# %%
from sklearn.model_selection import train_test_split

X_train, X_val, y_train, y_val = train_test_split(
    data.X_train, data.y_train, test_size=0.15, stratify=data.y_train, random_state=0
)
network = build_network()
losses, val_accuracies = [], [accuracy(network, X_val, y_val)]
for epoch in range(10):
    learning_rate = 0.1 if epoch < 7 else 0.02
    losses += train(network, X_train, y_train, 1, learning_rate, seed=epoch)
    val_accuracies.append(accuracy(network, X_val, y_val))

# %%
figure, axes = plt.subplots(1, 2, figsize=(7.5, 2.9))
axes[0].plot(range(1, 11), losses, "o-")
axes[0].axhline(np.log(10), color="0.5", linestyle=":")
axes[0].text(10, 2.36, "guessing: ln 10", ha="right", va="bottom", fontsize=8)
axes[0].set(xlabel="epoch", ylabel="training loss", ylim=(0, 2.6))
axes[0].set_title("The loss falls …")
axes[1].plot(range(11), val_accuracies, "o--", color="C1")
axes[1].set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1))
axes[1].set_title("… and it reads digits")
show(
    figure,
    alt="Two curves over ten epochs. Left: the training loss starts below the dotted line of "
    "guessing and falls near zero. Right: the validation accuracy rises from about 0.1 to near 1, "
    "most of it in the first three epochs.",
)

# %%
print("training loss:      ", expect(losses[-1], at_most=0.15))
print("validation accuracy:", expect(val_accuracies[-1], at_least=0.95))
print("test accuracy:      ", expect(accuracy(network, data.X_test, data.y_test), at_least=0.95))

# %% [markdown]
# A convolutional network, trained by code of which you know every line. (If the validation curve
# dips on its way: with steps of 0.1 one step may go too far, and the next ones repair it.) Now the
# picture of the beginning, by our own backward pass: `backward` returns $dX$, the gradient with
# respect to the pictures. It comes for free. We let TensorFlow judge it once more, and move each
# picture a little against its map. (To see your maps: `plt.imshow(dX[0, ..., 0], cmap="RdBu")`.)

# %%
logits = forward(network, data.X_test[four])
dX = backward(network, softmax_crossentropy(logits, data.y_test[four])[1])

keras_network.set_weights([values for layer in network for values in layer.weights])
with tf.GradientTape() as tape:
    tape.watch(pictures)
    loss = wrongness(data.y_test[four], keras_network(pictures))
apart = relative_error(dX, tape.gradient(loss, pictures).numpy())  # float32 has 7 digits
print("maps apart from TensorFlow's by:", expect(apart, ".0e", at_most=1e-3))

loss_before = softmax_crossentropy(logits, data.y_test[four])[0]
downhill = data.X_test[four] - 0.05 * dX / np.abs(dX).max()
loss_downhill = softmax_crossentropy(forward(network, downhill), data.y_test[four])[0]
left = float(loss_downhill / loss_before)
print("moved against it, their loss falls to:", expect(left, ".0%", at_most=0.98))

# %% [markdown]
# ## 10 · The experiment: six wrong gradients
#
# You have proved each gradient to a millionth. Was that necessary? "If the network learns, the
# gradients must be right": that is how most people test. Let us see. Here are six bugs, each a
# slip that people really make. Each sits in the backward pass only; the forward pass is right. Three
# of them sit in a convolution, three in other layers.


# %%
class FrozenBias(Convolution):
    """Forgets the gradient of the biases."""

    def backward(self, dY):
        dX = super().backward(dY)
        self.gradients[1] = np.zeros_like(self.gradients[1])
        return dX


class TurnedKernel(Convolution):
    """Stamps the kernel upside down: the flip is wrong."""

    def backward(self, dY):
        super().backward(dY)
        return stamp(dY, self.weights[0][::-1, ::-1], self.X.shape)


class DeadEnd(Convolution):
    """Learns itself, but hands nothing back to the layers before it."""

    def backward(self, dY):
        return np.zeros_like(super().backward(dY))


# %%
class WrongPixel(MaxPool):
    """Gives the gradient to the upper left pixel of each window, whoever has won."""

    def backward(self, dY):
        self.winner = np.zeros_like(self.winner)
        return super().backward(dY)


class WrongGate(ReLU):
    """Lets through where the gradient is positive, not where the input was."""

    def backward(self, dY):
        return dY * (dY > 0)


class WrongSign(Dense):
    """Hands the gradient back with the wrong sign; its own weights are right."""

    def backward(self, dY):
        return -super().backward(dY)


# %% [markdown]
# > **Predict.** Each bug gets a network of its own, trained for five epochs like the one above.
# > Sort the six bugs: which networks will fail altogether, which will read at least 85 % of the
# > validation digits (as the healthy one surely will)?
# >
# > 1. *Frozen bias*: the biases of both convolutions never learn.
# > 2. *Turned kernel*: the stamp is upside down.
# > 3. *Dead end*: nothing is handed back, so the first convolution never learns.
# > 4. *Wrong pixel*: max-pooling gives the gradient to the wrong pixel.
# > 5. *Wrong gate*: ReLU looks at the sign of the gradient.
# > 6. *Wrong sign*: behind the dense layer everything is handed back with the wrong sign.

# %%
variants = {
    "healthy": {},
    "frozen bias": {"convolution": FrozenBias},
    "turned kernel": {"convolution": TurnedKernel},
    "dead end": {"convolution": DeadEnd},
    "wrong pixel": {"pool": WrongPixel},
    "wrong gate": {"relu": WrongGate},
    "wrong sign": {"dense": WrongSign},
}

# %%
reached = {}
for name, parts in variants.items():
    network = build_network(**parts)
    with np.errstate(all="ignore"):  # no warnings, please: one of the seven will explode
        train(network, X_train, y_train, epochs=4, learning_rate=0.1)
        train(network, X_train, y_train, epochs=1, learning_rate=0.02, seed=1)
        reached[name] = accuracy(network, X_val, y_val)

# %%
print("validation accuracy of")
for name, share in reached.items():
    bound = {"at_most": 0.2} if name in ("wrong gate", "wrong sign") else {"at_least": 0.85}
    print(f"  {name:14}", expect(share, **bound))
learns = [name for name, share in reached.items() if share >= 0.85]

# %%
figure, axis = plt.subplots(figsize=(7, 2.9))
colours = ["C2" if name == "healthy" else "C1" if name in learns else "C3" for name in reached]
axis.barh(list(reached), list(reached.values()), color=colours)
axis.axvline(0.1, color="0.5", linestyle=":")
axis.text(0.11, 6, "guessing", va="center", fontsize=8)
axis.invert_yaxis()
axis.set(xlabel="validation accuracy", xlim=(0, 1))
axis.set_title("Four of six wrong gradients learn to read")
show(
    figure,
    alt="A bar for each network: healthy, frozen bias, turned kernel, dead end and wrong pixel "
    "all reach beyond 0.85, close to each other; wrong gate and wrong sign stay at the line of "
    "guessing.",
)

# %% tags=["headline"]
learned = f"{len(learns) - 1} of {len(reached) - 1} networks with a wrong gradient"
print(f"{learned} still learn to read (at least 85 %)")

# %% [markdown]
# Why? A gradient is a direction. So let us measure the angle between each wrong gradient and the
# right one, at the start of training, for each of the three layers that have weights. The cosine
# of the angle says it in one number: 1 is the same direction, 0 a right angle, −1 the opposite.


# %% tags=["nbval-ignore-output"]
def layer_gradients(network):
    """Return one long row of gradients for each layer with weights, for 256 pictures."""
    backward(network, softmax_crossentropy(forward(network, X_train[:256]), y_train[:256])[1])
    return [
        np.concatenate([slopes.ravel() for slopes in layer.gradients])
        for layer in network
        if len(layer.weights)
    ]


def cosine(a, b):
    """Return the cosine of the angle between two directions; 0 if one of them is zero."""
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-30))


right = layer_gradients(build_network())
cosines = {
    name: [
        cosine(wrong, ours) for wrong, ours in zip(layer_gradients(build_network(**parts)), right)
    ]
    for name, parts in variants.items()
}
print(f"{'':14}{'convolution 1':>15}{'convolution 2':>15}{'dense':>8}")
for name, (first, second, last) in cosines.items():
    print(f"{name:14}{first:15.2f}{second:15.2f}{last:8.2f}")
uphill, smallest = max(cosines["wrong sign"][:2]), min(cosines["wrong gate"])
print("wrong sign, the larger one of both convolutions:", expect(uphill, at_most=-0.999))
print("wrong gate, the smallest one:", expect(smallest, ".2f", at_least=0.2))

# %% [markdown]
# Read the table by rows. The wrong sign goes straight *uphill* in both convolutions. But the wrong
# gate has a positive cosine everywhere, and yet it fails. We train these two for eight and ten
# steps only. For the first we look at the largest weight (at the start all are below 2), for the
# second at the values that its second ReLU holds at zero.

# %%
wrong_sign, wrong_gate = build_network(dense=WrongSign), build_network(relu=WrongGate)
assert max(np.abs(layer.weights[0]).max() for layer in wrong_sign if len(layer.weights)) < 2
with np.errstate(all="ignore"):
    train(wrong_sign, X_train[:256], y_train[:256], epochs=1, learning_rate=0.1)  # 8 steps
train(wrong_gate, X_train[:320], y_train[:320], epochs=1, learning_rate=0.1)

largest = np.max([np.abs(layer.weights[0]).max() for layer in wrong_sign if len(layer.weights)])
_ = forward(wrong_gate, X_train[:256])
silent = [float(np.mean(layer.X <= 0)) for layer in wrong_gate if isinstance(layer, ReLU)]
print("wrong sign, the largest weight:", expect(largest, ".0e", at_least=100))
print("wrong gate, held at zero:      ", expect(silent[1], ".1%", at_least=0.99))

# %% [markdown]
# And the turned kernel, whose angle is so good at the start: does it stay good? We train it for
# one epoch, from three starts. Then a healthy network gets the same weights and tells the right
# gradient.

# %% tags=["nbval-ignore-output"]
for seed in range(3):
    turned, healthy = build_network(seed, convolution=TurnedKernel), build_network(seed)
    train(turned, X_train, y_train, epochs=1, learning_rate=0.1, seed=seed)
    for sick_layer, layer in zip(turned, healthy):
        layer.weights = sick_layer.weights
    pairs = zip(layer_gradients(turned), layer_gradients(healthy))
    first, second, last = [cosine(wrong, ours) for wrong, ours in pairs]
    behind = expect(min(second, last), at_least=0.999)
    print(f"start {seed}: convolution 1 {first:5.2f}, the layers behind it {behind}")

# %% [markdown]
# **Explain.** A step need not go *straight* downhill. It is enough that it goes downhill on the
# whole, and the layers that still get a right gradient make up for the others.
#
# - **Frozen bias**: 24 numbers out of 5,258 never learn. The others hardly miss them.
# - **Wrong pixel**: the gradient arrives in the right window, at most one pixel beside the winner.
#   The direction is roughly right.
# - **Turned kernel**: only the first convolution gets a wrong gradient. It starts in nearly the
#   right direction, but after one epoch its direction is a matter of luck: compare the three
#   starts. The two layers behind it get right gradients all the time, and learn to use what it
#   gives them. (Even gradients that are handed back through *random* weights can teach a network:
#   Lillicrap and others 2016.)
# - **Dead end**: the first convolution keeps its random kernels. Random kernels answer to edges
#   too, and the layers behind learn to use what they get.
# - **Wrong sign**: both convolutions climb, the dense layer behind them cannot keep up, and the
#   numbers grow beyond all bounds.
# - **Wrong gate**: what passes this gate is never negative, so every step pushes the weights and
#   biases before the second ReLU the same way: down. Soon it lets nothing through (chapter 06,
#   section 10, watches how this happens). The dense layer then gets nothing but zeros, whatever
#   the picture, and can only guess.
#
# So **"it learns" proves nothing**, and a good angle proves nothing either. Without the healthy
# network beside it, each of the four looks fine. (`benchmarks/wrong_gradients.py` repeats the
# experiment from four other starts: the same four read 93 % or more, the same two only guess. After
# four times as many epochs the four read 96 % or more, and can hardly be told from a healthy one.)
#
# The gradient check finds every bug at once. Each sick layer, alone, with random input:

# %%
kernels = random.normal(size=(3, 3, 2, 2)), random.normal(size=2)
table = random.normal(size=(5, 3)), random.normal(size=3)
sick_layers = {  # name: (layer, shape of its input)
    "frozen bias": (FrozenBias(*kernels), (2, 5, 5, 2)),
    "turned kernel": (TurnedKernel(*kernels), (2, 5, 5, 2)),
    "dead end": (DeadEnd(*kernels), (2, 5, 5, 2)),
    "wrong pixel": (WrongPixel(), (2, 4, 4, 2)),
    "wrong gate": (WrongGate(), (4, 5)),
    "wrong sign": (WrongSign(*table), (4, 5)),
}
for name, (layer, shape) in sick_layers.items():
    errors = gradient_check(layer, random.normal(size=shape))
    wrong = [f"d{part}" for part, error in errors.items() if error > 1e-6]
    print(f"{name:14} {', '.join(wrong)} is wrong by", expect(max(errors.values()), at_least=0.1))

# %% [markdown]
# Right gradients differ from finite differences by less than a millionth, these wrong ones by more
# than a tenth. Nothing lies in between here. That is why this check is so useful.
#
# ## Exercises
#
# Write each answer in the cell with `# YOUR CODE HERE` (delete the line with
# `NotImplementedError`), run it, then run the check below it. Open the hints one after the other,
# only as far as you need them.

# %% [markdown]
# ### Exercise 5.1 · Leaky ReLU
#
# ReLU stops the gradient of a silent neuron altogether. The **leaky ReLU** lets a little through:
# $Y = X$ where $X > 0$, and $Y = a X$ elsewhere, with a small slope $a$. Write
# `leaky_relu_backward(dY, X, slope)`, which returns $dX$.
#
# <details><summary>Hint 1</summary>
#
# What is the rate where $X > 0$? And where $X < 0$? Then multiply by $dY$.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `np.where(condition, a, b)` takes `a` where the condition is true and `b` elsewhere.
# </details>


# %% tags=["wrong-answer"]
# Gates by the sign of the gradient, not of the input.
def leaky_relu_backward(dY, X, slope):
    return np.where(dY > 0, dY, slope * dY)


# %% tags=["wrong-answer"]
# Returns the rate alone: the chain rule is missing.
def leaky_relu_backward(dY, X, slope):
    return np.where(X > 0, 1.0, slope)


# %% tags=["wrong-answer"]
# The backward pass of the plain ReLU.
def leaky_relu_backward(dY, X, slope):
    return dY * (X > 0)


# %%
def leaky_relu_backward(dY, X, slope):
    """Return dX, in the shape of X."""
    ### BEGIN SOLUTION
    return dY * np.where(X > 0, 1.0, slope)
    ### END SOLUTION


# %%
X_check = np.array([[2.0, -1.0], [-3.0, 4.0]])
behind_check = np.array([[5.0, 6.0], [-7.0, -8.0]])

with check("Exercise 5.1"):
    slopes_check = leaky_relu_backward(behind_check, X_check, 0.1)
    assert np.shape(slopes_check) == (2, 2), "dX must have the shape of X"
    assert slopes_check[0, 0] == 5, "at X = 2 the rate is 1, and dY = 5: rate times dY"
    assert np.isclose(slopes_check[1, 1], -8), (
        "at X = 4, dY = -8: does X decide, or the sign of dY?"
    )
    assert np.isclose(slopes_check[0, 1], 0.6), (
        "at X = -1, dY = 6: which rate lets a little through, and what is it multiplied by?"
    )
    X_check = np.random.default_rng(0).normal(size=(3, 4, 5))
    numerical_check = numerical_gradient(
        lambda: np.sum(np.where(X_check > 0, X_check, 0.3 * X_check) ** 2), X_check
    )
    behind_check = 2 * np.where(X_check > 0, X_check, 0.3 * X_check)
    assert (
        relative_error(leaky_relu_backward(behind_check, X_check, 0.3), numerical_check) < 1e-6
    ), "with slope 0.3 it differs from finite differences: do you use the slope that is given?"

# %% [markdown] tags=["why"]
# **Why.** Rate times what comes from behind, value by value. With a small slope, a silent neuron
# still gets a small gradient and can wake up again.

# %% [markdown]
# ### Exercise 5.2 · Average pooling
#
# Average pooling writes the mean of each window of `pool_size` × `pool_size` pixels. Write
# `average_pool_backward(dY, X_shape, pool_size)`, which returns $dX$ of shape `X_shape` (batch,
# height, width, channels). Rows and columns that fill no window were dropped on the way forward.
#
# <details><summary>Hint 1</summary>
#
# The mean of four numbers: how fast does it grow when one of them grows?
# </details>
#
# <details><summary>Hint 2</summary>
#
# `np.repeat(dY, pool_size, axis=1)` makes each row `pool_size` rows. Then the same with axis 2.
# </details>
#
# <details><summary>Hint 3</summary>
#
# Start with `np.zeros(X_shape)` and write into its upper left part: what was dropped keeps 0.
# </details>


# %% tags=["wrong-answer"]
# Hands everyone the whole gradient: the rate 1 / pool_size² is missing.
def average_pool_backward(dY, X_shape, pool_size):
    spread = np.repeat(np.repeat(dY, pool_size, axis=1), pool_size, axis=2)
    dX = np.zeros(X_shape)
    dX[:, : spread.shape[1], : spread.shape[2]] = spread
    return dX


# %% tags=["wrong-answer"]
# Forgets the pixels that were dropped.
def average_pool_backward(dY, X_shape, pool_size):
    return np.repeat(np.repeat(dY, pool_size, axis=1), pool_size, axis=2) / pool_size**2


# %% tags=["wrong-answer"]
# Treats it like max-pooling: one pixel gets everything.
def average_pool_backward(dY, X_shape, pool_size):
    dX = np.zeros(X_shape)
    rows, columns = dY.shape[1] * pool_size, dY.shape[2] * pool_size
    dX[:, :rows:pool_size, :columns:pool_size] = dY
    return dX


# %%
def average_pool_backward(dY, X_shape, pool_size):
    """Return dX, of shape X_shape."""
    ### BEGIN SOLUTION
    spread = np.repeat(np.repeat(dY, pool_size, axis=1), pool_size, axis=2)
    dX = np.zeros(X_shape)
    dX[:, : spread.shape[1], : spread.shape[2]] = spread / pool_size**2
    return dX
    ### END SOLUTION


# %%
with check("Exercise 5.2"):
    slopes_check = average_pool_backward(np.full((1, 1, 1, 1), 8.0), (1, 2, 2, 1), 2)
    assert np.shape(slopes_check) == (1, 2, 2, 1), "dX must have the shape X_shape"
    assert np.all(slopes_check != 0), "all four pixels of a window have a share in its mean"
    assert np.all(slopes_check == 2), (
        "four pixels, dY = 8: a nudge of one moves the mean by how much?"
    )
    X_check = np.random.default_rng(0).normal(size=(2, 7, 8, 3))
    R_check = np.random.default_rng(1).normal(size=(2, 2, 2, 3))
    slopes_check = average_pool_backward(R_check.copy(), X_check.shape, 3)
    assert np.shape(slopes_check) == X_check.shape, (
        "7×8 pixels, windows of 3: one row and two columns were dropped, but dX must have them"
    )
    numerical_check = numerical_gradient(
        lambda: np.sum(windows(X_check, (3, 3), stride=3).mean(axis=(3, 4)) * R_check), X_check
    )
    assert np.all(slopes_check[:, 6:] == 0) and np.all(slopes_check[:, :, 6:] == 0), (
        "a pixel that was dropped does not move the output: what is its rate?"
    )
    assert relative_error(slopes_check, numerical_check) < 1e-6, (
        "windows of 3 differ from finite differences: is the rate the one for pool_size 3, and "
        "does each pixel get it from its own window?"
    )

# %% [markdown] tags=["why"]
# **Why.** A mean of $p^2$ numbers grows by $1/p^2$ of what one of them grows. Max-pooling gives
# the whole gradient to one pixel, average pooling an equal share to each; both hand back the same
# sum.

# %% [markdown]
# ### Exercise 5.3 · Softmax alone
#
# In section 5 softmax and cross-entropy were taken together. Take softmax alone: given its output
# `P` and `dP` (how fast some loss grows with each probability), both of shape (batch, classes),
# write `softmax_backward(dP, P)` that returns $dZ$.
#
# The rates: $\frac{\partial p_l}{\partial z_k} = p_l \, ([l = k] - p_k)$. (Derive them: quotient
# rule, once for $l = k$, once for $l \ne k$.)
#
# <details><summary>Hint 1</summary>
#
# A logit $z_k$ acts on *all* probabilities of its picture: many paths, so add up over $l$.
# </details>
#
# <details><summary>Hint 2</summary>
#
# $dZ_{n,k} = \sum_l dP_{n,l} \, P_{n,l} ([l = k] - P_{n,k})$. The first part of the bracket leaves
# only $l = k$. In the second, $P_{n,k}$ can be taken out of the sum.
# </details>
#
# <details><summary>Hint 3</summary>
#
# $dZ_{n,k} = P_{n,k} \, (dP_{n,k} - \sum_l dP_{n,l} P_{n,l})$. The sum is one number for each
# picture: `keepdims=True`.
# </details>


# %% tags=["wrong-answer"]
# Only the direct path: forgets that a logit acts on the other probabilities too.
def softmax_backward(dP, P):
    return dP * P * (1 - P)


# %% tags=["wrong-answer"]
# Adds up over the pictures, where it must be over the classes.
def softmax_backward(dP, P):
    return P * (dP - np.sum(dP * P, axis=0, keepdims=True))


# %%
def softmax_backward(dP, P):
    """Return dZ, of shape (batch, classes)."""
    ### BEGIN SOLUTION
    return P * (dP - np.sum(dP * P, axis=1, keepdims=True))
    ### END SOLUTION


# %%
R_check = np.random.default_rng(1).normal(size=(5, 4))
P_check = np.exp(np.random.default_rng(0).normal(size=(5, 4)))
P_check /= P_check.sum(axis=1, keepdims=True)

with check("Exercise 5.3"):
    Z_check = np.random.default_rng(0).normal(size=(5, 4))
    slopes_check = softmax_backward(R_check, P_check)
    assert np.shape(slopes_check) == (5, 4), "dZ must have the shape of Z"
    assert np.allclose(np.sum(slopes_check, axis=1), 0), (
        "each row of dZ must add up to 0 (adding the same number to all logits of a picture "
        "changes no probability): do you take all paths of a picture, and no other picture's?"
    )
    numerical_check = numerical_gradient(
        lambda: np.sum(np.exp(Z_check) / np.exp(Z_check).sum(axis=1, keepdims=True) * R_check),
        Z_check,
    )
    assert relative_error(-np.array(slopes_check), numerical_check) > 1e-6, "the sign is wrong"
    assert relative_error(slopes_check, numerical_check) < 1e-6, (
        "the rows add up to 0, but it differs from finite differences: is each path's rate the "
        "one given above?"
    )
    y_check = np.array([0, 1, 2, 3, 1])
    one_hot_check = np.eye(4)[y_check]
    together = softmax_backward(-one_hot_check / P_check / 5, P_check)
    assert np.allclose(together, softmax_crossentropy(Z_check, y_check)[1]), (
        "with the gradient of the cross-entropy behind it, it must give (P - Y) / N"
    )

# %% [markdown] tags=["why"]
# **Why.** A logit acts on all probabilities of its picture: $z_k$ lifts $p_k$ and lowers the
# others. The sum $\sum_l dP_l P_l$ is the mean of $dP$, weighted by the probabilities; only what a
# class has beyond this mean counts. With cross-entropy behind it, the division by $P$ cancels and
# $(P - Y)/N$ is left: that is why the two are programmed together.

# %% [markdown]
# ### Exercise 5.4 · The bug clinic
#
# Three patients, A, B and C: small networks, each with at most one sick layer somewhere (the next
# cell makes them; which bug sits where is drawn at random). Write `diagnose(network, X)`, which
# returns
#
# - `None` if every layer is healthy;
# - else a pair (position of the sick layer in the list, name of the wrong gradient), with the name
#   `"X"`, `"W"` or `"b"`: for example `(3, "W")`.
#
# `X` holds pictures for the network, as float64.


# %%
class FirstPictureOnly(Dense):
    """Takes the gradient of the weights from the first picture of the batch."""

    def backward(self, dY):
        dX = super().backward(dY)
        self.gradients[0] = np.outer(self.X[0], dY[0])
        return dX


# %%
def make_patient(seed):
    """Return (network, diagnosis): pictures of 10×10×1, four classes, at most one sick layer."""
    random = np.random.default_rng(seed)
    network = [
        Convolution(random.normal(size=(3, 3, 1, 2)), random.normal(size=2)),
        *(ReLU(), MaxPool()),  # (batch, 4, 4, 2)
        Convolution(random.normal(size=(3, 3, 2, 3)), random.normal(size=3)),
        *(ReLU(), Flatten()),  # (batch, 12)
        Dense(random.normal(size=(12, 4)), random.normal(size=4)),
    ]
    bugs = [(FrozenBias, "b"), (TurnedKernel, "X"), (DeadEnd, "X"), (WrongPixel, "X")]
    bugs += [(WrongGate, "X"), (WrongSign, "X"), (FirstPictureOnly, "W"), (None, None)]
    bug, name = bugs[random.integers(len(bugs))]
    if bug is None:
        return network, None
    places = [place for place, layer in enumerate(network) if isinstance(layer, bug.__base__)]
    place = int(random.choice(places))
    network[place] = bug(*network[place].weights)
    return network, (place, name)


patients = {name: make_patient(seed)[0] for name, seed in (("A", 4), ("B", 3), ("C", 0))}

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `gradient_check(layer, X)` judges one layer. Walk through the list with `enumerate`; with
# `X = layer.forward(X)` you get the input of the next layer, and its shape.
# </details>
#
# <details><summary>Hint 2</summary>
#
# Section 4: a gradient check must stay away from kinks. Behind a ReLU many values are exactly 0.
# What does max-pooling do in a window of four zeros, when one of them is nudged up, and when it is
# nudged down?
# </details>
#
# <details><summary>Hint 3</summary>
#
# A layer's gradients must be right for *any* input: judge it with random numbers in the shape of
# its input. A gradient is wrong if its relative error is above $10^{-6}$.
# </details>


# %% tags=["wrong-answer"]
# Checks only what the layers learn, not what they hand back.
def diagnose(network, X):
    for position, layer in enumerate(network):
        X_noise = np.random.default_rng(0).normal(size=X.shape)
        for name, error in gradient_check(layer, X_noise).items():
            if name != "X" and error > 1e-6:
                return position, name
        X = layer.forward(X)
    return None


# %% tags=["wrong-answer"]
# Checks at kinks: behind ReLU, max-pooling meets windows of equal zeros.
def diagnose(network, X):
    for position, layer in enumerate(network):
        for name, error in gradient_check(layer, X).items():
            if error > 1e-6:
                return position, name
        X = layer.forward(X)
    return None


# %% tags=["wrong-answer"]
# Checks the whole network, and blames the first layer with a wrong gradient.
def diagnose(network, X):
    R = np.random.default_rng(1).normal(size=forward(network, X).shape)
    backward(network, R)
    noted = [[slopes.copy() for slopes in layer.gradients] for layer in network]
    for position, layer in enumerate(network):
        for name, values, slopes in zip("Wb", layer.weights, noted[position]):
            numerical = numerical_gradient(lambda: np.sum(forward(network, X) * R), values)
            if relative_error(slopes, numerical) > 1e-6:
                return position, name
    return None


# %%
def diagnose(network, X):
    """Return (position, name of the wrong gradient), or None."""
    ### BEGIN SOLUTION
    for position, layer in enumerate(network):
        X_noise = np.random.default_rng(0).normal(size=X.shape)
        for name, error in gradient_check(layer, X_noise).items():
            if error > 1e-6:
                return position, name
        X = layer.forward(X)
    return None
    ### END SOLUTION


# %%
with check("Exercise 5.4"):
    X_check = np.random.default_rng(0).normal(size=(3, 10, 10, 1))
    for seed in range(24):
        patient, truth = make_patient(seed)
        found = diagnose(patient, X_check.copy())
        case = f"patient number {seed}"
        assert truth is None or found is not None, (
            f"{case} is sick, you say healthy: do you check all that a layer notes and hands "
            "back, with more than one picture?"
        )
        assert found is None or isinstance(found, tuple) and len(found) == 2, (
            "return a tuple (position, name), or None"
        )
        assert found is None or found[1] in ("X", "W", "b"), 'the name must be "X", "W" or "b"'
        assert found is None or truth is None or found != (truth[0] + 1, truth[1]), (
            f"{case}: you say position {found[0]}, one too many: positions count from 0"
        )
        in_front = found is not None and (truth is None or found[0] < truth[0])
        blamed = patient[found[0]] if found is not None and found[0] < len(patient) else None
        assert type(blamed) is not MaxPool, (
            f"{case}: you blame a healthy max-pooling: was its input at a kink (equal values)?"
        )
        assert not in_front, (
            f"{case}: you blame a healthy layer in front of the sick one, which gets a spoilt "
            "gradient: judge each layer alone"
        )
        assert found == truth, f"{case}: {found} is not the diagnosis"

# %% [markdown] tags=["why"]
# **Why.** A layer judged alone, with a gradient that we choose ourselves, cannot be blamed for its
# neighbours' faults. In the whole network a bug spoils every layer in front of it, so there only
# the *last* wrong layer would be a suspect. And random input keeps the check away from kinks: in a
# window of equal zeros, one nudged up becomes the largest, one nudged down changes nothing, and
# the difference from two sides says 1/2 for each, where max-pooling rightly picks one.

# %% [markdown]
# When your `diagnose` passes, ask it about the three patients in a new cell:
# `diagnose(patients["A"], np.random.default_rng(0).normal(size=(3, 10, 10, 1)))`. Then look into
# the layer that it names.

# %% [markdown]
# ### Exercise 5.5 · A layer of your own
#
# Write the layer `ScaleShift`: each channel $m$ gets its own scale $w_m$ and its own shift $b_m$,
#
# $$Y_{\dots,m} = w_m \, X_{\dots,m} + b_m$$
#
# The dots stand for all other axes: it must work for (batch, channels) and for (batch, rows,
# columns, channels). Derive the three gradients first, with pencil, as in section 4. `gradients`
# must be a list, in the order of `weights`.
#
# <details><summary>Hint 1</summary>
#
# For each: in which outputs does it occur, and with which rate? $w_m$ occurs in channel $m$ of
# every picture at every place.
# </details>
#
# <details><summary>Hint 2</summary>
#
# "Add up over all axes but the last" is `sum(axis=tuple(range(dY.ndim - 1)))`.
# </details>
#
# <details><summary>Hint 3</summary>
#
# What must `forward` remember for the gradient of the scale?
# </details>


# %% tags=["wrong-answer"]
# Adds up over the pictures only: right for (batch, channels), wrong for feature maps.
class ScaleShift:
    def __init__(self, scale, shift):
        self.weights = [scale, shift]

    def forward(self, X):
        self.X = X
        return self.weights[0] * X + self.weights[1]

    def backward(self, dY):
        self.gradients = [(dY * self.X).sum(axis=0), dY.sum(axis=0)]
        return dY * self.weights[0]


# %% tags=["wrong-answer"]
# Hands the gradient back without the scale.
class ScaleShift:
    def __init__(self, scale, shift):
        self.weights = [scale, shift]

    def forward(self, X):
        self.X = X
        return self.weights[0] * X + self.weights[1]

    def backward(self, dY):
        axes = tuple(range(dY.ndim - 1))
        self.gradients = [(dY * self.X).sum(axis=axes), dY.sum(axis=axes)]
        return dY


# %% tags=["wrong-answer"]
# Forgets the input in the gradient of the scale.
class ScaleShift:
    def __init__(self, scale, shift):
        self.weights = [scale, shift]

    def forward(self, X):
        return self.weights[0] * X + self.weights[1]

    def backward(self, dY):
        axes = tuple(range(dY.ndim - 1))
        self.gradients = [dY.sum(axis=axes), dY.sum(axis=axes)]
        return dY * self.weights[0]


# %%
class ScaleShift:
    """Y = scale * X + shift, one scale and one shift for each channel (the last axis)."""

    def __init__(self, scale, shift):
        self.weights = [scale, shift]

    def forward(self, X):
        """Return Y, in the shape of X."""
        ### BEGIN SOLUTION
        self.X = X
        scale, shift = self.weights
        return scale * X + shift
        ### END SOLUTION

    def backward(self, dY):
        """Note the gradients of scale and shift, return dX."""
        ### BEGIN SOLUTION
        axes = tuple(range(dY.ndim - 1))
        self.gradients = [(dY * self.X).sum(axis=axes), dY.sum(axis=axes)]
        return dY * self.weights[0]
        ### END SOLUTION


# %%
inputs_check = [np.random.default_rng(0).normal(size=shape) for shape in ((5, 3), (2, 4, 6, 3))]
ones_check = [np.ones(X_check.shape) for X_check in inputs_check]

with check("Exercise 5.5"):
    for X_check, behind_check in zip(inputs_check, ones_check):
        shape = X_check.shape
        layer_check = ScaleShift(np.array([0.5, -2.0, 3.0]), np.array([1.0, 0.0, -1.0]))
        Y_check = layer_check.forward(X_check)
        expected = layer_check.weights[0] * X_check + layer_check.weights[1]
        assert np.allclose(Y_check, expected), f"forward is not scale * X + shift for {shape}"
        try:
            slopes_check = layer_check.backward(behind_check)
        except NotImplementedError:
            raise AssertionError("forward is right; backward is still to be written") from None
        assert np.shape(slopes_check) == shape, (
            f"dX must have the shape of X, {shape}: does backward return it?"
        )
        assert hasattr(layer_check, "gradients"), "backward must note two gradients in a list"
        shapes_check = [np.shape(slopes) for slopes in layer_check.gradients]
        assert shapes_check == [(3,), (3,)], (
            f"for X of shape {shape} the gradients of scale and shift have the shapes "
            f"{shapes_check}: over which axes must you add up?"
        )
        shift_check = np.array(layer_check.gradients[1])
        assert not np.allclose(shift_check, 1), "a sum over all places is wanted, not a mean"
        layer_check.backward(behind_check)
        assert np.allclose(layer_check.gradients[1], shift_check), (
            "asked a second time, backward notes other gradients: make them anew in each call"
        )
        errors_check = gradient_check(layer_check, X_check.copy())
        assert errors_check["W"] < 1e-6, (
            "scale: what is it multiplied by on the way forward? Does its gradient stand first?"
        )
        assert errors_check["b"] < 1e-6, (
            "shift: in how many outputs does it occur, each with rate 1?"
        )
        assert errors_check["X"] < 1e-6, "dX: how fast does Y grow with X?"

# %% [markdown] tags=["why"]
# **Why.** $X$ occurs with the rate $w_m$, the scale with the rate $X$, the shift with the rate 1;
# what is shared by many places adds up over all of them. This layer is one half of batch
# normalisation (chapter 07).

# %% [markdown]
# ## Quiz

# %%
quiz("05")

# %% [markdown]
# ## Key points
#
# - The gradient has the shape of what it belongs to, and says how fast the loss grows with each
#   number of it. A small step against it makes the loss smaller.
# - Chain rule: rates multiply along a path and add up over paths. Backpropagation applies it layer
#   by layer, from the last to the first, and computes nothing twice.
# - Dense: $dW = X^\top dY$, $dX = dY\,W^\top$. ReLU: a gate. Max-pooling: to the winner.
#   Convolution: shared weights add up over all places, the input gets the flipped kernel. Softmax
#   with cross-entropy: $p - y$.
# - A gradient check with two-sided differences, float64 and a step of $10^{-5}$ tells right (below
#   $10^{-6}$) from wrong (a tenth and more).
# - A network with a wrong gradient often learns all the same. That it learns is no proof.
#
# ## Glossary
#
# - **backpropagation**: computing the gradient of the loss for all weights by the chain rule, from
#   the last layer back to the first. Others say: backprop, reverse-mode differentiation.
# - **batch**: the pictures that are used together for one step. Others say: mini-batch.
# - **backward pass**: the way of the gradients through the layers, from the loss to the input.
# - **chain rule**: rates multiply along a path, and rates of different paths add up.
# - **computation graph**: a drawing of a computation, with a box for each quantity and an arrow
#   from what it is computed of. Others say: computational graph.
# - **cross-entropy**: minus the logarithm of the probability given to the right class, averaged
#   over the pictures. Others say: log loss, negative log-likelihood.
# - **dense layer**: a layer in which every output depends on every input: $Y = XW + b$. Others say:
#   fully connected layer, linear layer.
# - **derivative**: how fast one quantity grows with another. Others say: slope, rate of change.
# - **epoch**: one walk through all training pictures. Others say: *pass* over the data.
# - **finite difference**: a derivative estimated by a small nudge. Others say: numerical
#   derivative.
# - **forward pass**: the way of the values through the layers, from the input to the loss.
# - **gradient**: the derivatives of the loss with respect to all numbers of an array; same shape.
# - **gradient check**: comparing a gradient with finite differences.
# - **leaky ReLU**: a ReLU that lets a small share of negative values through. Others say: *LReLU*.
# - **learning rate**: the number by which the gradient is multiplied for a step against it. Others
#   say: step size.
# - **logits**: the last layer's sums, before softmax. Others say: scores.
# - **loss**: the number that says how wrong a network is, and that training makes small. Others say:
#   cost, objective.
# - **one-hot encoding**: writing a class as a row of zeros with a single 1. Others say: dummy
#   variables.
# - **rounding error**: what is lost because a number in a computer has few digits. Others say:
#   round-off error.
# - **softmax**: turns logits into probabilities: positive, and 1 in sum. Others say: *normalised
#   exponential*; physics says *Gibbs* or *Boltzmann distribution*.
# - **squared error**: the square of the difference between answer and right answer. Others say: L2
#   loss; MSE for its mean.
# - **step**: one change of all weights, after one batch. Others say: *iteration*, *update*.
# - **stochastic gradient descent**: steps against the gradient of a few pictures drawn at random.
#   Others say: SGD, mini-batch gradient descent.
# - **truncation error**: what a finite difference misses because its nudge is not tiny.
# - **vanishing gradients, exploding gradients**: gradients that shrink or grow from layer to layer
#   on the way back, until the first layers learn nothing or too much.
#
# ## Further reading
#
# - David Rumelhart, Geoffrey Hinton, Ronald Williams: *Learning representations by
#   back-propagating errors*. Nature 323, 1986. The paper that made it known; four pages.
# - Atılım Güneş Baydin, Barak Pearlmutter, Alexey Radul, Jeffrey Siskind: *Automatic
#   differentiation in machine learning: a survey*. Journal of Machine Learning Research 18,
#   article 153, 2018. What `GradientTape` does.
# - Ian Goodfellow, Yoshua Bengio, Aaron Courville: *Deep Learning*, § 6.5. MIT Press, 2016.
#   Backpropagation at length.
# - Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun: *Delving deep into rectifiers: surpassing
#   human-level performance on ImageNet classification*. International Conference on Computer
#   Vision, 2015. The size of the first weights.
# - Timothy Lillicrap, Daniel Cownden, Douglas Tweed, Colin Akerman: *Random synaptic feedback
#   weights support error backpropagation for deep learning*. Nature Communications 7, 2016.
#   Learning with wrong gradients.
#
# ## Go further
#
# In "Look first", change `load("digits")` to `load("mnist")` (chapter 00
# says how to have it) and run up to the figure of section 9. The training pictures are 51,000
# instead of 1,202, so the ten epochs took 200 seconds where we measured. The same NumPy network
# then read 98.99 % of the 10,000 test digits (validation: 98.68 %).
#
# Next: chapter 06 asks how long the steps should be, and takes better ones.
