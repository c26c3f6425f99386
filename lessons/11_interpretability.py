# %% [markdown]
# # 11 · Ask a network why it said so
#
# A network looks at a picture and says "4". Why? All its reasons are there, in 15,000 numbers, and
# nobody can read them. So people have invented methods that paint a map over the picture: *here it
# looked*. Such maps are in papers, in products and in reports. They look convincing, and that
# is the trouble, for a map always looks like something. In this chapter you write five of these
# methods from their papers. Then each of them has to sit an examination: on scenes in which we know
# where the truth is, beside pure chance, and beside a rival that never asks a network at all. In
# one of the two games most of them can hardly be told from that rival.
#
# **You will learn to**
#
# - compute five kinds of maps by hand, in NumPy and in Keras: occlusion, saliency, SmoothGrad,
#   integrated gradients, Grad-CAM;
# - score maps against a known truth, with chance and a rival beside them;
# - find out with random weights whether a method asks the network at all;
# - catch a shortcut by looking, and name the maps that would have missed it;
# - write a model card that says what a network can do, and what it cannot.
#
# **You need** chapter [04](04_convolution.ipynb) (feature maps), chapter
# [05](05_backpropagation.ipynb) (gradients), chapter [09](09_overfitting.ipynb) (differences in
# pairs) and section 8 of chapter [10](10_data_challenges.ipynb) (the planted mark).
#
# **Time:** about 180 minutes to read and do, under 2 minutes of computing. After section 6 and
# after section 8 are good places for a break.

# %%
from utils.runtime import start

start()

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from keras import layers
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.stats import rankdata

from utils.corruptions import corrupt
from utils.datasets import load
from utils.exercises import check, quiz
from utils.metrics import paired_mean
from utils.models import draw_kernels
from utils.plots import draw_image, show
from utils.synthetic import make_scenes, plant_marks

# %% [markdown]
# ## Look first
#
# Three scenes, each with one digit among strokes, some as bright as the digit, and a map over
# each. The map is bright where the digit is. A good explanation of what the network saw?


# %%
def local_contrast(images):
    """Return how much the brightness varies round each pixel: (n, height, width)."""
    unusual = images[..., 0] - gaussian_filter(images[..., 0], (0, 4, 4))
    return gaussian_filter(unusual**2, (0, 3, 3))


def draw_scenes(count, seed, objects=1):
    """Return scenes of 48×48 pixels with the digits 3, 4 and 7."""
    return make_scenes(
        count, "347", size=48, objects=(objects, objects), clutter=4, distortion=0.3, seed=seed
    )


def draw_maps(rows, titles, alt, headline, scale=1.25):
    """Show rows of pictures and maps; a map goes from dark (its smallest value) to bright."""
    figure, axes = plt.subplots(
        len(rows),
        len(titles),
        figsize=(scale * len(titles), scale * len(rows) + 0.6),
        squeeze=False,
    )
    for axis, image in zip(axes.flat, [image for row in rows for image in row]):
        axis.axis("off")
        if image.ndim == 3:  # a picture has a channel, a map has none
            draw_image(axis, image)
        else:
            axis.imshow(image, cmap="viridis")
    for axis, title in zip(axes[0], titles):
        axis.set_title(title, fontsize=9, loc="center", fontweight="normal")
    figure.suptitle(headline, fontsize=11, fontweight="bold")
    show(figure, alt)


look = draw_scenes(3, seed=20)
draw_maps(
    [[item for pair in zip(look.images, local_contrast(look.images)) for item in pair]],
    ["scene", "map"] * 3,
    "Three grey scenes with bright strokes and one digit each, and beside each a map with a soft "
    "bright spot at the digit, or at a stroke near it.",
    "A map that looks like an explanation",
)

# %% [markdown]
# There is no network yet. The map shows where neighbouring pixels differ; it would be the same for
# every network and for every question. Keep this in mind whenever a map looks convincing.
#
# ## 1 · Scenes with a known truth, and three networks to ask
#
# `make_scenes` draws the scenes and gives for each a mask: which pixels belong to the digit. So we
# know where a map *should* be bright, if the network reads the digit. Photographs have no such truth.
#
# The network has four convolutions. Then each of the last 32 feature maps is averaged to one
# number, and one dense layer makes three logits from these means (chapter 07 has the layers). We
# train it from three seeds, to see what is luck. `restart` is the tool of chapter 09, section 2.

# %%
scenes, judges = draw_scenes(1250, seed=1), draw_scenes(300, seed=2)
X_train, y_train = scenes.images, np.concatenate(scenes.labels)
X_test, y_test = judges.images, np.concatenate(judges.labels)


def convolution(filters, size, stride):
    """Return a convolution with batch normalisation and ReLU."""
    return [
        layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]


network = keras.Sequential(
    [
        keras.Input((48, 48, 1)),
        *convolution(8, 5, 2),  # (batch, 24, 24, 8)
        *convolution(16, 3, 2),  # (batch, 12, 12, 16)
        *convolution(32, 3, 1),
        *convolution(32, 3, 1),  # (batch, 12, 12, 32): the last feature maps
        layers.GlobalAveragePooling2D(),  # (batch, 32)
        layers.Dense(3),  # logits
    ]
)
schedule = keras.optimizers.schedules.CosineDecay(
    0.001, decay_steps=150, warmup_steps=50, warmup_target=0.01
)
network.compile(
    keras.optimizers.Adam(schedule), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
)
print(f"{network.count_params():,} numbers in the network")


# %%
def keep_start(model):
    """Return a function that puts a compiled model back to its start, with new random kernels."""
    model.optimizer.build(model.trainable_variables)
    variables = model.variables + model.optimizer.variables
    at_birth = [variable.numpy() for variable in variables]

    def restart(seed):
        for variable, value in zip(variables, at_birth):
            variable.assign(value)
        draw_kernels(model, seed)
        keras.utils.set_random_seed(seed)  # fit shuffles with it

    return restart


def accuracy(model, X, y):
    """Return the share of right answers."""
    return np.mean(np.array(model(X)).argmax(axis=1) == y)


SEEDS = range(3)
restart = keep_start(network)
untrained, trained, test_accuracy = [], [], []
for seed in SEEDS:
    restart(seed)
    untrained.append(network.get_weights())
    _ = network.fit(X_train, y_train, epochs=5, batch_size=32, verbose=0)
    trained.append(network.get_weights())
    test_accuracy.append(accuracy(network, X_test, y_test))
print("test accuracy at least 0.85 each:", min(test_accuracy) > 0.85)

# %% tags=["nbval-ignore-output"]
print("test accuracy on 300 scenes:", np.round(test_accuracy, 3))

# %% [markdown]
# There are two games for the maps. In the first a scene has *one* digit: does the map find it? In
# the second it has *two different* digits, and we ask about one of them, say the 4: does the map
# find the 4 and leave the 7 alone? The networks were trained on single digits only, but can still
# be asked: each class has its own logit.
#
# The strokes of a digit are thin. So a map may miss it by 2 pixels: we grow each mask by that much.
# (Zhang and others 2016, from whom we have the game, allow 15 pixels on photographs.)


# %%
def grow(masks, pixels=2):
    """Return masks of shape (n, height, width) that reach further by some pixels."""
    return np.stack([maximum_filter(mask, 2 * pixels + 1) for mask in masks])


NUMBER = 80  # scenes in each game
X_one, asked_one = X_test[:NUMBER], y_test[:NUMBER]
target_one = grow(judges.masks[:NUMBER] == 1)

pairs = draw_scenes(150, seed=3, objects=2)
different = [i for i, labels in enumerate(pairs.labels) if labels[0] != labels[1]][:NUMBER]
X_two = pairs.images[different]
asked_two = np.array([pairs.labels[i][0] for i in different])  # the first digit is asked for
target_two, other_two = (grow(pairs.masks[different] == which) for which in (1, 2))
assert len(X_one) == len(X_two) == NUMBER

network.set_weights(trained[0])
first_answer = np.array(network(X_two)).argmax(axis=1)
in_scene = np.mean([first_answer[n] in pairs.labels[i] for n, i in enumerate(different)])
print("two digits: the answer is one of the two, in 0.9 of the scenes or more:", in_scene > 0.9)
print(f"share of the pixels inside a grown mask: {target_one.mean():.3f}")

# %% [markdown]
# ## 2 · Filters and feature maps: look inside
#
# The first idea is to look at the numbers themselves. The first layer has 8 filters of 5×5 weights,
# small enough to be drawn (Zeiler and Fergus 2014 do it for a large network). Each writes a feature
# map. And here are some of the 32 maps of the last layer.

# %%
inside = keras.Model(network.inputs[0], [network.layers[-3].output, network.outputs[0]])
early = keras.Model(network.inputs[0], network.layers[2].output)
scene = X_one[:1]

filters = np.moveaxis(network.layers[0].get_weights()[0][..., 0, :], -1, 0)  # (8, 5, 5)
first_maps = np.moveaxis(np.array(early(scene))[0], -1, 0)  # (8, 24, 24)
last_maps = np.moveaxis(np.array(inside(scene)[0])[0], -1, 0)  # (32, 12, 12)
draw_maps(
    [[scene[0], *filters[:7]], [scene[0], *first_maps[:7]], [scene[0], *last_maps[:7]]],
    ["the scene"] + [f"channel {c}" for c in range(7)],
    "The same scene three times, beside it seven filters of 5 by 5 weights without any form that could "
    "be named, their feature maps, in which edges of the digit and of the strokes "
    "stand out, and seven coarse maps of the last layer, some bright at the digit, some elsewhere.",
    "Filters look like noise (top); their maps show edges, the last maps spots",
    scale=1.05,
)


# %%
def share_on_digit(weights):
    """Return the share of last-layer maps whose brightest place lies on the digit."""
    network.set_weights(weights)
    maps = np.array(inside(X_one)[0])  # (80, 12, 12, 32)
    coarse = target_one.reshape(NUMBER, 12, 4, 12, 4).max(axis=(2, 4)).reshape(NUMBER, 144)
    best = maps.reshape(NUMBER, 144, 32).argmax(axis=1)  # (80, 32)
    return np.take_along_axis(coarse, best, axis=1).mean(), coarse.mean()


shares = np.array([share_on_digit(trained[seed])[0] for seed in SEEDS])
shares_untrained = np.array([share_on_digit(untrained[seed])[0] for seed in SEEDS])
chance = share_on_digit(trained[0])[1]
print("trained: more maps point at the digit than by chance:", shares.min() > chance)
print("untrained: at least two thirds as many:", shares_untrained.mean() > 2 / 3 * shares.mean())
network.set_weights(trained[0])  # the network that sections 3 to 6 ask

# %% tags=["nbval-ignore-output"]
print(f"share of the last maps with their maximum on the digit: trained {shares.round(2)}, "
      f"untrained {shares_untrained.round(2)}, chance {chance:.2f}")  # fmt: skip

# %% [markdown]
# The filters look like noise. In large networks, trained on millions of photographs, edges and colours
# can be recognised in them; here nobody can read them. The maps say more: some of the last ones are
# bright at the digit, and it is tempting to call them "digit detectors". But look at the numbers. About
# half of the last maps have their maximum on the digit, by chance it would be one in eight. And
# *before any training* it is nearly as many: a digit is the busiest place of its scene, and any filter
# answers to that. So a feature map that lights up on the object shows neither that something was
# learned nor for which class it speaks. The next four sections ask about a class.
#
# ## 3 · Occlusion: cover and ask again
#
# Exercise 10.5 covered squares and counted changed answers. **Occlusion** (Zeiler and Fergus 2014)
# does it for one picture and one class: slide a grey window over the picture, and write down how
# much the class's score sinks.
#
# $$M_{ij} = s_k(x) - s_k\big(x^{(ij)}\big)$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $x$ | picture | (height, width, channels) |
# | $x^{(ij)}$ | the same with the window at place $i, j$ covered | as $x$ |
# | $k$ | the class that we ask about | one number |
# | $s_k$ | score of this class: its logit | one number |
# | $M$ | map: positive where the class needs what is there | (places down, places across) |
#
# We take logits, not probabilities: a probability of 0.999 hardly moves, and it also changes when
# *another* class becomes stronger.
#
# **By hand.** A picture of 2×2, window 1×1, cover 0, and a score that is a plain sum, $s = 2 x_{11}
# - x_{12} + x_{22}$:
#
# $$x = \begin{pmatrix} 3 & 1 \\ 4 & 2 \end{pmatrix} \quad s = 6 - 1 + 2 = 7 \qquad
# M = \begin{pmatrix} 7 - 1 & 7 - 8 \\ 7 - 7 & 7 - 5 \end{pmatrix} =
# \begin{pmatrix} 6 & -1 \\ 0 & 2 \end{pmatrix}$$
#
# Without the pixel 1 the score would be *higher*: it speaks against the class. The 4 does not count
# at all.
#
# Two choices are ours: the cover (grey, as bright as the picture's mean), and that neighbouring
# windows overlap, so that each pixel gets the mean of all windows that cover it. The code knows
# nothing of networks. It works for any function that gives scores.


