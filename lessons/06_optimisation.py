# %% [markdown]
# # 06 · Step downhill well: from gradient descent to Adam
#
# Backpropagation tells a network which way is down. It does not say how far to go. With steps that
# are too short, training takes for ever; a little too long, and it explodes. In between lies a
# choice that decides whether a network learns at all. In this chapter you build the four
# best-known rules, from **gradient descent** to **Adam**, follow Keras step by step, and then let
# them compete under equal conditions.
#
# **You will learn to**
#
# - compute a step of gradient descent, momentum, RMSprop and Adam with a pencil, and say what each
#   symbol is for;
# - write each of them in a few lines of NumPy that walk where Keras walks, and say where Keras
#   departs from the papers;
# - explain why classifiers learn from cross-entropy and not from squared error;
# - choose a learning rate, a batch size and a schedule by measuring, not by guessing;
# - compare optimizers fairly, and doubt comparisons that are not.
#
# **You need** chapter 05: gradients, softmax with cross-entropy,
# stochastic gradient descent.
#
# **Time:** about 210 minutes to read and do, under 1 minute of computing.
#
# | | minutes | |
# | --- | --- | --- |
# | sections 1 to 4: four rules by hand | 55 | core, but for the detective story in section 4 |
# | section 5: where Keras departs from the papers | 10 | to look up when you need it |
# | section 6: a real network | 15 | core |
# | sections 7 to 10: loss, rate, batch size, schedule | 45 | may be left out at first |
# | section 11: the experiment | 20 | core |
# | section 12: the real landscape | 5 | may be left out at first |
# | exercises and quiz | 60 | the core: Exercise 6.1 |
#
# The core takes about 95 minutes. Run the cells of every section, also where you skip the text: later
# ones use them. After section 4, section 8 and section 10 are good places for a break.

# %%
from utils.runtime import start  # not found? Get the whole course and run make lab in its folder

start()

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np

from utils.claims import expect
from utils.exercises import check, quiz
from utils.plots import show

# %% [markdown]
# ## Look first
#
# A valley, seen from above: dark is low. It is steep from side to side and nearly flat along its
# floor. Four walkers start at the same place, on the right. All four see only the slope under
# their feet, and all four take 40 steps. They differ in what they make of the slope. (Their step
# lengths were picked by hand, so that the ways can be seen: it is a picture, not a race. The next
# cell defines the valley, the walk and the drawing. You need not understand it yet.)

# %%
curvature = np.array([1.0, 25.0])  # nearly flat in the first direction, steep in the second
w_start = np.array([10.0, 2.0])


def valley_slope(w):
    """Return the gradient of the valley at w."""
    return curvature * w


def keras_path(optimizer, w=w_start, steps=20, slope=valley_slope):
    """Return the places that a Keras optimizer visits, shape (steps + 1, 2)."""
    variable = keras.Variable(w, dtype="float64")
    path = [variable.numpy()]
    for _ in range(steps):
        optimizer.apply([slope(variable.numpy())], [variable])
        path.append(variable.numpy())
    return np.array(path)


def draw_valley(axis, *paths, labels=(None,), colours="0123"):
    """Draw the valley as shades of grey, dark is low, and paths on it."""
    along, across = np.meshgrid(np.linspace(-6, 11, 120), np.linspace(-3.2, 3.2, 90))
    height = 0.5 * (curvature[0] * along**2 + curvature[1] * across**2)
    axis.contourf(along, across, height**0.5, levels=8, cmap="Greys_r", vmin=-14, vmax=13)
    for path, label, colour in zip(paths, labels, colours):
        axis.plot(*path.T, f"C{colour}o-", markersize=3, linewidth=1.3, label=label)
    axis.plot(0, 0, "k*", markersize=9)
    axis.set(xlim=(-6, 11), ylim=(-3.2, 3.2), xlabel="$w_0$", aspect="equal")


# %%
walkers = {
    "gradient descent": keras.optimizers.SGD(0.075),
    "momentum": keras.optimizers.SGD(0.02, momentum=0.8),
    "RMSprop": keras.optimizers.RMSprop(0.3),
    "Adam": keras.optimizers.Adam(0.6),
}
figure, axes = plt.subplots(2, 2, figsize=(8, 3.9), sharex=True, sharey=True)
for axis, (name, optimizer), colour in zip(axes.flat, walkers.items(), "0123"):
    draw_valley(axis, keras_path(optimizer, steps=40), colours=colour)
    axis.set_title(name)
for axis in axes[:, 0]:
    axis.set_ylabel("$w_1$")
for axis in axes[0]:
    axis.set_xlabel("")
figure.suptitle("One valley, one start, four ways down")
show(
    figure,
    alt="The same long narrow valley four times, with a star at its lowest point. Gradient "
    "descent zigzags from wall to wall while it moves along; momentum swings in wide curves; "
    "RMSprop walks diagonally down to the floor and then along it; Adam makes a smooth curve that "
    "overshoots and comes back.",
)

# %% [markdown]
# Each walker is two or three lines of arithmetic. At the end of section 4 all four are your own.
#
# ## 1 · Gradient descent in a narrow valley
#
# The **loss surface** is the loss as a landscape over the weights. For a network it has thousands
# of directions. Near a lowest point a smooth landscape mostly looks like a bowl, and so a bowl
# with two directions is where we begin:
#
# $$L(w) = \tfrac{1}{2} \left( \lambda_0 w_0^2 + \lambda_1 w_1^2 \right)
# \qquad \nabla L(w) = (\lambda_0 w_0, \; \lambda_1 w_1)$$
#
# **Gradient descent** steps against the gradient, as in chapter 05:
#
# $$w \leftarrow w - \eta \, g$$
#
# | symbol | meaning | shape | here |
# | --- | --- | --- | --- |
# | $w$ | all weights, laid out in one long row | (n,) | $n = 2$, start $(10, 2)$ |
# | $g$ | the gradient $\nabla L(w)$ | (n,) | $(\lambda_0 w_0, \lambda_1 w_1)$ |
# | $\lambda$ | **curvature**: how fast the slope grows in each direction | (n,) | $(1, 25)$ |
# | $\eta$ | learning rate | a number | $0.06$ |
#
# **By hand.** At $(10, 2)$ the gradient is $(1 \cdot 10, \; 25 \cdot 2) = (10, 50)$. A step with
# $\eta = 0.06$ leads to $(10 - 0.6, \; 2 - 3) = (9.4, -1)$. There the gradient is $(9.4, -25)$,
# and the next step leads to $(8.836, \; 0.5)$.
#
# In the steep direction it jumps over the floor each time: $2, -1, 0.5$. In the flat direction it
# creeps: $10, 9.4, 8.836$. That is a zigzag.
#
# We write each rule as a small class: `step` takes the weights and the gradient, and returns the
# new weights. Gradient descent remembers nothing from step to step; the others will.


# %%
class GradientDescent:
    """w ← w − learning_rate · g"""

    def __init__(self, learning_rate):
        self.learning_rate = learning_rate

    def step(self, w, gradient):
        return w - self.learning_rate * gradient


def follow(optimizer, w=w_start, steps=20, slope=valley_slope):
    """Return the places that an optimizer visits, shape (steps + 1, 2)."""
    path = [w]
    for _ in range(steps):
        w = optimizer.step(w, slope(w))
        path.append(w)
    return np.array(path)


by_hand = [[10, 2], [9.4, -1], [8.836, 0.5]]
np.testing.assert_allclose(follow(GradientDescent(0.06), steps=2), by_hand)
follow(GradientDescent(0.06), steps=2)

# %% [markdown]
# And Keras? `keras.optimizers.SGD` gets the same start and the same slopes, for 20 steps. (We
# compute in float64. Keras keeps the learning rate as a float32 number, so the two can differ
# from about the eighth digit on; we ask for 0.000001.)


# %%
def compare_with_keras(ours, theirs, **setting):
    """Assert that our optimizer and Keras' visit the same places, to a millionth."""
    our_path, their_path = follow(ours, **setting), keras_path(theirs, **setting)
    np.testing.assert_allclose(our_path, their_path, rtol=0, atol=1e-6)
    print(f"{len(our_path) - 1} steps equal to keras.optimizers.{type(theirs).__name__}")


compare_with_keras(GradientDescent(0.06), keras.optimizers.SGD(0.06))

# %% [markdown]
# ### How long may a step be?
#
# Each direction lives for itself: $w_i - \eta \lambda_i w_i = (1 - \eta \lambda_i) \, w_i$. So
# each step multiplies $w_i$ by $1 - \eta \lambda_i$. By hand for 0.06: $w_0$ by 0.94, $w_1$ by
# $-0.5$. As long as the factor lies between $-1$ and $1$, it shrinks:
#
# $$-1 < 1 - \eta \lambda_i \quad\Longleftrightarrow\quad \eta < \frac{2}{\lambda_i}$$
#
# The *steepest* direction sets the limit: $2 / 25 = 0.08$. And with that step the *flattest* one
# must get along: its factor is $1 - 0.08 = 0.92$ at best.

# %%
figure, axes = plt.subplots(1, 3, figsize=(9.5, 2), sharey=True)
titles = ("0.01: too short", "0.075: zigzag", "0.081: it explodes")
for axis, rate, title in zip(axes, (0.01, 0.075, 0.081), titles):
    draw_valley(axis, follow(GradientDescent(rate), steps=30))
    axis.set_title(title)
axes[0].set_ylabel("$w_1$")
show(
    figure,
    alt="Three paths of 30 steps. With rate 0.01 the path drops to the floor and stops far from "
    "the star; with 0.075 it zigzags towards the star; with 0.081 the zigzag grows wider with "
    "each step.",
)
far = np.abs(follow(GradientDescent(0.081), steps=300)[-1, 1])
near = np.abs(follow(GradientDescent(0.079), steps=300)[-1, 1])
print("after 300 steps, away from the floor:")  # the limit lies between the two, at 0.08
print("  with 0.079:", expect(near, at_most=0.01))
print("  with 0.081:", expect(far, ".0f", at_least=100))

# %% [markdown]
# The best rate makes both factors equally small. With $\lambda_0 = 1$ and $\lambda_1 = 25$ it is
# $\eta = 2/(1 + 25) = 0.0769$, and the factors are $1 - 0.0769 = 0.923$ and $1 - 25 \cdot 0.0769 =
# -0.923$. So even the best rate loses only 8 % of the way with each step. In general:
#
# $$\eta = \frac{2}{\lambda_0 + \lambda_1} \qquad
# \text{factor} = \frac{\kappa - 1}{\kappa + 1} \qquad \kappa = \frac{\lambda_1}{\lambda_0}$$
#
# $\kappa$ is the condition number of chapter 04, section 11. There it was about 1,100 for a
# photo and 28,000 for our digits. How many steps until only a thousandth of the way is left?


# %%
def steps_needed(optimizer, condition, limit=50_000):
    """Return the number of steps until a thousandth of the distance is left."""
    slopes, w = np.array([1.0, condition]), np.array([1.0, 1.0])
    for step in range(1, limit):
        w = optimizer.step(w, slopes * w)
        if np.abs(w).max() < 0.001:
            return step


conditions = [1.5, 25, 250, 2500]
plain = [steps_needed(GradientDescent(2 / (1 + kappa)), kappa) for kappa in conditions]
assert plain == [5, 87, 864, 8635]
print(dict(zip(conditions, plain)))

# %% [markdown]
# Ten times the condition number, ten times the steps. Something better is needed.
#
# ## 2 · Momentum: remember where you were going
#
# In the zigzag, the steps *across* the valley point left, right, left, right: on average they
# cancel. The steps *along* it all point the same way: they add up. So do not follow the last
# slope, follow a running sum of slopes. A heavy ball does just that; it is also called the
# heavy-ball method (Polyak 1964).
#
# $$v \leftarrow \mu v - \eta g \qquad\qquad w \leftarrow w + v$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $v$ | **velocity**: the step that is taken; starts at 0 | (n,), as $w$ |
# | $\mu$ | **momentum**: the share of the velocity that is kept, often 0.9 | a number from 0 to 1 |
#
# **By hand**, with $\eta = 0.06$ and $\mu = 0.5$. The first step has no past: $v = -0.06 \cdot
# (10, 50) = (-0.6, -3)$ and $w = (9.4, -1)$, as before. There $g = (9.4, -25)$:
#
# $$v = 0.5 \cdot (-0.6, -3) - 0.06 \cdot (9.4, -25) = (-0.3 - 0.564, \; -1.5 + 1.5)
# = (-0.864, \; 0)$$
#
# and $w = (8.536, -1)$. Across the valley, the old velocity and the new slope cancel. Along it,
# they add up.


# %%
class Momentum:
    """v ← momentum · v − learning_rate · g, then w ← w + v"""

    def __init__(self, learning_rate, momentum=0.9):
        self.learning_rate, self.momentum = learning_rate, momentum
        self.velocity = 0.0  # becomes an array of the shape of w with the first step

    def step(self, w, gradient):
        self.velocity = self.momentum * self.velocity - self.learning_rate * gradient
        return w + self.velocity


by_hand = [[10, 2], [9.4, -1], [8.536, -1]]
np.testing.assert_allclose(follow(Momentum(0.06, 0.5), steps=2), by_hand)
compare_with_keras(Momentum(0.06, 0.5), keras.optimizers.SGD(0.06, momentum=0.5))

# %% [markdown]
# **How much faster?** Two cases tell.
#
# 1. *The slope stays the same.* Then the velocity grows until what is lost equals what is added,
#    $v = \mu v - \eta g$, that is $v = -\eta g / (1 - \mu)$. With $\mu = 0.9$ the steps become
#    **ten times** as long.
# 2. *In the bowl*, with the best $\eta$ and $\mu$, the condition number is replaced by its square
#    root (Polyak 1964): $\sqrt\mu = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)$ and $\eta = (1 +
#    \sqrt\mu)^2 / \lambda_1$.

# %%
ball = Momentum(learning_rate=0.01, momentum=0.9)
_ = follow(ball, w=np.array([0.0]), steps=100, slope=lambda w: np.array([-1.0]))
np.testing.assert_allclose(ball.velocity, 0.1, rtol=1e-4)  # ten times 0.01


def best_momentum(kappa):
    """Return the fastest heavy ball for a bowl with curvatures 1 and kappa."""
    root = (kappa**0.5 - 1) / (kappa**0.5 + 1)
    return Momentum(learning_rate=(1 + root) ** 2 / kappa, momentum=root**2)


heavy = [steps_needed(best_momentum(kappa), kappa) for kappa in conditions]
for kappa, plain_steps, heavy_steps in zip(conditions, plain, heavy):
    print(
        f"condition number {kappa:6}: gradient descent {plain_steps:4}, momentum {heavy_steps:3}"
    )
assert heavy[-1] < plain[-1] / 20 and heavy[0] >= plain[0] - 1

# %% [markdown]
# In a bowl that is nearly round, momentum is of little use. In a narrow valley it is more than 20
# times as fast. (In real life nobody knows $\kappa$, and 0.9 is the usual try.)
#
# Play with it. The next figure is one setting; run the cell below it and move the sliders. What
# happens to a rate of 0.09, which explodes alone, when there is momentum? What happens with
# momentum 0.95?


