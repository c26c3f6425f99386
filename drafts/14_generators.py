"""Train chapter 14's four generators longer, and repeat its collapse with other seeds.

    python benchmarks/generators.py weights [--times 60] [--only GAN diffusion] [--quick]
    python benchmarks/generators.py collapse [--seeds 6] [--quick]

Both run the cells of chapter 14 that come before, so the networks, pictures and settings are the
chapter's own.

`weights` trains each generator for 60 times the chapter's epochs. Sixteen times on the way it
measures the Fréchet distance between 500 generated and the 500 validation pictures, prints it, and
keeps the weights of the best of the sixteen (the same chances for all four). It writes them to
utils/weights/generators.npz, which the chapter loads: kernels as 16-bit numbers, what has one axis as
32-bit numbers, for some of it is too large for 16 bits. --only leaves the other generators in that
file as they are. It takes about twenty-five minutes of processor time.

`collapse` trains the dense generators of section 6 from seeds that the chapter does not use, for as
many epochs as the chapter and for four times as many, and prints how many classes each of them makes
and how much variety.

It measures, it does not judge: it exits 0 in any case. --quick trains for one epoch and from one
seed, and writes no file, to see that it runs.
"""

import argparse
import io
from contextlib import redirect_stdout
from pathlib import Path

import jupytext
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
LESSON = ROOT / "lessons" / "14_generation.py"
WEIGHTS = ROOT / "utils" / "weights" / "generators.npz"
# The comments with which those cells of the lesson begin that are no longer run here.
LAST_CELLS = {"weights": "# the long-trained weights", "collapse": "# four dense generators"}
TRAINERS = {
    "autoencoder": "train_autoencoder",
    "VAE": "train_vae",
    "GAN": "train_gan",
    "diffusion": "train_denoiser",
}
CHECKPOINTS = 16
FIRST_SEED = 100


def main():
    """Run what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=LAST_CELLS)
    parser.add_argument("--times", type=int, default=60, help="the chapter's epochs")
    parser.add_argument("--only", nargs="+", choices=TRAINERS, default=list(TRAINERS))
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    space = run_lesson(LAST_CELLS[options.what])
    if options.what == "weights":
        for name in options.only:
            write_weights(space, name, options.times, options.quick)
    else:
        measure_collapse(space, options.seeds, options.quick)
    return 0


def run_lesson(last):
    """Run the lesson's code cells before the one that begins with a comment; return its names."""
    space = {"__name__": "lesson"}
    for cell in jupytext.read(LESSON).cells:
        if cell.cell_type == "code":
            if cell.source.startswith(last):
                return space
            with redirect_stdout(io.StringIO()):  # figures and numbers of the cells on the way
                exec(cell.source, space)
    raise SystemExit(f"the lesson has no cell that begins with {last!r}")


def networks_in(name, model):
    """Return the networks of a generator, from the model that is trained."""
    if name == "GAN":
        return [model.generator]
    return [model.denoiser] if name == "diffusion" else [model.layers[0], model.layers[-1]]


def write_weights(space, name, times, quick):
    """Train a generator `times` as long as the chapter does, and write its best weights."""
    validation = space["features_of"](space["X_val"])[0]
    epochs = 1 if quick else times * space["EPOCHS"][name]
    keeper = keep_best(space, name, validation, max(1, epochs // CHECKPOINTS))
    space[TRAINERS[name]](epochs, [keeper])
    print(f"{name}: best after {keeper.best_epoch} epochs", flush=True)
    if quick:
        return
    stored = dict(np.load(WEIGHTS)) if WEIGHTS.exists() else {}
    for part, weights in enumerate(keeper.best):
        for number, weight in enumerate(weights):
            kind = "float16" if weight.ndim > 1 else "float32"
            stored[f"{name} {part} {number}"] = weight.astype(kind)
    WEIGHTS.parent.mkdir(exist_ok=True)
    np.savez_compressed(WEIGHTS, **stored)
    print(f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size:,} bytes", flush=True)


def keep_best(space, name, validation, every):
    """Return a callback that judges a generator every few epochs and keeps its best weights."""
    import keras

    class KeepBest(keras.callbacks.Callback):
        best, best_epoch, least = None, None, np.inf

        def on_epoch_end(self, epoch, logs=None):
            if (epoch + 1) % every:
                return
            networks = networks_in(name, self.model)
            made = space["features_of"](space["generate"](name, networks))[0]
            distance = space["frechet_distance"](validation, made)
            print(f"{name}, {epoch + 1} epochs: {distance:.1f}", flush=True)
            if distance < self.least:
                self.best = [network.get_weights() for network in networks]
                self.best_epoch, self.least = epoch + 1, distance

    return KeepBest()


def measure_collapse(space, seeds, quick):
    """Print classes and variety of dense generators from new seeds."""
    epochs = space["COLLAPSE_EPOCHS"]
    for times in (1,) if quick else (1, 4):
        print(f"{times * epochs} epochs: classes with 10 or more of 500 pictures; variety")
        for name, between in space["BETWEEN"].items():
            sets = [
                space["collapse"](between, times * epochs, FIRST_SEED + number)
                for number in range(1 if quick else seeds)
            ]
            classes = [int(np.sum(space["count_classes"](X) >= 10)) for X in sets]
            varieties = [round(float(space["variety"](X)), 2) for X in sets]
            print(f"  {name}: {classes}; {varieties}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
