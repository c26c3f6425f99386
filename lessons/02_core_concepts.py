# %% [markdown]
# # 02 · Compare deep learning with machine learning: core concepts
#
# Is deep learning better than the older ways of learning from examples? Asked like this, nobody
# can answer. *For which task, with how many pictures, at what price?* can be answered, by
# measuring. In this chapter you let four methods learn from 25 to 1,300 pictures and read from
# their curves which one you should take. Then you let programs do four different things with one
# and the same picture, and see that each of them needs a measure of its own.
#
# **You will learn to**
#
# - say what artificial intelligence, machine learning and deep learning mean, and what they share;
# - compute a nearest-neighbour vote and features made by hand (HOG) with a pencil, in NumPy and
#   with a library;
# - draw and read learning curves with bands, and find the size at which one method overtakes
#   another;
# - say what a method costs: numbers to learn, multiplications, time, and the pictures that it
#   needs;
# - tell the four tasks of image recognition apart, and choose a metric that suits each.
#
# **You need** chapters [00](00_start_here.ipynb) (how exercises work; training, validation and
# test set) and [01](01_background.ipynb) (pictures as arrays, distance, logistic regression,
# nearest neighbour, hits and false alarms).
#
# **Time:** about 150 minutes to read and do, under 2 minutes of computing. After section 7 is a
# good place for a break.

# %%
from utils.runtime import start

start()

# %%
import math
from time import perf_counter
from zlib import crc32

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage.draw import line
from skimage.feature import hog
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import jaccard_score
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from utils.datasets import load
from utils.exercises import check, quiz
from utils.models import compact_cnn, smoothed_crossentropy
from utils.plots import draw_image, show

_ = threadpool_limits(1)  # for small tables one processor core is faster than several

# %% [markdown]
# ## Look first
#
# Here is a page: paper, six handwritten digits, a few scratches of a pen. It is made by the next
# cell, from digits of the test set, so that we know for certain what stands where.

# %%
data = load("digits")
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


on_page = np.array([np.flatnonzero(data.y_test == label)[0] for label in (4, 0, 7, 2, 9, 5)])
page, corners = make_page(data.X_test[on_page, ..., 0], seed=8)

# %%
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
# learning**. **Unsupervised learning** has only the pictures, and looks for order in them; task 4
# of section 9 is nearly that.)
#
# The numbers that training sets are the *parameters*: the 785 numbers of chapter 01's logistic
# regression. But there are other numbers, which somebody must choose before training begins: how
# many neighbours vote, how large weights may become. They are called **hyper-parameters**.
#
# Our four methods differ in *who decides what*:
#
# | method | what the model looks at | who made that | parameters |
# | --- | --- | --- | --- |
# | $k$ nearest neighbours | pixels | nobody | none: it keeps all pictures |
# | logistic regression on pixels | pixels | nobody | weights |
# | logistic regression on HOG | directions of edges | people, over years | weights |
# | convolutional network | what its first layers find | training | weights, of all layers |
#
# ## 2 · The first method: neighbours vote
#
# Chapter 01 read digits by their nearest neighbours, with scikit-learn. Here is the formula. Sort
# the training pictures by their distance from the new picture $x$, keep the nearest $k$ of them,
# and count their labels:
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
# The same pictures, three settings, and the answer changes twice. $k$ is a hyper-parameter.
#
# Now NumPy. `np.argsort` gives the positions from the smallest to the largest value, `np.bincount`
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


# %%
def as_rows(X):
    """Return the pictures as rows of numbers: (n, height · width)."""
    return X.reshape(len(X), -1)


pixels_train, pixels_test = as_rows(data.X_train), as_rows(data.X_test)  # (1415, 784), (382, 784)
for k in (1, 3, 5):
    reader = KNeighborsClassifier(k).fit(pixels_train, data.y_train)
    ours = [
        vote(np.sqrt(np.sum((pixels_train - x) ** 2, axis=1)), data.y_train, k)
        for x in pixels_test[:50]
    ]
    np.testing.assert_array_equal(ours, reader.predict(pixels_test[:50]))
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
# part of the picture?* It has three steps.
#
# **Step 1: gradients.** At each pixel, how much does the brightness rise to the right and
# downwards? That is a little arrow, the image gradient; it has a length and an angle.
#
# $$R_{r,c} = X_{r,c+1} - X_{r,c-1} \qquad D_{r,c} = X_{r+1,c} - X_{r-1,c} \qquad
# m = \sqrt{R^2 + D^2} \qquad \theta = \operatorname{atan2}(D, R) \bmod 180°$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $X$ | picture | (height, width) |
# | $R$, $D$ | rise to the right, rise downwards; 0 where a neighbour is missing | as $X$ |
# | $m$ | length of the arrow: how strong the edge is | as $X$ |
# | $\theta$ | its angle in degrees, from 0 up to 180 | as $X$ |
#
# ($\operatorname{atan2}(D, R)$ is the angle of an arrow that goes $R$ to the right and $D$ down.
# "mod 180°" treats opposite arrows alike: light on dark or dark on light, it is the same edge.)
#
# **By hand.** Left of a pixel is 2, right of it 5, above it 1, below it 5. So $R = 3$, $D = 4$,
# $m = \sqrt{9 + 16} = 5$, and $\theta = 53.1°$.
#
# **Step 2: a histogram for each cell.** Cut the picture into small squares, the *cells*, of $s$
# times $s$ pixels. Each cell gets nine bins, for the angles 0–20°, 20–40°, …, 160–180°. Each pixel
# of the cell adds its length $m$ to the bin of its angle; divide by the number of pixels:
#
# $$h_b = \frac{1}{s^2} \sum_{\text{pixels of the cell}} m \cdot
# \left[\, \lfloor \theta / 20° \rfloor = b \,\right] \qquad b = 0, \dots, 8$$
#
# **By hand**, a cell of 2×2 pixels:
#
# | pixel | $R$ | $D$ | $m$ | $\theta$ | bin |
# | --- | --- | --- | --- | --- | --- |
# | 1 | 3 | 4 | 5 | 53.1° | 2 |
# | 2 | 0 | 2 | 2 | 90° | 4 |
# | 3 | −3 | −4 | 5 | 233.1° − 180° = 53.1° | 2 |
# | 4 | 1 | 0 | 1 | 0° | 0 |
#
# Histogram: bin 0 gets 1, bin 2 gets 5 + 5 = 10, bin 4 gets 2; divided by 4 pixels:
# $h = (0.25, 0, 2.5, 0, 0.5, 0, 0, 0, 0)$.


# %%
def angles_and_lengths(right, down):
    """Return the angles in degrees, 0 to 180, and the lengths of the arrows."""
    return np.rad2deg(np.arctan2(down, right)) % 180, np.hypot(right, down)


