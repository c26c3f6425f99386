# %% [markdown]
# # 02 · Compare deep learning with machine learning: core concepts
#
# Is deep learning better than the older ways of learning from examples? Asked like this, nobody
# can answer. *For which pictures, how many of them, with what help, at what price?* can be
# answered, by measuring. In this chapter five methods learn to read two kinds of digits from 25 to
# 4,000 pictures, and you read from their curves which one to take. Then programs do four different
# things with one and the same picture, and each of them needs a measure of its own.
#
# **You will learn to**
#
# - say what artificial intelligence, machine learning and deep learning mean, and what they share;
# - compute a nearest-neighbour vote and features made by hand (HOG) with a pencil, in NumPy and
#   with a library;
# - compare methods so that all have the same chances, and read learning curves with bands;
# - say what a method costs: numbers to keep, multiplications, time, and the pictures that it
#   needs;
# - tell the four tasks of image recognition apart, and choose a metric that suits each.
#
# **You need** chapters 00 (how exercises work; training, validation and
# test set) and 01 (pictures as arrays, distance, logistic regression,
# nearest neighbour, hits and false alarms).
#
# **Time:** about 220 minutes to read and do, under 2 minutes of computing.
#
# | | minutes | |
# | --- | --- | --- |
# | a page, and section 1: three words | 15 | core |
# | section 2: neighbours vote | 15 | core |
# | section 3: features made by hand (HOG) | 20 | may be left out at first |
# | sections 4 and 5: learned features; hyperparameters | 15 | core |
# | section 6: the experiment, five learning curves | 25 | core |
# | section 7: what each method costs | 10 | core |
# | section 8: how many test pictures? | 10 | may be left out at first |
# | sections 9 and 10: four tasks and their metrics | 45 | may wait until chapter 12 |
# | exercises and quiz | 65 | the core: Exercise 2.4 |
#
# The core takes about 90 minutes. Run the cells of every section, also where you skip the text:
# later ones use them. After section 2 and section 7 are good places for a break.

# %%
from utils.runtime import start  # not found? Get the whole course and run make lab in its folder

start()

# %%
import matplotlib.pyplot as plt
import numpy as np
from skimage.draw import line

from utils.claims import expect
from utils.datasets import load
from utils.exercises import check, quiz
from utils.plots import draw_image, show

# %% [markdown]
# ## Look first
#
# Here is a page: paper, six handwritten digits, a few scratches of a pen. The next two cells make
# it from digits of the test set, so that we know for certain what stands where.

# %%
SIZE = 28  # pixels: height and width of a digit


