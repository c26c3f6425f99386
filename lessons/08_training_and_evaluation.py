# %% [markdown]
# # 08 · Train with care, judge with doubt: training and evaluation
#
# "Test accuracy 0.95." What does such a number say? It depends: on who chose the network, and by
# which pictures; on how many pictures were counted; on the seed; on whether the network knows when
# it does not know. In this chapter you put a number on each of these doubts. And you learn to read
# the curves of a training as a doctor reads a chart: at the end you name the faults of eight
# broken trainings, from their curves alone.
#
# **You will learn to**
#
# - watch, keep and stop a training with callbacks, and read training curves;
# - say what it costs to choose by the test set, and how to avoid it;
# - give an accuracy its interval, and separate the luck of the pictures from the luck of the seed;
# - read a confusion matrix, and compute precision, recall, F1, top-k accuracy and calibration by
#   hand;
# - find out from its curves what is wrong with a training.
#
# **You need** chapter 03 (splits and leaks), chapter
# 05 (cross-entropy) and chapter 07 (`compile`,
# `fit`, label smoothing).
#
# **Time:** about 195 minutes to read and do, under 2 minutes of computing.
#
# | | minutes | |
# | --- | --- | --- |
# | sections 1 to 3: sets, callbacks, curves | 30 | core |
# | section 4: the price of peeking | 20 | core |
# | sections 5 and 6: how sure an accuracy is | 30 | the core: 5 up to Wilson's interval |
# | section 7: which mistakes | 20 | core |
# | sections 8 and 9: calibration, strangers | 35 | may be left out at first |
# | section 10: the bug clinic | 10 | core |
# | exercises and quiz | 50 | the core: Exercise 8.6 |
#
# The core takes about 95 minutes. Run the cells of every section, also where you skip the text: later
# ones use them. After section 4 and after section 7 are good places for a break.

# %%
from utils.runtime import start  # not found? Get the whole course and run make lab in its folder

start()

# %%
import keras
import numpy as np
from keras import layers
from sklearn.model_selection import train_test_split

from utils.claims import expect
from utils.datasets import load
from utils.exercises import check, quiz
from utils.plots import show, show_images

# %% [markdown]
# ## Look first
#
# A small network learns from only 300 digits, so that many are left over to judge it by. It reads
# more than nine of ten of the others. Here are eight that it gets wrong: the eight of which it was
# *most sure*.

# %%
data = load("digits")
X_fit, X_rest, y_fit, y_rest = train_test_split(
    data.X_train, data.y_train, train_size=300, stratify=data.y_train, random_state=0
)


def build_network(after_hidden=(), after_softmax=()):
    """Return a small network, with more layers after its hidden one or at its end if asked."""
    return keras.Sequential(
        [
            keras.Input(data.image_shape),
            layers.Conv2D(16, 5, strides=2, activation="relu"),  # (batch, 12, 12, 16)
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            *after_hidden,
            layers.Dense(data.num_classes, activation="softmax"),
            *after_softmax,
        ]
    )


def compile_network(network, loss="sparse_categorical_crossentropy"):
    """Return the network, compiled with Adam, ready for `fit`."""
    adam = keras.optimizers.Adam(0.003)
    # Ten steps in one go: the same result, less bookkeeping.
    network.compile(adam, loss=loss, metrics=["accuracy"], steps_per_execution=10)
    adam.build(network.trainable_variables)  # its memory exists from now on
    return network


# %%
network = compile_network(build_network())
_ = network.fit(X_fit, y_fit, epochs=12, batch_size=30, verbose=0)

first_probabilities = network.predict(X_rest, batch_size=1000, verbose=0)
first_answers = first_probabilities.argmax(axis=1)
wrong_first = np.flatnonzero(first_answers != y_rest)
surest = wrong_first[np.argsort(-first_probabilities[wrong_first].max(axis=1))[:8]]
show_images(
    X_rest[surest],
    titles=[
        f"{y_rest[i]}: “{first_answers[i]}”, {first_probabilities[i].max():.0%}" for i in surest
    ],
    scale=1.2,
    alt="Eight handwritten digits that the network got wrong, each with its label, the network's "
    "answer and how sure it was, close to 100 % for most. Some are odd shapes, others plain.",
)
print("read rightly:", expect(np.mean(first_answers == y_rest), ".1%", at_least=0.9))

# %% [markdown]
# "It gets 94 %", we would say, "and is 99 % sure of a wrong answer". May we believe either number?
# And would another seed have done as well?
#
# ## 1 · Four sets, and a network that can start anew
#
# The test set judges, the validation set chooses (chapter 03, section 5). We have four sets. The
# fourth is a luxury that you seldom have: fresh pictures by which we can judge *the judging*. (In
# section 4 we break the test set's rule on purpose, to see what it costs. Who cannot spare
# validation pictures takes chapter 03's cross-validation.)
#
# | set | pictures | for |
# | --- | --- | --- |
# | `X_fit` | 300 | learning |
# | `X_val` | 382 | choosing |
# | `X_test` | 382 | judging, once |
# | `X_fresh` | 733 | finding out whether the judgement was true |

# %%
X_val, X_fresh, y_val, y_fresh = train_test_split(
    X_rest, y_rest, train_size=382, stratify=y_rest, random_state=0
)
X_test, y_test = data.X_test, data.y_test

# %%
sizes = [len(y) for y in (y_fit, y_val, y_test, y_fresh)]
assert sizes == [300, 382, 382, 733] and sum(sizes) == 1797
sizes

# %% [markdown]
# We shall train some forty networks. To build and compile each one would cost more than to train
# it. So we use the same one again and give it new random weights. Its optimizer must forget, too:
# it gets the numbers of a new one, with running means (chapter 06) of 0.
#
# The pictures come through a **pipeline**, `tf.data.Dataset`: a chain of small jobs that hands
# `fit` one batch after another. Ours takes the pictures one by one, shuffles them anew in each
# epoch, and packs them in batches of 30. (The pipeline shuffles, so `fit` is told not to. A large
# data set would also be *read* in such a chain, so that it need not fit into the memory.)


# %%
import tensorflow as tf


def restart(network, seed, learning_rate=0.003):
    """Give a compiled network new random weights, and its optimizer an empty memory."""
    keras.utils.set_random_seed(seed)
    network.set_weights(build_network().get_weights())
    new_optimizer = keras.optimizers.Adam(learning_rate)
    new_optimizer.build(network.trainable_variables)
    for variable, new in zip(network.optimizer.variables, new_optimizer.variables):
        variable.assign(new)


def make_batches(X, y, seed, batch_size=30):
    """Return a pipeline of pictures and labels, in a new order in each epoch."""
    pictures = tf.data.Dataset.from_tensor_slices((X, y))
    return pictures.shuffle(len(X), seed=seed).batch(batch_size)


def train(network, seed, X, y, epochs=12):
    """Train anew."""
    restart(network, seed)
    network.fit(make_batches(X, y, seed), epochs=epochs, shuffle=False, verbose=0)


def predict(network, X):
    """Return probabilities of shape (n, classes): as `network.predict`, in one batch."""
    return np.array(network(X))


# %% [markdown]
# Does `restart` do what it says? The same seed must give the same weights, another seed others.

# %%
weights_seen = []
for seed in (1, 2, 1):
    restart(network, seed)
    weights_seen.append(network.get_weights()[0])
np.testing.assert_array_equal(weights_seen[0], weights_seen[2])
print("first kernel, equal numbers of seeds 1 and 2:", np.sum(weights_seen[0] == weights_seen[1]))
print("of seed 1 twice:", np.sum(weights_seen[0] == weights_seen[2]), "of", weights_seen[0].size)

# %% [markdown]
# ## 2 · Callbacks: watch, stop, keep
#
# A **callback** is an object whose methods `fit` calls at certain moments: `on_epoch_end`,
# `on_train_begin` and others. Your own takes five lines. This one keeps the length of all weights
# together:


# %%
class WeightLength(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.lengths = []

    def on_epoch_end(self, epoch, logs=None):
        self.lengths.append(np.sqrt(sum(np.sum(w**2) for w in self.model.get_weights())))


# %% [markdown]
# Keras brings many. Three that you will use every day:
#
# - `EarlyStopping(patience=5)`: **early stopping** ends the training when `val_loss` has not
#   become better for 5 epochs; `restore_best_weights=True` then takes back the weights of the best
#   epoch;
# - `ModelCheckpoint(path, save_best_only=True)`: write the network to a file, a **checkpoint**,
#   each time that it is the best so far. If the power fails at night, it is on the disk;
# - `CSVLogger(path)`: write each epoch's figures as one line of a table.

# %% [markdown]
# All four at work. We allow 40 epochs and hope that fewer are needed.


# %%
import csv
import tempfile
from pathlib import Path


def in_one_batch(X, y):
    """Return a pipeline of one batch that holds everything, for validation."""
    return tf.data.Dataset.from_tensors((X, y))


watch = WeightLength()
stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
restart(network, seed=0)
batches, validation = make_batches(X_fit, y_fit, seed=0), in_one_batch(X_val, y_val)
with tempfile.TemporaryDirectory() as folder:
    checkpoint, table = Path(folder, "best.keras"), Path(folder, "log.csv")
    keep = keras.callbacks.ModelCheckpoint(checkpoint, monitor="val_loss", save_best_only=True)
    log = keras.callbacks.CSVLogger(table)
    callbacks = [watch, stop, keep, log]
    healthy = network.fit(
        batches,
        epochs=40,
        shuffle=False,
        verbose=0,
        validation_data=validation,
        callbacks=callbacks,
    ).history
    kept = keras.models.load_model(checkpoint)
    logged = list(csv.DictReader(table.open()))

# %%
best_epoch = int(np.argmin(healthy["val_loss"])) + 1  # counted from 1
print("epochs until the stop:", expect(len(healthy["loss"]), "d", at_most=35))
assert len(healthy["loss"]) == best_epoch + 5  # five epochs of patience after the best one
loss_now, _ = network.evaluate(X_val, y_val, verbose=0)
np.testing.assert_allclose(loss_now, min(healthy["val_loss"]), rtol=1e-4)
np.testing.assert_allclose(predict(kept, X_val), predict(network, X_val), atol=1e-6)
print("restored network = file on the disk = the epoch with the lowest val_loss")

# %% [markdown]
# The table on the disk and the history in memory must agree, and our own callback has kept a third
# diary. (*TensorBoard* draws such curves in the browser while a training runs. It is a package of
# its own, which this course does not install: `pip install tensorboard`, give `fit` the callback
# `keras.callbacks.TensorBoard(folder)`, and start `tensorboard --logdir folder`.)

# %%
for name, values in healthy.items():
    np.testing.assert_allclose([float(row[name]) for row in logged], values, rtol=1e-6)
growth = np.diff(watch.lengths)
print("growth of the weights in an epoch, smallest:", expect(growth.min(), at_least=0))

# %% [markdown]
# ## 3 · What the shapes of training curves mean
#
# A **training curve** shows how loss or accuracy changes from epoch to epoch. (Chapter 02's
# learning curve has the number of pictures along its axis. Many people say "learning curve" to
# both.) Always draw two: one for the pictures that the network learns from, one for others. The
# training that we just stopped is our pattern of health. Beside it two others: ten epochs with a
# learning rate ten times smaller, and a training on only 30 pictures.


# %%
def fit_and_watch(network, batches, epochs, learning_rate=0.003):
    """Train anew and return the history, validated on X_val after each epoch."""
    restart(network, 0, learning_rate)
    return network.fit(
        batches,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        validation_data=in_one_batch(X_val, y_val),
    ).history


too_short = fit_and_watch(network, make_batches(X_fit, y_fit, 0), epochs=10, learning_rate=0.0003)
thirty = make_batches(X_fit[:30], y_fit[:30], seed=0, batch_size=10)
too_few = fit_and_watch(network, thirty, epochs=25)
shapes = {"Still falling": too_short, "Healthy": healthy, "They part": too_few}

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 3, figsize=(9, 2.8), sharey=True)
for axis, (name, history) in zip(axes, shapes.items()):
    epochs = np.arange(1, len(history["loss"]) + 1)
    axis.plot(epochs, history["loss"], label="training")
    axis.plot(epochs, history["val_loss"], "--", label="validation")
    axis.set(title=name, xlabel="epoch")
axes[0].set_ylabel("loss")
axes[0].legend(loc="lower left")
show(
    figure,
    alt="Three pairs of loss curves. Still falling: training and validation fall together and have "
    "not flattened at the end. Healthy: both fall steeply, then flatten, validation a little above "
    "training. They part: training falls to zero, validation falls, turns and rises.",
)

