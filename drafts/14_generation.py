# %% [markdown]
# # 14 · Generate pictures, restore damaged ones, and measure both
#
# So far every network has answered a question about a picture. Now the answer *is* a picture: a digit
# that nobody has written, or the missing half of one that somebody has. You will train four kinds of
# generators from their papers, all on the same 3,500 real digits and for about the same seconds. Each makes
# pictures that look good, if somebody picks the best ones. So you first build the judges that cannot be
# fooled by picking. Then the best generator goes to work: it fills holes, removes noise and sharpens
# what is too coarse, beside simple and classical methods, and the true picture is known.
#
# **You will learn to**
#
# - measure a set of generated pictures: Fréchet distance, precision and recall, copying;
# - derive the losses of an autoencoder, a variational autoencoder, a generative adversarial network and
#   a diffusion model, by hand, in NumPy and in Keras, and train each of them;
# - provoke mode collapse, see it in a histogram, and cure it;
# - restore damaged pictures in five ways, and say when PSNR and SSIM mislead;
# - tell made pictures from real ones, and say why such a detector fails on the next generator.
#
# **You need** chapter [05](05_backpropagation.ipynb) (cross-entropy, gradients), chapter
# [06](06_optimisation.ipynb) (Adam), chapter [07](07_keras_cnn.ipynb) (`compact_cnn`), and what mean, standard
# deviation and normal distribution mean.
#
# **Time:** about 200 minutes to read and do, under 2 minutes of computing.
#
# | | minutes | |
# | --- | --- | --- |
# | section 1: judges for generators | 20 | core |
# | sections 2 to 4: autoencoder, VAE, walks | 40 | the core: 2, 3 without the derivation |
# | sections 5 and 6: GAN, mode collapse | 30 | may be left out at first |
# | sections 7 and 8: diffusion, the table | 35 | core |
# | section 9: restoration | 20 | core |
# | section 10: made or real? | 10 | may be left out at first |
# | exercises and quiz | 45 | the core: Exercise 14.1 |
#
# The core takes about 95 minutes. After section 4 and after section 8 are good places for a break.

# %%
from utils.runtime import start

start()

# %%
from importlib.resources import files
from time import process_time

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from keras import layers, ops
from scipy.linalg import sqrtm
from scipy.ndimage import gaussian_filter, uniform_filter
from scipy.stats import norm
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from skimage.restoration import denoise_tv_chambolle, inpaint_biharmonic
from skimage.transform import resize

from utils.claims import expect
from utils.datasets import load
from utils.exercises import check, quiz
from utils.metrics import paired_mean
from utils.models import compact_cnn, fit_one_cycle
from utils.plots import draw_image, show

# %% [markdown]
# ## Look first
#
# The lower half of a digit is lost. What was there? We search the other pictures for the eight whose
# *upper* half is most like it.

# %%
data = load("mnist_5k")
X_train, y_train = data.X_train[:3500], data.y_train[:3500]
X_val = data.X_train[3500:]  # 500 pictures to choose settings by
X_test, y_test = data.X_test, data.y_test


def draw_rows(rows, alt, title, names=None, scale=0.62):
    """Show rows of pictures (n, 28, 28, 1), with a name in front of each row."""
    figure, axes = plt.subplots(
        len(rows), len(rows[0]), squeeze=False,
        figsize=(scale * len(rows[0]) + 1.2 * bool(names), (scale + 0.03) * len(rows) + 0.35),
    )  # fmt: skip
    for axis, picture in zip(axes.flat, [picture for row in rows for picture in row]):
        draw_image(axis, np.clip(picture, 0, 1))
        axis.spines[:].set_visible(False)
    for axis, name in zip(axes[:, 0], names or []):
        axis.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    figure.suptitle(title, fontsize=11, fontweight="bold")
    show(figure, alt)


lost_digit = X_test[7]
upper_distance = np.sum((X_train[:, :14] - lost_digit[:14]) ** 2, axis=(1, 2, 3))
neighbours = X_train[np.argsort(upper_distance)[:8]]
half = lost_digit.copy()
half[14:] = 0.4
draw_rows(
    [[half, *neighbours, neighbours.mean(axis=0)]],
    "A digit whose lower half is grey; eight whole digits with nearly the same upper half but different lower halves, "
    "among them several classes; and their mean, whose lower half is a pale smear.",
    "One upper half, eight lower halves, and their mean (right), which nobody would write",
    scale=0.8,
)

# %% [markdown]
# There is no *one* right answer. Every one of the eight is possible. And the last picture shows a trap:
# the mean of all possible answers has the smallest squared error, and it is the only one that is
# certainly wrong, for nobody writes a smear. **A generator is asked for one of the possible pictures, not for
# their mean.** This difference will come back in every section.
#
# ## 1 · Judges first: what should a good generator do?
#
# A generator is a machine that turns random numbers into pictures. The real pictures come from a
# distribution $p$ that nobody knows; the made ones from a distribution $q$. Good means: $q$ is like $p$.
# Chapter [02](02_core_concepts.ipynb) measured it with three simple numbers. Here are the ones of the field.
# They do not compare pixels but *features*: 128 numbers that a classifier computes of each picture.
# So first we train the classifier.

# %%
classifier = compact_cnn()
_ = fit_one_cycle(classifier, X_train, y_train, epochs=4)
inside = keras.Model(classifier.inputs[0], [classifier.layers[-2].output, classifier.outputs[0]])


def features_of(X):
    """Return the classifier's features (n, 128) of pictures, and its probabilities (n, 10)."""
    return [np.array(part) for part in inside(ops.convert_to_tensor(X, "float32"))]


accuracy = np.mean(features_of(X_test)[1].argmax(axis=1) == y_test)
print("the classifier reads", expect(accuracy, at_least=0.93), "of the test digits")

# %% [markdown]
# ### Fréchet distance
#
# Describe each cloud of features by its mean $\mu$ and its covariance matrix $C$, as if it were a normal
# distribution. Between two normal distributions there is a distance with a formula, the **Fréchet distance** (Dowson
# and Landau 1982; Heusel and others 2017 used it for generators):
#
# $$d = \lVert \mu_p - \mu_q \rVert^2 + \operatorname{tr}\big(C_p + C_q - 2 (C_p C_q)^{1/2}\big)$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $\mu_p, \mu_q$ | mean features of real and made pictures | (128,) |
# | $C_p, C_q$ | their covariance matrices | (128, 128) |
# | $\operatorname{tr}$ | sum of the diagonal | number |
#
# **By hand**, with a single feature: real ones have mean 0 and standard deviation 1, made ones 3 and 2. Then
# $d = (0 - 3)^2 + 1 + 4 - 2 \sqrt{1 \cdot 4} = 9 + (1 - 2)^2 = 10$. The first part sees that the mean is off, the second that the spread is.
#
# The trace of the root is the sum of the roots of the eigenvalues of $C_p C_q$. That is fast in NumPy; SciPy's
# matrix root is the check. (The field's number, FID, takes 2,048 features of a network that was trained on ImageNet, and
# 50,000 pictures. So numbers from papers cannot be compared with ours.)


