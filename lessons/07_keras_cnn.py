# %% [markdown]
# # 07 · Build a Keras CNN, line by line
#
# Twelve lines of Keras are enough to build and train a network that reads handwritten digits.
# You find such a listing in hundreds of tutorials. Copying it is easy. Knowing what each line
# does, which number may be changed, and what breaks when it is changed: that is this chapter. At
# its end you compute the whole network without Keras, and let it read a picture that you drew.
#
# **You will learn to**
#
# - say for every line of a Keras listing what it does and why it is there;
# - predict the output shape and the number of parameters of each layer with a pencil;
# - write the same network in three forms, and its forward pass in NumPy, and prove them equal;
# - choose the loss that fits your labels, and make the network read a picture from your disk;
# - replace the listing by a recipe that computes a fraction, and judge fairly whether it is as
#   good.
#
# **You need** chapter [04](04_convolution.ipynb): convolution, pooling, shapes. How a network
# learns is told here in plain words; chapters 05 and 06 open that box. If you come from them, read
# fast where softmax (section 4), cross-entropy (section 6) and batches (section 7) return: there
# you learn what Keras calls them.
#
# **Time:** about 120 minutes to read and do, under 2 minutes of computing.

# %%
from utils.runtime import start

start()

# %%
import math
import tempfile
import warnings
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from PIL import Image, ImageDraw
from sklearn.model_selection import train_test_split

from utils.datasets import load
from utils.exercises import check, quiz
from utils.layers import convolve, max_pool
from utils.plots import draw_image, show, show_images

# %% [markdown]
# ## Look first
#
# The task: pictures like these go in, and for each one the network shall say which digit it is.
# People wrote them on forms; the number above each picture is its *label*, the right answer. (They
# look blurred because the data set keeps only 8×8 numbers of each digit. This course enlarges each
# of them to 3×3 pixels, with soft borders: 24×24, and a margin of 2 all around makes 28×28.)

# %%
data = load("digits")
show_images(
    data.X_train[:16],
    titles=data.y_train[:16],
    alt="Sixteen handwritten digits, light on black, coarse and a little blurred, each with its "
    "label above it.",
)
data

# %% [markdown]
# ## 1 · Bring the data into the form that the listing wants
#
# The listing will use four names. We prepare them now.
#
# | name | meaning | shape |
# | --- | --- | --- |
# | `X_train` | pictures to learn from | (1415, 28, 28, 1): pictures, height, width, channels |
# | `y_train` | their labels | (1415, 10): see below |
# | `X_test` | pictures that the network never learns from | (382, 28, 28, 1) |
# | `y_test` | their labels | (382, 10) |
#
# The capital `X` is the field's habit for many inputs, the small `y` for their answers. The pixels
# are decimal numbers from 0 (black) to 1 (white); chapter 03 shows why not from 0 to 255.
#
# ### One-hot labels
#
# A label is an integer, such as 3. But the network of this chapter answers with *ten* numbers, one
# for each class: how sure it is of a 0, of a 1, and so on. To compare them with the truth we write
# the truth as ten numbers, too: a 1 at the right class, 0 elsewhere. This is a *one-hot
# encoding*: one place is "hot".
#
# $$3 \;\rightarrow\; (0, 0, 0, 1, 0, 0, 0, 0, 0, 0)$$
#
# In NumPy: take the table with ones on its diagonal, `np.eye(10)`. Its row 3 is the line above. So
# one-hot encoding means: pick a row for each label. Keras has a function for it.

# %%
labels = np.array([3, 0, 9])
one_hot = np.eye(10)[labels]  # (3,) → (3, 10)

np.testing.assert_array_equal(one_hot, keras.utils.to_categorical(labels, num_classes=10))
np.testing.assert_array_equal(one_hot.argmax(axis=1), labels)  # and back again
one_hot.astype(int)

# %%
X_train, X_test = data.X_train, data.X_test
y_train = keras.utils.to_categorical(data.y_train, num_classes=10)
y_test = keras.utils.to_categorical(data.y_test, num_classes=10)

print("X_train", X_train.shape, X_train.dtype, f"from {X_train.min():.0f} to {X_train.max():.0f}")
print("y_train", y_train.shape, "  X_test", X_test.shape, "  y_test", y_test.shape)

# %% [markdown]
# ## 2 · Run the listing
#
# **Run the next cell and do not read it yet.** It only makes the output below the same each time
# and easy to read; your own programs do not need it. In short: no progress bar with its changing
# seconds; a small table of what was measured in each epoch; Keras' one warning (section 3) printed
# like any other output; and the random numbers begin afresh, so that section 8 can repeat this
# run.


# %%
def history_table(history):
    """Return a training history as text, one line for each epoch."""
    lines = ["epoch" + "".join(f"{name:>14}" for name in history.history)]
    for epoch, values in enumerate(zip(*history.history.values()), start=1):
        lines.append(f"{epoch:5}" + "".join(f"{value:14.4f}" for value in values))
    return "\n".join(lines)


def print_warning(message, category, *place):
    """Print a warning as ordinary output, without the place in Keras' code."""
    print(f"{category.__name__}: {message}\n")


start()
keras.utils.disable_interactive_logging()  # no progress bar
keras.callbacks.History.__repr__ = history_table  # how `fit`'s result shows itself
usual_way, warnings.showwarning = warnings.showwarning, print_warning

# %% [markdown]
# Now the listing. Read it once, run it, and look at the table that it leaves. Half a minute is
# normal.

# %% tags=["nbval-ignore-output"]
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Flatten, Dense

model = Sequential()
model.add(Conv2D(32, (3, 3), activation='relu', input_shape=(28, 28, 1)))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(64, (3, 3), activation='relu'))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(128, activation='relu'))
model.add(Dense(10, activation='softmax'))
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(X_train, y_train, epochs=10, batch_size=32, validation_data=(X_test, y_test))

# %% [markdown]
# From now on Keras may talk and warn as usual, and we keep what was measured. (Your figures may
# differ: processors add up in different orders, and what begins in the last digit can grow, in 450
# steps, to a percentage point. On one machine, `start()` makes every run the same.)

# %%
keras.utils.enable_interactive_logging()
warnings.showwarning = usual_way
listing_history = model.history.history  # a dict: a list of 10 numbers for each of 4 names
assert listing_history["accuracy"][0] < 0.9 < 0.97 < listing_history["accuracy"][-1]
print("names:", ", ".join(listing_history))
print("accuracy on the test pictures at least 0.95:", listing_history["val_accuracy"][-1] >= 0.95)

# %% [markdown]
# **How to read the table.**
#
# - An *epoch* is one walk through all training pictures. The listing does 10.
# - The accuracy is the share of pictures whose class is named correctly.
# - The *loss* is one number that says how wrong the network is; it counts not only *whether* the
#   answer is wrong but also *how sure* the network was. Training makes it small. Section 6
#   computes it by hand.
# - `val_accuracy` and `val_loss` are the same two, measured after each epoch on the pictures given
#   as `validation_data`. From those the network does not learn.

# %%
epochs = np.arange(1, 11)
figure, axes = plt.subplots(1, 2, figsize=(8, 3))
for axis, name in zip(axes, ("loss", "accuracy")):
    axis.plot(epochs, listing_history[name], "o-", label="X_train")
    axis.plot(epochs, listing_history["val_" + name], "s--", label="X_test")
    axis.set(xlabel="epoch", ylabel=name, xticks=epochs)
    axis.legend()
axes[0].set_title("The loss falls …")
axes[1].set_title("… the accuracy rises")
show(
    figure,
    alt="Two curves over 10 epochs, for the training and for the test pictures. The loss falls "
    "steeply during the first two epochs and then slowly; the accuracy rises in the same way. "
    "At the end the training curve is the better one in both pictures.",
)
assert listing_history["loss"][-1] < listing_history["val_loss"][-1]
assert listing_history["accuracy"][-1] > listing_history["val_accuracy"][-1]

# %% [markdown]
# Most of the work is done after two epochs. And in the end the network does better on the pictures
# that it has learned from than on new ones. That gap is the subject of chapter 09.
#
# But why are the *test* pictures ahead after the first epoch? The two are not measured at the same
# time. `accuracy` is the mean over the whole epoch, its poor beginning included; `val_accuracy` is
# measured when the epoch is over and the network has learned.
#
# ## 3 · The warning, and the modern form
#
# The output began with
#
# ```
# UserWarning: Do not pass an `input_shape`/`input_dim` argument to a layer.
# When using Sequential models, prefer using an `Input(shape)` object as the
# first layer in the model instead.
# ```
#
# A warning is not an error: the program runs on, and does what was asked. This one is about
# **style**. The listing was written for an older Keras, in which the first layer had to say what
# shape its input has. Keras 3 still understands this, but wants the shape to stand by itself: the
# shape belongs to the *network*, not to one layer. Nothing is computed differently.
#
# So the **modern form** begins with `keras.Input`. We also give all layers in one list, and turn
# warnings into errors for this cell: it runs, so there is none.


# %%
def build_modern():
    """Return the network of the listing, in the form that Keras 3 wants."""
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


with warnings.catch_warnings():
    warnings.simplefilter("error", UserWarning)
    modern = build_modern()
f"no warning, {modern.count_params():,} parameters"

# %% [markdown]
# Why must the shape be known at all? Because a layer can make its weights only when it knows how
# many channels come in: a kernel of 3×3 has 9 weights for each channel. Without `Input` the
# network is a plan without weights, until it meets the first pictures.

# %%
plan = keras.Sequential([layers.Conv2D(32, (3, 3)), layers.MaxPooling2D((2, 2))])
weights_before = len(plan.weights)
_ = plan(X_train[:1])  # now it sees a shape
weights_before, [tuple(weight.shape) for weight in plan.weights]

# %% [markdown]
# ## 4 · Line by line: the layers
#
# ```python
# from keras.models import Sequential
# from keras.layers import Conv2D, MaxPooling2D, Flatten, Dense
# ```
#
# Keras is a library of parts. A **layer** is one step of computing: numbers in, numbers out, most
# often with weights that it learns. A *model* puts layers together. The two lines fetch the
# parts by name, so that we may write `Conv2D` where `keras.layers.Conv2D` would be the full name.
#
# ```python
# model = Sequential()
# ```
#
# An empty chain. *Sequential* means: the output of each layer is the input of the next, no
# branches. `model.add(…)` appends a layer.
#
# ### Predict every shape and every number
#
# Take a pencil and cover the next table. A picture of (28, 28, 1) goes in. What comes out of each
# layer, and how many **parameters** (weights and biases, the learned numbers) does it have? You
# know the rules from chapter 04:
#
# - convolution without padding: size $- \,3 + 1$; parameters
#   $(3 \cdot 3 \cdot \text{channels} + 1) \cdot \text{filters}$;
# - pooling of 2×2: half the size, rounded down; nothing is learned;
# - `Flatten` lays all numbers in one row; nothing is learned;
# - a *dense layer* multiplies every input by a weight, for every output, and adds a bias:
#   $y = f(x W + b)$; parameters $(\text{inputs} + 1) \cdot \text{outputs}$.
#
# | layer | output shape | how | parameters | how |
# | --- | --- | --- | --- | --- |
# | `Conv2D(32, (3, 3))` | (26, 26, 32) | $28 - 3 + 1$ | 320 | $(3 \cdot 3 \cdot 1 + 1) \cdot 32$ |
# | `MaxPooling2D((2, 2))` | (13, 13, 32) | $26 / 2$ | 0 | |
# | `Conv2D(64, (3, 3))` | (11, 11, 64) | $13 - 3 + 1$ | 18,496 | $(3 \cdot 3 \cdot 32 + 1) \cdot 64$ |
# | `MaxPooling2D((2, 2))` | (5, 5, 64) | $\lfloor 11 / 2 \rfloor$ | 0 | |
# | `Flatten()` | (1600,) | $5 \cdot 5 \cdot 64$ | 0 | |
# | `Dense(128)` | (128,) | | 204,928 | $(1600 + 1) \cdot 128$ |
# | `Dense(10)` | (10,) | | 1,290 | $(128 + 1) \cdot 10$ |
# | together | | | 225,034 | |
#
# Now ask Keras. `None` in front of each shape is the batch axis: any number of pictures.