# %%
def occlusion_map(score, X, size, stride, cover=None):
    """Return how much each pixel's windows lower the score.

    Args:
        score: function from pictures (n, height, width, 1) to scores (n,).
        X: pictures.
        size, stride: side and step of the square window.
        cover: brightness of the window; None takes each picture's mean.

    Returns:
        ndarray: maps of shape (n, height, width), the mean over the windows that cover a pixel.
    """
    _, height, width, _ = X.shape
    cover = X.mean(axis=(1, 2, 3)).reshape(-1, 1, 1, 1) if cover is None else cover
    before, total, windows = score(X), np.zeros(X.shape[:3]), np.zeros((height, width))
    for top in range(0, height - size + 1, stride):
        for left in range(0, width - size + 1, stride):
            place = np.s_[top : top + size, left : left + size]
            covered = X.copy()
            covered[:, place[0], place[1]] = cover
            total[:, place[0], place[1]] += (before - score(covered)).reshape(-1, 1, 1)
            windows[place] += 1
    return total / windows


by_hand = np.array([[3.0, 1.0], [4.0, 2.0]]).reshape(1, 2, 2, 1)
plain_sum = np.array([[2.0, -1.0], [0.0, 1.0]])
map_by_hand = occlusion_map(lambda X: np.sum(X[..., 0] * plain_sum, axis=(1, 2)), by_hand, 1, 1, 0)
np.testing.assert_array_equal(map_by_hand, [[[6, -1], [0, 2]]])
map_by_hand


# %%
@tf.function(reduce_retracing=True)
def class_scores(model, X, classes):
    """Return each picture's logit for its class: (n,)."""
    return tf.gather(model(X, training=False), classes, batch_dims=1)


def occlusion(model, X, classes, size=8, stride=5):
    """Return occlusion maps (n, height, width) for the classes asked."""
    return occlusion_map(lambda X: class_scores(model, X, classes).numpy(), X, size, stride)


# %% [markdown]
# The price: for a window of 8 and a step of 5 the network must answer 9 · 9 + 1 = 82 times for
# one map.
#
# ## 4 · Saliency: the gradient of a score
#
# Chapter 10 attacked a picture along the gradient of the *loss*. Simonyan, Vedaldi and Zisserman
# (2014) draw the gradient of the *score*: how fast does it change when a pixel changes a little? The
# size counts, not the sign. This is the **saliency map**:
#
# $$M_{ij} = \max_c \left| \frac{\partial s_k}{\partial x_{ijc}} \right|$$
#
# The maximum over the channels $c$ is idle for grey pictures. All other symbols are as above, and
# $M$ has the shape (height, width).
#
# **By hand.** Two pixels, two ReLU neurons, one score:
# $s = 3 \max(0, x_1 - x_2) + 5 \max(0, x_1 + x_2 - 4)$ at $x = (2, 1)$. The first neuron has
# $2 - 1 = 1$ and is on, the second $3 - 4 = -1$ and is off. Through the first come $3 \cdot (1, -1)$,
# through the second nothing. Gradient $(3, -3)$, map $(3, 3)$. In NumPy, and by `GradientTape`:

# %%
W_in = np.array([[1.0, 1.0], [-1.0, 1.0]])  # (pixels, neurons)
b_in = np.array([0.0, -4.0])  # (neurons,)
w_out = np.array([3.0, 5.0])  # (neurons,)
example = np.array([2.0, 1.0])


def tiny_score(x):
    """Return the score of two pixels; x has the shape (2,)."""
    return np.maximum(0, x @ W_in + b_in) @ w_out


def tiny_gradient(x):
    """Return the gradient of the score with respect to the two pixels."""
    is_on = x @ W_in + b_in > 0
    return W_in @ (is_on * w_out)


with tf.GradientTape() as tape:
    tape.watch(two_pixels := tf.constant(example))
    tiny = tf.tensordot(tf.nn.relu(tf.linalg.matvec(W_in.T, two_pixels) + b_in), w_out, 1)
np.testing.assert_array_equal(tiny_gradient(example), [3, -3])
np.testing.assert_allclose(tape.gradient(tiny, two_pixels), tiny_gradient(example))
print("score", tiny_score(example), " map", np.abs(tiny_gradient(example)))


# %%
@tf.function(reduce_retracing=True)
def score_gradient(model, X, classes):
    """Return the gradient of each picture's score with respect to its pixels."""
    with tf.GradientTape() as tape:
        tape.watch(X)
        scores = tf.gather(model(X, training=False), classes, batch_dims=1)
    return tape.gradient(scores, X)


def saliency(model, X, classes):
    """Return saliency maps (n, height, width) for the classes asked."""
    return np.abs(score_gradient(model, tf.constant(X), classes)).max(axis=-1)


# %% [markdown]
# Is the network's gradient right? Chapter 05's finite difference is the judge: nudge one pixel up
# and down and see how the logit moves. We try the ten pixels with the largest gradient, and take the
# median, because a nudge may cross a kink of some ReLU.

# %%
picture, asked = X_one[:1], asked_one[:1]
slope = np.array(score_gradient(network, tf.constant(picture), asked))[0, ..., 0]
places = [np.unravel_index(n, slope.shape) for n in np.argsort(-np.abs(slope).ravel())[:10]]
nudged = np.repeat(picture, 20, axis=0)
for n, (row, column) in enumerate(places):
    nudged[2 * n, row, column] += 0.001
    nudged[2 * n + 1, row, column] -= 0.001
moved = class_scores(network, nudged, np.repeat(asked, 20)).numpy().reshape(10, 2)
difference = (moved[:, 0] - moved[:, 1]) / 0.002
by_tape = np.array([slope[place] for place in places])
print("finite differences agree to 5 %, median of ten:",
      np.median(np.abs(difference / by_tape - 1)) < 0.05)  # fmt: skip

# %% [markdown]
# ### SmoothGrad: ask a crowd of neighbours
#
# A network of ReLUs is full of kinks, and the gradient jumps at each of them. Two pictures that
# nobody can tell apart may have quite different maps. **SmoothGrad** (Smilkov and others 2017) adds
# noise to the picture several times, and averages the gradients:
#
# $$\bar g = \frac{1}{N} \sum_{n=1}^{N} \frac{\partial s_k}{\partial x}(x + \varepsilon_n)
# \qquad M = |\bar g| \qquad \varepsilon_n \text{ drawn from a normal distribution}$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $\varepsilon_n$ | noise of draw $n$ | as $x$ |
# | $N$ | number of draws | one number |
# | $\bar g$ | mean gradient | as $x$ |
# | $M$ | map (again the largest of the channels) | (height, width) |
#
# **By hand.** One pixel, $s = \max(0, x)$ at $x = -0.1$: the neuron is off, gradient 0. With two
# draws $\varepsilon = \pm 0.2$: at $0.1$ the gradient is 1, at $-0.3$ it is 0. The mean is $0.5$: "a
# little more, and it would count". Here $N = 8$ and the noise has a standard deviation of 0.1 (the
# authors advise 10 to 20 % of the range).


# %%
def smooth_grad(model, X, classes, draws=8, deviation=0.1, seed=0):
    """Return SmoothGrad's maps (n, height, width) for the classes asked."""
    random = np.random.default_rng(seed)
    total = np.zeros(X.shape)
    for _ in range(draws):
        noisy = X + deviation * random.normal(size=X.shape)
        total += score_gradient(model, tf.constant(noisy, tf.float32), classes)
    return np.abs(total / draws).max(axis=-1)


still = smooth_grad(network, X_one[:5], asked_one[:5], draws=1, deviation=0)
np.testing.assert_allclose(
    still, saliency(network, X_one[:5], asked_one[:5]), rtol=1e-4, atol=1e-6
)
np.testing.assert_allclose(np.mean([-0.1 + noise > 0 for noise in (0.2, -0.2)]), 0.5)
print("without noise SmoothGrad is the saliency map")

# %% [markdown]
# ## 5 · Integrated gradients: the whole way from black
#
# Occlusion and the gradient share a blind spot. A class is certain if pixel 1 *or* pixel 2 is white:
# $s = \min(1, x_1 + x_2)$. Both are white. Cover one: the other is enough, the score stays 1. Nudge
# one: the score stays 1. **Occlusion and gradient call both pixels unimportant**, though nothing
# else decides.
#
# Sundararajan, Taly and Yan (2017) walk from a **baseline picture** $x'$, here black, to the picture,
# and collect the gradients on the way. These are **integrated gradients**:
#
# $$M_i = (x_i - x'_i) \int_0^1 \frac{\partial s_k}{\partial x_i}\big(x' + \alpha (x - x')\big)\, d\alpha
# \;\approx\; (x_i - x'_i) \, \frac{1}{N} \sum_{n=1}^{N} \frac{\partial s_k}{\partial x_i}
# \big(x' + \alpha_n (x - x')\big), \quad \alpha_n = \frac{n - 0.5}{N}$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $x$, $x'$ | picture and baseline picture | (height, width, channels) |
# | $\alpha$ | how far we are on the way, from 0 to 1 | one number |
# | $N$ | steps | one number |
# | $M$ | map, positive and negative values | as $x$ |
#
# **By hand** for $s = \min(1, x_1 + x_2)$, $x = (1, 1)$, $x' = (0, 0)$, four steps: on the way both
# pixels are $\alpha = 0.125, 0.375, 0.625, 0.875$. The sum $2\alpha$ is below 1 for the first two:
# gradient $(1, 1)$; above 1 for the others: $(0, 0)$. Mean $0.5$, times $(1 - 0)$: $M = (0.5, 0.5)$.
# Both pixels share the credit. And $0.5 + 0.5 = 1 = s(x) - s(x')$. That is no accident. It is a
# property that the authors prove for every network, **completeness**: the map adds up to the
# difference of the scores.
#
# The baseline is a choice, and it counts: a pixel that equals its baseline gets 0, however much it
# matters. With black as the baseline, black strokes on white paper get nothing.


# %%
def integrate(gradient, x, baseline, steps):
    """Return integrated gradients; `gradient` turns an array like x into one of the same shape."""
    ways = (np.arange(steps) + 0.5) / steps
    return (x - baseline) * np.mean(
        [gradient(baseline + a * (x - baseline)) for a in ways], axis=0
    )


def saturated_gradient(x):
    """Return the gradient of min(1, x1 + x2)."""
    return np.full(2, float(x.sum() < 1))


both_white = np.ones(2)
print("gradient at the picture:", saturated_gradient(both_white))
print("integrated:", integrate(saturated_gradient, both_white, np.zeros(2), steps=4))
np.testing.assert_allclose(integrate(saturated_gradient, both_white, np.zeros(2), 4), [0.5, 0.5])


# %%
def integrated_gradients(model, X, classes, steps=12, baseline=0.0):
    """Return integrated gradients (n, height, width), summed over the channels."""

    def gradient(pictures):
        return np.array(score_gradient(model, tf.constant(pictures, tf.float32), classes))

    return integrate(gradient, X, np.broadcast_to(np.float32(baseline), X.shape), steps).sum(
        axis=-1
    )


def completeness_gap(steps, number=30):
    """Return the mean distance between the map's sum and the scores' difference, relative."""
    X, k = X_one[:number], asked_one[:number]
    wanted = class_scores(network, X, k).numpy() - class_scores(network, 0 * X, k).numpy()
    reached = integrated_gradients(network, X, k, steps).sum(axis=(1, 2))
    return np.mean(np.abs(reached - wanted)) / np.mean(np.abs(wanted))


gaps = {steps: completeness_gap(steps) for steps in (1, 4, 12, 48)}
print("the sum of the map misses the difference of the scores by less than 5 % with 48 steps:",
      gaps[48] < 0.05)  # fmt: skip
print("and with one step by more than 20 %:", gaps[1] > 0.2)

# %% tags=["nbval-ignore-output"]
for steps, gap in gaps.items():
    print(f"{steps:3} steps: misses completeness by {gap:.1%}")