# %%
assert too_short["val_loss"][-1] < 0.95 * too_short["val_loss"][-3]  # still on its way
assert min(healthy["val_loss"]) < min(too_short["val_loss"])
turn = int(np.argmin(too_few["val_loss"]))
print("30 pictures: training accuracy", expect(too_few["accuracy"][-1], at_least=0.96))
risen = too_few["val_loss"][-1] - too_few["val_loss"][turn]
print("validation loss at the end above its lowest by:", expect(risen, at_least=0.1))

# %% [markdown]
# | shape | what it says | what to do |
# | --- | --- | --- |
# | both still fall at the end | not done yet: **underfitting** | more epochs, a higher rate; if it is flat and poor: a larger network |
# | both fall, then level off, a small gap | healthy | stop where validation is lowest |
# | training falls, validation turns and rises | learned by heart: **overfitting** | more pictures, chapter 09's remedies, stop earlier |
# | loss jumps about or becomes NaN | steps too long | a lower learning rate |
# | training *worse* than validation | often harmless | something makes only training harder (chapter 09), or the mean over the epoch lags (chapter 07) |
#
# Read the loss before the accuracy: the accuracy can stand still while the network still gets
# surer, of right *and* of wrong answers. And know one number by heart: a network that knows
# nothing gives each of 10 classes the probability $1/10$, so its cross-entropy is
# $-\ln(1/10) = \ln 10 = 2.303$. There every healthy training on ten classes begins.

# %%
np.testing.assert_allclose(-np.log(1 / 10), 2.303, atol=0.0005)
restart(network, seed=3)
loss_at_start, _ = network.evaluate(X_val, y_val, verbose=0)
print("the loss before any learning:", expect(loss_at_start, at_least=2.15, at_most=2.45))

# %% [markdown]
# ## 4 · The experiment: the price of peeking
#
# The reference listing of chapter 07 says `validation_data=(X_test, y_test)`. If you only *look*,
# nothing happens. But people look in order to choose: the best epoch, the best of several sizes,
# the run that "worked". How much better than it is does the chosen one look?
#
# ### With coins
#
# Suppose $K$ candidates, all exactly equally good: each names a picture rightly with probability
# $a$. On $n$ test pictures, each gets a number of right answers that is a matter of luck: a
# **binomial** number, like heads among $n$ tosses of a coin. We choose the one with most. Its
# expected share of right answers:
#
# $$E = \frac{1}{n} \sum_{c=1}^{n} \left( 1 - F(c - 1)^K \right)$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $a$ | true accuracy of each candidate | one number |
# | $n$, $K$ | pictures, candidates | numbers |
# | $F(c)$ | probability that one candidate has at most $c$ right | one number for each $c$ |
# | $E$ | the accuracy that we expect to *see* for the best | one number |
#
# (The best has at least $c$ right unless *all* $K$ have at most $c - 1$: that has probability
# $F(c-1)^K$. Adding up the chances of "at least $c$" over all $c$ gives the mean of the best count:
# a count of 3 is at least 1, at least 2 and at least 3, and so adds 1 three times.)
#
# **By hand:** one picture, two candidates that guess, $a = 0.5$. $F(0) = 0.5$, so $E = 1 - 0.5^2 =
# 0.75$. Two coins, the better one shown: it seems right three times out of four. The price of
# peeking is $0.75 - 0.5 = 0.25$.


# %%
from scipy.stats import binom


def expected_best(a, n, K):
    """Return the expected accuracy, on n pictures, of the best of K candidates of accuracy a."""
    counts = np.arange(1, n + 1)
    return np.sum(1 - binom.cdf(counts - 1, n, a) ** K) / n


assert np.isclose(expected_best(0.5, 1, 2), 0.75)
random = np.random.default_rng(0)
simulated = random.binomial(382, 0.93, size=(20_000, 20)).max(axis=1).mean() / 382
np.testing.assert_allclose(simulated, expected_best(0.93, 382, 20), atol=0.0005)
for K in (1, 2, 5, 20, 100):
    print(f"best of {K:3}: looks like {expected_best(0.93, 382, K):.3f}, is 0.930")

# %% [markdown]
# ### With networks
#
# Now real candidates: 20 networks that differ in nothing but the seed.
#
# > **Predict.** Coins, best of 20 on 382 pictures: the table just said what they pretend to be.
# > Choose the best of 20 *networks* by 382 pictures and measure it again on pictures that played
# > no part. By how many points does its accuracy drop: as much as the coins', less, or more? What
# > if there are only 100 pictures to choose by? And if we choose by one set of 382 and then judge
# > by another one?

# %%
X_unseen = np.concatenate([X_val, X_fresh, X_test])  # 1,497 that no network learns from
y_unseen = np.concatenate([y_val, y_fresh, y_test])
of_set = np.repeat(["val", "fresh", "test"], [len(y_val), len(y_fresh), len(y_test)])


def train_and_predict(seeds):
    """Return what one network for each seed says of the unseen pictures: (seeds, 1497, 10)."""
    said = []
    for seed in seeds:
        train(network, seed, X_fit, y_fit)
        said.append(predict(network, X_unseen))
    return np.array(said)


first_ten = train_and_predict(range(10))
first_ten.shape

# %%
probabilities = np.concatenate([first_ten, train_and_predict(range(10, 20))])  # (20, 1497, 10)
right = probabilities.argmax(axis=2) == y_unseen  # (20, 1497)
right.shape

# %% [markdown]
# First as in the listing: choose by the test pictures, then ask all the others.

# %% tags=["nbval-ignore-output"]
on_test, on_others = (
    right[:, chosen].mean(axis=1) for chosen in (of_set == "test", of_set != "test")
)
best = on_test.argmax()
print(
    f"best of 20 by the test pictures: {on_test[best]:.3f}   on the others: {on_others[best]:.3f}"
)
print(
    f"mean of all 20:                  {on_test.mean():.3f}   on the others: {on_others.mean():.3f}"
)

# %% [markdown]
# One choice is one throw of dice. So we repeat it, a thousand times: shuffle the 1,497 pictures
# and cut them in three: pictures to choose by, as many to judge by, and the rest, which stands for
# the truth.


# %%
def choose_and_judge(right, n, K, random):
    """Choose the best of K networks by n pictures; return its accuracy there and elsewhere.

    Returns three numbers: on the n pictures it was chosen by, on n others, on all the rest.
    """
    candidates = random.permutation(len(right))[:K]
    order = random.permutation(right.shape[1])
    choose_by, judge_by, rest = order[:n], order[n : 2 * n], order[2 * n :]
    on_chosen_by = right[candidates][:, choose_by].mean(axis=1)
    chosen = candidates[on_chosen_by.argmax()]
    return [right[chosen, pictures].mean() for pictures in (choose_by, judge_by, rest)]


def prices(right, n, K, repeats=1000):
    """Return (peeking, honest): how much too good the two accuracies are, each of (repeats,)."""
    random = np.random.default_rng(0)
    results = np.array([choose_and_judge(right, n, K, random) for _ in range(repeats)])
    return results[:, 0] - results[:, 2], results[:, 1] - results[:, 2]


# %%
candidates_tried = (1, 2, 5, 10, 20)
price = {n: [prices(right, n, K) for K in candidates_tried] for n in (382, 100)}
a_mean = right.mean()
coins = [expected_best(a_mean, 382, K) - a_mean for K in candidates_tried]
peeking, honest = price[382][-1]

# %%
figure, axis = plt.subplots(figsize=(6.8, 3.2))
lines = {
    "100 pictures": [p.mean() for p, _ in price[100]],
    "coins, 382 pictures": coins,
    "382 pictures": [p.mean() for p, _ in price[382]],
    "382, judged by 382 others": [h.mean() for _, h in price[382]],
}
for (name, values), style in zip(lines.items(), ("o-", "^:", "o-", "s--")):
    axis.plot(candidates_tried, 100 * np.array(values), style, label=name)
axis.set(xscale="log", xlabel="candidates tried", ylabel="looks too good by (points)")
axis.set_xticks(candidates_tried, candidates_tried)
axis.minorticks_off()
axis.set_title("The more you try, the more luck you report")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1), title="chosen by")
show(
    figure,
    alt="By how many points the chosen network looks better than it is, against the number of "
    "candidates from 1 to 20. Networks chosen by 100 pictures and coins chosen by 382 rise to about "
    "two points; networks chosen by 382 pictures rise to about one; judged by 382 other pictures "
    "the line stays at zero.",
)

# %%
random = np.random.default_rng(1)
gains = []
for _ in range(1000):
    choose_by, rest = np.split(random.permutation(right.shape[1]), [382])
    chosen = right[:, choose_by].mean(axis=1).argmax()
    gains.append(right[chosen, rest].mean() - right[:, rest].mean())
wrong = ~right
others = [(i, j) for i in range(20) for j in range(20) if i != j]
wrong_too = np.mean([np.mean(wrong[j][wrong[i]]) for i, j in others])  # of the mistakes of i

print("the best of 20 looks too good by (points)")
print("- networks, 382 pictures:", expect(100 * peeking.mean(), ".2f", at_least=0.3, at_most=1.8))
print("- coins, 382 pictures:   ", expect(100 * coins[-1], ".2f", at_least=1.9, at_most=2.7))
print("- networks, 100 pictures:", expect(100 * price[100][-1][0].mean(), ".2f", at_least=1.3))
print("- judged by 382 others:  ", expect(100 * honest.mean(), ".2f", at_least=-0.2, at_most=0.2))
print("spread of single cuts, points:", expect(100 * peeking.std(), ".2f", at_least=1))
print("cuts in which it looks too bad:", expect(np.mean(peeking < 0), ".0%", at_least=0.1))
print("really better than the mean by:", expect(100 * np.mean(gains), ".2f", at_least=0.1))
print("mistakes of one network that another one makes, too:", expect(wrong_too, at_least=0.5))
assert peeking.mean() < peeking.std() and peeking.mean() < coins[-1] - 0.004

# %% tags=["headline", "nbval-ignore-output"]
print(
    "chosen by 382 test pictures, the best of 20 equal networks looks "
    f"{100 * peeking.mean():.1f} points too good, the best of 20 coins {100 * coins[-1]:.1f}"
)

# %% [markdown]
# **Explain.** The best of 20 coins looks 2.2 points better than it is. The best of 20 networks
# looks about 1.0 points too good: about half. Coins are independent; the networks are not: of
# 100 mistakes of one, another one makes about 70, too, for some pictures are hard for all. Where
# all fail together, there is nothing to choose. With 100 pictures in place of 382 the price is
# about two points. And a network chosen by one set and judged by another shows no price at all:
# its accuracy there is right on average. **That is all a validation set is for.** (Is choosing
# worthless, then? No: the chosen networks really were better than the mean, by about 0.4 points.
# But you must not *report* the number by which you chose.)
#
# **In a single cut the price varies by more than its size**: by about 1.4 points, for 382 pictures
# are few (section 5). In about one cut of four the chosen network even looked too *bad*. So nobody
# can see the price in one result.
# But it is a bias: its mean stays, however often you repeat. (With one candidate the true price
# is 0. What the lines show there, about 0.05 points, is the noise of a thousand cuts.)
#
# One point sounds little. Then remember that at 0.93 it is a seventh of all errors, and that
# candidates add up: ten epochs, five learning rates and three sizes are 150. **So this is wrong
# with the listing's last line**: not that it looks at the test set, but that there is nothing else
# to choose by. Put a validation part there, and take the test set out of the drawer when all
# choices are made. (Others say: *model selection* for the choosing, *selection bias* or *winner's
# curse* for its price.)
#
# (A good place for a break.)
#
# ## 5 · How sure is an accuracy?
#
# Even without any choice, 382 pictures are a sample. On 382 others the same network would get
# another number. How far off may it be? Let $c$ of $n$ answers be right, $\hat a = c / n$. The
# **standard error** is the usual distance between $\hat a$ and the true accuracy $a$ (chapter 03
# had that of a mean):
#
# $$s = \sqrt{\frac{\hat a (1 - \hat a)}{n}}$$
#
# A 95 % **confidence interval** is made by a rule that, over many test sets, catches the true
# value in 95 of 100 cases. The best-known rule (Wald) takes $\hat a \pm 1.96 \, s$. Wilson's
# (1927) asks instead: for which true accuracies would our count not be surprising?
#
# $$\frac{c + z^2/2}{n + z^2} \; \pm \; \frac{z}{n + z^2} \sqrt{\frac{c \, (n - c)}{n} + \frac{z^2}{4}}
# \qquad z = 1.96$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $c$, $n$ | right answers, pictures | numbers |
# | $\hat a$ | measured accuracy | number |
# | $s$ | standard error | number |
# | $z$ | 1.96 standard errors to each side hold 95 % of a bell curve | number |
#
# **By hand**, 98 of 100 right. Wald: $s = \sqrt{0.98 \cdot 0.02 / 100} = 0.014$, so
# $0.98 \pm 0.027$, from 0.953 to **1.007**. An accuracy above 1! Wilson: $z^2 = 3.84$, middle
# $(98 + 1.92) / 103.84 = 0.962$, half width $\frac{1.96}{103.84} \sqrt{1.96 + 0.96} = 0.032$: from
# 0.930 to 0.994.