# %%
model.summary()

# %%
predicted_shapes = [
    (26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), (1600,), (128,), (10,)
]  # fmt: skip
predicted_counts = [320, 0, 18_496, 0, 0, 204_928, 1_290]

assert [layer.output.shape[1:] for layer in model.layers] == predicted_shapes
assert [layer.count_params() for layer in model.layers] == predicted_counts
assert model.count_params() == sum(predicted_counts) == 225_034
f"{model.count_params():,}"

# %% [markdown]
# All as predicted. But the summary also says *Total params: 675,104*. Three times as many? Read
# on: *Optimizer params: 450,070*. The optimizer Adam keeps two running means for each parameter
# (chapter 06 shows which), and two numbers of its own, the count of its steps and the learning
# rate: $2 \cdot 225{,}034 + 2 = 450{,}070$. They are needed for training only. The network has
# 225,034.

# %%
optimizer_values = sum(int(np.prod(variable.shape)) for variable in model.optimizer.variables)
assert optimizer_values == 2 * 225_034 + 2 == 450_070
f"{optimizer_values:,}"

# %% [markdown]
# Where do the parameters sit? Nine in ten belong to *one* layer. Keep this in mind until section
# 12.

# %%
counts = [layer.count_params() for layer in model.layers]
names = ["Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense(128)", "Dense(10)"]
figure, axis = plt.subplots(figsize=(7, 2.8))
bars = axis.barh(range(7), np.array(counts) / 1000)
axis.bar_label(bars, [f"{count:,}" for count in counts], padding=3)
axis.set(yticks=range(7), yticklabels=names, xlabel="parameters (thousands)", xlim=(0, 245))
axis.invert_yaxis()
axis.set_title("One dense layer holds 91 % of the parameters")
show(
    figure,
    alt="Bars of the parameters of the seven layers: 320, none, 18,496, none, none, 204,928 for "
    "the first dense layer, 1,290 for the last. The first dense layer's bar is by far the longest.",
)
assert round(100 * 204_928 / 225_034) == 91

# %% [markdown]
# ### Each layer, and why it is there
#
# ```python
# model.add(Conv2D(32, (3, 3), activation='relu', input_shape=(28, 28, 1)))
# ```
#
# - `32`: the number of filters, so the number of feature maps that come out. A choice: fewer are
#   cheaper, more can tell more patterns apart. Powers of two are habit, not need.
# - `(3, 3)`: the size of the kernels in pixels. The smallest that has a middle and sees all eight
#   neighbours.
# - `activation='relu'`: $f(z) = \max(0, z)$ for each value. Without it two layers in a row could
#   be replaced by one (chapter 04).
# - `input_shape=(28, 28, 1)`: section 3. The batch axis is not named.
#
# ```python
# model.add(MaxPooling2D((2, 2)))
# ```
#
# Keeps the largest value of each 2×2 window. What follows costs a quarter, and sees twice as far.
#
# ```python
# model.add(Conv2D(64, (3, 3), activation='relu'))
# model.add(MaxPooling2D((2, 2)))
# ```
#
# The same again, on the 32 feature maps. The first convolution finds strokes and edges; the second
# finds *combinations* of them, such as a corner or a curve. There are more combinations than
# strokes, so it gets more filters. Each value now sees 10×10 pixels of the picture (chapter 04,
# section 10).
#
# ```python
# model.add(Flatten())
# ```
#
# A dense layer wants one row of numbers. **Flatten** lays the 5×5×64 numbers of a picture in a row
# of 1,600. It computes nothing: in NumPy it is `reshape`.
#
# ```python
# model.add(Dense(128, activation='relu'))
# ```
#
# 128 neurons, each of which sees all 1,600 numbers: here the network puts together what was found
# *where*. 128 is a choice.
#
# ```python
# model.add(Dense(10, activation='softmax'))
# ```
#
# Ten neurons, because there are ten classes. This number is not a choice. Softmax makes their ten
# sums comparable.
#
# ### Softmax with a pencil
#
# The last layer's sums, the *logits* $z$, are any numbers, positive or negative. *Softmax*
# turns them into numbers between 0 and 1 that add up to 1, in the same order of size:
#
# $$p_k = \frac{e^{z_k}}{\sum_{j} e^{z_j}}$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $z$ | logits, one for each class | (batch, 10) |
# | $p$ | probabilities, one for each class | (batch, 10) |
# | $j$ | runs over the classes of *one* picture | |
#
# **By hand**, for three classes and $z = (2, 1, 0)$. With $e^2 = 7.39$, $e^1 = 2.72$, $e^0 = 1$
# the sum is $11.11$:
#
# $$p = \left( \frac{7.39}{11.11}, \; \frac{2.72}{11.11}, \; \frac{1}{11.11} \right)
# = (0.665, \; 0.245, \; 0.090)$$
#
# Each step of 1 between two logits is a factor of $e = 2.72$ between their probabilities. So
# adding the same number to all logits changes nothing. The code uses this: it subtracts the
# largest one first, because $e^{1000}$ is too large for a computer.


# %%
def softmax(z):
    """Return probabilities of shape (batch, classes); each row adds up to 1."""
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


z = np.array([[2.0, 1.0, 0.0]])
np.testing.assert_allclose(softmax(z), [[0.665, 0.245, 0.090]], atol=0.0005)
np.testing.assert_allclose(softmax(z), keras.ops.softmax(z), rtol=1e-6)
np.testing.assert_allclose(softmax(z + 1000), softmax(z))
softmax(z).round(3)

# %% [markdown]
# The dense layer deserves a pencil, too. Two inputs, three outputs, no activation:
#
# $$x = (1, 2) \qquad W = \begin{pmatrix} 1 & 0 & -1 \\ 2 & 1 & 0 \end{pmatrix} \qquad
# b = (0, 1, 0.5)$$
#
# $$x W + b = (1 + 4, \; 0 + 2 + 1, \; -1 + 0 + 0.5) = (5, 3, -0.5)$$
#
# Shapes: (batch, 2) times (2, 3), plus (3,), gives (batch, 3).

# %%
x = np.array([[1.0, 2.0]])
W = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]])
b = np.array([0.0, 1.0, 0.5])
dense = layers.Dense(3)
dense.build((None, 2))
dense.set_weights([W, b])
np.testing.assert_array_equal(x @ W + b, dense(x))
x @ W + b

# %% [markdown]
# ## 5 · No black box: the whole network in NumPy
#
# You know every layer now. So let us compute the trained network without Keras: take its weights
# out, and use `convolve` and `max_pool` from chapter 04.

# %%
for name, weight in zip(("W1", "b1", "W2", "b2", "W3", "b3", "W4", "b4"), model.get_weights()):
    print(name, weight.shape)


# %%
def forward(X, weights):
    """Return what each layer of the listing makes of the pictures X, the probabilities last."""
    W1, b1, W2, b2, W3, b3, W4, b4 = weights
    maps1 = np.maximum(0, convolve(X, W1, b1))  # (batch, 26, 26, 32)
    pooled1 = max_pool(maps1)  # (batch, 13, 13, 32)
    maps2 = np.maximum(0, convolve(pooled1, W2, b2))  # (batch, 11, 11, 64)
    pooled2 = max_pool(maps2)  # (batch, 5, 5, 64)
    row = pooled2.reshape(len(X), -1)  # (batch, 1600)
    hidden = np.maximum(0, row @ W3 + b3)  # (batch, 128)
    probabilities = softmax(hidden @ W4 + b4)  # (batch, 10)
    return maps1, pooled1, maps2, pooled2, row, hidden, probabilities


# %%
outputs = forward(X_test, model.get_weights())
keras_probabilities = model.predict(X_test, verbose=0)

np.testing.assert_allclose(outputs[-1], keras_probabilities, atol=1e-5)
assert [output.shape[1:] for output in outputs] == predicted_shapes
f"{len(X_test)} pictures, {outputs[-1].size:,} probabilities, all equal to Keras' within 0.00001"

# %% [markdown]
# Seven lines of arithmetic: that is all the network does. What do the feature maps of one digit
# look like on the way?


# %%
def pick_different(maps, count=4):
    """Return the numbers of `count` filters: the strongest, then those least like the others."""
    flat = maps.reshape(-1, maps.shape[-1])  # (places, filters)
    strength = np.linalg.norm(flat, axis=0)
    likeness = (flat.T @ flat) / (np.outer(strength, strength) + 1e-9)
    likeness[strength < strength.max() / 4] = 1  # leave out filters that are nearly silent
    chosen = [int(strength.argmax())]
    while len(chosen) < count:
        chosen.append(int(likeness[:, chosen].max(axis=1).argmin()))
    return chosen


# %%
one = 4  # which test picture
maps1, pooled1, maps2, pooled2, row, hidden, probabilities = [output[one] for output in outputs]
figure, axes = plt.subplots(2, 5, figsize=(8, 3.6))
for axis in axes.flat:
    axis.axis("off")
draw_image(axes[0, 0], X_test[one])
axes[0, 0].set_title("input", loc="center")
for axis, k in zip(axes[0, 1:], pick_different(maps1)):
    axis.imshow(maps1[..., k], cmap="viridis")
    axis.set_title("(26, 26)", loc="center")
for axis, k in zip(axes[1, 1:], pick_different(maps2)):
    axis.imshow(maps2[..., k], cmap="viridis")
    axis.set_title("(11, 11)", loc="center")
figure.suptitle("Feature maps: first strokes and edges, then coarser combinations")
show(
    figure,
    alt="A digit; four feature maps of the first convolution, in each of which other strokes or edges "
    "of the digit light up; four smaller maps of the second convolution with a few bright patches.",
)

# %% [markdown]
# In each row four maps that differ much from each other, bright where the filter found what it
# looks for. Which patterns these filters stand for is a question for chapter 11.
#
# And at the end, ten probabilities:

# %%
figure, axes = plt.subplots(1, 2, figsize=(6.5, 2.6), width_ratios=(1, 2.4))
draw_image(axes[0], X_test[one])
axes[1].bar(range(10), probabilities)
axes[1].set(xlabel="class", ylabel="probability", xticks=range(10), ylim=(0, 1.05))
axes[1].set_title("The answer is the class with the highest bar")
show(
    figure,
    alt="A test digit and ten bars, the probabilities of the classes 0 to 9; one bar, that of the "
    "digit's label, is close to 1, the others are close to 0.",
)
assert probabilities.argmax() == data.y_test[one] and probabilities.max() > 0.5
assert abs(probabilities.sum() - 1) < 1e-5

# %% [markdown]
# ## 6 · Line by line: `compile`
#
# ```python
# model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
# ```
#
# So far the weights could be anything. This line says how they shall be learned. It computes
# nothing yet.
#
# - `loss`: the *loss* is the number that training makes small. It must be *smooth*: a tiny
#   change of a weight must change it a little, so that there is a direction to go.
# - `optimizer`: the **optimizer** is the rule by which weights are changed. For each weight one
#   computes the *gradient*: by how much does the loss grow when this weight grows a little? Then
#   each weight moves a small step the other way. `'adam'` chooses the length of that step for each
#   weight by itself, and so works well without tuning. Chapter 05 computes the gradients, chapter
#   06 builds Adam.
# - `metrics`: what else shall be reported, for people. The accuracy cannot be the loss: it stays
#   the same when a weight changes a little, and jumps when an answer flips. There is no direction
#   to go.
#
# ### Cross-entropy with a pencil
#
# The *cross-entropy* of one picture is minus the logarithm of the probability that the network
# gave to the *right* class. The loss of many pictures is the mean:
#
# $$L = - \frac{1}{N} \sum_{n} \sum_{k} Y_{n,k} \ln p_{n,k} \qquad\text{(one-hot labels } Y\text{)}$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $Y$ | one-hot labels | (N, 10) |
# | $p$ | probabilities from softmax | (N, 10) |
# | $L$ | the loss | one number |
#
# $Y$ is 0 everywhere but at the right class $y_n$. So of the inner sum one term is left:
#
# $$L = - \frac{1}{N} \sum_{n} \ln p_{n,\,y_n} \qquad\text{(integer labels } y\text{, shape (N,))}$$
#
# **By hand**, two pictures, three classes. The right classes are 0 and 2:
#
# $$p = \begin{pmatrix} 0.7 & 0.2 & 0.1 \\ 0.3 & 0.6 & 0.1 \end{pmatrix} \qquad
# L = -\frac{\ln 0.7 + \ln 0.1}{2} = \frac{0.357 + 2.303}{2} = 1.330$$
#
# The first answer is right and costs little. The second gave the right class only 0.1: that is
# expensive. An answer with probability 1 for the right class would cost nothing.
#
# So the same loss can be computed from one-hot labels, and from integer labels. Keras has a name
# for each: `categorical_crossentropy` and `sparse_categorical_crossentropy`. *Sparse* because the
# zeros are left out.

