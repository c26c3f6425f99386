"""What do distillation, pruning and 8 bits cost, and what do they save? Five tables.

    python benchmarks/compression.py [--quick] [--table photos]

students: chapter 15, section 6, for 100, 400 and 4,000 digits, temperatures 1, 3 and 6, with five
seeds, and with four times the steps. pruned: by share, with 40 and 160 steps of tuning, from three
trained networks. rounded: the CNN by bits, and the ImageNet network on 240 parts of photos that
come with packages. runtime: the CNN and the ImageNet network in Keras, in LiteRT, and in LiteRT
with 8 bits throughout (weights and values): bytes of the file, seconds a picture, agreement.
photos: the ImageNet network as the teacher of a small one, for the pictures of somebody's camera.
Of twelve photos the students see squares from the left halves of eight, and are asked about other
squares of these halves, about the right halves, and about the right halves of the four photos
that they never saw; each photo is left out once, three seeds each. Intervals are over photos. And
bytes and milliseconds of such a student, beside its teacher in the same run.

It measures, it does not judge: it exits 0 in any case. It takes about fifteen minutes of processor
time. --quick takes one seed and few pictures, to see that it runs; --table one of the tables.
"""

import argparse
import itertools
import os
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from architectures import interval, read_lesson

from utils.metrics import cluster_bootstrap

TRAINING = ("HOT, GIVEN = 3", "student_accuracy", "pruned = {", "pruned.items()", "pruned[0]")
TRAINING += ("on_digits", "points = []", "in points", "with check(", "small = photo", "same_name")
TABLES = ("runtime", "rounded", "pruned", "students", "photos")
PLACES = ("same halves", "other halves", "never seen")


