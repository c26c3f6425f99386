"""Do chapter 13's results outlive other seeds and longer training? What does an index cost?

    python benchmarks/matching.py [--part chain one-shot ...] [--quick]

runs cells of chapter 13 with seeds that the chapter does not use, and prints for each part:

chain     plates: each stage, and the register of 1,000 texts, trained as in the chapter and with
          four times the photos and steps; three seeds
one-shot  unseen characters from one example: rivals, losses, and how many characters to train on,
          with the chapter's steps and four times as many; three draws of characters and fonts
interval  how often a 95 % bootstrap interval of the equal error rate holds the truth
groups    error rates of a group that is rare or frequent in the training; five draws
index     microseconds for a probe and recall, from 10 to 100,000 entries: exact search, inverted
          file, and HNSW (the package voyager, which the course does not need)

It measures, it does not judge: it exits 0 in any case. All parts take about 15 minutes of
processor time; --quick makes each part as small as possible, to see that it runs.
"""

import argparse
import ast
import importlib
import io
import time
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

import jupytext
import numpy as np

LESSON = Path(__file__).resolve().parent.parent / "lessons" / "13_recognition.py"
FIRST_SEED = 100
PARTS = ("chain", "one-shot", "interval", "groups", "index")


def main():
    """Measure what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    measures = dict(zip(PARTS, (chain, one_shot, interval, groups, index)))
    for part in options.part:
        print(f"\n{part}", flush=True)
        measures[part](options.quick)
    return 0


# ---------------------------------------------------------------- the lesson's cells


def lesson_cells():
    """Return the sources of the lesson's code cells."""
    return [cell.source for cell in jupytext.read(LESSON).cells if cell.cell_type == "code"]


def run_cells(markers, changes=None, space=None):
    """Run the cells that hold one of some texts, in the lesson's order; return their names.

    Of the other cells only the imports are run: a lesson imports where it first needs a thing.

    Args:
        markers: texts, each in just one cell.
        changes: {text in one of these cells: text that replaces it}.
        space: names that the cells know already.
    """
    space = {"__name__": "lesson"} if space is None else space
    sources = lesson_cells()
    places = sorted(only_place(sources, marker) for marker in markers)
    chosen = {place: sources[place] for place in places}
    for old, new in (changes or {}).items():
        place = places[only_place(list(chosen.values()), old)]
        chosen[place] = chosen[place].replace(old, new)
    with redirect_stdout(io.StringIO()):
        for place, source in enumerate(sources):
            exec(chosen.get(place) or imports_of(source), space)
    return space


def imports_of(source):
    """Return the import statements of a cell."""
    nodes = ast.parse(source).body
    return "\n".join(ast.unparse(n) for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom)))


def only_place(sources, text):
    """Return which of the cells holds a text; there must be just one."""
    places = [place for place, source in enumerate(sources) if text in source]
    if len(places) != 1:
        raise SystemExit(f"{len(places)} cells of the lesson hold {text!r}, not one")
    return places[0]


START = ("from utils.runtime import start", "def standardise(")
EMBEDDER = (
    "def squared_distances(",
    "embedder = keras",
    "class BalancedBatches",
    "def train_embedder(",
    "def split_all(",
    "def one_shot(",
)
RATES = ("def error_rates(", "def pair_scores(")


# ---------------------------------------------------------------- the plates


def chain(quick):
    """Print each stage's shares, and what the register does, for seeds and sizes of training."""
    for times in (1,) if quick else (1, 4):
        for seed in range(FIRST_SEED, FIRST_SEED + (1 if quick else 3)):
            space = run_chain(seed, times, photos=40 if quick else 300)
            print(f"{times} × photos and steps, seed {seed}")
            for s in space["SEVERITIES"]:
                wrong, right_corners = space["wrong_found"][s], space["wrong_true"][s] == 0
                characters = 1 - wrong.mean() / 7
                print(
                    f"  severity {s:4}: found to 3 px {np.mean(space['errors'][s] < 3):.2f}, "
                    f"plates right with true corners {right_corners.mean():.2f}, "
                    f"chain {np.mean(wrong == 0):.2f}, characters {characters:.3f}, "
                    f"(characters)^7 {characters**7:.2f}"
                )
            for most, row in enumerate(space["rates"]):
                print(f"  {most} edits: right, wrong, refused, let in", *(f"{x:.3f}" for x in row),
                      flush=True)  # fmt: skip