# %%
p = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1]])
y_integer = np.array([0, 2])
Y_one_hot = np.eye(3)[y_integer]

from_one_hot = -np.mean(np.sum(Y_one_hot * np.log(p), axis=1))
from_integer = -np.mean(np.log(p[np.arange(2), y_integer]))
keras_one_hot = np.mean(keras.losses.categorical_crossentropy(Y_one_hot, p))
keras_integer = np.mean(keras.losses.sparse_categorical_crossentropy(y_integer, p))

np.testing.assert_allclose([from_one_hot, from_integer, keras_one_hot, keras_integer], 1.330, 5e-4)
np.testing.assert_allclose([keras_one_hot, keras_integer], from_one_hot, rtol=1e-6)
print(f"four ways, one number: {from_one_hot:.3f}")

# %% [markdown]
# **Which one?** It depends on your labels alone:
#
# | labels | shape | loss |
# | --- | --- | --- |
# | one-hot: `[0, 0, 0, 1, 0, …]` | (N, classes) | `categorical_crossentropy` |
# | integers: `3` | (N,) or (N, 1) | `sparse_categorical_crossentropy` |
#
# (Integers of shape (N, 1) are a column: one label in each row. Some data sets store them so.) The
# second needs no preparation and, for 1,000 classes, a thousandth of the memory. The first can
# also say "half a 3, half an 8". If loss and labels do not fit, Keras mostly stops with an error
# about shapes. Try it in a new cell, with a network of its own: `build_modern()` from section 3.
#
# **Probabilities or logits?** A network may also end *without* softmax, and give logits. Then the
# loss must apply softmax itself, and must be told so:
# `keras.losses.CategoricalCrossentropy(from_logits=True)`, and in the same way
# `keras.losses.SparseCategoricalCrossentropy(from_logits=True)`.

# %%
y_column = y_integer[:, np.newaxis]  # (2, 1)
logits = np.log(p)  # softmax of these gives p back
np.testing.assert_allclose(softmax(logits), p)

loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
np.testing.assert_allclose([loss(y_integer, logits), loss(y_column, logits)], 1.330, 5e-4)
print(f"from logits, with labels of shape (2,) and (2, 1): {float(loss(y_column, logits)):.3f}")

# %% [markdown]
# Now the network itself. The table of section 2 ended with `val_loss` and `val_accuracy`. Both are
# just these formulas, on the 382 test pictures:

# %%
p_test = outputs[-1]  # from NumPy, section 5
loss_by_hand = -np.mean(np.log(p_test[np.arange(len(p_test)), data.y_test]))
accuracy_by_hand = np.mean(p_test.argmax(axis=1) == data.y_test)

np.testing.assert_allclose(loss_by_hand, listing_history["val_loss"][-1], rtol=1e-3)
np.testing.assert_allclose(accuracy_by_hand, listing_history["val_accuracy"][-1], rtol=1e-6)
print("last val_loss and val_accuracy: as computed by hand")

# %% [markdown]
# ## 7 · Line by line: `fit`
#
# ```python
# model.fit(X_train, y_train, epochs=10, batch_size=32, validation_data=(X_test, y_test))
# ```
#
# Here the learning happens. `fit` repeats one thing:
#
# 1. take the next 32 pictures, a *batch* (the **batch size** is 32);
# 2. compute their probabilities and the loss (forward);
# 3. compute the gradient for each of the 225,034 parameters (backward);
# 4. let the optimizer move all parameters one small step.
#
# After all pictures have had their turn, an epoch is over; the pictures are shuffled, and the next
# one begins. *How many steps are done in all? Compute it before you run the cell.*

# %%
steps_per_epoch = int(np.ceil(len(X_train) / 32))  # the last batch is smaller
assert steps_per_epoch * 10 == int(model.optimizer.iterations)  # Adam has counted them
steps_per_epoch, steps_per_epoch * 10, len(X_train) - 44 * 32

# %% [markdown]
# - `epochs=10`: a choice. Too few: not all is learned. Too many: time is lost, and the network
#   begins to learn the training pictures by heart (chapter 09).
# - `batch_size=32`: a choice. The gradient of 32 pictures points only roughly in the right
#   direction, but it costs 1/44 of the gradient of all, so that many rough steps are better than a
#   few exact ones. Chapter 06 measures this.
# - `validation_data=(X_test, y_test)`: after each epoch, measure loss and accuracy on these.
#
# **Something is wrong with the last one.** The network does not learn from `X_test`. But *you* do:
# you look at `val_accuracy`, change the number of filters, stop at the best epoch, and run again.
# Each choice made by looking at the test pictures makes their result too good to be true: you have
# chosen what happens to work on these 382. What you then report is no longer what new pictures
# will get. The remedy: cut a third set, the *validation set*, out of the *training* pictures,
# choose by it, and look at the test set once, at the end. Section 12 does so. Chapter 08 measures
# what peeking costs.
#
# ## 8 · The functional form
#
# `Sequential` can only build chains. The **functional form** treats each layer as a function: you
# call it with a tensor and get a tensor. So one output can go to two layers, and two outputs can
# come together. Detectors (chapter 12) and residual networks (chapter 15) need this. Here is our
# network once more:


# %%
def build_functional():
    """Return the network of the listing in functional form."""
    pictures = keras.Input(shape=(28, 28, 1))
    x = layers.Conv2D(32, (3, 3), activation="relu")(pictures)
    x = layers.MaxPooling2D((2, 2))(x)
    x = layers.Conv2D(64, (3, 3), activation="relu")(x)
    x = layers.MaxPooling2D((2, 2))(x)
    x = layers.Flatten()(x)
    x = layers.Dense(128, activation="relu")(x)
    probabilities = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs=pictures, outputs=probabilities)


functional = build_functional()
functional.input.shape, functional.output.shape

# %% [markdown]
# In `layers.Conv2D(32, (3, 3))(pictures)` there are two calls. The first makes the layer, the
# second uses it. `x` is no array: it holds no numbers yet, only a shape and the way in which it
# will be computed.
#
# **Three forms, one network?** We prove it in three steps. First: same shapes, same parameters.

# %%
for other in (modern, functional):
    shapes = [layer.output.shape[1:] for layer in other.layers]
    assert shapes[-7:] == predicted_shapes  # the functional form counts Input as a layer, too
    assert other.count_params() == 225_034
    assert [w.shape for w in other.get_weights()] == [w.shape for w in model.get_weights()]
print("same shapes, same number of parameters")

# %% [markdown]
# Second: give them the same weights, and they give the same answers.

# %%
for other in (modern, functional):
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(other.predict(X_test, verbose=0), keras_probabilities)
print("same weights, same answers: to the last bit")

# %% [markdown]
# Third: start from the same random numbers, and they learn the same. The listing ran straight
# after `start()`. So we call `start()` again and train the functional form for one epoch: loss and
# accuracy must be those of the listing's first epoch, to the last bit. (If you ran other cells in
# between, run the two cells of section 2 once more. To save time we leave the modern form to you:
# `train_one_epoch(build_modern)` gives the same.)


# %%
def train_one_epoch(build):
    """Build and train from the same random numbers as the listing; return what was measured."""
    start()
    network = build()
    network.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return network.fit(X_train, y_train, epochs=1, batch_size=32, verbose=0).history


for name, values in train_one_epoch(build_functional).items():
    assert values == listing_history[name][:1]
print("same start, same training: to the last bit")

# %% [markdown]
# ## 9 · Save, load, use
#
# Training took many seconds. Its result is 225,034 numbers and a plan. `save` writes both into one
# file; `load_model` brings them back, tomorrow or on another machine. We use a folder that is
# deleted at the end of the cell.

# %%
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "digits.keras")
    model.save(path)
    print("file smaller than 3 MB:", path.stat().st_size < 3_000_000)
    loaded = keras.models.load_model(path)

np.testing.assert_array_equal(loaded.predict(X_test, verbose=0), keras_probabilities)
print("same predictions: to the last bit")

# %% [markdown]
# A `.keras` file holds the plan, the weights and the optimizer's numbers: 675,104 numbers of 4
# bytes, 2.7 MB. Load such files only from people whom you trust: a file can carry more than
# numbers.
#
# ## 10 · Your own picture: from a PNG on disk to a prediction
#
# Now the part that tutorials leave out. The network has learned from small pictures with light
# strokes on black. A scan is a large colour picture with dark ink on light paper. Between the two
# lie seven steps; each is short.
#
# First we need a file. We draw a 2 with a thick blue line on yellowish paper and save it as PNG.
# (To read a picture of your own, put its path into `Image.open(…)`.)

# %%
turns = np.radians(np.linspace(190, 385, 30))  # an arc …
digit_points = [(96 + 38 * np.cos(t), 92 + 38 * np.sin(t)) for t in turns]
digit_points += [(56, 205), (140, 205)]  # … and two straight lines
paper_colour, ink_colour = (240, 235, 220), (40, 40, 110)


def draw_page(*lines, pen=22):
    """Return a page of 200×260 pixels with thick lines, each through a list of points."""
    image = Image.new("RGB", (200, 260), paper_colour)
    for points in lines:
        ImageDraw.Draw(image).line(points, fill=ink_colour, width=pen, joint="curve")
    return image


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "my_digit.png")
    draw_page(digit_points).save(path)  # here it lies on the disk …
    with Image.open(path) as file:
        own_page = np.array(file)  # … and here it is an array again
own_page.shape, own_page.dtype

# %% [markdown]
# **Step 1, grey.** Three channels become one: a weighted mean of red, green and blue, because eyes
# find green brighter than blue. **By hand**, for the ink (40, 40, 110):
# $0.299 \cdot 40 + 0.587 \cdot 40 + 0.114 \cdot 110 = 47.98$, rounded: 48.
#
# **Step 2, invert.** Dark ink must become light strokes: subtract from 255. Then the paper is
# still a little grey, so subtract the smallest value, and stretch the largest to 255.

# %%
grey = np.array(Image.fromarray(own_page).convert("L"))  # (260, 200), 0 … 255
assert grey.min() == 48 == round(0.299 * 40 + 0.587 * 40 + 0.114 * 110)

inverted = 255 - grey.astype("float32")
inverted -= inverted.min()  # the paper becomes 0
inverted *= 255 / inverted.max()  # the ink becomes 255
print(f"paper: {grey[0, 0]} → {inverted[0, 0]:.0f}   ink: {grey.min()} → {inverted.max():.0f}")

# %% [markdown]
# **Step 3, crop.** Keep the smallest rectangle that holds all ink. **Step 4, resize.** In the
# training pictures every digit is 24 pixels high (8 numbers, each made 3 pixels; we check it
# below). So make the longer side 24, and the shorter side by the same factor. **Step 5, centre.**
# Put it into the middle of 28×28.


# %%
def crop_to_ink(image):
    """Return the smallest part of a light-on-dark picture that holds everything bright."""
    ink = image > image.max() / 2
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def resize_longer_side(image, size=24):
    """Return the picture with its longer side `size` pixels long, its shape kept."""
    height, width = (max(1, round(side * size / max(image.shape))) for side in image.shape)
    return np.array(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))


