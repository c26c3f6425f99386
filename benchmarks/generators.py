"""Train chapter 14's four generators longer, and repeat what the chapter does only once.

    python benchmarks/generators.py weights [--only GAN diffusion] [--quick]
    python benchmarks/generators.py long_gan [--seeds 2] [--quick]
    python benchmarks/generators.py collapse [--seeds 6] [--quick]
    python benchmarks/generators.py settings [--quick]
    python benchmarks/generators.py detectors [--seeds 3] [--quick]

All run the cells of chapter 14 that come before, so the networks, pictures and settings are the
chapter's own.

`weights` trains each generator for 60 to 120 times the chapter's epochs. About sixteen times on
the way it measures the Fréchet distance between generated pictures and the 500 validation
pictures, prints it, and keeps the weights of the best. It writes them to
utils/weights/generators.npz, which the chapter loads: kernels as 16-bit numbers, what has one
axis as 32-bit numbers, for some of it is too large for 16 bits. --only leaves the other
generators in that file as they are. It takes about half an hour of processor time. (The stored
weights were chosen with 500 generated pictures and 25 steps of diffusion; the chapter now has
fewer of both.)

`long_gan` trains the GAN from other seeds for half as long, and prints how its distance and the
number of classes that it makes change on the way.

`collapse` trains the dense generators of section 6 from seeds that the chapter does not use, for
as many epochs as the chapter and for four times as many, and prints how many classes each of them
makes, how much variety, and its recall.

`settings` tries the numbers that two methods of section 9 need on 30 validation pictures.

`detectors` trains the detectors of section 10 on each of the four generators, from several seeds.

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
LAST_CELLS = {
    "weights": "# the long-trained weights",
    "long_gan": "# the dense generators",
    "collapse": "# the dense generators",
    "settings": "# chosen on validation pictures",
    "detectors": "# two detectors",
}
TRAINERS = {
    "autoencoder": "train_autoencoder",
    "VAE": "train_vae",
    "GAN": "train_gan",
    "diffusion": "train_denoiser",
}
EPOCHS = {"autoencoder": 240, "VAE": 300, "GAN": 360, "diffusion": 120}
CHECKPOINTS = 16
FIRST_SEED = 100


def main():
    """Run what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=LAST_CELLS)
    parser.add_argument("--only", nargs="+", choices=TRAINERS, default=list(TRAINERS))
    parser.add_argument("--seeds", type=int, help="how many seeds")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    space = run_lesson(LAST_CELLS[options.what])
    seeds = 1 if options.quick else options.seeds
    if options.what == "weights":
        for name in options.only:
            write_weights(space, name, options.quick)
    elif options.what == "long_gan":
        measure_long_gan(space, seeds or 2, options.quick)
    elif options.what == "collapse":
        measure_collapse(space, seeds or 6, options.quick)
    elif options.what == "settings":
        choose_settings(space, 5 if options.quick else 30)
    else:
        measure_detectors(space, seeds or 3)
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


def write_weights(space, name, quick):
    """Train a generator for long, and write its best weights."""
    validation = space["features_of"](space["X_val"])[0]
    epochs = 1 if quick else EPOCHS[name]
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


def measure_long_gan(space, seeds, quick):
    """Print how the GAN's pictures change in a long training, from several seeds."""
    import keras

    validation, every = space["features_of"](space["X_val"])[0], 1 if quick else 20

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if (epoch + 1) % every:
                return
            made = space["generate"]("GAN", [self.model.generator])
            distance = space["frechet_distance"](validation, space["features_of"](made)[0])
            classes = np.sum(space["count_classes"](made) >= 0.02 * len(made))
            print(f"{epoch + 1} epochs: Fréchet {distance:.1f}, {classes} classes", flush=True)

    space["generate"] = lambda name, networks: space["sigmoid"](networks[0](space["plain_codes"]))
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        print(f"GAN from seed {seed}")
        space["train_gan"](1 if quick else EPOCHS["GAN"] // 2, [Watch()], seed=seed)


def measure_collapse(space, seeds, quick):
    """Print classes, variety and recall of dense generators from new seeds."""
    epochs = space["COLLAPSE_EPOCHS"]
    for times in (1,) if quick else (1, 4):
        print(f"{times * epochs} epochs: classes with 2 % or more; variety; recall")
        for name, between in space["BETWEEN"].items():
            sets = [
                space["collapse"](between, times * epochs, FIRST_SEED + number)
                for number in range(seeds)
            ]
            classes = [int(np.sum(space["count_classes"](X) >= 0.02 * len(X))) for X in sets]
            varieties = [round(float(space["variety"](X)), 2) for X in sets]
            recalls = [round(float(space["judge"](X)[2]), 2) for X in sets]
            print(f"  {name}: {classes}; {varieties}; {recalls}", flush=True)


def choose_settings(space, number):
    """Print the mean PSNR on validation pictures for each setting of the two methods."""
    X, labels = space["X_val"][:number], space["data"].y_train[space["NUMBER"] :][:number]
    tries = [(space["by_classic"], "noise", (0.1, 0.2, 0.3, 0.5))]
    for kind in ("hole", "noise", "coarse"):
        tries.append((space["by_search"], kind, (0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)))
    for method, kind, values in tries:
        seen = space["damage"](kind, X)
        for value in values:
            psnr = space["score"](X, labels, method(kind, seen, value))[0].mean()
            print(f"{method.__name__}, {kind}, {value}: {psnr:.2f}", flush=True)


def measure_detectors(space, seeds):
    """Print the share of each set that each detector calls made, from several seeds."""
    print("tested on:", ", ".join(space["TESTED"]))
    for name in space["LONG"]:
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            detector = space["train_detector"](space["made"][name], seed)
            shares = [space["called_made"](detector, X) for X in space["TESTED"].values()]
            print(f"{name}, seed {seed}:", *(f"{share:.2f}" for share in shares), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