# %%
def frechet_distance(first, second):
    """Return the Fréchet distance of two sets of features, (n, features) each."""
    covariances = [np.atleast_2d(np.cov(part.T)) for part in (first, second)]
    eigenvalues = np.linalg.eigvals(covariances[0] @ covariances[1]).real
    spread = sum(np.trace(c) for c in covariances) - 2 * np.sqrt(np.maximum(eigenvalues, 0)).sum()
    return np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2) + spread


one_feature = np.array([[-1.0], [0], [1]])  # mean 0, standard deviation 1
np.testing.assert_allclose(frechet_distance(one_feature, 2 * one_feature + 3), 10)

random = np.random.default_rng(0)
small, other = random.normal(size=(50, 5)), random.normal(size=(60, 5)) @ random.normal(size=(5, 5))
C_small, C_other = np.cov(small.T), np.cov(other.T)
by_scipy = np.sum((small.mean(0) - other.mean(0)) ** 2) + np.trace(
    C_small + C_other - 2 * sqrtm(C_small @ C_other).real
)
np.testing.assert_allclose(frechet_distance(small, other), by_scipy)
print("by hand 10 = NumPy; and NumPy = SciPy:", by_scipy.round(3))

# %% [markdown]
# ### Precision and recall of a generated set
#
# One number cannot say *what* is wrong. Kynkäänniemi and others (2019) ask two questions. Draw round each
# real picture a ball in the space of features that reaches to its third nearest real neighbour; all balls together are the land
# of the real. **Precision of a generated set**: the share of made pictures on that land. Then exchange the roles: **recall of a
# generated set**: the share of real pictures on the land of the made. (The words are those of chapter
# [08](08_training_and_evaluation.ipynb), the things are not.) A generator that makes one perfect 1 again and again has precision 1
# and recall near 0.
#
# **By hand**, one feature, nearest neighbour instead of third: real 0, 1, 5. Radii: 1, 1, 4, so the land is $[-1, 1] \cup [0, 2] \cup [1, 9]$.
# Made: 4, 6, 20. Two of three lie on the land: precision 2/3. Radii of the made: 2, 2, 14, land $[2, 6] \cup [4, 8] \cup [6, 34]$: of the real only the 5 lies on it, recall 1/3.


# %%
def distances(first, second):
    """Return all distances between two sets of rows: (n, m)."""
    squares = np.sum(first**2, axis=1)[:, np.newaxis] + np.sum(second**2, axis=1)
    return np.sqrt(np.maximum(squares - 2 * first @ second.T, 0))


def share_on_land(points, land, k):
    """Return the share of points that lie in the ball of one of the land's points."""
    radii = np.sort(distances(land, land), axis=1)[:, k]  # column 0 is the point itself
    return np.mean(np.any(distances(points, land) <= radii, axis=1))


def precision_recall(real, made, k=3):
    """Return precision and recall of made features against real ones, (n, features) each."""
    return share_on_land(made, real, k), share_on_land(real, made, k)


by_hand = precision_recall(np.array([[0.0], [1], [5]]), np.array([[4.0], [6], [20]]), k=1)
np.testing.assert_allclose(by_hand, [2 / 3, 1 / 3])
by_hand

# %% [markdown]
# ### Copying
#
# The perfect cheat is a drawer full of training pictures. Its pictures are real, so both judges above praise it. We need
# a third one: the distance from a made picture to its nearest training picture, pixel by pixel. How near is too near? *Unseen real* pictures
# say it. We take the distance that only 5 % of the validation pictures fall below, and call a made picture a **near copy** if it is nearer than that. A generator
# with clean hands has about 5 % of them.
#
# All sets have 500 pictures, since all these numbers depend on how many there are. They are compared with the first 500 test pictures.


# %%
SIZE = 500  # pictures in each set
train_rows = X_train.reshape(len(X_train), -1)


def nearest_training(X):
    """Return the distance of each picture to its nearest training picture: (n,)."""
    return distances(X.reshape(len(X), -1), train_rows).min(axis=1)


real_features = features_of(X_test[:SIZE])[0]
too_near = np.quantile(nearest_training(X_val), 0.05)


def judge(X):
    """Return Fréchet distance, precision, recall and share of near copies of 500 pictures."""
    made = features_of(X)[0]
    near = np.mean(nearest_training(X) < too_near)
    return frechet_distance(real_features, made), *precision_recall(real_features, made), near


# %% [markdown]
# > **Predict.** Six impostors come before the judges: unseen real pictures; 500 training pictures; 20 training pictures, each 25 times; 500
# > training pictures, blurred; pictures drawn from one normal distribution of all pixels, with the right mean and covariance;
# > and pure noise. Which number will catch each of them?

# %%
random = np.random.default_rng(0)
covariance = np.cov(train_rows.T) + 1e-6 * np.eye(784)
pixels_drawn = random.normal(size=(SIZE, 784)) @ np.linalg.cholesky(covariance).T
pixels_drawn += train_rows.mean(axis=0)
IMPOSTORS = {
    "unseen real ones": X_test[SIZE:],
    "training pictures": X_train[:SIZE],
    "20 of them, again": np.repeat(X_train[:20], 25, axis=0),
    "blurred ones": gaussian_filter(X_train[:SIZE], (0, 1.2, 1.2, 0)),
    "normal pixels": pixels_drawn.reshape(-1, 28, 28, 1).clip(0, 1),
    "noise": random.random((SIZE, 28, 28, 1)),
}
judged = {name: judge(X) for name, X in IMPOSTORS.items()}
draw_rows(
    [X[:10] for X in IMPOSTORS.values()],
    "Ten pictures of each impostor: real digits, real digits, real digits, blurred digits, grey stains with a hint of strokes, and noise.",
    "Six impostors come before the judges",
    list(IMPOSTORS),
)

# %% tags=["nbval-ignore-output"]
# the judges' table: called again for every new generator
HEADINGS = ("Fréchet", "precision", "recall", "near copies")