def place(image, centre=True, size=28):
    """Return a black picture of size×size with the given one in its middle or its corner."""
    canvas = np.zeros((size, size), dtype="float32")
    height, width = image.shape
    top, left = ((size - height) // 2, (size - width) // 2) if centre else (0, 0)
    canvas[top : top + height, left : left + width] = image
    return canvas


cropped = crop_to_ink(inverted)
resized = resize_longer_side(cropped)
centred = place(resized)

digit_heights = {int(np.ptp(np.flatnonzero(x.max(axis=(1, 2)) > 0.2))) + 1 for x in X_train}
assert digit_heights == {24}
cropped.shape, resized.shape, centred.shape

# %% [markdown]
# **Step 6, scale** to [0, 1]: divide by 255, as the training pictures were. **Step 7, add axes**:
# the network wants (batch, height, width, channels), so one axis in front and one at the end.

# %%
scaled = centred / 255
batch = scaled[np.newaxis, ..., np.newaxis]  # (28, 28) → (1, 28, 28, 1)

own_probabilities = model.predict(batch, verbose=0)[0]
print(batch.shape, "→ the network reads:", own_probabilities.argmax())
assert own_probabilities.argmax() == 2

# %%
stages = {
    "page": own_page / 255,
    "1 grey": grey / 255,
    "2 inverted": inverted / 255,
    "3 cropped": cropped / 255,
    "4 resized": resized / 255,
    "5 centred": scaled,
}
figure, axes = plt.subplots(1, 7, figsize=(10, 2.4), width_ratios=(1, 1, 1, 1, 1, 1, 1.6))
for axis, (name, image) in zip(axes, stages.items()):
    draw_image(axis, image)
    axis.set_title(f"{name}\n{image.shape[0]}×{image.shape[1]}", fontsize=9, loc="center")
axes[6].bar(range(10), own_probabilities)
axes[6].set(xlabel="class", ylabel="probability", xticks=range(0, 10, 2), ylim=(0, 1.05))
axes[6].set_title("“2”")
axes[6].yaxis.tick_right()
axes[6].yaxis.set_label_position("right")
show(
    figure,
    alt="A blue 2 on yellowish paper; the same in grey; light on black; cropped to the ink; made "
    "24 pixels high; centred in 28×28. At the right the ten probabilities, the bar of class 2 is "
    "the highest.",
)

# %% [markdown]
# ### Is this a 7?
#
# Now all steps in one function, and another digit. (The argument `forgotten` is for section 11.)


# %%
def prepare_page(page, forgotten=None):
    """Return a grey page as the network needs it, (28, 28, 1), with one step left out."""
    image = page.astype("float32")
    if forgotten != "invert":
        image = 255 - image
    image = (image - image.min()) * 255 / np.ptp(image)
    if forgotten == "crop":
        image = resize_longer_side(image, 28)
    else:
        image = resize_longer_side(crop_to_ink(image))
    image = place(image, centre=forgotten != "centre")
    if forgotten != "scale":
        image = image / 255
    return image[..., np.newaxis]


np.testing.assert_allclose(prepare_page(grey), batch[0], atol=1e-6)  # the same as step by step

# %% [markdown]
# Three corners make a 7: `[(60, 60), (150, 60), (95, 210)]`. You read it at once. *Guess first:*
# does the network? And what if we draw a short bar through it?

# %%
seven, bar = [(60, 60), (150, 60), (95, 210)], [(75, 145), (160, 145)]
drawings = [np.array(draw_page(*lines).convert("L")) for lines in ([seven], [seven, bar])]
seven_probabilities = model.predict(np.array([prepare_page(x) for x in drawings]), verbose=0)

figure, axes = plt.subplots(1, 4, figsize=(9, 2.4), width_ratios=(1, 1.8, 1, 1.8))
for k, name in enumerate(("without a bar", "with a bar")):
    draw_image(axes[2 * k], drawings[k] / 255)
    axes[2 * k].set_title(name, loc="center", fontsize=9)
    axes[2 * k + 1].bar(range(10), seven_probabilities[k])
    axes[2 * k + 1].set(xlabel="class", ylabel="probability", xticks=range(10), ylim=(0, 1.05))
figure.suptitle("A bar makes it a 7 for the network")
show(
    figure,
    alt="Two drawn sevens, one without and one with a short bar through the stem, each beside the "
    "ten probabilities. Without the bar 7 does not win, or not clearly; with it the bar of class "
    "7 is close to 1.",
)
print("with the bar a 7, at least 90 % sure:", seven_probabilities[1, 7] > 0.9)
print("without the bar 7 gets less than half:", seven_probabilities[0, 7] < 0.5)

# %% tags=["nbval-ignore-output"]
print(f"without the bar it reads {seven_probabilities[0].argmax()},",
      f"probability {seven_probabilities[0].max():.2f}")  # fmt: skip

# %% [markdown]
# A 7 for you, and for the network something else: with `start(0)`, `start(1)` and `start(2)` ours
# said 3, 3 and 2, and each time 7 when the bar was there. Look at the sevens in the very first
# figure: these writers *cross* theirs. So the network has not learned what a 7 is. It has learned
# what the sevens of its training pictures look like: a network knows the pictures that it was
# trained on (chapter 10). Draw a digit of your own as a list of corners, and see what it says.
#
# ## 11 · What happens when a step is forgotten?
#
# One picture proves little. So we make 382 "scans" out of the test pictures: each is put at a
# random place on a page of 80×80 pixels, dark on light grey paper. Then we prepare them with the
# function above, and leave out one step at a time.

# %%
random = np.random.default_rng(0)
pages = np.full((len(X_test), 80, 80), 235, dtype="uint8")
for page, image in zip(pages, X_test[..., 0]):
    top, left = random.integers(0, 80 - 28, size=2)
    page[top : top + 28, left : left + 28] -= (200 * image).astype("uint8")

# %% [markdown]
# *Guess first:* which forgotten step costs most? Which one costs nearly nothing?

# %%
forgotten_steps = (None, "invert", "crop", "centre", "scale")
answers = {}
for step in forgotten_steps:
    prepared = np.array([prepare_page(page, step) for page in pages])
    answers[step] = model.predict(prepared, verbose=0)
accuracies = {step: np.mean(p.argmax(axis=1) == data.y_test) for step, p in answers.items()}

figure, axes = plt.subplots(1, 6, figsize=(9, 2.2))
draw_image(axes[0], pages[0] / 255)
axes[0].set_title("the page", loc="center", fontsize=9)
for axis, step in zip(axes[1:], forgotten_steps):
    draw_image(axis, np.clip(prepare_page(pages[0], step), 0, 1))
    axis.set_title(f"without “{step}”" if step else "all steps", loc="center", fontsize=9)
show(
    figure,
    alt="A grey page with a small dark digit, and what the network gets to see: with all steps a "
    "digit that fills the picture, light on black; without inverting, black on white; without "
    "cropping, tiny; without centring, in the corner at the top left; without scaling, pure white "
    "with hard edges.",
)

# %% tags=["nbval-ignore-output"]
for step, accuracy in accuracies.items():
    sureness = answers[step].max(axis=1).mean()
    name = f"without {step}" if step else "all steps"
    print(f"{name:15} accuracy {accuracy:.3f}   mean highest probability {sureness:.3f}")
print(f"\nthe test pictures as they were: accuracy {listing_history['val_accuracy'][-1]:.3f}")

# %%
assert accuracies["invert"] < 0.4 and accuracies["crop"] < 0.4 and accuracies["centre"] < 0.6
print("all steps: accuracy at least 0.9:", accuracies[None] >= 0.9)
print("without scaling: accuracy at least 0.85:", accuracies["scale"] >= 0.85)
wrong = answers["scale"].argmax(axis=1) != data.y_test
sure_and_wrong = answers["scale"][wrong].max(axis=1)
print("without scaling, wrong answers with a probability above 0.99: more than half:",
      np.mean(sure_and_wrong > 0.99) > 0.5)  # fmt: skip

# %% [markdown]
# Not inverted, not cropped or not centred: the network is lost. It gives no error. It always
# answers something, and only you can know that its input made no sense. It knows a digit in
# *its* place (a dense layer has weights of its own for each place, chapter 04) and with light
# strokes.
#
# With all steps some digits are lost, too: cropping cuts off every border that is paler than half,
# and resizing stretches what is left back to 24 pixels. So the digit is a little larger than the
# one that was put on the page.
#
# But not scaled: the accuracy hardly falls! Why? ReLU and max-pooling pass a factor on:
# $\max(0, 255 z) = 255 \max(0, z)$. So pixels that are 255 times larger give logits that are about
# 255 times larger (not exactly: the biases do not grow). Their order stays nearly the same, so the
# class does. What breaks are the *probabilities*: from the logits $(2, 1, 0)$ of section 4 softmax
# made $(0.665, 0.245, 0.090)$; from $(510, 255, 0)$ it makes $(1, 0, 0)$. The network says "100 %
# sure", right or wrong. A mistake that does not show in the accuracy is the hardest to find.

# %%
np.testing.assert_allclose(softmax(255 * z), [[1, 0, 0]], atol=1e-100)
*_, W4, b4 = model.get_weights()
logits = forward(X_test[[one]], model.get_weights())[-2] @ W4 + b4
logits_255 = forward(255 * X_test[[one]], model.get_weights())[-2] @ W4 + b4
difference = np.abs(logits_255 / 255 - logits).max() / np.ptp(logits)
print("logits 255 times larger, up to a fifth of their range:", difference < 0.2)

# %% [markdown]
# (A good place for a break: the listing is explained. What follows asks for a better one.)
#
# ## 12 · The experiment: a better recipe
#
# The listing is a classic, and it works. Is it a *good* recipe? Let us count what it costs. One
# picture, once through the network, in multiplications (chapter 04, section 6):
#
# | layer | how | multiplications |
# | --- | --- | --- |
# | `Conv2D(32)` | $26 \cdot 26 \cdot 32$ values, 9 each | 194,688 |
# | `Conv2D(64)` | $11 \cdot 11 \cdot 64$ values, $9 \cdot 32$ each | 2,230,272 |
# | `Dense(128)` | $1600 \cdot 128$ | 204,800 |
# | `Dense(10)` | $128 \cdot 10$ | 1,280 |
# | together | | 2,631,040 |


# %%
def count_multiplications(network):
    """Return the multiplications of each convolution and each dense layer, for one picture."""
    counted = [x for x in network.layers if isinstance(x, (layers.Conv2D, layers.Dense))]
    places = [int(np.prod(layer.output.shape[1:-1])) for layer in counted]  # 1 if dense
    return [n * int(np.prod(layer.kernel.shape)) for n, layer in zip(places, counted)]


listing_cost = count_multiplications(model)
assert listing_cost == [194_688, 2_230_272, 204_800, 1_280] and sum(listing_cost) == 2_631_040
f"the second convolution: {listing_cost[1] / sum(listing_cost):.0%} of the multiplications"

# %% [markdown]
# Two different costs: the first dense layer holds 91 % of the *parameters*, the second convolution
# does 85 % of the *work*. We want less work and no worse answers. Eight changes, four in the
# network and four in the training, each with its reason.
#
# ### The network
#
# 1. **A stride of 2 in place of pooling.** The listing computes four values for each 2×2 window,
#    and throws three away. With stride 2 the three are never computed (Springenberg and others
#    2015). It is another function: pooling keeps the *largest* of the four, a stride always the
#    one at the *same place*. So this may cost accuracy; we shall see.
# 2. **Kernels of 5×5 in place of 3×3.** Without pooling a value would see less of the picture.
#    With 5×5 and stride 2, twice, it sees 13×13 pixels (chapter 04: $R = 1 + 4 \cdot 1 + 4 \cdot
#    2$); in the listing it was 10×10.
# 3. **16 and 32 filters in place of 32 and 64.** Half as many filters in both layers is a quarter
#    of the work in the second.
# 4. **Batch normalisation** after each layer with weights: below.


# %%
def compact_cnn(input_shape=(28, 28, 1), num_classes=10):
    """Return a network with an eighth of the listing's multiplications, not yet compiled."""
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(16, 5, strides=2, use_bias=False),  # (batch, 12, 12, 16)
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2D(32, 5, strides=2, use_bias=False),  # (batch, 4, 4, 32)
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),  # (batch, 512)
            layers.Dense(128, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Dense(num_classes, activation="softmax"),
        ],
        name="compact_cnn",
    )


