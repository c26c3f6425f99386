"""A lesson's code cells, run with other settings than the chapter's, for the benchmarks here."""

import io
import linecache
from contextlib import redirect_stdout
from pathlib import Path

import jupytext

LESSONS = Path(__file__).resolve().parent.parent / "lessons"


def cells_up_to(stem, last, changes):
    """Return the sources of a lesson's code cells, with some of their text replaced.

    Args:
        stem: name of the lesson, such as "10_data_challenges".
        last: text with which the last wanted cell begins.
        changes: {text: replacement}; each text must stand in exactly one place.
    """
    cells = jupytext.read(LESSONS / f"{stem}.py").cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    end = next(i for i, source in enumerate(sources) if source.startswith(last))
    sources = sources[: end + 1]
    for old, new in changes.items():
        places = [i for i, source in enumerate(sources) if old in source]
        if len(places) != 1:
            raise SystemExit(f"the lesson holds {old!r} in {len(places)} cells, not in one")
        sources[places[0]] = changed(sources[places[0]], old, new)
    return sources


def changed(source, old, new):
    """Return the source with the one place where it holds `old` replaced."""
    if source.count(old) != 1:
        raise SystemExit(f"the cell holds {old!r} {source.count(old)} times, not once")
    return source.replace(old, new)


def run(source, names):
    """Run a cell among these names, which it may change; return what it printed."""
    place = f"<cell {len(linecache.cache)}>"  # TensorFlow reads the source of what it translates
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, place, "exec"), names)
    return printed.getvalue()