def main():
    """Print the tables that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--table", nargs="+", choices=TABLES, default=TABLES)
    options = parser.parse_args()
    quick, tables = options.quick, options.table
    space = read_lesson(("", "Look first", "2", "3", "4", "5", "6"), TRAINING)
    if "photos" in tables:
        photo_students(space, quick)
    if set(tables) - {"photos"}:
        train_teachers(space)
    if {"runtime", "rounded"} & set(tables):
        runtime(space, 16 if quick else 240)  # it makes the pictures that `rounded` needs
    for name, table in (("rounded", rounded), ("pruned", pruned), ("students", students)):
        if name in tables:
            table(space, quick)
    return 0


def photo_students(space, quick):
    """Print how often students give the ImageNet network's name, and what they take."""
    squares, answers = ask_about_photos(space, 20 if quick else 200, 4 if quick else 40)
    one_name_rivals(answers)
    network = space["photo_student"]()
    space["newborn"][id(network)] = network.get_weights()
    settings = itertools.product((16, 200), (50, 200), (3, 1))
    for count, steps, T in [(16, 50, 3)] if quick else settings:
        space["compile_cycle"](network, 0.01, steps, space["distillation_loss"])
        space["temperature"].assign(T)
        found = {place: [] for place in PLACES}
        for fold, seed in itertools.product(range(3), range(1 if quick else 3)):
            learn_photos(space, network, squares, answers, (fold, seed, count, steps, T))
            judge_photos(network, squares, answers, fold, found)
        told = []
        for place, rows in found.items():
            same, moved, photo = np.concatenate(rows, axis=1)
            low, high = cluster_bootstrap(same, photo)
            told.append(
                f"{place} {same.mean():.2f} ({low:.2f} to {high:.2f}), moved {moved.mean():.2f}"
            )
        print(f"{count} squares a photo, {steps} steps, T {T}: {'; '.join(told)}", flush=True)
    small, large = (np.concatenate([s[k]["other"] for s in squares]) for k in (48, 224))
    learned = {"teacher": (space["imagenet_network"], large), "student": (network, small)}
    for name, (model, inputs) in learned.items():
        inputs = inputs[:: 1 + len(inputs) // 120]
        for bits in (32, 8):
            content = to_litert(model, inputs[::5], bits)
            timing = timed(litert_answer(content), inputs)
            compare(name, f"LiteRT, {bits} bits", len(content), *timing, inputs, model)


def ask_about_photos(space, to_learn, to_judge):
    """Return squares and the teacher's answers: for each photo, by part (squares: by size)."""
    import matplotlib.pyplot as plt
    from matplotlib.cbook import get_sample_data
    from skimage import data

    hopper = plt.imread(get_sample_data("grace_hopper.jpg", asfileobj=False))
    more = [hopper, data.coins(), data.hubble_deep_field(), data.gravel()]
    squares, answers = [], []
    for number, photo in enumerate([*space["several"], *more]):
        random, cut = np.random.default_rng(number), space["cut_squares"]
        parts = {
            "learn": cut(photo, 0, to_learn, random),
            "same": cut(photo, 0, to_judge, random),
            "other": cut(photo, 1, to_judge, random),
        }
        answers.append({name: space["ask_teacher"](part) for name, part in parts.items()})
        squares.append(
            {
                size: {
                    name: np.stack([space["prepare"](square, size) for square in part])
                    for name, part in parts.items()
                    if size == 48 or name == "other"
                }
                for size in (48, 224)
            }
        )
    return squares, answers


def one_name_rivals(answers):
    """Print how often each photo's favourite name would be right, without any network."""
    for part in ("same", "other"):
        right = [
            np.mean(a[part].argmax(1) == np.bincount(a["learn"].argmax(1)).argmax())
            for a in answers
        ]
        print(f"one name for each photo, {part} halves: {np.mean(right):.2f}", flush=True)


def learn_photos(space, network, squares, answers, setting):
    """Train the student anew on the left halves of the photos that are not held out."""
    fold, seed, count, steps, T = setting
    kept = [n for n in range(len(squares)) if n % 3 != fold]
    pictures = np.concatenate([squares[n][48]["learn"][:count] for n in kept])
    taught = np.concatenate([answers[n]["learn"][:count] for n in kept])
    targets = space["soften"](np.log(taught + 1e-9), T)
    chosen = space["walk"](len(pictures), steps * space["BATCH"], 10 * fold + seed)
    space["train_anew"](network, pictures[chosen], targets[chosen], seed)


def judge_photos(network, squares, answers, fold, found):
    """Add to each place: whether the name is the same, how far the answer moved, which photo."""
    for photo, (square, answer) in enumerate(zip(squares, answers)):
        never = photo % 3 == fold
        for part in ("other",) if never else ("same", "other"):
            logits = network.predict_on_batch(square[48][part])
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            own, taught = powers / powers.sum(axis=1, keepdims=True), answer[part]
            same = own.argmax(axis=1) == taught.argmax(axis=1)
            moved = np.abs(own - taught).sum(axis=1) / 2
            place = PLACES[2] if never else PLACES[part == "other"]
            found[place].append(np.stack([same, moved, np.full(len(same), photo)]))


def train_teachers(space):
    """Train the three CNNs of section 4."""
    cnn, digits = space["contestants"]["CNN"], space["digits"]
    space["compile_cycle"](cnn, space["RATES"]["CNN"])
    space["trained"], space["lessons_seen"] = {"CNN": []}, []
    for seed in range(3):
        chosen = space["walk"](len(digits.X_train), space["STEPS"] * space["BATCH"], seed)
        pair = (
            space["bend"](digits.X_train[chosen], seed),
            np.eye(10, dtype="float32")[digits.y_train[chosen]],
        )
        space["lessons_seen"].append(pair)
        space["train_anew"](cnn, *pair, seed)
        space["trained"]["CNN"].append(cnn.get_weights())


def students(space, quick):
    """Print the accuracies of students by temperature, number of digits and steps."""
    digits, batch = space["digits"], space["BATCH"]
    student = space["student_network"]()
    space["newborn"][id(student)] = student.get_weights()
    for steps in (100,) if quick else (100, 400):
        space["compile_cycle"](student, 0.01, steps, space["distillation_loss"])
        for count in (100,) if quick else (100, 400, 4000):
            right = {}
            for seed in range(2 if quick else 5):
                known = space["draw_labelled"](count, seed)
                chosen = known[space["walk"](count, steps * batch, seed)]
                pictures = space["bend"](digits.X_train[chosen], seed)
                logits = space["teacher_logits"](pictures)
                told = {"labels": (1, np.eye(10, dtype="float32")[digits.y_train[chosen]])}
                told |= {f"teacher, T {T}": (T, space["soften"](logits, T)) for T in (1, 3, 6)}
                for source, (T, targets) in told.items():
                    space["temperature"].assign(T)
                    space["train_anew"](student, pictures, targets, seed)
                    right.setdefault(source, []).append(space["test_accuracy"](student))
            gains = {s: np.subtract(v, right["labels"]) for s, v in right.items() if s != "labels"}
            told = ", ".join(f"{source} {interval(space, gain)}" for source, gain in gains.items())
            labels = interval(space, right["labels"])
            print(f"{count} digits, {steps} steps: labels {labels}; gained by {told}", flush=True)


def pruned(space, quick):
    """Print the accuracies after pruning, before and after tuning."""
    import keras

    teachers = space["trained"]["CNN"]
    space["cnn"].compile(keras.optimizers.Adam(0.003), space["SMOOTHED"], steps_per_execution=20)
    for share in (0.8,) if quick else (0, 0.5, 0.8, 0.9, 0.95):
        for steps in (40,) if quick else (40, 100):
            pairs = []
            for weights in teachers:
                space["trained"] = {"CNN": [weights]}
                pairs.append(space["prune_and_tune"](share, steps))
            print(
                f"{share:.0%} left out, {steps} steps: {np.round(pairs, 3).tolist()}", flush=True
            )
    space["trained"] = {"CNN": teachers}


def rounded(space, quick):
    """Print what rounding and leaving out does to both networks; intervals are over photos."""
    changes = {name: change for name, (change, *_) in space["CHANGES"].items()}
    for bits in (4, 6):
        for per_channel in (False, True):
            name = f"{bits} bits, per {'channel' if per_channel else 'tensor'}"
            changes[name] = lambda n, b=bits, p=per_channel: space["round_kernels"](n, p, b)
    changes["10% left out"] = lambda network: space["leave_out"](network, 0.1)
    network, pictures = space["imagenet_network"], space["imagenet_pictures"]
    photo = np.arange(len(pictures)) % len(space["several"])
    teachers = space["trained"]["CNN"]
    for name, change in list(changes.items())[: 3 if quick else None]:
        network.set_weights(space["whole_weights"])
        change(network)
        answers = in_batches(network, pictures)
        same = answers.argmax(axis=1) == space["reference"].argmax(axis=1)
        moved = np.abs(answers - space["reference"]).sum(axis=1).mean() / 2
        right = []
        for weights in teachers:
            space["trained"] = {"CNN": [weights]}
            right.append(space["change_digits"](change))
        space["trained"] = {"CNN": teachers}
        low, high = cluster_bootstrap(same, photo)
        print(f"{name}: digits {np.mean(right):.3f}; photos, same name {same.mean():.2f} "
              f"({low:.2f} to {high:.2f}), probability moved {moved:.2f}", flush=True)  # fmt: skip


def runtime(space, count):
    """Print bytes, seconds and agreement of Keras, LiteRT and LiteRT with 8 bits."""
    several, random = space["several"], np.random.default_rng(0)
    crops = []
    for n in range(count):
        photo = several[n % len(several)]
        side = int(min(photo.shape[:2]) * random.uniform(0.5, 1))
        top, left = (random.integers(0, length - side + 1) for length in photo.shape[:2])
        crops.append(space["prepare"](photo[top : top + side, left : left + side]))
    space["imagenet_pictures"] = np.stack(crops)
    network = space["imagenet_network"]
    space["reference"] = in_batches(network, space["imagenet_pictures"])
    examples = [space["prepare"](photo) for photo in space["several"]]
    digits, cnn = space["digits"], space["contestants"]["CNN"]
    cnn.set_weights(space["trained"]["CNN"][0])
    for name, model, inputs, show in (
        ("digits", cnn, digits.X_test, digits.X_train[:200]),
        ("photos", network, space["imagenet_pictures"], examples),
    ):
        one_by_one = timed(lambda x, model=model: np.array(model(x[np.newaxis]))[0], inputs[:20])
        compare(name, "Keras, one by one", 4 * model.count_params(), *one_by_one, inputs, model)
        for bits in (32, 8):
            content = to_litert(model, show, bits)
            answer = litert_answer(content)
            compare(
                name, f"LiteRT, {bits} bits", len(content), *timed(answer, inputs), inputs, model
            )


def compare(name, form, size, answers, seconds, inputs, model):
    """Print one row: bytes, milliseconds a picture, how often the answer is Keras' own."""
    expected = in_batches(model, inputs[: len(answers)]).argmax(axis=1)
    same = np.mean(answers.argmax(axis=1) == expected)
    told = f"{size:,} bytes, {1e3 * seconds:.3f} ms a picture, same answer {same:.3f}"
    print(f"{name}, {form}: {told}", flush=True)


def in_batches(model, inputs):
    """Return a model's answers, 16 pictures at a time."""
    return np.concatenate(
        [model.predict_on_batch(inputs[b : b + 16]) for b in range(0, len(inputs), 16)]
    )


def timed(answer, inputs):
    """Return the answers for inputs, one by one, and the seconds for each (median)."""
    answer(inputs[0])
    answers, seconds = [], []
    for picture in inputs:
        began = perf_counter()
        answers.append(answer(picture))
        seconds.append(perf_counter() - began)
    return np.stack(answers), np.median(seconds)


def to_litert(model, examples, bits):
    """Return a LiteRT file's content; with 8 bits, examples set the ranges of the values."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder, silent():
        path = Path(folder) / "model"
        model.export(path, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(path))
        if bits == 8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([x[np.newaxis]] for x in examples)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        return converter.convert()


def litert_answer(content):
    """Return a function from one picture to the answer of a LiteRT file, with one thread."""
    from ai_edge_litert.interpreter import Interpreter

    with silent():
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.resize_tensor_input(
            interpreter.get_input_details()[0]["index"],
            [1, *interpreter.get_input_details()[0]["shape"][1:]],
        )
        interpreter.allocate_tensors()
    begin, end = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def answer(picture):
        interpreter.set_tensor(begin["index"], picture[np.newaxis].astype("float32"))
        interpreter.invoke()
        return interpreter.get_tensor(end["index"])[0].copy()

    return answer


class silent:  # noqa: N801 (a context)
    """Sends what C++ writes to the error stream to nowhere."""

    def __enter__(self):
        self.kept, self.nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(self.nowhere, 2)

    def __exit__(self, *_):
        os.dup2(self.kept, 2)
        os.close(self.kept)
        os.close(self.nowhere)


if __name__ == "__main__":
    raise SystemExit(main())