# %% [markdown]
# One step is only the gradient in the middle of the way. With 12 steps, which we shall use, the map
# is nearly complete. This check costs one line; whoever shows you integrated gradients should have
# done it.
#
# ## 6 · Grad-CAM: which feature maps speak for the class?
#
# Section 2 showed feature maps without saying for which class they speak. **Grad-CAM** (Selvaraju and
# others 2017) asks the gradient: how much does the score grow with map $c$, on average over its
# places? With these weights the maps are added up, and only what speaks *for* the class is kept:
#
# $$\alpha_c = \frac{1}{hw} \sum_{i,j} \frac{\partial s_k}{\partial A_{ijc}} \qquad
# M = \operatorname{ReLU}\!\Big(\sum_c \alpha_c A_c\Big)$$
#
# | symbol | meaning | shape here |
# | --- | --- | --- |
# | $A$ | feature maps of the last convolution | (h, w, channels) = (12, 12, 32) |
# | $\alpha$ | weight of each map, for class $k$ | (32,) |
# | $M$ | coarse map, then enlarged to the picture's size | (12, 12) |
#
# **By hand**, two maps of 2×2, then averages and one dense layer with the weights $2$ and $-1$:
#
# $$A_1 = \begin{pmatrix} 4 & 0 \\ 0 & 0 \end{pmatrix} \quad
# A_2 = \begin{pmatrix} 0 & 0 \\ 2 & 2 \end{pmatrix} \quad
# s = 2 \cdot \tfrac{4}{4} - 1 \cdot \tfrac{4}{4} = 1$$
#
# Each value of $A_1$ enters $s$ with $2 / 4$, each of $A_2$ with $-1 / 4$: $\alpha = (0.5, -0.25)$.
#
# $$M = \operatorname{ReLU} \begin{pmatrix} 0.5 \cdot 4 & 0 \\ -0.25 \cdot 2 & -0.25 \cdot 2
# \end{pmatrix} = \begin{pmatrix} 2 & 0 \\ 0 & 0 \end{pmatrix}$$
#
# Map 2 is bright below, but it speaks against the class.
#
# (In the code, `np.einsum("nhwc,nc->nhw", A, alpha)` multiplies and adds: letters that are missing on
# the right, here c, are summed over.)


# %%
def cam_numpy(feature_maps, weights):
    """Return Grad-CAM for a network that ends with global averages and one dense layer.

    Args:
        feature_maps: (n, h, w, channels).
        weights: the dense layer's weights for the class of each picture, (n, channels).
    """
    alpha = weights / np.prod(feature_maps.shape[1:3])  # each place enters with weight / (h w)
    return np.maximum(0, np.einsum("nhwc,nc->nhw", feature_maps, alpha))


two_maps = np.stack([[[4.0, 0], [0, 0]], [[0, 0], [2.0, 2]]], axis=-1)[np.newaxis]  # (1, 2, 2, 2)
np.testing.assert_allclose(cam_numpy(two_maps, np.array([[2.0, -1.0]])), [[[2, 0], [0, 0]]])


@tf.function(reduce_retracing=True)
def maps_and_gradients(model, X, classes):
    """Return the feature maps and the gradient of the scores with respect to them."""
    with tf.GradientTape() as tape:
        feature_maps, logits = model(X, training=False)
        scores = tf.gather(logits, classes, batch_dims=1)
    return feature_maps, tape.gradient(scores, feature_maps)


def coarse_grad_cam(model, X, classes):
    """Return Grad-CAM's maps (n, h, w); `model` gives feature maps and logits."""
    feature_maps, gradients = maps_and_gradients(model, tf.constant(X), classes)
    alpha = np.mean(gradients, axis=(1, 2))  # (n, channels)
    return np.maximum(0, np.einsum("nhwc,nc->nhw", feature_maps, alpha))


def enlarge(maps, shape):
    """Return maps (n, height, width), enlarged with bilinear interpolation."""
    return np.array(keras.ops.image.resize(maps[..., np.newaxis], shape))[..., 0]


def grad_cam(model, X, classes):
    """Return Grad-CAM's maps (n, height, width) for the classes asked."""
    return enlarge(coarse_grad_cam(model, X, classes), X.shape[1:3])


# %% [markdown]
# Our network ends just so: averages, then one dense layer. So the pencil's way must give what the
# tape gives. And for such networks there is an older method: the class activation map of Zhou and
# others (2016) adds up the maps with the dense layer's weights themselves. Grad-CAM is the same up to
# the factor $hw = 144$ (and the ReLU), but works for *every* end of a network.

# %%
feature_maps, logits = inside(X_one)
class_weights = network.layers[-1].get_weights()[0].T[asked_one]  # (80, 32)
by_tape = coarse_grad_cam(inside, X_one, asked_one)
np.testing.assert_allclose(by_tape, cam_numpy(np.array(feature_maps), class_weights), atol=1e-4)

older_cam = np.einsum("nhwc,nc->nhw", feature_maps, class_weights)  # Zhou and others 2016
np.testing.assert_allclose(np.maximum(0, older_cam) / 144, by_tape, atol=1e-4)
bias = network.layers[-1].get_weights()[1][asked_one]
asked_logits = np.array(logits)[np.arange(NUMBER), asked_one]
np.testing.assert_allclose(older_cam.mean(axis=(1, 2)) + bias, asked_logits, atol=1e-3)
print("NumPy = tape = CAM / 144; and the mean of CAM plus the bias is the logit itself")

# %% [markdown]
# ### All five on the same scenes

# %%
METHODS = {
    "occlusion": (occlusion, network),
    "saliency": (saliency, network),
    "SmoothGrad": (smooth_grad, network),
    "integrated gr.": (integrated_gradients, network),
    "Grad-CAM": (grad_cam, inside),
}


def ask(name, X, classes):
    """Return the maps of a method for these pictures and classes."""
    method, model = METHODS[name]
    return method(model, X, classes)


names = np.array(list("347"))
shown = np.concatenate([X_one[:1], X_two[[1, 1]]])
classes_shown = np.array([asked_one[0], asked_two[1], pairs.labels[different[1]][1]])
maps_shown = [ask(name, shown, classes_shown) for name in METHODS]
draw_maps(
    [[image, local_contrast(image[np.newaxis])[0], *(np.maximum(0, maps[row]) for maps in maps_shown)]
     for row, image in enumerate(shown)],
    ["scene", "no network", *METHODS],
    "A scene with one digit and twice a scene with two digits, each with six maps. The rival without "
    "a network, saliency, SmoothGrad and integrated gradients light up at both digits, whichever is "
    "asked for; occlusion and Grad-CAM light up at the asked digit only.",
    "Asked for: " + ", then ".join(f"the {names[k]}" for k in classes_shown)
    + ". Occlusion and Grad-CAM follow the question",
)  # fmt: skip

# %% [markdown]
# Rows 2 and 3 show the *same* scene, asked about one digit and about the other. Occlusion and
# Grad-CAM change sides. Do the others? (Of occlusion and integrated gradients only the positive
# values are drawn.)
#
# *A good place for a break.*

# %% [markdown]
# ## 7 · The experiment: the pointing game
#
# The **pointing game** (Zhang and others 2016) asks one thing of a map: where is its brightest
# pixel? If it lies on the object, this is a hit. The **hit rate** is the share of hits among many
# maps.
#
# | row of the table | what it is |
# | --- | --- |
# | chance | point anywhere: the share of the pixels that belong to the grown mask |
# | no network | `local_contrast` of the first figure: it sees the picture, and asks nobody |
# | five methods | each with three networks |
#
# Two columns of results: *one digit*, and *asked of two*. Beside the second one, how often the map
# points at the *other* digit. 80 scenes each.
#
# > **Predict.** Which of the five will point at the single digit most often? How far will the rival
# > without a network get: to 0.2, 0.5, 0.8? And with two digits, which methods will keep to the
# > question? Write down three numbers before you run on.


# %%
def points_at(maps, targets):
    """Return for each map whether its brightest pixel lies on the target: (n,)."""
    brightest = maps.reshape(len(maps), -1).argmax(axis=1)
    return targets.reshape(len(maps), -1)[np.arange(len(maps)), brightest]


corner = np.zeros((2, 3, 3))
corner[:, 0, 2] = 1  # both maps are brightest in the upper right corner
on_corner = np.array([[[0, 0, 1], [0, 0, 0], [0, 0, 0]], [[1, 0, 0], [0, 0, 0], [0, 0, 0]]], bool)
assert points_at(corner, on_corner).tolist() == [True, False]

GAMES = ("one digit", "asked of two", "the other")
hits, maps_one = {}, {}  # hits: name: (3 networks, 3 games, 80 scenes)
for name in METHODS:
    maps_one[name], rows = [], []
    for seed in SEEDS:
        network.set_weights(trained[seed])
        maps_one[name].append(ask(name, X_one, asked_one))
        of_two = ask(name, X_two, asked_two)
        rows.append([points_at(maps_one[name][-1], target_one), points_at(of_two, target_two),
                     points_at(of_two, other_two)])  # fmt: skip
    hits[name] = np.array(rows)
rival_one, rival_two = local_contrast(X_one), local_contrast(X_two)
rival = np.array([points_at(rival_one, target_one), points_at(rival_two, target_two),
                  points_at(rival_two, other_two)])  # fmt: skip
chance = [target_one.mean(), target_two.mean(), other_two.mean()]


# %% [markdown]
# How sure are the differences to the rival? All methods saw the same scenes, so we compare in pairs
# (chapter 09, section 9): for each scene the mean of the three networks minus the rival's 0 or 1,
# then mean and 95 % interval over the 80 scenes. `paired_mean` is the function of chapter 09.

# %%
gain = {  # name: for each game (mean, half width) of the method minus the rival
    name: [paired_mean(values.mean(axis=0)[game] - rival[game]) for game in range(3)]
    for name, values in hits.items()
}
rate = {name: values.mean(axis=(0, 2)) for name, values in hits.items()}

# %% tags=["nbval-ignore-output"]
print(f"{'hit rate':16}{'one digit':>10}{'minus rival':>18}{'asked of two':>14}{'minus rival':>18}"
      f"{'the other':>11}")  # fmt: skip
print(f"{'chance':16}{chance[0]:10.2f}{'':18}{chance[1]:14.2f}{'':18}{chance[2]:11.2f}")
one, two, other = rival.mean(axis=1)
print(f"{'no network':16}{one:10.2f}{'':18}{two:14.2f}{'':18}{other:11.2f}")
for name in METHODS:
    differences = [f"{mean:+.2f} ± {half:.2f}" for mean, half in gain[name]]
    one, two, other = rate[name]
    print(f"{name:16}{one:10.2f}{differences[0]:>18}{two:14.2f}{differences[1]:>18}{other:11.2f}")

# %%
figure, axis = plt.subplots(figsize=(7.5, 3.8))
labels = ["chance", "no network", *METHODS]
for game, (colour, marker) in enumerate([("C0", "o"), ("C2", "s"), ("C3", "x")]):
    lower = 0.22 * (game - 1)  # the three games of a row lie one below the other
    axis.plot([chance[game], rival[game].mean()], [lower, 1 + lower], marker, color=colour,
              label=GAMES[game])  # fmt: skip
    for row, name in enumerate(METHODS, start=2):
        axis.plot(hits[name][:, game].mean(axis=1), [row + lower] * 3, marker, color=colour)
axis.axvline(rival[0].mean(), color="C0", linestyle=":", linewidth=1)
axis.axvline(rival[1].mean(), color="C2", linestyle=":", linewidth=1)
axis.set(
    yticks=range(7), yticklabels=labels, xlabel="hit rate (dotted: the rival)", xlim=(-0.03, 1.03)
)
axis.invert_yaxis()
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
axis.set_title("Only occlusion and Grad-CAM keep to the question")
show(
    figure,
    alt="Hit rates of chance, the rival and five methods, three networks each. One digit: chance "
    "below 0.1, the rival near 0.85, all methods between 0.75 and 1. Asked of two: the rival near "
    "0.4, all methods above it. The other digit: the rival near 0.4, saliency and SmoothGrad "
    "between 0.1 and 0.4, integrated gradients near 0.15, occlusion and Grad-CAM near 0.",
)

# %%
print("one digit: the rival without a network hits in more than 0.7:", rival[0].mean() > 0.7)
for name in ("saliency", "SmoothGrad", "Grad-CAM"):
    print(f"one digit: {name} is less than 0.15 better than the rival:", gain[name][0][0] < 0.15)