# %%
from scipy.stats import beta, binomtest


def wald(c, n, z=1.96):
    """Return (low, high) of the simple interval for c right of n."""
    a_hat = c / n
    s = np.sqrt(a_hat * (1 - a_hat) / n)
    return a_hat - z * s, a_hat + z * s


def wilson(c, n, z=1.96):
    """Return (low, high) of Wilson's interval for c right of n (Wilson 1927)."""
    middle = (c + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(c * (n - c) / n + z**2 / 4)
    return middle - half, middle + half


np.testing.assert_allclose(wald(98, 100), [0.953, 1.007], atol=0.0005)
np.testing.assert_allclose(wilson(98, 100), [0.930, 0.994], atol=0.0006)
for c in (0, 50, 98, 100):
    np.testing.assert_allclose(
        wilson(c, 100), binomtest(c, 100).proportion_ci(method="wilson"), atol=1e-4
    )

# %% [markdown]
# Two more rules. Clopper and Pearson (1934) compute with the binomial itself, without a bell
# curve, and promise *at least* 95 %. The **bootstrap** (Efron 1979) knows no formula: draw 100
# answers from your 100 answers *with repetition*, compute the accuracy, do it 10,000 times, and
# take the middle 95 % of what you got.


# %%
def clopper_pearson(c, n):
    """Return (low, high) by the binomial's own tails (Clopper and Pearson 1934)."""
    c = np.asarray(c, dtype=float)
    # beta.ppf answers: at which true accuracy has a count as high (as low) as c a chance of 2.5 %?
    low = np.where(c > 0, beta.ppf(0.025, np.maximum(c, 1), n - c + 1), 0)
    high = np.where(c < n, beta.ppf(0.975, c + 1, np.maximum(n - c, 1)), 1)
    return low, high


def bootstrap(right, random, repeats=10_000):
    """Return (low, high): the middle 95 % of the accuracies of resampled answers."""
    samples = random.choice(right, size=(repeats, len(right)))  # with repetition
    return tuple(np.quantile(samples.mean(axis=1), [0.025, 0.975]))


np.testing.assert_allclose(clopper_pearson(98, 100), binomtest(98, 100).proportion_ci(), rtol=1e-6)
for c in (98, 100):
    hundred = np.repeat([1, 0], [c, 100 - c])
    rules = {
        "Wald": wald(c, 100),
        "Wilson": wilson(c, 100),
        "Clopper-Pearson": clopper_pearson(c, 100),
        "bootstrap": bootstrap(hundred, np.random.default_rng(0)),
    }
    for name, (low, high) in rules.items():
        print(f"{c} of 100, {name:16} {low:.3f} to {high:.3f}")

# %% [markdown]
# Look at "100 of 100": Wald and bootstrap conclude that the network is perfect, without a doubt.
# From a hundred pictures!
#
# ### Do they keep their promise?
#
# We can test an interval like any other claim. Choose a true accuracy, draw many test sets, and
# count how often the interval catches it: its **coverage**. By simulation for one value, and then
# exactly, by adding up the probability of each count, for all values.


# %%
def coverage(rule, a, n=100):
    """Return the probability that the interval of a rule catches the true accuracy a."""
    counts = np.arange(n + 1)
    low, high = rule(counts, n)
    return binom.pmf(counts, n, a) @ ((low <= a) & (a <= high))


random = np.random.default_rng(0)
drawn = random.binomial(100, 0.98, size=50_000)
for name, rule in (("Wald", wald), ("Wilson", wilson), ("Clopper-Pearson", clopper_pearson)):
    low, high = rule(drawn, 100)
    simulated = np.mean((low <= 0.98) & (high >= 0.98))
    np.testing.assert_allclose(simulated, coverage(rule, 0.98), atol=0.005)
    print(f"{name:16} catches 0.98 in {coverage(rule, 0.98):.1%} of the test sets")

# %%
accuracies = np.arange(0.8, 0.9996, 0.0005)
covered = {
    name: np.array([coverage(rule, a) for a in accuracies])
    for name, rule in (("Wald", wald), ("Wilson", wilson), ("Clopper-Pearson", clopper_pearson))
}
figure, axis = plt.subplots(figsize=(7, 3))
for (name, values), style in zip(covered.items(), ("-", "--", "-.")):
    axis.plot(accuracies, values, label=name, linestyle=style, linewidth=1.2)
axis.axhline(0.95, color="k", linestyle=":", linewidth=1)
axis.set(xlabel="true accuracy, 100 test pictures", ylabel="coverage", ylim=(0.6, 1.01))
axis.set_title("Near 1, the simple interval does not keep its promise")
axis.legend(loc="lower left")
show(
    figure,
    alt="Coverage of three interval rules against the true accuracy from 0.8 to 1, all jagged like "
    "a saw. Wald lies mostly below the dotted line at 0.95 and falls steeply near 1. Wilson swings "
    "round 0.95, with a few deep but narrow teeth close to 1. Clopper-Pearson stays above 0.95.",
)

# %%
print({name: f"mean {c.mean():.3f}, lowest {c.min():.3f}" for name, c in covered.items()})
assert coverage(wald, 0.98) < 0.88 < 0.93 < coverage(wilson, 0.98)
assert abs(covered["Wilson"].mean() - 0.95) < 0.01 and covered["Clopper-Pearson"].min() >= 0.95
assert covered["Wilson"].min() < 0.88  # no rule but the cautious one is perfect everywhere

# %% [markdown]
# The counts are whole numbers, so every curve is a saw. Wald promises 95 % and keeps 87 % at 0.98.
# Wilson is right on average, Clopper and Pearson always on the safe side, and wider. For
# accuracies near 1, and good networks live there, **use Wilson**. For our own number of correct
# answers on the test set:

# %%
correct = int(right[0, of_set == "test"].sum())
low, high = wilson(correct, 382)
print("right, of 382:", expect(correct, "d", at_least=340))
print("interval:", expect(low, at_least=0.86), "to", expect(high, at_least=0.91))
print("its length in points:", expect(100 * (high - low), ".1f", at_least=3.5, at_most=6.5))

# %% [markdown]
# Five points wide. "0.950 against 0.937" on 382 pictures says, so far, nothing.
#
# ## 6 · Two kinds of luck: pictures and seeds
#
# The interval speaks of *this* network on other pictures. It does not know that another seed would
# have made another network. Our 20 networks show that second kind of luck. (Its size is not a law:
# it depends on network, data and training.)

# %%
figure, axis = plt.subplots(figsize=(7, 2.8))
in_order = np.sort(on_test)
bars = np.array([wilson(382 * a, 382) for a in in_order])
places = np.arange(1, 21)
axis.vlines(places, bars[:, 0], bars[:, 1], color="0.75", linewidth=4, label="95 % interval")
axis.plot(places, in_order, "o", label="20 seeds")
axis.set(xlabel="network, from worst to best", ylabel="test accuracy", xticks=(1, 5, 10, 15, 20))
axis.set_title("Each interval holds most of the other networks")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
show(
    figure,
    alt="The test accuracies of 20 networks that differ in their seed, sorted, each with its 95 % "
    "interval. The dots climb by about three points from worst to best; each interval is about five "
    "points long.",
)

# %%
seed_spread = on_test.std(ddof=1)
picture_error = np.sqrt(a_mean * (1 - a_mean) / 382)
print(
    "standard deviation over seeds:   ", expect(seed_spread, ".4f", at_least=0.004, at_most=0.02)
)
print("standard error of the pictures:  ", expect(picture_error, ".4f", at_most=0.016))
inside = np.mean([(low <= on_test) & (on_test <= high) for low, high in bars])
print("networks in another one's interval:", expect(inside, ".0%", at_least=0.7))
worst = on_test.argmin()
best_right, worst_right = right[best, of_set == "test"], right[worst, of_set == "test"]
both = np.mean(best_right == worst_right)
print("best and worst agree, right or wrong, on", expect(both, ".0%", at_least=0.85))

# %% [markdown]
# The two kinds of luck (others say: *sampling error* and *run-to-run variance*) are of similar size
# here. What to do about it?
#
# - **Against the luck of the seed**: train several, and report the mean and the spread. It costs
#   computing. To compare two *recipes*, this is needed (chapter 07, section 12: five for a recipe).
# - **Against the luck of the pictures**: more test pictures. It costs collecting. Four times as
#   many pictures halve the interval. More seeds do not help: all networks face the same 382
#   pictures.
# - **To compare two networks, count pairs.** Both saw the *same* pictures; what is hard for both
#   says nothing about the difference. Only the pictures where exactly one is right count. If the
#   two are equally good, each of these falls like a coin: **McNemar's test** (1947), exercise 8.4.
#
# ## 7 · Which mistakes? The confusion matrix
#
# An accuracy says how often, not *what* for what. The **confusion matrix** counts: row = label,
# column = answer. **By hand**, ten pictures of three classes:
#
# | picture | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 |
# | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
# | label | 0 | 0 | 0 | 0 | 1 | 1 | 1 | 2 | 2 | 2 |
# | answer | 0 | 0 | 0 | 1 | 1 | 1 | 2 | 2 | 2 | 1 |
#
# $$M = \begin{pmatrix} 3 & 1 & 0 \\ 0 & 2 & 1 \\ 0 & 1 & 2 \end{pmatrix}$$
#
# The diagonal is what is right: $7/10$. For one class $k$, look along its column and along its
# row:
#
# $$\text{precision}_k = \frac{M_{kk}}{\sum_i M_{ik}} \qquad
# \text{recall}_k = \frac{M_{kk}}{\sum_j M_{kj}} \qquad
# F_k = \frac{2 \cdot \text{precision}_k \cdot \text{recall}_k}{\text{precision}_k + \text{recall}_k}$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $M$ | confusion matrix | (classes, classes) |
# | $i$, $j$ | run over the labels and over the answers | |
# | **precision** | of the pictures *called* $k$, the share that are $k$ | (classes,) |
# | **recall** | of the pictures that *are* $k$, the share that is found | (classes,) |
# | $F$ | **F1**: their harmonic mean, small if either is small | (classes,) |
#
# For class 1: the column holds $1 + 2 + 1 = 4$, so precision $2/4 = 0.5$; the row holds 3, recall
# $2/3$; $F = 2 \cdot \frac12 \cdot \frac23 / (\frac12 + \frac23) = 4/7 = 0.571$. In chapter 01's
# words: recall is the share of hits, and each false alarm lowers the precision. (Most books call a
# hit a *true positive* and a false alarm a *false positive*.)


# %%
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support


def count_confusions(labels, answers, num_classes):
    """Return the confusion matrix: rows are labels, columns answers."""
    matrix = np.zeros((num_classes, num_classes), dtype=int)
    np.add.at(matrix, (labels, answers), 1)  # for each picture, add 1 at (label, answer)
    return matrix


ten_labels = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
ten_answers = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 1])
M = count_confusions(ten_labels, ten_answers, 3)
np.testing.assert_array_equal(M, [[3, 1, 0], [0, 2, 1], [0, 1, 2]])
np.testing.assert_array_equal(M, confusion_matrix(ten_labels, ten_answers))
precision, recall = np.diag(M) / M.sum(axis=0), np.diag(M) / M.sum(axis=1)
F = 2 * precision * recall / (precision + recall)
np.testing.assert_allclose([precision[1], recall[1], F[1]], [0.5, 2 / 3, 4 / 7])
sklearn_says = precision_recall_fscore_support(ten_labels, ten_answers)[:3]
np.testing.assert_allclose([precision, recall, F], sklearn_says)
precision.round(2), recall.round(2), F.round(3)