# %%
def draw_descent(learning_rate, momentum):
    """Show 40 steps with momentum in the valley, and how far they are from the star."""
    path = follow(Momentum(learning_rate, momentum), steps=40)
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.2), width_ratios=(3, 2))
    draw_valley(axes[0], path, colours="1")
    axes[0].set(
        ylabel="$w_1$", title=f"learning rate {learning_rate:.2f}, momentum {momentum:.2f}"
    )
    axes[1].semilogy(np.linalg.norm(path, axis=1), "C1")
    axes[1].set(xlabel="step", ylabel="distance to the star", ylim=(1e-3, 30))
    show(
        figure,
        alt=f"Left: a path of 40 steps in the valley with learning rate {learning_rate:.2f} and "
        f"momentum {momentum:.2f}. Right: its distance to the star, {np.linalg.norm(path[-1]):.2g} after the last step.",
    )


draw_descent(learning_rate=0.09, momentum=0.5)
assert np.linalg.norm(follow(Momentum(0.09, 0.5), steps=40)[-1]) < 0.01
assert np.linalg.norm(follow(GradientDescent(0.09), steps=40)[-1]) > 1000

# %% tags=["nbval-ignore-output"]
from ipywidgets import interact

_ = interact(draw_descent, learning_rate=(0.01, 0.16, 0.01), momentum=(0.0, 0.95, 0.05))

# %% [markdown]
# So momentum does two things: it adds up what is constant, and it *bears longer steps*, because
# swings across the valley cancel.
#
# ## 3 · RMSprop: a step length for each weight
#
# One learning rate for all directions is the real trouble: the steep one needs short steps, the
# flat one long ones. **RMSprop** (Hinton 2012) gives each weight its own. It keeps, for each
# weight, a running mean of the *square* of its gradient, and divides the gradient by the root of
# it: by its *root mean square*, hence the name. A **running mean** (others say: *exponential moving
# average*) forgets slowly: in each step it keeps a share of its old value, and the new number makes
# up the rest.
#
# $$s \leftarrow \rho s + (1 - \rho) \, g^2 \qquad\qquad
# w \leftarrow w - \eta \, \frac{g}{\sqrt{s + \varepsilon}}$$
#
# | symbol | meaning | shape |
# | --- | --- | --- |
# | $s$ | running mean of the squares of the gradient; starts at 0 | (n,), as $w$ |
# | $\rho$ | the share that is kept, 0.9 | a number from 0 to 1 |
# | $\varepsilon$ | **epsilon**: keeps us from dividing by 0 | a tiny number, in Keras $10^{-7}$ |
#
# All operations work number by number: $g^2$ has the shape of $g$.
#
# **By hand**, with $\eta = 0.1$, and $\varepsilon$ so small that we leave it out. At $(10, 2)$ the
# gradient is $(10, 50)$:
#
# $$s = 0.1 \cdot (100, 2500) = (10, 250) \qquad \sqrt{s} = (3.162, 15.811) \qquad
# \frac{g}{\sqrt{s}} = (3.162, \; 3.162)$$
#
# Both directions get *the same* step, $0.316$: to $(9.684, 1.684)$. **The size of the gradient has
# dropped out; only its sign and its history count.** Were the valley a thousand times steeper, the
# step would be the same.


# %%
class RMSprop:
    """s ← rho · s + (1 − rho) · g², then w ← w − learning_rate · g / √(s + epsilon)"""

    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7):
        self.learning_rate, self.rho, self.epsilon = learning_rate, rho, epsilon
        self.mean_square = 0.0

    def step(self, w, gradient):
        self.mean_square = self.rho * self.mean_square + (1 - self.rho) * gradient**2
        return w - self.learning_rate * gradient / np.sqrt(self.mean_square + self.epsilon)


np.testing.assert_allclose(follow(RMSprop(0.1), steps=1)[1], [9.684, 1.684], atol=0.0005)
compare_with_keras(RMSprop(0.1), keras.optimizers.RMSprop(0.1))

# %% [markdown]
# Why the *running* mean? Its predecessor **AdaGrad** (Duchi, Hazan and Singer 2011) adds up all
# squares since the beginning. The sum can only grow, so the steps can only shrink (exercise 6.2).
# A running mean forgets: with $\rho = 0.9$ a gradient counts for about ten steps.
#
# The price: near the lowest point the gradient gets small, its root mean square gets small too,
# and the quotient does *not*. With a constant rate RMSprop never comes to rest.

# %%
path = follow(RMSprop(0.3), steps=200)
distances = np.linalg.norm(path, axis=1)
figure, axes = plt.subplots(1, 2, figsize=(8, 2.2), width_ratios=(3, 2))
draw_valley(axes[0], path[:60], colours="2")
axes[0].set(ylabel="$w_1$", title="RMSprop: no zigzag …")
axes[1].semilogy(distances, "C2")
axes[1].set(xlabel="step", ylabel="distance to the star", title="… and no rest")
show(
    figure,
    alt="Left: RMSprop walks diagonally to the floor of the valley and along it to the star. "
    "Right: its distance falls nearly to 0, jumps up again several times, and settles at about "
    "0.2.",
)
print("away from the star in the last 50 steps:")
print("  least:", expect(distances[-50:].min(), at_least=0.05))
print("  most:", expect(distances[-50:].max(), at_most=0.5))

# %% [markdown]
# A remedy is a learning rate that sinks (section 10).
#
# ## 4 · Adam: both together, and a fair start
#
# **Adam** (Kingma and Ba 2015) takes the running mean of the gradient in place of the gradient, as
# momentum does, and divides it by the root of the running mean of the squares, as RMSprop does:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) \, g \qquad\qquad
# s \leftarrow \beta_2 s + (1 - \beta_2) \, g^2$$
#
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad\qquad \hat s = \frac{s}{1 - \beta_2^t} \qquad\qquad
# w \leftarrow w - \eta \, \frac{\hat m}{\sqrt{\hat s} + \varepsilon}$$
#
# | symbol | meaning | shape | usual |
# | --- | --- | --- | --- |
# | $m$ | running mean of the gradient; starts at 0 | (n,), as $w$ | |
# | $s$ | running mean of its squares; starts at 0 | (n,), as $w$ | |
# | $\beta_1, \beta_2$ | the shares that are kept | numbers | 0.9, 0.999 |
# | $t$ | number of the step; the first is 1 | a number | |
# | $\hat m, \hat s$ | the means without the wrong start | (n,) | |
#
# What are the hats for? Both means start at 0, which is wrong. After the first step $m = 0.1 \, g$
# is a tenth of what it should be, and $s = 0.001 \, g^2$ a thousandth. Suppose that every gradient
# is the same $g$. Then the mean should be $g$, but after one, two and three steps it is
#
# $$m = 0.1 \, g \qquad 0.9 \cdot 0.1 \, g + 0.1 \, g = 0.19 \, g \qquad
# 0.9 \cdot 0.19 \, g + 0.1 \, g = 0.271 \, g$$
#
# What is missing are the shares $0.9$, $0.9^2 = 0.81$ and $0.9^3 = 0.729$. So after $t$ steps $m$ is
# $(1 - \beta_1^t) \, g$: divide by $1 - \beta_1^t$, and the mean is right from the first step on. The
# same goes for $s$, with $\beta_2$. This is **bias correction**.
#
# **By hand**, with $\eta = 0.5$ and the gradient $(10, 50)$:
#
# $$m = (1, 5) \qquad s = (0.1, 2.5) \qquad \hat m = \frac{(1, 5)}{0.1} = (10, 50) \qquad
# \hat s = \frac{(0.1, 2.5)}{0.001} = (100, 2500)$$
#
# $$w = (10, 2) - 0.5 \cdot \frac{(10, 50)}{(10, 50)} = (9.5, \; 1.5)$$
#
# **Adam's first step is $\eta$ for every weight, whatever its gradient.** (But for a gradient of
# exactly 0: there it stays.) Later steps are about $\eta$ where the gradients agree, and shorter
# where they contradict each other.
#
# The paper offers a second way to write this, with less work. Write the hats out ($\varepsilon$ left
# out), and collect what has nothing to do with the single weight:
#
# $$\frac{\hat m}{\sqrt{\hat s}} = \frac{m / (1 - \beta_1^t)}{\sqrt{s} / \sqrt{1 - \beta_2^t}}
# = \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot \frac{m}{\sqrt{s}}$$
#
# The fraction in front is one number for all weights. So it can be a part of the learning rate,
# $\eta_t$ in place of $\eta$. Keras computes it in this way, and so do we:
#
# $$\eta_t = \eta \, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \qquad\qquad
# w \leftarrow w - \eta_t \, \frac{m}{\sqrt{s} + \hat\varepsilon}$$
#
# By hand, for the first step: $\eta_1 = \eta \cdot \sqrt{0.001} / 0.1 = 0.316 \, \eta$. (Only epsilon
# has moved: it is now added to $\sqrt{s}$ and not to $\sqrt{\hat s}$, hence its own hat. Section 5
# shows what that does.)


# %%
class Adam:
    """Kingma and Ba 2015, in the form at the end of their section 2."""

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.learning_rate, self.epsilon = learning_rate, epsilon
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.mean = self.mean_square = 0.0
        self.t = 0

    def step(self, w, gradient):
        self.t += 1
        self.mean = self.beta_1 * self.mean + (1 - self.beta_1) * gradient
        self.mean_square = self.beta_2 * self.mean_square + (1 - self.beta_2) * gradient**2
        correction = (1 - self.beta_2**self.t) ** 0.5 / (1 - self.beta_1**self.t)
        rate = self.learning_rate * correction
        return w - rate * self.mean / (np.sqrt(self.mean_square) + self.epsilon)


m_of_ones = [0.1, 0.9 * 0.1 + 0.1, 0.9 * 0.19 + 0.1]  # all gradients 1: m after 1, 2 and 3 steps
np.testing.assert_allclose(m_of_ones, [1 - 0.9, 1 - 0.9**2, 1 - 0.9**3])
np.testing.assert_allclose(0.001**0.5 / 0.1, 0.316, atol=0.0005)
np.testing.assert_allclose(follow(Adam(0.5), steps=1)[1], [9.5, 1.5], atol=1e-5)
follow(Adam(0.5), steps=3).round(3)

# %% [markdown]
# What if the whole loss is multiplied by 1,000, for instance because someone adds up the losses of
# a batch in place of taking their mean? All gradients become 1,000 times as large. Gradient
# descent would explode with the same rate. RMSprop and Adam do not even notice:


# %%
def steep_slope(w):
    """Return the gradient of a valley that is a thousand times as high."""
    return 1000 * valley_slope(w)


for rule in (RMSprop, Adam):
    np.testing.assert_allclose(follow(rule(0.5)), follow(rule(0.5), slope=steep_slope), atol=1e-4)
assert np.abs(follow(GradientDescent(0.06), slope=steep_slope)).max() > 1e9
print("RMSprop, Adam: the same path; gradient descent: beyond all bounds")

# %% [markdown]
# ### Is it Keras' Adam? A small detective story

# %%
difference = np.abs(follow(Adam(0.5)) - keras_path(keras.optimizers.Adam(0.5))).max()
print("largest difference:", expect(difference, ".0e", at_least=1e-6, at_most=1e-4))

# %% [markdown]
# Not equal! The paths differ in the fifth decimal. In float64, with the same formula, that is far
# too much. A bug of ours? Look for a number that has only seven digits. In a float32 number, 0.999
# is not 0.999:

# %%
rounded = float(np.float32(0.999))
print(f"0.999 as float32 is {rounded:.11f}")
error = abs((1 - rounded) / (1 - 0.999) - 1)
print(f"1 − 0.999 is then off by {error * 1e6:.0f} millionths")
assert 12e-6 < error < 14e-6

# %% [markdown]
# A tiny error in $\beta_2$, but a thousand times larger in $1 - \beta_2$. That would explain it,
# if Keras rounds $\beta_2$ on its way to $\beta_2^t$. A guess is not a proof. So take numbers that
# a float32 holds *exactly*: $\beta_1 = 0.875$ and $\beta_2 = 1 - 2^{-10}$. If the guess is right,
# the difference must vanish.

# %%
exact = {"beta_1": 0.875, "beta_2": 1 - 2**-10}
compare_with_keras(Adam(0.5, **exact), keras.optimizers.Adam(0.5, **exact))
remaining = np.abs(follow(Adam(0.5, **exact)) - keras_path(keras.optimizers.Adam(0.5, **exact)))
print("largest difference now:", expect(remaining.max(), ".0e", at_most=1e-10))

# %% [markdown]
# Case closed: the formula is the same, the rounding is Keras'. For a training it means nothing;
# for a proof it means a lot. (In section 6 the steps are shorter, and the usual $\beta$ will do.)
#
# ### What would happen without the correction?
#
# $m$ starts a factor of 10 too small, $\sqrt{s}$ a factor of $\sqrt{1000} = 31.6$. So the quotient
# begins $31.6 / 10 = 3.16$ times too *large*. And $m$ recovers within some ten steps, $s$ takes a
# thousand: it gets worse before it gets better.

# %%
t = np.arange(1, 5001)
too_long = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)  # step without the correction / step with it
worst = int(t[too_long.argmax()])
assert round(too_long[0], 2) == 3.16 and 6 < too_long.max() < 7 and 5 < worst < 20

figure, axis = plt.subplots(figsize=(6.5, 2.8))
axis.semilogx(t, too_long, "C3--", label="without correction")
axis.axhline(1, color="C3", label="with correction")
axis.set(xlabel="step", ylabel="length of the step", ylim=(0, 7.2))
axis.set_title("Without bias correction the first steps are far too long")
axis.legend()
show(
    figure,
    alt="Length of Adam's step without bias correction, in multiples of the corrected one, over "
    "5,000 steps on a logarithmic axis: 3 at the first step, above 6 at about the twelfth, then "
    "slowly down to 1 after some thousand steps.",
)
print(f"longest at step {worst}: {too_long.max():.1f} times as long")

# %% [markdown]
# The four of them, by your own hands:

# %%
ours = {
    "gradient descent": GradientDescent(0.075),
    "momentum": Momentum(0.02, 0.8),
    "RMSprop": RMSprop(0.3),
    "Adam": Adam(0.6),
}
figure, axis = plt.subplots(figsize=(7, 2.2))
own_paths = [follow(optimizer, steps=40) for optimizer in ours.values()]
draw_valley(axis, *own_paths, labels=ours)
axis.set(ylabel="$w_1$", title="The paths of the first figure, by our own rules")
axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
show(
    figure,
    alt="The four paths of the first figure in one valley: gradient descent zigzags, momentum "
    "swings, RMSprop goes diagonally to the floor and along it, Adam curves round the star.",
)