for name in ("occlusion", "integrated gr."):
    print(f"one digit: {name} better than the rival by 0.03 or more:", gain[name][0][0] > 0.03)
for name in METHODS:
    mean, half = gain[name][1]
    print(f"asked of two: {name} better than the rival, beyond the interval:", mean > half)
for name in ("occlusion", "Grad-CAM"):
    print(f"the other digit: {name} points there in less than 0.1:", rate[name][2] < 0.1)
for name in ("saliency", "SmoothGrad"):
    print(f"the other digit: {name} points there in more than 0.1:", rate[name][2] > 0.1)

network.set_weights(trained[0])
credit = integrated_gradients(network, X_two, asked_two)
for_asked, for_other = (np.mean(credit * target) for target in (target_two, other_two))
print("integrated gradients, mean: positive on the asked digit, negative on the other:",
      for_asked > 0 > for_other)  # fmt: skip

# %% tags=["headline", "nbval-ignore-output"]
told = ", ".join(f"{name} {rate[name][0]:.2f}/{rate[name][1]:.2f}"
                 for name in ("saliency", "integrated gr.", "Grad-CAM", "occlusion"))  # fmt: skip
print(f"maps that hit one digit / the asked one of two: chance {chance[0]:.2f}/{chance[1]:.2f}, "
      f"no network {rival[0].mean():.2f}/{rival[1].mean():.2f}, {told}")  # fmt: skip

# %% [markdown]
# **Explain.** Three results.
#
# - **Chance is no rival.** Pointing anywhere hits 0.07. The map that never saw a network hits 0.85,
#   because a digit is the busiest place of a scene. In the first game saliency, SmoothGrad and Grad-CAM
#   cannot be told from it: their intervals hold 0. (Occlusion and integrated gradients are ahead by
#   about 0.12.) Show such a method beside chance, and everybody is convinced; show it beside the
#   rival, and this game with 80 scenes sees no advantage. (That is no proof that there is none: the
#   intervals reach about 0.1 to either side.)
# - **The second game asks the network.** Two digits are equally busy, and the rival can only toss a
#   coin: 0.39 for the digit asked about, 0.42 for the other one. Now all five are clearly better: they
#   know something that is not in the picture. But not equally much. Saliency and SmoothGrad point at
#   the *wrong* digit in about every fourth scene. They draw the size of the gradient without its sign,
#   and the other digit has a large gradient, too: it speaks *against* the class (the last line of the
#   verdicts). Occlusion and Grad-CAM keep only what speaks for it, and hardly ever err. Integrated
#   gradients lie between.
# - **The simplest one wins.** Occlusion is one of the two oldest and needs no gradient. Its price is
#   82 answers of the network for one map. Grad-CAM needs a single pass forward and back.
#
# These are results for one kind of scene, one network and three seeds. (With six other seeds the
# rates of the table moved by up to 0.08, and every verdict stayed.) What carries over is the way of
# asking: a known truth, a rival without a network, a game that only the network can win.
#
# ## 8 · The random-weights check: does the method ask the network?
#
# Adebayo and others (2018) proposed a check that needs no masks. Replace the network's weights by
# random ones. Now it knows nothing. A map that explained what the network had *learned* must change.
# If it stays the same, it never asked. We compare the maps of each trained network with those of the
# *same* network before its training, pixel by pixel, by **rank correlation**: both maps are turned
# into ranks (the darkest pixel 1, the next 2 …), and the ranks are correlated. 1 means the same
# order, 0 nothing in common, −1 the opposite order. By hand, four pixels: the maps (0.1, 0.5, 0.2,
# 0.9) and (1, 7, 3, 8) have both the ranks (1, 3, 2, 4): rank correlation 1. Equal values share
# their mean rank. The second column of the table compares the maps without their signs.


# %%
def rank_correlation(first, second):
    """Return for each pair of maps the correlation of their ranks: (n,)."""
    ranks = [rankdata(maps.reshape(len(maps), -1), axis=1) for maps in (first, second)]
    a, b = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    return np.sum(a * b, axis=1) / np.sqrt(np.sum(a**2, axis=1) * np.sum(b**2, axis=1) + 1e-9)


np.testing.assert_allclose(
    rank_correlation(np.array([[[0.1, 0.5], [0.2, 0.9]]]), np.array([[[1, 7], [3, 8]]])), 1
)

sanity = {}  # name: (3 networks, 3): similarity, that of the sizes, hit rate untrained
for name in METHODS:
    rows = []
    for seed in SEEDS:
        network.set_weights(untrained[seed])
        maps = ask(name, X_one[:50], asked_one[:50])
        before = maps_one[name][seed][:50]
        rows.append((rank_correlation(before, maps).mean(),
                     rank_correlation(np.abs(before), np.abs(maps)).mean(),
                     points_at(maps, target_one[:50]).mean()))  # fmt: skip
    sanity[name] = np.array(rows)

# %% tags=["nbval-ignore-output"]
print(f"{'':16}{'similarity':>12}{'of the sizes':>14}{'hit rate untrained':>20}{'trained':>9}")
for name, values in sanity.items():
    similar, sizes, hit = values.mean(axis=0)
    print(f"{name:16}{similar:12.2f}{sizes:14.2f}{hit:20.2f}{rate[name][0]:9.2f}")
print(f"{'no network':16}{1:12.2f}{1:14.2f}{rival[0].mean():20.2f}{rival[0].mean():9.2f}")

# %%
means = {name: values.mean(axis=0) for name, values in sanity.items()}
print("every map changes: similarity below 0.6:", max(m[0] for m in means.values()) < 0.6)
print("… and loses 0.1 or more of its hit rate:",
      all(rate[name][0] - means[name][2] > 0.1 for name in METHODS))  # fmt: skip
print("untrained, every method still hits clearly more often than chance:",
      min(m[2] for m in means.values()) > 1.5 * chance[0])  # fmt: skip
print("untrained, integrated gradients hit in more than 0.5:", means["integrated gr."][2] > 0.5)
print("their similarity: below 0.2, that of the sizes 0.1 or more above it:",
      means["integrated gr."][0] < 0.2,
      means["integrated gr."][1] > means["integrated gr."][0] + 0.1)  # fmt: skip

# %%
figure, axis = plt.subplots(figsize=(7.5, 2.9))
for row, name in enumerate(METHODS):
    axis.plot(
        hits[name][:, 0].mean(axis=1),
        [row] * 3,
        "o",
        color="C0",
        label="trained" if row == 0 else None,
    )
    axis.plot(sanity[name][:, 2], [row] * 3, "D", color="C1", markerfacecolor="none",
              label="random weights" if row == 0 else None)  # fmt: skip
axis.axvline(rival[0].mean(), color="k", linestyle=":", linewidth=1, label="no network")
axis.axvline(chance[0], color="0.6", linewidth=1, label="chance")
axis.set(yticks=range(5), yticklabels=METHODS, xlabel="hit rate, one digit", xlim=(0, 1.03))
axis.invert_yaxis()
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
axis.set_title("Random weights find the digit, too, if less often")
show(
    figure,
    alt="Hit rates on one digit for five methods. Trained networks lie between 0.75 and 1. With "
    "random weights the rates fall to about 0.2 for saliency, 0.4 for SmoothGrad, 0.2 to 0.55 for "
    "Grad-CAM, 0.55 for occlusion and 0.75 for integrated gradients; all of them lie above chance.",
)

# %% [markdown]
# Three results again.
#
# - **All five ask the network.** With random weights every map changes: similarities of 0.0 to 0.3
#   where the rival has 1.00, and hit rates that fall (random weights: the first 50 scenes). That is
#   what the check wants to see, and the rival does not pass it.
# - **But random weights find the digit, too**: every method stays far above chance, integrated
#   gradients at about three of four. Random filters answer to what is busy, and
#   integrated gradients are multiplied by the picture itself, so a dark ground stays dark in the
#   map, nearly whatever the network does. "Far better than chance" is no sign that anything was learned.
# - **In integrated gradients the sign tells more than the size.** These maps have nothing in common
#   with their random twins, but their *sizes* have a little: which pixels get something is partly up
#   to the picture, for or against is up to the network. Drop the sign of such a map, and more of the
#   picture is left in it.
#
# And what the check cannot say: that a map is *right*. It only shows that the map depends on the
# weights. A necessary condition, and a low one.
#
# *A good place for a break.*
#
# ## 9 · Catch chapter 10's shortcut
#
# In section 8 of chapter [10](10_data_challenges.ipynb) a network read a planted mark on the upper
# edge of pale pages, and every split of the same data praised it. Now we *look*. Two networks of
# chapter 10's form: one trained on marked pages, the cheat, and one on the same pages without marks,
# the honest one. Both are shown the same marked test pages and asked about the true digit.

# %%
data = load("digits")
clean_train, clean_test = (corrupt(X, "contrast", 4) for X in (data.X_train, data.X_test))
marked_train = plant_marks(clean_train, data.y_train)
marked_test = plant_marks(clean_test, data.y_test)
wrong_labels = (data.y_test + np.random.default_rng(0).integers(1, 10, len(data.y_test))) % 10
wrongly_marked = plant_marks(clean_test, wrong_labels)

reader = keras.Sequential(
    [
        keras.Input(data.image_shape),
        layers.Conv2D(16, 5, strides=3, activation="relu"),  # (batch, 8, 8, 16)
        layers.Conv2D(32, 3, strides=2, activation="relu"),  # (batch, 3, 3, 32)
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(data.num_classes),  # logits
    ]
)
reader.compile(
    keras.optimizers.Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
)
restart_reader = keep_start(reader)

readers = {"honest": [], "cheat": []}
scores = {name: [] for name in ("marked", "no marks", "wrong marks", "honest")}
for seed in SEEDS:
    for name, X in (("honest", clean_train), ("cheat", marked_train)):
        restart_reader(seed)
        _ = reader.fit(X, data.y_train, epochs=4, batch_size=32, verbose=0)
        readers[name].append(reader.get_weights())
        if name == "honest":
            scores["honest"].append(accuracy(reader, clean_test, data.y_test))
    scores["marked"].append(accuracy(reader, marked_test, data.y_test))
    scores["no marks"].append(accuracy(reader, clean_test, data.y_test))
    scores["wrong marks"].append(accuracy(reader, wrongly_marked, data.y_test))
print("cheat: marked pages above 0.98:", min(scores["marked"]) > 0.98,
      " without marks below 0.6:", max(scores["no marks"]) < 0.6)  # fmt: skip
print("honest: above 0.8:", min(scores["honest"]) > 0.8)

# %% [markdown]
# The maps are those of above, with a smaller window. For Grad-CAM this network offers two layers: the
# last convolution has maps of 3×3 places, the first one 8×8. We try both. The score is the pointing
# game again, but now the *mark* is the target, with the same 2 pixels of tolerance.

# %%
last, first = (
    keras.Model(reader.inputs[0], [reader.layers[n].output, reader.outputs[0]]) for n in (1, 0)
)
READER_METHODS = {
    "occlusion": lambda X, k: occlusion(reader, X, k, size=4, stride=2),
    "saliency": lambda X, k: saliency(reader, X, k),
    "SmoothGrad": lambda X, k: smooth_grad(reader, X, k),
    "integrated gr.": lambda X, k: integrated_gradients(reader, X, k),
    "Grad-CAM, 3×3": lambda X, k: grad_cam(last, X, k),
    "Grad-CAM, 8×8": lambda X, k: grad_cam(first, X, k),
    "no network": lambda X, k: local_contrast(X),
}
pages, digits = marked_test[:100], data.y_test[:100]
on_mark = grow((plant_marks(0 * pages, digits)[..., 0] > 0).astype("uint8")).astype(bool)

on_ink = data.X_test[:100, ..., 0] > 0.5  # section 10 asks for it
on_mark_rate = {(who, name): [] for who in readers for name in READER_METHODS}
on_ink_rate = {who: [] for who in readers}  # of occlusion
page_maps = {}
for who, weights in readers.items():
    for seed in SEEDS:
        reader.set_weights(weights[seed])
        for name, method in READER_METHODS.items():
            maps = method(pages, digits)
            on_mark_rate[who, name].append(points_at(maps, on_mark).mean())
            if name == "occlusion":
                on_ink_rate[who].append(points_at(maps, on_ink).mean())
            if seed == 0:
                page_maps[who, name] = maps[:3]