# %% [markdown]
# **One number for all classes?** The **macro mean** treats classes alike:
# $(0.857 + 0.571 + 0.667) / 3 = 0.698$ for F1. The **micro mean** adds up the counts first, and so
# treats pictures alike. If each picture has one label and gets one answer, each mistake is one
# false alarm (for the answer) and one miss (for the label), so micro precision, micro recall,
# micro F1 and accuracy are the *same* number. On balanced digits macro and micro hardly differ;
# with rare classes they part, and the macro mean is the one that sees the rare class.

# %%
for average, expected in (("macro", F.mean()), ("micro", np.trace(M) / M.sum())):
    _, _, F_average, _ = precision_recall_fscore_support(ten_labels, ten_answers, average=average)
    assert np.isclose(F_average, expected)
assert round(F.mean(), 3) == 0.698 and np.trace(M) / M.sum() == 0.7

rare_labels, always_no = np.repeat([0, 1], [95, 5]), np.zeros(100, dtype=int)
recall_of_rare = np.diag(count_confusions(rare_labels, always_no, 2)) / [95, 5]
print("“always no” where 5 of 100 are yes: accuracy 0.95, recall of each class", recall_of_rare)

# %% [markdown]
# Now a network: that of seed 0 and all 1,497 pictures it never learned from. (They include
# validation and test pictures; nothing is chosen here, so nothing is spoilt.)

# %%
from utils.plots import draw_image

answers = probabilities[0].argmax(axis=1)
confusions = count_confusions(y_unseen, answers, 10)
off_diagonal = confusions - np.diag(np.diag(confusions))
pairs = np.column_stack(np.unravel_index(np.argsort(-off_diagonal, axis=None)[:3], (10, 10)))

figure = plt.figure(figsize=(9, 3.9))
left, right_part = figure.subfigures(1, 2, width_ratios=(1.1, 1))
axis = left.subplots()
axis.imshow(np.log1p(confusions), cmap="Blues")
for (i, j), count in np.ndenumerate(confusions):
    if count:
        axis.text(j, i, count, ha="center", va="center", fontsize=8, color="w" if i == j else "k")
axis.set(xlabel="answer", ylabel="label", xticks=range(10), yticks=range(10))
axis.set_title("Mistakes cluster in a few cells")
for axes_row, (label, answer) in zip(right_part.subplots(3, 4), pairs):
    found = np.flatnonzero((y_unseen == label) & (answers == answer))
    for axis in axes_row:
        axis.axis("off")
    for axis, i in zip(axes_row, found):
        draw_image(axis, X_unseen[i])
    axes_row[0].set_title(f"{label}, read as {answer}", fontsize=9)
show(
    figure,
    alt="A 10 by 10 table of counts, dark along the diagonal, with a few larger counts off the "
    "diagonal and many empty cells. Beside it, for each of the three most frequent confusions, up "
    "to four of the digits that were confused.",
)

# %%
errors_sorted = np.sort(off_diagonal[~np.eye(10, dtype=bool)])[::-1]
print("cells off the diagonal:", len(errors_sorted))
share_of_nine = errors_sorted[:9].sum() / errors_sorted.sum()
print("mistakes in the nine fullest of them:", expect(share_of_nine, ".0%", at_least=0.35))

# %% [markdown]
# A tenth of the 90 cells holds more than a third of the mistakes. That is a to-do list: collect
# more of these pictures, or look at them.
#
# **Top-k accuracy**: is the label among the $k$ highest probabilities? By hand: probabilities
# $(0.5, 0.2, 0.3)$ and label 2: not the first, but the second highest, so top-1 counts 0 and top-2
# counts 1. Useful where a person chooses from a short list; top-5 error on ImageNet is 1 minus
# top-5 accuracy (chapter 01). (For two classes there is a third way to loosen the answer: move the
# threshold. Drawn for all thresholds, precision against recall is the *precision–recall curve*,
# hits against false alarms chapter 01's *ROC curve*.)


# %%
from sklearn.metrics import top_k_accuracy_score


def top_k_accuracy(probabilities, labels, k):
    """Return the share of pictures whose label is among the k highest probabilities."""
    of_label = probabilities[np.arange(len(labels)), labels]
    higher = np.sum(probabilities > of_label[:, np.newaxis], axis=1)  # classes that beat the label
    return np.mean(higher < k)


one_picture = np.array([[0.5, 0.2, 0.3]])
assert [top_k_accuracy(one_picture, np.array([2]), k) for k in (1, 2)] == [0, 1]
for k in (1, 2, 3):
    by_keras = keras.metrics.sparse_top_k_categorical_accuracy(y_unseen, probabilities[0], k)
    np.testing.assert_allclose(top_k_accuracy(probabilities[0], y_unseen, k), np.mean(by_keras))
    np.testing.assert_allclose(
        top_k_accuracy(probabilities[0], y_unseen, k),
        top_k_accuracy_score(y_unseen, probabilities[0], k=k),
    )
in_two = top_k_accuracy(probabilities[0], y_unseen, 2)
second = (in_two - np.mean(answers == y_unseen)) / np.mean(answers != y_unseen)
print("top-2 accuracy:", expect(in_two, at_least=0.95))
print("mistakes in which the label comes second:", expect(second, ".0%", at_least=0.4))

# %% [markdown]
# (A good place for a break.)
#
# ## 8 · Does it know what it knows? Calibration
#
# Call the highest probability the network's **confidence**. A network is **calibrated** if of all
# answers given with confidence 0.8, 80 % are right. Accuracy does not show it: chapter 07
# made all logits some 255 times larger, and hardly an answer changed.
#
# Sort the answers into bins by confidence, here ten of width 0.1, and compare in each bin mean
# confidence and accuracy. Drawn, this is a **reliability diagram**; summed up, the **expected
# calibration error**:
#
# $$\text{ECE} = \sum_{b} \frac{n_b}{N} \, \lvert a_b - p_b \rvert$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $b$ | bin | runs over 10 |
# | $n_b$, $N$ | pictures in the bin, all pictures | (10,), number |
# | $a_b$ | share of right answers in the bin | (10,) |
# | $p_b$ | mean confidence in the bin | (10,) |
#
# **By hand**, five answers with confidences 0.95, 0.93, 0.65, 0.61, 0.69, of which the second and
# the last are wrong. Bin 0.9–1: $p = 0.94$, $a = 0.5$, gap 0.44. Bin 0.6–0.7: $p = 0.65$,
# $a = 2/3$, gap 0.0167. $\text{ECE} = \frac25 \cdot 0.44 + \frac35 \cdot 0.0167 = 0.186$.


# %%
from sklearn.calibration import calibration_curve


def reliability(confidence, is_right, num_bins=10):
    """Return (pictures, accuracy, mean confidence) of each bin that holds any picture."""
    bin_of = np.minimum((confidence * num_bins).astype(int), num_bins - 1)
    bins = [bin_of == b for b in range(num_bins) if np.any(bin_of == b)]
    return np.array([(b.sum(), is_right[b].mean(), confidence[b].mean()) for b in bins]).T


def calibration_error(probabilities, labels):
    """Return the expected calibration error of probabilities (n, classes)."""
    is_right = probabilities.argmax(axis=1) == labels
    count, accuracy, confidence = reliability(probabilities.max(axis=1), is_right)
    return np.sum(count / count.sum() * np.abs(accuracy - confidence))


five = np.array([0.95, 0.93, 0.65, 0.61, 0.69])
five_right = np.array([1, 0, 1, 1, 0])
count, accuracy, confidence = reliability(five, five_right)
by_sklearn = calibration_curve(five_right, five, n_bins=10)
np.testing.assert_allclose([accuracy, confidence], by_sklearn)
np.testing.assert_allclose(count / 5 @ np.abs(accuracy - confidence), 0.186, atol=0.0005)
count, accuracy.round(3), confidence

# %% [markdown]
# ### Temperature scaling
#
# The cheapest remedy (Guo, Pleiss, Sun and Weinberger 2017): divide all logits by one number, the
# **temperature** $T$, before softmax. $T > 1$ makes the network less sure, $T < 1$ surer. The
# order of the classes stays, so the accuracy does not change.
#
# **By hand**, logits $(2, 1, 0)$. With $T = 1$ chapter 07 got $(0.665, 0.245, 0.090)$. With
# $T = 2$ they become $(1, 0.5, 0)$, and $(2.72, 1.65, 1) / 5.37 = (0.506, 0.307, 0.186)$.
#
# We only have probabilities. That is enough: $\ln p$ are logits, too, up to a common number, which
# softmax ignores. $T$ is chosen on the **validation** pictures, where it makes the cross-entropy
# smallest: one number, no network to train.


# %%
from scipy.optimize import minimize_scalar


def soften(probabilities, T):
    """Return softmax(ln p / T): probabilities at temperature T, shape (n, classes)."""
    logits = np.log(np.maximum(probabilities.astype("float64"), 1e-30)) / T
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(probabilities, labels):
    """Return the mean of -ln of the label's probability."""
    return -np.mean(np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-30)))


def fit_temperature(probabilities, labels):
    """Return the temperature with the lowest cross-entropy."""

    def loss_at(log_T):
        return cross_entropy(soften(probabilities, np.exp(log_T)), labels)

    return np.exp(minimize_scalar(loss_at, bounds=(-3, 3), method="bounded").x)


z = np.array([[2.0, 1.0, 0.0]])
at_one = np.exp(z) / np.exp(z).sum()
np.testing.assert_allclose(soften(at_one, 2), [[0.506, 0.307, 0.186]], atol=0.0005)
np.testing.assert_allclose(soften(at_one, 2), keras.ops.softmax(z / 2), rtol=1e-6)

# %% [markdown]
# Our 20 networks learned with plain cross-entropy. Beside them we train five with chapter 07's
# smoothed labels, which ask for 91 %, not for 100 %. *Guess:* which are too sure, which not sure
# enough?

# %%
from utils.models import smoothed_crossentropy

smoothed = compile_network(build_network(), loss=smoothed_crossentropy(0.1))
smoothed_probabilities = []
for seed in range(5):
    train(smoothed, seed, X_fit, y_fit)
    smoothed_probabilities.append(predict(smoothed, X_unseen))

# %%
is_val = of_set == "val"  # T is chosen here …
judged = ~is_val  # … and judged on the 1,115 others


def calibrate(p):
    """Return for one network: T, and ECE, cross-entropy and confidence before and after."""
    T = fit_temperature(p[is_val], y_unseen[is_val])
    both = [p[judged], soften(p[judged], T)]
    assert np.array_equal(both[0].argmax(axis=1), both[1].argmax(axis=1))  # no answer changes
    labels = y_unseen[judged]
    return {
        "T": T,
        "accuracy": np.mean(both[0].argmax(axis=1) == labels),
        "confidence": [q.max(axis=1).mean() for q in both],
        "ECE": [calibration_error(q, labels) for q in both],
        "cross-entropy": [cross_entropy(q, labels) for q in both],
    }


plain_results = [calibrate(p) for p in probabilities]
smoothed_results = [calibrate(p) for p in smoothed_probabilities]


def mean_of(results, name):
    """Return the mean over networks."""
    return np.mean([result[name] for result in results], axis=0)


# %% [markdown]
# One more question before we look: how small can the ECE be? Even a *perfectly* calibrated network
# has none of 0 on 1,115 pictures, for each bin's accuracy is a matter of luck. We can simulate it:
# keep the (softened) probabilities, and draw the labels from them. Then the network is calibrated
# by construction.

# %%
random = np.random.default_rng(0)
perfect = soften(probabilities[0][judged], plain_results[0]["T"])
floors = []
for _ in range(200):
    thresholds = random.random((len(perfect), 1))
    drawn_labels = np.minimum((perfect.cumsum(axis=1) < thresholds).sum(axis=1), 9)
    floors.append(calibration_error(perfect, drawn_labels))
floor = np.mean(floors)
print("ECE of a perfectly calibrated network:", expect(floor, at_least=0.005, at_most=0.025))

# %% tags=["nbval-ignore-output"]
for name, results in (("plain, 20 seeds", plain_results), ("smoothed, 5 seeds", smoothed_results)):
    print(f"{name}: accuracy {mean_of(results, 'accuracy'):.3f}, T {mean_of(results, 'T'):.2f}")
    for measure in ("confidence", "ECE", "cross-entropy"):
        before, after = mean_of(results, measure)
        print(f"   {measure:14} {before:.3f} → {after:.3f}")
print(f"ECE of a perfectly calibrated network: ± {np.std(floors):.3f} from draw to draw")