compact = compact_cnn()
compact_cost = count_multiplications(compact)
assert compact_cost == [25 * 12 * 12 * 16, 25 * 16 * 4 * 4 * 32, 512 * 128, 128 * 10]
assert sum(compact_cost) * 7.9 < sum(listing_cost)
not_learned = sum(int(np.prod(weight.shape)) for weight in compact.non_trainable_weights)
assert not_learned == 2 * (16 + 32 + 128) == 352
print(f"{sum(compact_cost):,} multiplications, {compact.count_params():,} parameters")

# %% [markdown]
# An eighth of the multiplications, a third of the parameters. (352 of these 80,730 are not
# learned: the running means and variances of batch normalisation, see below. And its own
# multiplications, one for each value, are not counted: 2,944, not one in a hundred.)
#
# **Batch normalisation** (Ioffe and Szegedy 2015) brings the numbers inside a network to a common
# scale. For each channel: subtract the mean over the batch, divide by the standard deviation; then
# a learned factor $\gamma$ and a learned shift $\beta$ (at the start 1 and 0):
#
# $$\hat z = \gamma \, \frac{z - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $z, \hat z$ | the numbers before and after | (batch, …, channels) |
# | $\mu, \sigma^2$ | their mean and variance, over everything but the channels | (channels,) |
# | $\gamma, \beta$ | learned | (channels,) |
# | $\varepsilon$ | a small number against division by 0, in Keras 0.001 | one number |
#
# **By hand**, one channel, $z = (1, 3, 5, 7)$: $\mu = 4$, $\sigma^2 = (9 + 1 + 1 + 9)/4 = 5$, so
# $\hat z = (-3, -1, 1, 3) / \sqrt{5.001} = (-1.34, -0.45, 0.45, 1.34)$.

# %%
z_batch = np.array([[1.0], [3.0], [5.0], [7.0]])  # (batch, channels)
normalised = (z_batch - z_batch.mean(axis=0)) / np.sqrt(z_batch.var(axis=0) + 0.001)

np.testing.assert_allclose(normalised[:, 0], [-1.34, -0.45, 0.45, 1.34], atol=0.005)
layer = layers.BatchNormalization()
np.testing.assert_allclose(layer(z_batch, training=True), normalised, rtol=1e-5)
normalised[:, 0].round(2)

# %% [markdown]
# Why does it help? On a common scale no layer's numbers run away, and so the optimizer may take
# *much* longer steps. And a bias just before it would be subtracted again with the mean: so
# `use_bias=False`.
#
# One trap. When the network is *used*, there may be a single picture and no batch. So the layer
# keeps running means of $\mu$ and $\sigma^2$ while training: `new = momentum · old + (1 −
# momentum) · batch`. They start at 0 and 1, which are wrong. How much of the wrong start is left
# after $t$ steps? $\text{momentum}^t$. Keras' usual momentum is 0.99. On our digits three epochs
# are few steps:

# %%
steps = 3 * int(np.ceil(len(X_train) / 32))
print(
    f"{steps} steps: of the start are left {0.99**steps:.1%} with 0.99, {0.9**steps:.4%} with 0.9"
)

# %% [markdown]
# With 0.99 a quarter of the wrong start would still be there: the network would train well, and
# then answer badly. So `momentum=0.9`. Below we train one with 0.99 and see.
#
# ### The training
#
# 5. **A learning rate that rises and falls.** The learning rate is the length of the optimizer's
#    steps; Adam's usual one is 0.001. The recipe climbs from 0.001 to 0.01, ten times more, while
#    the weights are still far from good, and sinks to 0, so that they come to rest (one cycle:
#    Smith and Topin 2019; the sinking half of a cosine: Loshchilov and Hutter 2017).
# 6. **Three epochs in place of ten.** Long steps need fewer of them.
# 7. **Smoothed labels.** Cross-entropy is 0 only when the right class gets probability 1, so the
#    network is pushed to be ever surer. With **label smoothing** (Szegedy and others 2016) a share
#    $s = 0.1$ of the label is spread over all 10 classes: the right class becomes $1 - 0.1 +
#    0.1/10 = 0.91$, each other one $0.1/10 = 0.01$. Then "91 % sure" is the best answer.
# 8. **Batches of 128 in place of 32** on the full MNIST: fewer, larger pieces keep the processor
#    busier. Our digits are only 1,415: in batches of 128, three epochs would be 36 steps. There we
#    stay with 32.


# %%
def smoothed_crossentropy(label_smoothing=0.1):
    """Return a cross-entropy loss for integer labels that are a little less than certain."""

    def loss(y_true, y_pred):
        one_hot = keras.ops.one_hot(y_true, y_pred.shape[-1])  # (batch, num_classes)
        return keras.losses.categorical_crossentropy(
            one_hot, y_pred, label_smoothing=label_smoothing
        )

    return loss


targets = 0.9 * np.eye(3)[y_integer] + 0.1 / 3  # three classes: 0.933 and 0.033
smoothed_by_hand = -np.sum(targets * np.log(p), axis=1)
np.testing.assert_allclose(smoothed_crossentropy(0.1)(y_integer, p), smoothed_by_hand, rtol=1e-5)
np.testing.assert_allclose(
    0.9 * np.eye(10)[3] + 0.1 / 10, np.where(np.arange(10) == 3, 0.91, 0.01)
)
smoothed_by_hand.round(3)


# %%
def fit_one_cycle(
    model,
    X_train,
    y_train,
    epochs=3,
    batch_size=128,
    learning_rate=0.01,
    label_smoothing=0.1,
    validation_data=None,
):
    """Compile a classifier and train it with a learning rate that rises once and falls once."""
    steps = epochs * math.ceil(len(X_train) / batch_size)
    warmup_steps = max(1, int(0.3 * steps))
    cycle = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=learning_rate / 10,
        warmup_target=learning_rate,
        warmup_steps=warmup_steps,
        decay_steps=steps - warmup_steps,
    )
    model.compile(
        optimizer=keras.optimizers.Adam(cycle),
        loss=smoothed_crossentropy(label_smoothing),
        metrics=["accuracy"],
    )
    return model.fit(
        X_train,
        y_train,
        epochs=epochs,
        batch_size=batch_size,
        validation_data=validation_data,
        verbose=0,
    )


# %% [markdown]
# Both functions also stand in `utils/models.py`, with `compact_cnn` and, as `reference_cnn`, the
# listing's network. What does the learning rate do over the 135 steps of three epochs?

# %%
warmup_steps = int(0.3 * steps)
cycle = keras.optimizers.schedules.CosineDecay(
    0.001, steps - warmup_steps, warmup_target=0.01, warmup_steps=warmup_steps
)
rates = [float(cycle(step)) for step in range(steps + 1)]
assert steps == 135 and max(rates) == rates[warmup_steps] and rates[-1] < 1e-6
np.testing.assert_allclose([rates[0], max(rates)], [0.001, 0.01], rtol=1e-5)

figure, axis = plt.subplots(figsize=(6, 2.6))
axis.plot(rates, label="the recipe")
axis.axhline(0.001, color="C1", linestyle="--", label="the listing")
axis.set(xlabel="step", ylabel="learning rate", ylim=(0, 0.0105))
axis.set_title("The recipe: ten times longer steps, then rest")
axis.legend()
show(
    figure,
    alt="The learning rate over 135 steps: it climbs in a straight line from 0.001 to 0.01 during "
    "the first 40 steps and sinks along half a cosine to 0; the listing's stays at 0.001.",
)

# %% [markdown]
# ### Choose on a validation part
#
# Which of the two matters more, the network or the training? We try all four combinations, three
# epochs each. To choose among them we must not look at the test pictures. So we cut a fifth from
# the training pictures, and learn from the rest.

# %%
X_fit, X_val, y_fit, y_val = train_test_split(
    X_train, data.y_train, test_size=0.2, stratify=data.y_train, random_state=0
)
len(X_fit), len(X_val)


# %%
def fit_as_listed(network, X, y, epochs=3):
    """Train as the listing does: Adam as Keras sets it, batches of 32."""
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network.fit(X, y, epochs=epochs, batch_size=32, verbose=0)


def fit_as_recipe(network, X, y, epochs=3):
    """Train as the recipe does: one cycle of the learning rate *and* smoothed labels."""
    return fit_one_cycle(network, X, y, epochs=epochs, batch_size=32)


def measure_accuracy(network, X, y):
    """Return the share of pictures whose class is named correctly."""
    return float(np.mean(np.argmax(network(X), axis=1) == y))


# %% [markdown]
# > **Predict.** Four combinations of network and training, three epochs each, scored on the
# > validation part. Which one is best, which one worst? The rule by which we choose: of those
# > within 0.02 of the best (five pictures: so much may be luck) the cheapest, and of two that cost
# > the same the more accurate. It then learns from all training pictures and meets the test
# > pictures, once. The listing had ten epochs and, in all, some 26 times more multiplications.
# > Will the winner's test accuracy be much lower, slightly lower, the same, or higher?

# %%
networks = {"listing's network": build_modern, "compact network": compact_cnn}
trainings = {"listing's training": fit_as_listed, "recipe's training": fit_as_recipe}
val_accuracy = {}
for network_name, build in networks.items():
    for training_name, fit in trainings.items():
        start()
        network = build()
        _ = fit(network, X_fit, y_fit)
        val_accuracy[network_name, training_name] = measure_accuracy(network, X_val, y_val)

# %% tags=["nbval-ignore-output"]
for (network_name, training_name), accuracy in val_accuracy.items():
    print(f"{network_name:18} {training_name:19} validation accuracy {accuracy:.3f}")

# %%
highest = max(val_accuracy.values())
close = [names for names, accuracy in val_accuracy.items() if accuracy >= highest - 0.02]
cost = {"listing's network": sum(listing_cost), "compact network": sum(compact_cost)}
chosen = min(close, key=lambda names: (cost[names[0]], -val_accuracy[names]))

by_training = {name: [val_accuracy[network, name] for network in networks] for name in trainings}
means = {name: np.mean(values) for name, values in by_training.items()}
print("the recipe's training better, mean of the two networks:",
      means["recipe's training"] > means["listing's training"])  # fmt: skip
print(
    "with it, the two networks less than 0.04 apart:",
    np.ptp(by_training["recipe's training"]) < 0.04,
)
print("chosen on the validation part:", " + ".join(chosen))

# %% [markdown]
# And the trap of batch normalisation? The last of the four again, but with 0.99:

# %%
start()
slow = compact_cnn()
for layer in slow.layers:
    if isinstance(layer, layers.BatchNormalization):
        layer.momentum = 0.99
_ = fit_as_recipe(slow, X_fit, y_fit)

for with_099, with_09 in zip(slow.trainable_weights, network.trainable_weights):
    np.testing.assert_array_equal(with_099, with_09)
print("the learned weights are the same, to the last bit")
print("with 0.99 fewer than 93 of 100 validation digits:",
      measure_accuracy(slow, X_val, y_val) < 0.93)  # fmt: skip

# %% [markdown]
# With three starts we saw 0.823, 0.813 and 0.760, where 0.9 gave 0.982, 0.996 and 0.996. *All*
# that the network has learned is the same. The difference lies only in the running means, which
# are still partly the 0 and 1 of the start.
#
# Back to the choice. It is made, and it is the recipe. Now, and only now, the test pictures:

# %%
start()
recipe_model = compact_cnn()
_ = fit_as_recipe(recipe_model, X_train, data.y_train)
recipe_accuracy = measure_accuracy(recipe_model, X_test, data.y_test)
listing_accuracy = listing_history["val_accuracy"][-1]

work = {"listing": 10 * sum(listing_cost), "recipe": 3 * sum(compact_cost)}  # for each picture
ratio = work["listing"] / work["recipe"]
print(f"the recipe does 1/{ratio:.1f} of the listing's multiplications")
print("test accuracy at least 0.96:", recipe_accuracy >= 0.96)
print("not more than 0.01 below the listing's:", recipe_accuracy >= listing_accuracy - 0.01)

# %% tags=["headline", "nbval-ignore-output"]
print(f"the recipe, with 1/{ratio:.0f} of the listing's multiplications: test accuracy "
      f"{recipe_accuracy:.3f}, the listing's {listing_accuracy:.3f}")  # fmt: skip

