"""What do several devices, and several worker processes, change? Speed; results they must not.

    pip install jax distributed          (which the course itself does not need)
    python benchmarks/scaling.py [--part devices sweep] [--cluster tcp://HOST:8786] [--quick]

devices  data-parallel training by `keras.distribution.DataParallel` on the JAX engine, which
         here takes 1, 2 and 4 parts of one processor for devices: the loss after each step beside
         one device's, in single and in double precision, and steps a second
sweep    networks of several seeds and learning rates, trained by Dask on 1 and on n worker
         processes, then with one worker killed in the middle: which results are there, whether
         they are the same, and how long it took

With --cluster the sweep runs on the workers of a Dask scheduler that runs already, wherever they
are (the course must be installed there); nothing is killed then. Speed is the best of three runs,
for other programs use the same cores. It measures, it does not judge: it exits 0 in any case.
About 6 minutes on two cores; --quick makes each part as small as possible, to see that it runs.
"""

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("devices", "sweep")
DEVICES = (1, 2, 4)
EPOCHS = {"compact_cnn": 5, "reference_cnn": 2}  # the second takes ten times as long for one
BATCH_SIZE = 240  # a multiple of every number of devices
PICTURES = 16 * BATCH_SIZE  # of mnist_5k: every batch is full
SOON = 16  # steps, before rounding has grown
RATES, SEEDS = (0.001, 0.01, 0.1), range(4)  # of the sweep
WORKERS = 2


def main():
    """Measure what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--cluster", help="address of a Dask scheduler, such as tcp://HOST:8786")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--train-on", type=json.loads, help=argparse.SUPPRESS)  # the script itself
    options = parser.parse_args()
    if options.train_on:
        print(json.dumps(train_on_devices(**options.train_on)))
        return 0
    require({"devices": ["jax"], "sweep": ["distributed"]}, options.part)
    if "devices" in options.part:
        measure_devices(options.quick)
    if "sweep" in options.part:
        measure_sweep(options.cluster, options.quick)
    return 0


def require(packages, parts):
    """Stop with one clear sentence where a package that the parts need is missing."""
    needed = [package for part in parts for package in packages[part]]
    missing = [package for package in needed if importlib.util.find_spec(package) is None]
    if missing:
        raise SystemExit(
            f"this benchmark needs {' and '.join(missing)}, which the course does not: "
            f"pip install {' '.join(missing)}"
        )


# ---------------------------------------------------------------- one training on several devices


def train_on_devices(network, devices, precision, epochs):
    """Train a network of utils.models on several devices; return its losses and its speed.

    Runs in a process of its own: the number of devices is fixed when JAX starts.
    """
    import keras

    from utils import models
    from utils.datasets import load

    keras.config.set_floatx(precision)
    mesh = keras.distribution.list_devices()
    assert len(mesh) == devices
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=mesh))

    keras.utils.set_random_seed(0)
    model = getattr(models, network)()
    model.compile(keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
    digits = load("mnist_5k")
    X, y = digits.X_train[:PICTURES].astype(precision), digits.y_train[:PICTURES]
    batches = [slice(n, n + BATCH_SIZE) for n in range(0, PICTURES, BATCH_SIZE)]
    losses = [float(model.train_on_batch(X[b], y[b])) for b in epochs * batches]
    if precision == "float64":
        return {"losses": losses}
    settings = {"batch_size": BATCH_SIZE, "shuffle": False, "verbose": 0}
    model.fit(X, y, **settings)  # traced, and warm
    start, busy = time.perf_counter(), time.process_time()
    model.fit(X, y, epochs=epochs, **settings)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    steps = epochs * PICTURES // BATCH_SIZE
    return {"losses": losses, "steps a second": steps / seconds, "cores": busy / seconds}


def in_own_process(**setting):
    """Return what `train_on_devices` gives in a process that sees so many devices."""
    flags = f"--xla_force_host_platform_device_count={setting['devices']}"
    space = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    space |= {"XLA_FLAGS": flags, "JAX_ENABLE_X64": str(int(setting["precision"] == "float64"))}
    command = [sys.executable, __file__, "--train-on", json.dumps(setting)]
    answer = subprocess.run(command, env=space, capture_output=True, text=True)
    if answer.returncode:
        raise SystemExit(answer.stderr)
    return json.loads(answer.stdout.splitlines()[-1])


def measure_devices(quick):
    """Print for each network and number of devices its loss beside one device's, and its speed."""
    print("\ndevices: largest difference of the loss from one device's, and speed (float32)")
    names = [f"{bits}, {n} steps" for bits in ("float32", "float64") for n in (SOON, "all")]
    print("network        devices steps", *(f"{x:>18}" for x in names), " steps/s  cores busy")
    for network in ("compact_cnn",) if quick else EPOCHS:
        epochs = 1 if quick else EPOCHS[network]
        single = run_rounds(network, epochs, "float32", 1 if quick else 3)
        double = run_rounds(network, epochs, "float64", 1)
        for n in DEVICES:
            columns = " ".join(f"{gap:18.0e}" for gap in gaps(single, n) + gaps(double, n))
            speed, cores = max((run["steps a second"], run["cores"]) for run in single[n])
            steps = len(single[n][0]["losses"])
            print(f"{network:14} {n:7} {steps:5} {columns} {speed:8.1f} {cores:11.1f}", flush=True)