def print_table(table, seconds=None):
    """Print what the judges say of each set."""
    print(f"{'':22}" + "".join(f"{name:>12}" for name in HEADINGS) + ("   seconds" if seconds else ""))
    for name, values in table.items():
        cells = "".join(f"{value:12.{2 if n else 1}f}" for n, value in enumerate(values))
        clock = f"{seconds[name]:10.0f}" if seconds and name in seconds else ""
        print(f"{name:22}{cells}{clock}")


print_table(judged)

# %%
unseen, copies, few, blurred, normal, noise = judged.values()
print("unseen real ones: Fréchet", expect(unseen[0], ".1f", at_most=4), " near copies", expect(unseen[3], ".2f", at_most=0.12))
print("training pictures: near copies", expect(copies[3], ".2f", at_least=0.99))
print("20 of them: precision", expect(few[1], ".2f", at_least=0.6), " recall", expect(few[2], ".2f", at_most=0.1))
print("blurred ones: precision", expect(blurred[1], ".2f", at_least=0.8), " recall", expect(blurred[2], ".2f", at_most=0.5), " near copies", expect(blurred[3], ".2f", at_most=0.3))
print("noise: Fréchet", expect(noise[0], ".0f", at_least=20), " recall", expect(noise[2], ".2f", at_most=0.1))

noise_features = features_of(IMPOSTORS["noise"])[0]
radii = np.sort(distances(real_features, real_features), axis=1)[:, 3]
catching = np.any(distances(noise_features, real_features) <= radii, axis=0).mean()
print("share of the real balls that hold any noise:", expect(catching, ".3f", at_most=0.3))

# %% [markdown]
# EXPLAIN1
#
# ## 2 · Autoencoder: through the eye of a needle
#
# An **autoencoder** (Hinton and Salakhutdinov 2006) is asked for its own input. That would be easy, were there no needle's eye:
# the **encoder** turns the 784 pixels into a **code** of 16 numbers, and the **decoder** must make the picture again from these alone. What can
# be guessed from the rest need not be in the code.
#
# The loss is an old acquaintance. A pixel $x$ between 0 and 1 is taken as the probability of white, the decoder gives a logit $a$, and $\hat x = \sigma(a) = 1 / (1 + e^{-a})$
# is its answer. Cross-entropy (chapter [05](05_backpropagation.ipynb)) for two classes, summed over the pixels:
#
# $$L = -\sum_{i} \big( x_i \log \hat x_i + (1 - x_i) \log (1 - \hat x_i) \big)$$
#
# **By hand:** two pixels $x = (1, 0)$, logits $(\ln 3, 0)$, so $\hat x = (0.75, 0.5)$: $L = -\log 0.75 - \log 0.5 = 0.288 + 0.693 = 0.981$.


# %%
def sigmoid(logits):
    """Return the picture that belongs to logits; any shape."""
    return np.exp(-np.logaddexp(0, -np.asarray(logits)))


def pixel_loss(x, logits):
    """Return the cross-entropy of pictures, summed over pixels, mean over the batch."""
    each = ops.binary_crossentropy(x, logits, from_logits=True)
    return ops.mean(ops.sum(each, axis=(1, 2, 3)))


x_two, logits_two = np.array([1.0, 0.0]), np.array([np.log(3), 0.0])
numpy_loss = -np.sum(x_two * np.log(sigmoid(logits_two)) + (1 - x_two) * np.log(1 - sigmoid(logits_two)))
keras_loss = pixel_loss(x_two.reshape(1, 2, 1, 1), logits_two.reshape(1, 2, 1, 1))
np.testing.assert_allclose(numpy_loss, -np.log(0.75) - np.log(0.5))
np.testing.assert_allclose(keras_loss, numpy_loss, rtol=1e-6)
print(f"by hand 0.981 = NumPy {numpy_loss:.3f} = Keras {float(keras_loss):.3f}")

# %% [markdown]
# Encoder and decoder are small, and the same pair will serve for the autoencoder, the variational autoencoder
# and the generator of the GAN. The decoder enlarges by **transposed convolutions**: each input value writes a whole kernel of values, so with a stride of 2 the
# map becomes twice as large (chapter 12 derives it).

# %%
BATCH, CODES = 16, 16
EPOCHS = {"autoencoder": 4, "VAE": 5, "GAN": 6, "diffusion": 2}  # 5 to 10 seconds each