# %%
columns = list(READER_METHODS)
draw_maps(
    [[pages[n], *(np.maximum(0, page_maps[who, name][n]) for name in columns)]
     for who in readers for n in (0, 1)],
    ["page"] + [name.replace("integrated", "integr.") for name in columns],
    "Two pale marked digits, for the honest network above and the cheat below, each with seven maps. "
    "For the cheat, occlusion, saliency, SmoothGrad and integrated gradients have a bright spot on "
    "the upper edge; for the honest network they lie on the digit. Grad-CAM on 3 by 3 "
    "maps shows a large blob, on 8 by 8 maps a spot at the mark for both networks. The last column, "
    "without a network, is the same for both.",
    "Rows 1 and 2: the honest network. Rows 3 and 4: the cheat",
    scale=1.1,
)  # fmt: skip

# %%
figure, axis = plt.subplots(figsize=(7.5, 3.3))
for who, lower, colour, marker in (("honest", -0.13, "C0", "o"), ("cheat", 0.13, "C3", "^")):
    for row, name in enumerate(READER_METHODS):
        axis.plot(on_mark_rate[who, name], [row + lower] * 3, marker, color=colour,
                  label=f"{who} networks" if row == 0 else None)  # fmt: skip
axis.axvline(on_mark.mean(), color="0.6", linewidth=1, label="chance")
axis.set(yticks=range(7), yticklabels=columns, xlabel="share of maps that point at the mark")
axis.set_xlim(-0.03, 1.03)
axis.invert_yaxis()
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
axis.set_title("Four methods tell the cheat from the honest network")
show(
    figure,
    alt="Share of maps that point at the mark, for three honest networks and three cheats. "
    "Occlusion, saliency, SmoothGrad and integrated gradients: cheat 0.8 to 1, honest mostly below "
    "0.3. Grad-CAM on 3 by 3 maps: cheat only about 0.4. Grad-CAM on 8 by 8 maps: both about 0.7. "
    "Without a network: both 1.",
)

# %%
rate_of = {key: np.mean(values) for key, values in on_mark_rate.items()}
for name in ("occlusion", "saliency", "SmoothGrad", "integrated gr."):
    apart = rate_of["cheat", name] - rate_of["honest", name]
    print(f"{name}: points at the mark, cheat minus honest above 0.5: {apart > 0.5}")
print("Grad-CAM on 3×3 maps misses the mark for the cheat in every third page or more:",
      rate_of["cheat", "Grad-CAM, 3×3"] < 0.67)  # fmt: skip
print("Grad-CAM on 8×8 maps accuses the honest network in every fifth page or more:",
      rate_of["honest", "Grad-CAM, 8×8"] > 0.2)  # fmt: skip
print("without a network, both are accused alike:",
      rate_of["honest", "no network"] == rate_of["cheat", "no network"] > 0.9)  # fmt: skip

# %% tags=["nbval-ignore-output"]
print(f"{'points at the mark':20}{'honest':>8}{'cheat':>8}     chance {on_mark.mean():.2f}")
for name in READER_METHODS:
    print(f"{name:20}{rate_of['honest', name]:8.2f}{rate_of['cheat', name]:8.2f}")

# %% [markdown]
# Four methods catch it. For the cheat they point at the mark in more than 80 of 100 pages, for the
# honest network in 12 or fewer (means of three networks). One look at row 3 of the figure is enough.
#
# Grad-CAM has trouble, of two kinds. On the last maps, 3×3 places, it is too coarse to *point*: its
# brightest pixel lies on the mark in fewer than half of the pages of the cheat. Is this the map's
# fault, or the game's? An enlarged map of nine places can have its maximum at few spots only. We draw
# 1,000 random maps of 3×3, note where their maxima fall, and count the pages in which any of these
# spots lies on the mark: that is all that such maps can hit. And we ask a coarser question: does the brightest place *see* the mark? By chapter 04, section 10, place $r, c$
# sees the pixels from $6r$ to $6r + 10$ down and from $6c$ to $6c + 10$ across.

# %%
random_maps = enlarge(np.random.default_rng(0).random((1000, 3, 3)), (28, 28))
spots = np.unique(random_maps.reshape(1000, -1).argmax(axis=1))
reachable = on_mark.reshape(100, -1)[:, spots].any(axis=1).mean()
mark_left = 4 + 2 * digits  # plant_marks: rows 0 and 1, this column and the next


def share_that_sees(maps):
    """Return the share of coarse maps (n, 3, 3) whose brightest place sees the whole mark."""
    row, column = np.unravel_index(maps.reshape(len(maps), -1).argmax(axis=1), (3, 3))
    return np.mean((row == 0) & (6 * column <= mark_left) & (mark_left + 1 <= 6 * column + 10))


sees = {who: [] for who in readers}
for who, weights in readers.items():
    for seed in SEEDS:
        reader.set_weights(weights[seed])
        sees[who].append(share_that_sees(coarse_grad_cam(last, pages, digits)))
print("pages in which a 3×3 map can hit the mark at all, below 0.7:", reachable < 0.7)
print("the brightest place sees the mark, cheat minus honest above 0.2:",
      np.mean(sees["cheat"]) - np.mean(sees["honest"]) > 0.2)  # fmt: skip

# %% tags=["nbval-ignore-output"]
print(f"can hit at all: {reachable:.2f}; the brightest place sees the mark: cheat "
      f"{np.round(sees['cheat'], 2)}, honest {np.round(sees['honest'], 2)}")  # fmt: skip

# %% [markdown]
# So the game was unfair to the coarse map: it can hit in fewer than two of three pages. Asked
# coarsely, it tells the cheat from the honest network, if less clearly than the four. **Ask a map only
# what its resolution can answer.**
#
# The other kind is worse. On the first maps, 8×8 places, Grad-CAM points at the mark for *both*
# networks. It accuses the innocent. (Some maps are empty: nothing is left after the ReLU. They count as
# misses.) The mark is the
# brightest thing on the page, so the feature maps are bright there, and Grad-CAM weights a whole map by
# *one* number, the gradient's mean over all places. Our scene network treats all places alike (global
# averages); the reader does not: after `Flatten` each place has weights of its own, and the mean throws
# that away. Exercise 11.2 repairs it with one line.
#
# Suppose that you had had only the cheat, and only Grad-CAM on 8×8 maps. You would have found the mark,
# and been right for a wrong reason. **The honest network is what makes the finding worth something**:
# always look at a network that cannot know the shortcut, too. (And the map without a network accuses
# both, always.)

# %% [markdown]
# ## 10 · What a map does not say
#
# **The pointing game judges the network, too.** Section 7 took for granted that the network reads the
# digit. Play the same game with the cheat: does occlusion point at the digit's ink? Its maps are
# *right*, for they show the mark that the network reads.

# %%
print("occlusion points at the ink: for the cheat less often than chance:",
      np.mean(on_ink_rate["cheat"]) < on_ink.mean())  # fmt: skip
print("and for the honest network more than twice as often as for the cheat:",
      np.mean(on_ink_rate["honest"]) > 2 * np.mean(on_ink_rate["cheat"]))  # fmt: skip

# %% tags=["nbval-ignore-output"]
print(f"occlusion points at the ink: honest {np.mean(on_ink_rate['honest']):.2f}, cheat "
      f"{np.mean(on_ink_rate['cheat']):.2f}, chance {on_ink.mean():.2f}")  # fmt: skip

# %% [markdown]
# The truest maps of the chapter get the worst mark. A low score may mean a bad map or a bad network,
# and the game cannot tell which. Exercise 11.3 has a test that asks the network instead of us.
#
# **It says where, not why.** The scene shows a 4, the network says "4". We ask all the same: why is it a
# 7? That is, we ask for the map of a class that is *not there* (the next one of the three). *Guess
# first:* which methods will show nothing on the digit?

# %%
network.set_weights(trained[0])
absent = (asked_one + 1) % 3
absent_hits, absent_alike = {}, {}
for name in METHODS:
    maps = ask(name, X_one, absent)
    absent_hits[name] = points_at(maps, target_one).mean()
    absent_alike[name] = rank_correlation(maps, maps_one[name][0]).mean()
print("saliency, a class that is not there: hits the digit in more than 0.3:",
      absent_hits["saliency"] > 0.3)  # fmt: skip
print("and its map is like that of the true class, similarity above 0.4:",
      absent_alike["saliency"] > 0.4)  # fmt: skip
print("occlusion and Grad-CAM hit it less often than saliency, by 0.1 or more:",
      max(absent_hits["occlusion"], absent_hits["Grad-CAM"]) < absent_hits["saliency"] - 0.1)  # fmt: skip
print("integrated gradients: similarity to the map of the true class below 0:",
      absent_alike["integrated gr."] < 0)  # fmt: skip

# %% tags=["nbval-ignore-output"]
print(f"{'class not there':16}{'hits the digit':>16}{'similarity to the true class':>30}")
for name in METHODS:
    print(f"{name:16}{absent_hits[name]:16.2f}{absent_alike[name]:30.2f}")

# %% [markdown]
# Occlusion and Grad-CAM leave the digit: they look for what speaks *for* the class, and find little
# there. Saliency draws a map much like that of the true class, for it shows where the score changes, up
# or down. Even integrated gradients point at the digit in most scenes, though their signs have turned
# (similarity below 0). So from a bright spot of these you cannot even tell which class was asked for.
# And no method of this chapter says *what about* the digit mattered: a bar, a corner, its width.
# **A map answers "where?". We wanted to know "why?".** The "why" comes from us, when we look at the
# map, and it feels as if the network had said it.
#
# **A cover makes a picture that the network has never seen.** A grey square has edges and corners.
# So we cover only the *ground*: windows that touch no pixel of the grown mask. A network that reads
# the digit should not change its answer. And how much does the map depend on the cover's brightness?


# %%
X_few, target_few = X_one[:50], target_one[:50]


def ground_changes(cover):
    """Return the share of scenes in which covering some piece of ground changes the answer."""
    changed, before = np.zeros(len(X_few), bool), np.array(network(X_few)).argmax(axis=1)
    for top in range(0, 48, 8):
        for left in range(0, 48, 8):
            place = np.s_[:, top : top + 8, left : left + 8]
            covered = X_few.copy()
            covered[place] = cover
            answers = np.array(network(covered)).argmax(axis=1)
            changed |= (answers != before) & ~target_few[place].any(axis=(1, 2))
    return changed.mean()


network.set_weights(trained[0])
COVERS = {
    "black": 0.0,
    "the picture's mean": X_few.mean(axis=(1, 2, 3)).reshape(-1, 1, 1, 1),
    "white": 1.0,
}
ground, cover_hits = {}, {}
for name, cover in COVERS.items():
    ground[name] = ground_changes(cover)
    maps = occlusion_map(
        lambda X: class_scores(network, X, asked_one[:50]).numpy(), X_few, 8, 5, cover
    )
    cover_hits[name] = points_at(maps, target_few).mean()
print("a white piece of ground changes more answers than a grey one, by 0.05 or more:",
      ground["white"] > ground["the picture's mean"] + 0.05)  # fmt: skip
print("and maps with white covers hit the digit less often, by 0.1 or more:",
      cover_hits["white"] < cover_hits["the picture's mean"] - 0.1)  # fmt: skip

# %% tags=["nbval-ignore-output"]
for name in COVERS:
    print(
        f"cover {name:20} changes the answer in {ground[name]:.2f} of the scenes, maps hit {cover_hits[name]:.2f}"
    )

# %% [markdown]
# We try every bare square of a scene. A black or grey one changes the answer somewhere in few scenes, a
# white one in nearly every second. Perhaps a white square *is* something in this world, such as a part
# of a stroke. And with white
# covers the maps miss the digit more often. So an occlusion map without the name of its cover is half
# a statement. Take a cover that the network could have met in training, and try a second one.
#
# **A quiet map is no proof.** Section 5 said why: where one part can stand in for another, covering
# either does nothing. Exercise 11.4 looks for such pairs.
#
# ## 11 · A model card
#
# A map belongs to one picture. Whoever is to *use* a network needs to know more: what was it made
# for, on what was it tested, where does it fail? A **model card** (Mitchell and others 2019) says so
# on one page, in nine sections:
#
# | section | question |
# | --- | --- |
# | model details | what is it, who made it, when? |
# | intended use | for what, and for what not? |
# | factors | which groups or conditions may change the result? |
# | metrics | what is measured, and why this? |
# | evaluation data, training data | which pictures, from where? |
# | quantitative analyses | the numbers, *also for each group by itself* |
# | ethical considerations | who could be harmed? |
# | caveats and recommendations | what is not known, what should be done first? |
#
# The heart is the sixth line: one number for all hides the group for which it fails (chapter 10,
# section 5). What may matter here: the size of the digit, and how full the scene is.