# %% [markdown]
# What each one must remember: gradient descent nothing, momentum and RMSprop one number for each
# weight, Adam two. Those are the "optimizer params" that `summary()` counts in chapter 07.
#
# ## 5 · Where Keras departs from the papers
#
# The formulas above are those that Keras computes. The papers' are slightly different, and so are
# other libraries'. The table is for looking up, when you take a rate from a paper or from another
# library. **One thing in it is worth keeping:** *where epsilon stands, and how large it is, decides
# what happens to tiny gradients.*
#
# | | in the paper | in Keras 3 |
# | --- | --- | --- |
# | momentum | Polyak (1964), Sutskever and others (2013): $\eta$ inside the velocity | the same; PyTorch keeps it outside: $v \leftarrow \mu v + g$, $w \leftarrow w - \eta v$. The same path as long as $\eta$ stays; a change of $\eta$ acts on the whole velocity at once |
# | Nesterov's momentum, which looks ahead | slope at the place where the velocity leads, $w + \mu v$ | slope at $w$; what Keras calls $w$ is that place |
# | RMSprop | Hinton's slides divide by $\sqrt{s}$, without $\varepsilon$; no bias correction | $\varepsilon = 10^{-7}$ *inside* the root; no bias correction either |
# | Adam | the paper's Algorithm 1: $\varepsilon = 10^{-8}$, added to the *corrected* root $\sqrt{\hat s}$ | $\hat\varepsilon = 10^{-7}$, added to the root *before* correction |
#
# **Epsilon.** It looks like a detail that only guards against a division by 0. But beside a tiny
# gradient it is the larger part of the divisor. By hand, the first step of RMSprop ($\rho = 0.9$,
# in multiples of the learning rate), for an ordinary gradient and for a tiny one:
#
# | $g$ | $s = 0.1 \, g^2$ | Hinton: $g / \sqrt{s}$ | Keras: $g / \sqrt{s + 10^{-7}}$ |
# | --- | --- | --- | --- |
# | $1$ | $0.1$ | $3.16$ | $3.16$ |
# | $10^{-5}$ | $10^{-11}$ | $3.16$ | $10^{-5} / \sqrt{0.0001 \cdot 10^{-7} + 10^{-7}} = 0.0316$ |
#
# For the tiny gradient Keras' step is **a hundred times shorter**. What is much smaller than
# $\sqrt{10^{-7}} = 0.0003$ counts as "nothing happening here": the divisor no longer changes, and
# RMSprop becomes plain gradient descent with the rate $\eta / 0.0003$.
#
# Adam's first step, in the same way. There $m = 0.1 \, g$ and $\sqrt{s} = \sqrt{0.001} \, g = 0.0316
# \, g$, and $0.316$ is the $\eta_1 / \eta$ of section 4:
#
# | $g$ | Algorithm 1: $\hat m / (\sqrt{\hat s} + 10^{-8})$ | Keras: $0.316 \, m / (\sqrt{s} + 10^{-7})$ |
# | --- | --- | --- |
# | $1$ | $1$ | $1$ |
# | $10^{-7}$ | $10^{-7} / (10^{-7} + 10^{-8}) = 0.91$ | $0.316 \cdot 10^{-8} / (3.16 \cdot 10^{-9} + 10^{-7}) = 0.031$ |
#
# Thirty times shorter. The next cell computes both for gradients of all sizes.


# %%
class PaperAdam(Adam):
    """Algorithm 1 of Kingma and Ba, epsilon 1e-8, added to the corrected root."""

    def step(self, w, gradient):
        self.t += 1
        self.mean = self.beta_1 * self.mean + (1 - self.beta_1) * gradient
        self.mean_square = self.beta_2 * self.mean_square + (1 - self.beta_2) * gradient**2
        mean = self.mean / (1 - self.beta_1**self.t)
        root = np.sqrt(self.mean_square / (1 - self.beta_2**self.t))
        return w - self.learning_rate * mean / (root + 1e-8)


gradient_sizes = np.logspace(-10, 0, 101)
rules = {
    "RMSprop, Hinton": RMSprop(1.0, epsilon=0.0),
    "RMSprop, Keras": RMSprop(1.0),
    "Adam, paper": PaperAdam(1.0),
    "Adam, Keras": Adam(1.0),
}
first_steps = {name: -rule.step(0.0, gradient_sizes) for name, rule in rules.items()}
for name, size, by_hand in (
    ("RMSprop, Hinton", 1e-5, 3.16),
    ("RMSprop, Keras", 1e-5, 0.0316),
    ("Adam, paper", 1e-7, 0.91),
    ("Adam, Keras", 1e-7, 0.031),
):
    nearest = np.argmin(np.abs(np.log10(gradient_sizes / size)))
    np.testing.assert_allclose(first_steps[name][nearest], by_hand, rtol=0.02)

# %%
figure, axis = plt.subplots(figsize=(7, 3.2))
for (name, lengths), style in zip(first_steps.items(), ("C2--", "C2-", "C3--", "C3-")):
    axis.loglog(gradient_sizes, lengths, style, label=name)
axis.set(xlabel="size of the gradient", ylabel="first step / learning rate", ylim=(1e-4, 10))
axis.set_title("Below its epsilon, an adaptive rule turns plain")
axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
show(
    figure,
    alt="Length of the first step against the size of the gradient, both axes logarithmic. All "
    "curves are flat for large gradients and fall in a straight line for small ones, but "
    "RMSprop without epsilon, which stays flat. Keras' RMSprop bends at about 1e-3, Keras' Adam "
    "at about 3e-6, the paper's Adam at about 1e-8.",
)

# %% [markdown]
# Do such small gradients occur? In the next section we shall count them in a real network.
#
# ## 6 · A real network, step by step with Keras
#
# From here on the landscape is that of a network that reads digits: 784 pixels, a dense layer of
# 32 with ReLU, ten logits. It is small on purpose, so that we can train it hundreds of times. Its
# gradients are those of chapter 05, sections 4 and 5. New is only the packing: an optimizer knows
# nothing of layers, it sees **one long row** `w` of all weights. `unpack` cuts it into the four
# arrays; they are views, so nothing is copied.

# %%
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from utils.datasets import load

_ = threadpool_limits(1)  # our matrices are small: several threads would wait for each other

data = load("digits")
flat_train = data.X_train.reshape(len(data.X_train), -1)  # each picture is one row
X_test = data.X_test.reshape(len(data.X_test), -1)
X_train, X_val, y_train, y_val = train_test_split(
    flat_train, data.y_train, test_size=0.25, stratify=data.y_train, random_state=0
)
usual_epochs = 10 if len(X_train) < 10_000 else 2  # see "Go further"

# %%
pixels, hidden_size = X_train.shape[1], 32
shapes = [
    (pixels, hidden_size),
    (hidden_size,),
    (hidden_size, data.num_classes),
    (data.num_classes,),
]
ends = np.cumsum([int(np.prod(shape)) for shape in shapes])


def unpack(w):
    """Return W1, b1, W2, b2 of the long row w."""
    return [part.reshape(shape) for part, shape in zip(np.split(w, ends[:-1]), shapes)]


def initial_weights(seed):
    """Return the start: random weights (He and others 2015), biases 0; float32, one row."""
    random = np.random.default_rng(seed)
    parts = [random.normal(scale=(2 / shape[0]) ** 0.5, size=shape) for shape in shapes]
    parts[1][:] = parts[3][:] = 0
    return np.concatenate([part.ravel() for part in parts]).astype("float32")


print(f"{ends[-1]:,} weights; {len(X_train)} training and {len(X_val)} validation pictures")


# %%
def cross_entropy(Z, y):
    """Return the mean loss and dZ, for logits Z (batch, classes) and labels y (batch,)."""
    Z = Z - Z.max(axis=1, keepdims=True)
    S = np.exp(Z).sum(axis=1, keepdims=True)
    pictures = np.arange(len(y))
    loss = np.mean(np.log(S[:, 0]) - Z[pictures, y])
    P = np.exp(Z) / S
    P[pictures, y] -= 1  # what it said minus what was right
    return loss, P / len(y)


def logits(w, X):
    """Return the network's ten sums for each picture, shape (batch, 10)."""
    W1, b1, W2, b2 = unpack(w)
    return np.maximum(0, X @ W1 + b1) @ W2 + b2


def loss_and_gradient(w, X, y, loss=cross_entropy):
    """Return the loss, and its gradient as one long row, in the order of w."""
    W1, b1, W2, b2 = unpack(w)
    H = np.maximum(0, X @ W1 + b1)  # (batch, 32)
    value, dZ = loss(H @ W2 + b2, y)
    dH = (dZ @ W2.T) * (H > 0)
    parts = [X.T @ dH, dH.sum(axis=0), H.T @ dZ, dZ.sum(axis=0)]
    return value, np.concatenate([part.ravel() for part in parts])


def accuracy(w, X, y):
    """Return the share of pictures that are read rightly."""
    return float(np.mean(logits(w, X).argmax(axis=1) == y))


# %% [markdown]
# Now the strict test. A Keras network in float64 gets our weights and takes 10 steps on 10 batches
# of 32 pictures, with its own gradients and its own optimizer; so do we, with ours. Then we
# compare all 25,450 weights.

# %%
dense = keras.layers.Dense
twin = keras.Sequential(
    [
        keras.Input((pixels,), dtype="float64"),
        dense(hidden_size, activation="relu", dtype="float64"),
        dense(data.num_classes, dtype="float64"),
    ]
)
twin_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def compare_training(ours, theirs, steps=10):
    """Assert that we and Keras have the same weights after 10 steps of training."""
    w = initial_weights(0).astype("float64")
    twin.set_weights(unpack(w))
    twin.compile(theirs, twin_loss, run_eagerly=True)  # eagerly: 10 steps are not worth a graph
    for step in range(steps):
        batch = slice(32 * step, 32 * (step + 1))
        w = ours.step(w, loss_and_gradient(w, X_train[batch], y_train[batch])[1])
        twin.train_on_batch(X_train[batch], y_train[batch])
    keras_w = np.concatenate([part.ravel() for part in twin.get_weights()])
    np.testing.assert_allclose(w, keras_w, rtol=0, atol=1e-6)
    assert np.abs(w - initial_weights(0)).max() > 0.005  # it has moved
    print(f"{type(ours).__name__:16} {len(w):,} weights equal to Keras' after {steps} steps")


compare_training(GradientDescent(0.1), keras.optimizers.SGD(0.1))
compare_training(Momentum(0.03), keras.optimizers.SGD(0.03, momentum=0.9))
compare_training(RMSprop(), keras.optimizers.RMSprop())
compare_training(Adam(), keras.optimizers.Adam())

# %% [markdown]
# RMSprop and Adam ran with Keras' usual settings. So `optimizer="adam"` holds no secret any more.
#
# The training loop is that of chapter 05, with an optimizer in it. It returns the weights after
# each epoch, so that we can measure whatever we like afterwards. (`schedule` is for section 10.)


# %%
def train(
    optimizer,
    epochs=usual_epochs,
    seed=0,
    w=None,
    X=X_train,
    y=y_train,
    batch_size=32,
    loss=cross_entropy,
    schedule=None,
):
    """Return the weights at the start and after each epoch, shape (epochs + 1, weights)."""
    w = initial_weights(seed) if w is None else w
    random = np.random.default_rng(seed)
    batches = len(X) // batch_size  # what does not fill a batch waits for the next epoch
    path = [w]
    with np.errstate(all="ignore"):  # no warnings, please: some trainings will explode
        for epoch in range(epochs):
            order = random.permutation(len(X))[: batches * batch_size]
            for number, batch in enumerate(order.reshape(batches, batch_size)):
                if schedule is not None:
                    share_done = (epoch + number / batches) / epochs
                    optimizer.learning_rate = float(schedule(share_done))
                w = optimizer.step(w, loss_and_gradient(w, X[batch], y[batch], loss)[1])
            path.append(w)
    return np.array(path)


# %%
def mean_accuracy(rule, rate, seeds=(0, 1, 2), X=X_val, y=y_val, **setting):
    """Return the mean accuracy of trainings from several starts; X, y are what is read then."""
    last_weights = [train(rule(rate), seed=seed, **setting)[-1] for seed in seeds]
    return float(np.mean([accuracy(w, X, y) for w in last_weights]))


trained = train(Adam(0.003))[-1]
print("validation accuracy:", expect(accuracy(trained, X_val, y_val), at_least=0.9))

# %% [markdown]
# And the tiny gradients of section 5? We count them in this trained network, over ten batches. (A
# third and more of all gradients are exactly 0: of pixels that are black in the whole batch, and
# of neurons that are silent for it. We leave those out.)

# %%
batches = [slice(32 * number, 32 * (number + 1)) for number in range(10)]
slopes = [loss_and_gradient(trained, X_train[batch], y_train[batch])[1] for batch in batches]
sizes_seen = np.abs(np.concatenate(slopes))
zero = np.mean(sizes_seen == 0)
below = np.mean(sizes_seen[sizes_seen > 0] < 1e-7**0.5)
print("exactly 0:", expect(zero, ".0%", at_least=0.33))
print("of the others, below the root of 1e-7:", expect(below, ".0%", at_least=0.1))

# %% [markdown]
# So yes: such gradients are common. For them Keras' RMSprop takes shorter steps than Hinton's
# would, unless their running mean remembers larger ones. When you carry a training from one
# library to another, carry epsilon along, and look where it stands.
#
# ## 7 · Cross-entropy, and why not squared error
#
# A learner may ask: the error of an answer is the difference between $p$ and $y$. Why not simply
# square it, as in chapter 04? Then the loss of one picture would be
#
# $$L = \sum_k (p_k - y_k)^2$$
#
# with the probabilities $p$ and the one-hot row $y$, both of shape (classes,). Nothing is wrong
# with this as a *measure*. The trouble lies in its *slope*.
#
# **By hand.** Two classes, the first one is right, and the network is sure of the second: logits
# $z = (0, 8)$. Softmax gives $p_0 = 1/(1 + e^8) = 0.000335$. The slopes with respect to the logit
# of the right class:
#
# - cross-entropy (chapter 05, section 5): $p_0 - y_0 = 0.000335 - 1 = -0.9997$. A strong pull.
# - squared error: with two classes $p_1 = 1 - p_0$, so $L = 2 (1 - p_0)^2$. Chain rule, with the
#   slope $p_0 (1 - p_0)$ of softmax:
#
# $$\frac{\partial L}{\partial z_0} = -4 (1 - p_0) \cdot p_0 (1 - p_0) = -4 \, p_0 (1 - p_0)^2
# = -0.0013$$
#
# The answer is as wrong as can be, and the squared error hardly pulls: 746 times less. The culprit
# is softmax, which is flat where it is sure: a nudge of the logit changes nothing in $p$. The
# logarithm of cross-entropy undoes the exponential of softmax, and the slope survives. For any
# number of classes (chapter 05, exercise 5.3, gives the backward pass of softmax):


# %%
import tensorflow as tf