def make_page(images, seed):
    """Return a page (100, 150) with up to six pictures on it, and their corners (row, column)."""
    random = np.random.default_rng(seed)
    slots = random.permutation(6)[: len(images)]  # two rows of three slots, 50×50 pixels each
    corners = np.stack([slots // 3, slots % 3], axis=1) * 50
    corners += random.integers(0, 50 - SIZE + 1, size=corners.shape)
    page = np.zeros((100, 150))
    for image, (row, column) in zip(images, corners):
        page[row : row + SIZE, column : column + SIZE] = image
    for _ in range(5):  # scratches, two pixels wide
        row, column = random.integers((0, 0), (98, 149))
        end_row, end_column = np.clip((row, column) + random.integers(-22, 23, 2), 0, (98, 149))
        rows, columns = line(row, column, end_row, end_column)
        page[rows, columns] = page[rows + 1, columns] = 0.7
    page = 0.1 + 0.8 * page + random.normal(0, 0.03, size=page.shape)  # paler, on rough paper
    return page.clip(0, 1), corners


# %%
data = load("digits")
on_page = np.array([np.flatnonzero(data.y_test == label)[0] for label in (4, 0, 7, 2, 9, 5)])
page, corners = make_page(data.X_test[on_page, ..., 0], seed=8)
figure, axis = plt.subplots(figsize=(5.4, 3.8))
draw_image(axis, page)
axis.set_title("One picture, and how many questions?")
show(
    figure,
    alt="A dark grey page with paper grain: six light handwritten digits at irregular places, and "
    "five thin straight scratches between and across them.",
)

# %% [markdown]
# What can one ask about it? *Which digit is this one? Where are the digits? Have I seen this very
# one before? Can you write me another one?* Four questions, and four kinds of program. Section 9
# builds all four. First we need to know what can learn at all, and what it takes.
#
# **Look at the digits closely.** The set `digits` holds 1,797 pictures of only 8×8 pixels. The
# course shows them *enlarged*: each pixel becomes 3×3, smoothed, with a margin of 2, so that they
# have 28×28 pixels like the second set of this chapter. That is `mnist_5k`: 5,000 pictures of
# MNIST, which really have 28×28 pixels and come from far more writers. A method that does well on one of the
# two need not do so on the other.

# %%
mnist = load("mnist_5k")
print(data)
print(mnist)
figure, axes = plt.subplots(1, 6, figsize=(8.6, 1.9))
for place, three in ((on_page[0], axes[:3]), (on_page[3], axes[3:])):  # the 4 and the 2
    enlarged = data.X_test[place, ..., 0]
    native = enlarged[3:27:3, 3:27:3]  # the middle of each 3×3 is the pixel as it was
    real = mnist.X_train[np.flatnonzero(mnist.y_train == data.y_test[place])[0]]
    for axis, image, title in zip(three, (native, enlarged, real), ("8×8", "enlarged", "MNIST")):
        draw_image(axis, image)
        axis.set_title(title, fontsize=10)
show(
    figure,
    alt="A 4 and a 2, each three times: as 8×8 coarse squares, the same picture enlarged and "
    "smooth, and a digit of MNIST with thin sharp strokes.",
)

# %% [markdown]
# ## 1 · Three circles and three words
#
# - **Artificial intelligence** is the widest word: programs that do what seems to need
#   intelligence, in whatever way. The hand-written rule for a 3 in chapter 01 belongs here.
# - **Machine learning** is the part in which the program is not written but found from examples.
#   The logistic regression of chapter 01 belongs here.
# - **Deep learning** is the part of machine learning in which the program is a chain of many
#   simple learned steps, called *layers*. What the first layers make of the picture is learned
#   together with the answer.

# %%
figure, axis = plt.subplots(figsize=(7.4, 3.4))
for width, height, colour, name, example in (
    (10, 6.0, "#56B4E9", "artificial intelligence", "a rule for a 3, written by hand"),
    (8, 4.2, "#E69F00", "machine learning", "nearest neighbours, logistic regression"),
    (6, 2.2, "#009E73", "deep learning", "a convolutional network"),
):
    centre = height / 2
    ellipse = plt.matplotlib.patches.Ellipse((0, centre), width, height, color=colour, alpha=0.35)
    axis.add_patch(ellipse)
    axis.text(0, height - 0.75, name, ha="center", fontweight="bold")
    axis.text(0, height - 1.25, example, ha="center", fontsize=9)
axis.set(xlim=(-5.1, 5.1), ylim=(-0.1, 6.1))
axis.axis("off")
axis.set_title("Deep learning is a part of machine learning, not its opposite")
show(
    figure,
    alt="Three nested ellipses: artificial intelligence outside, with the example of a hand-written "
    "rule; inside it machine learning, with nearest neighbours and logistic regression; inside "
    "that deep learning, with a convolutional network.",
)

# %% [markdown]
# Three words are used in all that follows.
#
# - A **model** is a formula with numbers that can be set: picture in, answer out.
# - **Training** sets these numbers so that the answers for the training examples become right.
# - **Prediction** is using the trained model on a new picture. Nothing changes in it any more.
#
# (If the examples come with the right answers, as in this chapter, it is called **supervised
# learning**. **Unsupervised learning** has only the pictures, and looks for order in them.)
#
# The numbers that training sets are the *parameters*. Other numbers must be chosen before training
# begins: how many neighbours vote, how large weights may become. They are called
# **hyperparameters**.
#
# Our five methods differ in *who decides what*:
#
# | method | what the model looks at | who made that | parameters |
# | --- | --- | --- | --- |
# | $k$ nearest neighbours | pixels | nobody | none: it keeps all pictures |
# | logistic regression on pixels | pixels | nobody | weights |
# | logistic regression on HOG | directions of edges | people, over years | weights |
# | support vector machine on HOG | directions of edges | people, over years | weights of some of the pictures |
# | convolutional network | what its first layers find | training | weights, of all layers |
#
# ## 2 · The first method: neighbours vote
#
# Sort the training pictures by their distance from the new picture $x$, keep the nearest $k$ of
# them, and count their labels:
#
# $$\hat y(x) = \underset{c}{\operatorname{arg\,max}} \sum_{i \in N_k(x)} [\, y_i = c \,]$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $x$ | new picture, laid out in one row | (784,) |
# | $N_k(x)$ | positions of the $k$ nearest training pictures | (k,) |
# | $y_i$ | label of training picture $i$ | one number |
# | $[\dots]$ | 1 if it is true, 0 if not | one number |
# | $\hat y$ | answer: the label $c$ with the most votes; the smallest one if several have as many | one number |
#
# **By hand.** Five training pictures lie at the distances 2.5, 1, 4, 2, 3 and have the labels 1,
# 7, 7, 1, 7. Sorted by distance, the labels are 7, 1, 1, 7, 7.
#
# - $k = 1$: only the 7 votes. Answer **7**.
# - $k = 3$: 7, 1, 1. Answer **1**.
# - $k = 5$: 7, 1, 1, 7, 7. Answer **7**.
#
# The same pictures, three settings, and the answer changes twice. $k$ is a hyperparameter.
#
# In NumPy `np.argsort` gives the positions from the smallest to the largest value, `np.bincount`
# counts how often 0, 1, 2 … occur, and `np.argmax` says where the largest count stands (the first,
# if several are largest).


# %%
def vote(distances, labels, k):
    """Return the label that most of the k nearest have."""
    nearest = np.argsort(distances)[:k]  # (k,) positions
    votes = np.bincount(labels[nearest])
    return int(np.argmax(votes))


distances = np.array([2.5, 1.0, 4.0, 2.0, 3.0])
labels = np.array([1, 7, 7, 1, 7])
answers = [vote(distances, labels, k) for k in (1, 3, 5)]
assert answers == [7, 1, 7]
answers

# %% [markdown]
# Does scikit-learn agree, on real digits?


# %%
from sklearn.neighbors import KNeighborsClassifier


def as_rows(X):
    """Return the pictures as rows of numbers: (n, height · width)."""
    return X.reshape(len(X), -1)


pixels_train, pixels_test = as_rows(data.X_train), as_rows(data.X_test)  # (1415, 784), (382, 784)
for k in (1, 3, 5):
    reader = KNeighborsClassifier(k).fit(pixels_train, data.y_train)
    ours = [
        vote(np.sqrt(np.sum((pixels_train - x) ** 2, axis=1)), data.y_train, k)
        for x in pixels_test[:20]
    ]
    np.testing.assert_array_equal(ours, reader.predict(pixels_test[:20]))
"equal for k = 1, 3 and 5"

# %% [markdown]
# "Training" is only keeping the pictures. All the work is done at prediction.
#
# ## 3 · Features made by hand: histograms of oriented gradients
#
# Chapter 01 showed the trouble with pixels: moved by two pixels, a 3 is nearer to other digits
# than to itself. People have long looked for numbers that say more about a *shape* and less about
# exact places. A number computed from the picture, for a classifier to use, is called a
# **feature**.
#
# One of the best designs is the **histogram of oriented gradients**, HOG for short (Dalal and
# Triggs 2005; they looked for pedestrians). Its idea: *in which directions do edges run, in each
# part of the picture?*
#
# 1. At each pixel, how much does the brightness rise to the right ($R$), and how much downwards
#    ($D$)? That is a little arrow, the picture's gradient (of its brightness; networks have
#    another).
# 2. Cut the picture into small squares, the *cells*. Each cell has nine bins for the angles 0–20°,
#    20–40°, …, 160–180°, and each of its arrows adds its length to the bin of its angle.
# 3. A faint digit has shorter arrows than a bold one, but the same shape. So 2×2 neighbouring
#    cells form a *block*, and its 36 numbers are divided by their length.
#
# <details><summary>The formulas, and an example by hand (may wait)</summary>
#
# $$R_{r,c} = X_{r,c+1} - X_{r,c-1} \qquad D_{r,c} = X_{r+1,c} - X_{r-1,c} \qquad
# m = \sqrt{R^2 + D^2} \qquad \theta = \operatorname{atan2}(D, R) \bmod 180°$$
#
# The length is $m$, the angle $\theta$; opposite arrows count alike, for it is the same edge. A
# cell of 2×2 pixels:
#
# | pixel | $R$ | $D$ | $m$ | $\theta$ | bin |
# | --- | --- | --- | --- | --- | --- |
# | 1 | 3 | 4 | 5 | 53.1° | 2 |
# | 2 | 0 | 2 | 2 | 90° | 4 |
# | 3 | −3 | −4 | 5 | 233.1° − 180° = 53.1° | 2 |
# | 4 | 1 | 0 | 1 | 0° | 0 |
#
# Bin 0 gets 1, bin 2 gets 5 + 5 = 10, bin 4 gets 2; divided by 4 pixels:
# $h = (0.25, 0, 2.5, 0, 0.5, 0, 0, 0, 0)$.
#
# A block's numbers are divided by their length, cut off at 0.2 (one strong edge must not silence
# all others), and divided by their length once more. For two numbers: $(3, 4)$ has the length 5, so
# it becomes $(0.6, 0.8)$, then $(0.2, 0.2)$, then $(0.707, 0.707)$.
# </details>


# %%
def cell_histograms(right, down, cell):
    """Return nine numbers for each cell: from (n, height, width) to (n, rows, columns, 9)."""
    lengths = np.hypot(right, down)
    bins = (np.rad2deg(np.arctan2(down, right)) % 180 // 20).astype(int)
    n, rows, columns = len(right), right.shape[1] // cell, right.shape[2] // cell
    h = np.zeros((n, rows, columns, 9), dtype=right.dtype)
    for b in range(9):
        in_bin = np.where(bins == b, lengths, 0)[:, : rows * cell, : columns * cell]
        h[..., b] = in_bin.reshape(n, rows, cell, columns, cell).mean(axis=(2, 4))
    return h


def even_out(v):
    """Return blocks of numbers (…, 36) with length 1, no number dominating."""
    small = 1e-5  # keeps us from dividing by 0
    v = v / np.sqrt(np.sum(v**2, axis=-1, keepdims=True) + small**2)
    v = np.minimum(v, 0.2)
    return v / np.sqrt(np.sum(v**2, axis=-1, keepdims=True) + small**2)


right = np.array([[[3.0, 0.0], [-3.0, 1.0]]])
down = np.array([[[4.0, 2.0], [-4.0, 0.0]]])
by_hand = [0.25, 0, 2.5, 0, 0.5, 0, 0, 0, 0]
np.testing.assert_allclose(cell_histograms(right, down, cell=2)[0, 0, 0], by_hand)
np.testing.assert_allclose(even_out(np.array([3.0, 4.0])), [np.sqrt(0.5)] * 2, atol=1e-6)
cell_histograms(right, down, cell=2)[0, 0, 0]


# %%
from skimage.feature import hog


def histograms(X, cell):
    """Return the histograms of pictures (n, height, width): (n, rows, columns, 9)."""
    right, down = np.zeros_like(X), np.zeros_like(X)
    right[:, :, 1:-1] = X[:, :, 2:] - X[:, :, :-2]
    down[:, 1:-1] = X[:, 2:] - X[:, :-2]
    return cell_histograms(right, down, cell)


def hog_features(X, cell=4):
    """Return the HOG features of pictures (n, height, width) or (n, height, width, 1)."""
    h = histograms(X.reshape(X.shape[:3]), cell)
    v = np.concatenate([h[:, :-1, :-1], h[:, :-1, 1:], h[:, 1:, :-1], h[:, 1:, 1:]], axis=-1)
    return even_out(v).reshape(len(X), -1)


def library_hog(image, cell=4):
    """Return what scikit-image computes for one picture (height, width)."""
    return hog(image, 9, (cell, cell), cells_per_block=(2, 2))


for X in (data.X_train[:50, ..., 0], mnist.X_train[:50, ..., 0]):
    for cell in (4, 7):
        by_library = [library_hog(image, cell) for image in X]
        np.testing.assert_allclose(hog_features(X, cell), by_library, atol=1e-5)
hog_features(X).shape

# %% [markdown]
# Equal to scikit-image's. With cells of 4×4 pixels a picture of 28×28 has 7×7 cells, 6×6
# overlapping blocks and $36 \cdot 36 = 1296$ numbers: more than pixels! What does a classifier get
# to see? The drawing shows for each cell the edges that run through it, bright where they are
# strong. (An edge runs at a right angle to its gradient.)


# %%
from matplotlib.collections import LineCollection


def draw_edges(axis, image, cell):
    """Draw the histograms of all cells: for each bin a stroke along the edge, bright if strong."""
    h = histograms(image[np.newaxis], cell)[0]
    row, column, b = np.indices(h.shape).reshape(3, -1)
    angle = np.deg2rad(20 * b + 10 + 90)  # the middle of the bin, then along the edge
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 0.5 * cell  # (strokes, 2)
    middle = (np.stack([column, row], axis=1) + 0.5) * cell - 0.5
    ends = np.stack([middle - along, middle + along], axis=1)  # (strokes, 2 ends, x and y)
    bright = np.minimum(2 * h.ravel() / h.max(), 1)
    axis.add_collection(LineCollection(ends, colors="w", alpha=bright, linewidths=2))
    axis.set_facecolor("k")
    axis.set(xlim=(-0.5, 27.5), ylim=(27.5, -0.5), aspect="equal", xticks=[], yticks=[])


# %%
chosen = [np.flatnonzero(s.y_train == label)[3] for s, label in ((data, 3), (data, 8), (mnist, 5))]
figure, axes = plt.subplots(1, 6, figsize=(8.6, 1.8))
for number, image_set in enumerate((data, data, mnist)):
    image = image_set.X_train[chosen[number], ..., 0]
    draw_image(axes[2 * number], image)
    draw_edges(axes[2 * number + 1], image, cell=4)
    axes[2 * number].set_title(f"{image_set.name}", fontsize=10)
    axes[2 * number + 1].set_title("edges", fontsize=10)
show(
    figure,
    alt="A 3, an 8 and a 5, each beside a drawing of its cells: short bright strokes that follow "
    "the two sides of the pen's line, so that the digit can still be recognised as an outline.",
)

# %% [markdown]
# ## 4 · Features that are learned, and pictures that are added
#
# The last method gets the pixels, and nobody tells it about edges. A **convolutional neural
# network** (CNN) is a chain of layers. The first ones look at small windows of the picture, and
# what they look for is learned. The last layer does what logistic regression does, on what the
# layers before it have found. All weights, from first to last, are set together by training. That
# is all we need here; chapter 07 takes this very network, `compact_cnn`, apart.
#
# There is a second way to tell a method what people know, and it works for all of them: **add
# pictures.** A digit that is moved by two pixels is still the same digit. So we make shifted
# copies of the training pictures, up to two pixels in each direction, and keep their labels.
# (Chapter 09 calls this *augmentation*.) Test pictures are never changed.


# %%
def shifted(X, random, reach=2):
    """Return each picture (n, height, width, 1), moved at random by up to `reach` pixels."""
    height, width = X.shape[1:3]
    padded = np.pad(X, ((0, 0), (reach, reach), (reach, reach), (0, 0)))
    corners = random.integers(0, 2 * reach + 1, size=(len(X), 2))
    moved = np.empty_like(X)
    for top, left in np.ndindex(2 * reach + 1, 2 * reach + 1):
        these = np.all(corners == (top, left), axis=1)
        moved[these] = padded[these, top : top + height, left : left + width]
    return moved


four = np.repeat(mnist.X_train[mnist.y_train == 4][:1], 5, axis=0)  # (5, 28, 28, 1)
copies = np.concatenate([four[:1], shifted(four, np.random.default_rng(0))])
figure, axes = plt.subplots(1, 6, figsize=(8.6, 1.8))
for axis, image, title in zip(axes, copies, ["a 4", *["a shifted copy"] * 5]):
    draw_image(axis, image)
    axis.set_title(title, fontsize=9)
show(
    figure,
    alt="A handwritten 4 and five copies of it, each moved a little: up, down, left or right.",
)

# %% [markdown]
# **The next three cells are the engine room: run them, and do not read them yet.** They make one
# network that can be trained again and again from fresh random weights (which is faster than making
# a new one each time, and gives the same result). Chapter 07 explains its loss.

# %%
import math

import keras

from utils.models import compact_cnn, smoothed_crossentropy

BATCH = 32  # pictures in a step
cycle_length = keras.Variable(150.0, trainable=False)  # steps of one training


class Cycle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises during 30 % of the steps and then sinks to 0."""

    def __call__(self, step):
        part = keras.ops.cast(step, "float32") / cycle_length
        rise = 0.001 + 0.009 * part / 0.3
        fall = 0.005 * (1 + keras.ops.cos(math.pi * (part - 0.3) / 0.7))
        return keras.ops.where(part < 0.3, rise, fall)


network = compact_cnn()
network.compile(keras.optimizers.Adam(Cycle()), smoothed_crossentropy(), steps_per_execution=50)
network.optimizer.build(network.trainable_variables)
at_rest = [variable.numpy() for variable in network.optimizer.variables]


# %%
def fresh_weights(seed):
    """Return random weights to start a training from."""
    keras.utils.set_random_seed(seed)
    return compact_cnn().get_weights()


STARTS = [fresh_weights(seed) for seed in range(3)]


# %%
def train_cnn(X, y, seed, steps, copies=True):
    """Train the network from fresh weights on pictures (n, 28, 28, 1); seed: 0, 1 or 2."""
    network.set_weights(STARTS[seed])
    for variable, value in zip(network.optimizer.variables, at_rest):
        variable.assign(value)
    cycle_length.assign(steps)
    random = np.random.default_rng(seed)
    passes = math.ceil(steps * BATCH / len(X))
    order = np.concatenate([random.permutation(len(X)) for _ in range(passes)])[: steps * BATCH]
    seen = shifted(X[order], random) if copies else X[order]
    network.fit(seen, y[order], batch_size=BATCH, shuffle=False, verbose=0)


def read_digits(X):
    """Return the network's answers for pictures (n, 28, 28, 1)."""
    return np.argmax(network(X), axis=1)


# %% [markdown]
# One decision in it: **we fix the number of steps, not of passes.** A step takes 32 pictures. With
# 150 steps and 25 pictures the network sees each of them 192 times (each time shifted in another
# way). One pass over 25 pictures would be a single step: the network would hardly train at all,
# and we would blame the data for it.
#
# ## 5 · Choose hyperparameters, but not on the test set
#
# How many neighbours? How large may the weights be (scikit-learn's `C`, chapter 01)? Cells of 4 or
# of 7 pixels?
#
# And which classifier on HOG? Logistic regression gives each feature one weight for each digit:
# its borders between the digits are straight. A **support vector machine** (SVM; Cortes and Vapnik 1995)
# keeps those training pictures that lie near a border and gives *them* weights; each new picture
# is compared with all of them, the nearer ones count more, and so the borders may bend. HOG with
# an SVM was the usual reader of pictures before deep networks. It is our fifth method.
#
# Whoever tries all on the *test* set and keeps the best has tuned on it, and will
# report too good a number (chapter 08 measures how much). So we draw 100 training pictures to
# learn from, three times, and take 1,000 *other* training pictures as validation set.


# %%
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

_ = threadpool_limits(1)  # for small tables one processor core is faster than several


def draw(y, size, seed):
    """Return the positions of `size` pictures and those of the others, drawn fairly by class."""
    if size == len(y):
        return np.arange(size), np.arange(0)
    return train_test_split(np.arange(len(y)), train_size=size, stratify=y, random_state=seed)


def logistic(C=1.0, tol=0.0001):
    """Return an untrained logistic regression; with a larger `tol` it stops earlier."""
    return LogisticRegression(C=C, max_iter=1000, tol=tol)


def fast_kernel(A, B):
    """Return the kernel that SVC takes by default, by matrix products: in less than half the time."""
    return rbf_kernel(A, B, gamma=1 / (B.shape[1] * B.var()))


def svm(C=10):
    """Return an untrained support vector machine."""
    return SVC(C=C, kernel=fast_kernel)


# %%
DRAWS = 3  # trainings for each point of a curve


def validation_accuracy(model, features, y):
    """Return the mean accuracy of 3 draws: learn from 100 pictures, judge on 1,000 others."""
    scores = []
    for seed in range(DRAWS):
        few, others = draw(y, 100, seed)
        model.fit(features[few], y[few])
        scores.append(model.score(features[others[:1000]], y[others[:1000]]))
    return np.mean(scores)


# %%
hogs_train = {s.name: hog_features(s.X_train) for s in (data, mnist)}
choices = {}  # (set, question): validation accuracies, our choice first
for image_set in (data, mnist):
    name, y = image_set.name, image_set.y_train
    pixels, hogs = as_rows(image_set.X_train), hogs_train[name]
    large_cells = hog_features(image_set.X_train, cell=7)
    for question, candidates in {
        "neighbours, k = 1, 3, 5": [(KNeighborsClassifier(k), pixels) for k in (1, 3, 5)],
        "pixels, C = 1, 0.1, 10": [(logistic(C, tol=0.001), pixels) for C in (1, 0.1, 10)],
        "HOG, C = 1, 0.1, 10": [(logistic(C), hogs) for C in (1, 0.1, 10)],
        "HOG, cells of 4, 7": [(logistic(), hogs), (logistic(), large_cells)],
        "SVM on HOG, C = 10, 1, 100": [(svm(C), hogs) for C in (10, 1, 100)],
    }.items():
        choices[name, question] = [validation_accuracy(*candidate, y) for candidate in candidates]

behind = max(max(accuracies) - accuracies[0] for accuracies in choices.values())
print("our choices: at worst behind the best by", expect(behind, at_most=0.015))

# %% tags=["nbval-ignore-output"]
for (name, question), accuracies in choices.items():
    print(f"{name:9} {question:26}" + "".join(f"{accuracy:7.3f}" for accuracy in accuracies))

# %% [markdown]
# Both sets agree: `k = 1`, `C = 1` (10 for the SVM) and cells of 4×4 are the best, or behind the
# best by next to nothing. So we take them. (With other numbers of pictures others might win. And one
# thing is a little unreal here: somebody who really has only 25
# pictures has no 1,000 others to choose with. Chapter 10 is about that.)
#
# The network's numbers of steps stand in `STEPS` below. More would help it; section 6 says what
# four times as many change.
#
# ## 6 · The experiment: learning curves
#
# A **learning curve** shows how good a method is against the number of training pictures. Which
# pictures one draws is luck, and so are a network's first weights. So each point is measured three
# times, with other seeds: the line is the mean, the band runs from the worst to the best draw. We
# draw the *errors*, so lower is better, on *logarithmic* axes: steps of the same length multiply by
# the same factor (and a band that reaches 0 errors must be cut off). Below stands the error on the
# *training* pictures themselves (the first 500 of them): it shows how well a method fits what it has
# seen.
#
# All methods get shifted copies: the network new ones at each step, the others a table of 800
# rows or more, with four versions of each picture, itself and three copies (with 4,000 pictures two
# versions; the network then sees about three). Only the SVM gets no copies from 1,300 pictures on: it
# would take too long. With all 4,000, the four that need no starting weights are trained once.
#
# > **Predict.** The five methods learn from 25, 100 and 1,300 `digits` and are judged on 382
# > others; from 25, 100, 400 and 4,000 of `mnist_5k`, judged on 1,000 others. Write down:
# >
# > 1. Which set is harder? Which method is the best with 25 pictures?
# > 2. Where, if at all, does the network overtake logistic regression on HOG? And the SVM on HOG?
# > 3. Now take the copies away. Which method loses most?
# > 4. With all 4,000 pictures, which method makes the most errors on its own *training* pictures?

# %%
STEPS = {25: 150, 100: 150, 400: 200, 1300: 200, 4000: 400}
SIZES = {"digits": (25, 100, 1300), "mnist_5k": (25, 100, 400, 4000)}
CLASSICAL = {  # a new model, what it looks at, and how many rows it can learn from
    "nearest neighbours": (lambda: KNeighborsClassifier(1), as_rows, 8_000),
    # Stopping earlier saves half the time, and costs pixels no accuracy (HOG it would).
    "logistic, pixels": (lambda: logistic(tol=0.001), as_rows, 8_000),
    "logistic, HOG": (logistic, hog_features, 8_000),
    "SVM, HOG": (svm, hog_features, 2_000),
}
MARKERS = "os^vD"  # one for each method, the network last, in all figures


def with_copies(X, y, seed, most):
    """Return the pictures and shifted copies of them, at most so many rows, and all labels."""
    versions = max(1, min(max(4, 800 // len(X)), most // len(X)))
    random = np.random.default_rng(seed)
    copies = [shifted(X, random) for _ in range(versions - 1)]
    return np.concatenate([X, *copies]), np.tile(y, versions)


# %%
def classical_curves(image_set, sizes, copies=True):
    """Return {method: (training, test) accuracies of shape (2, sizes, draws)} and the models."""
    curves, models = {name: np.zeros((2, len(sizes), DRAWS)) for name in CLASSICAL}, {}
    for name, (make_model, describe, most) in CLASSICAL.items():
        new = describe(image_set.X_test)
        for row, size in enumerate(sizes):
            for seed in range(DRAWS if size < len(image_set.y_train) else 1):
                few, _ = draw(image_set.y_train, size, seed)
                X, y = image_set.X_train[few], image_set.y_train[few]
                table, labels = with_copies(X, y, seed, most) if copies else (X, y)
                features = describe(table)  # the first `size` rows are the pictures themselves
                models[name] = make_model().fit(features, labels)
                on_training = models[name].score(features[:size][:500], y[:500])
                on_new = models[name].score(new, image_set.y_test)
                # With all pictures only the shifts differ: one draw is enough.
                curves[name][0, row, seed:] = on_training
                curves[name][1, row, seed:] = on_new
    return curves, models


# %%
def network_curve(image_set, sizes, copies=True):
    """Return the network's (training, test) accuracies of shape (2, sizes, draws)."""
    curve = np.zeros((2, len(sizes), DRAWS))
    for row, size in enumerate(sizes):
        for seed in range(DRAWS):
            few, _ = draw(image_set.y_train, size, seed)
            X, y = image_set.X_train[few], image_set.y_train[few]
            train_cnn(X, y, seed, STEPS[size], copies)
            curve[0, row, seed] = np.mean(read_digits(X[:500]) == y[:500])
            curve[1, row, seed] = np.mean(read_digits(image_set.X_test) == image_set.y_test)
    return curve


# %%
curves, models = {}, {}
curves["digits"], models["digits"] = classical_curves(data, SIZES["digits"])
{name: curve.shape for name, curve in curves["digits"].items()}

# %%
curves["mnist_5k"], models["mnist_5k"] = classical_curves(mnist, SIZES["mnist_5k"])

# %%
curves["digits"]["network"] = network_curve(data, SIZES["digits"])
curves["digits"]["network"].shape

# %%
few_pictures = network_curve(mnist, SIZES["mnist_5k"][:3])
few_pictures.shape

# %%
many_pictures = network_curve(mnist, SIZES["mnist_5k"][3:])
curves["mnist_5k"]["network"] = np.concatenate([few_pictures, many_pictures], axis=1)
learned = network.get_weights()  # of the last training, on 4,000 digits
curves["mnist_5k"]["network"].shape

# %%
figure, axes = plt.subplots(2, 2, figsize=(8.4, 5.6), height_ratios=(3, 1), sharex="col")
for (set_name, all_curves), upper, lower in zip(curves.items(), axes[0], axes[1]):
    sizes = SIZES[set_name]
    for number, (name, curve) in enumerate(all_curves.items()):
        on_training, on_new = 100 * (1 - curve)
        look = dict(marker=MARKERS[number], color=f"C{number}", label=name)
        band = np.maximum((on_new.min(axis=1), on_new.max(axis=1)), 0.15)  # no logarithm of 0
        upper.fill_between(sizes, *band, alpha=0.18, color=f"C{number}", linewidth=0)
        upper.plot(sizes, on_new.mean(axis=1), **look)
        lower.plot(sizes, on_training.mean(axis=1), **look)
    ticks = (0.2, 0.5, 1, 2, 5, 10, 20, 50)
    upper.set(xscale="log", yscale="log", yticks=ticks, yticklabels=ticks, ylim=(0.15, 60))
    lower.set(xticks=sizes, xticklabels=sizes, xlabel="training pictures", ylim=(-0.5, 8))
    upper.minorticks_off()
    lower.minorticks_off()
    upper.set_title(set_name)
axes[0, 0].set_ylabel("test errors (%)")
axes[1, 0].set_ylabel("training\nerrors (%)")
axes[0, 0].legend(loc="lower left", fontsize=9)
figure.suptitle("With copies for all, the network keeps up with HOG from 100 pictures on")
show(
    figure,
    alt="Two columns, digits and mnist_5k. Above, test errors against the number of training "
    "pictures, both axes logarithmic, five falling curves with bands. On digits the two on HOG and "
    "the network begin level; the SVM and the network end lowest. On mnist_5k the two on HOG are "
    "lowest at 25, and level with the network at 100; at 400 and 4,000 the network and the SVM are "
    "lower than logistic regression on HOG. Nearest neighbours and logistic regression on pixels lie "
    "higher. Below, the training errors: near 0, but at the right ends "
    "logistic regression on pixels reaches two and five per cent, and on mnist_5k the network one.",
)

# %% tags=["nbval-ignore-output"]
for set_name, all_curves in curves.items():
    print(f"{set_name}: test accuracy, mean (worst to best draw); training accuracy")
    for name, (on_training, on_new) in all_curves.items():
        row = [
            f"{new.mean():.3f} ({new.min():.3f}–{new.max():.3f}) {old.mean():.3f}"
            for old, new in zip(on_training, on_new)
        ]
        print(f"{name:19}" + "".join(f"{cell:>28}" for cell in row))

# %% [markdown]
# And now 100 pictures of MNIST **without copies**: the same draws, the same steps. And logistic
# regression on all 4,000 without copies.

# %%
plain, _ = classical_curves(mnist, (100,), copies=False)
plain["network"] = network_curve(mnist, (100,), copies=False)
lost_by_copies = {}  # with 4,000 pictures
for name in ("logistic, pixels", "logistic, HOG"):
    make_model, describe, _ = CLASSICAL[name]
    model = make_model().fit(describe(mnist.X_train), mnist.y_train)
    without = model.score(describe(mnist.X_test), mnist.y_test)
    lost_by_copies[name] = without - curves["mnist_5k"][name][1, -1].mean()
at_100 = {  # method: mean test accuracy with 100 pictures of MNIST, without and with copies
    name: (plain[name][1, 0].mean(), curve[1, SIZES["mnist_5k"].index(100)].mean())
    for name, curve in curves["mnist_5k"].items()
}

# %%
figure, axis = plt.subplots(figsize=(6, 2.6))
for number, accuracies in enumerate(at_100.values()):
    without, with_them = (100 * (1 - accuracy) for accuracy in accuracies)
    look = dict(color=f"C{number}", marker=MARKERS[number], markersize=9, linestyle="")
    axis.annotate("", (with_them, number), (without, number), arrowprops={"arrowstyle": "->"})
    axis.plot(without, number, fillstyle="none", **look)
    axis.plot(with_them, number, **look)
axis.set(xlabel="test errors with 100 pictures of mnist_5k (%)", ylim=(4.5, -0.5), xlim=(0, None))
axis.set_yticks(range(5), list(at_100))
axis.set_title("Shifted copies (filled) help the network most")
show(
    figure,
    alt="Five rows, one a method: an arrow from a hollow marker, the test errors without copies, to "
    "a filled one, with copies. The network's arrow is by far the longest, from about 26 to 12 %; "
    "without copies it is far behind HOG, with them level.",
)

# %%
HOG, SVM, NETWORK = "logistic, HOG", "SVM, HOG", "network"
mean = {  # (set, size, method): mean test accuracy
    (set_name, size, name): accuracy
    for set_name, all_curves in curves.items()
    for name, curve in all_curves.items()
    for size, accuracy in zip(SIZES[set_name], curve[1].mean(axis=1))
}
print("The network's lead over logistic regression on HOG, with copies for both:")
for set_name, size, bounds in (
    ("mnist_5k", 25, {"at_most": -0.02}),
    ("mnist_5k", 100, {"at_least": -0.04, "at_most": 0.04}),
    ("mnist_5k", 400, {"at_least": -0.02}),
    ("mnist_5k", 4000, {"at_least": 0.001}),
    ("digits", 100, {"at_least": -0.04, "at_most": 0.04}),
    ("digits", 1300, {"at_least": -0.006}),
):
    lead = mean[set_name, size, NETWORK] - mean[set_name, size, HOG]
    print(f"  {size:5,} pictures of {set_name:9}", expect(lead, "+.3f", **bounds))
over_svm = {key[:2]: mean[*key[:2], NETWORK] - mean[*key[:2], SVM] for key in mean}
behind = expect(min(over_svm.values()), "+.3f", at_most=-0.01)
ahead = expect(max(over_svm.values()), "+.3f", at_most=0.015)
print("Its lead over the SVM on HOG, at seven places from", behind, "to", ahead)

# %%
without = at_100[NETWORK][0] - at_100[HOG][0]
print("Its lead over logistic regression on HOG without copies, 100 of mnist_5k:")
print("  ", expect(without, "+.3f", at_most=-0.05))
gains = {name: with_them - without for name, (without, with_them) in at_100.items()}
print("Gain by copies: network", expect(gains.pop(NETWORK), "+.3f", at_least=0.1))
print("  the most that another method gains", expect(max(gains.values()), "+.3f", at_most=0.04))
for name, lost in lost_by_copies.items():
    print(f"Lost by copies, 4,000 pictures: {name}", expect(lost, "+.3f", at_least=0))

# %%
by_heart = {name: 1 - curve[0, -1].mean() for name, curve in curves["mnist_5k"].items()}
print("Errors on 500 of the 4,000 training pictures:")
for name, bound in (
    ("logistic, pixels", {"at_least": 0.04}),
    (HOG, {"at_most": 0.004}),
    (NETWORK, {"at_least": 0.005, "at_most": 0.03}),
):
    print(f"  {name}", expect(by_heart[name], ".1%", **bound))
print("Nearest neighbours' lead over logistic regression on pixels:")
for set_name, size, least in (("digits", 1300, 0.002), ("mnist_5k", 4000, 0.03)):
    neighbours, pixels = (
        mean[set_name, size, name] for name in ("nearest neighbours", "logistic, pixels")
    )
    print(f"  {size:,} of {set_name}", expect(neighbours - pixels, "+.3f", at_least=least))

# %% tags=["headline", "nbval-ignore-output"]
three = (HOG, SVM, NETWORK)
few_plain, few_copies = ("/".join(f"{at_100[n][i]:.0%}" for n in three) for i in (0, 1))
many = "/".join(f"{mean['mnist_5k', 4000, n]:.1%}" for n in three)
print(
    f"logistic regression on HOG/SVM on HOG/network: 100 MNIST digits {few_plain}, with shifted "
    f"copies for all {few_copies}; 4,000 digits {many}"
)

# %% [markdown]
# **Explain.**
#
# 1. **MNIST is harder:** every method makes more errors there, from as many pictures. It has far
#    more writers. Among 1,300 `digits`, written by few people, a new one mostly has a close
#    relative (chapter 03 looks into that).
# 2. **With copies for all, the network keeps up with HOG from 100 pictures on.** With 25 of MNIST
#    HOG is ahead: what people know about edges need not be learned. With 4,000 the network passes
#    *logistic regression* on HOG by less than a point (by less than half of one where that is trained
#    without copies). But the *SVM* on the same HOG numbers is level with it or ahead everywhere. Whoever
#    shows the first comparison only will say that learned features are better; it was the straight
#    borders that were worse. We compare whole methods here, not features.
# 3. **Without copies the result is another.** With 100 pictures of MNIST HOG is then far ahead.
#    The copies tell the network that a shift changes nothing; HOG has a part of that built in,
#    which may be why it gains little. Logistic regression on pixels *loses* by copies: each weight
#    belongs to one place, and cannot serve all shifts. **The same help is not equally good for
#    all**; in your own work let validation pictures decide, method by method, whether copies help.
# 4. **Read training and test errors together.** Logistic regression on pixels makes most errors
#    on the 4,000 pictures that it learned from: one weight for each place cannot fit them. This is
#    called *underfitting*, and more pictures will help little. On HOG it makes hardly any there, and
#    3 to 4 % on new ones: a part of what it learned holds for its own pictures only. This is
#    *overfitting* (chapter 09). The network makes *more* training errors than both on HOG, and fewer
#    test errors than logistic regression. So a low training error alone proves nothing: with 25
#    and 100 pictures all five have none, or nearly none. (Nearest neighbours never have any: each
#    training picture is its own nearest neighbour.)
#
# So "which one is better?" has no answer without the help that each one gets. **Knowledge can come
# in by the features or by the pictures.** A comparison in which only one method gets it compares
# the help, not the methods.
#
# What does the result depend on? On the *draws* and on the *steps*: `benchmarks/learning_curves.py`
# repeats it with four other draws, and with four times as many steps. The network's lead over HOG with
# logistic regression (LR) and with the SVM, and its 95 % interval:
#
# | pictures | over LR | over LR, 4× steps | over SVM | over SVM, 4× steps |
# | --- | --- | --- | --- | --- |
# | 25 of `digits` | +0.003 ± 0.041 | +0.024 ± 0.047 | −0.004 ± 0.044 | +0.017 ± 0.045 |
# | 100 of `digits` | +0.003 ± 0.030 | +0.014 ± 0.030 | −0.003 ± 0.029 | +0.007 ± 0.023 |
# | 1,300 of `digits` | +0.001 ± 0.006 | +0.008 ± 0.003 | −0.003 ± 0.008 | +0.004 ± 0.004 |
# | 25 of `mnist_5k` | −0.062 ± 0.066 | −0.039 ± 0.059 | −0.047 ± 0.039 | −0.024 ± 0.046 |
# | 100 of `mnist_5k` | +0.000 ± 0.005 | +0.023 ± 0.014 | −0.004 ± 0.019 | +0.019 ± 0.027 |
# | 400 of `mnist_5k` | +0.006 ± 0.013 | +0.027 ± 0.010 | −0.006 ± 0.018 | +0.015 ± 0.009 |
# | 4,000 of `mnist_5k` | +0.008 ± 0.006 | +0.020 ± 0.003 | −0.006 ± 0.002 | +0.005 ± 0.005 |
#
# A lead smaller than its interval may change its sign with other draws. With more steps (and so more
# copies) the network gains at every size, and with 4,000 pictures the order of network and SVM turns
# round. And the interval holds the luck of draws and first weights, not that of the test pictures: 0.005 of
# 1,000 is five pictures, and all rows of a set are judged on the same ones (section 8). On the *pictures* the
# result depends, too: two sets of digits prove nothing for leaves or X-rays.
#
# **What has the network learned?** Here are three of the sixteen windows of its first layer, each
# before what it finds in a 5.

# %%
network.set_weights(learned)
windows = network.layers[0].get_weights()[0][..., 0, :]  # (5, 5, 16)
first_layer = keras.Sequential(network.layers[:3])
five = mnist.X_train[mnist.y_train == 5][3:4]
found = np.array(first_layer(five))[0]  # (12, 12, 16)
strongest = np.argsort(-found.std(axis=(0, 1)))[:3]
limit = np.abs(windows).max()
figure, axes = plt.subplots(1, 7, figsize=(8.6, 1.7))
draw_image(axes[0], five[0])
for number, left, right in zip(strongest, axes[1::2], axes[2::2]):
    left.imshow(windows[..., number], cmap="RdBu", vmin=-limit, vmax=limit)
    left.set_title("5×5 weights", fontsize=9)
    right.imshow(found[..., number], cmap="viridis")
    right.set_title("finds", fontsize=9)
for axis in axes[1:]:
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set(visible=True, color="0.6", linewidth=0.8)
show(
    figure,
    alt="A handwritten 5; then three times a framed square of 5×5 weights, blue for positive and red "
    "for negative, in an irregular pattern, and beside it a coarse map of the 5: other parts of "
    "its strokes are bright in each map.",
)

# %% [markdown]
# Each answers to some parts of the strokes and not to others. Nobody
# designed them; they came from the digits and their labels.
#
# ## 7 · What each of them costs
#
# Being right is not all that counts. How many numbers must be kept, and how many multiplications
# does one answer take?
#
# - *Nearest neighbours* keep all 4,000 pictures of 784 numbers (with section 6's copies 8,000), and
#   each answer compares with all.
# - *Logistic regression* needs one weight for each feature and digit, and ten biases.
# - *HOG* must be computed first: two squares for each pixel, and four multiplications or divisions
#   for each of the 36 numbers of the 36 blocks. (Roots and angles come on top.)
# - *The SVM* keeps the HOG of those training pictures that lie near a border (its *support vectors*)
#   and compares with all of them.
# - In *the network* each output value of a layer takes as many multiplications as there are weights
#   behind it. Training takes, for each picture, about three times as many as an answer (chapter
#   05).


# %%
def multiplications(layer):
    """Return how many multiplications a layer with weights needs for one picture."""
    weights_behind_one_value = int(np.prod(layer.kernel.shape[:-1]))
    return int(np.prod(layer.output.shape[1:])) * weights_behind_one_value


for_network = sum(multiplications(layer) for layer in network.layers if hasattr(layer, "kernel"))
for_hog = 2 * 784 + 4 * 36 * 36
support = len(models["mnist_5k"]["SVM, HOG"].support_)
COSTS = {  # numbers kept, multiplications for one answer
    "nearest neighbours": (4000 * 784, 4000 * 784),
    "logistic, pixels": (784 * 10 + 10, 784 * 10),
    "logistic, HOG": (1296 * 10 + 10, for_hog + 1296 * 10),
    "SVM, HOG": (support * 1296, for_hog + support * 1296),
    "network": (network.count_params(), for_network),
}
print(f"{'':20}{'numbers kept':>14}{'multiplications':>17}{'times pixels':>14}")
for name, (kept, products) in COSTS.items():
    print(f"{name:20}{kept:14,}{products:17,}{products / 7840:14.1f}")
print(f"400 steps of training, about {3 * 400 * BATCH * for_network / 1e9:.0f} billion")

# %% [markdown]
# And the time? It depends on the machine and on how well a program is written, so look at ratios.
# HOG is computed twice: by our NumPy cell for all pictures at once, and by scikit-image, one
# picture after the other.


# %%
from time import perf_counter


def seconds(action):
    """Return how long it takes to call `action`: the shortest of three times."""
    times = []
    for _ in range(3):
        begin = perf_counter()
        action()
        times.append(perf_counter() - begin)
    return min(times)


few, _ = draw(mnist.y_train, 1000, 0)
new, y_few, rows_few = mnist.X_test[:200], mnist.y_train[few], as_rows(mnist.X_train[few])
voters = KNeighborsClassifier(1).fit(rows_few, y_few)
pixel_model = logistic(tol=0.01).fit(rows_few, y_few)
hog_model = logistic(tol=0.01).fit(hogs_train["mnist_5k"][few], y_few)
machine = svm().fit(hogs_train["mnist_5k"][few], y_few)

# %%
pixel_time = seconds(lambda: pixel_model.predict(as_rows(new)))
actions = {
    "nearest neighbours (1,000 kept)": lambda: voters.predict(as_rows(new)),
    "logistic, HOG in our NumPy": lambda: hog_model.predict(hog_features(new)),
    "logistic, HOG by scikit-image": lambda: hog_model.predict(
        list(map(library_hog, new[..., 0]))
    ),
    "SVM, HOG in our NumPy": lambda: machine.predict(hog_features(new)),
    "network": lambda: read_digits(new),
}
ratios = {name: seconds(action) / pixel_time for name, action in actions.items()}
print("200 answers: times as long as logistic regression on pixels")
for (name, ratio), bound in zip(ratios.items(), (2, 5, 50, 10, 5)):
    print(f"{name:33}", expect(ratio, ".0f", at_least=bound))
faster = ratios["logistic, HOG by scikit-image"] / ratios["logistic, HOG in our NumPy"]
print("HOG: our NumPy is faster than scikit-image, times", expect(faster, ".1f", at_least=2))

# %% [markdown]
# So "cheap" has two meanings. **By multiplications HOG with logistic regression is cheap**: 2.5
# times as many as pixels, and a seventeenth of the network's. **By the clock it is dear**, above all
# scikit-image's. Multiplications say what is possible; the clock says what today's program does. And
# the SVM pays for its curved borders by both measures: it keeps a large part of the pictures, like
# nearest neighbours, and each answer compares with all of them.
#
# One cost is in no table: **people's time.** HOG took years to find, and it was made for pictures in
# which outlines matter. For the texture of tissue somebody has to think again. The network's
# features cost pictures and multiplications instead.
#
# ## 8 · How many test pictures?
#
# Our test sets hold 382 and 1,000 pictures. `faces` has 150 training and 50 test pictures of 25×25
# pixels: is it a face or not? The first three methods learn from 100 of the 150, five times, and
# are judged on the 50 test pictures. We choose nothing here, so the 50 training pictures that are left
# over in each draw can serve as a second test set at no cost. *Guess: how far apart can the two be?*

# %%
faces = load("faces")
X_faces = np.pad(
    np.concatenate([faces.X_train, faces.X_test]), ((0, 0), (1, 2), (1, 2), (0, 0))
)  # (200, 28, 28, 1), with a black margin
y_faces = np.concatenate([faces.y_train, faces.y_test])
right_of_250 = {}  # method: right answers on the 50 test pictures and on 50 others, in five draws
for name in ("nearest neighbours", "logistic, pixels", "logistic, HOG"):
    make_model, describe, _ = CLASSICAL[name]
    features, right = describe(X_faces), []
    for seed in range(5):
        few, others = draw(faces.y_train, 100, seed)
        new = np.concatenate([np.arange(150, 200), others])  # the 50 test pictures, then 50 others
        model = make_model().fit(features[few], y_faces[few])
        right.append(model.predict(features[new]) == y_faces[new])
    right_of_250[name] = np.sum(right, axis=0).reshape(2, 50).sum(axis=1)

on_neighbours, on_pixels, on_hog = right_of_250.values()
print("Right answers of 250, HOG minus pixels:")
print("  test set: ", expect(on_hog[0] - on_pixels[0], "+d", at_most=-5))
print("  50 others:", expect(on_hog[1] - on_pixels[1], "+d", at_least=1))
print("Nearest neighbours minus the better of the two:")
for name, row in (("test set: ", 0), ("50 others:", 1)):
    behind = on_neighbours[row] - max(on_pixels[row], on_hog[row])
    print(f"  {name}", expect(behind, "+d", at_most=-5))

# %% [markdown]
# Look at the test set alone, and you would report: "on faces, HOG loses to plain pixels". The
# pictures that were left over point the other way. **Five draws do not help if all five are judged on the same
# few pictures**: with 50, one picture more or less is two percentage points. Who is ahead, pixels
# or HOG, these pictures cannot tell. On both, nearest neighbours come last. (On the digits of both
# sets they were ahead of logistic regression on pixels.)
#
# So do not learn an order by heart. Learn the way to find it: **a few methods, the same pictures
# and the same chances for all, several draws, enough pictures to judge on, a learning curve.**
#
# ## 9 · Four tasks on one picture
#
# Back to the page. From here on the method is not the question; the *task* is: what goes in, what
# comes out, and how do we say how good it is? A rule that turns answers and truth into a number is
# called a **metric**; accuracy is only one of them. Each task is a miniature here; chapters 12 to
# 14 treat tasks 2 to 4 in full.
#
# First, something to learn from: pages like ours, but made of *training* digits. From each we cut
# windows of 28×28 pixels that hold a digit (up to two pixels off), and windows that do not.


# %%
def cut(page, corners):
    """Return the windows of 28×28 pixels at the given corners, shape (n, 28, 28)."""
    corners = np.clip(corners, 0, (100 - SIZE, 150 - SIZE))  # a window lies on the page
    return np.array([page[r : r + SIZE, c : c + SIZE] for r, c in corners])


random = np.random.default_rng(0)
windows_of_pages, labels_of_windows = [], []
for seed in range(40):
    used = random.choice(len(data.X_train), 6, replace=False)
    training_page, places_of_digits = make_page(data.X_train[used, ..., 0], seed)
    off = np.tile(places_of_digits, (2, 1)) + random.integers(-2, 3, (12, 2))
    empty = random.integers((0, 0), (73, 123), (60, 2))
    gap = np.abs(empty[:, np.newaxis] - places_of_digits).max(axis=2).min(axis=1)  # to the nearest
    empty = empty[gap > 5]  # not where a digit lies
    windows_of_pages += [cut(training_page, off), cut(training_page, empty)]
    labels_of_windows += [*np.tile(data.y_train[used], 2), *[-1] * len(empty)]  # -1: no digit

window_features = hog_features(np.concatenate(windows_of_pages), cell=7)
labels_of_windows = np.array(labels_of_windows)
holds_digit = labels_of_windows >= 0
print(f"{holds_digit.sum()} windows with a digit, {np.sum(~holds_digit)} without")

# %% [markdown]
# ### Task 1 · Classification: what is it?
#
# *In:* one picture of one thing. *Out:* one name from a fixed list. That is **classification**.
# **The metric: accuracy**, the share of right answers. It suits when all classes are about equally
# frequent and all mistakes equally bad. We cut the digits out of our page and of ten others, made
# of test digits (we know where they are).

# %%
name_it = logistic().fit(window_features[holds_digit], labels_of_windows[holds_digit])
print("truth:     ", data.y_test[on_page])
print("classifier:", name_it.predict(hog_features(cut(page, corners), cell=7)))

test_pages, right_names = [], []
for seed in range(100, 110):
    used = np.random.default_rng(seed).choice(len(data.X_test), 6, replace=False)
    a_page, known = make_page(data.X_test[used, ..., 0], seed)
    test_pages.append((a_page, known))
    read = name_it.predict(hog_features(cut(a_page, known), cell=7))
    right_names.append(read == data.y_test[used])
print("accuracy on ten other pages:", expect(np.mean(right_names), at_least=0.8))

# %% [markdown]
# A classifier *always* gives one name, for an empty piece of paper, too. It was not asked
# *whether* there is a digit, nor where. That is another task.
#
# ### Task 2 · Detection: what is where?
#
# *In:* one picture with any number of things. *Out:* a list of boxes (*bounding boxes*), each with
# a score. That is **detection**. Our detector is a second classifier, which says "digit" or "no
# digit" of a window at every third place of the page. Where several windows overlap, the one with
# the highest score stays (*non-maximum suppression*).
#
# **The metric** compares the found box $A$ with the true box $B$ by the area that they share, the
# **intersection over union** (IoU), from 0 (they share nothing) to 1 (the same box):
#
# $$\text{IoU}(A, B) = \frac{|A \cap B|}{|A \cup B|} = \frac{\text{shared area}}
# {\text{area of } A + \text{area of } B - \text{shared area}}$$
#
# **By hand.** Boxes are (top, left, bottom, right), in pixels. $A = (0, 0, 4, 4)$ and
# $B = (2, 1, 6, 5)$ are both 4×4. They share the rows 2 and 3 and the columns 1, 2 and 3: $2 \cdot 3 = 6$
# pixels. IoU $= 6 / (16 + 16 - 6) = 6/26 \approx 0.231$. (scikit-learn calls it the Jaccard score,
# and counts pixels.)


# %%
from sklearn.metrics import jaccard_score


def iou(A, B):
    """Return the intersection over union of two boxes (top, left, bottom, right)."""
    height = min(A[2], B[2]) - max(A[0], B[0])
    width = min(A[3], B[3]) - max(A[1], B[1])
    shared = max(height, 0) * max(width, 0)
    areas = (A[2] - A[0]) * (A[3] - A[1]) + (B[2] - B[0]) * (B[3] - B[1])
    return shared / (areas - shared)


A, B = (0, 0, 4, 4), (2, 1, 6, 5)
masks = np.zeros((2, 6, 6), dtype=bool)  # the same two boxes as pixels that are True
masks[0, 0:4, 0:4] = masks[1, 2:6, 1:5] = True
np.testing.assert_allclose(iou(A, B), 6 / 26)
np.testing.assert_allclose(iou(A, B), jaccard_score(masks[0].ravel(), masks[1].ravel()))
round(iou(A, B), 3)

# %% [markdown]
# Usually a found box counts as a *hit* (a true positive) if its IoU with a true box is at least
# 0.5. A found box that hits nothing is a false alarm (a false positive), a true box that is not hit
# a miss (a false negative). There is no accuracy here: nobody can count all the places at which
# rightly nothing was found.

# %%
is_digit = logistic().fit(window_features, holds_digit)
GRID = np.array([(r, c) for r in range(0, 73, 3) for c in range(0, 123, 3)])


def boxes_at(corners):
    """Return the boxes (top, left, bottom, right) of the windows at some corners."""
    return [(row, column, row + SIZE, column + SIZE) for row, column in corners]


def detect(page):
    """Return the corners of the windows in which a digit was found, the surest first."""
    scores = is_digit.predict_proba(hog_features(cut(page, GRID), cell=7))[:, 1]
    boxes, kept = boxes_at(GRID), []
    for place in np.argsort(-scores):
        overlaps = [iou(boxes[place], boxes[other]) for other in kept]
        if scores[place] >= 0.5 and max(overlaps, default=0) < 0.2:
            kept.append(place)
    return GRID[kept]


def overlap_table(found, known):
    """Return the IoU of each found with each known window, shape (found, known)."""
    return np.array([[iou(f, k) for k in boxes_at(known)] for f in boxes_at(found)])


# %%
figure, axis = plt.subplots(figsize=(5.4, 3.8))
draw_image(axis, page)
found_corners = detect(page)
for (row, column), overlaps in zip(found_corners, overlap_table(found_corners, corners)):
    frame = plt.Rectangle((column - 0.5, row - 0.5), SIZE, SIZE, fill=False, color="C1", lw=2)
    axis.add_patch(frame)
    text = f"IoU {overlaps.max():.2f}"
    axis.text(column, max(row - 2, 6), text, color="C1", fontsize=8, backgroundcolor="k")
for row, column in corners:
    frame = plt.Rectangle((column - 0.5, row - 0.5), SIZE, SIZE, fill=False, color="w", ls=":")
    axis.add_patch(frame)
axis.set_title("Found boxes (orange) and true boxes (dotted)")
show(
    figure,
    alt="The page. Six orange boxes, each with its IoU written above, lie round the six handwritten "
    "digits, a few pixels from the dotted white boxes of the truth.",
)

# %%
tables = [overlap_table(detect(a_page), known) for a_page, known in test_pages]
hits = sum(int(np.sum(table.max(axis=0) >= 0.5)) for table in tables)
false_alarms = sum(int(np.sum(table.max(axis=1) < 0.5)) for table in tables)
print("ten other pages, of 60 digits found:", expect(hits, "d", at_least=54))
print("false alarms:", expect(false_alarms, "d", at_most=10))

# %% [markdown]
# A box is a coarse answer. If every *pixel* gets a name (ink of a 4, scratch, paper), the task is
# called segmentation: a finer answer to "what is where?". (All digits here have one size. Where they
# have not, the page is scanned several times, at several scales.)
#
# ### Task 3 · Recognition: is it this very one?
#
# *In:* one thing, and a **register** of known individuals. *Out:* which of them it is, or
# "unknown". That is **recognition** in the narrow sense, by matching. (In the wide sense the whole
# field is called image recognition.) It is not classification: there are as many "classes" as
# individuals, often with a single picture of each; and tomorrow one more comes, for whom nobody
# wants to train again. It has two forms:
#
# - **identification** (1:N): *who is it?* One picture against all $N$ entries of the register.
# - **verification** (1:1): *is it the person that they claim to be?* One picture against one entry. A phone
#   that opens for its owner verifies.
#
# Take each handwritten digit as an individual, as if it were a signature. Our register holds clean
# pictures of test digits, among them the first four of our page; the other two are not in it. We
# compare by **cosine similarity**: how much do two rows of numbers $a$ and $b$ (here pictures, each
# with its mean subtracted) point in the same direction?
#
# $$\cos(a, b) = \frac{a \cdot b}{\lVert a \rVert \, \lVert b \rVert}$$
#
# **By hand.** $a = (3, 4)$, $b = (4, 3)$: $a \cdot b = 24$, both lengths are 5, so
# $\cos = 24/25 = 0.96$. With $b = (8, 6)$, twice as strong, it is still 0.96: pale or bold does not
# matter.


# %%
from sklearn.metrics.pairwise import cosine_similarity

np.testing.assert_allclose(cosine_similarity([[3, 4]], [[4, 3], [8, 6]]), [[0.96, 0.96]])


def centred(X):
    """Return pictures as rows, each with its own mean subtracted."""
    rows = as_rows(X)
    return rows - rows.mean(axis=1, keepdims=True)


strangers = np.setdiff1d(np.arange(len(data.X_test)), on_page)
for size, bound in ((20, {"at_least": 0.01}), (380, {"at_most": -0.01})):
    register = data.X_test[np.concatenate([on_page[:4], strangers[: size - 4]])]
    table = cosine_similarity(centred(cut(page, corners)), centred(register))  # (6, size)
    likeness = table.max(axis=1)
    np.testing.assert_array_equal(table.argmax(axis=1)[:4], range(4))
    print(f"register of {size}: known {likeness[:4].round(2)}, unknown {likeness[4:].round(2)}")
    gap = likeness[:4].min() - likeness[4:].max()
    print("  weakest known minus strongest unknown:", expect(gap, "+.2f", **bound))

# %% [markdown]
# **The metric** has two parts, because there are two ways to fail:
#
# - **rank-1 accuracy**: of the known ones, for which share is the most similar entry the right
#   one? Here for all four, although the page is pale and scratched.
# - The unknown ones have a most similar entry, too. So one demands a minimum, a threshold. Below
#   it, the answer is "unknown". Then the **false-accept rate** is the share of unknown ones that
#   get somebody's number, and the **false-reject rate** the share of known ones that are sent
#   away.
#
# In the register of 20 a threshold of 0.85 accepts all four known ones and turns both unknown ones
# away. In the register of 380 no threshold does both: the unknown ones resemble somebody more than
# two of the known ones resemble themselves. A rate measured on a small register says little about a
# large one. Which threshold is right depends on the door: a phone can ask twice, a bank vault
# should rather refuse. (Our task is an easy one: the register holds the very picture that is on the
# page. Two photos of one face differ far more; they need features that are learned for it.)
#
# ### Task 4 · Generation: make another one
#
# *In:* nothing but chance, and perhaps a wish ("a 4"). *Out:* a picture. That is **generation**.
# The training pictures of a class are a cloud of points in a space of 784 numbers. Describe the
# cloud, then draw a new point from it. Our description is simple: the mean picture, the 20
# directions in which the pictures differ most, and how far they spread along each of them
# (**principal component analysis**, PCA). A new picture is the mean plus a random step along each
# direction.


# %%
from sklearn.decomposition import PCA


def generate(label, count, seed):
    """Return `count` new pictures (count, 28, 28) of one class."""
    cloud = PCA(20).fit(pixels_train[data.y_train == label].astype("float64"))
    steps = np.random.default_rng(seed).normal(size=(count, 20))
    new = cloud.inverse_transform(steps * np.sqrt(cloud.explained_variance_))
    return new.clip(0, 1).reshape(-1, 28, 28)


new_digits = np.array([generate(label, 1, seed=7)[0] for label in data.y_test[on_page]])
new_page, _ = make_page(new_digits, seed=8)  # the same places, the same paper, the same scratches
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.1))
for axis, image, title in zip(axes, (page, new_page), ("Written by people", "Made by a program")):
    draw_image(axis, image)
    axis.set_title(title)
show(
    figure,
    alt="Our page beside a page with the same six digits at the same places, generated: readable, a "
    "little softer and blotchier than the handwriting.",
)

# %% [markdown]
# **The metric: there is no single one.** A generated picture has no right answer to compare with.
# Each number below catches one way to fail. We let our generator make thirty pictures of a 4, and
# compare it with real ones that it has not seen, and with two cheats: one hands out *copies* of
# training pictures, the other always the *mean* of the class.
#
# - Does a classifier, trained on real digits, read what was wished for?
# - How far is the nearest training picture? (0: a copy.)
# - How far is each picture from the next one? (0: always the same.)

# %%
judge = logistic().fit(hogs_train["digits"], data.y_train)
nearest_of = KNeighborsClassifier(1).fit(pixels_train, data.y_train)
fours = data.X_train[data.y_train == 4, ..., 0]
zero, far = {"at_most": 0.1}, {"at_least": 1}
for name, X, nearest_is, spread_is in (
    ("real new digits", data.X_test[data.y_test == 4, ..., 0][:30], far, far),
    ("our generator", generate(4, 30, seed=4), far, far),
    ("cheat: copies", fours[:30], zero, far),
    ("cheat: means", np.repeat(fours.mean(axis=0, keepdims=True), 30, axis=0), far, zero),
):
    as_wished = np.mean(judge.predict(hog_features(X)) == 4)
    nearest = nearest_of.kneighbors(as_rows(X))[0].mean()
    spread = np.linalg.norm(as_rows(X[1:] - X[:-1]), axis=1).mean()
    print(f"{name}: read as wished", expect(as_wished, at_least=0.9))
    print("  nearest training picture", expect(nearest, ".2f", **nearest_is))
    print("  spread", expect(spread, ".2f", **spread_is))

# %% [markdown]
# The classifier is content with all of them, cheats included. The copies look perfect to everyone
# who does not know the training pictures; only the distance 0 gives them away. Only the missing
# spread gives the means away. Our generator passes all three tests. But its pictures lie farther
# from the training pictures than real new ones do, and the figure shows why: its digits are blotchy.
# **Report several numbers, beside those of real pictures, and look.**
#
# ## 10 · Choose: the metric, then the method
#
# | task | the answer is | metric | misleading if |
# | --- | --- | --- | --- |
# | classification | one name for the picture | accuracy | one class is rare |
# | detection | boxes with scores | hits and false alarms at IoU ≥ 0.5 | boxes must be exact |
# | recognition | an entry of the register, or "unknown" | rank-1; false accepts and rejects | the register is larger in use |
# | generation | a picture | several numbers, and looking | only one is reported |
#
# The first line needs an example, for it is the most frequent trap of all. **By hand:** 1,000
# pictures, 10 of them of a rare illness. A miss shall cost as much as 100 false alarms:
#
# | program | hits | misses | false alarms | accuracy | cost |
# | --- | --- | --- | --- | --- | --- |
# | A: always says "healthy" | 0 | 10 | 0 | $990/1000 = 99.0\ \%$ | $100 \cdot 10 = 1000$ |
# | B | 8 | 2 | 40 | $(1000 - 2 - 40)/1000 = 95.8\ \%$ | $100 \cdot 2 + 40 = 240$ |

# %%
sick = np.arange(1000) < 10  # ten True, then 990 False
says_a = np.zeros(1000, dtype=bool)
says_b = (np.arange(1000) < 8) | (np.arange(1000) >= 960)  # 8 hits and 40 false alarms
for name, says in (("A", says_a), ("B", says_b)):
    misses, false_alarms = np.sum(sick & ~says), np.sum(~sick & says)
    cost = 100 * misses + false_alarms
    print(f"{name}: accuracy {np.mean(says == sick):.1%}, cost {cost}")

# %% [markdown]
# By accuracy A is better, and it is worthless. Where classes are rare or mistakes unequal, say what
# a mistake *costs*. Where the scores of a program are known, one can move its threshold until the
# cost is lowest (exercise 2.5).
#
# And the method? What we measured in this chapter, and one thing that we did not:
#
# - **A network that has learned from very many other pictures is at hand** (a *pretrained*
#   network, such as the one that opens chapter 01), and yours are photos of things: let it
#   describe your pictures, and put a simple classifier on top. For few photos this is today's
#   usual first choice; chapter 10 shows it, under the name of transfer.
# - **Few pictures, and somebody knows what matters.** Outlines? HOG, with logistic regression or a
#   support vector machine. Known changes that keep the label, such as shifts? Add copies; a network
#   gains most from them.
# - **Few pictures and no idea** (`faces`): begin with a simple classifier on the pixels.
# - **Nothing shall be trained**: nearest neighbours. They beat plain pixels on both sets of digits;
#   but each answer costs more, the more pictures there are.
# - **Many pictures**: a network. Here it ended ahead of logistic regression on HOG by little, and
#   behind the SVM; trained for longer (the table in section 6) it was ahead of both, and its features
#   took nobody years to find.
# - **Always**: start with the simplest, measure it, and let the next one prove that it is better.

# %% [markdown]
# ## Exercises
#
# Write each answer in the cell with `# YOUR CODE HERE` (delete the line with
# `NotImplementedError`), run it, then run the check below it.

# %% [markdown]
# ### Exercise 2.1 · Which task is it?
#
# Eight people want a program. Write `sort_use_cases()`: a dictionary that gives each letter one of
# the four words "classification", "detection", "recognition", "generation".
#
# - **A** A zoo photographs each zebra that drinks and wants to know *which of its 40 zebras* it
#   is. Each month a foal is born.
# - **B** A city counts the cars on photos of its crossings.
# - **C** A gardener photographs one leaf and wants the name of the plant, out of 60.
# - **D** A designer wants 500 new patterns for wallpaper in the style of 1,000 old ones.
# - **E** A phone opens for its owner and for nobody else.
# - **F** A laboratory wants each cell on a slide marked by a frame.
# - **G** A museum wants the hole in a scanned photo filled in so that nobody notices.
# - **H** A factory looks at one screw at a time: good or scrap?
#
# <details><summary>Hint 1</summary>
#
# Ask of each: what does the answer look like? One name from a fixed list, a list of places, an
# entry of a register that may grow, or a picture?
# </details>
#
# <details><summary>Hint 2</summary>
#
# A dictionary: `{"A": "…", "B": "…"}` with all eight letters.
# </details>


# %% tags=["wrong-answer"]
# Takes every question for an individual as a classification.
def sort_use_cases():
    words = "classification detection classification generation classification detection"
    return dict(zip("ABCDEFGH", [*words.split(), "generation", "classification"]))


# %% tags=["wrong-answer"]
# Thinks that a hole must be found before all else.
def sort_use_cases():
    words = "recognition detection classification generation recognition detection detection"
    return dict(zip("ABCDEFGH", [*words.split(), "classification"]))


# %% tags=["wrong-answer"]
# Forgets two of the letters.
def sort_use_cases():
    return dict.fromkeys("ABCDEF", "classification")


# %%
def sort_use_cases():
    """Return {letter: task} for the letters A to H."""
    ### BEGIN SOLUTION
    return {
        "A": "recognition",
        "B": "detection",
        "C": "classification",
        "D": "generation",
        "E": "recognition",
        "F": "detection",
        "G": "generation",
        "H": "classification",
    }
    ### END SOLUTION


# %%
from zlib import crc32

with check("Exercise 2.1"):
    sorted_check = sort_use_cases()
    assert isinstance(sorted_check, dict), "return a dictionary: {'A': '…', 'B': '…', …}"
    assert sorted(sorted_check) == list("ABCDEFGH"), (
        f"the letters A to H are needed, each once; you have {', '.join(sorted(sorted_check))}"
    )
    gives_check = {
        "classification": "one name from a list that is fixed before training",
        "detection": "a list of places with frames",
        "recognition": "an entry of a register to which new ones can be added",
        "generation": "a picture",
    }
    for letter, task in sorted(sorted_check.items()):
        assert task in gives_check, f"{letter}: {task!r} is none of the four words"
    # The right pairs are kept as remainders, so that this cell does not give them away.
    right_check = {15, 160, 288, 540, 583, 874, 944, 998}
    for letter, task in sorted(sorted_check.items()):
        fits = crc32(f"{letter}: {task}".encode()) % 1000 in right_check
        assert fits, f"{letter}: a program for {task} gives {gives_check[task]}; is that wanted?"

# %% [markdown] tags=["why"]
# **Why.** What counts is the form of the answer. A and E ask for an *individual*, with a register
# that grows and strangers who must be turned away: A identifies (1:N), E verifies (1:1). B needs
# places before it can count. F asks for frames; a name for each pixel would be segmentation. G
# makes new pixels, even if only a few. A task can also be built of two: chapter 13 first detects
# the letters of a licence plate, then classifies them, then looks the plate up.

# %% [markdown]
# ### Exercise 2.2 · Nearer neighbours count more
#
# With $k = 5$, a neighbour at distance 1 and one at distance 9 have the same vote. Write
# `weighted_vote(distances, labels, k)`: each of the `k` nearest votes with the weight
# $1 / \text{distance}$; return the label with the largest total (the smallest such label, if
# several). If some of the `k` distances are 0, only those neighbours vote, with weight 1 each. Use
# NumPy; scikit-learn will check it.
#
# <details><summary>Hint 1</summary>
#
# Section 2's `vote` does nearly the same. `np.bincount(…, weights=…)` adds up weights instead of
# counting.
# </details>
#
# <details><summary>Hint 2</summary>
#
# First keep only the `k` nearest distances and their labels. Then make an array of weights: it
# depends on whether any of the kept distances is 0.
# </details>
#
# <details><summary>Hint 3</summary>
#
# For the case with zeros: `weights = (nearest_distances == 0).astype(float)`.
# </details>


# %% tags=["wrong-answer"]
# Gives every neighbour the same vote.
def weighted_vote(distances, labels, k):
    return int(np.argmax(np.bincount(labels[np.argsort(distances)[:k]])))


# %% tags=["wrong-answer"]
# Weighs by the distance itself: far neighbours count more.
def weighted_vote(distances, labels, k):
    nearest = np.argsort(distances)[:k]
    return int(np.argmax(np.bincount(labels[nearest], weights=distances[nearest])))


# %% tags=["wrong-answer"]
# Lets all vote, not only the k nearest.
def weighted_vote(distances, labels, k):
    if np.any(distances == 0):
        return int(np.argmax(np.bincount(labels[distances == 0])))
    return int(np.argmax(np.bincount(labels, weights=1 / distances)))


# %% tags=["wrong-answer"]
# Keeps away from 0 by a small number, so that equal pictures do not outvote the others exactly.
def weighted_vote(distances, labels, k):
    nearest = np.argsort(distances)[:k]
    return int(np.argmax(np.bincount(labels[nearest], weights=1 / (distances[nearest] + 1))))


# %%
def weighted_vote(distances, labels, k):
    """Return the label with the largest total weight among the k nearest."""
    ### BEGIN SOLUTION
    nearest = np.argsort(distances)[:k]
    nearest_distances = distances[nearest]
    if np.any(nearest_distances == 0):
        weights = (nearest_distances == 0).astype(float)
    else:
        weights = 1 / nearest_distances
    return int(np.argmax(np.bincount(labels[nearest], weights=weights)))
    ### END SOLUTION


# %%
check_set = load("digits")
with check("Exercise 2.2"):
    answer_check = weighted_vote(np.array([5.0, 1.0, 1.0]), np.array([3, 8, 8]), 3)
    assert np.ndim(answer_check) == 0, "return one label, not an array"
    assert answer_check in (3, 8), "return one of the labels: 3 or 8, not a position or a weight"
    assert answer_check == 8, (
        "distances 5, 1, 1 with labels 3, 8, 8: your answer is 3; do far neighbours count more?"
    )
    assert weighted_vote(np.array([4.0, 4.0, 1.0]), np.array([3, 3, 8]), 3) == 8, (
        "distances 4, 4, 1 with labels 3, 3, 8: your answer is 3; do near ones count more, each for "
        "its own label?"
    )
    six_check = np.array([1.0, 4.0, 4.0, 4.5, 4.5, 4.5])
    assert weighted_vote(six_check, np.array([8, 3, 3, 3, 3, 3]), 6) == 3, (
        "distances 1, 4, 4, 4.5, 4.5, 4.5 with labels 8, 3, 3, 3, 3, 3: together the five are "
        "stronger; are your weights 1 / distance, added up for each label?"
    )
    far_check = np.array([1.0, 1.2, 1.3, 1.3, 1.3])
    assert weighted_vote(far_check, np.array([5, 2, 2, 2, 2]), 1) == 5, (
        "with k=1 only the nearest may vote: do the others have a say in your function?"
    )
    assert weighted_vote(np.array([0.5, 1.4, 1.5]), np.array([6, 4, 4]), 3) == 6, (
        "distances 0.5, 1.4, 1.5 with labels 6, 4, 4: 1 / 0.5 is more than 1 / 1.4 + 1 / 1.5; is "
        "your weight exactly 1 / distance?"
    )
    zero_check = np.array([0.0, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5])
    assert weighted_vote(zero_check, np.array([9, 1, 9, 1, 1, 1, 1]), 7) == 9, (
        "three distances are 0, with labels 9, 1, 9: only these three vote, each with weight 1"
    )
    tie_check = weighted_vote(np.array([0.0, 0.0, 0.5]), np.array([9, 1, 9]), 3)
    assert tie_check != 9, (
        "distances 0, 0, 0.5 with labels 9, 1, 9: each zero has one vote, and 0.5 has none; what is "
        "the rule if two labels have as many?"
    )
    rows_check, new_check = check_set.X_train.reshape(-1, 784), check_set.X_test.reshape(-1, 784)
    for k_check in (3, 10):
        library_check = KNeighborsClassifier(k_check, weights="distance")
        library_check.fit(rows_check, check_set.y_train)
        ours_check = [
            weighted_vote(np.linalg.norm(rows_check - x, axis=1), check_set.y_train, k_check)
            for x in new_check[:60]
        ]
        assert np.array_equal(ours_check, library_check.predict(new_check[:60])), (
            f"on real digits with k={k_check}, scikit-learn answers differently"
        )

# %% [markdown] tags=["why"]
# **Why.** With weights a large $k$ does less harm: far neighbours are heard, but hardly count. The
# price is one more decision by a person, the form of the weight; $1/\text{distance}^2$ would be as
# reasonable. It is a hyperparameter like any other.

# %% [markdown]
# ### Exercise 2.3 · Score a detector
#
# Write `score_detections(found, known, minimum)`: a triple (hits, misses, false alarms). Both
# lists hold boxes (top, left, bottom, right); the found ones are sorted, the surest first. Go
# through them in this order. Each found box takes the known box with the largest IoU **among those
# that no box has taken yet**; it is a hit if this IoU is at least `minimum`, else a false alarm
# that takes nothing. Known boxes that nobody has taken are misses. Use `iou` of section 9.
#
# <details><summary>Hint 1</summary>
#
# Keep a list of the known boxes that are still free: `free = list(known)`.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `max(free, key=lambda box: iou(box, found_box))` is the free box with the largest IoU. Ask first
# whether `free` has any boxes left.
# </details>
#
# <details><summary>Hint 3</summary>
#
# After a hit, `free.remove(best)`. At the end: how many are still free?
# </details>


# %% tags=["wrong-answer"]
# Lets two found boxes hit the same known box.
def score_detections(found, known, minimum):
    hits = sum(max((iou(f, k) for k in known), default=0) >= minimum for f in found)
    misses = sum(max((iou(f, k) for f in found), default=0) < minimum for k in known)
    return hits, misses, len(found) - hits


# %% tags=["wrong-answer"]
# Wants more than the minimum, where "at least" was asked for.
def score_detections(found, known, minimum):
    free, hits = list(known), 0
    for box in found:
        best = max(free, key=lambda candidate: iou(candidate, box), default=None)
        if best is not None and iou(best, box) > minimum:
            free.remove(best)
            hits += 1
    return hits, len(free), len(found) - hits


# %% tags=["wrong-answer"]
# Looks only at the best known box, even if it is taken, and gives up there.
def score_detections(found, known, minimum):
    taken, hits = [], 0
    for box in found:
        best = max(known, key=lambda candidate: iou(candidate, box), default=None)
        if best is not None and best not in taken and iou(best, box) >= minimum:
            taken.append(best)
            hits += 1
    return hits, len(known) - len(taken), len(found) - hits


# %% tags=["wrong-answer"]
# Lets one large box hit everything that it overlaps.
def score_detections(found, known, minimum):
    free, hits, alarms = list(known), 0, 0
    for box in found:
        good = [k for k in free if iou(k, box) >= minimum]
        free = [k for k in free if k not in good]
        hits, alarms = hits + len(good), alarms + (not good)
    return hits, len(free), alarms


# %%
def score_detections(found, known, minimum):
    """Return (hits, misses, false alarms)."""
    ### BEGIN SOLUTION
    free, hits = list(known), 0
    for box in found:
        if free:
            best = max(free, key=lambda candidate: iou(candidate, box))
            if iou(best, box) >= minimum:
                free.remove(best)
                hits += 1
    return hits, len(free), len(found) - hits
    ### END SOLUTION


# %%
with check("Exercise 2.3"):
    known_check = [(0, 0, 10, 10), (0, 20, 10, 30)]
    result_check = score_detections(list(known_check), known_check, 0.5)
    assert isinstance(result_check, tuple) and len(result_check) == 3, (
        f"return a triple of numbers (hits, misses, false alarms), not {result_check!r}"
    )
    assert result_check == (2, 0, 0), f"both boxes found exactly: not {result_check}"
    score_detections(known_check[:1], known_check, 0.5)
    assert len(known_check) == 2, (
        "your function takes boxes out of the list that it was given: let it work on a copy"
    )
    nothing_check = score_detections([], known_check, 0.5)
    assert nothing_check == (0, 2, 0), (
        f"nothing found: no hit, two misses, no false alarm, in this order; not {nothing_check}"
    )
    empty_check = score_detections(known_check, [], 0.5)
    assert empty_check == (0, 0, 2), "nothing was there: every found box is a false alarm"
    far_check = (50, 50, 60, 60)
    assert score_detections([far_check], known_check, 0.5) == (0, 2, 1), (
        "a box far away: two misses and a false alarm"
    )
    assert score_detections([(0, 0, 10, 10), (0, 1, 10, 11)], known_check, 0.5) == (1, 1, 1), (
        "two found boxes on the same known box: the second one is a false alarm"
    )
    half_check = score_detections([(0, 0, 5, 10)], [(0, 0, 10, 10)], 0.5)
    assert half_check == (1, 0, 0), "an IoU of exactly 0.5 is *at least* 0.5"
    assert score_detections([(0, 0, 5, 10)], [(0, 0, 10, 10)], 0.6) == (0, 1, 1), (
        "with minimum=0.6 an IoU of 0.5 is too little"
    )
    near_check = [(0, 0, 10, 10), (0, 2, 10, 12)]
    assert score_detections([(0, 1, 10, 11)], near_check, 0.5) == (1, 1, 0), (
        "one found box lies on two known ones: it can take only one of them"
    )
    assert score_detections([(0, 0, 10, 10), (0, 0, 10, 11)], near_check, 0.5) == (2, 0, 0), (
        "two known boxes overlap, and the best one for the second found box is already taken: "
        "among the free ones there is still one with an IoU above the minimum"
    )
    assert score_detections([(0, 2, 10, 12), (0, -3, 10, 7)], near_check, 0.5) == (2, 0, 0), (
        "a found box took a known one with an IoU above the minimum, but not the one with the "
        "*largest* IoU; that was missing later"
    )
    assert score_detections([far_check, near_check[0]], near_check[:1], 0.5) == (1, 0, 1), (
        "a false alarm must leave the known box for the next found one"
    )
    wide_check = [(0, 0, 10, 10), (0, 3, 10, 13)]
    assert score_detections([(0, 1, 10, 11), (0, 0, 10, 10)], wide_check, 0.6) == (1, 1, 1), (
        "the surest found box chooses first, even if the pairs would match better in another order"
    )

# %% [markdown] tags=["why"]
# **Why.** Without "each known box only once", a detector that reports every digit ten times would
# have ten times as many hits. The order matters, too: the surest box chooses first. Chapter 12
# builds average precision on this function.

# %% [markdown]
# ### Exercise 2.4 · Read the crossover
#
# Two learning curves with bands: when is B *clearly* better than A? Write `crossover(sizes, A,
# B)`: `A` and `B` have the shape (sizes, draws) and hold accuracies. Return the smallest size
# **from which on**, that is at this size and at all larger ones, the worst draw of B is better
# than the best draw of A. If there is no such size, return `None`. `sizes` is a sorted list. (The
# draws of A and of B are different ones here. Where they are the same pictures, as in section 6,
# their differences say more.)
#
# <details><summary>Hint 1</summary>
#
# `A.max(axis=1)` is the best draw of A for each size. Compare it with the right number of B.
# </details>
#
# <details><summary>Hint 2</summary>
#
# "From which on" is easier from the end: begin with the largest size, go down, and stop at the
# first one that is not clear.
# </details>
#
# <details><summary>Hint 3</summary>
#
# `for size, is_clear in zip(reversed(sizes), reversed(clear)):`
# </details>


# %% tags=["wrong-answer"]
# Compares the means and forgets the bands.
def crossover(sizes, A, B):
    clear = B.mean(axis=1) > A.mean(axis=1)
    return next((size for i, size in enumerate(sizes) if clear[i:].all()), None)


# %% tags=["wrong-answer"]
# Takes the first clear size, although B falls back later.
def crossover(sizes, A, B):
    clear = B.min(axis=1) > A.max(axis=1)
    return next((size for size, is_clear in zip(sizes, clear) if is_clear), None)


# %% tags=["wrong-answer"]
# Compares draw by draw, as if draw 3 of A and draw 3 of B belonged together.
def crossover(sizes, A, B):
    clear = (B > A).all(axis=1)
    return next((size for i, size in enumerate(sizes) if clear[i:].all()), None)


# %% tags=["wrong-answer"]
# Returns the position, not the size.
def crossover(sizes, A, B):
    clear = B.min(axis=1) > A.max(axis=1)
    return next((i for i in range(len(sizes)) if clear[i:].all()), None)


# %%
def crossover(sizes, A, B):
    """Return the size from which on B is clearly better than A, or None."""
    ### BEGIN SOLUTION
    found_size = None
    clear = B.min(axis=1) > A.max(axis=1)
    for size, is_clear in zip(reversed(sizes), reversed(clear)):
        if not is_clear:
            break
        found_size = size
    return found_size
    ### END SOLUTION


# %%
sizes_check = [10, 20, 40, 80]
A_check = np.array([[0.60, 0.70], [0.70, 0.78], [0.75, 0.80], [0.80, 0.82]])
B_check = np.array([[0.50, 0.60], [0.75, 0.85], [0.85, 0.90], [0.91, 0.93]])
with check("Exercise 2.4"):
    given_check = crossover(sizes_check, A_check, B_check)
    assert given_check is None or np.ndim(given_check) == 0 and given_check in sizes_check, (
        f"return one of the sizes, or None; you returned {given_check!r}"
    )
    assert given_check is not None, (
        "B is clearly better at the largest size, and your function returned None: is the worst "
        "draw of B compared with the best one of A?"
    )
    assert given_check != 10, "at size 10, B is worse in every draw"
    swapped_check = A_check[:, ::-1]  # the same bands, the draws in another order
    assert crossover(sizes_check, swapped_check, B_check) == given_check, (
        "changing the order of the draws changes your answer: the bands are the same"
    )
    assert given_check != 20, (
        "at size 20, B has draws from 0.75 to 0.85 and A from 0.70 to 0.78: the bands overlap"
    )
    assert given_check == 40, f"B is clear at 40 and at 80; you returned {given_check}"
    back_check = B_check.copy()
    back_check[1], back_check[2] = (0.80, 0.85), (0.79, 0.90)
    assert crossover(sizes_check, A_check, back_check) == 80, (
        "clear at 20, not at 40, clear at 80: *from which on* is it clear?"
    )
    assert crossover(sizes_check, B_check, A_check) is None, "never clear at the end: return None"
    equal_check = np.full((4, 2), 0.82)
    assert crossover(sizes_check, A_check, equal_check) is None, (
        "at size 80 A's best draw is 0.82, and so is B's worst: equal is not better"
    )
    above_check = A_check.max(axis=1, keepdims=True) + np.array([[0.01, 0.02]])
    assert crossover(sizes_check, A_check, above_check) == 10, "B is clear at every size"

# %% [markdown] tags=["why"]
# **Why.** With few draws the band from worst to best is a rough measure of luck. If the bands do
# not even touch, the luck of the draw is no good explanation (that of the test pictures may be). A lead that disappears at the next size was probably
# luck. On our own curves try
# `crossover(SIZES["mnist_5k"], four["logistic, HOG"][1], four["network"][1])` with
# `four = curves["mnist_5k"]`.

# %% [markdown]
# ### Exercise 2.5 · What does a mistake cost?
#
# A program gives each picture a score; it says "sick" where the score is at least the threshold.
# Write `cheapest_threshold(scores, truth, thresholds, miss_cost, false_alarm_cost)`: the one of
# the given thresholds with the lowest total cost (section 10); the first of them in the list
# `thresholds`, if several cost the same. `truth` holds True for sick.
#
# <details><summary>Hint 1</summary>
#
# `says = scores >= threshold`, then count misses and false alarms as in section 10.
# </details>
#
# <details><summary>Hint 2</summary>
#
# Collect the costs in a list, one for each threshold. `np.argmin` gives the position of the first
# smallest one.
# </details>


# %% tags=["wrong-answer"]
# Chooses by accuracy: the costs play no part.
def cheapest_threshold(scores, truth, thresholds, miss_cost, false_alarm_cost):
    return thresholds[np.argmax([np.mean((scores >= t) == truth) for t in thresholds])]


# %% tags=["wrong-answer"]
# Mixes up the two kinds of mistakes.
def cheapest_threshold(scores, truth, thresholds, miss_cost, false_alarm_cost):
    costs = []
    for threshold in thresholds:
        says = scores >= threshold
        costs.append(miss_cost * np.sum(says & ~truth) + false_alarm_cost * np.sum(~says & truth))
    return thresholds[np.argmin(costs)]


# %% tags=["wrong-answer"]
# Says "sick" only above the threshold, not at it.
def cheapest_threshold(scores, truth, thresholds, miss_cost, false_alarm_cost):
    costs = []
    for threshold in thresholds:
        says = scores > threshold
        costs.append(miss_cost * np.sum(~says & truth) + false_alarm_cost * np.sum(says & ~truth))
    return thresholds[np.argmin(costs)]


# %% tags=["wrong-answer"]
# Takes shares of the sick and of the healthy instead of counts.
def cheapest_threshold(scores, truth, thresholds, miss_cost, false_alarm_cost):
    costs = []
    for threshold in thresholds:
        says = scores >= threshold
        costs.append(miss_cost * np.mean(~says[truth]) + false_alarm_cost * np.mean(says[~truth]))
    return thresholds[np.argmin(costs)]


# %%
def cheapest_threshold(scores, truth, thresholds, miss_cost, false_alarm_cost):
    """Return the threshold with the lowest total cost."""
    ### BEGIN SOLUTION
    costs = []
    for threshold in thresholds:
        says = scores >= threshold
        misses, false_alarms = np.sum(~says & truth), np.sum(says & ~truth)
        costs.append(miss_cost * misses + false_alarm_cost * false_alarms)
    return thresholds[np.argmin(costs)]
    ### END SOLUTION


# %%
truth_check = np.array([True] * 2 + [False] * 18)
scores_check = np.array([0.9, 0.4] + [0.6] * 3 + [0.3] * 5 + [0.1] * 10)
thresholds_check = [0.0, 0.2, 0.35, 0.7, 0.95]
mistakes_check = dict(zip(thresholds_check, (18, 8, 3, 1, 2)))
with check("Exercise 2.5"):
    chosen_check = cheapest_threshold(scores_check, truth_check, thresholds_check, 1, 1)
    assert chosen_check in thresholds_check, (
        f"return one of the given thresholds, not a cost or a position; you returned {chosen_check}"
    )
    assert chosen_check == 0.7, (
        f"when both mistakes cost 1, the threshold {chosen_check} costs "
        f"{mistakes_check[chosen_check]}, and another one costs less: do you count misses and false "
        "alarms, not shares, take the costs that are given, and the smallest total?"
    )
    dear_alarm_check = cheapest_threshold(scores_check, truth_check, thresholds_check, 1, 100)
    assert dear_alarm_check == 0.7, (
        "when a false alarm costs 100, a threshold without any is the cheapest: are the two kinds "
        "of mistakes mixed up?"
    )
    dear_miss_check = cheapest_threshold(scores_check, truth_check, thresholds_check, 100, 1)
    assert dear_miss_check != 0.7, (
        "when a miss costs 100, the threshold must change: do your costs play a part?"
    )
    assert dear_miss_check == 0.35, "no miss at 0.35, and the fewest false alarms among such"
    at_check = cheapest_threshold(np.array([0.5, 0.4]), np.array([True, False]), [0.5, 0.4], 1, 1)
    assert at_check == 0.5, "a score of 0.5 at the threshold 0.5 counts as sick: at least"
    assert cheapest_threshold(scores_check, ~truth_check & False, [0.95, 1.0], 1, 1) == 0.95, (
        "if several thresholds cost the same, return the first"
    )
    assert cheapest_threshold(scores_check, ~truth_check & False, [1.0, 0.95], 1, 1) == 1.0, (
        "if several thresholds cost the same, return the first *in the given order*: is the "
        "list sorted on the way?"
    )

# %% [markdown] tags=["why"]
# **Why.** The same program, the same scores; only the costs differ, and with them the best
# threshold. Accuracy is the special case in which both mistakes cost the same. To name the costs
# is uncomfortable (what does a missed tumour cost?), but accuracy names them, too: it says
# "equal", without asking you.

# %% [markdown]
# ### Exercise 2.6 · Features of your own
#
# Now be the engineer before deep learning. Write `my_features(X)`: from pictures (n, 28, 28, 1)
# make at most **64 numbers** for each one, shape (n, d). Logistic regression that learns from them
# with only 100 digits must read at least 85 % of the other training digits. Any idea is allowed that looks at one picture at a time and at
# no label.
#
# <details><summary>Hint 1</summary>
#
# The numbers must say *where* something is, in both directions, but only roughly. What does a
# picture of 7×7 say?
# </details>
#
# <details><summary>Hint 2</summary>
#
# `X.reshape(len(X), 7, 4, 7, 4)` cuts the pictures into 7×7 squares of 4×4 pixels. Which axes must
# you average over?
# </details>
#
# <details><summary>Hint 3</summary>
#
# For edges instead of ink: `hog(image, 7, (8, 8), cells_per_block=(1, 1))` gives 63 numbers for
# the inner 24×24 pixels of a picture.
# </details>


# %% tags=["wrong-answer"]
# Adds up each row: says where the ink lies from top to bottom, but not from left to right.
def my_features(X):
    return X[..., 0].mean(axis=2)


# %% tags=["wrong-answer"]
# Keeps all pixels.
def my_features(X):
    return X.reshape(len(X), -1)


# %% tags=["wrong-answer"]
# Squares of 7×7 pixels: 16 numbers are too coarse.
def my_features(X):
    return X.reshape(len(X), 4, 7, 4, 7).mean(axis=(2, 4)).reshape(len(X), -1)


# %% tags=["wrong-answer"]
# Subtracts the mean of all given pictures: the features of a picture depend on its company.
def my_features(X):
    squares = X.reshape(len(X), 7, 4, 7, 4).mean(axis=(2, 4)).reshape(len(X), -1)
    return squares - squares.mean(axis=0)


# %%
def my_features(X):
    """Return at most 64 numbers for each picture, shape (n, d)."""
    ### BEGIN SOLUTION
    inner = X[:, 2:26, 2:26, 0]  # the margin holds no ink; 24 = 3 cells of 8
    return np.array([hog(image, 7, (8, 8), cells_per_block=(1, 1)) for image in inner])
    ### END SOLUTION


# %%
digits_check = load("digits")
X_check, y_check = digits_check.X_train, digits_check.y_train
with check("Exercise 2.6"):
    try:
        some_check = np.asarray(my_features(X_check[:20]))
    except ValueError as error:
        assert "n_components" not in str(error), (
            "the check hands over 20 pictures, and a PCA fitted to them fails: each picture must be "
            "described alone, without its company"
        )
        raise
    assert some_check.ndim == 2 and len(some_check) == 20, (
        f"20 pictures must give an array of shape (20, d), not {some_check.shape}"
    )
    assert some_check.shape[1] <= 64, (
        f"at most 64 numbers for a picture, not {some_check.shape[1]}"
    )
    alone_check = np.asarray(my_features(X_check[:1]))
    assert np.allclose(alone_check[0], some_check[0], atol=1e-5), (
        "the same picture has other features when other pictures are with it: look at one at a time"
    )
    assert np.all(np.isfinite(np.asarray(my_features(0 * X_check[:2])))), (
        "an empty picture gives infinite or undefined numbers: do you divide by 0?"
    )
    mirrored_check = np.asarray(my_features(X_check[:20, :, ::-1]))
    assert not np.allclose(mirrored_check, some_check, atol=1e-5), (
        "a mirrored digit gets the same features: they do not say what is left and what is right"
    )
    features_check = np.asarray(my_features(X_check), dtype="float64")
    features_check = features_check / (features_check.std() + 1e-9)
    scores_check = []
    for seed_check in range(3):
        few_check, others_check = train_test_split(
            np.arange(len(y_check)), train_size=100, stratify=y_check, random_state=seed_check
        )
        model_check = LogisticRegression(max_iter=2000)
        model_check.fit(features_check[few_check], y_check[few_check])
        scores_check.append(model_check.score(features_check[others_check], y_check[others_check]))
    assert np.mean(scores_check) >= 0.85, (
        f"with these {some_check.shape[1]} numbers it reads fewer than 85 %: are they too coarse, or "
        "do they leave out what tells digits apart?"
    )

# %% [markdown] tags=["why"]
# **Why.** 63 numbers about edges do as well here as 784 pixels, and 49 means of 4×4 pixels nearly
# so: with 100 examples, a twelfth of the numbers is enough. What you did
# in minutes for centred digits took others years for pedestrians, and would have to be done again
# for leaves or X-rays. A network does this part by itself, if there are enough pictures.

# %% [markdown]
# ## Quiz

# %%
quiz("02")

# %% [markdown]
# ## Key points
#
# - Deep learning is machine learning whose features are learned, layer by layer, together with the
#   answer.
# - What people know can enter by the features (HOG) or by the pictures (shifted copies). With 100
#   MNIST digits without copies HOG was far ahead of the network; with copies the two were level.
#   With 4,000 the network was ahead of HOG with logistic regression, and behind HOG with an SVM;
#   with four times the steps it was ahead of both.
# - A comparison needs the same pictures and the same chances for all (help, classifier, steps), several
#   draws with bands, enough test pictures, choices made on validation pictures, and training errors
#   and costs beside the test errors.
# - Classification, detection, recognition and generation differ in the form of their answer. Each
#   needs its own metric, and generation more than one.
# - Accuracy treats all mistakes alike. Where one class is rare or one mistake dear, name the
#   costs.
#
# ## Glossary
#
# - **artificial intelligence**: programs that do what seems to need intelligence, in whatever way.
# - **classification**: the task to give a whole picture one name from a fixed list.
# - **convolutional neural network (CNN)**: a network whose first layers slide small windows of
#   learned weights over the picture. Others say: *ConvNet*.
# - **cosine similarity**: how much two rows of numbers point in the same direction; 1 at most.
# - **deep learning**: machine learning with a chain of many learned layers.
# - **detection**: the task to find where in a picture things are, and to put a box round each.
#   Others say: *object detection*, *localisation*; the box is a *bounding box*.
# - **false-accept rate**: the share of unknown individuals that are taken for somebody known.
#   Others say: *false-positive identification rate* (FPIR); of single comparisons see FAR.
# - **false-reject rate**: the share of known individuals that are not accepted. Others say:
#   *false-negative identification rate* (FNIR); of single comparisons see FRR.
# - **feature**: a number computed from a picture, for a classifier to use. Others say:
#   *descriptor*.
# - **generation**: the task to make a new picture. Others say: *synthesis*.
# - **histogram of oriented gradients (HOG)**: features that say which directions edges have in
#   each cell of a picture.
# - **hyperparameter**: a number chosen before training, such as $k$; training does not set it.
#   Others say: *setting*, *tuning parameter*.
# - **identification**: recognition of one individual among all of a register (1:N). Others say:
#   *one-to-many search*; *open-set identification*, where strangers may come.
# - **intersection over union (IoU)**: the area that two boxes share, divided by the area that they
#   cover together. Others say: *Jaccard index*.
# - **learning curve**: a measure of success against the number of training examples. Others call
#   the training curve so, too.
# - **machine learning**: finding the numbers of a program from examples instead of writing them.
# - **metric**: a rule that turns answers and truth into a number that says how good they are. (In
#   mathematics a metric is a distance.)
# - **model**: a formula with numbers that training sets: picture in, answer out.
# - **principal component analysis (PCA)**: the mean of a cloud of points, and the directions in
#   which it spreads most. Others say: *Karhunen–Loève transform*; of faces *eigenfaces*.
# - **prediction**: the answer of a trained model for a new picture, and the act of getting it. Others
#   say: *inference*.
# - **rank-1 accuracy**: the share of known individuals whose most similar entry is the right one.
#   Others say: *rank-1 identification rate*.
# - **recognition (by matching)**: the task to say which individual of a register it is, or none. Others say:
#   *re-identification*, for people and animals on camera pictures.
# - **register**: the entries that a picture is compared with (others say: *gallery*, *database*;
#   the picture that is looked up: *probe*, *query*).
# - **supervised learning**: learning from examples that come with the right answers.
# - **support vector machine (SVM)**: a classifier that keeps the training pictures near a border
#   and compares new ones with them. Others say: *maximum-margin classifier*.
# - **training**: setting the numbers of a model by examples. Others say: *fitting*.
# - **unsupervised learning**: learning from examples without answers.
# - **verification**: recognition that compares with one entry only: is it the one? (1:1) Others
#   say: *authentication*, *one-to-one matching*.
#
# ## Further reading
#
# - Navneet Dalal, Bill Triggs: *Histograms of oriented gradients for human detection*. Conference
#   on Computer Vision and Pattern Recognition, 2005.
# - Thomas Cover, Peter Hart: *Nearest neighbor pattern classification*. IEEE Transactions on
#   Information Theory 13(1), 1967.
# - Ian Goodfellow, Yoshua Bengio, Aaron Courville: *Deep Learning*, chapter 1. MIT Press, 2016.
#   The circles of section 1, at length.
# - Ethem Alpaydin, Cenk Kaynak: *Optical recognition of handwritten digits*. UCI machine learning
#   repository, 1998. Our digits, and who wrote them.
# - Yann LeCun, Léon Bottou, Yoshua Bengio, Patrick Haffner: *Gradient-based learning applied to
#   document recognition*. Proceedings of the IEEE 86(11), 1998. MNIST, from which `mnist_5k`
#   comes.
# - Patrice Simard, Dave Steinkraus, John Platt: *Best practices for convolutional neural networks
#   applied to visual document analysis*. International Conference on Document Analysis and
#   Recognition, 2003. How much shifted and bent copies help.
# - Mark Everingham, Luc Van Gool, Christopher Williams, John Winn, Andrew Zisserman: *The Pascal
#   visual object classes (VOC) challenge*. International Journal of Computer Vision 88(2), 2010.
#   How detectors are scored, with IoU 0.5.
# - Anil Jain, Arun Ross, Salil Prabhakar: *An introduction to biometric recognition*. IEEE
#   Transactions on Circuits and Systems for Video Technology 14(1), 2004. False accepts and
#   rejects.
# - Martin Heusel and others: *GANs trained by a two time-scale update rule converge to a local
#   Nash equilibrium*. Advances in Neural Information Processing Systems 30, 2017. A much used
#   metric for generated pictures.
# - Corinna Cortes, Vladimir Vapnik: *Support-vector networks*. Machine Learning 20, 1995.
# - David Wolpert: *The lack of a priori distinctions between learning algorithms*. Neural
#   Computation 8(7), 1996. Why no method can be the best for all data.
#
# ## Go further
#
# Take `mnist = load("mnist")` in the place of `mnist_5k` (chapter 00 says
# how to have it), with the sizes 25, 100, 1,000, 10,000 and 60,000, and in `STEPS` 150, 150, 500,
# 1,000 and 3,000 steps. *Guess first: will HOG keep up?* We measured the accuracy on the
# 10,000 test digits, as the mean of two draws, copies as in section 6:
#
# | training digits | nearest neighbours | logistic, pixels | logistic, HOG | network |
# | --- | --- | --- | --- | --- |
# | 25, without copies | 0.490 | 0.518 | **0.671** | 0.481 |
# | 25 | 0.501 | 0.568 | **0.689** | 0.619 |
# | 100, without copies | 0.732 | 0.741 | **0.867** | 0.734 |
# | 100 | 0.723 | 0.736 | 0.878 | **0.882** |
# | 1,000 | 0.884 | 0.834 | 0.957 | **0.978** |
# | 10,000 | 0.949 | 0.907 | 0.973 | **0.988** |
# | 60,000 | 0.969 | 0.924 | 0.981 | **0.993** |
#
# Ten times as many test digits: the pairs that are close at 100 change places, the rest of the order
# stays. (With 10,000 and more the first three get no copies: the table would be too large for the
# memory of many computers.)
#
# Next: chapter 03 looks at what happens *before* any method sees a picture.