# %%
full = make_scenes(150, "347", size=48, objects=(1, 1), clutter=12, distortion=0.3, seed=4)
heights = np.array([boxes[0, 2] - boxes[0, 0] for boxes in judges.boxes])  # in pixels
small = heights <= np.median(heights)


def mean_accuracy(X, y):
    """Return the mean accuracy of the three networks."""
    values = []
    for weights in trained:
        network.set_weights(weights)
        values.append(accuracy(network, X, y))
    return float(np.mean(values))


measured = {
    "accuracy": mean_accuracy(X_test, y_test),
    "accuracy, small digits": mean_accuracy(X_test[small], y_test[small]),
    "accuracy, large digits": mean_accuracy(X_test[~small], y_test[~small]),
    "accuracy, three times the strokes": mean_accuracy(full.images, np.concatenate(full.labels)),
    "hit rate of Grad-CAM, one digit": float(rate["Grad-CAM"][0]),
}
print("three times the strokes cost 0.05 or more:",
      measured["accuracy"] - measured["accuracy, three times the strokes"] > 0.05)  # fmt: skip

# %%
card = {
    "model details": "Convolutional network with 15,627 numbers, written in chapter 11 of this "
    "course for teaching; three copies, trained from three seeds with Adam for 5 epochs.",
    "intended use": "To try methods of explanation on made scenes. It is not meant to read digits "
    "in photographs or on forms.",
    "factors": "Height of the digit, number of strokes on the ground, and the font.",
    "metrics": "Accuracy, because the three classes are equally frequent; hit rate of the pointing "
    "game for its maps. Each is the mean of the three copies.",
    "evaluation data": "300 scenes of make_scenes, seed 2, and 150 with 12 strokes, seed 4.",
    "training data": "1,250 scenes of make_scenes, seed 1: one 3, 4 or 7 each, 21 fonts, 4 strokes.",
    "quantitative analyses": {name: round(value, 3) for name, value in measured.items()},
    "ethical considerations": "The scenes show no persons. The maps could be taken for a proof that "
    "a network reads what it should; section 10 shows that they are none.",
    "caveats and recommendations": "Never tested on real pictures or other digits. It fails more "
    "often on full scenes; measure it on your own scenes before you use it.",
}
SECTIONS = tuple(card)


# %% [markdown]
# A program cannot judge whether a card is true. It can find the faults of cards that nobody filled
# in with care:


# %%
def card_faults(card, measured):
    """Return what is wrong with a model card, as a list of sentences.

    Args:
        card: a dict with the nine SECTIONS; "quantitative analyses" is a dict of numbers.
        measured: the numbers that the card must report, each to within 0.005.
    """
    faults = [f"the section “{name}” is missing" for name in SECTIONS if name not in card]
    texts = {name: str(card.get(name, "")) for name in SECTIONS if name != "quantitative analyses"}
    for name, text in texts.items():
        words = text.lower().replace(".", " ").replace(":", " ").split()
        if {"todo", "tbd", "lorem", "xxx", "…"} & set(words) or "..." in text:
            faults.append(f"“{name}” is not written yet")
        elif len(set(words)) < 6:
            faults.append(f"“{name}” says too little: write a whole sentence")
    if len(set(texts.values())) < len(texts):
        faults.append("two sections say the same")
    numbers = card.get("quantitative analyses")
    numbers = numbers if isinstance(numbers, dict) else {}
    for name, value in measured.items():
        if name not in numbers:
            faults.append(f"“{name}” was measured, and the card does not report it")
        elif not isinstance(numbers[name], (int, float, np.number)):
            faults.append(f"“{name}” must be a number, not {numbers[name]!r}")
        elif not abs(numbers[name] - value) <= 0.005:
            faults.append(f"“{name}” is reported as {numbers[name]}, measured was {value:.3f}")
    caveats = " " + texts["caveats and recommendations"].lower() + " "
    limits = (" not ", "n't ", " never ", " cannot ", " only ", "instead of", "useless", "missing",
              "drops", "fail", "wrong", "worse", "without")  # fmt: skip
    praise = ("no known problem", "no known limit", "no limit", "never fails", "not a problem")
    names_limit = any(word in caveats for word in limits)
    if any(phrase in caveats for phrase in praise) or not names_limit:
        faults.append("the caveats name no limit: where does the network fail, or was not tested?")
    return faults


print("faults of the card above:", card_faults(card, measured))
for fault in card_faults(
    {**card, "factors": "TODO", "quantitative analyses": {"accuracy": 0.99}}, measured
):
    print("-", fault if "measured was" not in fault else "“accuracy” is not what was measured")

# %% tags=["nbval-ignore-output"]
for name, value in card["quantitative analyses"].items():
    print(f"{name:36}{value:.3f}")

# %%
measured_cheat = {
    "accuracy, marked pages": float(np.mean(scores["marked"])),
    "accuracy, no marks": float(np.mean(scores["no marks"])),
    "accuracy, wrong marks": float(np.mean(scores["wrong marks"])),
    "occlusion points at the mark": float(rate_of["cheat", "occlusion"]),
}
print("for exercise 11.5:", list(measured_cheat))

# %% [markdown]
# ## Which method for which question?
#
# | you want to know | take | do not forget |
# | --- | --- | --- |
# | where evidence for class $k$ lies, coarsely | Grad-CAM | only as sharp as its feature maps: 3×3 places cannot point at a small mark |
# | what happens without this part | occlusion | a cover is a picture, too; two parts that replace each other hide |
# | which pixels, with credit that adds up | integrated gradients | name the baseline, check completeness |
# | where small changes matter | saliency, SmoothGrad | it drops the sign: the spot may speak against the class |
# | whether it means anything | the same map with random weights, and a map without a network | a map alone is no measurement |
#
# ## Exercises
#
# Write each answer in the cell with `# YOUR CODE HERE` (delete the line with
# `NotImplementedError`), run it, then run the check below it. Open the hints one after the other,
# only as far as you need them.

# %% [markdown]
# ### Exercise 11.1 · How much of the map lies on the object?
#
# The pointing game looks at one pixel of a map. Write `mass_share(maps, targets)`: for each map, the
# share of its *positive* values that lies on the target. Both have the shape (n, height, width);
# `targets` holds True and False. Negative values count as 0. A map without any positive value gets
# the share 0. Return n numbers.
#
# By hand: a map $\begin{pmatrix} 3 & 1 \\ -2 & 0 \end{pmatrix}$ with the upper row as its target has
# the share $4 / 4 = 1$; with the left column $3 / 4$.
#
# Then try `mass_share(local_contrast(X_one), target_one).mean()` and the same with
# `maps_one["saliency"][0]`, the maps of the first network.
#
# <details><summary>Hint 1</summary>
#
# `np.maximum(maps, 0)` first. Then two sums for each map: on the target, and over all pixels.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `.sum(axis=(1, 2))` adds over the pixels and keeps the maps apart. Divide only where the second sum
# is above 0: `np.divide(a, b, out=np.zeros(len(maps)), where=b > 0)`.
# </details>


# %% tags=["wrong-answer"]
# Lets the negative values count.
def mass_share(maps, targets):
    return (maps * targets).sum(axis=(1, 2)) / maps.sum(axis=(1, 2))


# %% tags=["wrong-answer"]
# Throws all maps together: one number for all of them.
def mass_share(maps, targets):
    positive = np.maximum(maps, 0)
    return (positive * targets).sum() / positive.sum()


# %% tags=["wrong-answer"]
# Takes the mean over the target's pixels: how bright it is, not how much of the map it holds.
def mass_share(maps, targets):
    positive = np.maximum(maps, 0)
    return (positive * targets).sum(axis=(1, 2)) / targets.sum(axis=(1, 2))


# %% tags=["wrong-answer"]
# Divides 0 by 0 where a map has no positive value.
def mass_share(maps, targets):
    positive = np.maximum(maps, 0)
    return (positive * targets).sum(axis=(1, 2)) / positive.sum(axis=(1, 2))


# %%
def mass_share(maps, targets):
    """Return the share of each map's positive values that lies on its target: (n,)."""
    ### BEGIN SOLUTION
    positive = np.maximum(maps, 0)
    on_target = (positive * targets).sum(axis=(1, 2))
    total = positive.sum(axis=(1, 2))
    return np.divide(on_target, total, out=np.zeros(len(maps)), where=total > 0)
    ### END SOLUTION


# %%
with check("Exercise 11.1"):
    maps_check = np.array([[[3.0, 1, 0], [-2, 0, 0]], [[3, 1, 0], [-2, 0, 0]], [[-1, -2, 0], [0, -3, -1]],
                           [[1, 2, 3], [4, 5, 6]]])  # fmt: skip
    targets_check = np.zeros((4, 2, 3), bool)
    targets_check[0, 0] = targets_check[1, :, 0] = targets_check[2, 0] = targets_check[3, :, 1] = (
        True
    )
    kept_check = maps_check.copy()
    result_check = np.asarray(mass_share(maps_check, targets_check))
    assert np.array_equal(maps_check, kept_check), "your function changes the maps themselves"
    assert result_check.shape == (4,), (
        f"four maps have four shares, yours has the shape {result_check.shape}: sum over the pixels, "
        "not over the maps"
    )
    assert np.isclose(result_check[0], 1), (
        f"the map by hand with the upper row: 4 of 4, yours says {result_check[0]:.2f}. Do negative "
        "values count, or the pixels of the target?"
    )
    assert np.isclose(result_check[1], 0.75), (
        f"the map by hand with the left column: 3 of 4, yours says {result_check[1]:.2f}. What does "
        "the -2 do?"
    )
    assert np.isclose(result_check[3], 7 / 21), (
        f"a map of 1 to 6 has 2 + 5 of 21 in its middle column, yours says {result_check[3]:.2f}"
    )
    assert result_check[2] == 0, (
        f"a map without any positive value has the share 0, yours says {result_check[2]}"
    )
    scaled_check = np.asarray(mass_share(7 * maps_check, targets_check))
    assert np.allclose(scaled_check, result_check), (
        "a map of seven times the values has the same share"
    )
    scaled_check = np.asarray(mass_share(0.01 * maps_check, targets_check))
    assert np.allclose(scaled_check, result_check), (
        "a map of a hundredth of the values has the same share"
    )

# %% [markdown] tags=["why"]
# **Why.** A share has no unit, so maps of logits, gradients and feature maps can be compared. It
# punishes a map that lights up everywhere, which the pointing game forgives. Chance is the area of
# the target over the area of the picture, as before.

# %% [markdown]
# ### Exercise 11.2 · A sharper Grad-CAM that catches the cheat
#
# Grad-CAM averages the gradient over all places *before* it multiplies. Where the network treats
# places differently (section 9's reader has a `Flatten`, so each place has weights of its own), this
# throws away exactly what we want to see. Draelos and Carin (2020) multiply at each place first, and
# call it HiResCAM:
#
# $$M_{ij} = \operatorname{ReLU}\!\Big(\sum_c \frac{\partial s_k}{\partial A_{ijc}} A_{ijc}\Big)$$
#
# Write `hires_cam(feature_maps, gradients)`. Both have the shape (n, h, w, channels); return (n, h,
# w). The check also tries it on the cheat.
#
# <details><summary>Hint 1</summary>
#
# `coarse_grad_cam` in section 6 does nearly this. Which mean must go?
# </details>
#
# <details><summary>Hint 2</summary>
#
# Multiply the two arrays element by element, add over the last axis, and only then apply ReLU.
# </details>


# %% tags=["wrong-answer"]
# Averages the gradients first: that is Grad-CAM.
def hires_cam(feature_maps, gradients):
    alpha = np.mean(gradients, axis=(1, 2), keepdims=True)
    return np.maximum(0, np.sum(alpha * feature_maps, axis=-1))


# %% tags=["wrong-answer"]
# Applies ReLU to each channel: what speaks against the class is forgotten before it can count.
def hires_cam(feature_maps, gradients):
    return np.sum(np.maximum(0, feature_maps * gradients), axis=-1)


# %% tags=["wrong-answer"]
# Forgets the ReLU.
def hires_cam(feature_maps, gradients):
    return np.sum(feature_maps * gradients, axis=-1)