def squared_error(Z, y):
    """Return the mean over pictures of Σ (p − y)², and dZ; shapes as in cross_entropy."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    difference = P.copy()
    difference[np.arange(len(y)), y] -= 1
    dP = 2 * difference
    dZ = P * (dP - (P * dP).sum(axis=1, keepdims=True))
    return np.mean((difference**2).sum(axis=1)), dZ / len(y)


Z, first = np.array([[0.0, 8.0]]), np.array([0])
pulls = [float(loss(Z, first)[1][0, 0]) for loss in (cross_entropy, squared_error)]
np.testing.assert_allclose(pulls, [-0.9997, -0.0013], atol=0.00005)
assert round(pulls[0] / pulls[1]) == 746

Z = np.random.default_rng(0).normal(size=(5, 4))
y = np.array([0, 1, 2, 3, 1])
variable = tf.Variable(Z)
with tf.GradientTape() as tape:
    P = keras.ops.softmax(variable)
    keras_loss = 4 * keras.losses.MeanSquaredError()(keras.ops.one_hot(y, 4, dtype="float64"), P)
np.testing.assert_allclose(squared_error(Z, y)[1], tape.gradient(keras_loss, variable), atol=1e-6)
print("pull towards the right class:", [round(pull, 4) for pull in pulls])

# %% [markdown]
# (Keras' mean squared error takes the mean over the classes, not the sum: hence the factor 4 for
# four classes.) The whole curve, for two classes:

# %%
margins = np.linspace(-10, 10, 201)  # logit of the right class minus that of the wrong one
Z = np.stack([margins, np.zeros(201)], axis=1)
figure, axis = plt.subplots(figsize=(6.5, 2.9))
for loss, name, style in (
    (cross_entropy, "cross-entropy", "C0-"),
    (squared_error, "squared error", "C1--"),
):
    slope = -201 * loss(Z, np.zeros(201, dtype=int))[1][:, 0]  # 201 times: one picture each
    axis.plot(margins, slope, style, label=name)
axis.set(
    xlabel="surely wrong  ←  logit of right minus wrong class  →  surely right", ylabel="pull"
)
axis.set_title("Surely wrong: squared error lets go")
axis.legend()
show(
    figure,
    alt="The pull on the logit of the right class. Cross-entropy: 1 where the network is surely "
    "wrong, falling to 0 where it is surely right. Squared error: a hill of about 0.6 in the "
    "middle, and 0 on both sides.",
)

# %% [markdown]
# Does it matter in training? We measure two cases, each loss with four learning rates (their slopes
# differ in size, so one rate for both would be unfair), the best of them chosen on the validation
# pictures. "Best" means: highest accuracy on average over all ten epochs and three starts. So a
# rate that is slow at first does not win by its end alone.
#
# - **a usual start**: random weights, which are sure of nothing;
# - **a wrong start**: the network was first trained for 20 epochs with every label one too high
#   (each 3 called a 4). It is now sure, and wrong.

# %%
losses = {  # name: the loss, and the rates that we try
    "cross-entropy": (cross_entropy, (0.05, 0.1, 0.2, 0.4)),
    "squared error": (squared_error, (0.1, 0.2, 0.4, 0.8)),
}
wrong_starts = [
    train(GradientDescent(0.1), 20, seed, y=(y_train + 1) % 10)[-1] for seed in range(3)
]
starts = {"usual": [None] * 3, "wrong": wrong_starts}


def learning_curves(loss, rate, starts):
    """Return the validation accuracy after each epoch, a row for each start."""
    return np.array(
        [
            [
                accuracy(w, X_val, y_val)
                for w in train(GradientDescent(rate), 10, seed, w, loss=loss)
            ]
            for seed, w in enumerate(starts)
        ]
    )


curves = {}
for begin, weights in starts.items():
    for name, (loss, rates_tried) in losses.items():
        tries = [learning_curves(loss, rate, weights) for rate in rates_tried]
        curves[begin, name] = max(tries, key=lambda rows: rows[:, 1:].mean())

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 2.9), sharey=True)
for axis, begin, title in zip(axes, starts, ("Usual start: level", "Surely wrong: far behind")):
    for name, style in (("cross-entropy", "C0-"), ("squared error", "C1--")):
        rows = curves[begin, name]
        axis.plot(rows.mean(axis=0), style, label=name)
        axis.fill_between(
            range(11), rows.min(axis=0), rows.max(axis=0), color=style[:2], alpha=0.2
        )
    axis.set(xlabel="epoch", title=title, ylim=(0, 1))
axes[0].set_ylabel("validation accuracy")
axes[0].legend(loc="lower right")
show(
    figure,
    alt="Validation accuracy over ten epochs, mean and range of three starts. Usual start: "
    "both losses rise to the same height near 1, squared error a little lower in the first two "
    "epochs. Wrong start: both begin near 0; "
    "cross-entropy rises steeply at once, squared error climbs much more slowly.",
)
at_end = {case: rows[:, -1].mean() for case, rows in curves.items()}
after_3 = {case: rows[:, 3].mean() for case, rows in curves.items()}
same_3 = abs(after_3["usual", "cross-entropy"] - after_3["usual", "squared error"])
same_end = abs(at_end["usual", "cross-entropy"] - at_end["usual", "squared error"])
ahead = after_3["wrong", "cross-entropy"] - after_3["wrong", "squared error"]
print("usual start, after 3 epochs apart by:", expect(same_3, at_most=0.06))
print("usual start, after 10 epochs apart by:", expect(same_end, at_most=0.03))
print("wrong start, after 3 epochs cross-entropy ahead by:", expect(ahead, at_least=0.15))

# %% [markdown]
# So "squared error cannot train a classifier" would be wrong: from a usual start, and with a
# learning rate of its own, it learns as well, and after three epochs it is level. Its weakness is the answer that is
# *sure and wrong*, and there the difference is plain. A network can get into that state, for
# instance by wrong labels. Cross-entropy pulls hardest where the error is greatest, and so it is
# what classifiers use.
#
# Label smoothing (chapter 07) changes the same slope: with targets of 0.91 and 0.01 in place of
# 1 and 0, $p - y$ changes its sign beyond 91 %. A network is then pulled *back* when it is surer
# than that.
#
# ## 8 · How long may a step be? The learning-rate range test
#
# The learning rate is a hyperparameter (chapter 02), as the batch size is. In the valley we knew
# the curvature, and so the limit. For a network nobody does. But it can be measured in one short
# training: begin with a tiny rate, multiply it after each batch, and watch the loss (Smith 2017).
# At first nothing happens; then the loss falls; then the steps get too long and it rises. This is
# the **learning-rate range test**.


# %%
def range_test(rule, seed=0, lowest=0.001, highest=10, steps=100, batch_size=32):
    """Return the rates, raised with each step, and the smoothed losses of the batches."""
    rates = np.geomspace(lowest, highest, steps)  # each is the one before times the same factor
    random = np.random.default_rng(seed)
    w, optimizer = initial_weights(seed), rule(lowest)
    smoothed = []
    for rate in rates.tolist():
        batch = random.integers(0, len(X_train), batch_size)
        loss, gradient = loss_and_gradient(w, X_train[batch], y_train[batch])
        smoothed.append(0.8 * smoothed[-1] + 0.2 * loss if smoothed else loss)
        optimizer.learning_rate = rate
        with np.errstate(all="ignore"):
            w = optimizer.step(w, gradient)
    return rates, np.array(smoothed)


tests = [range_test(GradientDescent, seed) for seed in range(3)]
turns = [float(rates[losses.argmin()]) for rates, losses in tests]
middle = float(np.median(turns))

# %%
figure, axis = plt.subplots(figsize=(6.5, 2.9))
for number, (rates, losses_seen) in enumerate(tests):
    look = {"color": "C0", "linestyle": ("-", "--", ":")[number], "linewidth": 1.5}
    axis.semilogx(rates, losses_seen, **look, label=f"start {number}")
axis.axvspan(min(turns), max(turns), color="0.88")
axis.set(xlabel="learning rate", ylabel="smoothed loss", ylim=(1, 3))
axis.set_title("Down at first, then up: the steps have become too long")
axis.legend(fontsize=8)
show(
    figure,
    alt="Smoothed loss of three short trainings against the learning rate, which rises from 0.001 "
    "to 10 on a logarithmic axis. The curves are nearly flat at first, fall, turn in a grey "
    "band, and jump back up to where they began.",
)
print("lowest turn:", expect(min(turns), ".2f", at_least=0.05))
print("highest turn:", expect(max(turns), ".2f", at_most=0.6))

# %% [markdown]
# (The smoothed loss mixes 80 % of its past with 20 % of the new batch; a single batch would jump
# too much. So the curve lags behind a little.)
#
# Where the curve turns, the steps begin to do damage. How far below should we stay? There are
# rules of thumb, "a third", "a tenth". We do not believe, we train: ten whole epochs, from three
# starts, with rates below and above the turn. `middle` is the median of the three turns.

# %%
shares = {"1/30": 1 / 30, "1/10": 1 / 10, "1/3": 1 / 3, "1": 1, "3": 3}
reached = {name: mean_accuracy(GradientDescent, share * middle) for name, share in shares.items()}
bounds = {
    "1/30": {"at_most": 0.9},
    "1/10": {"at_least": 0.8},
    "1/3": {"at_least": 0.9},
    "1": {"at_least": 0.9},
    "3": {"at_most": 0.5},
}
for name, bound in bounds.items():
    print(f"{name:>4} of the turn:", expect(reached[name], **bound))

# %% [markdown]
# The mistake is not symmetric. A tenth of the turn costs a few points, 1/30 about ten of them, or
# some more epochs. At the turn itself all is still well; three times the turn costs everything.
# *If in doubt, a third of the turn.* And read it on the training loss or on validation pictures,
# never on the test pictures.
#
# A second guard is **gradient clipping**: a gradient that is longer than a limit is shortened to
# it, so that one bad batch cannot throw the weights far away. In Keras each optimizer can do it,
# as in `Adam(clipnorm=1.0)`.
#
# ## 9 · Batch size: how noisy is the gradient?
#
# The gradient of a batch is an estimate of the gradient of all pictures, as an opinion poll is of
# an election. What it is off by is the **gradient noise**. The mean of $B$ independent numbers
# scatters $\sqrt{B}$ times less than one of them:
#
# $$\text{noise} = \frac{\sigma}{\sqrt{B}}$$
#
# **By hand:** a batch of 64 instead of 16 has 4 times the pictures, costs 4 times the computing,
# and has *half* the noise. Is it so for a network's gradient? We take a network after two epochs,
# draw 100 batches of each size, and measure how far their gradients lie from that of all pictures.

# %%
w = train(GradientDescent(0.1), epochs=2)[-1]
whole = loss_and_gradient(w, X_train, y_train)[1]
random = np.random.default_rng(0)
batch_sizes = [1, 4, 16, 64, 256]
noise = []
for size in batch_sizes:
    draws = [random.integers(0, len(X_train), size) for _ in range(100)]
    misses = [loss_and_gradient(w, X_train[draw], y_train[draw])[1] - whole for draw in draws]
    noise.append(np.sqrt(np.mean([miss @ miss for miss in misses])))
sigma = np.mean(noise * np.sqrt(batch_sizes))
np.testing.assert_allclose(noise, sigma / np.sqrt(batch_sizes), rtol=0.2)

figure, axis = plt.subplots(figsize=(6, 2.9))
axis.loglog(batch_sizes, noise, "o", label="measured")
axis.loglog(batch_sizes, sigma / np.sqrt(batch_sizes), "C1--", label="σ/√B")
axis.axhline(np.linalg.norm(whole), color="0.5", linestyle=":", label="the gradient itself")
axis.set(xlabel="batch size B", ylabel="length", title="Four times the batch, half the noise")
axis.set_xticks(batch_sizes, batch_sizes)
axis.set_yticks([0.5, 1, 2, 4], [0.5, 1, 2, 4])
axis.minorticks_off()
axis.legend(fontsize=8)
show(
    figure,
    alt="Length of the noise against the batch size from 1 to 256, both axes logarithmic: five "
    "dots on a straight falling line. A dotted horizontal line, the length of the gradient "
    "itself, crosses it between 16 and 64.",
)
ratios = noise / np.linalg.norm(whole)
print("noise / gradient, single pictures:", expect(ratios[0], ".1f", at_least=3))
print("noise / gradient, 256 pictures:", expect(ratios[-1], ".1f", at_most=1))

# %% [markdown]
# So with single pictures the signal drowns in the noise, and yet training works: the noise points
# elsewhere each time, the signal does not. (What momentum does with a zigzag, time does with
# noise.)
#
# Which size is best? It depends on what you hold equal. **Equal epochs**: the same number of
# pictures seen. **Equal steps**: the same number of updates, as nearly as whole epochs allow (198,
# 192 and 200). The learning rate is 0.1 for all.

# %%
three_sizes = (16, 64, 256)
equal_epochs = {
    size: mean_accuracy(GradientDescent, 0.1, epochs=10, batch_size=size) for size in three_sizes
}
steps = 3 * (len(X_train) // 16)  # three epochs of batches of 16: 198 steps
equal_steps = {
    size: mean_accuracy(
        GradientDescent,
        0.1,
        epochs=round(steps / (len(X_train) // size)),
        batch_size=size,
    )
    for size in three_sizes
}
in_epochs, in_steps = equal_epochs[16] - equal_epochs[256], equal_steps[256] - equal_steps[16]
print("10 epochs each, 16 ahead of 256 by:", expect(in_epochs, at_least=0.03))
print("as many steps each, 256 ahead of 16 by:", expect(in_steps, at_least=0.01))

# %% tags=["nbval-ignore-output"]
for name, reads in (("equal epochs", equal_epochs), ("equal steps", equal_steps)):
    print(name, {size: round(share, 3) for size, share in reads.items()})

# %% [markdown]
# Both answers are true. Small batches make more of each *picture*, large batches more of each
# *step*. Which is scarcer depends on your data and your machine: one that computes 256 pictures as
# fast as 64 favours large batches.
#
# A popular rule says: a batch $k$ times as large bears a rate $k$ times as high (Goyal and others
# 2017, who found it for large networks, with a warm-up). Does it hold here? Batches of 256 with 4
# times the rate:

# %%
scaled = mean_accuracy(GradientDescent, 0.4, batch_size=256)
print("four times the rate, worse by:", expect(equal_epochs[256] - scaled, at_least=0.1))

# %% [markdown]
# It does not: a rate of 0.4 lies near or beyond the turns of section 8. One plausible reason: the
# rule is about noise, and cannot help where not the noise but the curvature sets the limit.
#
# ## 10 · Schedules: long steps first, short steps last
#
# ### The noise floor
#
# With a constant rate, SGD does not come to rest, because the noise keeps pushing it. How far from
# the lowest point? In a bowl with one direction we can say it exactly. The gradient is $\lambda w$
# plus noise $\sigma \xi$, with $\xi$ a fresh random number of mean 0 and variance 1 in each step:
#
# $$w \leftarrow w - \eta (\lambda w + \sigma \xi) = (1 - \eta \lambda) \, w - \eta \sigma \xi$$
#
# Squared and averaged, the mixed term drops out, because the mean of $\xi$ is 0. Let $V$ be the
# mean of $w^2$. When nothing changes any more, $V$ must reproduce itself:
#
# $$V = (1 - \eta \lambda)^2 V + \eta^2 \sigma^2 \quad\Longrightarrow\quad
# V = \frac{\eta \sigma^2}{\lambda (2 - \eta \lambda)}$$
#
# (Bring both $V$ to the left: $1 - (1 - \eta\lambda)^2 = \eta\lambda \, (2 - \eta\lambda)$. Then one
# $\eta$ cancels.) This is the **noise floor**. **By hand**, with $\lambda = \sigma = 1$: $\eta = 0.2$ gives $0.2 /
# 1.8 = 0.111$, and $\eta = 0.02$ gives $0.02 / 1.98 = 0.0101$. A rate ten times smaller, a floor
# eleven times lower; but the way there is ten times as long. A **schedule** has both: begin with
# long steps, end with short ones. **Cosine decay** (Loshchilov and Hutter 2017) sinks along half a
# cosine wave; with the share $x$ of the training that is done:
#
# $$\eta(x) = \eta_{\max} \cdot \tfrac{1}{2} \left( 1 + \cos \pi x \right)$$
#
# By hand: $x = 0$ gives $\eta_{\max}$, $x = \frac{1}{2}$ gives half of it, $x = 1$ gives 0. In the
# code a schedule is itself a function, and `cosine` is a function that makes one: `cosine(0.2)` is
# a schedule, and `cosine(0.2)(0.5)` its rate at half time, 0.1. We let 10,000 walkers go 150 steps
# each, all at once.


# %%
def constant(peak):
    """Return the schedule that changes nothing."""
    return lambda x: peak


def cosine(peak):
    """Return half a cosine wave, from the peak to 0."""
    return lambda x: peak * 0.5 * (1 + np.cos(np.pi * x))


def noisy_descent(schedule, steps=150, walkers=10_000):
    """Return the mean of w² after each step, for many walkers in a noisy bowl."""
    random = np.random.default_rng(0)
    w = np.full(walkers, 3.0)
    distances = [np.mean(w**2)]
    for step in range(steps):
        w = w - schedule(step / steps) * (w + random.normal(size=walkers))
        distances.append(np.mean(w**2))
    return np.array(distances)


# %%
runs = {
    "constant 0.2": noisy_descent(constant(0.2)),
    "constant 0.02": noisy_descent(constant(0.02)),
    "cosine from 0.2": noisy_descent(cosine(0.2)),
}
figure, axis = plt.subplots(figsize=(7, 3))
for (name, distances), style in zip(runs.items(), ("C0-", "C1--", "C2-.")):
    axis.semilogy(distances, style, label=name)
for rate in (0.2, 0.02):
    height = rate / (2 - rate)
    axis.axhline(height, color="0.6", linewidth=1, linestyle=":")
    axis.text(45, 1.12 * height, f"noise floor of {rate}", fontsize=8, color="0.4", va="bottom")
axis.set(xlabel="step", ylabel="mean of w²", title="A constant rate stalls at its noise floor")
axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
show(
    figure,
    alt="Mean squared distance over 150 steps, logarithmic. Constant 0.2 falls fast and stays on "
    "the upper dotted line, constant 0.02 falls slowly towards the lower one, cosine from 0.2 "
    "falls fast and then further, below both constant rates at the end.",
)
floor = runs["constant 0.2"][100:].mean()
np.testing.assert_allclose(floor, 0.2 / 1.8, rtol=0.02)
gain = runs["constant 0.02"][-1] / runs["cosine from 0.2"][-1]
print(f"floor with 0.2: theory {0.2 / 1.8:.3f}, measured {floor:.3f}")
print("at the end, constant 0.02 / cosine:", expect(gain, ".1f", at_least=1.6))

# %% [markdown]
# ### Warm-up: why begin with short steps?
#
# Sinking at the end is one half of the schedule in chapter 07. The other half is the **warm-up**:
# the rate climbs for a while before it sinks. That seems to contradict what we have just seen.
# Look at what a high rate does to fresh weights. A hidden neuron is a **silent neuron** when its
# ReLU gives 0 for every single training picture: then its gradient is 0 too, and it never comes
# back. (Others say: a *dead* neuron, *dying ReLU*.)


# %%
def warm_cosine(peak, warm=0.2):
    """Return a climb in a straight line to the peak, then half a cosine wave to 0."""
    sink = cosine(peak)
    return lambda x: peak * x / warm if x < warm else sink((x - warm) / (1 - warm))


def silent_share(w):
    """Return the share of hidden neurons that give 0 for every training picture."""
    W1, b1, _, _ = unpack(w)
    return float(np.mean(np.all(X_train @ W1 + b1 <= 0, axis=0)))


def step_decay(peak):
    """Return the peak for 60 % of the training, a tenth of it for the rest."""
    return lambda x: peak if x < 0.6 else peak / 10


# %%
schedules = {
    "constant": constant,
    "step": step_decay,
    "cosine": cosine,
    "warm-up, cosine": warm_cosine,
}
peaks = {"gentle": 0.1, "bold": 0.3}
results = {  # (peak, schedule): a list of the paths from five starts
    (peak, name): [
        train(GradientDescent(rate), 10, seed, schedule=make_schedule(rate)) for seed in range(5)
    ]
    for peak, rate in peaks.items()
    for name, make_schedule in schedules.items()
}
silent = {
    case: np.mean([silent_share(path[-1]) for path in paths]) for case, paths in results.items()
}

# %%
print("silent neurons with rate 0.3, cosine, no warm-up:")
for epoch, bound in ((0, {"at_most": 0.1}), (1, {"at_least": 0.5}), (10, {"at_least": 0.55})):
    share = np.mean([silent_share(path[epoch]) for path in results["bold", "cosine"]])
    print(f"  after epoch {epoch:2}:", expect(share, ".0%", **bound))
print("with warm-up, at the end:", expect(silent["bold", "warm-up, cosine"], ".0%", at_most=0.5))

# %% [markdown]
# At the start hardly a neuron is silent. Nearly all the damage is done in the first epoch, and it is
# for good. The warm-up
# walks through that first epoch with short steps. What does it bring in accuracy? Two peaks: 0.1,
# below the middle turn of section 8, and a bold 0.3, beyond it.

# %%
validated = {
    case: np.array([accuracy(path[-1], X_val, y_val) for path in paths])
    for case, paths in results.items()
}
figure, axes = plt.subplots(1, 3, figsize=(9, 2.9), width_ratios=(2.2, 3, 3))
shares_done = np.linspace(0, 1, 200, endpoint=False)
for make_schedule in schedules.values():
    axes[0].plot(shares_done, [make_schedule(1.0)(x) for x in shares_done], linewidth=1.5)
axes[0].set(xlabel="share of training", ylabel="rate / peak", title="Four schedules")
lowest = min(0.75, min(dots.min() for dots in validated.values()) - 0.02)
for axis, peak in zip(axes[1:], peaks):
    for number, name in enumerate(schedules):
        dots = validated[peak, name]
        axis.plot(dots, [number] * 5, "o", color=f"C{number}", alpha=0.5)
        axis.plot(dots.mean(), number, "|", color="k", markersize=16)
    axis.set(xlabel="validation accuracy", xlim=(lowest, 1), ylim=(3.5, -0.5))
    axis.set_xticks([0.8, 0.9, 1])
    axis.set_yticks(range(4), schedules if peak == "gentle" else [""] * 4)
    axis.set_title(f"{peak.capitalize()}: peak {peaks[peak]}")
show(
    figure,
    alt="Left: the four schedules in the colours of their dots: constant, one step "
    "down, a sinking half cosine, and a climb "
    "followed by a half cosine. Middle: with a peak of 0.1 the dots of five starts, with a "
    "stroke at their mean, lie close together for all four. Right: with 0.3 the constant rate scatters far to the left, step and "
    "cosine less, and warm-up with cosine lies to the right of all others in a tight group.",
)

# %%
bold = {name: validated["bold", name] for name in schedules}
gentle = {name: validated["gentle", name].mean() for name in schedules}
ahead = bold["warm-up, cosine"].mean() - bold["constant"].mean()
behind = max(gentle.values()) - bold["warm-up, cosine"].mean()
print(
    "gentle, best mean minus worst:",
    expect(max(gentle.values()) - min(gentle.values()), at_most=0.03),
)
print("bold, warm-up ahead of the constant rate by:", expect(ahead, at_least=0.03))
print(
    "bold, warm-up, the worst of five starts:", expect(bold["warm-up, cosine"].min(), at_least=0.9)
)
print("bold, warm-up, behind the best gentle mean by:", expect(behind, at_most=0.015))

# %% tags=["nbval-ignore-output"]
for (peak, name), dots in validated.items():
    spread = f"{dots.mean():.3f}  ({dots.min():.3f} to {dots.max():.3f})"
    print(f"{peak:7}{name:16} {spread}, silent {silent[peak, name]:.0%}")

# %% [markdown]
# (The schedule "step" is what chapter 05 did: a high rate, then a lower one.) With a gentle rate
# the schedule hardly matters. **What a schedule buys is the bold rate**: with a warm-up, 0.3 does
# no harm, and over the five starts it reads about as well as any gentle training or better.
# Without one, it is a gamble.
#
# Chapter 07 will train with just this, in a function `fit_one_cycle`: Adam's rate climbs from a
# tenth of the peak during the first 30 % of the steps and sinks along half a cosine to 0 (Smith
# and Topin 2019 call it **one cycle**). In Keras it is one object,
# `keras.optimizers.schedules.CosineDecay`, which takes the place of the number `learning_rate`.
# You will write it yourself in exercise 6.4.
# %% [markdown]
# ## 11 · The experiment: which optimizer is best?
#
# New optimizers appear every year, and in its own paper each of them beats the others. A
# comparison is fair only if every competitor was set up with the same care. So:
#
# 1. **The same search for all.** Eleven learning rates from 0.001 to 0.32, each about 1.8 times the
#    one before, from two starts, ten epochs each; everything else as Keras sets it. For each
#    optimizer, the rate with the smallest mean validation loss is chosen. (The loss, because it is
#    less coarse than the accuracy.)
# 2. **New starts for the verdict.** The winner of a search was also lucky on the starts of the
#    search. So the chosen rate is trained again from five new starts.
# 3. **No conclusion from one rate.** A search cannot tell a rate from its neighbours: their
#    accuracies differ by less than the luck of the starts. So we call a rate *good* if its mean
#    accuracy lies within 2 points of the optimizer's best, and look at all good rates.
#
# > **Predict.** Four optimizers: gradient descent, momentum, RMSprop, Adam.
# >
# > 1. Who reads the validation digits best, and by how much?
# > 2. Had we trained each optimizer only once, would the same one have won?
# > 3. Who has the most good rates?
# > 4. Then the light goes out: all pictures become ten times darker (every pixel times 0.1), and
# >    each optimizer *keeps its good rates*. Who still reads well?

# %%
optimizers = {
    "gradient descent": GradientDescent,
    "momentum": Momentum,
    "RMSprop": RMSprop,
    "Adam": Adam,
}
rates_tried = [0.001, 0.0018, 0.0032, 0.0056, 0.01, 0.018, 0.032, 0.056, 0.1, 0.18, 0.32]


def scores(rule, rate, seeds, brightness=1.0):
    """Return (validation accuracy, validation loss) of a training from each start."""
    X, X_seen = np.float32(brightness) * X_train, np.float32(brightness) * X_val
    ends = [train(rule(rate), seed=seed, X=X)[-1] for seed in seeds]
    with np.errstate(all="ignore"):
        return [
            (accuracy(w, X_seen, y_val), float(cross_entropy(logits(w, X_seen), y_val)[0]))
            for w in ends
        ]


# %%
def search(rule, brightness):
    """Return mean accuracy and mean loss of each rate, shapes (rates,)."""
    table = np.array([scores(rule, rate, (0, 1), brightness) for rate in rates_tried])
    return np.nan_to_num(table, nan=99).mean(axis=1).T


bright, chosen, good = {}, {}, {}
for name, rule in optimizers.items():
    bright[name], losses_seen = search(rule, brightness=1.0)
    chosen[name] = rates_tried[losses_seen.argmin()]
    good[name] = bright[name] >= bright[name].max() - 0.02  # for each rate: is it good?

# %%
figure, axes = plt.subplots(1, 4, figsize=(9, 2.6), sharey=True)
for axis, (name, reads), colour in zip(axes, bright.items(), "0123"):
    axis.semilogx(rates_tried, reads, f"C{colour}-", linewidth=1)
    axis.semilogx(
        np.array(rates_tried)[good[name]], reads[good[name]], f"C{colour}o", markersize=4
    )
    axis.set(xlabel="learning rate", title=name, ylim=(0, 1))
axes[0].set_ylabel("validation accuracy")
figure.suptitle("Four hills of about the same height")
show(
    figure,
    alt="Validation accuracy against the learning rate from 0.001 to 0.32, one panel for each "
    "optimizer, the good rates as dots. Each curve is a hill with a steep fall on its right. The "
    "good rates of gradient descent lie at about 0.1, just before the fall; those of momentum "
    "lower and over a longer stretch; those of RMSprop and Adam at a few thousandths.",
)

# %%
new_paths = {  # name: the weights after each epoch, from five new starts
    name: [train(rule(chosen[name]), seed=seed) for seed in range(10, 15)]
    for name, rule in optimizers.items()
}
val_losses = {  # name: array of shape (starts, epochs + 1)
    name: np.array(
        [[cross_entropy(logits(w, X_val), y_val)[0] for w in path] for path in starts_of_rule]
    )
    for name, starts_of_rule in new_paths.items()
}
figure, axis = plt.subplots(figsize=(7, 3.2))
for number, (name, rows) in enumerate(val_losses.items()):
    axis.semilogy(rows.mean(axis=0), f"C{number}o-", markersize=3, linewidth=1.5, label=name)
    axis.fill_between(
        range(rows.shape[1]), rows.min(axis=0), rows.max(axis=0), color=f"C{number}", alpha=0.15
    )
axis.set(xlabel="epoch", ylabel="validation loss", xticks=range(rows.shape[1]))
axis.set_title("Each with its own best rate: close together at the end")
axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
show(
    figure,
    alt="Validation loss over ten epochs on a logarithmic axis, mean and range of five starts for "
    "each optimizer. All four fall steeply in the first epochs and slowly afterwards, and arrive "
    "close to each other.",
)

# %%
best_reads = {
    name: np.array([accuracy(path[-1], X_val, y_val) for path in starts_of_rule])
    for name, starts_of_rule in new_paths.items()
}
means = {name: reads.mean() for name, reads in best_reads.items()}
picks = np.stack(np.meshgrid(*best_reads.values())).reshape(4, -1)  # one start of each: 5⁴ ways
other_winner = np.mean(picks.argmax(axis=0) != np.argmax(list(means.values())))
print("1. lowest of the four means:", expect(min(means.values()), at_least=0.92))
print("   best minus worst mean:", expect(max(means.values()) - min(means.values()), at_most=0.05))
print("2. each trained once, another winner:", expect(other_winner, ".0%", at_least=0.05))
more = good["Adam"].sum() - good["gradient descent"].sum()
print("3. good rates, Adam's minus gradient descent's:", expect(more, "d", at_least=0))
usual_rates = {"gradient descent": 0.01, "momentum": 0.01, "RMSprop": 0.001, "Adam": 0.001}
usual = {name: bright[name][rates_tried.index(rate)] for name, rate in usual_rates.items()}
behind = min(usual["momentum"], usual["RMSprop"], usual["Adam"]) - usual["gradient descent"]
print("Keras' usual rates, gradient descent is behind by:", expect(behind, at_least=0.02))

# %% tags=["nbval-ignore-output"]
print(f"{'':18}{'rate':>7}{'mean':>8}{'lowest':>9}{'highest':>9}{'good rates':>13}")
for name, reads in best_reads.items():
    told = f"{reads.mean():8.3f}{reads.min():9.3f}{reads.max():9.3f}"
    print(f"{name:18}{chosen[name]:7}{told}{good[name].sum():13}")

# %% [markdown]
# (Keras' usual rate is 0.01 for `SGD`, with or without momentum, and 0.001 for RMSprop and Adam.)
# And now the dark pictures. The same search again; and the question is what the *good* rates of the
# bright pictures do.

# %%
dark = {name: search(rule, brightness=0.1)[0] for name, rule in optimizers.items()}
lost = {name: (bright[name] - dark[name])[good[name]] for name in optimizers}  # of good rates

# %%
figure, axes = plt.subplots(1, 4, figsize=(9, 2.7), sharey=True)
for axis, name, colour in zip(axes, optimizers, "0123"):
    kept = np.array(rates_tried)[good[name]]
    axis.axvspan(kept.min() / 1.2, kept.max() * 1.2, color="0.88")
    axis.semilogx(rates_tried, bright[name], f"C{colour}-", label="bright")
    axis.semilogx(rates_tried, dark[name], "k--", linewidth=1.5, label="dark")
    axis.set(xlabel="learning rate", title=name, ylim=(0, 1))
axes[0].set_ylabel("validation accuracy")
axes[3].legend(fontsize=8, loc="lower left")
figure.suptitle("In the dark, gradient descent's good rates stand on a slope")
show(
    figure,
    alt="The four hills once more, the good rates in grey, each with a dashed hill for pictures ten "
    "times darker. In the grey part the dashed hill of gradient descent is still climbing, and that "
    "of momentum reaches its top only at the right edge; those of RMSprop and Adam lie near the "
    "solid one all along.",
)
print("points lost in the dark, mean over the good rates:")
for name, bound in (
    ("gradient descent", {"at_least": 7}),
    ("momentum", {"at_least": 5}),
    ("RMSprop", {"at_most": 5}),
    ("Adam", {"at_most": 4}),
):
    print(f"  {name:18}", expect(100 * lost[name].mean(), ".1f", **bound))
print("gradient descent with a new rate:", expect(dark["gradient descent"].max(), at_least=0.88))

# %% tags=["nbval-ignore-output"]
for name, points in lost.items():
    told = [f"{rate}: {100 * x:.1f}" for rate, x in zip(np.array(rates_tried)[good[name]], points)]
    print(f"{name:18} loses with rate", ", ".join(told))

# %% tags=["headline", "nbval-ignore-output"]
told = [f"{name} {100 * points.mean():.0f}" for name, points in lost.items()]
read = f"{min(means.values()):.1%} to {max(means.values()):.1%}"
print(
    f"tuned alike, four optimizers read {read}; on pictures ten times darker their good rates "
    f"lose, in points on average: {', '.join(told)}"
)

# %% [markdown]
# **Explain.**
#
# 1. *Who is best?* Tuned with equal care, all four read about equally well.
# 2. *Is it real?* Whoever trains each optimizer once can "show" almost anything. There are $5^4 =
#    625$ ways to pick one start of each, and not all of them name the winner of the means.
#    Even means of five starts move: `benchmarks/optimizer_rates.py` repeats the search with a finer
#    grid and eight other starts for each rate, and there the order is another one. One point is
#    three or four of 354 pictures.
# 3. *Good rates?* Plain gradient descent has the fewest: small rates are too slow for it, and large
#    ones explode.
# 4. *In the dark* the difference is plain. Dark pictures make the gradient of the first layer ten
#    times smaller, and a change of its weights counts ten times less as well. Gradient descent is
#    hit by both and needs a higher rate. So is momentum: it loses little only at the upper end of
#    its good rates, where its steps are as long as those at which gradient descent alone would
#    explode. RMSprop and Adam divide by the size of the gradient, so one of the two drops out. How
#    *much* each rule loses depends on which of its good rates was kept: see the list above. In the
#    script, where more starts scatter less, even the luckiest good rate of gradient descent loses
#    more than the unluckiest of Adam.
#
# **What adaptive rules offer is not a better network but a rate that travels**: here to another
# brightness. That it also travels to other networks and tasks is the experience that made Adam with
# 0.001 a popular first try. (Today's large networks are mostly trained with AdamW, which is Adam with
# a pull of all weights towards 0: exercise 6.5.)
#
# Others have measured this on large networks. Wilson and others (2017) found that adaptive rules
# do worse on test data than gradient descent, with or without momentum. Choi and others (2019)
# searched more settings, among them epsilon, and found that they never do worse: **the ranking
# depends on the search**. Remember that when you read the next table of optimizers.
#
# And momentum? With a small rate it should just be gradient descent with ten times the rate
# (section 2: $\eta / (1 - 0.9)$). Is it, and in the dark, too?

# %%
for plain_rate, heavy_rate in ((0.01, 0.001), (0.032, 0.0032), (0.1, 0.01)):
    places = rates_tried.index(plain_rate), rates_tried.index(heavy_rate)
    print(f"gradient descent {plain_rate:5}, momentum {heavy_rate:6}: apart by")
    for light, reads in (("bright", bright), ("dark", dark)):
        apart = abs(reads["gradient descent"][places[0]] - reads["momentum"][places[1]])
        print(f"  {light:7}", expect(apart, at_most=0.04))

# %% [markdown]
# It is. For small rates momentum is only a longer step. Its gain is at the other end: it still
# works where ten times the rate alone would explode.
#
# One question remains, and only now: the **test pictures**, used once, for the four chosen rates.

# %%
for name, starts_of_rule in new_paths.items():
    reads = [accuracy(path[-1], X_test, data.y_test) for path in starts_of_rule]
    print(f"{name:18}", expect(np.mean(reads), at_least=0.92))

# %% [markdown]
# ## 12 · The four paths on the network's own surface
#
# The valley of section 1 was invented. What does the real landscape look like? It has 25,450
# directions; we can draw two. We take the plane through three points: the start, the place where
# momentum arrives and the place where Adam arrives. Every point of that plane is a network, and we
# compute its loss on 300 training pictures. Then we drop the four paths onto the plane. (They do
# not lie in it exactly: so the shading tells the height only near the three points.)

# %%
paths = {name: starts_of_rule[0] for name, starts_of_rule in new_paths.items()}  # one start
origin = paths["Adam"][0]
to_momentum, to_adam = paths["momentum"][-1] - origin, paths["Adam"][-1] - origin
across = to_momentum / np.linalg.norm(to_momentum)
up = to_adam - (to_adam @ across) * across  # what is new in Adam's direction
up = up / np.linalg.norm(up)


def plane_loss(x, y):
    """Return the loss of the network at one point of the plane."""
    return cross_entropy(logits(origin + x * across + y * up, X_train[:300]), y_train[:300])[0]


flat = {
    name: np.stack([(path - origin) @ across, (path - origin) @ up], axis=1)
    for name, path in paths.items()
}
corner = np.concatenate(list(flat.values())).max(axis=0) * 1.4
xs, ys = np.linspace(-0.3 * corner[0], corner[0], 30), np.linspace(-0.3 * corner[1], corner[1], 30)
surface = np.array([[plane_loss(np.float32(x), np.float32(y)) for x in xs] for y in ys])

# %%
figure, axis = plt.subplots(figsize=(7, 4))
image = axis.contourf(xs, ys, np.log10(surface), 14, cmap="Greys_r", vmin=-3.5, vmax=0.7)
figure.colorbar(image, label="log₁₀ of the loss")
for name, points in flat.items():
    axis.plot(*points.T, "o-", markersize=4, label=name)
axis.plot(0, 0, "k*", markersize=12)
axis.set(xlabel="towards momentum's end", ylabel="away from it, towards Adam's end")
axis.set_title("The real landscape: one start, four ways down")
figure.legend(*axis.get_legend_handles_labels(), fontsize=8, ncols=4, loc="outside lower center")
show(
    figure,
    alt="A plane of the loss surface in grey, dark where the loss is small. From a star, four "
    "paths with a dot for each epoch fan out into the dark region: gradient descent and "
    "momentum along the lower edge, RMSprop and Adam upwards.",
)

# %% [markdown]
# How different are the four ways? The cosine of the angle between two of them tells, and the share
# of the weights that did most of the moving.

# %%
directions = {name: path[-1] - origin for name, path in paths.items()}
lengths = {name: np.linalg.norm(direction) for name, direction in directions.items()}


def angle_cosine(first, second):
    """Return the cosine of the angle between two optimizers' ways: 1 means the same direction."""
    return float(directions[first] @ directions[second] / (lengths[first] * lengths[second]))


