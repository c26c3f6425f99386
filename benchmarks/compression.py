"""What do distillation, pruning and 8 bits cost, and what do they save? Four tables.

    python benchmarks/compression.py [--quick]

students: chapter 15, section 6, for 100, 400 and 4,000 digits, temperatures 1, 3 and 6, with five
seeds, and with four times the steps. pruned: by share, with 40 and 160 steps of tuning, from three
trained networks. rounded: the CNN by bits, and the ImageNet network on 240 parts of photos that
come with packages. runtime: the CNN and the ImageNet network in Keras, in LiteRT, and in LiteRT
with 8 bits throughout (weights and values): bytes of the file, seconds a picture, agreement.

It measures, it does not judge: it exits 0 in any case. It takes about ten minutes of processor
time. --quick takes one seed and few pictures, to see that it runs.
"""

import argparse
import os
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from architectures import interval, read_lesson

TRAINING = ("HOT, GIVEN = 3", "student_accuracy", "pruned = {", "pruned.items()", "pruned[0]")
TRAINING += ("on_digits", "points = []", "in points", "with check(")


def main():
    """Print the four tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    space = read_lesson(("", "Look first", "2", "3", "4", "5", "6"), TRAINING)
    train_teachers(space)
    runtime(space, 16 if quick else 240)
    rounded(space, quick)
    pruned(space, quick)
    students(space, quick)
    return 0


def train_teachers(space):
    """Train the three CNNs of section 4."""
    cnn, digits = space["contestants"]["CNN"], space["digits"]
    space["compile_cycle"](cnn, space["RATES"]["CNN"])
    space["trained"], space["lessons_seen"] = {"CNN": []}, []
    for seed in range(3):
        chosen = space["walk"](len(digits.X_train), space["STEPS"] * space["BATCH"], seed)
        pair = (
            space["bend"](digits.X_train[chosen], seed),
            space["one_hot"](digits.y_train[chosen]),
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
                told = {"labels": (1, space["one_hot"](digits.y_train[chosen]))}
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
    teachers = space["trained"]["CNN"]
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
    """Print what rounding and leaving out does to both networks."""
    changes = {name: change for name, (change, *_) in space["CHANGES"].items()}
    for bits in (3, 4, 6):
        for per_channel in (False, True):
            name = f"{bits} bits, per {'channel' if per_channel else 'tensor'}"
            changes[name] = lambda n, b=bits, p=per_channel: space["round_kernels"](n, p, b)
    for name, change in list(changes.items())[: 3 if quick else None]:
        same, moved = space["change_imagenet"](change)
        right = []
        teachers = space["trained"]["CNN"]
        for weights in teachers:
            space["trained"] = {"CNN": [weights]}
            right.append(space["change_digits"](change))
        space["trained"] = {"CNN": teachers}
        few = 1.96 * np.sqrt(same * (1 - same) / len(space["imagenet_pictures"]))
        print(f"{name}: digits {np.mean(right):.3f}; photos, same name {same:.3f} ± {few:.3f}, "
              f"probability moved {moved:.3f}", flush=True)  # fmt: skip


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