# %%
panels = {
    "plain": probabilities[0][judged],
    "plain, with T": soften(probabilities[0][judged], plain_results[0]["T"]),
    "smoothed": smoothed_probabilities[0][judged],
    "smoothed, with T": soften(smoothed_probabilities[0][judged], smoothed_results[0]["T"]),
}
figure, axes = plt.subplots(1, 4, figsize=(9.4, 2.9), sharey=True)
for axis, (name, p) in zip(axes, panels.items()):
    is_right = p.argmax(axis=1) == y_unseen[judged]
    count, accuracy, confidence = reliability(p.max(axis=1), is_right)
    low, high = wilson(accuracy * count, count)
    axis.plot([0, 1], [0, 1], "k:", linewidth=1)
    axis.vlines(confidence, low, high)
    axis.plot(confidence, accuracy, "o", markersize=5)
    axis.set(xlabel="confidence", xlim=(0.1, 1.03), ylim=(-0.04, 1.05))
    axis.set_title(name, fontsize=10)
axes[0].set_ylabel("accuracy")
show(
    figure,
    alt="Four reliability diagrams with the diagonal of perfect calibration and 95 % intervals. "
    "Plain: dots mostly below the diagonal, so the network is too sure. Smoothed: dots far above "
    "the diagonal, not sure enough. With temperature, both lie close to the diagonal. Bins with few "
    "pictures have long intervals.",
)

# %%
plain_gap = mean_of(plain_results, "confidence") - mean_of(plain_results, "accuracy")
smoothed_gap = mean_of(smoothed_results, "confidence") - mean_of(smoothed_results, "accuracy")
print("plain, too sure by:", expect(plain_gap[0], at_least=0.01, at_most=0.05))
print("smoothed, not sure enough by:", expect(-smoothed_gap[0], at_least=0.05))
T_plain, T_smoothed = ([r["T"] for r in results] for results in (plain_results, smoothed_results))
print("T, lowest of the plain ones:", expect(min(T_plain), ".2f", at_least=1))
print("T, highest of the smoothed ones:", expect(max(T_smoothed), ".2f", at_most=1))
for name, results in (("plain", plain_results), ("smoothed", smoothed_results)):
    least = min(r["cross-entropy"][0] - r["cross-entropy"][1] for r in results)
    print(f"{name}: T lowers each network's cross-entropy, at least by", expect(least, at_least=0))
ECE_plain, ECE_smoothed = mean_of(plain_results, "ECE"), mean_of(smoothed_results, "ECE")
print("smoothed: ECE falls to", expect(ECE_smoothed[1] / ECE_smoothed[0], ".0%", at_most=0.2))
print("plain: ECE falls by", expect(ECE_plain[0] - ECE_plain[1], at_least=0))

# %% [markdown]
# Plain cross-entropy makes these networks **over-confident**: sure of 96 %, right in 93 to 94 %.
# It goes on pushing the right class towards 1 when all training answers are right long since.
# Smoothed labels make them **under-confident**: sure of 80 %, right in 94 to 95 %. Temperature
# scaling repairs both, with one number fitted on 382 pictures.
#
# For the smoothed ones this is beyond doubt: an ECE of 0.14 falls to 0.014. For the plain ones we
# must be careful: from 0.027 to 0.016 in the mean of 20, and a perfectly calibrated network would
# show 0.013 on so few pictures. **Most of the ECE that is left is noise of the measurement.** The
# cross-entropy, which uses every picture without bins, gets better in each of the networks. When
# you read an ECE, ask for the number of pictures.
#
# ## 9 · Strangers: what was drawn at random?
#
# Chapter 03 found with simple classifiers about three times as many errors on new writers. It went
# through all 14 forms to find that. Usually you have one test set: here the block split's, three
# forms of strangers. What can it tell by itself? Now you have the tools to ask: is the gap between
# the two splits larger than luck, and than *which* luck? The same network learns from all 1,415
# training pictures of each split, with three seeds.

# %%
splits = {name: load("digits", split=name) for name in ("shuffled", "block")}
split_right = {}
for name, split in splits.items():
    split_right[name] = []
    for seed in range(3):
        train(network, seed, split.X_train, split.y_train, epochs=4)
        split_right[name].append(predict(network, split.X_test).argmax(axis=1) == split.y_test)
split_right = {name: np.array(values) for name, values in split_right.items()}  # (3, 382)

# %% [markdown]
# **Pictures and seeds.** The luck of two independent sets of pictures adds up in squares: the
# standard error of a difference is $\sqrt{s_1^2 + s_2^2}$. (By hand: $s_1 = 0.009$ and
# $s_2 = 0.015$ give $\sqrt{0.000081 + 0.000225} = 0.0175$.) A difference of more than two of these
# is rarely luck.

# %%
a_split = {name: values.mean() for name, values in split_right.items()}
s_split = {name: np.sqrt(a * (1 - a) / 382) for name, a in a_split.items()}
assert round(np.hypot(0.009, 0.015), 4) == 0.0175  # the root of the sum of the squares
gap, gap_error = a_split["shuffled"] - a_split["block"], np.hypot(*s_split.values())
print("gap between the splits:", expect(gap, at_least=0.03))
print("that is, in its standard errors:", expect(gap / gap_error, ".1f", at_least=2))
by_seed = {name: values.mean(axis=1) for name, values in split_right.items()}
apart = by_seed["shuffled"].min() - by_seed["block"].max()
print(
    "worst seed of the shuffled split above the best of the other by:", expect(apart, at_least=0)
)
times = (1 - a_split["block"]) / (1 - a_split["shuffled"])
print("times as many errors:", expect(times, ".1f", at_least=1.5))

# %% [markdown]
# Neither the luck of pictures nor that of seeds explains the gap.
#
# **Persons.** But the formula takes the block split's 382 pictures for 382 independent throws.
# They come from three forms, and people differ. If the person is what is drawn at random, then we
# have **three** throws, one accuracy for each form. The interval of a mean of three values is the
# mean $\pm \, 4.30$ standard errors (chapter 03, section 6).

# %%
from scipy.stats import t as student_t

from utils.datasets import FORM_STARTS

starts = np.array(FORM_STARTS[11:]) - FORM_STARTS[11]  # where the three forms begin
form = np.searchsorted(starts, np.arange(382), side="right") - 1
by_form = np.array([split_right["block"][:, form == f].mean() for f in range(3)])
factor = student_t.ppf(0.975, df=2)  # two degrees of freedom: three values, one mean
assert round(factor, 2) == 4.30
half_width = factor * by_form.std(ddof=1) / np.sqrt(3)
print("half width by pictures:", expect(1.96 * s_split["block"], at_most=0.04))
print("half width by forms:   ", expect(half_width, at_least=0.06))
print("gap minus half width by forms:", expect(gap - half_width, at_most=0))

# %%
figure, axis = plt.subplots(figsize=(6.6, 2.6))
for row, values in enumerate(by_seed.values()):
    for k, a in enumerate(values):
        axis.plot(wilson(382 * a, 382), [row + 0.2 * (k - 1)] * 2, color="0.75", linewidth=4)
    axis.plot(values, row + 0.2 * (np.arange(3) - 1), "o", color=f"C{row}")
reach = a_split["block"] - half_width, a_split["block"] + half_width
axis.plot(reach, [2, 2], color="0.75", linewidth=4)
axis.plot(by_form, [2] * 3, "D", color="C1")
axis.axvline(a_split["shuffled"], color="C0", linestyle=":", linewidth=1)
axis.set_yticks(range(3), ["shuffled, 3 seeds", "block, 3 seeds", "block, 3 forms"])
axis.set(xlabel="test accuracy, 95 % intervals", ylim=(2.6, -0.6))
axis.set_title("The gap is beyond the luck of pictures, not of persons")
show(
    figure,
    alt="Test accuracies with 95 % intervals. Shuffled split, three seeds: near 0.96. Block split, "
    "three seeds: near 0.89, its intervals lie lower. Block split by its three forms: "
    "the dots lie far apart, and their interval is so long that it holds the shuffled split's "
    "accuracy, a dotted line.",
)

# %% [markdown]
# About ten points to each side in place of three: more than the gap. (Part of the difference
# between the forms is the luck of some 127 pictures each.) **So these three writers do
# not show that strangers are harder**: three others might be read as well as people whom the
# network knows. It took chapter 03's 14 forms, compared one by one, to show it. **An interval is
# only as honest as the answer to the question: what was drawn at random, pictures or people?**
#
# ## 10 · The bug clinic
#
# Eight trainings, each with one planted fault, on the same 300 pictures, ten epochs each. **Do not
# read the next two cells closely; run them and go on to the figure.** They name the eight faults,
# as the exercise will, but not which letter has which: dice decide that.
#
# (One word may be new: *dropout* sets a random share of a layer's values to 0 while the network
# learns, and only then. Chapter 09 explains what it is good for.)


# %%
def train_with_fault(
    model=network, X=X_fit, y=y_fit, X_val=X_val, y_val=y_val, learning_rate=0.003, zeros=False
):
    """Return the history of ten epochs."""
    restart(model, 2, learning_rate)
    if zeros:
        model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    return model.fit(
        make_batches(X, y, seed=2),
        epochs=10,
        shuffle=False,
        verbose=0,
        validation_data=in_one_batch(X_val, y_val),
    ).history


# %%
faults = {
    "learning rate too high": {"learning_rate": 0.3},
    "learning rate too low": {"learning_rate": 0.00002},
    "all weights start at zero": {"zeros": True},
    "training labels shuffled": {"y": np.random.default_rng(0).permutation(y_fit)},
    "validation labels shifted by one": {"y_val": (y_val + 1) % 10},
    "validation pictures not scaled": {"X_val": 255 * X_val},
    "dropout far too strong": {
        "model": compile_network(build_network([layers.Dropout(0.8, seed=0)]))
    },
    "softmax applied twice": {"model": compile_network(build_network([], [layers.Softmax()]))},
}
truth = dict(zip("ABCDEFGH", map(str, np.random.default_rng(8).permutation(list(faults)))))
runs = {letter: train_with_fault(**faults[name]) for letter, name in truth.items()}

# %% tags=["nbval-ignore-output"]
names = ("loss", "val_loss", "accuracy", "val_accuracy")
print("    " + "".join(f"{name:>18}" for name in names) + "   (first epoch → last epoch)")
for letter, history in runs.items():
    cells = (f"{history[name][0]:8.3f} → {history[name][-1]:6.3f} " for name in names)
    print(f" {letter}  " + "".join(cells))


# %%
def draw_chart(top, bottom, history):
    """Draw the losses of a training, each panel with its own scale, above its accuracies."""
    epochs = np.arange(1, len(history["loss"]) + 1)
    for axis, name in ((top, "loss"), (bottom, "accuracy")):
        axis.plot(epochs, history[name], label="training")
        axis.plot(epochs, history["val_" + name], "--", label="validation")
        axis.set(xticks=(1, 5, 10))
    values = np.concatenate([history["loss"], history["val_loss"]])
    low, high = min(values.min(), 2.2), max(values.max(), 2.4)
    top.set(yscale="log", ylim=(low / 1.03, high * 1.03))
    top.axhline(np.log(10), color="0.6", linewidth=0.8, linestyle=":")
    top.set_yticks([low, high], [f"{low:.3g}", f"{high:.3g}"])
    top.minorticks_off()
    bottom.set(ylim=(-0.04, 1.04), yticks=(0, 0.5, 1), xlabel="epoch")


