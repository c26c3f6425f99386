"""Measure the reference network and the better recipe of chapter 07 on the real MNIST.

    COURSE_DATA=../shared/data python benchmarks/mnist_recipe.py

trains the reference network as the chapter gives it (10 epochs in batches of 32), then the recipe
once per seed, each on all 60,000 training images, and prints the accuracy on the 10,000 test
images and the CPU seconds. They are those of the whole process from building the network to the
last step, tracing included: time on the wall would depend on who else uses the machine. The
listing's scoring of the test images after each epoch is left out, which favours the reference.

    COURSE_DATA=../shared/data python benchmarks/mnist_recipe.py --validate

compares the recipe with candidates that differ from it in one thing, trained on the first 50,000
training images and scored on the other 10,000. The test images play no part in it.
"""

import argparse
import time
from statistics import mean

from utils.datasets import DatasetError, load
from utils.models import compact_cnn, fit_one_cycle, reference_cnn, smoothed_crossentropy
from utils.runtime import start

NUM_TRAIN = 50_000  # of the 60,000 training images; the others are the validation images


def main():
    """Run the benchmark that the command line asks for."""
    arguments = _read_arguments()
    start()
    try:
        mnist = load("mnist")
    except DatasetError as error:
        print(f"Nothing was measured: {error}")
        return
    if arguments.validate:
        compare_candidates(mnist.X_train, mnist.y_train, arguments.seeds)
    else:
        compare_with_reference(mnist, arguments.seeds, arguments.quick)


def compare_with_reference(mnist, num_seeds, quick=False):
    """Print a table: the reference once, the recipe for seeds 0 … num_seeds - 1."""
    train, test = (mnist.X_train, mnist.y_train), (mnist.X_test, mnist.y_test)
    epochs = 1 if quick else 10
    if quick:
        print("QUICK: the reference trains for 1 epoch instead of 10; its figures say little.\n")
    print("| training | epochs | batch size | parameters | test accuracy | CPU s | CPU ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")

    parameters, accuracy, reference_cost = measure(train_reference, train, test, epochs=epochs)
    row = f"{accuracy:.4f} | {reference_cost:.1f} | 1"
    print(f"| reference, seed 0 | {epochs} | 32 | {parameters:,} | {row} |", flush=True)

    accuracies, costs = [], []
    for seed in range(num_seeds):
        parameters, accuracy, cost = measure(train_recipe, train, test, seed)
        row = f"{accuracy:.4f} | {cost:.1f} | 1/{reference_cost / cost:.1f}"
        print(f"| recipe, seed {seed} | 3 | 128 | {parameters:,} | {row} |", flush=True)
        accuracies.append(accuracy)
        costs.append(cost)

    row = f"{mean(accuracies):.4f} | {mean(costs):.1f} | 1/{reference_cost / mean(costs):.1f}"
    print(f"| recipe, mean | 3 | 128 | {parameters:,} | {row} |")
    print(f"\nRecipe: lowest {min(accuracies):.4f}, highest {max(accuracies):.4f}.")


def compare_candidates(X, y, num_seeds):
    """Print a table of candidates, each one change away from the recipe."""
    train, validation = (X[:NUM_TRAIN], y[:NUM_TRAIN]), (X[NUM_TRAIN:], y[NUM_TRAIN:])
    print("| candidate | parameters | validation accuracy, mean | lowest | CPU s, mean |")
    print("| --- | --- | --- | --- | --- |")
    for name, train_candidate in CANDIDATES.items():
        runs = [measure(train_candidate, train, validation, seed) for seed in range(num_seeds)]
        (parameters, *_), accuracies, costs = zip(*runs)
        row = f"{mean(accuracies):.4f} | {min(accuracies):.4f} | {mean(costs):.1f}"
        print(f"| {name} | {parameters:,} | {row} |", flush=True)