# %% [markdown]
# One start of the random numbers proves little. So here is what we measured when we ran the cell
# of the four combinations three times, with `start(0)`, `start(1)` and `start(2)` (the same again
# would cost you half a minute). Your own run is `val_accuracy`; the first column should be near
# it.

# %%
measured = {
    ("listing's network", "listing's training"): [0.951, 0.943, 0.951],
    ("listing's network", "recipe's training"): [0.986, 0.986, 0.979],
    ("compact network", "listing's training"): [0.972, 0.979, 0.975],
    ("compact network", "recipe's training"): [0.982, 0.996, 0.996],
}
for (network_name, training_name), values in measured.items():
    print(f"{network_name:18} {training_name:19}", *values, f"  mean {np.mean(values):.3f}")

figure, axis = plt.subplots(figsize=(6.5, 3))
costs = [sum(cost) / 1e6 for cost in (listing_cost, compact_cost)]
for training_name, marker, left in zip(trainings, "so", (-0.22, 0.06)):
    heights = [measured[network_name, training_name] for network_name in networks]
    places = np.add.outer(costs, left + 0.08 * np.arange(3))  # the three starts side by side
    axis.plot(places.ravel(), np.ravel(heights), marker, label=training_name)
axis.set_xticks(costs, [f"{name}\n{cost:.2f} million" for name, cost in zip(networks, costs)])
axis.set(xlim=(-0.3, 3.3), xlabel="multiplications for one picture", ylabel="validation accuracy")
axis.legend(title="training", loc="upper left", bbox_to_anchor=(1, 1))
axis.set_title("The recipe's training lifts both; the compact network is cheap")
show(
    figure,
    alt="Validation accuracy of four combinations after three epochs, three dots each. For the "
    "listing's network, at 2.6 million multiplications, the three dots of the recipe's training lie "
    "at 0.98 to 0.99, far above the listing's training at 0.94 to 0.95. For the compact network, at "
    "0.3 million, they lie at 0.98 to 1.00, a little above the listing's training at 0.97 to 0.98.",
)
for name in networks:
    pairs = zip(measured[name, "recipe's training"], measured[name, "listing's training"])
    assert all(recipe > listing for recipe, listing in pairs)  # with each start

# %% [markdown]
# **Explain.** The two halves of the recipe do different things. **The training gives much of the
# accuracy**: with each of the three starts both networks are better after three epochs than with
# the listing's training. For the listing's network the gain is large (0.03 to 0.04), for the
# compact one small (0.01 to 0.02): its batch normalisation has brought a part of it already. **The
# network gives the price**: with the recipe's training the compact one is about as accurate as the
# listing's, for an eighth of the work. Which of the two comes out first depends on the start.
# Network and training together do less than a 26th of the listing's multiplications, and the test
# accuracy is about the same.
#
# The recipe's training is *two* changes, the rate and the smoothed labels. Which one helps?
# Without smoothing (`label_smoothing=0`) the same three starts gave the compact network 0.986,
# 0.979 and 0.982. So the rate alone brings it, in the mean, from 0.975 to 0.982, and smoothing
# from there to 0.991: two or three pictures each, too few to say which one matters. The full MNIST
# can say more.
#
# What we may *not* say: "the recipe is better". Among 382 test pictures one percentage point is
# four pictures; another start of the random numbers moves the result as far. "As good, for a 26th
# of the work" is what this shows. Chapter 08 computes how sure one can be from so few pictures.
#
# And a multiplication saved is not always time saved. We counted the way forward only; training
# costs about three times that, in both networks, so the ratio stays. But each step also costs some
# bookkeeping, which does not shrink with the network. What is left of the factor is best measured,
# on a set large enough for it:
#
# ### Measured on the real MNIST
#
# 60,000 training and 10,000 test pictures; the recipe with batches of 128; everything about it was
# chosen on 10,000 pictures cut from the training set. `CPU s` counts the seconds of all processor
# cores together.
#
# | training | epochs | batch size | parameters | test accuracy | CPU s | CPU ratio |
# | --- | --- | --- | --- | --- | --- | --- |
# | reference, seed 0 | 10 | 32 | 225,034 | 0.9890 | 400.5 | 1 |
# | recipe, seed 0 | 3 | 128 | 80,730 | 0.9924 | 36.1 | 1/11.1 |
# | recipe, seed 1 | 3 | 128 | 80,730 | 0.9934 | 29.9 | 1/13.4 |
# | recipe, seed 2 | 3 | 128 | 80,730 | 0.9929 | 29.0 | 1/13.8 |
# | recipe, seed 3 | 3 | 128 | 80,730 | 0.9931 | 30.1 | 1/13.3 |
# | recipe, seed 4 | 3 | 128 | 80,730 | 0.9933 | 31.1 | 1/12.9 |
# | recipe, mean | 3 | 128 | 80,730 | 0.9930 | 31.2 | 1/12.8 |
#
# (The reference is the listing's network with the listing's training; of the 80,730 parameters 352
# are not learned.) Each of five runs of the recipe, 0.9924 to 0.9934, is better than the *one* run
# of the listing, and costs about a thirteenth of its processor time. The multiplications promised
# a 26th. The rest goes where we did not count: the bookkeeping of each step, the optimizer, and
# batch normalisation.
#
# ### Which of the changes matter?
#
# Change *one* thing of the recipe and train again: on 50,000 of the training pictures, scored on
# the other 10,000. One start each, so differences below about 0.001 (ten pictures) are noise.
#
# | what | validation accuracy | CPU s |
# | --- | --- | --- |
# | **the recipe** | 0.9932 | 21 |
# | 2 epochs | 0.9913 | 17 |
# | batches of 256 | 0.9918 | 20 |
# | highest learning rate 0.003 | 0.9911 | 21 |
# | highest learning rate 0.03 | 0.9925 | 23 |
# | constant learning rate 0.001 | 0.9903 | 25 |
# | labels not smoothed | 0.9908 | 25 |
# | no batch normalisation | 0.9908 | 20 |
# | no hidden dense layer | 0.9896 | 22 |
# | 64 second filters of 3×3 | 0.9933 | 26 |
# | max-pooling in place of strides | 0.9934 | 78 |
# | images shifted by up to 2 pixels | 0.9928 | 30 |
#
# Read it in three groups. The cycle, the smoothed labels, batch normalisation and the hidden layer
# each bring 0.002 to 0.004: here, with many pictures, smoothing does show. Fewer steps (2 epochs,
# batches of 256) cost 0.001 to 0.002. The others differ by less than the noise, so the cheapest of
# them is the right choice: pooling in place of strides would cost almost four times as much.
#
# To repeat it: `COURSE_DATA=folder_with_mnist python benchmarks/mnist_recipe.py` prints the first
# table, and with `--validate --seeds 1` the second.
#
# ## Exercises
#
# Write each answer in the cell with `# YOUR CODE HERE` (delete the line with
# `NotImplementedError`), run it, then run the check below it. Open the hints one after the other,
# only as far as you need them.

# %% [markdown]
# ### Exercise 7.1 · Predict shapes and parameters
#
# Write `layer_table(input_shape, stack)`. `stack` is a list of layers in short form:
# `("conv", filters, kernel_size)`, `("pool", size)`, `("flatten",)`, `("dense", outputs)`;
# convolutions have stride 1 and no padding. Return a list with one pair (output shape, number of
# parameters) for each layer, as `summary()` would, without the batch axis. Do not use Keras.
#
# For example, `layer_table((28, 28, 1), [("conv", 32, 3), ("pool", 2)])` is
# `[((26, 26, 32), 320), ((13, 13, 32), 0)]`.
#
# <details><summary>Hint 1</summary>
#
# The table of section 4 holds all the rules. The output shape of one layer is the input shape of
# the next: keep it in a variable and change it in a loop.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `kind, *numbers = layer` takes a short form apart. `//` divides and rounds down. Which number of
# the input shape does a convolution's parameter count need?
# </details>
#
# <details><summary>Hint 3</summary>
#
# After `Flatten` the shape has one number only: `(height * width * channels,)`. A dense layer
# finds its number of inputs there.
# </details>