# %%
figure, axes = plt.subplots(4, 4, figsize=(9.4, 8))
for k, (letter, history) in enumerate(runs.items()):
    top, bottom = axes[2 * (k // 4), k % 4], axes[2 * (k // 4) + 1, k % 4]
    draw_chart(top, bottom, history)
    top.set_title(letter)
for row, name in enumerate(("loss (log)", "accuracy", "loss (log)", "accuracy")):
    axes[row, 0].set_ylabel(name)
figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
show(
    figure,
    alt="Eight pairs of panels, loss above accuracy, with a dotted line at a loss of ln 10. A: the "
    "training loss falls slowly, the validation loss rises; training accuracy climbs to about 0.3, "
    "validation stays near 0.1. B: both losses flatten near 1.5 although the accuracies reach about "
    "0.9. C: the first training loss is far above the dotted line, then all lies flat on it, "
    "accuracies at 0.1. D: the training loss falls to nearly zero, the validation loss lies far above "
    "the dotted line all the time; both accuracies exceed 0.9. E: validation is far better than "
    "training in both panels. F: both losses sink together in a straight line, by very little. G: "
    "everything is flat, losses on the dotted line, accuracies at 0.1. H: the training loss falls to "
    "nearly zero, the validation loss climbs far above the dotted line; training accuracy reaches 1, "
    "validation accuracy lies at 0.",
)

# %% [markdown]
# The dotted line is $\ln 10$, the loss of a network that knows nothing (section 3). Each loss
# panel has its own scale; the lowest and the highest value stand at its left. The pattern of
# health is in section 3, too. Take your time with this figure: exercise 8.6 asks for the eight
# names, and its check points to the evidence where you are wrong.
#
# Real faults come without a list of names. And one fault shows in *no* curve: validation pictures
# that are also among the training pictures. Their curves look wonderful. Only an audit (chapter 03)
# finds them. Chapter 16, section 5, looks for faults like those of this clinic *before* the training.
#
# ## Exercises
#
# Write each answer in the cell with `# YOUR CODE HERE` (delete the line with
# `NotImplementedError`), run it, then run the check below it.

# %% [markdown]
# ### Exercise 8.1 · Precision, recall, F1
#
# Write `class_report(M)`: for a confusion matrix `M` of shape (classes, classes), rows labels and
# columns answers, return an array of shape (classes, 3): one row for each class, with its
# precision, its recall and its F1. Where you would have to compute $0 / 0$ (a class that was never
# answered, or never occurs), write 0.
#
# <details><summary>Hint 1</summary>
#
# Which sum is "how often was k answered", which one "how many are k"? Section 7 has both for the
# matrix of ten pictures. `axis=0` adds up along the rows, and leaves one number for each column.
# </details>
#
# <details><summary>Hint 2</summary>
#
# With a denominator of 0 the numerator is 0 as well. If the denominator is a *count*,
# `np.maximum(denominator, 1)` makes $0/1$ of $0/0$ and changes nothing else.
# </details>
#
# <details><summary>Hint 3</summary>
#
# F1 can be written in counts, too: $F = 2 M_{kk} / (\text{answered}_k +
# \text{occurring}_k)$. `np.stack([precision, recall, F], axis=1)` puts the three together.
# </details>


# %% tags=["wrong-answer"]
# Takes the rows for the columns.
def class_report(M):
    hits, answered, occurring = np.diag(M), M.sum(axis=1), M.sum(axis=0)
    F = 2 * hits / np.maximum(answered + occurring, 1)
    return np.stack([hits / np.maximum(answered, 1), hits / np.maximum(occurring, 1), F], axis=1)


# %% tags=["wrong-answer"]
# Divides 0 by 0 where a class was never answered.
def class_report(M):
    hits, answered, occurring = np.diag(M), M.sum(axis=0), M.sum(axis=1)
    precision, recall = hits / answered, hits / occurring
    return np.stack([precision, recall, 2 * precision * recall / (precision + recall)], axis=1)


# %% tags=["wrong-answer"]
# Takes the ordinary mean of precision and recall for F1.
def class_report(M):
    hits, answered, occurring = np.diag(M), M.sum(axis=0), M.sum(axis=1)
    precision, recall = hits / np.maximum(answered, 1), hits / np.maximum(occurring, 1)
    return np.stack([precision, recall, (precision + recall) / 2], axis=1)


# %% tags=["wrong-answer"]
# Divides by all pictures.
def class_report(M):
    share = np.diag(M) / M.sum()
    return np.stack([share, share, share], axis=1)


# %% tags=["wrong-answer"]
# Uses the trick for counts on a sum of two shares, which may lie between 0 and 1.
def class_report(M):
    hits, answered, occurring = np.diag(M), M.sum(axis=0), M.sum(axis=1)
    precision, recall = hits / np.maximum(answered, 1), hits / np.maximum(occurring, 1)
    F = 2 * precision * recall / np.maximum(precision + recall, 1)
    return np.stack([precision, recall, F], axis=1)


# %%
def class_report(M):
    """Return precision, recall and F1 of each class, shape (classes, 3)."""
    ### BEGIN SOLUTION
    hits, answered, occurring = np.diag(M), M.sum(axis=0), M.sum(axis=1)
    precision = hits / np.maximum(answered, 1)
    recall = hits / np.maximum(occurring, 1)
    F = 2 * hits / np.maximum(answered + occurring, 1)
    return np.stack([precision, recall, F], axis=1)
    ### END SOLUTION


# %%
M_check = np.array([[8, 2, 0, 0], [1, 6, 0, 3], [4, 0, 0, 1], [0, 2, 0, 3]])
absent_check = np.array([[2, 1], [0, 0]])
poor_check = np.array([[1, 9], [8, 2]])
with check("Exercise 8.1"):
    report_check = class_report(M_check)
    assert np.shape(report_check) == (4, 3), (
        f"return an array of shape (classes, 3), here (4, 3), not {np.shape(report_check)}"
    )
    report_check = np.asarray(report_check, dtype=float)
    assert np.isfinite(report_check).all(), (
        "NaN or infinite: class 2 of this matrix was never answered; what is 0 / 0 to become?"
    )
    expected_check = np.array(
        [[8 / 13, 0.8, 16 / 23], [0.6, 0.6, 0.6], [0, 0, 0], [3 / 7, 0.6, 0.5]]
    )
    assert not np.allclose(report_check[:, :2], expected_check[:, [1, 0]]), (
        "class 0 was answered 13 times and occurs 10 times: which of the two goes with precision?"
    )
    assert not np.allclose(report_check[:, 2], report_check[:, :2].mean(axis=1)), (
        "F1 is not the ordinary mean of precision and recall: look at the formula"
    )
    for k_check, column_check in np.argwhere(~np.isclose(report_check, expected_check))[:1]:
        name_check = ("precision", "recall", "F1")[column_check]
        raise AssertionError(
            f"{name_check} of class {k_check} is {report_check[k_check, column_check]:.3f} in your "
            f"table: it was right {M_check[k_check, k_check]} times, answered "
            f"{M_check[:, k_check].sum()} times, and occurs {M_check[k_check].sum()} times"
        )
    assert np.allclose(class_report(absent_check), [[1, 2 / 3, 0.8], [0, 0, 0]]), (
        "a class that never occurs, but was answered once: precision 0 and recall 0"
    )
    F_check = float(np.asarray(class_report(poor_check))[0, 2])
    assert np.isclose(F_check, 2 / 19), (
        f"for [[1, 9], [8, 2]] class 0 has F1 {2 / 19:.3f}, you have {F_check:.3f}: what do you "
        "divide by when both are small?"
    )

# %% [markdown] tags=["why"]
# **Why.** Precision looks along a column (all that was *called* k), recall along a row (all that
# *is* k). The harmonic mean is near the smaller of the two: a detector that says yes to everything
# has recall 1 and a tiny precision, and its F1 is tiny, too; the ordinary mean would be above 0.5.

# %% [markdown]
# ### Exercise 8.2 · How many test pictures do I need?
#
# You expect an accuracy of about $a$ and want its 95 % interval to be $\hat a \pm h$. Write
# `pictures_needed(a, h)`: the smallest whole number $n$ of test pictures for which the simple
# (Wald) half width $1.96 \, s$ is at most $h$. (For planning, Wald is good enough.)
#
# <details><summary>Hint 1</summary>
#
# The half width is $1.96 \sqrt{a (1 - a) / n}$. Which $n$ makes it equal to $h$? Square both
# sides.
# </details>
#
# <details><summary>Hint 2</summary>
#
# $n = 1.96^2 \, a (1 - a) / h^2$ is seldom whole. Up or down? `int(np.ceil(…))` goes up.
# </details>


# %% tags=["wrong-answer"]
# Rounds to the nearest whole number.
def pictures_needed(a, h):
    return round(1.96**2 * a * (1 - a) / h**2)


# %% tags=["wrong-answer"]
# Takes h for the length of the whole interval.
def pictures_needed(a, h):
    return int(np.ceil(1.96**2 * a * (1 - a) / (h / 2) ** 2))


# %% tags=["wrong-answer"]
# Forgets to square.
def pictures_needed(a, h):
    return int(np.ceil(1.96 * a * (1 - a) / h))


# %% tags=["wrong-answer"]
# One standard error in place of 1.96.
def pictures_needed(a, h):
    return int(np.ceil(a * (1 - a) / h**2))


# %%
def pictures_needed(a, h):
    """Return the number of test pictures for a 95 % interval of half width h."""
    ### BEGIN SOLUTION
    return int(np.ceil(1.96**2 * a * (1 - a) / h**2))
    ### END SOLUTION


# %%
with check("Exercise 8.2"):
    for a_check, h_check in ((0.95, 0.01), (0.9, 0.02), (0.5, 0.05), (0.5, 0.0392)):
        n_check = pictures_needed(a_check, h_check)
        assert np.ndim(n_check) == 0 and n_check == round(n_check), (
            f"return a whole number of pictures, not {n_check}"
        )
        width_check = 1.96 * np.sqrt(a_check * (1 - a_check) / max(n_check, 1))
        case_check = f"{a_check} ± {h_check}: with your {n_check} pictures the half width is {width_check:.5f}"
        ratio_check = width_check / h_check
        assert not 1.9 < ratio_check < 1.98, f"{case_check}; is that one standard error, or 1.96?"
        assert not 1.98 < ratio_check < 2.05, (
            f"{case_check}, not the whole width: is h halved twice?"
        )
        assert ratio_check < 1.01, (
            f"{case_check}, too wide: is the factor 1.96, and is all of both sides squared?"
        )
        assert ratio_check <= 1, f"{case_check}, a hair too much: round the other way"
        assert not 0.49 < ratio_check < 0.51, (
            f"{case_check}; h is to each side, not from end to end"
        )
        assert 1.96 * np.sqrt(a_check * (1 - a_check) / (n_check - 1)) > h_check, (
            f"{case_check}; fewer would do: do you always add one, or is it the factor that you use?"
        )

# %% [markdown] tags=["why"]
# **Why.** The half width falls with the *root* of $n$: half the width costs four times the
# pictures. For 0.95 ± 0.01 you need 1,825; our 382 give ± 0.022. And the nearer $a$ is to 1, the
# fewer pictures you need for the same $h$, but there you want a smaller $h$, since the errors are
# few.

# %% [markdown]
# ### Exercise 8.3 · Stop early, as Keras does
#
# Write `early_stop(val_loss, patience)` for a list of validation losses, one for each epoch.
# Return a pair (last epoch, best epoch), both **counted from 1**:
#
# - an epoch is better if its loss is *lower than the lowest so far*;
# - the training stops after the epoch that makes it `patience` epochs in a row without a better
#   one; if that never happens, after the last epoch of the list;
# - the best epoch is the one with the lowest loss *until then*. Nobody knows what would have come.
#
# The check compares with `keras.callbacks.EarlyStopping`.
#
# <details><summary>Hint 1</summary>
#
# Walk through the list as time does. What must you remember from one epoch to the next?
# </details>
#
# <details><summary>Hint 2</summary>
#
# Two things: the lowest loss so far and its epoch. The epochs without a better one are then
# `epoch - best_epoch`.
# </details>
#
# <details><summary>Hint 3</summary>
#
# `for epoch, loss in enumerate(val_loss, start=1):` If the loss is lower, note both; otherwise, if
# enough epochs have passed, return.
# </details>


# %% tags=["wrong-answer"]
# Compares with the epoch before, not with the best so far.
def early_stop(val_loss, patience):
    waited, best = 0, 1
    for epoch in range(2, len(val_loss) + 1):
        if val_loss[epoch - 1] < val_loss[epoch - 2]:
            waited, best = 0, epoch
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(val_loss), best


# %% tags=["wrong-answer"]
# Takes an equal loss for a better one.
def early_stop(val_loss, patience):
    best = 1
    for epoch, loss in enumerate(val_loss, start=1):
        if loss <= val_loss[best - 1]:
            best = epoch
        elif epoch - best >= patience:
            return epoch, best
    return len(val_loss), best


# %% tags=["wrong-answer"]
# Waits one epoch too long.
def early_stop(val_loss, patience):
    best = 1
    for epoch, loss in enumerate(val_loss, start=1):
        if loss < val_loss[best - 1]:
            best = epoch
        elif epoch - best > patience:
            return epoch, best
    return len(val_loss), best


# %% tags=["wrong-answer"]
# Looks into the future: the lowest loss of the whole list.
def early_stop(val_loss, patience):
    best = int(np.argmin(val_loss)) + 1
    return min(best + patience, len(val_loss)), best


# %%
def early_stop(val_loss, patience):
    """Return (last epoch, best epoch), counted from 1."""
    ### BEGIN SOLUTION
    best_epoch, lowest = 0, np.inf
    for epoch, loss in enumerate(val_loss, start=1):
        if loss < lowest:
            best_epoch, lowest = epoch, loss
        elif epoch - best_epoch >= patience:
            return epoch, best_epoch
    return len(val_loss), best_epoch
    ### END SOLUTION


# %%
cases_check = [  # patience, losses, what to think of where the answer is another one
    (2, [0.9, 0.8, 0.7], "nothing stops this one"),
    (3, [0.5, 0.9, 0.8, 0.7, 0.6, 0.55], "lower than which epoch must a better one be?"),
    (2, [0.5, 0.5, 0.5, 0.5, 0.5], "is an equal loss a better one?"),
    (2, [1.0, 0.6, 0.7, 0.8, 0.3, 0.2], "who could know in epoch 4 what epoch 5 will bring?"),
    (3, [1.0, 0.8, 0.9, 0.7, 0.75, 0.72, 0.71, 0.78], "count the epochs without a better one"),
    (2, [0.6, 0.7, 0.5, 0.6, 0.4, 0.9], "a better epoch starts the waiting anew"),
    (1, [0.6, 0.5, 0.7, 0.4], "one epoch without a better one is enough here"),
]
model_check = build_network()
with check("Exercise 8.3"):
    for patience_check, losses_check, clue_check in cases_check:
        keras_check = keras.callbacks.EarlyStopping(patience=patience_check)
        keras_check.set_model(model_check)
        model_check.stop_training = False
        keras_check.on_train_begin()
        for last_check, loss_check in enumerate(losses_check, start=1):
            keras_check.on_epoch_end(last_check - 1, {"val_loss": loss_check})
            if model_check.stop_training:
                break
        expected_check = (last_check, int(np.argmin(losses_check[:last_check])) + 1)
        answer_check = early_stop(list(losses_check), patience_check)
        assert isinstance(answer_check, (tuple, list)) and len(answer_check) == 2, (
            f"return a pair (last epoch, best epoch), not {answer_check}"
        )
        answer_check = tuple(answer_check)
        case_check = f"{losses_check}, patience {patience_check}: you say {answer_check}"
        assert answer_check != (expected_check[0] - 1, expected_check[1] - 1), (
            f"{case_check}; is the first epoch epoch 1?"
        )
        assert answer_check != (expected_check[0] + 1, expected_check[1]), (
            f"{case_check}; Keras stopped one epoch earlier: when is the patience used up?"
        )
        assert answer_check == expected_check or answer_check != expected_check[::-1], (
            f"{case_check}; first the last epoch, then the best one"
        )
        assert answer_check == expected_check or answer_check[0] != expected_check[0], (
            f"{case_check}; the stop is right, but which epoch was the best until then?"
        )
        assert answer_check[0] >= expected_check[0], (
            f"{case_check}; Keras goes on for longer: which epochs do you count as waiting?"
        )
        assert answer_check == expected_check, f"{case_check}; {clue_check}"

# %% [markdown] tags=["why"]
# **Why.** Only the lowest loss *so far* is known when the decision is made. A value equal to it is
# no progress, and one that sinks without reaching it is none either. Patience is a bet: too small,
# and one bad epoch ends the training; too large, and you pay for epochs that bring nothing.

# %% [markdown]
# ### Exercise 8.4 · Two networks, the same pictures
#
# Network A is right on 348 of 382 pictures, network B on 340. Is A better? Both are right on 336.
# So A alone is right on 12, B alone on 4. If they were equally good, each of these 16 pictures
# would fall to A or to B like a coin. How often would 16 coins be as uneven as 12 to 4, *or more,
# in either direction*?
#
# $$p = 2 \cdot \frac{1 + 16 + 120 + 560 + 1820}{2^{16}} = 2 \cdot \frac{2517}{65536} = 0.077$$
#
# (The numbers on the left count the ways to give B 0, 1, 2, 3 or 4 of 16 pictures.) This is
# McNemar's test, in its exact form. A $p$ below 0.05 is usually called significant; 0.077 is not.
#
# Write `compare_pairs(right_a, right_b)`: for two arrays of True and False (right or wrong, the
# same pictures in the same order) return `(only_a, only_b, p)`. If they never differ, $p$ is 1.
#
# <details><summary>Hint 1</summary>
#
# Which pictures say nothing about the difference? `&` means "and", `~` "not" (chapter 01).
# </details>
#
# <details><summary>Hint 2</summary>
#
# `binomtest(successes, tosses, 0.5).pvalue` is the probability of a result at least as uneven, in
# both directions. It refuses zero tosses.
# </details>


# %% tags=["wrong-answer"]
# Asks for one direction only.
def compare_pairs(right_a, right_b):
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(~right_a & right_b))
    if only_a + only_b == 0:
        return 0, 0, 1.0
    return (
        only_a,
        only_b,
        binomtest(max(only_a, only_b), only_a + only_b, alternative="greater").pvalue,
    )


# %% tags=["wrong-answer"]
# Counts all right answers, also those that both have.
def compare_pairs(right_a, right_b):
    a, b = int(np.sum(right_a)), int(np.sum(right_b))
    return a, b, binomtest(a, a + b).pvalue


# %% tags=["wrong-answer"]
# Tosses a coin for every picture.
def compare_pairs(right_a, right_b):
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(~right_a & right_b))
    return only_a, only_b, binomtest(only_a, len(right_a)).pvalue