def histogram_of_cell(angles, lengths):
    """Return nine numbers: the sum of the lengths in each bin of 20°, for each pixel of a cell."""
    bins = (angles // 20).astype(int)
    return np.bincount(bins.ravel(), weights=lengths.ravel(), minlength=9) / lengths.size


right = np.array([[3.0, 0.0], [-3.0, 1.0]])
down = np.array([[4.0, 2.0], [-4.0, 0.0]])
angles, lengths = angles_and_lengths(right, down)
by_hand = [0.25, 0, 2.5, 0, 0.5, 0, 0, 0, 0]
np.testing.assert_allclose(histogram_of_cell(angles, lengths), by_hand)
angles.round(1), lengths

# %% [markdown]
# **Step 3: even out the contrast.** A faint digit has shorter arrows than a bold one, but the same
# shape. So 2×2 neighbouring cells form a **block**, and the $4 \cdot 9 = 36$ numbers $v$ of each
# block are divided by their length. No number may then exceed 0.2, so that one strong edge does
# not silence all others; and they are divided by their length once more:
#
# $$v \leftarrow \frac{v}{\sqrt{v \cdot v + \epsilon^2}} \qquad v \leftarrow \min(v, 0.2) \qquad
# v \leftarrow \frac{v}{\sqrt{v \cdot v + \epsilon^2}}$$
#
# ($v \cdot v$ is the sum of the squares; $\epsilon = 0.00001$ keeps us from dividing by 0.)
#
# **By hand**, for two numbers: $v = (3, 4)$ has the length 5, so it becomes $(0.6, 0.8)$, then
# $(0.2, 0.2)$, then $(0.707, 0.707)$. The blocks overlap: a cell in the middle of the picture
# belongs to four of them.


# %%
def even_out(v):
    """Return a block's numbers with length 1, none of them dominating."""
    epsilon = 1e-5
    v = v / np.sqrt(np.sum(v**2) + epsilon**2)
    v = np.minimum(v, 0.2)
    return v / np.sqrt(np.sum(v**2) + epsilon**2)


np.testing.assert_allclose(even_out(np.array([3.0, 4.0])), [np.sqrt(0.5)] * 2, atol=1e-6)
even_out(np.array([3.0, 4.0])).round(3)


# %%
def histograms(image, cell):
    """Return the histograms of all cells of a picture (height, width): (rows, columns, 9)."""
    right, down = np.zeros_like(image), np.zeros_like(image)
    right[:, 1:-1] = image[:, 2:] - image[:, :-2]
    down[1:-1] = image[2:] - image[:-2]
    angles, lengths = angles_and_lengths(right, down)
    h = np.zeros((image.shape[0] // cell, image.shape[1] // cell, 9))
    for r, c in np.ndindex(h.shape[:2]):  # all pairs of a row and a column of cells
        here = np.s_[r * cell : (r + 1) * cell, c * cell : (c + 1) * cell]
        h[r, c] = histogram_of_cell(angles[here], lengths[here])
    return h


def our_hog(image, cell):
    """Return the HOG features of a picture (height, width), one row of numbers."""
    h = histograms(image, cell)
    corners_of_blocks = np.ndindex(h.shape[0] - 1, h.shape[1] - 1)
    return np.concatenate(
        [even_out(h[r : r + 2, c : c + 2]).ravel() for r, c in corners_of_blocks]
    )


# %% [markdown]
# Is it right? scikit-image has HOG ready. (With such a definition there are many details on which
# two programs can differ: what happens at the border, whether a pixel counts in one bin or in two.
# We wrote down scikit-image's choices.)


# %%
def library_hog(image, cell, **options):
    """Return what scikit-image computes for one picture (height, width)."""
    return hog(image, 9, (cell, cell), cells_per_block=(2, 2), **options)


for image in data.X_train[:40, ..., 0].astype("float64"):
    for cell in (4, 7):
        np.testing.assert_allclose(our_hog(image, cell), library_hog(image, cell), atol=1e-6)
print("cells of 7×7:", library_hog(image, 7).shape, " cells of 4×4:", library_hog(image, 4).shape)
assert 3 * 3 * 36 == 324 and 6 * 6 * 36 == 1296

# %% [markdown]
# Equal. From here on we use scikit-image's. The number of features follows from the blocks: with
# cells of 7×7 pixels, a picture of 28×28 has 4×4 cells and 3×3 blocks, $9 \cdot 36 = 324$ numbers;
# with cells of 4×4 it has 7×7 cells, 6×6 blocks and 1,296 numbers. More than pixels!
#
# What does a classifier get to see? For each cell of 4×4 pixels the drawing shows the edges that
# run through it, as histogram $h$ has them, bright where they are strong. (An edge runs at a right
# angle to its gradient.)


# %%
def hog_features(X, cell=4):
    """Return the HOG features of pictures (n, height, width) or (n, height, width, 1)."""
    X = X.reshape(X.shape[:3])
    return np.array([library_hog(image, cell) for image in X])


def draw_edges(axis, image, cell):
    """Draw the histograms of all cells: for each bin a stroke along the edge, bright if strong."""
    h = histograms(image, cell)
    for r, c, b in np.ndindex(h.shape):
        angle = np.deg2rad(20 * b + 10 + 90)  # the middle of the bin, then along the edge
        row, column = (r + 0.5) * cell - 0.5, (c + 0.5) * cell - 0.5
        reach = 0.5 * cell * np.array([-1, 1])
        axis.plot(column + reach * np.cos(angle), row + reach * np.sin(angle), color="w",
                  alpha=min(1.0, float(2 * h[r, c, b] / h.max())), linewidth=2)  # fmt: skip
    axis.set_facecolor("k")
    axis.set(xlim=(-0.5, 27.5), ylim=(27.5, -0.5), aspect="equal", xticks=[], yticks=[])


chosen = [int(np.flatnonzero(data.y_train == label)[3]) for label in (3, 5, 8)]
figure, axes = plt.subplots(1, 6, figsize=(8.6, 1.8))
for index, left, middle in zip(chosen, axes[::2], axes[1::2]):
    image = data.X_train[index, ..., 0].astype("float64")
    draw_image(left, image)
    draw_edges(middle, image, cell=4)
    left.set_title("pixels", fontsize=10)
    middle.set_title("edges", fontsize=10)
show(
    figure,
    alt="A 3, a 5 and an 8, each beside a drawing of its cells: short bright strokes that follow the "
    "two sides of the pen's line, so that the digit can still be recognised as an outline.",
)

# %% [markdown]
# Does it keep what chapter 01 asked for? We move every test digit by two pixels and ask how far it
# is then from itself, compared with how far two different digits lie apart on average.

# %%
moved = np.zeros_like(data.X_test)
moved[:, :, 2:] = data.X_test[:, :, :-2]
hogs_test = hog_features(data.X_test)  # (382, 1296)
hogs_test_7 = hog_features(data.X_test, cell=7)  # (382, 324)


def relative_change(A, B):
    """Return the mean distance of A[i] and B[i], divided by that of A[i] and another picture."""
    to_itself = np.linalg.norm(A - B, axis=1).mean()
    to_others = np.linalg.norm(A - np.roll(A, 1, axis=0), axis=1).mean()
    return to_itself / to_others


changes = {
    "pixels": relative_change(pixels_test, as_rows(moved)),
    "HOG, cells of 4×4": relative_change(hogs_test, hog_features(moved)),
    "HOG, cells of 7×7": relative_change(hogs_test_7, hog_features(moved, cell=7)),
}
for name, change in changes.items():
    print(f"{name:18} moved by two pixels: {change:.0%} of the distance of two digits")

# %% [markdown]
# Larger cells care less about exact places: moved by two pixels inside a cell of 7×7, most edges
# still count in the same cell. Small cells are hardly steadier than pixels. So are larger cells
# better? Not for *our* digits, as section 5 will show. One plausible reason: they are all well
# centred, and there it pays to know the places.
#
# ## 4 · Features that are learned: a convolutional network
#
# The fourth method gets the pixels, and nobody tells it about edges. A **convolutional neural
# network** (CNN) is a chain of layers. The first ones look at small windows of the picture, and
# what they look for is learned. The last layer does what logistic regression does, on what the
# layers before it have found. All weights, from first to last, are set together by training.
#
# That is all we need here. Chapter 04 computes such layers with a pencil, chapter 05 shows how
# they learn, and chapter 07 takes this very network, `compact_cnn`, apart.
#
# **The next cell is the engine room: run it, and do not read it yet.** It makes one network that
# can be trained again and again from fresh random weights (which is faster than making a new one
# each time, and gives the same result).

# %%
STEPS, BATCH = 150, 32  # one training: 150 steps, each on 32 pictures

network = compact_cnn()
rise_and_fall = keras.optimizers.schedules.CosineDecay(
    0.001, STEPS - int(0.3 * STEPS), warmup_target=0.01, warmup_steps=int(0.3 * STEPS)
)
network.compile(
    keras.optimizers.Adam(rise_and_fall), smoothed_crossentropy(), steps_per_execution=50
)
network.optimizer.build(network.trainable_variables)
at_rest = [variable.numpy() for variable in network.optimizer.variables]


def fresh_weights(seed):
    """Return random weights to start a training from."""
    keras.utils.set_random_seed(seed)
    return compact_cnn().get_weights()


STARTS = [fresh_weights(seed) for seed in range(5)]


def train_cnn(X, y, seed):
    """Train the network from fresh weights on pictures (n, 28, 28, 1); seed: 0 to 4."""
    network.set_weights(STARTS[seed])
    for variable, value in zip(network.optimizer.variables, at_rest):
        variable.assign(value)
    random = np.random.default_rng(seed)
    passes = math.ceil(STEPS * BATCH / len(X))
    order = np.concatenate([random.permutation(len(X)) for _ in range(passes)])[: STEPS * BATCH]
    network.fit(X[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)


def read_digits(X):
    """Return the network's answers for pictures (n, 28, 28, 1)."""
    return np.argmax(network(X), axis=1)


# %% [markdown]
# Note one decision in it: **every training takes 150 steps of 32 pictures, however many pictures
# there are.** With 25 pictures it sees each of them 192 times, with 1,300 fewer than 4 times. If
# we fixed the number of *passes* instead, the network would hardly train at all on 25 pictures,
# and we would blame the data for it.
#
# Train it on all training digits, and look at what its first layer has learned: 16 windows of 5×5
# weights, and what four of them find in a digit.

# %%
train_cnn(data.X_train, data.y_train, seed=0)
windows = network.layers[0].get_weights()[0][..., 0, :]  # (5, 5, 16)
first_layer = keras.Sequential(network.layers[:3])
found = np.array(first_layer(data.X_train[chosen[:1]]))[0]  # (12, 12, 16)
np.testing.assert_array_equal(windows.shape + found.shape, (5, 5, 16, 12, 12, 16))
print("most test digits read correctly:", np.mean(read_digits(data.X_test) == data.y_test) > 0.95)

# %%
strongest = np.argsort(-found.mean(axis=(0, 1)))[:4]
figure = plt.figure(figsize=(8.6, 1.8))
left, right = figure.subfigures(1, 2, width_ratios=(8, 5))
left.suptitle("16 learned windows of 5×5 weights", fontsize=10)
right.suptitle("A 3, and what four of them find", fontsize=10)
limit = np.abs(windows).max()
for number, axis in enumerate(left.subplots(2, 8).ravel()):
    axis.imshow(windows[..., number], cmap="RdBu", vmin=-limit, vmax=limit)
    axis.axis("off")
for number, axis in zip([None, *strongest], right.subplots(1, 5)):
    image = data.X_train[chosen[0]] if number is None else found[..., number] / found.max()
    draw_image(axis, image)
show(
    figure,
    alt="Left, sixteen small squares of 5×5 weights, blue for positive and red for negative, which "
    "look irregular. Right, a handwritten 3 and four coarse maps of it in which different parts of "
    "its strokes are bright.",
)

# %% [markdown]
# The windows look like nothing that a person would have drawn. The maps are easier to read: each
# window answers to some parts of the strokes and not to others. Nobody designed them; they came
# from the digits and their labels. Whether such learned features are *better* than HOG is a
# question for the experiment.
#
# ## 5 · Choose hyper-parameters, but not on the test set
#
# How many neighbours? How large may the weights be (scikit-learn's `C`, chapter 01)? Cells of 4 or
# of 7 pixels? Whoever tries all on the *test* set and keeps the best has tuned on it, and will
# report too good a number (chapter 08 measures how much). So we draw some training pictures to
# learn from and take the *other training pictures* as validation set.

# %%
DRAWS = 5


def draw(y, size, seed):
    """Return the positions of `size` pictures and those of the others, drawn fairly by class."""
    return train_test_split(np.arange(len(y)), train_size=size, stratify=y, random_state=seed)


def validation_accuracy(model, features, size):
    """Return the mean accuracy over 5 draws: learn from `size` pictures, judge on the others."""
    scores = []
    for few, others in (draw(data.y_train, size, seed) for seed in range(DRAWS)):
        model.fit(features[few], data.y_train[few])
        scores.append(model.score(features[others], data.y_train[others]))
    return np.mean(scores)


def logistic(C=1.0):
    """Return an untrained logistic regression."""
    return LogisticRegression(C=C, max_iter=1000)


hogs_train = hog_features(data.X_train)  # (1415, 1296)
hogs_train_7 = hog_features(data.X_train, cell=7)  # (1415, 324)

# %%
k_table = {}
for size in (25, 100, 400, 1300):
    k_table[size] = [
        validation_accuracy(KNeighborsClassifier(k), pixels_train, size) for k in (1, 3, 5)
    ]
print("validation accuracy   k=1    k=3    k=5")
for size, row in k_table.items():
    print(f"{size:6} pictures     " + "".join(f"{accuracy:7.3f}" for accuracy in row))

# %% tags=["nbval-ignore-output"]
FEATURES = {"pixels": pixels_train, "HOG, cells of 4": hogs_train, "HOG, cells of 7": hogs_train_7}
C_table = {
    name: [validation_accuracy(logistic(C), features, 100) for C in (0.1, 1, 10)]
    for name, features in FEATURES.items()
}
print("100 pictures        C=0.1   C=1    C=10")
for name, row in C_table.items():
    print(f"{name:17}" + "".join(f"{accuracy:7.3f}" for accuracy in row))

# %% [markdown]
# Three readings:
#
# - **The best $k$ depends on the number of pictures.** With 25 pictures, 2 or 3 of each digit,
#   five voters must include wrong ones; $k = 1$ is best by far. With 1,300 a vote of three is
#   a little better. We take $k = 1$ below 1,000 pictures and $k = 3$ from there on.
# - **`C` hardly matters here**: scikit-learn's usual `C = 1` stays.
# - **HOG with cells of 4×4 pixels** reads more digits than with cells of 7×7.
#
# And the network? Its number of steps is a hyper-parameter, too. On validation pictures we tried
# 50, 100, 150 and 400 steps before we wrote this chapter; "Go further" says what came out. (One
# thing is a little unreal here: somebody who really has only 25 pictures has no 1,390 others to
# choose $k$ with. Chapter 10 is about that.)

# %%
print(
    "C = 1 is within 0.01 of the best:", all(row[1] > max(row) - 0.01 for row in C_table.values())
)
print("cells of 4 beat cells of 7:", C_table["HOG, cells of 4"][1] > C_table["HOG, cells of 7"][1])


def neighbours_for(size):
    """Return the number of neighbours that vote when there are `size` training pictures."""
    return 1 if size < 1000 else 3


# %% [markdown]
# ## 6 · The experiment: four learning curves
#
# > **Predict.** All four methods learn from the same 25, 50, 100, 250, 600 and 1,300 digits
# > and are judged on the same 382 test digits. Write down:
# >
# > 1. Which method is the best with 25 digits? Which one is the worst?
# > 2. Where does the network overtake nearest neighbours?
# > 3. Where, if at all, does it overtake logistic regression on HOG?
#
# A **learning curve** shows how good a method is against the number of training pictures. Which
# digits one draws is luck, and so are a network's first weights. So each point is measured five
# times, with other seeds: the line is the mean, the band runs from the worst to the best draw. We
# draw the *errors*, so lower is better. Both axes are *logarithmic*: steps of the same length
# multiply by the same factor, so that 1 % and 2 % can be told apart as well as 10 % and 20 %.

# %%
SIZES = (25, 50, 100, 250, 600, 1300)


def learning_curve(answer, data, sizes=SIZES):
    """Return the test accuracies of a method, shape (sizes, draws).

    `answer(few, size, seed)` learns from the training pictures at the positions `few` and returns
    its answers for the test pictures.
    """
    curve = np.zeros((len(sizes), DRAWS))
    for row, size in enumerate(sizes):
        for seed in range(DRAWS):
            few, _ = draw(data.y_train, size, seed)
            curve[row, seed] = np.mean(answer(few, size, seed) == data.y_test)
    return curve


def classical_curves(data, hogs_train, hogs_test, sizes=SIZES):
    """Return {method: accuracies} for the three methods that are not deep."""
    pixels, pixels_new, y = as_rows(data.X_train), as_rows(data.X_test), data.y_train

    def neighbours(few, size, seed):
        model = KNeighborsClassifier(neighbours_for(size)).fit(pixels[few], y[few])
        return model.predict(pixels_new)

    def on_pixels(few, size, seed):
        return logistic().fit(pixels[few], y[few]).predict(pixels_new)

    def on_hog(few, size, seed):
        return logistic().fit(hogs_train[few], y[few]).predict(hogs_test)

    return {
        "nearest neighbours": learning_curve(neighbours, data, sizes),
        "logistic, pixels": learning_curve(on_pixels, data, sizes),
        "logistic, HOG": learning_curve(on_hog, data, sizes),
    }


curves = classical_curves(data, hogs_train, hogs_test)
{name: curve.shape for name, curve in curves.items()}


# %%
def network_curve(data, sizes=SIZES):
    """Return the network's test accuracies, shape (sizes, draws)."""

    def answer(few, size, seed):
        train_cnn(data.X_train[few], data.y_train[few], seed)
        return read_digits(data.X_test)

    return learning_curve(answer, data, sizes)


few_pictures = network_curve(data, SIZES[:2])
few_pictures.shape

# %%
more_pictures = network_curve(data, SIZES[2:4])
more_pictures.shape

# %%
many_pictures = network_curve(data, SIZES[4:])
curves["network"] = np.concatenate([few_pictures, more_pictures, many_pictures])
curves["network"].shape


# %%
def draw_curves(curves, sizes, title, alt):
    """Draw learning curves as errors, with bands from the worst to the best draw."""
    figure, axis = plt.subplots(figsize=(7.6, 4))
    for number, (name, curve) in enumerate(curves.items()):
        errors = 100 * (1 - curve)
        colour, marker = f"C{number}", "os^D"[number]
        axis.fill_between(sizes, errors.min(axis=1), errors.max(axis=1), alpha=0.18, color=colour)
        axis.plot(sizes, errors.mean(axis=1), marker=marker, color=colour, label=name)
    axis.set(xscale="log", yscale="log", xlabel="training pictures", ylabel="test errors (%)")
    axis.set(
        xticks=sizes, xticklabels=sizes, yticks=(1, 2, 5, 10, 20), yticklabels=(1, 2, 5, 10, 20)
    )
    axis.minorticks_off()
    axis.set_title(title)
    axis.legend(loc="lower left")
    show(figure, alt=alt)


draw_curves(
    curves,
    SIZES,
    "Features made by hand win while pictures are few",
    alt="Test errors against the number of training pictures, both axes logarithmic, four falling "
    "curves with bands. Logistic regression on HOG is lowest from 25 pictures on. The network "
    "begins in the upper group, leaves logistic regression on pixels behind before 250 pictures, and "
    "comes close to HOG at the right end, where nearest neighbours arrive, too.",
)

# %% tags=["nbval-ignore-output"]
print("test accuracy, mean (worst to best of 5 draws)")
print(" " * 9 + "".join(f"{name:>23}" for name in curves))
for row, size in enumerate(SIZES):
    cells = [
        f"{c[row].mean():.3f} ({c[row].min():.3f}–{c[row].max():.3f})" for c in curves.values()
    ]
    print(f"{size:9}" + "".join(f"{cell:>23}" for cell in cells))


# %%
mean = {name: dict(zip(SIZES, curve.mean(axis=1))) for name, curve in curves.items()}
neighbours, on_pixels, on_hog, deep = mean.values()

for size in SIZES[:3]:
    best_other = max(neighbours[size], on_pixels[size], deep[size])
    print(
        f"{size:4} digits: HOG is the best, by a percentage point or more:",
        on_hog[size] > best_other + 0.01,
    )
print(
    "  25 digits: the network is not ahead of nearest neighbours:",
    deep[25] < neighbours[25] + 0.01,
)
print(
    " 250 digits: it is ahead of logistic regression on pixels:", deep[250] > on_pixels[250] + 0.01
)
print(" 600 digits: it is within 1.5 points of HOG:", deep[600] > on_hog[600] - 0.015)
last = [neighbours[1300], on_hog[1300], deep[1300]]
print("1300 digits: all but pixels with weights are within 1.5 points:", np.ptp(last) < 0.015)
print("1300 digits: … and ahead of those:", min(last) > on_pixels[1300] + 0.004)

# %% tags=["headline", "nbval-ignore-output"]
read = "; ".join(f"{name} {m[25]:.0%} and {m[1300]:.1%}" for name, m in mean.items())
print(f"digits read after learning from 25 and from 1,300: {read}")

# %% [markdown]
# **Explain.**
#
# 1. With few digits, **logistic regression on HOG wins**, clearly: what it needs to know about
#    edges was put in by people and need not be learned. With 25 digits the network is no better
#    than the simplest methods. One plausible reason: it has 80,000 numbers to set, and 25
#    examples to set them by.
# 2. The network **overtakes** logistic regression on pixels between 50 and 250 digits, and stays
#    ahead. Somewhere near 100 it passes nearest neighbours; the bands overlap there, so the exact
#    place means nothing.
# 3. **It does not overtake HOG here.** It comes up to it, and from 600 digits on the two cannot be
#    told apart with 382 test digits: one digit more or less is 0.26 percentage points.
#
# And a surprise at the right end: *nearest neighbours* are back among the best. One plausible
# reason: the whole collection was written by 13 people, and with 1,300 of their digits most new
# ones have a close relative among them. (Chapter 03 looks into that.) Only logistic regression on
# pixels falls behind.
#
# **So is deep learning not worth it?** These are 1,300 tiny, centred pictures: the home ground of
# the older methods. The network's curve went from the bottom group to the top group, without
# being told anything about edges. What happens when there are not 1,300 pictures but 50,000? "Go
# further", at the end, shows the curves that we measured on MNIST. There they cross.
#
# ## 7 · What each of them costs
#
# Being right is not all that counts. How many numbers must be kept, and how many multiplications
# does one answer take?
#
# - *Nearest neighbours* learn nothing and keep everything: 1,300 pictures of 784 numbers. Each
#   answer compares with all of them, at least 784 multiplications each.
# - *Logistic regression* needs one weight for each feature and digit, and ten biases.
# - *HOG* must be computed first: two squares for each pixel; and each of the 36 numbers of each
#   of the 36 blocks is squared twice and divided twice. (Roots and angles come on top.)
# - For *the network* we count with its layers: each output value of a layer takes as many
#   multiplications as there are weights behind it. Training takes, for each picture, about three
#   times as many as an answer: once for the answer, and roughly twice to find out how the weights
#   should change (chapter 05).


# %%
def multiplications(layer):
    """Return how many multiplications a layer with weights needs for one picture."""
    weights_behind_one_value = int(np.prod(layer.kernel.shape[:-1]))
    return int(np.prod(layer.output.shape[1:])) * weights_behind_one_value


with_weights = [layer for layer in network.layers if hasattr(layer, "kernel")]
for_network = sum(multiplications(layer) for layer in with_weights)
for_hog = 2 * 784 + 4 * 36 * 36
COSTS = {  # numbers kept, multiplications for one answer
    "nearest neighbours": (1300 * 784, 1300 * 784),
    "logistic, pixels": (784 * 10 + 10, 784 * 10),
    "logistic, HOG": (1296 * 10 + 10, for_hog + 1296 * 10),
    "network": (network.count_params(), for_network),
}
assert logistic().fit(pixels_train[:99], data.y_train[:99]).coef_.size + 10 == 7850
print(f"{'':20}{'numbers kept':>14}{'multiplications':>17}")
for name, (kept, products) in COSTS.items():
    print(f"{name:20}{kept:14,}{products:17,}")
print(f"to train the network, about {3 * STEPS * BATCH * for_network / 1e9:.1f} billion")

# %%
figure, axis = plt.subplots(figsize=(7, 3.2))
places = dict(zip(COSTS, ((0, -16), (8, 6), (8, -12), (-8, 8))))
for number, (name, (_, products)) in enumerate(COSTS.items()):
    axis.scatter(products, 100 * (1 - curves[name][-1].mean()), s=90, marker="os^D"[number])
    x_shift, y_shift = places[name]
    axis.annotate(
        name,
        (products, 100 * (1 - curves[name][-1].mean())),
        (x_shift, y_shift),
        textcoords="offset points",
        ha="right" if x_shift < 0 else "left",
    )
axis.set(xscale="log", xlabel="multiplications for one answer", ylabel="test errors (%)")
axis.set(xlim=(4e3, 1e7), ylim=(0, 4.5))
axis.set_title("1,300 digits: HOG is accurate and cheap")
show(
    figure,
    alt="Test errors with 1,300 training digits against multiplications for one answer, four points. "
    "Logistic regression on pixels is cheapest and has the most errors; on HOG it is nearly as cheap "
    "and among the best; the network and nearest neighbours cost 17 and 52 times as much as HOG.",
)
ratio = {name: products / COSTS["logistic, HOG"][1] for name, (_, products) in COSTS.items()}
assert round(ratio["network"]) == 17 and round(ratio["nearest neighbours"]) == 52

# %% [markdown]
# And the time? It depends on the machine and on how well a library is written, so read the next
# table as ratios, not as seconds. (HOG shows how far the two ways to count can be apart: few
# multiplications, but scikit-image computes one picture after the other, and that takes time.)


# %% tags=["nbval-ignore-output"]
def seconds(action):
    """Return how long it takes to call `action`."""
    begin = perf_counter()
    action()
    return perf_counter() - begin


few, _ = draw(data.y_train, 1300, 0)
y_few = data.y_train[few]
voters = KNeighborsClassifier(3).fit(pixels_train[few], y_few)
pixel_model, hog_model = (logistic().fit(F[few], y_few) for F in (pixels_train, hogs_train))
times = {
    "nearest neighbours": (
        seconds(lambda: KNeighborsClassifier(3).fit(pixels_train[few], y_few)),
        seconds(lambda: voters.predict(pixels_test)),
    ),
    "logistic, pixels": (
        seconds(lambda: logistic().fit(pixels_train[few], y_few)),
        seconds(lambda: pixel_model.predict(pixels_test)),
    ),
    "logistic, HOG": (
        seconds(lambda: logistic().fit(hog_features(data.X_train[few]), y_few)),
        seconds(lambda: hog_model.predict(hog_features(data.X_test))),
    ),
    "network": (
        seconds(lambda: train_cnn(data.X_train[few], y_few, 0)),
        seconds(lambda: read_digits(data.X_test)),
    ),
}
fit_unit, predict_unit = times["logistic, pixels"]
print("times as long as logistic regression on pixels:  training   382 answers")
for name, (fitting, predicting) in times.items():
    print(f"{name:46}{fitting / fit_unit:11.1f}{predicting / predict_unit:14.1f}")

# %% [markdown]
# One cost is in no table: **people's time.** HOG took people years to find, and it was made for
# pictures in which outlines matter. For the colours of ripe fruit or the texture of tissue it may
# be useless, and somebody has to think again. The network's features cost pictures and
# multiplications instead, and it makes new ones for each task by itself.
#
# ## 8 · Does the order hold elsewhere?
#
# One data set is one data set. `faces` has 150 training and 50 test pictures of 25×25 pixels: is
# it a face or not? Small, few: the same home ground. We add a black margin so that the same
# network fits, and learn from 100 of the 150, five times.
#
# With 50 test pictures, one picture more or less is two percentage points. We choose nothing here,
# so the other 50 training pictures can judge, too: a second test set, for nothing.

# %%
faces = load("faces")
X_faces = np.concatenate([faces.X_train, faces.X_test])  # (200, 25, 25, 1)
X_faces = np.pad(X_faces, ((0, 0), (1, 2), (1, 2), (0, 0)))  # (200, 28, 28, 1)
y_faces = np.concatenate([faces.y_train, faces.y_test])
pixels_faces, hogs_faces = as_rows(X_faces), hog_features(X_faces)


def face_answers(few, new, seed):
    """Return {method: answers for the pictures at `new`}, learned from those at `few`."""
    methods = {
        "nearest neighbours": (KNeighborsClassifier(1), pixels_faces),
        "logistic, pixels": (logistic(), pixels_faces),
        "logistic, HOG": (logistic(), hogs_faces),
    }
    answers = {
        name: model.fit(features[few], y_faces[few]).predict(features[new])
        for name, (model, features) in methods.items()
    }
    train_cnn(X_faces[few], y_faces[few], seed)
    answers["network"] = read_digits(X_faces[new])  # 0 or 1; it learned never to say 2 to 9
    return answers


face_right = {name: [] for name in COSTS}
for seed in range(DRAWS):
    few, others = draw(faces.y_train, 100, seed)
    new = np.concatenate([np.arange(150, 200), others])  # the 50 test pictures, then 50 others
    for name, answers in face_answers(few, new, seed).items():
        face_right[name].append(answers == y_faces[new])
np.shape(face_right["network"])

# %%
on_test = {name: np.mean(np.array(right)[:, :50]) for name, right in face_right.items()}
on_others = {name: np.mean(np.array(right)[:, 50:]) for name, right in face_right.items()}

# %% tags=["nbval-ignore-output"]
print(f"{'':20}  test set   50 others")
for name in COSTS:
    print(f"{name:20}{on_test[name]:10.3f}{on_others[name]:12.3f}")

# %%
gap_on_test = on_test["logistic, HOG"] - on_test["logistic, pixels"]
gap_on_others = on_others["logistic, HOG"] - on_others["logistic, pixels"]
print("test set:  HOG is behind pixels, by two points or more:", gap_on_test < -0.02)
print("50 others: HOG is not behind pixels:", gap_on_others > 0)
for name, scores in (("test set", on_test), ("50 others", on_others)):
    print(
        f"{name}: nearest neighbours come last:",
        min(scores, key=scores.get) == "nearest neighbours",
    )
    print(
        f"{name}: the network is not a point behind HOG:",
        scores["network"] > scores["logistic, HOG"] - 0.01,
    )

# %% [markdown]
# Look at the test set alone, and you would report: "on faces, HOG loses to plain pixels". (We did,
# in a first version of this chapter.) The other 50 pictures say the opposite. **Five draws do not
# help if all five are judged on the same few pictures.** Who is ahead, pixels or HOG, these
# pictures cannot tell.
#
# Two things hold on both: *nearest neighbours come last*, while with 100 digits they were level
# with logistic regression on pixels; and *HOG has lost its lead over the network*, which with 100
# digits was clear. The order is another one, then.
#
# So do not learn an order by heart. Learn the way to find it: **a few methods, the same pictures,
# several draws, enough pictures to judge on, a learning curve.**
#
# ## 9 · Four tasks on one picture
#
# Back to the page. From here on the method is not the question; we take what is simple. The
# question is the *task*: what goes in, what comes out, and how do we say how good it is? A rule
# that turns answers and truth into a number is called a **metric**; accuracy is only one of them.
#
# First, something to learn from: pages like ours, but made of *training* digits. From each we cut
# windows of 28×28 pixels that hold a digit (up to two pixels off), and windows that do not.


# %%
def cut(page, corners):
    """Return the windows of 28×28 pixels at the given corners, shape (n, 28, 28)."""
    return np.array([page[r : r + SIZE, c : c + SIZE] for r, c in corners])


def inside(corners):
    """Return the corners, moved where necessary so that the window lies on the page."""
    return np.clip(corners, 0, (100 - SIZE, 150 - SIZE))


random = np.random.default_rng(0)
windows_of_pages, labels_of_windows = [], []
for seed in range(40):
    used = random.choice(len(data.X_train), 6, replace=False)
    training_page, places_of_digits = make_page(data.X_train[used, ..., 0], seed)
    off = inside(np.tile(places_of_digits, (2, 1)) + random.integers(-2, 3, (12, 2)))
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
# We cut the six digits out of the page (we know where they are) and ask for each of them.

# %%
name_it = logistic().fit(window_features[holds_digit], labels_of_windows[holds_digit])
names = name_it.predict(hog_features(cut(page, corners), cell=7))
print("truth:      ", data.y_test[on_page])
print("classifier: ", names)

# %% [markdown]
# **The metric: accuracy**, the share of right answers (chapter 01). It suits when all classes are
# about equally frequent and all mistakes equally bad. Six digits are too few to say anything; here
# are the six digits on each of 30 other pages of test digits.

# %%
test_pages = []
for seed in range(100, 130):
    used = np.random.default_rng(seed).choice(len(data.X_test), 6, replace=False)
    test_pages.append((*make_page(data.X_test[used, ..., 0], seed), used))

right_names = [
    name_it.predict(hog_features(cut(a_page, known), cell=7)) == data.y_test[used]
    for a_page, known, used in test_pages
]
print(f"accuracy over {np.size(right_names)} digits at least 0.85:", np.mean(right_names) > 0.85)

# %% [markdown]
# A classifier *always* gives one name, for an empty piece of paper, too. It was not asked
# *whether* there is a digit, nor where. That is another task.

# %% tags=["nbval-ignore-output"]
nothing = cut(page, [(40, 100)])  # between the 9 and the 7 there is only paper
print("the classifier says of empty paper:", name_it.predict(hog_features(nothing, cell=7))[0])

# %% [markdown]
# ### Task 2 · Detection: what is where?
#
# *In:* one picture with any number of things. *Out:* a list of boxes, each with a score. That
# is **detection**. Our detector is a second classifier, which says "digit" or "no digit" of a
# window. It looks through a window at every third place of the page. Where several windows
# overlap, the one with the highest score stays.
#
# **The metric** needs to say whether a box is in the right place. It compares the found box $A$
# with the true box $B$ by the area that they share, the **intersection over union** (IoU):
#
# $$\text{IoU}(A, B) = \frac{|A \cap B|}{|A \cup B|} = \frac{\text{shared area}}
# {\text{area of } A + \text{area of } B - \text{shared area}}$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $A$, $B$ | boxes (top, left, bottom, right) in pixels | (4,) |
# | $\lvert \dots \rvert$ | area | one number |
# | IoU | 0: they share nothing, 1: the same box | one number |
#
# **By hand.** $A = (0, 0, 4, 4)$ and $B = (2, 1, 6, 5)$ are both 4×4. They share rows 2 to 4 and
# columns 1 to 4: $2 \cdot 3 = 6$ pixels. IoU $= 6 / (16 + 16 - 6) = 6/26 \approx 0.231$.


# %%
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
by_keras = keras.utils.bounding_boxes.compute_iou(
    np.array([A], "float32"), np.array([B], "float32"), bounding_box_format="yxyx"
)
np.testing.assert_allclose(by_keras, [[6 / 26]], rtol=1e-6)
round(iou(A, B), 3)

# %% [markdown]
# (scikit-learn calls it the Jaccard score; it counts pixels. Keras computes it from the corners,
# as we do.) Usually a found box counts as a *hit* if its IoU with a true box is at least 0.5. A
# found box that hits nothing is a false alarm, a true box that is not hit a miss.

# %%
is_digit = logistic().fit(window_features, holds_digit)
GRID = np.array([(r, c) for r in range(0, 73, 3) for c in range(0, 123, 3)])


def box_at(corner):
    """Return the box (top, left, bottom, right) of the window at a corner."""
    return (*corner, corner[0] + SIZE, corner[1] + SIZE)


def detect(page, threshold=0.5):
    """Return the corners of the windows in which a digit was found, the surest first."""
    scores = is_digit.predict_proba(hog_features(cut(page, GRID), cell=7))[:, 1]
    kept = []
    for place in np.argsort(-scores):
        overlaps = [iou(box_at(GRID[place]), box_at(corner)) for corner in kept]
        if scores[place] >= threshold and max(overlaps, default=0) < 0.2:
            kept.append(GRID[place])
    return np.array(kept)


found_corners = detect(page)
found_names = name_it.predict(hog_features(cut(page, found_corners), cell=7))
overlap_table = np.array([[iou(box_at(f), box_at(c)) for c in corners] for f in found_corners])
print("all six digits found:", bool(np.all(overlap_table.max(axis=0) >= 0.5)))

# %%
figure, axis = plt.subplots(figsize=(5.4, 3.8))
draw_image(axis, page)
for (row, column), found_name, overlaps in zip(found_corners, found_names, overlap_table):
    frame = plt.Rectangle((column - 0.5, row - 0.5), SIZE, SIZE, fill=False, color="C1", lw=2)
    axis.add_patch(frame)
    text = f"{found_name}, IoU {overlaps.max():.2f}"
    axis.text(column, max(row - 2, 6), text, color="C1", fontsize=8, backgroundcolor="k")
for row, column in corners:
    frame = plt.Rectangle((column - 0.5, row - 0.5), SIZE, SIZE, fill=False, color="w", ls=":")
    axis.add_patch(frame)
axis.set_title("Found boxes (orange) and true boxes (dotted)")
show(
    figure,
    alt="The page. Six orange boxes, each with a digit's name and its IoU written above, lie round the "
    "six handwritten digits, a few pixels from the dotted white boxes of the truth.",
)

# %% [markdown]
# All boxes are hits, but they are not exact. That is not only a question of beauty, if a second
# program reads what stands in them. The classifier of task 1 learned from digits at most two
# pixels off; we ask it again for the digits of the 30 pages, at places that are four pixels too
# low and four too far right.

# %%
partners = corners[overlap_table.argmax(axis=1)]
print(f"our boxes are up to {np.abs(found_corners - partners).max()} pixels off")


def read_pages(off):
    """Return the accuracy on the test pages when windows are `off` pixels too low and right."""
    right = [
        name_it.predict(hog_features(cut(a_page, inside(known + off)), cell=7))
        == data.y_test[used]
        for a_page, known, used in test_pages
    ]
    return np.mean(right)


print("at the true places more than 85 % are read right:", read_pages(0) > 0.85)
print("four pixels off, fewer than half:", read_pages(4) < 0.5)

# %% [markdown]
# **A chain of programs inherits the errors of its first link.**
#
# How good is the detector on six other pages? Note that there is no accuracy here: nobody can
# count all the places at which rightly nothing was found.

# %%
hits = misses = false_alarms = 0
for a_page, known, _ in test_pages[:6]:
    found_here = detect(a_page)
    table = np.array([[iou(box_at(f), box_at(k)) for k in known] for f in found_here])
    hits += int(np.sum(table.max(axis=0) >= 0.5))
    misses += int(np.sum(table.max(axis=0) < 0.5))
    false_alarms += int(np.sum(table.max(axis=1) < 0.5))
print("at least 32 of 36 digits found:", hits >= 32)
print("at most one false alarm a page, on average:", false_alarms <= 6)

# %% tags=["nbval-ignore-output"]
print(f"hits {hits}, misses {misses}, false alarms {false_alarms}")

# %% [markdown]
# Our detector learned from few pages and knows one size only. Chapter 12 builds a
# serious one, and its metric (average precision) takes all thresholds into account.
#
# ### Task 3 · Recognition: is it this very one?
#
# *In:* one thing, and a **register** of known individuals. *Out:* which of them it is, or
# "unknown". That is **recognition** (by matching), and not classification. A face, a licence plate or a signature belongs to
# somebody; there are as many "classes" as individuals, often with a single picture of each; and
# tomorrow one more comes, for whom nobody wants to train again.
#
# Take each handwritten digit as an individual, as if it were a signature. Our register holds the
# clean pictures of twenty test digits, among them the first four of our page. The page itself is
# their second picture: paler, on rough paper, scratched, and found at a slightly wrong place.
#
# We compare by **cosine similarity**: how much do two rows of numbers point in the same direction?
#
# $$\cos(a, b) = \frac{a \cdot b}{\lVert a \rVert \, \lVert b \rVert}$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $a$, $b$ | two pictures as rows, each with its mean subtracted | (784,) |
# | $\lVert a \rVert$ | length $\sqrt{a \cdot a}$ | one number |
# | $\cos$ | 1: same direction, however pale; 0: nothing in common | one number |
#
# **By hand.** $a = (3, 4)$, $b = (4, 3)$: $a \cdot b = 24$, both lengths are 5, so
# $\cos = 24/25 = 0.96$. With $b = (8, 6)$, twice as strong, it is still 0.96. The *distance* of
# chapter 01 is $\sqrt{2}$ in the first case and $\sqrt{29}$ in the second: it takes strength for
# difference.


# %%
def cosine(a, b):
    """Return the cosine similarity of two rows of numbers."""
    return a @ b / np.sqrt((a @ a) * (b @ b))


a, b = np.array([3.0, 4.0]), np.array([4.0, 3.0])
np.testing.assert_allclose([cosine(a, b), cosine(a, 2 * b)], [0.96, 0.96])
np.testing.assert_allclose(cosine_similarity([a], [b]), [[0.96]])
np.testing.assert_allclose(np.linalg.norm(a - b) ** 2, 2)
np.testing.assert_allclose(np.linalg.norm(a - 2 * b) ** 2, 29)


def centred(X):
    """Return pictures as rows, each with its own mean subtracted."""
    rows = as_rows(X)
    return rows - rows.mean(axis=1, keepdims=True)


def similarities(page, corner, register, reach=2):
    """Return for each register picture its best similarity within `reach` pixels of a corner."""
    steps = np.arange(-reach, reach + 1)
    near = inside([(corner[0] + i, corner[1] + j) for i in steps for j in steps])
    return cosine_similarity(centred(cut(page, near)), centred(register)).max(axis=0)


# %% [markdown]
# `reach` is the important part: here the cut-outs are up to two pixels off, and chapter 01 showed
# what two pixels do. So we try all 5×5 places nearby and keep the best. (After our coarse detector
# one would take `reach=4`.) Now the register, and who is who:

# %%
strangers_to_page = np.setdiff1d(np.arange(len(data.X_test)), on_page)
enrolled = np.concatenate([on_page[:4], strangers_to_page[:16]])  # 20 known test digits
register = data.X_test[enrolled, ..., 0]
moved_corners = inside(corners + np.array([[1, -2], [-2, 0], [2, 1], [0, 2], [-1, -1], [1, 1]]))

table = np.array([similarities(page, corner, register) for corner in moved_corners])  # (6, 20)
best, likeness = table.argmax(axis=1), table.max(axis=1)
figure, axes = plt.subplots(2, 6, figsize=(8, 3.2))
for column, (corner, place, value) in enumerate(zip(moved_corners, best, likeness)):
    draw_image(axes[0, column], cut(page, [corner])[0])
    draw_image(axes[1, column], register[place])
    axes[1, column].set_title(f"No. {place}: {value:.2f}", fontsize=9)
    axes[0, column].set_title("known" if column < 4 else "unknown", fontsize=9)
axes[0, 0].set_ylabel("on the page")
axes[1, 0].set_ylabel("most similar")
show(
    figure,
    alt="Six cut-outs of the page above the most similar picture of the register with number and "
    "similarity. For the four known ones it is the same handwriting, for the two unknown ones a "
    "picture of a different digit with a similar shape.",
)
np.testing.assert_array_equal(best[:4], [0, 1, 2, 3])
likeness.round(2)

# %% [markdown]
# **The metric** has two parts, because there are two ways to fail:
#
# - **rank-1 accuracy**: of the known ones, for which share is the most similar entry the right
#   one?
# - The unknown ones have a most similar entry, too. So one demands a minimum, a threshold. Below
#   it, the answer is "unknown". Then the **false-accept rate** is the share of unknown ones that
#   get somebody's number, and the **false-reject rate** the share of known ones that are sent
#   away.
#
# We measure on the 30 test pages. Of each page's six digits the first three are in the register.


# %%
def measure(reach, others=0):
    """Return (rank1, similarity of the known, similarity of the unknown) over all test pages.

    A page's register holds its first three digits and `others` more that are not on the page.
    """
    first, known_best, unknown_best = [], [], []
    for number, (a_page, known, used) in enumerate(test_pages):
        rest = np.setdiff1d(np.arange(len(data.X_test)), used)
        in_register = np.concatenate([used[:3], rest[:others]])
        random = np.random.default_rng(number)
        rough = inside(known + random.integers(-2, 3, known.shape))  # as a detector would find it
        table = np.array(
            [
                similarities(a_page, corner, data.X_test[in_register, ..., 0], reach)
                for corner in rough
            ]
        )
        first += list(table[:3].argmax(axis=1) == [0, 1, 2])
        known_best += list(table[:3].max(axis=1))
        unknown_best += list(table[3:].max(axis=1))
    return np.mean(first), np.array(known_best), np.array(unknown_best)


measured = {}  # size of the register: what was measured
rank1_without, *_ = measure(reach=0, others=37)
measured[40] = measure(reach=2, others=37)
measured[300] = measure(reach=2, others=297)
print(f"register of 40, without looking nearby: rank-1 accuracy {rank1_without:.0%}")
for register_size, (rank1, *_) in measured.items():
    print(f"register of {register_size}, looking nearby: rank-1 accuracy {rank1:.0%}")

# %%
_, known_best, unknown_best = measured[40]
figure, axis = plt.subplots(figsize=(7, 3))
bins = np.linspace(0.6, 1, 33)
axis.hist(known_best, bins, histtype="step", linewidth=2, label="in the register")
axis.hist(unknown_best, bins, histtype="step", linewidth=2, linestyle="--", label="not in it")
axis.set(xlabel="highest similarity in a register of 40", ylabel="digits")
axis.set_title("No threshold separates known and unknown")
axis.legend(loc="upper left")
show(
    figure,
    alt="Two histograms of the highest similarity: the digits in the register pile up close to 1, "
    "with a tail down to below 0.9; those not in it form a broad hill between 0.8 and 0.95 that "
    "reaches further up, so the two overlap.",
)
assert known_best.min() < unknown_best.max()

# %%
print("register   threshold   false rejects   false accepts")
for register_size, (_, known_best, unknown_best) in measured.items():
    for threshold in (0.90, 0.94, 0.98):
        rejects, accepts = np.mean(known_best < threshold), np.mean(unknown_best >= threshold)
        print(f"{register_size:8}{threshold:12.2f}{rejects:16.0%}{accepts:16.0%}")

# %% [markdown]
# A higher threshold lets fewer strangers in and sends more friends away. Which one is right
# depends on the door: a phone can ask twice, a bank vault should rather refuse. And note the
# second half of the table: the *larger* the register, the more often an unknown one resembles
# somebody in it. A rate measured on a small register says little about a large one. Chapter 13
# learns a similarity and treats all this with care, also what can go wrong when the individuals
# are people.
#
# ### Task 4 · Generation: make another one
#
# *In:* nothing but chance, and perhaps a wish ("a 4"). *Out:* a picture. That is **generation**. The
# training pictures of a class are a cloud of points in a space of 784 numbers. Describe the cloud, then draw a new
# point from it. Our description is the simplest one: a mean picture $\mu$, the directions $u_j$ in
# which the pictures differ most, and how far they spread along each of them, $\sigma_j$
# (**principal component analysis**, PCA). A new picture takes a random step along each direction:
#
# $$x = \mu + \sum_{j=1}^{q} z_j \, \sigma_j \, u_j \qquad z_j \text{ drawn from a normal
# distribution}$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $\mu$ | mean of the training pictures of one class | (784,) |
# | $u_j$ | direction number $j$, of length 1 | (784,) |
# | $\sigma_j$ | spread along it (standard deviation) | one number |
# | $z_j$ | chance (the bell curve): mean 0, standard deviation 1 | one number |
# | $q$ | how many directions; a hyper-parameter, here 20 | one number |
# | $x$ | new picture | (784,) |
#
# **By hand**, with two pixels and one direction: $\mu = (1, 1)$, $u = (0.6, 0.8)$, $\sigma = 2$,
# and chance gives $z = 0.5$: $x = (1, 1) + 0.5 \cdot 2 \cdot (0.6, 0.8) = (1.6, 1.8)$.


# %%
def draw_from_cloud(mu, sigma, u, z):
    """Return new pictures (n, pixels); sigma (q,), u (q, pixels), z (n, q)."""
    return mu + (z * sigma) @ u


x = draw_from_cloud(np.ones(2), np.array([2.0]), np.array([[0.6, 0.8]]), np.array([[0.5]]))
np.testing.assert_allclose(x, [[1.6, 1.8]])

fours = pixels_train[data.y_train == 4].astype("float64")
cloud = PCA(20).fit(fours)
z = np.random.default_rng(0).normal(size=(5, 20))
sigma = np.sqrt(cloud.explained_variance_)
np.testing.assert_allclose(
    draw_from_cloud(cloud.mean_, sigma, cloud.components_, z), cloud.inverse_transform(z * sigma)
)
x.round(1)


# %%
def generate(label, count, seed):
    """Return `count` new pictures (count, 28, 28) of one class."""
    cloud = PCA(20).fit(pixels_train[data.y_train == label].astype("float64"))
    z = np.random.default_rng(seed).normal(size=(count, 20))
    sigma = np.sqrt(cloud.explained_variance_)
    return draw_from_cloud(cloud.mean_, sigma, cloud.components_, z).clip(0, 1).reshape(-1, 28, 28)


new_digits = np.array([generate(label, 1, seed=7)[0] for label in data.y_test[on_page]])
new_page, _ = make_page(new_digits, seed=8)  # the same places, the same paper, the same scratches
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.1))
draw_image(axes[0], page)
axes[0].set_title("Written by people")
draw_image(axes[1], new_page)
axes[1].set_title("Made by a program")
show(
    figure,
    alt="Our page beside a page with the same six digits at the same places, generated: readable, a "
    "little softer and blotchier than the handwriting.",
)

# %% [markdown]
# **The metric: there is no single one.** A generated picture has no right answer to compare with.
# Each number below catches one way to fail. We compare our generator with two cheats: one hands
# out *copies* of training pictures, the other always the *mean* of its class.
#
# - Does a classifier, trained on real digits, read what was wished for?
# - How far is the nearest training picture? (0: a copy.)
# - How far are two generated pictures of one class from each other? (0: always the same.)

# %%
judge = logistic().fit(hogs_train, data.y_train)
wished = np.repeat(np.arange(10), 30)


def three_numbers(X, y):
    """Return (share read as wished, distance to the nearest training picture, spread)."""
    rows = as_rows(X)
    nearest = KNeighborsClassifier(1).fit(pixels_train, data.y_train).kneighbors(rows)[0].mean()
    pairs = [
        np.linalg.norm(rows[y == label] - np.roll(rows[y == label], 1, axis=0), axis=1).mean()
        for label in range(10)
    ]
    return np.mean(judge.predict(hog_features(X)) == y), nearest, np.mean(pairs)


def pick(label):
    """Return 30 training pictures of one class."""
    return data.X_train[data.y_train == label][:30, ..., 0]


scored = {
    "real test digits": three_numbers(data.X_test, data.y_test),
    "our generator": three_numbers(
        np.concatenate([generate(c, 30, seed=c) for c in range(10)]), wished
    ),
    "cheat: copies": three_numbers(np.concatenate([pick(c) for c in range(10)]), wished),
    "cheat: means": three_numbers(
        np.concatenate(
            [[data.X_train[data.y_train == c, ..., 0].mean(axis=0)] * 30 for c in range(10)]
        ),
        wished,
    ),
}
print(f"{'':18}{'nearest training picture':>26}{'spread':>9}")
for name, (_, nearest, spread) in scored.items():
    print(f"{name:18}{nearest:26.2f}{spread:9.2f}")
for name, (as_wished, *_) in scored.items():
    print(f"{name}: at least 95 % read as wished: {as_wished > 0.95}")

# %% [markdown]
# The classifier is content with all of them, cheats included. The copies look perfect to everyone
# who does not know the training pictures; only the distance 0 gives them away. The means are
# nearly as far from the training pictures as real ones; only the missing spread gives them away. Our
# generator passes all three tests (its pictures differ a little less from each other than real
# ones do, and lie a little further from the training pictures). And still the figure shows that
# they are blotchy, which none of the three numbers says. **Report several numbers, and look at the
# pictures.** Chapter 14 makes better ones, with networks.
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
# pictures, 10 of them of a rare illness.
#
# | program | hits | misses | false alarms | accuracy |
# | --- | --- | --- | --- | --- |
# | A: always says "healthy" | 0 | 10 | 0 | $990/1000 = 99.0\ \%$ |
# | B | 8 | 2 | 40 | $(1000 - 2 - 40)/1000 = 95.8\ \%$ |
#
# By accuracy A is better, and it is worthless. When classes are rare or mistakes unequal, say what
# a mistake *costs*. Suppose a miss costs as much as 100 false alarms:
#
# $$\text{cost} = 100 \cdot \text{misses} + 1 \cdot \text{false alarms} \qquad
# A: 1000 \qquad B: 200 + 40 = 240$$

# %%
sick = np.arange(1000) < 10  # ten True, then 990 False
says_a = np.zeros(1000, dtype=bool)
says_b = (np.arange(1000) < 8) | (np.arange(1000) >= 960)  # 8 hits and 40 false alarms
for name, says in (("A", says_a), ("B", says_b)):
    misses, false_alarms = np.sum(sick & ~says), np.sum(~sick & says)
    cost = 100 * misses + false_alarms
    print(f"{name}: accuracy {np.mean(says == sick):.1%}, cost {cost}")

# %% [markdown]
# Where the scores of a program are known, one can move its threshold until the cost is lowest
# (exercise 2.5).
#
# And the method? What we measured in this chapter, in five lines:
#
# - **Few pictures, and somebody knows which features matter** (outlines of centred digits):
#   features made by hand with a simple classifier. Cheap, and clearly the best here up to 100 pictures.
# - **Few pictures and no idea which features matter** (`faces`): begin with a simple classifier on
#   the pixels. It may be all you need, and the others must beat it.
# - **New pictures are near copies of old ones**: nearest neighbours. Nothing to train; but each
#   answer costs more, the more pictures there are.
# - **Many pictures, or a task for which nobody has good features**: a network. "Go further" shows
#   the crossing on MNIST.
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
# that grows and strangers who must be turned away. B needs places before it can count. G makes new
# pixels, even if only a few. A task can also be built of two: chapter 13 first detects the letters
# of a licence plate, then classifies them, then looks the plate up.

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
# Section 2's `vote` does nearly the same. Section 3 counted with weights: `np.bincount(…,
# weights=…)`.
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
with check("Exercise 2.2"):
    answer_check = weighted_vote(np.array([5.0, 1.0, 1.0]), np.array([3, 8, 8]), 3)
    assert np.ndim(answer_check) == 0, "return one label, not an array"
    assert answer_check in (3, 8), "return one of the labels: 3 or 8, not a position or a weight"
    assert answer_check == 8, (
        "distances 5, 1, 1 with labels 3, 8, 8: your answer is 3; do far neighbours count more?"
    )
    assert weighted_vote(np.array([4.0, 4.0, 1.0]), np.array([3, 3, 8]), 3) == 8, (
        "distances 4, 4, 1 with labels 3, 3, 8: your answer is 3; do near ones count more, each for its own "
        "label?"
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
    check_set = load("digits")
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
# reasonable. It is a hyper-parameter like any other.

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
    assert score_detections(known_check, [], 0.5) == (0, 0, 2), (
        "nothing was there: every found box is a false alarm"
    )
    assert score_detections([(50, 50, 60, 60)], known_check, 0.5) == (0, 2, 1), (
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
    assert score_detections([(50, 50, 60, 60), (0, 0, 10, 10)], near_check[:1], 0.5) == (
        1,
        0,
        1,
    ), "a false alarm must leave the known box for the next found one"
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
# than the best draw of A. If there is no such size, return `None`. The sizes are sorted.
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
with check("Exercise 2.4"):
    sizes_check = [10, 20, 40, 80]
    A_check = np.array([[0.60, 0.70], [0.70, 0.78], [0.75, 0.80], [0.80, 0.82]])
    B_check = np.array([[0.50, 0.60], [0.75, 0.85], [0.85, 0.90], [0.91, 0.93]])
    given_check = crossover(sizes_check, A_check, B_check)
    assert given_check is None or np.ndim(given_check) == 0 and given_check in sizes_check, (
        f"return one of the sizes, or None; you returned {given_check!r}"
    )
    assert given_check is not None, (
        "B is clearly better at the largest size, and you returned None: is the worst draw of B "
        "compared with the best one of A?"
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
# not even touch, luck is no good explanation. A lead that disappears at the next size was probably
# luck. On our own curves try `crossover(SIZES, curves["logistic, pixels"], curves["network"])`.

# %% [markdown]
# ### Exercise 2.5 · What does a mistake cost?
#
# A program gives each picture a score; it says "sick" where the score is at least the threshold.
# Write `cheapest_threshold(scores, truth, thresholds, miss_cost, false_alarm_cost)`: the one of
# the given thresholds with the lowest total cost (section 10); the first of them, if several cost
# the same. `truth` holds True for sick.
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
with check("Exercise 2.5"):
    truth_check = np.array([True] * 2 + [False] * 18)
    scores_check = np.array([0.9, 0.4] + [0.6] * 3 + [0.3] * 5 + [0.1] * 10)
    thresholds_check = [0.0, 0.2, 0.35, 0.7, 0.95]
    mistakes_check = dict(zip(thresholds_check, (18, 8, 3, 1, 2)))
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
# with only 100 digits must read at least 85 % of the other training digits. (From all 784 pixels
# it reads about 89 %.) Any idea is allowed that looks at one picture at a time and at no label.
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
with check("Exercise 2.6"):
    digits_check = load("digits")
    X_check, y_check = digits_check.X_train, digits_check.y_train
    some_check = np.asarray(my_features(X_check[:20]))
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
# **Why.** 63 numbers about edges do better here than 784 pixels: with 100 examples, fewer and
# better questions are easier to answer. Means of 4×4 pixels (49 numbers) pass, too. What you did
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
# - Which method is best depends on the data and on how many pictures there are. With few digits,
#   features made by hand (HOG) won; on the faces, their lead over the network was gone.
# - A comparison needs the same pictures, several draws with bands, enough pictures to judge on,
#   hyper-parameters that were not chosen on the test set, and the costs beside the accuracy.
# - Classification, detection, recognition and generation differ in the form of their answer. Each
#   needs its own metric, and generation more than one.
# - Accuracy treats all mistakes alike. Where one class is rare or one mistake dear, name the
#   costs.
#
# ## Glossary
#
# - **artificial intelligence**: programs that do what seems to need intelligence, in whatever way.
# - **classification**: the task to give a whole picture one name from a fixed list.
# - **cosine similarity**: how much two rows of numbers point in the same direction; 1 at most.
# - **deep learning**: machine learning with a chain of many learned layers.
# - **detection**: the task to find where in a picture things are, and to put a box round each.
# - **false-accept rate**: the share of unknown individuals that are taken for somebody known.
# - **false-reject rate**: the share of known individuals that are not accepted.
# - **feature**: a number computed from a picture, for a classifier to use.
# - **generation**: the task to make a new picture.
# - **histogram of oriented gradients (HOG)**: features that say which directions edges have in
#   each cell of a picture.
# - **hyper-parameter**: a number chosen before training, such as $k$; training does not set it.
# - **intersection over union (IoU)**: the area that two boxes share, divided by the area that they
#   cover together.
# - **learning curve**: a measure of success against the number of training examples.
# - **machine learning**: finding the numbers of a program from examples instead of writing them.
# - **metric**: a rule that turns answers and truth into a number that says how good they are.
# - **model**: a formula with numbers that training sets: picture in, answer out.
# - **principal component analysis (PCA)**: the mean of a cloud of points, and the directions in
#   which it spreads most.
# - **prediction**: the answer of a trained model for a new picture, and the act of getting it.
# - **rank-1 accuracy**: the share of known individuals whose most similar entry is the right one.
# - **recognition (by matching)**: the task to say which individual of a register it is, or none.
# - **supervised learning**: learning from examples that come with the right answers.
# - **training**: setting the numbers of a model by examples.
# - **unsupervised learning**: learning from examples without answers.
#
# ## Further reading
#
# - Navneet Dalal, Bill Triggs: *Histograms of oriented gradients for human detection*. Conference
#   on Computer Vision and Pattern Recognition, 2005.
# - Thomas Cover, Peter Hart: *Nearest neighbor pattern classification*. IEEE Transactions on
#   Information Theory 13(1), 1967.
# - Ian Goodfellow, Yoshua Bengio, Aaron Courville: *Deep Learning*, chapter 1. MIT Press, 2016.
#   The circles of section 1, at length.
# - Matthew Turk, Alex Pentland: *Eigenfaces for recognition*. Journal of Cognitive Neuroscience
#   3(1), 1991. Principal component analysis of pictures, used for matching.
# - Ethem Alpaydin, Cenk Kaynak: *Optical recognition of handwritten digits*. UCI machine learning
#   repository, 1998. Our digits, and who wrote them.
# - Mark Everingham, Luc Van Gool, Christopher Williams, John Winn, Andrew Zisserman: *The Pascal
#   visual object classes (VOC) challenge*. International Journal of Computer Vision 88(2), 2010.
#   How detectors are scored, with IoU 0.5.
# - Anil Jain, Arun Ross, Salil Prabhakar: *An introduction to biometric recognition*. IEEE
#   Transactions on Circuits and Systems for Video Technology 14(1), 2004. False accepts and
#   rejects.
# - Martin Heusel and others: *GANs trained by a two time-scale update rule converge to a local
#   Nash equilibrium*. Advances in Neural Information Processing Systems 30, 2017. A much used
#   metric for generated pictures.
# - David Wolpert: *The lack of a priori distinctions between learning algorithms*. Neural
#   Computation 8(7), 1996. Why no method can be the best for all data.
#
# ## Go further
#
# Take `mnist = load("mnist")` for `data` in the experiment (chapter [00](00_start_here.ipynb) says
# how to have it): `classical_curves(mnist, hog_features(mnist.X_train),
# hog_features(mnist.X_test))` and `network_curve(mnist)`, with more sizes and, in section 4,
# `STEPS = 1500`. *Guess first: where will the network overtake HOG?* Many more people wrote these
# digits. We measured the accuracy on the 10,000 test digits, as the mean of two draws (one for the
# pixels with 50,000 digits):
#
# | training digits | nearest neighbours | logistic, pixels | logistic, HOG | network |
# | --- | --- | --- | --- | --- |
# | 25 | 0.490 | 0.518 | **0.671** | 0.508 |
# | 100 | 0.732 | 0.741 | **0.867** | 0.741 |
# | 400 | 0.838 | 0.850 | **0.941** | 0.908 |
# | 1,600 | 0.902 | 0.881 | 0.960 | **0.969** |
# | 6,400 | 0.943 | 0.901 | 0.971 | **0.987** |
# | 50,000 | 0.969 | 0.924 | 0.980 | **0.990** |
#
# Here they cross, between 400 and 1,600 digits. With 50,000 the network makes half as many mistakes
# as HOG. *Which of the four would you expect to gain most from 500,000 digits?*
#
# The number of steps matters. With only 150 steps the network reached 0.962 with 50,000 digits,
# less than HOG. On our own digits we tried it on validation pictures (means of five draws): with
# 50, 100, 150 and 400 steps the accuracy was 0.900, 0.903, 0.913 and 0.919 for 100 training
# digits, and 0.974, 0.986, 0.991 and 0.993 for 1,300. So 150 steps do the network no great wrong
# there.
#
# Next: chapter 03 looks at what happens *before* any method sees a picture.