# %% tags=["wrong-answer"]
# Gives each filter a kernel for one channel only.
def layer_table(input_shape, stack):
    shape, table = input_shape, []
    for kind, *numbers in stack:
        parameters = 0
        if kind == "conv":
            filters, kernel = numbers
            parameters = (kernel**2 + 1) * filters
            shape = (shape[0] - kernel + 1, shape[1] - kernel + 1, filters)
        elif kind == "pool":
            shape = (shape[0] // numbers[0], shape[1] // numbers[0], shape[2])
        elif kind == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        else:
            parameters, shape = (shape[0] + 1) * numbers[0], (numbers[0],)
        table.append((shape, parameters))
    return table


# %% tags=["wrong-answer"]
# Rounds to the nearest whole number where the last pooling window is not full.
def layer_table(input_shape, stack):
    shape, table = input_shape, []
    for kind, *numbers in stack:
        parameters = 0
        if kind == "conv":
            filters, kernel = numbers
            parameters = (kernel**2 * shape[2] + 1) * filters
            shape = (shape[0] - kernel + 1, shape[1] - kernel + 1, filters)
        elif kind == "pool":
            shape = (round(shape[0] / numbers[0]), round(shape[1] / numbers[0]), shape[2])
        elif kind == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        else:
            parameters, shape = (shape[0] + 1) * numbers[0], (numbers[0],)
        table.append((shape, parameters))
    return table


# %% tags=["wrong-answer"]
# Forgets the biases of the dense layers.
def layer_table(input_shape, stack):
    shape, table = input_shape, []
    for kind, *numbers in stack:
        parameters = 0
        if kind == "conv":
            filters, kernel = numbers
            parameters = (kernel**2 * shape[2] + 1) * filters
            shape = (shape[0] - kernel + 1, shape[1] - kernel + 1, filters)
        elif kind == "pool":
            shape = (shape[0] // numbers[0], shape[1] // numbers[0], shape[2])
        elif kind == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        else:
            parameters, shape = shape[0] * numbers[0], (numbers[0],)
        table.append((shape, parameters))
    return table


# %%
def layer_table(input_shape, stack):
    """Return [(output shape, number of parameters), …], one pair for each layer."""
    ### BEGIN SOLUTION
    shape, table = input_shape, []
    for kind, *numbers in stack:
        parameters = 0
        if kind == "conv":
            filters, kernel = numbers
            parameters = (kernel**2 * shape[2] + 1) * filters
            shape = (shape[0] - kernel + 1, shape[1] - kernel + 1, filters)
        elif kind == "pool":
            shape = (shape[0] // numbers[0], shape[1] // numbers[0], shape[2])
        elif kind == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        else:
            parameters, shape = (shape[0] + 1) * numbers[0], (numbers[0],)
        table.append((shape, parameters))
    return table
    ### END SOLUTION


# %%
with check("Exercise 7.1"):
    stack_check = [("conv", 8, 5), ("pool", 2), ("conv", 16, 3), ("pool", 3), ("flatten",)]
    stack_check += [("dense", 20), ("dense", 4)]
    table_check = layer_table((35, 21, 3), stack_check)
    makers_check = {
        "conv": layers.Conv2D, "pool": layers.MaxPooling2D,
        "flatten": layers.Flatten, "dense": layers.Dense,
    }  # fmt: skip
    network_check = keras.Sequential(
        [keras.Input((35, 21, 3)), *(makers_check[kind](*n) for kind, *n in stack_check)]
    )
    assert isinstance(table_check, list), "return a list with one pair for each layer"
    assert len(table_check) == 7, f"7 layers need 7 pairs, yours are {len(table_check)}"
    for row, layer_check in zip(table_check, network_check.layers):
        kind_check = type(layer_check).__name__
        channels_check = layer_check.input.shape[-1]
        assert len(row) == 2, "each row is a pair: (output shape, number of parameters)"
        shape_check = layer_check.output.shape[1:]
        assert len(row[0]) == len(shape_check), (
            f"shape after {kind_check}: it has {len(shape_check)} axes, yours {len(row[0])}; "
            "the batch axis is left out"
        )
        assert tuple(row[0]) == shape_check, (
            f"shape after {kind_check}: how many whole windows fit, and which axes does it touch?"
        )
        assert row[1] == layer_check.count_params(), {
            "Conv2D": "parameters of a convolution: how many kernels has a filter over "
            f"{channels_check} channels, and what is added at the end?",
            "Dense": "parameters of a dense layer: what is added to each output at the end?",
        }.get(kind_check, f"{kind_check} learns nothing")

# %% [markdown] tags=["why"]
# **Why.** The shape passes from layer to layer, and each count needs only what comes in (channels
# or numbers), what goes out, and the kernel. The height and width of the picture matter for the
# *shape*; for parameters they matter only in the first dense layer, by way of `Flatten`. That is
# why it is so large.

# %% [markdown]
# ### Exercise 7.2 · Read a training history
#
# Write `best_epoch(history)`. `history` is a dict as in `model.history.history`, with the lists
# `loss`, `accuracy`, `val_loss`, `val_accuracy`. Return the number of the epoch, **counted from
# 1**, after which the network should be kept: the one with the lowest loss on pictures that it did
# not learn from. If two are equal, the earlier one.
#
# <details><summary>Hint 1</summary>
#
# Which of the four lists was measured on pictures that the network did not learn from, and is a
# loss?
# </details>
#
# <details><summary>Hint 2</summary>
#
# `np.argmin` gives the place of the smallest value, the first if there are several. Where does
# Python begin to count?
# </details>


# %% tags=["wrong-answer"]
# Looks at the pictures that the network learned from.
def best_epoch(history):
    return int(np.argmin(history["loss"])) + 1


# %% tags=["wrong-answer"]
# Counts from 0.
def best_epoch(history):
    return int(np.argmin(history["val_loss"]))


# %% tags=["wrong-answer"]
# Takes the highest accuracy in place of the lowest loss.
def best_epoch(history):
    return int(np.argmax(history["val_accuracy"])) + 1


# %%
def best_epoch(history):
    """Return the number of the epoch with the lowest validation loss, counted from 1."""
    ### BEGIN SOLUTION
    return int(np.argmin(history["val_loss"])) + 1
    ### END SOLUTION


# %%
with check("Exercise 7.2"):
    history_check = {
        "loss": [0.9, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02],
        "accuracy": [0.7, 0.8, 0.9, 0.94, 0.97, 0.98, 0.99, 1.0],
        "val_loss": [0.5, 0.6, 0.4, 0.32, 0.35, 0.38, 0.45, 0.5],
        "val_accuracy": [0.82, 0.8, 0.88, 0.9, 0.9, 0.91, 0.89, 0.88],
    }
    epoch_check = best_epoch(history_check)
    assert epoch_check not in (7, 8), (
        "these pictures were learned from; they get better to the end: is that what you ask?"
    )
    assert epoch_check not in (5, 6), "the task asks for the lowest loss, not for an accuracy"
    assert epoch_check != 3, "the first epoch is epoch 1, not epoch 0"
    assert epoch_check not in (0, 1), "a loss that rises once may fall again: look at all epochs"
    assert epoch_check != 2, "epoch 2 has the highest loss of all"
    assert epoch_check == 4, "return one epoch's number, counted from 1"
    tie_check = {**history_check, "val_loss": [0.5, 0.6, 0.3, 0.4, 0.3, 0.6, 0.7, 0.8]}
    assert best_epoch(tie_check) == 3, "of two equal epochs, take the earlier"
    assert best_epoch({name: values[:1] for name, values in history_check.items()}) == 1, (
        "one epoch only: then it is the best"
    )

# %% [markdown] tags=["why"]
# **Why.** The training loss nearly always falls: the network gets to know its pictures better and
# better. Only the loss on other pictures says when that stops to be of use. From 0.32 it rises
# again while the training loss still falls: overfitting, chapter 09. (And the pictures for such a
# choice must come from a validation part, not from the test set.)

# %% [markdown]
# ### Exercise 7.3 · Repair a loss that does not fit
#
# A friend's networks do not learn, or stop with an error. Each time it is the same line:
# `network.compile(optimizer="adam", loss="categorical_crossentropy")`, whatever the labels and
# whatever the last layer.
#
# Write `compile_to_fit(network, y)`: compile the network with `"adam"` and with a cross-entropy
# that fits
#
# - the *labels* `y`: one-hot of shape (n, 10), or integers of shape (n,) or (n, 1). A one-hot 1
#   may be stored as `1.0` or as `1`;
# - the **last layer**: with `activation="softmax"`, or with no activation, so that it gives
#   logits.
#
# Return the compiled network. Do not change its layers.
#
# <details><summary>Hint 1</summary>
#
# Two questions, independent of each other: sparse or not? And do probabilities come out, or
# logits? Use the classes `keras.losses.CategoricalCrossentropy` and
# `keras.losses.SparseCategoricalCrossentropy`: both have an argument for the second question.
# </details>
#
# <details><summary>Hint 2</summary>
#
# The argument is `from_logits`. What a network's last layer does, you find in
# `network.layers[-1].activation`; compare it with `keras.activations.softmax`.
# </details>
#
# <details><summary>Hint 3</summary>
#
# Labels of shape (n, 1) have two axes and are still integers. What tells them from one-hot labels
# is the length of the last axis.
# </details>


# %% tags=["wrong-answer"]
# Believes that two axes always mean one-hot.
def compile_to_fit(network, y):
    logits = network.layers[-1].activation is not keras.activations.softmax
    if y.ndim == 2:
        loss = keras.losses.CategoricalCrossentropy(from_logits=logits)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
    network.compile(optimizer="adam", loss=loss)
    return network


# %% tags=["wrong-answer"]
# Does not look at the last layer.
def compile_to_fit(network, y):
    one_hot = y.ndim == 2 and y.shape[1] > 1
    loss = "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    network.compile(optimizer="adam", loss=loss)
    return network


# %% tags=["wrong-answer"]
# Always says "logits", even where softmax has made probabilities of them.
def compile_to_fit(network, y):
    if y.ndim == 2 and y.shape[1] > 1:
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(optimizer="adam", loss=loss)
    return network


# %% tags=["wrong-answer"]
# Takes a loss that accepts everything: the squared error. It runs, but it is another loss.
def compile_to_fit(network, y):
    network.compile(optimizer="adam", loss="mean_squared_error")
    return network


# %%
def compile_to_fit(network, y):
    """Return the network, compiled with the cross-entropy that fits labels and last layer."""
    ### BEGIN SOLUTION
    logits = network.layers[-1].activation is not keras.activations.softmax
    if y.ndim == 2 and y.shape[1] > 1:
        loss = keras.losses.CategoricalCrossentropy(from_logits=logits)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
    network.compile(optimizer="adam", loss=loss)
    return network
    ### END SOLUTION


# %%
with check("Exercise 7.3"):
    X_check, integers_check = X_train[:64], data.y_train[:64]
    one_hot_check = y_train[:64]
    labels_check = (
        one_hot_check, one_hot_check.astype(int), integers_check, integers_check[:, np.newaxis]
    )  # fmt: skip
    for activation in ("softmax", None):
        network_check = keras.Sequential(
            [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation=activation)]
        )
        # A plain array, for Keras' own tensor would remember the logits and repair the mistake.
        outputs_check = keras.ops.convert_to_tensor(np.array(network_check(X_check)))
        W_check, b_check = network_check.get_weights()
        p_check = softmax(X_check.reshape(64, -1) @ W_check + b_check)
        expected = -np.mean(np.log(p_check[np.arange(64), integers_check]))
        twice_check = -np.mean(np.log(softmax(p_check)[np.arange(64), integers_check]))
        for y_check in labels_check:
            compiled = compile_to_fit(network_check, y_check)
            assert compiled is network_check, "return the network itself"
            assert len(compiled.layers) == 2 and (
                compiled.layers[-1].activation is keras.activations.get(activation)
            ), "do not change the network's layers: only the loss must fit"
            assert isinstance(compiled.optimizer, keras.optimizers.Adam), (
                "the task asks for another optimizer"
            )
            try:
                measured = float(compiled.compute_loss(y=y_check, y_pred=outputs_check))
            except Exception:
                raise AssertionError(
                    f"with labels of shape {y_check.shape} and type {y_check.dtype} Keras cannot "
                    "compute this loss: are they one-hot, or one integer for each picture?"
                ) from None
            assert not activation or not np.isclose(measured, twice_check, rtol=1e-3), (
                "this network ends with softmax: probabilities come out here, not logits"
            )
            assert np.isclose(measured, expected, rtol=1e-3) or activation, (
                "this network ends without softmax: how shall the loss know that it gets logits?"
            )
            assert np.isclose(measured, expected, rtol=1e-3), (
                f"labels of shape {y_check.shape}: it runs, but the value is not the cross-entropy"
            )

# %% [markdown] tags=["why"]
# **Why.** The form of the labels decides between the two names, the last layer decides about
# `from_logits`. Both give the same number when they fit. When they do not, Keras stops with an
# error if the *shapes* disagree, and says nothing at all if only the *meaning* does: logits taken
# for probabilities. Then the loss falls a little, and the network stays poor.

# %% [markdown]
# ### Exercise 7.4 · Prepare any picture
#
# Write `prepare_picture(image)`: bring one grey picture into the form that the network needs. The
# picture may have
#
# - any height and width;
# - dark ink on light paper, or light strokes on a dark ground;
# - integers from 0 to 255, or decimal numbers from 0 to 1.
#
# Return a new array of shape (1, 28, 28, 1), type float32: the ground 0, the brightest stroke 1,
# the digit's longer side 24 pixels, its shape kept, in the middle. You may count on this: all
# along the border lies ground, and the ground is even.
#
# <details><summary>Hint 1</summary>
#
# You have `crop_to_ink`, `resize_longer_side` and `place`. What is new: which one is the ground,
# the dark or the light? Where can you be sure to see it?
# </details>
#
# <details><summary>Hint 2</summary>
#
# The pixel `image[0, 0]` is ground. How far each pixel is from it, in either direction, is a
# picture of the strokes: light on black, always.
# </details>
#
# <details><summary>Hint 3</summary>
#
# `np.abs(image - ground)`, but first make the numbers floats: with `uint8`, 40 − 235 is 61.
# Dividing by the largest value scales both kinds of numbers to [0, 1]; do it last, because
# resizing can make thin strokes paler.
# </details>


# %% tags=["wrong-answer"]
# Always inverts, even a picture that is light on dark already.
def prepare_picture(image):
    strokes = image.max() - image.astype("float32")
    prepared = place(resize_longer_side(crop_to_ink(strokes)))
    return (prepared / prepared.max())[np.newaxis, ..., np.newaxis]


# %% tags=["wrong-answer"]
# Divides by 255, whatever the numbers were.
def prepare_picture(image):
    strokes = np.abs(image.astype("float32") - float(image[0, 0]))
    prepared = place(resize_longer_side(crop_to_ink(strokes)))
    return (prepared / 255)[np.newaxis, ..., np.newaxis]


# %% tags=["wrong-answer"]
# Subtracts without floats: with uint8, 140 − 220 is 176.
def prepare_picture(image):
    strokes = np.abs(image - image[0, 0]).astype("float32")
    prepared = place(resize_longer_side(crop_to_ink(strokes)))
    return (prepared / prepared.max())[np.newaxis, ..., np.newaxis]


# %% tags=["wrong-answer"]
# Squeezes the whole picture to 28×28: the digit is bent, small, and out of place.
def prepare_picture(image):
    strokes = np.abs(image.astype("float32") - float(image[0, 0]))
    squeezed = np.array(Image.fromarray(strokes).resize((28, 28), Image.Resampling.BILINEAR))
    return (squeezed / squeezed.max())[np.newaxis, ..., np.newaxis]


# %%
def prepare_picture(image):
    """Return the picture as the network needs it: float32, (1, 28, 28, 1), values in [0, 1]."""
    ### BEGIN SOLUTION
    strokes = np.abs(image.astype("float32") - float(image[0, 0]))
    prepared = place(resize_longer_side(crop_to_ink(strokes)))
    return (prepared / prepared.max())[np.newaxis, ..., np.newaxis]
    ### END SOLUTION


# %%
with check("Exercise 7.4"):
    dark_on_light = np.full((90, 70), 220, dtype="uint8")
    dark_on_light[20:68, 12:28] = 30  # a bar of 48×16 pixels, above and left of the middle
    light_on_dark = 255 - dark_on_light
    in_decimals = (dark_on_light / 255).astype("float32")
    lying = dark_on_light.T.copy()
    soft_check = dark_on_light.copy()  # with a paler border of one pixel
    soft_check[19, 12:28] = soft_check[68, 12:28] = 140
    soft_check[19:69, 11] = soft_check[19:69, 28] = 140
    fat_check = np.full((52, 20), 220, dtype="uint8")
    fat_check[2:50, 2:18] = 30  # a bar of the same size that nearly fills its paper
    thin_check = np.full((160, 80), 220, dtype="uint8")
    thin_check[20:140, 20:60] = 30
    thin_check[21:139, 21:59] = 220  # a frame of one pixel
    bar_check = np.zeros((28, 28))
    bar_check[2:26, 10:18] = 1  # 24×8 pixels, in the middle
    cases_check = {
        "dark on light": (dark_on_light, bar_check),
        "light on dark": (light_on_dark, bar_check),
        "numbers from 0 to 1": (in_decimals, bar_check),
        "wider than high": (lying, bar_check.T),
        "soft borders": (soft_check, bar_check),
        "more ink than paper": (fat_check, bar_check),
    }
    for name, (image_check, expected) in cases_check.items():
        before = image_check.copy()
        prepared = prepare_picture(image_check)
        assert np.array_equal(before, image_check), "do not change the picture that you are given"
        assert np.shape(prepared) == (1, 28, 28, 1), (
            f"the network needs (1, 28, 28, 1), yours is {np.shape(prepared)}"
        )
        assert prepared.dtype == np.float32, f"the type must be float32, yours is {prepared.dtype}"
        picture = prepared[0, ..., 0]
        assert picture.min() >= 0 and picture.max() <= 1, f"{name}: values outside [0, 1]"
        assert picture[[0, 0, -1, -1], [0, -1, 0, -1]].min() < 0.1, (
            f"{name}: the ground must be 0; how do you find the ground?"
        )
        found = np.argwhere(picture >= picture.max() / 2)
        size = tuple(int(s) for s in np.ptp(found, axis=0) + 1)
        assert len(found) > 0.95 * np.prod(size), (
            f"{name}: there is a dark hole in your digit: "
            + (
                "did a difference below 0 become a large number?"
                if name == "soft borders"
                else "have you made the ground bright? Where can you be sure to see the ground?"
            )
        )
        assert picture.max() > 0.99, f"{name}: the brightest stroke must be 1, whatever it was"
        assert max(size) == 24, f"{name}: the longer side is {max(size)} pixels long, not 24"
        assert abs(min(size) - 8) <= 1, f"{name}: the bar has lost its shape: 3 to 1 it was"
        assert np.abs(picture - expected).mean() < 0.05, f"{name}: the digit is not in the middle"
    assert prepare_picture(thin_check).max() > 0.99, (
        "thin strokes: the brightest is no longer 1; what does resizing do to thin strokes?"
    )

# %% [markdown] tags=["why"]
# **Why.** What is the same for every picture is that its border is ground. So measure *from the
# ground*: the distance is 0 on the paper and large on the strokes, for either kind. Dividing by
# the largest value at the end makes pencil and ink, 0 … 255 and 0 … 1 the same. A preparation that
# does not care how the picture was made is one source of mistakes less.

# %% [markdown]
# ### Exercise 7.5 · Two views of one picture, on a budget
#
# Build a network that `Sequential` cannot express. Write `build_two_views()` in functional form:
#
# - input (28, 28, 1);
# - **two branches** that both read the *picture*: one convolution with kernels of 3×3 for details,
#   one with kernels of 7×7 for the coarse form;
# - their feature maps joined along the channels with `layers.Concatenate()`;
# - whatever you like after that, and at the end 10 probabilities by softmax;
# - **at most 20,000 parameters**.
#
# Return the model, not compiled. The check trains it for three epochs: it should then read most
# digits.
#
# <details><summary>Hint 1</summary>
#
# Only maps of the same height and width can be joined. `padding="same"` makes them so for every
# kernel size.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `details = layers.Conv2D(…)(pictures)`, `form = layers.Conv2D(…)(pictures)`, then
# `layers.Concatenate()([details, form])`: a list of two.
# </details>
#
# <details><summary>Hint 3</summary>
#
# Most parameters would sit in the dense layer after `Flatten`. Make the maps small before it:
# strides of 2, a pooling, few filters. (7, 7, 16) flattened and 10 outputs: how many parameters?
# </details>


# %% tags=["wrong-answer"]
# One chain: the 7×7 kernels read what the 3×3 kernels wrote.
def build_two_views():
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(8, 7, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


# %% tags=["wrong-answer"]
# Flattens large maps: far over the budget.
def build_two_views():
    pictures = keras.Input(shape=(28, 28, 1))
    details = layers.Conv2D(8, 3, padding="same", activation="relu")(pictures)
    form = layers.Conv2D(8, 7, padding="same", activation="relu")(pictures)
    x = layers.Flatten()(layers.Concatenate()([details, form]))
    return keras.Model(pictures, layers.Dense(10, activation="softmax")(x))


# %% tags=["wrong-answer"]
# The second branch reads the first, not the picture.
def build_two_views():
    pictures = keras.Input(shape=(28, 28, 1))
    details = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(pictures)
    form = layers.Conv2D(8, 7, padding="same", activation="relu")(details)
    x = layers.MaxPooling2D(2)(layers.Concatenate()([details, form]))
    x = layers.Flatten()(x)
    return keras.Model(pictures, layers.Dense(10, activation="softmax")(x))


# %%
def build_two_views():
    """Return a model with two branches and at most 20,000 parameters, not compiled."""
    ### BEGIN SOLUTION
    pictures = keras.Input(shape=(28, 28, 1))
    details = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(pictures)
    form = layers.Conv2D(8, 7, strides=2, padding="same", activation="relu")(pictures)
    x = layers.Concatenate()([details, form])  # (batch, 14, 14, 16)
    x = layers.MaxPooling2D(2)(x)  # (batch, 7, 7, 16)
    x = layers.Flatten()(x)  # (batch, 784)
    return keras.Model(pictures, layers.Dense(10, activation="softmax")(x))
    ### END SOLUTION


# %%
with check("Exercise 7.5"):
    start()
    model_check = build_two_views()
    assert isinstance(model_check, keras.Model), "return a keras.Model"
    assert model_check.input_shape == (None, 28, 28, 1), "the input is (28, 28, 1)"
    assert model_check.output_shape == (None, 10), "the output is 10 numbers for each picture"
    joins_check = [x for x in model_check.layers if isinstance(x, layers.Concatenate)]
    assert joins_check, "no Concatenate: two branches must come together, a chain has only one"
    assert any(x.axis in (-1, 3) and len(x.output.shape) == 4 for x in joins_check), (
        "join the feature maps along the channels: which axis is that?"
    )
    convolutions = [x for x in model_check.layers if isinstance(x, layers.Conv2D)]
    for size in (3, 7):
        branch = [x for x in convolutions if x.kernel.shape[:2] == (size, size)]
        assert branch, f"no convolution with kernels of {size}×{size} that leads to the output"
        assert any(x.input is model_check.inputs[0] for x in branch), (
            f"the kernels of {size}×{size} do not read the picture itself, but another layer"
        )
    assert model_check.count_params() <= 20_000, (
        f"{model_check.count_params():,} parameters: in which layer do most of them sit?"
    )
    sums = np.sum(model_check(X_test[:8]), axis=1)
    assert np.allclose(sums, 1, atol=1e-4), "the ten numbers do not add up to 1: softmax?"
    _ = fit_as_recipe(model_check, X_fit, y_fit)
    accuracy_check = measure_accuracy(model_check, X_val, y_val)
    assert accuracy_check > 0.8, (
        "after three epochs it reads fewer than 80 of 100 digits: keep the places (Flatten), or "
        "give it more filters"
    )

# %% [markdown] tags=["why"]
# **Why.** `pictures` is used twice: that is all it takes to make a branch, and it is what a chain
# cannot do. The sizes: the first two layers have $(9 + 1) \cdot 8 + (49 + 1) \cdot 8 = 480$
# parameters, the last one $(784 + 1) \cdot 10 = 7{,}850$: 8,330 together. Large kernels on one
# channel are cheap, a dense layer after `Flatten` is not.

# %% [markdown]
# ## Quiz

# %%
quiz("07")

# %% [markdown]
# ## Key points
#
# - A layer turns numbers into numbers; shapes and parameter counts follow from a few rules, so you
#   can check `summary()` before you trust it.
# - Sequential, `keras.Input` and the functional form are three ways to write one network; the
#   functional form can also branch.
# - One-hot labels go with `categorical_crossentropy`, integers with
#   `sparse_categorical_crossentropy`: the same number.
# - A picture must be prepared exactly as the training pictures were. The network never complains;
#   some mistakes do not even show in the accuracy.
# - Count the work, choose on a validation part, look at the test set once: a recipe with a 26th of
#   the listing's multiplications was as good.
#
# ## Glossary
#
# - **batch normalisation**: bringing each channel to mean 0 and variance 1 over the batch, then
#   scaling and shifting it by learned numbers.
# - **batch size**: the number of pictures in a batch.
# - **flatten**: lay all numbers of a picture in one row.
# - **functional form**: building a network by calling layers on tensors, so that it can branch.
# - **label smoothing**: taking a small share from the right class's 1 and spreading it over all
#   classes.
# - **layer**: one step of computing in a network, most often with weights of its own.
# - **optimizer**: the rule by which the weights are changed after each batch.
# - **parameter**: a number that is learned: a weight or a bias.
#
# Batch, cross-entropy, dense layer, epoch, logits, loss, one-hot encoding and softmax stand in the
# glossary of chapter 05.
#
# ## Further reading
#
# - François Chollet, Matthew Watson: *Deep Learning with Python*, third edition. Manning, 2025. By
#   the author of Keras; this edition teaches Keras 3.
# - Ethem Alpaydin, Cenk Kaynak: *Optical recognition of handwritten digits*. UCI Machine Learning
#   Repository, 1998. The pictures of this chapter.
# - John S. Bridle: *Probabilistic interpretation of feedforward classification network outputs,
#   with relationships to statistical pattern recognition*. In Neurocomputing: Algorithms,
#   Architectures and Applications, NATO ASI Series F 68. Springer, 1990. Where softmax got its
#   name.
# - Diederik P. Kingma, Jimmy Ba: *Adam: A method for stochastic optimization*. International
#   Conference on Learning Representations, 2015.
# - Sergey Ioffe, Christian Szegedy: *Batch normalization: Accelerating deep network training by
#   reducing internal covariate shift*. International Conference on Machine Learning, 2015.
# - Jost Tobias Springenberg, Alexey Dosovitskiy, Thomas Brox, Martin Riedmiller: *Striving for
#   simplicity: The all convolutional net*. ICLR workshop, 2015. Strides in place of pooling.
# - Leslie N. Smith, Nicholay Topin: *Super-convergence: Very fast training of neural networks
#   using large learning rates*. SPIE Artificial Intelligence and Machine Learning for Multi-Domain
#   Operations Applications, 2019.
# - Ilya Loshchilov, Frank Hutter: *SGDR: Stochastic gradient descent with warm restarts*.
#   International Conference on Learning Representations, 2017.
# - Christian Szegedy and others: *Rethinking the Inception architecture for computer vision*. IEEE
#   Conference on Computer Vision and Pattern Recognition, 2016. Section 7: label smoothing.
#
# ## Go further
#
# The same recipe on the real MNIST (chapter [00](00_start_here.ipynb) says how to have it): put
# this into a new cell and wait about a minute.
#
# ```python
# mnist = load("mnist")
# start()
# network = compact_cnn()
# _ = fit_one_cycle(network, mnist.X_train, mnist.y_train)
# measure_accuracy(network, mnist.X_test, mnist.y_test)
# ```
#
# We measured a test accuracy of 0.9924, after half a minute of processor time. *How many of the
# 10,000 are wrong? Show them: would you have known better?*
#
# Next: chapter 08 trains like this, and asks how far its results can be trusted.