def run_chain(seed, times, photos):
    """Run the lesson's sections 1 to 6 with other seeds, and return their names."""
    sources = lesson_cells()
    last = only_place(sources, "known, truths = photograph(")
    changes = {
        "training = make_plates(640, fonts=SEEN_FONTS, seed=101)": (
            f"import keras\n\nkeras.utils.set_random_seed({seed})\n"
            f"training = make_plates({640 * times}, fonts=SEEN_FONTS, seed={seed})"
        ),
        "make_plates(120,": f"make_plates({photos},",
        "seed=7)": f"seed={1000 + seed})",
        "seed=21)": f"seed={2000 + seed})",
        "seed=22)": f"seed={3000 + seed})",
        "default_rng(0)\nmoved": f"default_rng({seed})\nmoved",
    }
    for old, new in changes.items():
        place = only_place(sources[: last + 1], old)
        sources[place] = sources[place].replace(old, new)
    space = {"__name__": "lesson"}
    with redirect_stdout(io.StringIO()):
        for source in sources[: last + 1]:
            exec(source, space)
    return space


# ---------------------------------------------------------------- embeddings


def one_shot(quick):
    """Print the share of right answers for rivals, losses and numbers of characters."""
    for times in (1,) if quick else (1, 4):
        table = {}
        for seed in range(FIRST_SEED, FIRST_SEED + (1 if quick else 3)):
            for name, share in one_shot_draw(seed, times).items():
                table.setdefault(name, []).append(share)
        print(f"{times} × steps and glyphs")
        for name, shares in table.items():
            print(f"  {name:34}", *(f"{share:.2f}" for share in shares), flush=True)


def one_shot_draw(seed, times):
    """Return {way: share of right answers from one example} for one draw."""
    changes = {
        "EXAMPLES = 80,": f"EXAMPLES = {80 * times},",
        "UNSEEN = 1000, 0.7, 5, 4": f"UNSEEN = {1000 * times}, 0.7, 20, 20",
    }
    space = run_cells((*START, *EMBEDDER), changes)
    make_glyphs, unit, trial = space["make_glyphs"], space["unit"], space["one_shot"]
    names, unseen, fonts, hidden = space["split_all"](seed)
    X, y = make_glyphs(40 * 12, unseen, fonts=hidden, distortion=0.7, seed=50 + seed)
    shares = {"pixels": trial(unit(X - X.mean(axis=(1, 2, 3), keepdims=True)), y)}
    if times == 1:
        typical, _ = make_glyphs(60, names, fonts=fonts, distortion=0.7, seed=60 + seed)
        features = space["picture_features"](np.concatenate([typical, X]))
        shares["ImageNet"] = trial(unit(features[60:] - features[:60].mean(axis=0)), y)
    for size in (3, 8, 22):
        glyphs = make_glyphs(
            space["GLYPHS"], names[:size], fonts=fonts, distortion=0.7, seed=10 + seed
        )
        space["train_embedder"](*glyphs, seed)
        shares[f"semi-hard triplets, {size} characters"] = trial(unit(space["embed"](X)), y)
    for name, loss in losses(space).items():
        body = fresh_body(space, seed)
        compile_cycle(space, body, loss)
        body.fit(space["BalancedBatches"](*glyphs, seed), verbose=0)
        shares[f"{name}, 22 characters"] = trial(unit(body.predict(X, verbose=0)), y)
    shares["features of a classifier, 22 characters"] = trial(
        classifier(space, glyphs, X, seed), y
    )
    return shares


def compile_cycle(space, model, loss):
    """Compile a model for as many steps as the lesson's embedder takes."""
    rate = space["one_cycle"](space["EMBED_STEPS"], rise=0.25)
    model.compile(space["keras"].optimizers.Adam(rate), loss)


def fresh_body(space, seed):
    """Return the lesson's network with new random kernels."""
    body = space["keras"].Sequential.from_config(space["embedder"].get_config())
    space["draw_kernels"](body, seed)
    return body