def measure(train_network, train, held_out, seed=0, **options):
    """Train once; return the number of parameters, the held-out accuracy and the CPU seconds."""
    import keras

    keras.utils.set_random_seed(seed)
    begin = time.process_time()
    model = train_network(*train, **options)
    cost = time.process_time() - begin
    X, y = held_out
    predicted = model.predict(X, batch_size=1000, verbose=0).argmax(axis=1)
    return model.count_params(), float((predicted == y).mean()), cost


def train_reference(X, y, epochs=10):
    """The chapter's listing: one-hot labels, Adam as Keras sets it, batches of 32."""
    import keras

    model = reference_cnn()
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, keras.utils.to_categorical(y), epochs=epochs, batch_size=32, verbose=0)
    return model


def train_recipe(X, y, **options):
    """The recipe, or one with other options of `fit_one_cycle`."""
    model = compact_cnn()
    fit_one_cycle(model, X, y, **options)
    return model


def train_constant_rate(X, y):
    """The recipe with Adam's usual rate of 0.001 from the first step to the last."""
    model = compact_cnn()
    model.compile(optimizer="adam", loss=smoothed_crossentropy(), metrics=["accuracy"])
    model.fit(X, y, epochs=3, batch_size=128, verbose=0)
    return model


def train_variant(X, y, **options):
    """The recipe with another network."""
    model = variant(**options)
    fit_one_cycle(model, X, y)
    return model


def variant(filters=(16, 32), kernels=(5, 5), hidden=128, pool=False, norm=True, shift=0):
    """Return `compact_cnn` with changes; without arguments it is the same network.

    Args:
        filters, kernels: number of filters and size of the windows of the two convolutions.
        hidden: neurons of the hidden dense layer; 0 leaves it out.
        pool: max-pooling after convolutions of stride 1 in place of a stride of 2.
        norm: batch normalisation, or a bias.
        shift: move the training images at random by up to this many pixels.
    """
    import keras
    from keras import layers

    def then_activate(layer):
        normalise = [layers.BatchNormalization(momentum=0.9)] if norm else []
        return [layer, *normalise, layers.ReLU()]

    stack = [layers.RandomTranslation(shift / 28, shift / 28, "constant")] if shift else []
    for count, kernel in zip(filters, kernels):
        strides = 1 if pool else 2
        stack += then_activate(layers.Conv2D(count, kernel, strides, use_bias=not norm))
        stack += [layers.MaxPooling2D()] if pool else []
    stack += [layers.Flatten()]
    stack += then_activate(layers.Dense(hidden, use_bias=not norm)) if hidden else []
    return keras.Sequential([keras.Input((28, 28, 1)), *stack, layers.Dense(10, "softmax")])


def _with(train, **options):
    return lambda X, y: train(X, y, **options)


CANDIDATES = {
    "the recipe": train_recipe,
    "2 epochs": _with(train_recipe, epochs=2),
    "batches of 256": _with(train_recipe, batch_size=256),
    "highest learning rate 0.003": _with(train_recipe, learning_rate=0.003),
    "highest learning rate 0.03": _with(train_recipe, learning_rate=0.03),
    "constant learning rate 0.001": train_constant_rate,
    "labels not smoothed": _with(train_recipe, label_smoothing=0),
    "no batch normalisation": _with(train_variant, norm=False),
    "no hidden dense layer": _with(train_variant, hidden=0),
    "64 second filters of 3×3": _with(train_variant, filters=(16, 64), kernels=(5, 3)),
    "max-pooling in place of strides": _with(train_variant, pool=True),
    "images shifted by up to 2 pixels": _with(train_variant, shift=2),
}


def _read_arguments():
    parser = argparse.ArgumentParser(description="Chapter 07's better recipe, measured on MNIST.")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--quick", action="store_true", help="1 epoch for the reference")
    parser.add_argument("--validate", action="store_true", help="compare candidates instead")
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error("--seeds must be at least 1")
    return arguments


if __name__ == "__main__":
    main()