def make_encoder(outputs):
    """Return a network from pictures to some numbers each."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 4, strides=2, padding="same", activation="relu"),  # (14, 14, 16)
            layers.Conv2D(32, 4, strides=2, padding="same", activation="relu"),  # (7, 7, 32)
            layers.Flatten(),
            layers.Dense(outputs),
        ]
    )


def normalised():
    """Return batch normalisation and ReLU."""
    return [layers.BatchNormalization(momentum=0.9), layers.ReLU()]


def make_decoder():
    """Return a network from codes to the logits of pictures."""
    return keras.Sequential(
        [
            keras.Input((CODES,)),
            layers.Dense(7 * 7 * 32, use_bias=False),
            *normalised(),
            layers.Reshape((7, 7, 32)),
            layers.Conv2DTranspose(16, 4, strides=2, padding="same", use_bias=False),  # (14, 14, 16)
            *normalised(),
            layers.Conv2DTranspose(1, 4, strides=2, padding="same"),  # (28, 28, 1)
        ]
    )


def one_cycle(epochs, peak):
    """Return Adam whose rate rises to a peak once and sinks to nearly 0 (chapter 06)."""
    steps = epochs * -(-len(X_train) // BATCH)
    return keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(
            peak / 10, decay_steps=steps - steps // 5, warmup_target=peak, warmup_steps=steps // 5, alpha=0.02
        )
    )


def train_autoencoder(epochs, callbacks=()):
    """Return encoder and decoder of a trained autoencoder."""
    keras.utils.set_random_seed(0)
    encoder, decoder = make_encoder(CODES), make_decoder()
    autoencoder = keras.Sequential([encoder, decoder])
    autoencoder.compile(one_cycle(epochs, 0.005), pixel_loss)
    autoencoder.fit(
        X_train, X_train, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=list(callbacks)
    )
    return encoder, decoder


seconds = {}


def clock(name, train):
    """Train, note the seconds of processor time, and return what was trained."""
    begin = process_time()
    trained = train(EPOCHS[name])
    seconds[name] = process_time() - begin
    return trained


ae_encoder, ae_decoder = clock("autoencoder", train_autoencoder)
codes = np.array(ae_encoder(X_train))  # (3500, 16)
again = sigmoid(ae_decoder(ae_encoder(X_test[:10])))
print("784 pixels, 16 numbers; mean squared error", expect(np.mean((again - X_test[:10]) ** 2), at_most=0.04))

# %% [markdown]
# Encoding and decoding works. But how does it *generate*? Decoding random numbers needs codes like those of
# real digits, and the autoencoder does not tell where they are. Two tries: codes from a standard normal distribution, and codes from a normal
# distribution with the mean and the covariance of the training pictures' codes.

# %%
random = np.random.default_rng(1)
plain_codes = random.normal(size=(SIZE, CODES)).astype("float32")


def draw_like(codes):
    """Return codes drawn from a normal distribution with mean and covariance of these."""
    drawn = np.random.default_rng(1).multivariate_normal(codes.mean(axis=0), np.cov(codes.T), SIZE)
    return drawn.astype("float32")


made = {
    "AE, plain codes": sigmoid(ae_decoder(plain_codes)),
    "autoencoder": sigmoid(ae_decoder(draw_like(codes))),
}
draw_rows(
    [X_test[:10], again, made["AE, plain codes"][:10], made["autoencoder"][:10]],
    "Ten digits; the same from their codes, a little blurred; ten grey patches from plain random codes; ten shapes from fitted codes, most of them digits.",
    "Sixteen numbers keep a digit; random codes must be chosen well",
    ["real", "coded", "plain codes", "fitted codes"],
)

# %%
for name in made:
    judged[name] = judge(made[name])
print("plain codes: Fréchet", expect(judged["AE, plain codes"][0], ".1f", at_least=8))
print("fitted codes: Fréchet", expect(judged["autoencoder"][0], ".1f", at_most=12))

# %% [markdown]
# ## 3 · Variational autoencoder: codes that fill their room
#
# The **variational autoencoder** (VAE; Kingma and Welling 2014) makes the plain codes work. It turns the question round. First a code $z$ is drawn from a
# standard normal distribution, $p(z)$; then the decoder makes a picture, $p(x \mid z)$. Train it so that the real pictures are probable:
#
# $$\log p(x) = \log \int p(x \mid z) \, p(z) \, dz$$
#
# The integral runs over all codes in 16 dimensions, and hardly any code gives *this* picture. So let an encoder say where to look: $q(z \mid x)$, a normal
# distribution whose mean and variance the encoder computes from the picture. Multiply and divide by it:
#
# $$\log p(x) = \log \mathbb{E}_{q}\!\left[ \frac{p(x \mid z) \, p(z)}{q(z \mid x)} \right] \;\ge\;
# \mathbb{E}_{q}\!\left[ \log \frac{p(x \mid z) \, p(z)}{q(z \mid x)} \right] =
# \underbrace{\mathbb{E}_{q}[\log p(x \mid z)]}_{\text{minus the pixel loss}} - \underbrace{\mathbb{E}_{q}\!\left[ \log \frac{q(z \mid x)}{p(z)} \right]}_{\text{KL divergence}}$$
#
# The step $\ge$ is Jensen's inequality: the logarithm of a mean is at least the mean of the logarithms. The right side is the
# **ELBO** (evidence lower bound). Its second part, the **Kullback–Leibler divergence**, says how far the codes of this picture are from the
# standard normal distribution: the price of information in the code. The training's loss is minus the ELBO: pixel loss plus KL.
#
# **By hand**, a code with two values only: $p(z) = (0.5, 0.5)$, and the picture has the probability 0.8 after the first, 0.2 after the second.
# So $p(x) = 0.5$, $\log p(x) = -0.693$. With $q = (0.5, 0.5)$ the bound is $0.5 \log 0.8 + 0.5 \log 0.2 - 0 = -0.916$, below the truth. With $q = (0.8, 0.2)$ it is
# $0.8 \log 0.8 + 0.2 \log 0.2 - (0.8 \log 1.6 + 0.2 \log 0.4) = -0.500 - 0.193 = -0.693$: equal, since this $q$ is the true distribution of the code given the picture.

# %%
prior, likelihood = np.array([0.5, 0.5]), np.array([0.8, 0.2])


def elbo(q):
    """Return the bound for a code with two values of probability q."""
    return np.sum(q * np.log(likelihood)) - np.sum(q * np.log(q / prior))


np.testing.assert_allclose(elbo(np.array([0.5, 0.5])), -0.916, atol=1e-3)
np.testing.assert_allclose(elbo(likelihood), np.log(prior @ likelihood))
shares = np.linspace(0.01, 0.99, 99)
best = shares[np.argmax([elbo(np.array([s, 1 - s])) for s in shares])]
print(f"log p(x) {np.log(prior @ likelihood):.3f}; the best q is ({best:.2f}, {1 - best:.2f}) with {elbo(likelihood):.3f}")

# %% [markdown]
# For two normal distributions the KL divergence has a formula. For one number of the code with mean $m$ and variance $v$:
#
# $$\text{KL} = \mathbb{E}_q[\log q - \log p] = \mathbb{E}_q\!\left[ -\tfrac12 \log v - \tfrac{(z - m)^2}{2v} + \tfrac{z^2}{2} \right] = \tfrac12 \left( m^2 + v - \log v - 1 \right)$$
#
# since $\mathbb{E}[(z - m)^2] = v$ and $\mathbb{E}[z^2] = m^2 + v$. **By hand:** $m = 1, v = 1$ costs $\tfrac12 (1 + 1 - 0 - 1) = 0.5$; $m = 0, v = 4$ costs $\tfrac12 (4 - 1.386 - 1) = 0.807$; and
# $m = 0, v = 1$ costs nothing, but then the code says nothing. The check: the integral summed over a fine grid, a mean over a million draws, and the Keras layer below.
#
# One thing is left. The code is *drawn*, and no gradient flows through a draw. The **reparameterisation trick** draws the chance elsewhere: $z = m + \sqrt{v} \, \varepsilon$ with $\varepsilon$
# from a standard normal distribution. Now $z$ is a plain formula of $m$ and $v$, with $\partial z / \partial m = 1$.


# %%
def kl_numpy(mean, log_variance):
    """Return the KL divergence from the standard normal distribution, for each number."""
    return 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1)


class DrawCode(layers.Layer):
    """Takes mean and logarithm of the variance, gives a drawn code, adds the KL term to the loss."""

    def __init__(self):
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, outputs):
        mean, log_variance = ops.split(outputs, 2, axis=-1)  # (batch, CODES) each
        each = 0.5 * (mean**2 + ops.exp(log_variance) - log_variance - 1)
        self.add_loss(ops.mean(ops.sum(each, axis=-1)))
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(log_variance / 2) * noise


grid = np.linspace(-30, 30, 200_001)
for mean, variance in ((1.0, 1.0), (0.0, 4.0), (-2.0, 0.3)):
    by_formula = kl_numpy(mean, np.log(variance))
    q, p = norm(mean, np.sqrt(variance)), norm()
    integral = np.sum(q.pdf(grid) * (q.logpdf(grid) - p.logpdf(grid))) * (grid[1] - grid[0])
    draws = q.rvs(1_000_000, random_state=0)
    layer = DrawCode()
    layer(np.array([[mean, np.log(variance)]], "float32"))
    np.testing.assert_allclose([integral, float(layer.losses[0])], by_formula, rtol=1e-5)
    np.testing.assert_allclose(np.mean(q.logpdf(draws) - p.logpdf(draws)), by_formula, rtol=0.01)
    print(f"mean {mean:4.1f}, variance {variance}: KL {by_formula:.3f} = integral = draws = Keras")


# %%
def train_vae(epochs, callbacks=()):
    """Return encoder and decoder of a trained variational autoencoder."""
    keras.utils.set_random_seed(0)
    encoder, decoder = make_encoder(2 * CODES), make_decoder()
    vae = keras.Sequential([encoder, DrawCode(), decoder])
    vae.compile(one_cycle(epochs, 0.005), pixel_loss)
    vae.fit(
        X_train, X_train, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=list(callbacks)
    )
    return encoder, decoder


vae_encoder, vae_decoder = clock("VAE", train_vae)
made["VAE"] = sigmoid(vae_decoder(plain_codes))
judged["VAE"] = judge(made["VAE"])

vae_mean, vae_log_variance = np.split(np.array(vae_encoder(X_val)), 2, axis=1)
kl_each = kl_numpy(vae_mean, vae_log_variance).mean(axis=0)  # of each number of the code
pixels = float(pixel_loss(X_val, vae_decoder(vae_mean)))
print("new pictures: pixel loss", expect(pixels, ".0f", at_most=130), " KL", expect(kl_each.sum(), ".1f", at_least=8))
print("plain codes: Fréchet", expect(judged["VAE"][0], ".1f", at_most=12))

# %% [markdown]
# Plain codes now give digits, for the KL term has pulled the codes of all pictures into the standard normal distribution.
#
# ## 4 · Walks from one digit to another
#
# Take two real digits, and walk from one to the other in ten steps: once by mixing their pixels, once by mixing their codes.
# *Guess first:* what is halfway between a 3 and a 5?

# %%
ways = np.linspace(0, 1, 10).reshape(-1, 1)


def walk_codes(encoder, decoder, start_picture, end_picture):
    """Return the pictures on the straight way between two codes: (10, 28, 28, 1)."""
    ends = np.array(encoder(np.stack([start_picture, end_picture])))[:, :CODES]  # of a VAE: means
    return sigmoid(decoder((1 - ways) * ends[0] + ways * ends[1]))


rows, first_by_class = [], [np.flatnonzero(y_test == label)[0] for label in range(10)]
for one, other in ((3, 5), (4, 0)):
    ends = X_test[first_by_class[one]], X_test[first_by_class[other]]
    mixed = (1 - ways)[..., np.newaxis, np.newaxis] * ends[0] + ways[..., np.newaxis, np.newaxis] * ends[1]
    rows += [mixed, walk_codes(ae_encoder, ae_decoder, *ends), walk_codes(vae_encoder, vae_decoder, *ends)]
draw_rows(
    rows,
    "Two walks in ten steps, from a 3 to a 5 and from a 4 to a 0, each in three rows. Pixels: one digit fades while the other appears over it. "
    "Autoencoder and VAE: the strokes move and bend from one digit into the other.",
    "Mixed pixels are two digits at once; mixed codes bend one stroke into the other",
    ["pixels", "autoencoder", "VAE"] * 2,
)

# %% [markdown]
# To judge 500 walks and not two, compare the pictures *halfway* with the real ones. (As a yardstick: the pictures at the ends, coded and decoded.)

# %%
one_end, other_end = X_val, X_val[np.random.default_rng(2).permutation(len(X_val))]


def halfway(encoder, decoder):
    """Return the pictures in the middle between the codes of pairs, and those at one end."""
    first, second = (np.array(encoder(X))[:, :CODES] for X in (one_end, other_end))
    return sigmoid(decoder((first + second) / 2)), sigmoid(decoder(first))


walked = {
    "pixels": ((one_end + other_end) / 2, one_end),
    "autoencoder": halfway(ae_encoder, ae_decoder),
    "VAE": halfway(vae_encoder, vae_decoder),
}
middle_distance = {}
for name, both in walked.items():
    middle, end = (frechet_distance(real_features, features_of(X)[0]) for X in both)
    middle_distance[name] = middle
    print(f"{name:12} Fréchet distance halfway {middle:.1f}, at the end {end:.1f}")

# %% [markdown]
# ## 5 · Generative adversarial network: a forger and a detective
#
# The two networks so far were judged pixel by pixel, and blur is a good answer to that. A **generative adversarial network** (GAN; Goodfellow
# and others 2014) has no pixel loss. Its **generator** $G$, the forger, turns codes into pictures. Its **discriminator** $D$, the detective, gives each picture the probability of being real. Both learn at the same time:
#
# $$L_D = -\log D(x) - \log\big(1 - D(G(z))\big) \qquad L_G = -\log D(G(z))$$
#
# **By hand:** $D(x) = 0.8$, $D(G(z)) = 0.3$: $L_D = -\log 0.8 - \log 0.7 = 0.223 + 0.357 = 0.580$, $L_G = -\log 0.3 = 1.204$.
#
# Where does the game end? At one picture with real density $p$ and made density $q$ the best $D$ minimises $-p \log D - q \log(1 - D)$. The derivative $-p / D + q / (1 - D)$ is 0 at
# $D = p / (p + q)$. If the forger is perfect, $q = p$, the detective says $\tfrac12$ to everything, and $L_D = 2 \log 2 = 1.386$.
#
# Why $-\log D(G(z))$ and not $\log(1 - D(G(z)))$, the exact opposite of the detective's loss? At the beginning the forger is bad, $D(G(z)) = \sigma(a) = 0.01$. The slope of $\log(1 - \sigma(a))$ is $-\sigma(a) = -0.01$: hardly
# any signal when it is needed most. The slope of $-\log \sigma(a)$ is $\sigma(a) - 1 = -0.99$.

# %%
binary_crossentropy = keras.losses.BinaryCrossentropy(from_logits=True)


def logit(p):
    """Return the logit of a probability, as a tensor of shape (1, 1)."""
    return tf.constant([[np.log(p / (1 - p))]], tf.float32)


def discriminator_loss(real_logits, made_logits):
    """Return the mean loss of the detective."""
    return binary_crossentropy(ops.ones_like(real_logits), real_logits) + binary_crossentropy(
        ops.zeros_like(made_logits), made_logits
    )


def generator_loss(made_logits):
    """Return the mean loss of the forger."""
    return binary_crossentropy(ops.ones_like(made_logits), made_logits)


losses = [float(discriminator_loss(logit(0.8), logit(0.3))), float(generator_loss(logit(0.3)))]
np.testing.assert_allclose(losses, [-np.log(0.8) - np.log(0.7), -np.log(0.3)], rtol=1e-5)

bad_forgery = logit(0.01)
with tf.GradientTape(persistent=True) as tape:
    tape.watch(bad_forgery)
    opposite, used = tf.math.log(1 - tf.sigmoid(bad_forgery)), generator_loss(bad_forgery)
slopes = [float(ops.sum(tape.gradient(loss, bad_forgery))) for loss in (opposite, used)]
np.testing.assert_allclose(slopes, [-0.01, -0.99], rtol=1e-4)
print(f"by hand 0.580 and 1.204 = Keras {losses[0]:.3f} and {losses[1]:.3f}; slopes {slopes[0]:.2f} and {slopes[1]:.2f}")

# %% [markdown]
# The generator is the decoder of above. The discriminator is a small dense network. (We tried the encoder of above, with convolutions: after equally many seconds its
# generator was clearly worse.) Both use Adam with $\beta_1 = 0.5$ (Radford, Metz and Chintala 2016), for the other one's moves make old gradients useless.


# %%
class GAN(keras.Model):
    """A generator and a discriminator that learn against each other."""

    def __init__(self, generator, discriminator, seed=0):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.generator_optimizer, self.discriminator_optimizer = (
            keras.optimizers.Adam(0.001, beta_1=0.5) for _ in range(2)
        )
        self.seed_generator = keras.random.SeedGenerator(seed)

    def make_pictures(self, count):
        """Return made pictures, for training."""
        drawn = keras.random.normal((count, CODES), seed=self.seed_generator)
        return ops.sigmoid(self.generator(drawn, training=True))

    def train_step(self, real):
        """Let the discriminator take a step, then the generator."""
        D, G = self.discriminator, self.generator
        count = ops.shape(real)[0]
        with tf.GradientTape() as tape:
            d_loss = discriminator_loss(D(real), D(self.make_pictures(count)))
        gradients = tape.gradient(d_loss, D.trainable_variables)
        self.discriminator_optimizer.apply(gradients, D.trainable_variables)
        with tf.GradientTape() as tape:
            g_loss = generator_loss(D(self.make_pictures(count)))
        gradients = tape.gradient(g_loss, G.trainable_variables)
        self.generator_optimizer.apply(gradients, G.trainable_variables)
        return {"discriminator": d_loss, "generator": g_loss}


def make_discriminator():
    """Return a network from pictures to one logit each: real or made?"""
    slope = 0.2  # of the leaky ReLU (chapter 05)
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(128),
            layers.LeakyReLU(slope),
            layers.Dense(64),
            layers.LeakyReLU(slope),
            layers.Dense(1),
        ]
    )


def train_gan(epochs, callbacks=(), make_generator=make_decoder, seed=0):
    """Return the generator of a trained GAN, and the losses of its last epoch."""
    keras.utils.set_random_seed(seed)
    gan = GAN(make_generator(), make_discriminator(), seed)
    gan.compile()
    history = gan.fit(
        X_train, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=list(callbacks)
    ).history
    return gan.generator, history["discriminator"][-1]


generator, d_loss = clock("GAN", train_gan)
made["GAN"] = sigmoid(generator(plain_codes))
judged["GAN"] = judge(made["GAN"])
print("Fréchet", expect(judged["GAN"][0], ".1f", at_most=14))
print("the discriminator's loss at the end:", expect(d_loss, ".2f", at_most=1.386), "and 1.386 if it could not tell")
draw_rows(
    [X_test[:10], made["VAE"][:10], made["GAN"][:10]],
    "Ten real digits; ten of the VAE, soft; ten of the GAN, with hard edges, some well formed, some broken.",
    "The VAE blurs; the GAN draws hard edges, and breaks strokes",
    ["real", "VAE", "GAN"],
)

# %% [markdown]
# ## 6 · Mode collapse: one picture for every code
#
# Nothing in $L_G$ asks for variety. A forger who makes one picture that the detective believes is done, whatever the code. This is **mode collapse**. We provoke it with the
# oldest kind of generator: dense layers, no batch normalisation. Then we change one thing, batch normalisation after each dense layer. Two seeds each.

# %%
COLLAPSE_EPOCHS, COLLAPSE_SEEDS = 3, (0, 1)


def make_dense_generator(between):
    """Return a generator of dense layers; `between` gives the layers after each of them."""
    return keras.Sequential(
        [
            keras.Input((CODES,)),
            layers.Dense(128),
            *between(),
            layers.Dense(128),
            *between(),
            layers.Dense(784),
            layers.Reshape((28, 28, 1)),
        ]
    )


def plain_relu():
    """Return ReLU alone."""
    return [layers.ReLU()]


BETWEEN = {"ReLU alone": plain_relu, "batch normalisation": normalised}


def count_classes(X):
    """Return how many of the pictures the classifier reads as each digit: (10,)."""
    return np.bincount(features_of(X)[1].argmax(axis=1), minlength=10)


def variety(X):
    """Return the mean distance between two of the pictures, as a share of that of real ones."""
    rows = X.reshape(len(X), -1)
    real = X_test[:SIZE].reshape(SIZE, -1)
    return distances(rows, rows).mean() / distances(real, real).mean()


def collapse(between, epochs, seed):
    """Return 500 pictures of a dense generator, trained from a seed."""
    dense_generator, _ = train_gan(epochs, (), lambda: make_dense_generator(between), seed)
    return sigmoid(dense_generator(plain_codes))


# %%
# four dense generators
collapsed = {
    (name, seed): collapse(between, COLLAPSE_EPOCHS, seed)
    for name, between in BETWEEN.items()
    for seed in COLLAPSE_SEEDS
}

# %%
figure, axes = plt.subplots(1, 4, figsize=(8.5, 2.3), sharey=True)
for axis, ((name, seed), X) in zip(axes, collapsed.items()):
    axis.bar(range(10), count_classes(X) / SIZE, color="C0" if name == "ReLU alone" else "C2")
    axis.axhline(0.1, color="0.5", linewidth=1)
    axis.set(xlabel="read as", xticks=range(10), ylim=(0, 1.05))
    axis.set_title(f"{name},\nseed {seed}", fontsize=9)
axes[0].set_ylabel("share of 500")
show(figure, "four histograms")
for key, X in collapsed.items():
    print(key, count_classes(X), variety(X))
draw_rows(
    [X[:12] for X in collapsed.values()],
    "Ten pictures of each of four generators",
    "Without batch normalisation every code gives nearly the same picture",
    [f"{name}, {seed}" for name, seed in collapsed],
)

# %% [markdown]
# *A good place for a break.*
#
# ## 7 · Diffusion: undo noise, step by step
#
# A **diffusion model** (Sohl-Dickstein and others 2015; Ho, Jain and Abbeel 2020) turns a picture into noise in many small steps. That needs no network. Then a network learns to go
# back.
#
# ### The way there, in one go
#
# In each of 1,000 steps the picture $x_{t-1}$ is shrunk a little, and a little noise is added, so that a variance of 1 stays 1:
#
# $$x_t = k_t \, x_{t-1} + \sqrt{1 - k_t^2} \; \varepsilon_t$$
#
# Put one step into the next. The picture is multiplied by $c_t = k_1 k_2 \cdots k_t$. And the noise? Normal plus normal is normal, and variances add up: if it was $1 - c_{t-1}^2$, it is now
# $k_t^2 (1 - c_{t-1}^2) + 1 - k_t^2 = 1 - c_t^2$. So any step can be reached in one go. We choose $c_t = \cos \varphi$, with an angle $\varphi$ that grows evenly from 0 to 90° (nearly the
# schedule of Nichol and Dhariwal 2021). Then $\sqrt{1 - c_t^2} = \sin \varphi$:
#
# $$x_\varphi = \cos\varphi \; x + \sin\varphi \; \varepsilon$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $x$ | clean picture, values from −1 to 1 | (28, 28, 1) |
# | $\varepsilon$ | noise from a standard normal distribution | (28, 28, 1) |
# | $\varphi$ | how far we are: 0 clean, 90° ($\pi / 2$) pure noise | number |
# | $x_\varphi$ | noisy picture | (28, 28, 1) |
#
# That is a rotation: $x_\varphi$ lies at the angle $\varphi$ between picture and noise. At a right angle to it lies $v = \cos\varphi \; \varepsilon - \sin\varphi \; x$ (Salimans and Ho 2022). Who knows $x_\varphi$ and $v$
# rotates back:
#
# $$x = \cos\varphi \; x_\varphi - \sin\varphi \; v \qquad \varepsilon = \sin\varphi \; x_\varphi + \cos\varphi \; v$$
#
# **By hand**, one pixel, $\cos\varphi = 0.8$, $\sin\varphi = 0.6$, $x = 1$, $\varepsilon = -0.5$: $x_\varphi = 0.8 - 0.3 = 0.5$ and $v = -0.4 - 0.6 = -1$. Back: $0.8 \cdot 0.5 + 0.6 \cdot 1 = 1$ and $0.6 \cdot 0.5 - 0.8 \cdot 1 = -0.5$.
#
# Does the closed form agree with the chain? A pixel of 0.7 goes through 600 steps, a hundred thousand times.

# %%
STEPS = 1000  # of the chain


def noise_level(step):
    """Return the angle of a step: 0 is the clean picture, π/2 pure noise."""
    return step / STEPS * np.pi / 2


def add_noise(x, angle, noise):
    """Return the noisy picture at an angle, in one go."""
    return ops.cos(angle) * x + ops.sin(angle) * noise


clean, drawn_noise, angle = 1.0, -0.5, np.arccos(0.8)
noisy = add_noise(clean, angle, drawn_noise)
target = add_noise(drawn_noise, angle, -clean)
np.testing.assert_allclose([noisy, target], [0.5, -1.0], rtol=1e-6)
np.testing.assert_allclose(add_noise(noisy, angle, -target), clean, rtol=1e-6)
np.testing.assert_allclose(add_noise(target, angle, noisy), drawn_noise, rtol=1e-6)

random = np.random.default_rng(0)
pixel_value, chain = 0.7, np.full(100_000, 0.7)
for step in range(1, 601):
    keep = np.cos(noise_level(step)) / np.cos(noise_level(step - 1))
    chain = keep * chain + np.sqrt(1 - keep**2) * random.normal(size=chain.shape)
angle = noise_level(600)
np.testing.assert_allclose(chain.mean(), np.cos(angle) * pixel_value, atol=0.01)
np.testing.assert_allclose(chain.std(), np.sin(angle), atol=0.01)
print("after 600 steps: mean", chain.mean().round(3), " closed form", (np.cos(angle) * pixel_value).round(3))
print("    standard deviation", chain.std().round(3), " closed form", np.sin(angle).round(3))


# %% [markdown]
# ### The loss: a regression
#
# The network is shown $x_\varphi$ and $\varphi$ and asked for $v$. Its loss is the mean squared error, nothing more. Why is that right? The derivation is that of the VAE, with the noisy pictures as a very long code that nobody
# has to learn. The ELBO becomes a sum over the steps, and each term is a KL divergence between two normal distributions of the same variance $s^2$: the true step back and the network's. For these
#
# $$\text{KL} = \mathbb{E}_q\!\left[ \frac{(z - m_2)^2 - (z - m_1)^2}{2 s^2} \right] = \frac{(m_1 - m_2)^2}{2 s^2}$$
#
# a squared error of means. The mean of a step back is a mixture of $x_\varphi$, which both know, and the clean picture $x$, which the network must guess. So each term is a squared error of the guess $\hat x$ times a weight. Ho and
# others leave the weights out, and win better pictures. And since $\hat x - x = -\sin\varphi \, (\hat v - v)$ and $\hat\varepsilon - \varepsilon = \cos\varphi \, (\hat v - v)$,
#
# $$\lVert \hat v - v \rVert^2 = \frac{\lVert \hat x - x \rVert^2}{\sin^2 \varphi} = \frac{\lVert \hat\varepsilon - \varepsilon \rVert^2}{\cos^2 \varphi}$$
#
# Whether a network guesses the picture, the noise or $v$ is once more a question of weights. **By hand**, with a guess $\hat v = -0.9$ in place of $-1$: $\hat x = 0.4 + 0.54 = 0.94$, error $0.06 = 0.6 \cdot 0.1$.

# %%
v_guess, x_guess = -0.9, 0.8 * 0.5 + 0.6 * 0.9
np.testing.assert_allclose((v_guess - -1) ** 2, (x_guess - 1) ** 2 / 0.6**2)
mean_1, mean_2, spread = 0.3, 1.1, 0.5
steps_fine = np.linspace(-10, 10, 100_001)
first, second = norm(mean_1, spread), norm(mean_2, spread)
gap = first.pdf(steps_fine) * (first.logpdf(steps_fine) - second.logpdf(steps_fine))
integral = np.sum(gap) * (steps_fine[1] - steps_fine[0])
np.testing.assert_allclose(integral, (mean_1 - mean_2) ** 2 / (2 * spread**2), rtol=1e-6)
print(f"KL of two normal distributions of the same variance: integral {integral:.3f} = formula")

# %% [markdown]
# The network is a small U-Net (Ronneberger, Fischer and Brox 2015; chapter 12 has a larger one): the picture becomes smaller twice and larger twice, and what was known before
# it became small is handed over to the other side. The angle comes as a second channel.


# %%
def block(x, filters):
    """Return two convolutions, added to what came in."""
    h = layers.Conv2D(filters, 3, padding="same", activation="silu")(x)
    h = layers.Conv2D(filters, 3, padding="same")(h)
    return layers.Add()([h, x if x.shape[-1] == filters else layers.Conv2D(filters, 1)(x)])


def make_denoiser(filters=24):
    """Return a small U-Net from noisy picture and angle, as two channels, to the target v."""
    noisy = keras.Input((28, 28, 2))
    fine = block(layers.Conv2D(filters, 4, strides=2, padding="same")(noisy), filters)  # (14, 14)
    coarse = layers.Conv2D(2 * filters, 2, strides=2)(fine)  # (7, 7)
    coarse = block(block(coarse, 2 * filters), 2 * filters)
    enlarged = layers.Conv2DTranspose(filters, 2, strides=2)(coarse)  # (14, 14)
    joined = block(layers.Concatenate()([enlarged, fine]), filters)
    joined = layers.Activation("silu")(joined)
    return keras.Model(noisy, layers.Conv2DTranspose(1, 4, strides=2, padding="same")(joined))


def with_angle(x, angle):
    """Return pictures (n, 28, 28, 1) with the angle as a second channel."""
    return ops.concatenate([x, ops.zeros_like(x) + ops.cast(angle, "float32")], axis=-1)


class Diffusion(keras.Model):
    """Trains a denoiser: each picture gets a random angle and random noise."""

    def __init__(self, denoiser):
        super().__init__()
        self.denoiser = denoiser
        self.seed_generator = keras.random.SeedGenerator(0)

    def train_step(self, X):
        """Take one step; X are pictures with values from 0 to 1."""
        x = 2 * X - 1  # the noise lies round 0, so the pictures shall do so, too
        noise = keras.random.normal(ops.shape(x), seed=self.seed_generator)
        shape = (ops.shape(x)[0], 1, 1, 1)
        angle = keras.random.uniform(shape, 0, np.pi / 2, seed=self.seed_generator)
        v = add_noise(noise, angle, -x)
        with tf.GradientTape() as tape:
            answer = self.denoiser(with_angle(add_noise(x, angle, noise), angle), training=True)
            loss = ops.mean((answer - v) ** 2)
        gradients = tape.gradient(loss, self.denoiser.trainable_variables)
        self.optimizer.apply(gradients, self.denoiser.trainable_variables)
        return {"loss": loss}


def train_denoiser(epochs, callbacks=()):
    """Return a trained denoiser."""
    keras.utils.set_random_seed(0)
    diffusion = Diffusion(make_denoiser())
    diffusion.compile(one_cycle(epochs, 0.004))
    diffusion.fit(
        X_train, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=list(callbacks)
    )
    return diffusion.denoiser


denoiser = clock("diffusion", train_denoiser)


# %%
@tf.function(reduce_retracing=True)
def clean_estimate(network, x, angle):
    """Return what a network takes for the clean pictures, from -1 to 1."""
    v = network(with_angle(x, angle), training=False)
    return ops.clip(add_noise(x, angle, -v), -1, 1)


def estimate_by(network):
    """Return a function from noisy pictures and angle to clean ones."""
    return lambda x, angle: clean_estimate(network, x, tf.constant(angle))


def walk_back(estimate, x, angle=np.pi / 2, correct=None, random=None, repeats=1):
    """Return clean pictures in [0, 1] from noisy ones, in 25 steps.

    Args:
        estimate: function from noisy pictures and their angle to clean ones.
        x: noisy pictures (n, 28, 28, 1).
        angle: where they are on the way.
        correct: function that changes each estimate, or None.
        random: a generator of fresh noise after each step; None keeps the old noise.
        repeats: how often each angle is visited; more than once only with fresh noise.
    """
    angles = np.repeat(np.linspace(angle, 0, 26)[:-1], repeats)
    for now, then in zip(angles.astype("float32"), np.append(angles[1:], 0).astype("float32")):
        clean = estimate(x, now)
        if correct is not None:
            clean = correct(clean)
        if random is None:
            noise = (x - np.cos(now) * clean) / np.sin(now)
        else:
            noise = random.normal(size=x.shape).astype("float32")
        x = add_noise(clean, then, noise)
    return (np.array(x) + 1) / 2


pure_noise = np.random.default_rng(3).normal(size=(SIZE, 28, 28, 1)).astype("float32")
begin = process_time()
made["diffusion"] = walk_back(estimate_by(denoiser), pure_noise)
print("sampling", process_time() - begin)
judged["diffusion"] = judge(made["diffusion"])
print_table(judged, seconds)
draw_rows([made[n][:10] for n in ("autoencoder", "VAE", "GAN", "diffusion")], "a", "t", ["autoencoder", "VAE", "GAN", "diffusion"])


# %%
def generate(name, parts):
    """Return 500 pictures of a generator of a kind, from its networks."""
    if name == "autoencoder":
        return sigmoid(parts[1](draw_like(np.array(parts[0](X_train)))))
    if name == "diffusion":
        return walk_back(estimate_by(parts[0]), pure_noise)
    return sigmoid(parts[-1](plain_codes))


def make_networks(name):
    """Return new networks for a generator of a kind."""
    if name == "diffusion":
        return [make_denoiser()]
    if name == "GAN":
        return [make_decoder()]
    return [make_encoder(CODES if name == "autoencoder" else 2 * CODES), make_decoder()]


# %%
# the long-trained weights
stored = np.load(files("utils") / "weights" / "generators.npz")
long_networks = {}
for name in EPOCHS:
    long_networks[name] = make_networks(name)
    for part, network in enumerate(long_networks[name]):
        numbers = range(len(network.weights))
        network.set_weights([stored[f"{name} {part} {n}"].astype("float32") for n in numbers])
    made[f"{name}, long"] = generate(name, long_networks[name])
    judged[f"{name}, long"] = judge(made[f"{name}, long"])
print_table(judged, seconds)