def weights_that_matter(direction):
    """Return the share of weights that hold nine tenths of the squared movement."""
    squares = np.sort(direction**2)[::-1]
    return float(np.mean(np.cumsum(squares) < 0.9 * squares.sum()))


plain_pair = angle_cosine("gradient descent", "momentum")
mixed_pair = angle_cosine("momentum", "Adam")
matter = {name: weights_that_matter(direction) for name, direction in directions.items()}
spread = matter["Adam"] / matter["gradient descent"]
print("cosine, gradient descent and momentum:", expect(plain_pair, ".2f", at_least=0.7))
print("cosine, momentum and Adam, lower by:", expect(plain_pair - mixed_pair, ".2f", at_least=0.1))
print("weights that move, Adam's / gradient descent's:", expect(spread, ".1f", at_least=1.2))

# %% [markdown]
# Gradient descent and momentum go much the same way, momentum further. Adam goes another one, and
# its movement is spread over more weights: dividing by the root mean square gives those with small
# gradients more to say. So they end at different networks, which section 11 could not tell apart
# by their accuracy. In such a landscape there is not *the* lowest point, there are many good
# places. Nor is every flat place a bottom: with thousands of directions it is mostly a **saddle
# point**, uphill along some and downhill along others, and the noise of the batches helps to leave
# it.
#
# ## Exercises
#
# Write each answer in the cell with `# YOUR CODE HERE` (delete the line with
# `NotImplementedError`), run it, then run the check below it. Open the hints one after the other,
# only as far as you need them.