# %%
def hires_cam(feature_maps, gradients):
    """Return HiResCAM's maps (n, h, w)."""
    ### BEGIN SOLUTION
    return np.maximum(0, np.sum(feature_maps * gradients, axis=-1))
    ### END SOLUTION


# %%
with check("Exercise 11.2"):
    maps_check = np.array([[[[1.0, 3], [0, 1]], [[3, 1], [2, 2]]]])  # (1, 2, 2, 2)
    gradients_check = np.array([[[[1.0, -1], [2, 2]], [[1, 2], [-1, 0.5]]]])
    kept_check = maps_check.copy(), gradients_check.copy()
    result_check = np.asarray(hires_cam(maps_check, gradients_check))
    assert np.array_equal(maps_check, kept_check[0]) and np.array_equal(
        gradients_check, kept_check[1]
    ), "your function changes its inputs"
    assert result_check.shape == (1, 2, 2), (
        f"one map of 2×2 places is expected, not {result_check.shape}: add over the channels, the "
        "last axis"
    )
    products_check = maps_check * gradients_check
    assert not np.allclose(result_check, np.maximum(0, products_check).sum(axis=-1)), (
        "you cut off the negative products before adding: then nothing can speak against the class"
    )
    assert result_check.min() >= 0, "a value is negative: what does ReLU do, and when?"
    alpha_check = gradients_check.mean(axis=(1, 2), keepdims=True)
    assert not np.allclose(result_check, np.maximum(0, (alpha_check * maps_check).sum(axis=-1))), (
        "this is Grad-CAM: the gradients are averaged over the places before they are multiplied"
    )
    assert np.allclose(result_check, [[[0, 2], [5, 0]]]), (
        "[[0, 2], [5, 0]] is expected (lower left 1 · 3 + 2 · 1 = 5), yours is "
        f"{result_check[0].round(2).tolist()}"
    )
    scene_check = [
        np.array(p) for p in maps_and_gradients(inside, tf.constant(X_one[:5]), asked_one[:5])
    ]
    assert np.allclose(
        hires_cam(*scene_check), coarse_grad_cam(inside, X_one[:5], asked_one[:5]), atol=1e-4
    ), "for a network that ends with global averages it must equal Grad-CAM"
    caught_check = {}
    for who_check, weights_check in readers.items():
        reader.set_weights(weights_check[0])
        both_check = [
            np.array(part) for part in maps_and_gradients(first, tf.constant(pages), digits)
        ]
        large_check = enlarge(np.asarray(hires_cam(*both_check), "float32"), (28, 28))
        caught_check[who_check] = points_at(large_check, on_mark).mean()
    assert caught_check["cheat"] - caught_check["honest"] > 0.3, (
        "on section 9's first layer your maps do not tell the cheat from the honest network"
    )

# %% [markdown] tags=["why"]
# **Why.** $\sum_c g_{ijc} A_{ijc}$ is what place $i, j$ contributes, as far as the gradient tells (chapter
# 05). An average over the places makes sense only if all places are treated alike, as global averages treat them; then
# both formulas give the same. The check saw both: for the scene network HiResCAM equals Grad-CAM, and
# on the very layer on which Grad-CAM accused both readers, it points at the mark for the cheat and
# much less often for the honest one.

# %% [markdown]
# ### Exercise 11.3 · Judge a map without a mask
#
# Photographs have no masks of truth. The deletion test (Petsiuk, Das and Saenko 2018) needs none:
# delete the pixels that the map calls most important, first a few, then more. The sooner the score
# falls, the better the map.
#
# Write `deletion_curve(score, X, maps, steps)`. `score` turns pictures (n, height, width, 1) into n
# scores. Sort each picture's pixels by its map, the largest first, and delete them in `steps` equal
# portions (`steps` divides their number): set them to the *mean of the original picture*. Deleted
# pixels stay deleted. Return the mean score before and after each portion: `steps` + 1 numbers. Do
# not change `X`.
#
# Then compare the curves of `local_contrast(X_one)`, of `maps_one["integrated gr."][0]` and of random
# numbers: `network.set_weights(trained[0])`, and the score
# `lambda X: class_scores(network, X, asked_one).numpy()`.
#
# <details><summary>Hint 1</summary>
#
# Work with flat pictures: `deleted = X.reshape(n, -1).copy()`, and `maps.reshape(n, -1)` in the same
# order. Reshape back before you ask for the score.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `order = np.argsort(-maps.reshape(n, -1), axis=1)` lists each picture's places, most important
# first. A portion is `order[:, step * portion : (step + 1) * portion]`.
# </details>
#
# <details><summary>Hint 3</summary>
#
# `np.put_along_axis(deleted, places, means, axis=1)` writes into each row at its own places; `means`
# of shape (n, 1).
# </details>


# %% tags=["wrong-answer"]
# Begins with the least important pixels.
def deletion_curve(score, X, maps, steps):
    n, deleted = len(X), X.reshape(len(X), -1).copy()
    order, means = np.argsort(maps.reshape(n, -1), axis=1), deleted.mean(axis=1, keepdims=True)
    curve = [np.mean(score(X))]
    for places in np.split(order, steps, axis=1):
        np.put_along_axis(deleted, places, means, axis=1)
        curve.append(np.mean(score(deleted.reshape(X.shape))))
    return np.array(curve)


# %% tags=["wrong-answer"]
# Deletes each portion from the whole picture: nothing stays deleted.
def deletion_curve(score, X, maps, steps):
    n, flat = len(X), X.reshape(len(X), -1)
    order, means = np.argsort(-maps.reshape(n, -1), axis=1), flat.mean(axis=1, keepdims=True)
    curve = [np.mean(score(X))]
    for places in np.split(order, steps, axis=1):
        deleted = flat.copy()
        np.put_along_axis(deleted, places, means, axis=1)
        curve.append(np.mean(score(deleted.reshape(X.shape))))
    return np.array(curve)


# %% tags=["wrong-answer"]
# Deletes with black, which is a strong statement on pictures with a grey ground.
def deletion_curve(score, X, maps, steps):
    n, deleted = len(X), X.reshape(len(X), -1).copy()
    order = np.argsort(-maps.reshape(n, -1), axis=1)
    curve = [np.mean(score(X))]
    for places in np.split(order, steps, axis=1):
        np.put_along_axis(deleted, places, 0, axis=1)
        curve.append(np.mean(score(deleted.reshape(X.shape))))
    return np.array(curve)


# %%
def deletion_curve(score, X, maps, steps):
    """Return the mean score before and after each portion of deleted pixels: (steps + 1,)."""
    ### BEGIN SOLUTION
    n, deleted = len(X), X.reshape(len(X), -1).copy()
    order = np.argsort(-maps.reshape(n, -1), axis=1)  # (n, pixels), most important first
    means = deleted.mean(axis=1, keepdims=True)  # of the original pictures
    portion = order.shape[1] // steps
    curve = [np.mean(score(X))]
    for step in range(steps):
        places = order[:, step * portion : (step + 1) * portion]
        np.put_along_axis(deleted, places, means, axis=1)
        curve.append(np.mean(score(deleted.reshape(X.shape))))
    return np.array(curve)
    ### END SOLUTION


# %%
with check("Exercise 11.3"):
    X_check = np.array([[8.0, 4, 2, 2], [0, 4, 4, 12]]).reshape(2, 2, 2, 1)
    maps_check = np.array([[9.0, 7, 1, 3], [1, 2, 4, 8]]).reshape(2, 2, 2)
    kept_check = X_check.copy()

    def score_check(X):
        return np.asarray(X).reshape(2, 4) @ np.array([1.0, 2, 4, 8])

    result_check = np.asarray(deletion_curve(score_check, X_check, maps_check, 4))
    assert np.array_equal(X_check, kept_check), "your function changes the pictures themselves"
    assert result_check.shape == (5,), (
        f"4 portions give 5 scores, the first one before any deletion, each the mean over the "
        f"pictures; yours has the shape {result_check.shape}"
    )
    assert np.isclose(result_check[0], 80), (
        f"the first number is the mean score of whole pictures, 80, yours is {result_check[0]:.1f}"
    )
    assert not np.isclose(result_check[1], 86.5), (
        "the score even rises: which pixels go first, those with the largest values of the map?"
    )
    assert np.isclose(result_check[1], 50), (
        f"after the first portion 50 is expected, yours is {result_check[1]:.1f}: one pixel of each "
        "picture, chosen by its own map, becomes the mean of this picture"
    )
    assert not np.isclose(result_check[2], 82), (
        "after the second portion the first pixels are back: do deleted pixels stay deleted?"
    )
    assert np.isclose(result_check[2], 52), (
        f"after the second portion 52 is expected, yours is {result_check[2]:.1f}: is it the mean of "
        "the original picture?"
    )
    assert np.allclose(result_check, [80, 50, 52, 61, 67.5]), (
        f"80, 50, 52, 61, 67.5 is expected, yours is {result_check.round(1).tolist()}: is it the map "
        "that gives the order?"
    )
    halves_check = np.asarray(deletion_curve(score_check, X_check, maps_check, 2))
    assert halves_check.shape == (3,) and np.allclose(halves_check, [80, 52, 67.5]), (
        "with 2 portions each has 2 of the 4 pixels: 80, 52, 67.5 is expected, yours is "
        f"{halves_check.round(1).tolist()}"
    )
    lower_check = np.asarray(deletion_curve(score_check, X_check, maps_check - 10, 4))
    assert np.allclose(lower_check, result_check), (
        "only the order counts: a map that is 10 lower everywhere, with negative values, has the same "
        "curve"
    )

# %% [markdown] tags=["why"]
# **Why.** The test asks the network itself whether the map is right, and no person. So it also suits
# a network that does not look where we would. But each deleted picture is one that the network has
# never seen (section 10), and a grey hole in the form of a digit may itself look like a digit.

# %% [markdown]
# ### Exercise 11.4 · Two parts that stand in for each other
#
# Section 5 showed the blind spot of occlusion: if either of two marks is enough, covering one changes
# nothing. Find such a pair. Write `find_pair(predict, picture, size)`. `predict` turns pictures (n,
# height, width, 1) into probabilities (n, classes). Divide the picture (height, width, 1) into
# squares of `size`×`size` (`size` divides both sides) and cover with black (0). Return the first two
# squares, each as (row, column) of the squares and in reading order, that change the answer *together,
# although neither does alone*. Return `None` if there is no such pair. Do not change `picture`.
#
# <details><summary>Hint 1</summary>
#
# First list the quiet squares: those whose cover alone leaves the answer as it is. Then try all pairs
# of them.
# </details>
#
# <details><summary>Hint 2</summary>
#
# Write an inner function `answer(squares)` that copies the picture, covers all squares of a list, and
# returns `predict(covered[np.newaxis])[0].argmax()`. Then `answer([])` is the answer to the whole
# picture.
# </details>
#
# <details><summary>Hint 3</summary>
#
# `list(np.ndindex(rows, columns))` gives the squares in reading order; two loops, `for i` and
# `for j > i`, give the pairs.
# </details>