# %%
def compare_pairs(right_a, right_b):
    """Return (pictures only A has right, pictures only B has right, p)."""
    ### BEGIN SOLUTION
    only_a, only_b = int(np.sum(right_a & ~right_b)), int(np.sum(~right_a & right_b))
    if only_a + only_b == 0:
        return 0, 0, 1.0
    return only_a, only_b, float(binomtest(only_a, only_a + only_b, 0.5).pvalue)
    ### END SOLUTION


# %%
cases_check = {
    (336, 12, 4, 30): 0.0768,
    (336, 4, 12, 30): 0.0768,
    (90, 9, 1, 0): 0.0215,
    (50, 5, 5, 40): 1.0,
    (90, 0, 0, 10): 1.0,
}
right_a_check = [np.repeat([True, True, False, False], shares) for shares in cases_check]
right_b_check = [np.repeat([True, False, True, False], shares) for shares in cases_check]
with check("Exercise 8.4"):
    for k_check, (shares_check, p_check) in enumerate(cases_check.items()):
        both_check, a_check, b_check, none_check = shares_check
        try:
            answer_check = compare_pairs(right_a_check[k_check], right_b_check[k_check])
        except ValueError:
            assert a_check + b_check > 0, "they never differ, and your code stops: what is p then?"
            raise
        assert isinstance(answer_check, (tuple, list)) and len(answer_check) == 3, (
            "return three values: only_a, only_b, p"
        )
        case_check = (
            f"{both_check} both right, {a_check} only A, {b_check} only B, {none_check} neither"
        )
        assert a_check == b_check or tuple(answer_check[:2]) != (b_check, a_check), (
            f"{case_check}: you count {answer_check[0]} and {answer_check[1]}; A's come first"
        )
        assert tuple(answer_check[:2]) == (a_check, b_check), (
            f"{case_check}: you count {answer_check[0]} and {answer_check[1]}; which pictures tell the "
            "two apart?"
        )
        p_answer = float(answer_check[2])
        assert p_answer <= 1, (
            f"{case_check}: your p is {p_answer:.4g}, and no probability is above 1"
        )
        assert a_check + b_check > 0 or p_answer == 1, (
            f"{case_check}: your p is {p_answer:.4g}; do they differ at all?"
        )
        assert p_check == 1 or not np.isclose(p_answer, p_check / 2, atol=2e-4), (
            f"{case_check}: your p is {p_answer:.4f}; is a result as uneven *the other way* in it?"
        )
        assert np.isclose(p_answer, p_check, atol=2e-4), (
            f"{case_check}: your p is {p_answer:.4g}; how many coins are tossed, and which results are at least "
            "as uneven?"
        )

# %% [markdown] tags=["why"]
# **Why.** What both get right, or both wrong, would be the same if A and B changed places, so it
# carries no information about which is better. That makes the paired test much sharper than two
# overlapping intervals. But note what it compares: two *networks*. Whether one *recipe* is better
# than another needs several seeds of each.

# %% [markdown]
# ### Exercise 8.5 · "I don't know"
#
# A network may stay silent when it is not sure, and leave the picture to a person. Write
# `choose_threshold(confidence, is_right, wanted)`: of validation pictures you know the confidence
# and whether the answer was right (arrays of shape (n,)). Return the **lowest** value among the
# confidences such that, of all answers with *at least* this confidence, a share of at least
# `wanted` is right. If no value does it, return `np.inf`: always silent.
#
# <details><summary>Hint 1</summary>
#
# Try each confidence as a threshold. How do you get the accuracy of the answers at or above it?
# </details>
#
# <details><summary>Hint 2</summary>
#
# `is_right[confidence >= t].mean()`. Do not stop at the first value that fails: one wrong answer
# near the top spoils a share of few answers, not one of many.
# </details>
#
# <details><summary>Hint 3</summary>
#
# Collect all thresholds that do it in a list; `min(good, default=np.inf)` is the lowest of them.
# </details>


# %% tags=["wrong-answer"]
# Believes the network: asks for 99 %, takes 0.99.
def choose_threshold(confidence, is_right, wanted):
    return min(confidence[confidence >= wanted], default=np.inf)


# %% tags=["wrong-answer"]
# Goes down from the surest answer and stops at the first disappointment.
def choose_threshold(confidence, is_right, wanted):
    threshold = np.inf
    for t in np.sort(np.unique(confidence))[::-1]:
        if is_right[confidence >= t].mean() < wanted:
            break
        threshold = t
    return threshold


# %% tags=["wrong-answer"]
# Cuts between pictures of equal confidence.
def choose_threshold(confidence, is_right, wanted):
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    good = confidence[order][share >= wanted]
    return min(good, default=np.inf)


# %% tags=["wrong-answer"]
# Takes the highest threshold that does it: safe, and silent nearly always.
def choose_threshold(confidence, is_right, wanted):
    good = [t for t in confidence if is_right[confidence >= t].mean() >= wanted]
    return max(good, default=np.inf)


# %%
def choose_threshold(confidence, is_right, wanted):
    """Return the lowest confidence from which on a share `wanted` of the answers is right."""
    ### BEGIN SOLUTION
    good = [t for t in confidence if is_right[confidence >= t].mean() >= wanted]
    return min(good, default=np.inf)
    ### END SOLUTION


# %%
confidence_check = np.array([0.7, 0.99, 0.4, 0.8, 0.95, 0.5, 0.6, 0.9])
right_check = np.array([True, True, True, False, True, False, True, False])
equal_check = [0.9, 0.9, 0.5], [True, False, True]
small_check = [  # confidence, right, wanted, threshold, what to think of
    ([0.9, 0.5], [True, False], 0.5, 0.5, "“at least” half"),
    (*equal_check, 0.6, 0.5, "two of three are more than 0.6"),
    (*equal_check, 0.9, np.inf, "answers of equal confidence: can a threshold part them?"),
    ([0.4, 0.8], [True, True], 0.9, 0.4, "all are right, and all are unsure: why stay silent?"),
]
with check("Exercise 8.5"):
    threshold_check = choose_threshold(confidence_check, right_check, 0.65)
    assert np.ndim(threshold_check) == 0, "return one number"
    assert threshold_check != np.inf, (
        "always silent, though all answers from 0.95 on are right: a share of *which* answers?"
    )
    assert threshold_check in confidence_check, (
        f"the threshold is one of the confidences, not {threshold_check}: a position, or `wanted`?"
    )
    reached_check = right_check[confidence_check >= threshold_check].mean()
    case_check = (
        f"you say {threshold_check}: of the answers from there on {reached_check:.2f} are right"
    )
    assert threshold_check != 0.7, (
        f"{case_check}, 0.65 are wanted; is it the confidence that must be at least 0.65?"
    )
    assert reached_check >= 0.65, f"{case_check}, 0.65 are wanted; which answers do you count?"
    assert threshold_check != 0.99, f"{case_check}; but then it answers only one picture of eight"
    assert threshold_check == 0.6, (
        f"{case_check}; a lower one does it, too: do you stop at the first that fails?"
    )
    try:
        sorry_check = choose_threshold(np.array([0.9, 0.8]), np.array([False, False]), 0.5)
    except ValueError:
        raise AssertionError(
            "where no threshold does it your code stops: what is to be returned then?"
        ) from None
    assert sorry_check == np.inf, (
        f"no threshold does it: then the network must stay silent, and you say {sorry_check}"
    )
    for said_check, truth_check, wanted_check, expected_check, clue_check in small_check:
        answer_check = choose_threshold(np.array(said_check), np.array(truth_check), wanted_check)
        assert answer_check == expected_check, (
            f"{said_check}, right: {truth_check}, wanted {wanted_check}: you say {answer_check}; "
            f"{clue_check}"
        )