# %% [markdown]
# ### Exercise 6.1 · One step of momentum
#
# Write `momentum_step(w, velocity, gradient, learning_rate, momentum)`: return the pair `(w,
# velocity)` after one step in Keras' form (section 2). Do not change the arrays that you are
# given.
#
# <details><summary>Hint 1</summary>
#
# The two formulas of section 2, in their order: first the velocity, then the weights.
# </details>
#
# <details><summary>Hint 2</summary>
#
# The class `Momentum` does the same and keeps the velocity in `self`. Here you get it and give it
# back.
# </details>


# %% tags=["wrong-answer"]
# Moves with the velocity from before this step.
def momentum_step(w, velocity, gradient, learning_rate, momentum):
    return w + velocity, momentum * velocity - learning_rate * gradient


# %% tags=["wrong-answer"]
# Adds the gradient: uphill.
def momentum_step(w, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity + learning_rate * gradient
    return w + velocity, velocity


# %% tags=["wrong-answer"]
# The other form, with the learning rate outside of the velocity.
def momentum_step(w, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity + gradient
    return w - learning_rate * velocity, velocity


# %% tags=["wrong-answer"]
# Changes the velocity in place: whoever called finds another array than before.
def momentum_step(w, velocity, gradient, learning_rate, momentum):
    velocity *= momentum
    velocity -= learning_rate * gradient
    return w + velocity, velocity


# %%
def momentum_step(w, velocity, gradient, learning_rate, momentum):
    """Return (w, velocity) after one step."""
    ### BEGIN SOLUTION
    velocity = momentum * velocity - learning_rate * gradient
    return w + velocity, velocity
    ### END SOLUTION


# %%
w_check, v_check = np.array([1.0, -2.0, 4.0]), np.array([0.5, 0.0, -1.0])
g_check, rate_check, mu_check = np.array([3.0, 1.0, -2.0]), 0.1, 0.8
with check("Exercise 6.1"):
    result_check = momentum_step(w_check, v_check, g_check, rate_check, mu_check)
    assert isinstance(result_check, (tuple, list)) and len(result_check) == 2, (
        f"return the pair (w, velocity), not {type(result_check).__name__}"
    )
    w_new, v_new = result_check
    v_true = mu_check * v_check - rate_check * g_check
    assert np.shape(w_new) == np.shape(v_new) == (3,), (
        f"w and velocity must have the shape (3,) here, yours have {np.shape(w_new)} and "
        f"{np.shape(v_new)}"
    )
    assert not np.allclose(w_new, v_true) or np.allclose(v_new, v_true), (
        "the weights come first in the pair, then the velocity"
    )
    assert not np.allclose(v_new, v_check), "this velocity is the old one: return the new one"
    uphill_check = mu_check * v_check + rate_check * g_check
    assert not np.allclose(v_new, uphill_check), "your velocity points uphill: look at the sign"
    assert not np.allclose(np.abs(v_new - mu_check * v_check), np.abs(g_check)), (
        "this is a velocity without the learning rate in it: not the form of section 2"
    )
    assert not np.allclose(v_new, mu_check * v_check - (1 - mu_check) * rate_check * g_check), (
        "this takes a running mean of the gradients, as Adam does: momentum takes a sum"
    )
    assert np.allclose(v_new, v_true), f"the velocity should not be {np.round(v_new, 3)}"
    assert not np.allclose(w_new, w_check + v_check), (
        "the weights moved with the velocity from before: which comes first?"
    )
    assert np.allclose(w_new, w_check + v_true), "the new weights are the old ones plus what?"

# %% [markdown] tags=["why"]
# **Why.** The velocity is the step itself, learning rate included; so it is renewed first and then
# added. When the learning rate sinks, the steps that are already under way run out slowly.

# %% [markdown]
# ### Exercise 6.2 · AdaGrad, the predecessor
#
# AdaGrad (Duchi, Hazan and Singer 2011) divides by the root of the *sum of all squares so far*:
#
# $$a \leftarrow a + g^2 \qquad\qquad w \leftarrow w - \eta \, \frac{g}{\sqrt{a + \varepsilon}}$$
#
# Keras starts the sum $a$ at 0.1 and takes $\varepsilon = 10^{-7}$. Complete the class `AdaGrad`
# so that it follows `keras.optimizers.Adagrad`. `step` must not change the arrays that it is given.
#
# <details><summary>Hint 1</summary>
#
# Start from the class `RMSprop` of section 3. What replaces the running mean?
# </details>
#
# <details><summary>Hint 2</summary>
#
# The gradient of this step belongs to the sum already when you divide.
# </details>


# %% tags=["wrong-answer"]
# A running mean of the squares: RMSprop under another name.
class AdaGrad:
    def __init__(self, learning_rate):
        self.learning_rate, self.total = learning_rate, 0.1

    def step(self, w, gradient):
        self.total = 0.9 * self.total + 0.1 * gradient**2
        return w - self.learning_rate * gradient / np.sqrt(self.total + 1e-7)


# %% tags=["wrong-answer"]
# Divides first and adds afterwards: the first step knows nothing of its own gradient.
class AdaGrad:
    def __init__(self, learning_rate):
        self.learning_rate, self.total = learning_rate, 0.1

    def step(self, w, gradient):
        w = w - self.learning_rate * gradient / np.sqrt(self.total + 1e-7)
        self.total = self.total + gradient**2
        return w


# %% tags=["wrong-answer"]
# Starts the sum at 0.
class AdaGrad:
    def __init__(self, learning_rate):
        self.learning_rate, self.total = learning_rate, 0.0

    def step(self, w, gradient):
        self.total = self.total + gradient**2
        return w - self.learning_rate * gradient / np.sqrt(self.total + 1e-7)


# %% tags=["wrong-answer"]
# Forgets the root.
class AdaGrad:
    def __init__(self, learning_rate):
        self.learning_rate, self.total = learning_rate, 0.1

    def step(self, w, gradient):
        self.total = self.total + gradient**2
        return w - self.learning_rate * gradient / (self.total + 1e-7)


# %%
class AdaGrad:
    """a ← a + g², then w ← w − learning_rate · g / √(a + 1e-7); a starts at 0.1"""

    def __init__(self, learning_rate):
        ### BEGIN SOLUTION
        self.learning_rate, self.total = learning_rate, 0.1
        ### END SOLUTION

    def step(self, w, gradient):
        """Return the new weights."""
        ### BEGIN SOLUTION
        self.total = self.total + gradient**2
        return w - self.learning_rate * gradient / np.sqrt(self.total + 1e-7)
        ### END SOLUTION


# %%
start_check, g_check = np.array([4.0, 4.0]), np.array([1.0, -3.0])
with check("Exercise 6.2"):
    w_check = AdaGrad(0.5).step(start_check, g_check)
    assert np.shape(w_check) == (2,), f"step must return the new weights, not {w_check!r}"
    assert np.all(np.isfinite(w_check)), (
        "for the gradients 1 and -3 the new weights are not numbers: what stands under the root?"
    )
    assert not np.allclose(np.abs(w_check), np.abs(0.5 * g_check / np.sqrt(0.1 + g_check**2))), (
        "this is the step alone: return the new weights"
    )
    assert np.allclose(AdaGrad(0.5).step(start_check, g_check), w_check), (
        "a second AdaGrad does not begin afresh: make the sum in `__init__`, keep it in `self`"
    )
    assert np.allclose(AdaGrad(0.25).step(start_check, g_check), (start_check + w_check) / 2), (
        "half the learning rate should halve the first step: do you use the rate that is given?"
    )
    way_check = (start_check - w_check) / (0.5 * g_check)  # 1 / divisor
    slips_check = {
        "the first step divides by the gradient alone: where does Keras start the sum?": (
            1 / np.sqrt(g_check**2)
        ),
        "the first step does not know its own gradient: when is the sum renewed?": (
            1 / np.sqrt([0.1, 0.1])
        ),
        "the divisor grows with the square of the gradient: what makes it a length again?": (
            1 / (0.1 + g_check**2)
        ),
        "this is a running mean, which forgets: AdaGrad never does": (
            1 / np.sqrt(0.09 + 0.1 * g_check**2)
        ),
    }
    for message_check, slip_check in slips_check.items():
        assert not np.allclose(way_check, slip_check, rtol=1e-4), message_check
    assert not np.all(way_check < 0), "the step goes uphill: look at the sign"
    assert np.allclose(way_check, 1 / np.sqrt(0.1 + g_check**2), rtol=1e-4), (
        "for the gradients 1 and -3 the first step takes "
        f"{np.round(way_check * g_check, 3)} times the rate from w: compute both by hand"
    )
    ours_check = follow(AdaGrad(0.5))
    theirs_check = keras_path(keras.optimizers.Adagrad(0.5))
    assert np.allclose(ours_check, theirs_check, atol=1e-5), (
        "the first step is right, later ones are not: what should the sum hold after two steps?"
    )

# %% [markdown] tags=["why"]
# **Why.** The sum never shrinks, so with gradients of about the same size the steps shrink like
# $1/\sqrt{t}$: a schedule is built in. That suits a bowl; a network that must go far stops too
# early. RMSprop's running mean cured that, and lost the built-in rest.

# %% [markdown]
# ### Exercise 6.3 · How far does Adam overshoot without correction?
#
# A colleague's Adam has no bias correction: it steps by $\eta \, m / \sqrt{s}$. Write
# `overshoot(steps, beta_1, beta_2)`: an array of shape (steps,) that says for the steps 1, 2, …,
# `steps` how many times as long the colleague's step is as that of the right Adam. Leave
# $\varepsilon$ out.
#
# <details><summary>Hint 1</summary>
#
# Divide $\eta \, m / \sqrt{s}$ by $\eta \, \hat m / \sqrt{\hat s}$, with the hats of section 4
# written out. $m$, $s$ and $\eta$ drop out.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `np.arange(1, steps + 1)` are the numbers of the steps. What happens in the formula for $t = 0$?
# </details>
#
# <details><summary>Hint 3</summary>
#
# $m = \hat m \, (1 - \beta_1^t)$, and $\sqrt{s} = \sqrt{\hat s} \cdot \sqrt{1 - \beta_2^t}$.
# </details>


# %% tags=["wrong-answer"]
# Upside down: how many times as long the right step is.
def overshoot(steps, beta_1, beta_2):
    t = np.arange(1, steps + 1)
    return np.sqrt(1 - beta_2**t) / (1 - beta_1**t)


# %% tags=["wrong-answer"]
# Without the root of the second correction.
def overshoot(steps, beta_1, beta_2):
    t = np.arange(1, steps + 1)
    return (1 - beta_1**t) / (1 - beta_2**t)


# %% tags=["wrong-answer"]
# Counts the steps from 0: the first value is 0 / 0.
def overshoot(steps, beta_1, beta_2):
    t = np.arange(steps)
    return (1 - beta_1**t) / np.sqrt(1 - beta_2**t)


# %%
def overshoot(steps, beta_1, beta_2):
    """Return the length of each uncorrected step, in multiples of the corrected one."""
    ### BEGIN SOLUTION
    t = np.arange(1, steps + 1)
    return (1 - beta_1**t) / np.sqrt(1 - beta_2**t)
    ### END SOLUTION


# %%
with check("Exercise 6.3"):
    with np.errstate(all="ignore"):
        factors_check = overshoot(50, 0.9, 0.999)
    assert np.shape(factors_check) == (50,), (
        f"return an array of shape (50,) for 50 steps, not {np.shape(factors_check)}"
    )
    assert np.isfinite(factors_check[0]), (
        "the first value is not a number: which number has the first step?"
    )
    assert np.all(np.isfinite(factors_check)), "later values are not numbers: what is t in there?"
    assert not np.isclose(factors_check[0], 0.316, atol=0.001), (
        "0.316 says how long the right step is in the colleague's: turn the question round"
    )
    assert not np.isclose(factors_check[0], 100), "100 at the first step: s stands under a root"
    assert np.isclose(factors_check[0], 0.1 / 0.001**0.5), (
        f"{factors_check[0]:.3f} at the first step? There m is a tenth of the gradient, and s a "
        "thousandth of its square"
    )
    assert np.isclose(factors_check[1], 0.19 / 0.001999**0.5), (
        f"the first step is right, but {factors_check[1]:.3f} at the second? After two equal "
        "gradients m holds 0.1 + 0.9 · 0.1 = 0.19 of them"
    )
    long_check = np.shape(overshoot(5001, 0.9, 0.999))
    assert long_check == (5001,), (
        f"return an array of shape (5001,) for 5001 steps, not {long_check}: do you use `steps`?"
    )
    for b1_check, b2_check, hint_check in (
        (0.9, 0.999, "the first two are right"),
        (0.8, 0.95, "do you use both arguments?"),
    ):
        adam_check = Adam(0.5, beta_1=b1_check, beta_2=b2_check, epsilon=0.0)
        means_check, squares_check, random_check = 0.0, 0.0, np.random.default_rng(0)
        for t_check, factor_check in enumerate(overshoot(30, b1_check, b2_check), start=1):
            g_check = random_check.normal()
            right_check = -adam_check.step(0.0, g_check)
            means_check = b1_check * means_check + (1 - b1_check) * g_check
            squares_check = b2_check * squares_check + (1 - b2_check) * g_check**2
            bare_check = 0.5 * means_check / squares_check**0.5
            assert np.isclose(bare_check, factor_check * right_check, rtol=1e-4), (
                f"for beta_1 = {b1_check} and beta_2 = {b2_check}, step {t_check} of 30 does not "
                f"fit: {hint_check}"
            )

# %% [markdown] tags=["why"]
# **Why.** The factor is $(1 - \beta_1^t)/\sqrt{1 - \beta_2^t}$ and does not depend on the
# gradients at all. It starts at 3.16, rises to 6.6, and needs thousands of steps to come down to
# 1: a training of a few hundred steps would run with a rate that is several times too high.

# %% [markdown]
# ### Exercise 6.4 · A schedule with warm-up
#
# Write `one_cycle(step, steps, warmup_steps, first_rate, peak)`, the learning rate at a step
# (counted from 0): from `first_rate` in a straight line to `peak` at step `warmup_steps`, then
# along half a cosine to 0 at step `steps`. After that it stays 0. It must equal
# `keras.optimizers.schedules.CosineDecay`.
#
# <details><summary>Hint 1</summary>
#
# Three parts: before `warmup_steps`, before `steps`, and after. For each ask: which share of
# *this* part is done?
# </details>
#
# <details><summary>Hint 2</summary>
#
# A straight line from $a$ to $b$ with the share $x$ is $a + x (b - a)$. The cosine stands in
# section 10; `np.cos` wants radians, that is $\pi x$.
# </details>
#
# <details><summary>Hint 3</summary>
#
# The sinking part begins at `warmup_steps` and lasts `steps - warmup_steps` steps.
# </details>


# %% tags=["wrong-answer"]
# Climbs from 0, whatever the first rate.
def one_cycle(step, steps, warmup_steps, first_rate, peak):
    if step < warmup_steps:
        return peak * step / warmup_steps
    x = min(1, (step - warmup_steps) / (steps - warmup_steps))
    return peak * 0.5 * (1 + np.cos(np.pi * x))


# %% tags=["wrong-answer"]
# Lets the cosine run from step 0: there is a jump behind the warm-up.
def one_cycle(step, steps, warmup_steps, first_rate, peak):
    if step < warmup_steps:
        return first_rate + (peak - first_rate) * step / warmup_steps
    return peak * 0.5 * (1 + np.cos(np.pi * min(1, step / steps)))


# %% tags=["wrong-answer"]
# Does not stop at the end: the cosine rises again.
def one_cycle(step, steps, warmup_steps, first_rate, peak):
    if step < warmup_steps:
        return first_rate + (peak - first_rate) * step / warmup_steps
    x = (step - warmup_steps) / (steps - warmup_steps)
    return peak * 0.5 * (1 + np.cos(np.pi * x))


# %%
def one_cycle(step, steps, warmup_steps, first_rate, peak):
    """Return the learning rate at a step, counted from 0."""
    ### BEGIN SOLUTION
    if step < warmup_steps:
        return first_rate + (peak - first_rate) * step / warmup_steps
    x = min(1, (step - warmup_steps) / (steps - warmup_steps))
    return peak * 0.5 * (1 + np.cos(np.pi * x))
    ### END SOLUTION


# %%
with check("Exercise 6.4"):
    setting_check = {"steps": 50, "warmup_steps": 20, "first_rate": 0.5, "peak": 2.0}
    for step_check in (0, 10, 20, 30, 35, 50, 60):
        value_check = one_cycle(step_check, **setting_check)
        assert np.ndim(value_check) == 0 and np.asarray(value_check).dtype.kind in "iuf", (
            f"return one number; at step {step_check} of 50 it is {value_check!r}"
        )
    value_check = one_cycle(0, **setting_check)
    assert np.isclose(value_check, 0.5), f"step 0 has the first rate, 0.5, not {value_check:.3f}"
    assert np.isclose(one_cycle(10, **setting_check), 1.25), (
        "half of the climb is done at step 10: which rate lies half way from 0.5 to 2?"
    )
    assert np.isclose(one_cycle(5, **setting_check), 0.875), (
        f"a quarter of the climb is done at step 5; yours is {one_cycle(5, **setting_check):.3f}: "
        "is it a straight line?"
    )
    assert np.isclose(one_cycle(20, **setting_check), 2), (
        f"the peak, 2, belongs to step 20; yours is {one_cycle(20, **setting_check):.3f}: what "
        "should the sinking part give at its own beginning?"
    )
    assert np.isclose(one_cycle(35, **setting_check), 1), (
        f"half of the sinking part is done at step 35; yours is "
        f"{one_cycle(35, **setting_check):.3f}"
    )
    assert np.isclose(one_cycle(30, **setting_check), 1.5), (
        f"a third of the sinking part is done at step 30; yours is "
        f"{one_cycle(30, **setting_check):.3f}: is it half a cosine?"
    )
    assert np.isclose(one_cycle(50, **setting_check), 0), "at the last step the rate is 0"
    assert np.isclose(one_cycle(60, **setting_check), 0), (
        f"ten steps after the end the rate is {one_cycle(60, **setting_check):.3f}: it must rest"
    )
    for steps_check, warmup_check in ((135, 40), (10, 1)):
        keras_check = keras.optimizers.schedules.CosineDecay(
            0.001, steps_check - warmup_check, warmup_target=0.01, warmup_steps=warmup_check
        )
        for step_check in range(steps_check + 3):
            ours_check = one_cycle(step_check, steps_check, warmup_check, 0.001, 0.01)
            assert np.isclose(ours_check, float(keras_check(step_check)), atol=1e-7), (
                f"with steps={steps_check}, warmup_steps={warmup_check}, first_rate=0.001 and "
                f"peak=0.01, step {step_check} gives {ours_check:.6f}, Keras gives "
                f"{float(keras_check(step_check)):.6f}"
            )

# %% [markdown] tags=["why"]
# **Why.** Each part has its own clock: the share that is done of *that* part. So the parts meet
# without a jump, whatever the number of steps.

# %% [markdown]
# ### Exercise 6.5 · Weight decay, the decoupled way
#
# **Weight decay** pulls all weights a little towards 0 in each step, so that they stay small
# (chapter 09 says what for). The old way adds $d \cdot w$ to the gradient. With Adam this goes
# wrong: what is added to the gradient is divided by its root mean square like everything else, so
# the weights with large gradients hardly decay. AdamW (Loshchilov and Hutter 2019) keeps the two
# apart: the gradient goes through Adam, the decay does not. In Keras each step first shrinks the
# weights, $w \leftarrow w - \eta \, d \, w$, and then takes Adam's step with the gradient. (In the
# paper the decay has no $\eta$ in it, only the schedule.)
#
# Complete the class `AdamW`, so that it follows `keras.optimizers.AdamW`. Let an `Adam` of section
# 4 do the work inside. `step` must not change the arrays that it is given.
#
# <details><summary>Hint 1</summary>
#
# `self.adam = Adam(learning_rate)` in `__init__`. In `step` you need one more line than calling
# it.
# </details>
#
# <details><summary>Hint 2</summary>
#
# `self.adam.step(some_weights, gradient)` returns `some_weights` minus Adam's step. Which weights
# do you hand in?
# </details>


# %% tags=["wrong-answer"]
# The old way: the decay goes through Adam.
class AdamW:
    def __init__(self, learning_rate, weight_decay):
        self.adam = Adam(learning_rate)
        self.weight_decay = weight_decay

    def step(self, w, gradient):
        return self.adam.step(w, gradient + self.weight_decay * w)


# %% tags=["wrong-answer"]
# The paper's decay, without the learning rate.
class AdamW:
    def __init__(self, learning_rate, weight_decay):
        self.adam = Adam(learning_rate)
        self.weight_decay = weight_decay

    def step(self, w, gradient):
        return self.adam.step(w - self.weight_decay * w, gradient)


# %% tags=["wrong-answer"]
# A new Adam in each step: it forgets its means.
class AdamW:
    def __init__(self, learning_rate, weight_decay):
        self.learning_rate, self.weight_decay = learning_rate, weight_decay

    def step(self, w, gradient):
        w = w - self.learning_rate * self.weight_decay * w
        return Adam(self.learning_rate).step(w, gradient)


# %%
class AdamW:
    """w ← w − learning_rate · weight_decay · w, then a step of Adam"""

    def __init__(self, learning_rate, weight_decay):
        ### BEGIN SOLUTION
        self.adam = Adam(learning_rate)
        self.weight_decay = weight_decay
        ### END SOLUTION

    def step(self, w, gradient):
        """Return the new weights."""
        ### BEGIN SOLUTION
        shrunk = w - self.adam.learning_rate * self.weight_decay * w
        return self.adam.step(shrunk, gradient)
        ### END SOLUTION


# %%
w_check, g_check = np.array([10.0, -4.0]), np.array([2.0, 30.0])
with check("Exercise 6.5"):
    new_check = AdamW(0.25, 0.5).step(w_check, g_check)
    assert np.shape(new_check) == (2,), f"step must return the new weights, not {new_check!r}"
    bare_check = AdamW(0.5, 0.0).step(w_check, g_check)
    assert np.allclose(bare_check, Adam(0.5).step(w_check, g_check), atol=1e-3), (
        "with weight_decay 0 and rate 0.5 only Adam's first step should be left, 0.5 against each "
        f"gradient; yours moves by {np.round(bare_check - w_check, 3)}"
    )
    plain_check = Adam(0.25).step(w_check, g_check)
    pull_check = (plain_check - new_check) / w_check  # what the decay took, as a share of w
    assert not np.allclose(pull_check, 0, atol=1e-3), (
        "the weights do not decay by themselves: what is added to the gradient is divided by its "
        "root mean square"
    )
    assert not np.allclose(pull_check, 0.5, atol=1e-3), (
        "the weights shrink by the whole weight decay: Keras multiplies it by something"
    )
    assert not np.allclose(new_check, 0.875 * plain_check, atol=1e-3), (
        "you shrink what is left after Adam's step: Keras shrinks the weights first"
    )
    assert np.any(pull_check > 0), "the decay pushes the weights away from 0"
    assert np.allclose(pull_check, 0.125, atol=1e-3), (
        f"the decay takes the share {pull_check[0]:.3f} of w = 10 and {pull_check[1]:.3f} of "
        "w = -4: with rate 0.25 and decay 0.5 it should take 0.125 of both"
    )
    ours_check = follow(AdamW(0.25, 0.5))
    theirs_check = keras_path(keras.optimizers.AdamW(0.25, weight_decay=0.5))
    assert np.allclose(ours_check, theirs_check, atol=1e-3), (
        "the first step is right, later ones are not: does each AdamW keep one Adam of its own?"
    )

# %% [markdown] tags=["why"]
# **Why.** Decoupled, every weight loses the same *share* in each step, whatever its gradient. That
# is what weight decay was meant to do, and what adding it to the gradient does for plain SGD, but
# not for Adam.

# %% [markdown]
# ### Exercise 6.6 · A newer one, from its formula alone
#
# Lion (Chen and others 2023) was found by a computer that searched through programs. It keeps one
# running mean $m$, which starts at 0, and steps by a *sign*: $+1$, $-1$ or $0$ for each weight.
#
# $$u = \beta_1 m + (1 - \beta_1) \, g \qquad\qquad w \leftarrow w - \eta \, \text{sign}(u)
# \qquad\qquad m \leftarrow \beta_2 m + (1 - \beta_2) \, g$$
#
# with $\beta_1 = 0.9$ and $\beta_2 = 0.99$. Write the class `Lion` from these lines, so that it
# follows `keras.optimizers.Lion`; `step` must not change the arrays that it is given. Then put it to
# the test of section 11, in a new cell: `[scores(Lion, rate, (0, 1)) for rate in (0.0003, 0.001)]`.
#
# <details><summary>Hint 1</summary>
#
# `np.sign` gives the sign of every number of an array.
# </details>
#
# <details><summary>Hint 2</summary>
#
# The three formulas stand in the order of the program. Which $m$ does $u$ see: the one before this
# step or the one after?
# </details>


# %% tags=["wrong-answer"]
# Renews m first, so that u sees this gradient twice.
class Lion:
    def __init__(self, learning_rate, beta_1=0.9, beta_2=0.99):
        self.learning_rate, self.beta_1, self.beta_2 = learning_rate, beta_1, beta_2
        self.mean = 0.0

    def step(self, w, gradient):
        self.mean = self.beta_2 * self.mean + (1 - self.beta_2) * gradient
        update = self.beta_1 * self.mean + (1 - self.beta_1) * gradient
        return w - self.learning_rate * np.sign(update)


# %% tags=["wrong-answer"]
# Takes the update without its sign: momentum under another name.
class Lion:
    def __init__(self, learning_rate, beta_1=0.9, beta_2=0.99):
        self.learning_rate, self.beta_1, self.beta_2 = learning_rate, beta_1, beta_2
        self.mean = 0.0

    def step(self, w, gradient):
        update = self.beta_1 * self.mean + (1 - self.beta_1) * gradient
        self.mean = self.beta_2 * self.mean + (1 - self.beta_2) * gradient
        return w - self.learning_rate * update


# %% tags=["wrong-answer"]
# Keeps u as the mean: one beta for both.
class Lion:
    def __init__(self, learning_rate, beta_1=0.9, beta_2=0.99):
        self.learning_rate, self.beta_1 = learning_rate, beta_1
        self.mean = 0.0

    def step(self, w, gradient):
        self.mean = self.beta_1 * self.mean + (1 - self.beta_1) * gradient
        return w - self.learning_rate * np.sign(self.mean)


# %%
class Lion:
    """u = β₁ m + (1 − β₁) g, then w ← w − learning_rate · sign(u), then m ← β₂ m + (1 − β₂) g"""

    def __init__(self, learning_rate, beta_1=0.9, beta_2=0.99):
        ### BEGIN SOLUTION
        self.learning_rate, self.beta_1, self.beta_2 = learning_rate, beta_1, beta_2
        self.mean = 0.0
        ### END SOLUTION

    def step(self, w, gradient):
        """Return the new weights."""
        ### BEGIN SOLUTION
        update = self.beta_1 * self.mean + (1 - self.beta_1) * gradient
        self.mean = self.beta_2 * self.mean + (1 - self.beta_2) * gradient
        return w - self.learning_rate * np.sign(update)
        ### END SOLUTION


# %%
w_check, g_check = np.array([1.0, 1.0, 1.0]), np.array([300.0, -0.001, 0.0])
slopes_check = np.random.default_rng(0).normal(size=(40, 3))
with check("Exercise 6.6"):
    first_check = Lion(0.5).step(w_check, g_check)
    assert np.shape(first_check) == (3,), f"step must return the new weights, not {first_check!r}"
    assert np.allclose(first_check, [0.5, 1.5, 1]), (
        "with the gradients 300, -0.001 and 0, and rate 0.5, the first step should move by -0.5, "
        f"+0.5 and 0; yours moves by {np.round(np.subtract(first_check, 1), 4)}"
    )
    assert np.allclose(Lion(0.5).step(w_check, -g_check / 1000), [1.5, 0.5, 1]), (
        "a second Lion does not begin afresh: make the mean in `__init__`, keep it in `self`"
    )

    def signs_check(gradients, **betas):
        """Return the signs of Lion's steps for one weight."""
        lion = Lion(1.0, **betas)
        return [lion.step(np.zeros(1), np.array([gradient]))[0] for gradient in gradients]

    # u after k ones and one -x: 0.9 m - 0.1 x, with m = 1 - 0.99**k; for k = 20, m = 0.182
    assert signs_check([1.0] * 20 + [-1.5])[-1] == -1, (
        "after twenty gradients of 1, one of -1.5 should not turn Lion round (u = 0.9 · 0.182 - "
        "0.15 is positive), and yours turns: which m does u see, and what is m made of?"
    )
    assert signs_check([1.0] * 20 + [-1.8])[-1] == 1, (
        "after twenty gradients of 1, one of -1.8 should turn Lion round (u = 0.9 · 0.182 - 0.18 "
        "is negative), and yours goes on: which beta makes u, and which one keeps m?"
    )
    others_check = {"beta_1": 0.5, "beta_2": 0.9}  # u = 0.5 · 0.1 - 0.5 x
    assert signs_check([1.0, -0.095], **others_check)[-1] == -1, "other betas are not used"
    assert signs_check([1.0, -0.15], **others_check)[-1] == 1, "another beta_1 is not used"
    lion_check, variable_check = Lion(0.25), keras.Variable(np.zeros(3), dtype="float64")
    keras_check, way_check = keras.optimizers.Lion(0.25), np.zeros(3)
    for slope_check in slopes_check:
        way_check = lion_check.step(way_check, slope_check)
        keras_check.apply([slope_check], [variable_check])
    assert np.allclose(way_check, variable_check.numpy()), "on random gradients it leaves Keras"

# %% [markdown] tags=["why"]
# **Why.** `benchmarks/optimizer_rates.py` has a row for Lion: it reads as well as the four of section
# 11, and loses a little more than Adam in the dark. $u$ listens to the newest gradient with 10 %, $m$
# keeps it with only 1 %: so Lion reacts fast and forgets slowly. Every weight moves by exactly
# $\eta$ in each step, so Lion needs a smaller rate than Adam, whose steps are mostly shorter. And
# it keeps one number for each weight, where Adam keeps two.

# %% [markdown]
# ## Quiz

# %%
quiz("06")

# %% [markdown]
# ## Key points
#
# - The steepest direction limits the learning rate, the flattest one decides how long it takes.
#   Momentum adds up what is constant and cancels what swings.
# - RMSprop and Adam divide by the root mean square of the gradient: each weight gets a step of
#   about the learning rate. Where epsilon stands, and how large it is, differs between papers and
#   libraries, and decides what happens to tiny gradients.
# - Cross-entropy keeps pulling when the network is sure and wrong; squared error lets go.
# - Find the rate by a range test and stay below the turn. With a constant rate the noise
#   leaves a floor; a schedule that sinks gets below it, and a warm-up makes bold rates bearable.
# - Tuned with equal care, the four optimizers read about equally well here, and single trainings
#   cannot tell them apart. What Adam offers is a rate that travels. A verdict must hold for all
#   rates that are as good, not for the one that a coarse search picked.
#
# ## Glossary
#
# - **AdaGrad**: gradient descent divided by the root of the sum of all squared gradients so far.
# - **Adam**: running mean of the gradient, divided by the root of the running mean of its square,
#   both corrected for their start. Others say: adaptive moment estimation.
# - **bias correction**: dividing a running mean by what is missing because it started at 0.
# - **cosine decay**: a learning rate that sinks along half a cosine wave. Others say: cosine
#   annealing.
# - **curvature**: how fast the slope grows in a direction. Others say: second derivative, eigenvalue
#   of the Hessian.
# - **epsilon**: the small number in a divisor that prevents a division by 0. Others
#   say: eps, ε.
# - **gradient clipping**: shortening a gradient that is longer than a limit.
# - **gradient descent**: repeated steps against the gradient. Others say: steepest descent.
# - **gradient noise**: the difference between a batch's gradient and that of all pictures. Others
#   say: stochastic gradient noise.
# - **learning-rate range test**: a short training in which the rate rises until the loss does.
#   Others say: learning-rate finder.
# - **loss surface**: the loss as a landscape over all weights. Others say: loss landscape.
# - **momentum**: the share of the last step that is kept for the next one; also the method. Others
#   say: heavy-ball method.
# - **noise floor**: the mean squared distance from the lowest point at which a constant rate
#   stalls.
# - **one cycle**: a schedule that rises once and sinks once. Others say: 1cycle policy.
# - **RMSprop**: the gradient divided by the root of the running mean of its square.
# - **running mean**: a mean that forgets: a share of its old value plus the rest of the new one.
#   Others say: exponential moving average, EMA.
# - **saddle point**: a flat place that goes uphill along some directions and downhill along
#   others.
# - **schedule**: a learning rate that changes in the course of a training. Others say:
#   learning-rate scheduler, learning-rate decay.
# - **silent neuron**: a neuron whose ReLU gives 0 for every training picture; its gradient is 0,
#   and it never comes back. Others say: *dead neuron*, *dying ReLU*.
# - **velocity**: the step that momentum takes, made of all gradients so far. Others say: momentum
#   buffer.
# - **warm-up**: a climb of the learning rate at the beginning of a training. Others say: linear
#   warmup.
# - **weight decay**: shrinking all weights by a small share in each step. Others say: decoupled L2
#   regularisation.
#
# ## Further reading
#
# - Boris Polyak: *Some methods of speeding up the convergence of iteration methods*. USSR
#   Computational Mathematics and Mathematical Physics 4(5), 1964. The heavy ball.
# - Ilya Sutskever, James Martens, George Dahl, Geoffrey Hinton: *On the importance of
#   initialization and momentum in deep learning*. International Conference on Machine
#   Learning, 2013. Momentum and Nesterov's form.
# - Geoffrey Hinton: *Neural networks for machine learning*, lecture 6e. Coursera, 2012. RMSprop.
# - John Duchi, Elad Hazan, Yoram Singer: *Adaptive subgradient methods for online learning and
#   stochastic optimization*. Journal of Machine Learning Research 12, 2011. AdaGrad.
# - Diederik Kingma, Jimmy Ba: *Adam: a method for stochastic optimization*. International
#   Conference on Learning Representations, 2015.
# - Ilya Loshchilov, Frank Hutter: *SGDR: stochastic gradient descent with warm restarts*, 2017,
#   and *Decoupled weight decay regularization*, 2019. International Conference on Learning
#   Representations. Cosine decay, and AdamW.
# - Leslie Smith: *Cyclical learning rates for training neural networks*. Winter Conference on
#   Applications of Computer Vision, 2017. The range test.
# - Leslie Smith, Nicholay Topin: *Super-convergence: very fast training of neural networks using
#   large learning rates*. Artificial Intelligence and Machine Learning for Multi-Domain Operations
#   Applications, SPIE, 2019. One cycle.
# - Priya Goyal and others: *Accurate, large minibatch SGD: training ImageNet in 1 hour*.
#   arXiv:1706.02677, 2017. Warm-up, and the rate that grows with the batch.
# - Ashia Wilson and others: *The marginal value of adaptive gradient methods in machine learning*.
#   Advances in Neural Information Processing Systems, 2017.
# - Dami Choi and others: *On empirical comparisons of optimizers for deep learning*.
#   arXiv:1910.05446, 2019. Why rankings depend on the search.
# - Xiangning Chen and others: *Symbolic discovery of optimization algorithms*. Advances in Neural
#   Information Processing Systems, 2023. Lion.
# - Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun: *Delving deep into rectifiers: surpassing
#   human-level performance on ImageNet classification*. International Conference on Computer
#   Vision, 2015. The size of the first weights.
#
# ## Go further
#
# In section 6 change `load("digits")` to `load("mnist")` (chapter 00 says
# how to have it) and run sections 6, 11 and 12 after sections 1 to 4; 5 and 7 to 10 are not
# needed. With so many pictures `train` takes 2 epochs in place of 10 (`usual_epochs`): an epoch has
# 42 times as many steps. It took some minutes of computing. We measured, with eight rates from 0.0003
# to 1, on 15,000 validation pictures and from five new starts:
#
# | | chosen rate | mean accuracy | lowest to highest | in the dark, chosen rate |
# | --- | --- | --- | --- | --- |
# | gradient descent | 0.3 | 0.950 | 0.941 to 0.956 | 0.912 |
# | momentum | 0.03 | 0.950 | 0.944 to 0.954 | 0.911 |
# | RMSprop | 0.003 | 0.955 | 0.954 to 0.957 | 0.934 |
# | Adam | 0.003 | 0.953 | 0.950 to 0.956 | 0.935 |
#
# On the 10,000 test pictures: 0.950, 0.951, 0.957 and 0.954. So again the four are level, and
# again the adaptive two lose less in the dark, though the gap is smaller: a bound that was set for
# the small set then reads "expected". *Two epochs of MNIST are 2,812 steps, ten of our digits 330.
# Why does that heal a part of the damage?*
#
# Next: chapter 07 builds networks in Keras, where all this is one word in `compile`.