def classifier(space, glyphs, X, seed):
    """Return the features of X in the body of a classifier of the glyphs."""
    keras = space["keras"]
    keras.utils.set_random_seed(seed)
    body = keras.Sequential(fresh_body(space, seed).layers[:-1])  # without the unit length
    head = [keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU()]
    model = keras.Sequential([body, *head, keras.layers.Dense(22)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    compile_cycle(space, model, loss)
    model.fit(space["BalancedBatches"](*glyphs, seed), verbose=0)
    return space["unit"](body.predict(X, verbose=0))


def losses(space):
    """Return {name: loss of a batch} for the rivals of semi-hard mining."""
    ops, squared_distances = space["ops"], space["squared_distances"]

    def pairs(labels, z):
        labels = ops.reshape(labels, (-1,))
        same = labels[:, None] == labels[None]
        alone = ops.eye(ops.shape(z)[0], dtype="bool")
        return squared_distances(z), ops.logical_and(same, ops.logical_not(alone)), same

    def all_active(labels, z, margin=0.4):
        d, positive, same = pairs(labels, z)
        terms = d[:, :, None] - d[:, None, :] + margin
        valid = ops.logical_and(positive[:, :, None], ops.logical_not(same)[:, None, :])
        chosen = ops.cast(ops.logical_and(valid, terms > 0), "float32")
        return ops.sum(chosen * terms) / ops.maximum(ops.sum(chosen), 1.0)

    def hardest(labels, z, margin=0.2):
        d, positive, same = pairs(labels, z)
        farthest = ops.max(ops.where(positive, d, -1.0), axis=1)
        nearest = ops.min(ops.where(same, 9.0, d), axis=1)
        return ops.mean(ops.maximum(0.0, farthest - nearest + margin))

    def contrastive(labels, z, margin=1.4):
        d, positive, same = pairs(labels, z)
        near, other = ops.cast(positive, "float32"), 1 - ops.cast(same, "float32")
        missing = ops.maximum(0.0, margin - ops.sqrt(d + 1e-9))
        pull, push = ops.sum(near * d) / ops.sum(near), ops.sum(other * missing**2)
        return pull + push / ops.sum(other)

    return {"all active triplets": all_active, "hardest triplets only": hardest,
            "contrastive": contrastive}  # fmt: skip


def groups(quick):
    """Print each group's error rates when it is rare, half, and frequent."""
    space = run_cells((*START, *EMBEDDER, *RATES, "def rates_by_group("), {}, None)
    space["EACH"] = 20  # glyphs of each unseen character
    cell = next(source for source in lesson_cells() if source.startswith("GROUP_DRAW"))
    for times in (1,) if quick else (1, 4):
        space["EMBED_STEPS"] = 80 * times
        compile_cycle(space, space["embedder"], space["semi_hard_loss"])
        for seed in range(FIRST_SEED, FIRST_SEED + (1 if quick else 5)):
            exec(
                cell.replace("GROUP_DRAW, GROUP_SIZE = 0,", f"GROUP_DRAW, GROUP_SIZE = {seed},"),
                space,
            )
            found = space["group_rates"]
            frequent = np.mean([found["lying"]["upright"], found["upright"]["lying"]], axis=0)
            rare = np.mean([found["lying"]["lying"], found["upright"]["upright"]], axis=0)
            half = np.mean(list(found["none"].values()), axis=0)
            print(f"  {times} × steps, seed {seed}: FAR, FRR frequent", frequent.round(3), "half",
                  half.round(3), "rare", rare.round(3), flush=True)  # fmt: skip


# ---------------------------------------------------------------- intervals


def interval(quick):
    """Print how often intervals over pairs and over identities hold the true equal error rate."""
    space = run_cells((*START[:1], *RATES))
    truth = np.mean([rate_of(space, make_people(900 + k, 300)) for k in range(5)])
    held, widths = {"pairs": [], "identities": []}, {"pairs": [], "identities": []}
    for seed in range(3 if quick else 200):
        for unit, values in resample(space, make_people(seed, 30), seed).items():
            low, high = np.quantile(values, [0.025, 0.975])
            held[unit].append(low <= truth <= high)
            widths[unit].append(high - low)
    for unit in held:
        share, width = np.mean(held[unit]), np.mean(widths[unit])
        print(f"  over {unit}: {share:.3f} hold the truth {truth:.3f}, mean width {width:.3f}")


def make_people(seed, count):
    """Return made embeddings of identities, four each, some identities more spread: (n, 4, 16)."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(count, 1, 16))
    spread = 0.55 * np.exp(0.5 * random.normal(size=(count, 1, 1)))
    z = middles + spread * random.normal(size=(count, 4, 16))
    return z / np.linalg.norm(z, axis=-1, keepdims=True)


def rate_of(space, z, identities=None):
    """Return the equal error rate of made embeddings."""
    return space["equal_error_rate"](*space["pair_scores"](z, identities))


def resample(space, z, seed, times=200):
    """Return bootstrap values of the equal error rate over pairs and over identities."""
    random = np.random.default_rng(seed)
    scores = space["pair_scores"](z)
    values = {"pairs": [], "identities": []}
    for _ in range(times):
        drawn = [random.choice(part, len(part)) for part in scores]
        values["pairs"].append(space["equal_error_rate"](*drawn))
        people = random.integers(len(z), size=len(z))
        values["identities"].append(rate_of(space, z[people], people))
    return values


# ---------------------------------------------------------------- an index


def index(quick):
    """Print microseconds for a probe, recall, and seconds to build, for each size of register."""
    try:  # no dependency of the course, hence no import statement
        voyager = importlib.import_module("voyager")
    except ImportError:
        raise SystemExit(
            "HNSW is measured with the package voyager: pip install voyager"
        ) from None
    from threadpoolctl import threadpool_limits

    space = run_cells((*START[:1], "def unit(", "def make_rows(", "class InvertedFile"))
    with threadpool_limits(1):
        for count in (10, 100, 1000) if quick else (10, 100, 1_000, 10_000, 100_000):
            random = np.random.default_rng(0)
            rows = space["make_rows"](count, random).astype("float32")
            probes = space["disturb"](rows[random.integers(count, size=500)], random)
            compare(space, voyager, rows, probes.astype("float32"))


def compare(space, voyager, rows, probes):
    """Print one line for each way to search a register."""
    exact, seconds = clock(lambda: [int((rows @ probe).argmax()) for probe in probes])
    report(len(rows), "exact, NumPy", seconds, 1.0, 0.0)
    for ef in sorted({min(16, len(rows)), min(64, len(rows))}):
        began = time.perf_counter()
        graph = voyager.Index(voyager.Space.InnerProduct, num_dimensions=32, M=16,
                              ef_construction=64, random_seed=1)  # fmt: skip
        graph.add_items(rows, num_threads=1)
        built = time.perf_counter() - began
        found, seconds = clock(partial(ask_graph, graph, probes, ef))
        recall = np.mean(np.equal(found, exact))
        report(len(rows), f"HNSW, voyager, ef {ef}", seconds, recall, built)
    if len(rows) < 1000:
        return
    began = time.perf_counter()
    cells = int(np.sqrt(len(rows)))
    cell_index = space["InvertedFile"](rows, cells, np.random.default_rng(0))
    built = time.perf_counter() - began
    for visited in (1, 4, 16):
        found, seconds = clock(
            lambda visited=visited: [int(cell_index.search(p, visited)[0]) for p in probes]
        )
        report(len(rows), f"inverted file, {visited} of {cells} cells", seconds,
               np.mean(np.equal(found, exact)), built)  # fmt: skip


def ask_graph(graph, probes, ef):
    """Return the entry that a graph finds for each probe."""
    return [int(graph.query(p, k=1, num_threads=1, query_ef=ef)[0][0]) for p in probes]


def clock(search, repeats=3):
    """Return what a search finds, and the seconds of the fastest of some repeats."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        found = search()
        seconds.append(time.perf_counter() - began)
    return found, min(seconds)


def report(count, name, seconds, recall, built):
    """Print one line of the table of indices; a search has 500 probes."""
    print(f"  {count:7,} entries  {name:30} {1e6 * seconds / 500:7.1f} µs a probe, recall "
          f"{recall:.3f}, built in {built:.2f} s", flush=True)  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