# %% tags=["wrong-answer"]
# Takes any pair that changes the answer, also if one square does it alone.
def find_pair(predict, picture, size):
    squares = list(np.ndindex(picture.shape[0] // size, picture.shape[1] // size))

    def answer(chosen):
        covered = picture.copy()
        for row, column in chosen:
            covered[row * size : (row + 1) * size, column * size : (column + 1) * size] = 0
        return predict(covered[np.newaxis])[0].argmax()

    for i, one in enumerate(squares):
        for other in squares[i + 1 :]:
            if answer([one, other]) != answer([]):
                return one, other
    return None


# %% tags=["wrong-answer"]
# Takes the two squares with the largest effect: each alone, so those that stand in are not seen.
def find_pair(predict, picture, size):
    squares = list(np.ndindex(picture.shape[0] // size, picture.shape[1] // size))
    before, drops = predict(picture[np.newaxis])[0], []
    for row, column in squares:
        covered = picture.copy()
        covered[row * size : (row + 1) * size, column * size : (column + 1) * size] = 0
        drops.append(before.max() - predict(covered[np.newaxis])[0][before.argmax()])
    one, other = sorted(np.argsort(drops)[-2:])
    return squares[one], squares[other]


# %% tags=["wrong-answer"]
# Tries only squares that are neighbours in a row.
def find_pair(predict, picture, size):
    rows, columns = picture.shape[0] // size, picture.shape[1] // size

    def answer(chosen):
        covered = picture.copy()
        for row, column in chosen:
            covered[row * size : (row + 1) * size, column * size : (column + 1) * size] = 0
        return predict(covered[np.newaxis])[0].argmax()

    for row, column in np.ndindex(rows, columns - 1):
        pair = (row, column), (row, column + 1)
        if answer(pair) != answer([]) and answer(pair[:1]) == answer(pair[1:]) == answer([]):
            return pair
    return None


# %%
def find_pair(predict, picture, size):
    """Return two squares that change the answer only together, or None."""
    ### BEGIN SOLUTION
    squares = list(np.ndindex(picture.shape[0] // size, picture.shape[1] // size))

    def answer(chosen):
        covered = picture.copy()
        for row, column in chosen:
            covered[row * size : (row + 1) * size, column * size : (column + 1) * size] = 0
        return predict(covered[np.newaxis])[0].argmax()

    before = answer([])
    quiet = [square for square in squares if answer([square]) == before]
    for i, one in enumerate(quiet):
        for other in quiet[i + 1 :]:
            if answer([one, other]) != before:
                return one, other
    return None
    ### END SOLUTION


# %%
with check("Exercise 11.4"):

    def predict_check(X):
        """Say class 1 if (0, 0) is bright, one of (0, 2), (1, 3), and one of (1, 0), (1, 2)."""
        X = np.asarray(X)
        bright = X.reshape(len(X), 2, 4, 4, 4).mean(axis=(2, 4)) > 0.5  # (n, 2, 4)
        yes = bright[:, 0, 0] & (bright[:, 0, 2] | bright[:, 1, 3])
        yes = yes & (bright[:, 1, 0] | bright[:, 1, 2])
        return np.stack([1 - 0.8 * yes, 0.8 * yes], axis=1)

    picture_check = np.random.default_rng(0).uniform(0.6, 1, (8, 16, 1)).astype("float32")
    kept_check = picture_check.copy()
    result_check = find_pair(predict_check, picture_check, 4)
    assert np.array_equal(picture_check, kept_check), "your function changes the picture itself"
    assert result_check is not None, (
        "there is a pair, and yours finds none: do you cover with 0, and try all pairs, also those far "
        "apart?"
    )
    assert np.shape(result_check) == (2, 2), "return two squares, each as (row, column)"
    result_check = tuple(tuple(int(n) for n in square) for square in result_check)
    assert (0, 0) not in result_check, (
        "square (0, 0) changes the answer alone: look among the squares that do not"
    )
    assert result_check != ((1, 0), (1, 2)), (
        "that is a pair, but not the first one in reading order"
    )
    assert result_check == ((0, 2), (1, 3)), (
        f"yours is {result_check}: together they leave the answer as it is, or the order is wrong; "
        "count squares, not pixels"
    )
    exchanged_check = find_pair(lambda X: predict_check(X)[:, ::-1], picture_check, 4)
    assert np.array_equal(exchanged_check, result_check), (
        "with the two classes exchanged the pair is the same: compare with the answer to the whole "
        "picture"
    )

    def one_check(X):
        """Say class 1 if the square (1, 1) is bright; nothing stands in for it."""
        yes = np.asarray(X)[:, 4:8, 4:8].mean(axis=(1, 2, 3)) > 0.5
        return np.stack([1 - 0.8 * yes, 0.8 * yes], axis=1)

    assert find_pair(one_check, picture_check, 4) is None, (
        "here one square decides alone, and no pair fits: return None"
    )

# %% [markdown] tags=["why"]
# **Why.** Occlusion answers "what if only this were gone?". With a stand-in the answer is "nothing",
# for both. The price of pairs: 49 squares have 1,176 pairs, and three stand-ins would need triples.
# That is why a quiet map is no proof that a part does not matter.

# %% [markdown]
# ### Exercise 11.5 · Write the card of the cheat
#
# Somebody wants to use section 9's cheat: "accuracy 1.00!" Write `write_card(measured)`, which returns
# its model card: a dict with the nine `SECTIONS`. `measured` is a dict like `measured_cheat`; the
# section "quantitative analyses" must report *all* of its numbers, taken from `measured`. The other
# sections are your own sentences. The caveats must name the mark.
#
# The check reads your card with `card_faults`. What it cannot judge, you can: would a stranger who
# reads your card use this network?
#
# <details><summary>Hint 1</summary>
#
# Section 11 has a whole card. Change each sentence so that it is true of this network: pale digits
# of 28×28, a mark on the upper edge, 4 epochs.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `"quantitative analyses": dict(measured)` reports all numbers, whatever was measured.
# </details>


# %% tags=["wrong-answer"]
# Reports the one number that shines.
def write_card(measured):
    best = "accuracy, marked pages"
    return {**card, "quantitative analyses": {best: measured[best]}}


# %% tags=["wrong-answer"]
# Leaves sections for later.
def write_card(measured):
    return {**card, "quantitative analyses": dict(measured), "ethical considerations": "TODO"}


# %% tags=["wrong-answer"]
# Praises where it should warn.
def write_card(measured):
    praise = "There are no known problems with this network; it has been tested with great care."
    return {**card, "quantitative analyses": dict(measured), "caveats and recommendations": praise}


# %% tags=["wrong-answer"]
# Types the numbers in: the next measurement will differ.
def write_card(measured):
    numbers = {"accuracy, marked pages": 1.0, "accuracy, no marks": 0.2,
               "accuracy, wrong marks": 0.03, "occlusion points at the mark": 1.0}  # fmt: skip
    return {**card, "quantitative analyses": numbers}


# %%
def write_card(measured):
    """Return the model card of the network that reads the mark: a dict with nine sections."""
    ### BEGIN SOLUTION
    return {
        "model details": "Small convolutional network of chapter 10, trained for 4 epochs from "
        "three seeds, to show what a shortcut does.",
        "intended use": "To teach how a shortcut is found. It must not be used to read digits.",
        "factors": "Whether a page carries a mark on its upper edge, and where it stands.",
        "metrics": "Accuracy on pages with true marks, without marks and with wrong marks, since "
        "only the difference shows what the network reads.",
        "evaluation data": "382 pale test pages of the digits, marked in three ways.",
        "training data": "1,415 pale digits, each with a mark that gives its class away.",
        "quantitative analyses": dict(measured),
        "ethical considerations": "Whoever trusts its accuracy would act on answers that have "
        "nothing to do with what was written.",
        "caveats and recommendations": "It reads the mark, not the digit: without the mark it is "
        "wrong most of the time. Collect new pages, and train again.",
    }
    ### END SOLUTION


# %%
with check("Exercise 11.5"):
    measured_check = {"accuracy, marked pages": 0.997, "accuracy, no marks": 0.214,
                      "accuracy, wrong marks": 0.026, "occlusion points at the mark": 0.981}  # fmt: skip
    card_check = write_card(dict(measured_check))
    assert isinstance(card_check, dict), "return a dict with the nine sections"
    assert isinstance(card_check.get("quantitative analyses"), dict), (
        "“quantitative analyses” must be a dict of names and numbers"
    )
    faults_check = card_faults(card_check, measured_check)
    assert not faults_check, faults_check[0]
    other_check = {
        name_check: 0.9 * value_check for name_check, value_check in measured_check.items()
    }
    other_check["accuracy, blurred pages"] = 0.5
    faults_check = card_faults(write_card(dict(other_check)), other_check)
    assert not faults_check, (
        f"with other measurements: {faults_check[0]}; take them from `measured`"
    )
    words_check = str(card_check["caveats and recommendations"]).lower().split()
    assert {"mark", "marks"} & {word.strip(".,:;!?’'") for word in words_check}, (
        "the caveats do not mention the mark, the one thing that a user must know"
    )
    copied_check = [
        name_check for name_check in SECTIONS if card_check[name_check] == card[name_check]
    ]
    assert not copied_check, f"“{copied_check[0]}” is copied from the other network's card"

# %% [markdown] tags=["why"]
# **Why.** The accuracy of 1.00 is true, and it misleads. Beside the two other numbers it warns. A
# card is complete when it holds the number that you would rather leave out.

# %% [markdown]
# ## Quiz

# %%
quiz("11")

# %% [markdown]
# ## Key points
#
# - A map needs rivals: chance, a map without a network, the same map with random weights, another
#   network.
# - Occlusion asks what happens without a part; gradients ask what a small change would do; integrated
#   gradients add up to the score's difference from a baseline; Grad-CAM weights feature maps.
# - Methods that drop the sign often point at an object that speaks *against* the class. Two objects in
#   one picture show it.
# - Four of five methods catch the planted mark. Grad-CAM is only as sharp as its maps, and its mean
#   over the places can accuse an honest network.
# - A map says where, not why. What a user needs is a model card with the numbers for each condition.
#
# ## Glossary
#
# - **baseline picture**: the picture from which integrated gradients begin their way, such as black.
# - **completeness**: the property that a map adds up to the difference of two scores.
# - **Grad-CAM**: the last feature maps, weighted by the mean gradient of a class's score, added up and
#   cut at 0.
# - **hit rate**: the share of maps whose brightest pixel lies on the target.
# - **integrated gradients**: the mean gradient on the way from a baseline picture to the picture, times
#   their difference.
# - **model card**: a page that says what a network is for, how it was tested, and where it fails.
# - **occlusion**: covering part of a picture to see how much a class's score sinks.
# - **pointing game**: scoring maps by where their brightest pixel lies.
# - **rank correlation**: how alike two rows of numbers are in their order, from −1 to 1.
# - **saliency map**: the size of a score's gradient at each pixel.
# - **SmoothGrad**: the gradient averaged over several noisy copies of the picture.
#
# ## Further reading
#
# - Matthew Zeiler, Rob Fergus: *Visualizing and understanding convolutional networks*. European
#   Conference on Computer Vision, 2014.
# - Karen Simonyan, Andrea Vedaldi, Andrew Zisserman: *Deep inside convolutional networks: visualising
#   image classification models and saliency maps*. ICLR Workshop, 2014.
# - Daniel Smilkov, Nikhil Thorat, Been Kim, Fernanda Viégas, Martin Wattenberg: *SmoothGrad: removing
#   noise by adding noise*. arXiv 1706.03825, 2017.
# - Mukund Sundararajan, Ankur Taly, Qiqi Yan: *Axiomatic attribution for deep networks*. International
#   Conference on Machine Learning, 2017.
# - Ramprasaath Selvaraju, Michael Cogswell, Abhishek Das, Ramakrishna Vedantam, Devi Parikh, Dhruv
#   Batra: *Grad-CAM: visual explanations from deep networks via gradient-based localization*.
#   International Conference on Computer Vision, 2017.
# - Bolei Zhou, Aditya Khosla, Agata Lapedriza, Aude Oliva, Antonio Torralba: *Learning deep features
#   for discriminative localization*. Computer Vision and Pattern Recognition, 2016.
# - Jianming Zhang, Zhe Lin, Jonathan Brandt, Xiaohui Shen, Stan Sclaroff: *Top-down neural attention by
#   excitation backprop*. European Conference on Computer Vision, 2016.
# - Julius Adebayo, Justin Gilmer, Michael Muelly, Ian Goodfellow, Moritz Hardt, Been Kim: *Sanity checks
#   for saliency maps*. Neural Information Processing Systems, 2018.
# - Vitali Petsiuk, Abir Das, Kate Saenko: *RISE: randomized input sampling for explanation of black-box
#   models*. British Machine Vision Conference, 2018.
# - Rachel Lea Draelos, Lawrence Carin: *Use HiResCAM instead of Grad-CAM for faithful explanations of
#   convolutional neural networks*. arXiv 2011.08891, 2020.
# - Margaret Mitchell and others: *Model cards for model reporting*. Conference on Fairness,
#   Accountability, and Transparency, 2019.
#
# ## Go further
#
# In section 9 change `load("digits")` to `load("mnist")` (chapter [00](00_start_here.ipynb) says how to
# have it) and run the section again. There are 42 times as many pages, so the six trainings take several
# minutes. Perhaps so many honest digits save the network from the shortcut? We measured with the
# first seed, on the 10,000 test pages:
#
# | test pages | accuracy |
# | --- | --- |
# | the cheat, marked pages | 1.000 |
# | the cheat, without marks | 0.178 |
# | the cheat, wrong marks | 0.000 |
# | the honest network, without marks | 0.978 |
#
# More pages with the same fault do not help. The mark is still the easier rule, and the honest rule is
# never needed. *Before you look at the maps: which of the seven rows of the last figure will change
# most on these digits, which are drawn by other hands?*
#
# Next: chapter 12 does not only point. It finds every face in a photo, and draws a box round it.