# %% [markdown] tags=["why"]
# **Why.** Confidence is the network's opinion, accuracy is a fact. The threshold turns one into
# the other by measuring, so it works for networks that are not calibrated, too. It is chosen on
# validation pictures, so the promise is a little too good on others: the price of peeking, with
# one number chosen. Measure it again on the test set.

# %% [markdown]
# ### Exercise 8.6 · The bug clinic
#
# Look at the figure of section 10 and the table above it. Write `diagnose()`: a dictionary from
# each letter "A" … "H" to the name of its fault, one of
#
# - `"learning rate too high"`
# - `"learning rate too low"`
# - `"all weights start at zero"`
# - `"training labels shuffled"`
# - `"validation labels shifted by one"` (each label of the validation set one too high, 9
#   becomes 0)
# - `"validation pictures not scaled"` (values up to 255 in place of 1)
# - `"dropout far too strong"`
# - `"softmax applied twice"`
#
# Each occurs once. Name for yourself the evidence for each, before you press the check.
#
# <details><summary>Hint 1</summary>
#
# Sort first. In which runs are the *training* curves healthy? There the fault lies with the
# validation. In which does nothing move at all, or hardly?
# </details>
#
# <details><summary>Hint 2</summary>
#
# Guessing gets a tenth right. Who gets *less* than that knows something. And a loss can be high
# with right answers (not sure enough, or sure of the few wrong ones) or low with wrong ones:
# compare the two panels of each letter.
# </details>
#
# <details><summary>Hint 3</summary>
#
# Softmax turns probabilities $(1, 0, \dots, 0)$, the best there are, into
# $(e, 1, \dots, 1) / (e + 9)$. So its second pass gives the right class at most 0.23. Which loss
# is $-\ln 0.23$?
# </details>


# %% tags=["wrong-answer"]
# Takes a loss that hardly moves for one that does not move at all.
def diagnose():
    return {
        "A": "training labels shuffled",
        "B": "softmax applied twice",
        "C": "learning rate too high",
        "D": "validation pictures not scaled",
        "E": "dropout far too strong",
        "F": "all weights start at zero",
        "G": "learning rate too low",
        "H": "validation labels shifted by one",
    }


# %% tags=["wrong-answer"]
# Sees a bad validation loss twice and does not look at the accuracy below it.
def diagnose():
    return {
        "A": "training labels shuffled",
        "B": "softmax applied twice",
        "C": "learning rate too high",
        "D": "validation labels shifted by one",
        "E": "dropout far too strong",
        "F": "learning rate too low",
        "G": "all weights start at zero",
        "H": "validation pictures not scaled",
    }


# %% tags=["wrong-answer"]
# Calls everything slow a low learning rate.
def diagnose():
    return {
        "A": "learning rate too low",
        "B": "learning rate too low",
        "C": "learning rate too high",
        "D": "validation pictures not scaled",
        "E": "dropout far too strong",
        "F": "learning rate too low",
        "G": "all weights start at zero",
        "H": "validation labels shifted by one",
    }


# %%
def diagnose():
    """Return {letter: name of the fault} for the eight runs."""

    ### BEGIN SOLUTION
    def name_fault(history):
        """Read the name from the numbers of the curves alone."""
        loss, val_loss = history["loss"], history["val_loss"]
        accuracy, val_accuracy = history["accuracy"], history["val_accuracy"]
        if loss[0] > 2 * np.log(10):
            return "learning rate too high"
        if np.ptp(loss) < 0.02:
            return "all weights start at zero"
        if accuracy[-1] > 0.9 and val_accuracy[-1] < 0.05:
            return "validation labels shifted by one"
        if val_accuracy[-1] > 0.8 and val_loss[-1] > 10:
            return "validation pictures not scaled"
        if accuracy[-1] > 0.7 and min(loss) > 1.46:
            return "softmax applied twice"
        if val_accuracy[-1] > accuracy[-1] + 0.2:
            return "dropout far too strong"
        if loss[-1] < loss[0] - 0.2 and val_loss[-1] >= min(val_loss[:3]) + 0.03:
            return "training labels shuffled"
        return "learning rate too low"

    return {letter: name_fault(history) for letter, history in runs.items()}
    ### END SOLUTION


# %%
with check("Exercise 8.6"):
    evidence_check = {
        "A": "the training loss falls, so something is learned: is it of use for other pictures?",
        "B": "compare the two panels: how good are the answers, and where does the loss get stuck?",
        "C": "look at the very first training loss, and where a healthy one begins",
        "D": "the accuracies agree, the losses do not: how sure is it when it is wrong?",
        "E": "which of the two curves is the better one, in both panels, and by how much?",
        "F": "look at the table: is the last training loss the first one?",
        "G": "look at the table: which value has the loss, and when does it leave it?",
        "H": "the validation accuracy is below that of guessing: can ignorance do that?",
    }
    diagnosis_check = diagnose()
    assert isinstance(diagnosis_check, dict), "return a dictionary"
    assert sorted(diagnosis_check) == list("ABCDEFGH"), "one entry for each letter A … H"
    unknown_check = sorted(set(map(str, diagnosis_check.values())) - set(faults))
    assert not unknown_check, f"not in the list of names: {', '.join(unknown_check)}"
    named_check = list(diagnosis_check.values())
    twice_check = [name for name in faults if named_check.count(name) > 1]
    assert not twice_check, (
        f"each fault occurs once; you name more often: {', '.join(twice_check)}"
    )
    for letter_check, clue_check in evidence_check.items():
        assert diagnosis_check[letter_check] == truth[letter_check], (
            f"{letter_check}: {clue_check}"
        )

# %% [markdown] tags=["why"]
# **Why.** The answer above names each fault by numbers of its curves, so the signs are really
# there. What gives each away, and how you would prove it:
#
# | run | fault | sign | proof |
# | --- | --- | --- | --- |
# | A | training labels shuffled | training loss falls below $\ln 10$, validation loss rises: it learns by heart what helps nobody | look at 20 training pictures with their labels |
# | B | softmax applied twice | good accuracy, but the loss stays above 1.461 $= -\ln(e / (e + 9))$ | `model.summary()`; the highest probability is never above 0.232 |
# | C | learning rate too high | the first loss is many times $\ln 10$; afterwards dead at chance | a tenth of the rate, and again |
# | D | validation pictures not scaled | accuracy as in training, but an enormous loss: sure of everything, wrong answers too (chapter 07, section 11) | `X_val.max()` |
# | E | dropout far too strong | validation much better than training, all the time | evaluate the *training* pictures: without dropout they are as good |
# | F | learning rate too low | both losses sink together, in a straight line, by very little | ten times the rate, and again |
# | G | all weights start at zero | loss at $\ln 10$, from beginning to end: all neurons of a layer are alike and the gradient finds nothing to change but the last biases | look at the first layer's weights |
# | H | validation labels shifted by one | less than chance, and surer of it with each epoch: it *knows* and is graded by a wrong key | the confusion matrix has its diagonal one place aside |

# %% [markdown]
# ## Quiz

# %%
quiz("08")

# %% [markdown]
# ## Key points
#
# - Choose by the validation set, report the test set: the best of 20 networks looked about one
#   point better than it was, on pictures that had chosen it, and not at all on others.
# - An accuracy is a sample: give it an interval (Wilson's, near 1). Seeds are a second kind of luck,
#   persons a third: our gap to strangers was beyond the luck of pictures, and not beyond that of
#   three writers.
# - Accuracy hides which mistakes are made (confusion matrix, precision, recall) and how sure the
#   network was (calibration).
# - Temperature scaling repairs over- and under-confidence with one number chosen on validation
#   pictures; a small ECE on few pictures is mostly noise.
# - Most faults of a training have a face. Compare loss and accuracy, training and validation, and
#   the first loss with $\ln 10$.
#
# ## Glossary
#
# - **binomial**: what is counted in independent tries of equal chance, such as right answers. Others
#   say: binomial distribution.
# - **bootstrap**: finding an interval by drawing again and again from one's own sample, with
#   repetition. Others say: resampling.
# - **calibrated**: as often right as the confidence says. Others say: reliable.
# - **callback**: an object whose methods are called during training, to watch, stop or save. Others
#   say: hook.
# - **checkpoint**: a file with a network's weights, written while it learns. Others say: snapshot.
# - **confidence**: the highest of a network's probabilities for a picture. Others say: score.
# - **confidence interval**: a range made by a rule that catches the true value in a given share of
#   all samples, such as 95 %. Others say: error bar.
# - **confusion matrix**: the table that counts for each label (row) what was answered (column).
#   Others say: error matrix, contingency table.
# - **coverage**: the share of samples in which an interval catches the true value. Others say:
#   coverage probability.
# - **early stopping**: ending a training when the validation loss no longer falls.
# - **expected calibration error**: the mean gap between confidence and accuracy over bins,
#   weighted by their pictures. Others say: ECE.
# - **F1**: the harmonic mean of precision and recall. Others say: F-score; for areas, Dice.
# - **macro mean, micro mean**: a mean over classes; a mean over pictures. Others say: balanced
#   accuracy for the macro mean of the recall.
# - **McNemar's test**: comparing two classifiers on the same pictures by those that only one gets
#   right. Others say: sign test.
# - **over-confident, under-confident**: less often, more often right than the confidence says.
# - **overfitting**: learning the training pictures by heart, at the expense of others. Others say:
#   high variance.
# - **pipeline**: a chain of small jobs that hands a training its batches. Others say: data loader,
#   input pipeline.
# - **precision**: of the pictures called k, the share that are k. Others say: positive predictive
#   value.
# - **recall**: of the pictures that are k, the share that is found. Others say: sensitivity, true
#   positive rate.
# - **reliability diagram**: accuracy drawn against confidence, bin by bin. Others say: calibration
#   curve.
# - **standard error**: how far a measured value usually lies from the true one. Others say: SE.
# - **temperature**: a number by which logits are divided, to make a network more or less sure.
# - **top-k accuracy**: the share of pictures whose label is among the k highest probabilities.
#   Others say: hit rate at k; 1 minus the top-k error.
# - **training curve**: loss or accuracy from epoch to epoch while a network learns. Others say:
#   learning curve.
# - **underfitting**: not having learned even what the training pictures show. Others say: high
#   bias.
#
# ## Further reading
#
# - Cynthia Dwork, Vitaly Feldman, Moritz Hardt, Toniann Pitassi, Omer Reingold, Aaron Roth: *The
#   reusable holdout: preserving validity in adaptive data analysis*. Science 349(6248), 2015.
# - Edwin B. Wilson: *Probable inference, the law of succession, and statistical inference*.
#   Journal of the American Statistical Association 22(158), 1927.
# - C. J. Clopper, E. S. Pearson: *The use of confidence or fiducial limits illustrated in the case
#   of the binomial*. Biometrika 26(4), 1934.
# - Lawrence D. Brown, T. Tony Cai, Anirban DasGupta: *Interval estimation for a binomial
#   proportion*. Statistical Science 16(2), 2001. Why the simple interval fails.
# - Bradley Efron: *Bootstrap methods: another look at the jackknife*. Annals of Statistics
#   7(1), 1979.
# - Quinn McNemar: *Note on the sampling error of the difference between correlated proportions or
#   percentages*. Psychometrika 12(2), 1947.
# - Chuan Guo, Geoff Pleiss, Yu Sun, Kilian Q. Weinberger: *On calibration of modern neural
#   networks*. International Conference on Machine Learning, 2017.
# - Rafael Müller, Simon Kornblith, Geoffrey Hinton: *When does label smoothing help?* Advances in
#   Neural Information Processing Systems 32, 2019.
#
# ## Go further
#
# The main experiment on the real MNIST (chapter 00 says how to have it): in
# "Look first" change `load("digits")` to `load("mnist")` and run its two cells, the two of section
# 1 that make `X_val` and define `train`, and those of section 4. It takes one to two minutes. The networks still
# learn from 300 pictures, but now 69,700 are left to find out the truth. We measured: mean
# accuracy 0.84 (the first bound does not hold there); the best of 20 by 382 pictures looks 1.4 points
# too good, the best of 20 coins 3.4, the best by 100 pictures 2.8; judged by 382 others, the error
# is below 0.1 points. *Why does everything cost more here than with our digits?* (Look at $s$ in
# section 5.)
#
# Next: chapter 09 takes up the third shape of section 3, the curves that part, and tries every
# remedy.