def run_rounds(network, epochs, precision, rounds):
    """Return {devices: its runs}; each round takes them in turn, so that others disturb all."""
    setting = {"network": network, "precision": precision, "epochs": epochs}
    runs = {n: [] for n in DEVICES}
    for _, n in product(range(rounds), DEVICES):
        runs[n].append(in_own_process(devices=n, **setting))
    return runs


def gaps(runs, devices):
    """Return the loss's largest difference from one device's: in the first steps, and in all."""
    gap = np.abs(np.subtract(runs[devices][0]["losses"], runs[1][0]["losses"]))
    return [gap[:SOON].max(), gap.max()]


# ---------------------------------------------------------------- many trainings, several workers


def train_one(learning_rate, seed, epochs):
    """Train one network on the digits; return the loss and accuracy on its validation part.

    Keras draws the seeds of its layers from Python's one random state, which the worker's own
    threads use as well, whenever they like. So the kernels are drawn from a seed that is ours.
    """
    from utils.runtime import start

    start(seed)
    import keras

    from utils.datasets import load
    from utils.models import compact_cnn, draw_kernels

    digits = load("digits")
    X, y = digits.X_train, digits.y_train
    X_val, y_val = X[-300:], y[-300:]
    model = compact_cnn()
    draw_kernels(model, seed)
    model.compile(
        keras.optimizers.SGD(learning_rate, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(X[:-300], y[:-300], epochs=epochs, batch_size=64, verbose=0)
    return tuple(model.evaluate(X_val, y_val, verbose=0))


def sweep(client, settings, epochs, after_first=lambda client: None):
    """Train a network for each setting on the workers of a cluster; return {setting: result}."""
    as_completed = importlib.import_module("distributed").as_completed
    jobs = client.map(train_one, *zip(*settings), epochs=epochs, pure=False)
    setting_of = dict(zip(jobs, settings))
    results = {}
    for job in as_completed(jobs):
        results[setting_of[job]] = job.result()
        if len(results) == 1:
            after_first(client)
    return results


def kill_a_worker(client):
    """Kill the process of one worker of a local cluster, as a machine that loses power would."""
    worker, pid = sorted(client.run(os.getpid).items())[0]
    held = client.processing()[worker]
    print(f"  killed: worker process {worker}, with {len(held)} jobs under way or waiting")
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def measure_sweep(address, quick):
    """Print how long the sweep takes, and whether its results are all there and the same."""
    distributed = importlib.import_module("distributed")  # asked for in main
    settings = list(product(RATES, SEEDS))[: 4 if quick else None]
    epochs = 2 if quick else 5
    runs = {f"{n} worker{'s' * (n > 1)}": n for n in (1, WORKERS)}
    plans = [(name, n, lambda client: None) for name, n in runs.items()]
    plans.append((f"{WORKERS} workers, one killed", WORKERS, kill_a_worker))
    if address:
        plans = [(f"cluster {address}", None, lambda client: None)]
    print(f"\nsweep: {len(settings)} trainings, {len(RATES)} learning rates", flush=True)
    print("workers                    seconds  results  equal to 1 worker's", flush=True)
    first = None
    for name, n, disturbance in plans:
        cluster = address or distributed.LocalCluster(
            n_workers=n, threads_per_worker=1, dashboard_address=None, silence_logs=50
        )
        with distributed.Client(cluster) as client:
            client.wait_for_workers(n or 1)
            client.run(warm_up)
            start = time.perf_counter()
            results = sweep(client, settings, epochs, disturbance)
            seconds = time.perf_counter() - start
        if not address:
            cluster.close()
        first = first or results
        same = sum(results[setting] == first[setting] for setting in settings)
        print(f"{name:26} {seconds:7.1f} {len(results):8} {same:20}", flush=True)
    for rate in sorted({rate for rate, _ in settings}):
        found = [f"{accuracy:.3f}" for (r, _), (_, accuracy) in sorted(first.items()) if r == rate]
        print(f"  learning rate {rate}: validation accuracy", *found)


def warm_up():
    """Import what a training needs, so that the time measured is that of trainings."""
    from utils.runtime import start

    start()


if __name__ == "__main__":
    sys.exit(main())
