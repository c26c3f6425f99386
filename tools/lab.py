"""Put the chapters into work/, with a folder for the learner's photos, and open JupyterLab there.

    python tools/lab.py [--fresh "04 07"] [options of jupyter lab]

Learners write into their own copies in work/, which start without outputs, so that a prediction
comes before its result. A copy that exists is never changed: when its chapter has changed, this
says so, and `--fresh 04` (`make lab FRESH=04`) keeps the old copy under a dated name and takes the
new chapter.
"""

import argparse
import datetime
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRESH = "python tools/lab.py --fresh" if os.name == "nt" else "make lab FRESH="


PHOTOS = """\
Put photos of your own into this folder: JPEG, PNG, GIF, WebP, AVIF, BMP or TIFF, as many as you
like. Chapter 01 lets a network that knows a thousand things name them. Chapter 17 learns your own
classes, from one folder for each, such as photos/cup/ and photos/glass/. An iPhone's HEIC files
must be exported as JPEG first. Your photos stay on this machine; the course never changes them.
"""


class LabError(Exception):
    """JupyterLab cannot be opened on the learner's copies; one sentence says why."""


# ---------------------------------------------------------------- the learner's copies


def find_chapters(folder):
    """Return {two-digit number: path} of the notebooks in chapters/, in order."""
    return {path.name[:2]: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}


def fingerprint(path):
    """Return what identifies the sources of a built notebook, None if the file does not say."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["metadata"]["course"]["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def copy_chapters(chapters, work, fresh=(), today=None):
    """Copy into work/ what is missing there; keep every copy that exists.

    Args:
        chapters: {number: path}, as find_chapters gives it.
        work: the learner's folder.
        fresh: numbers of the chapters to take anew.
        today: the date for the names of old copies; None: the real one.

    Returns:
        list of lines to tell the learner.

    Raises:
        LabError: if there is no chapter with a number of fresh; nothing is copied then.
    """
    unknown = sorted(set(fresh) - set(chapters))
    if unknown:
        raise LabError(
            f"There is no chapter {', '.join(unknown)}: the chapters are {', '.join(chapters)}."
        )
    work.mkdir(exist_ok=True)
    lines = []
    for number, chapter in chapters.items():
        mine = work / chapter.name
        if number in fresh and os.path.lexists(mine):
            old = dated_name(mine, today or datetime.date.today())
            mine.rename(old)
            lines.append(f"{mine.name} is the new chapter; your copy is kept as {old.name}.")
        if os.path.lexists(mine):  # be it a link to a stick that is not plugged in
            lines += compare(number, chapter, mine)
        else:
            write_whole(mine, without_outputs(chapter))
    return lines


def compare(number, chapter, mine):
    """Return what to tell about a copy that exists: one line, or nothing if it is up to date."""
    origin = fingerprint(mine)
    if origin is None:
        what = "cannot be read as a copy of a chapter and is left as it is"
    elif origin != fingerprint(chapter):
        what = "was copied from an earlier version of the chapter"
    else:
        return []
    how = f"{FRESH}{number}" if FRESH.endswith("=") else f"{FRESH} {number}"
    return [f"{mine.name} {what}; to take the new chapter and keep your copy: {how}"]


def dated_name(path, today):
    """Return a name that is free and that begins with the date, which a narrow list shows.

    First 2026-11-23_04_name.ipynb, then 2026-11-23-2_04_name.ipynb.
    """
    dated, number = path.with_name(f"{today}_{path.name}"), 2
    while os.path.lexists(dated):
        dated = path.with_name(f"{today}-{number}_{path.name}")
        number += 1
    return dated


def without_outputs(chapter):
    """Return a built notebook's text as nobody has run it yet."""
    notebook = json.loads(chapter.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def last_used(copies):
    """Return the copy that was run or saved last with results in it; else the first."""
    return max(filter(was_run, copies), key=lambda copy: copy.stat().st_mtime, default=copies[0])


def was_run(copy):
    """Return whether a notebook holds a cell that was executed."""
    try:
        cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
        return any(cell.get("execution_count") for cell in cells)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def prepare_work(chapters, work, fresh):
    """Make the learner's folder ready; return the lines to tell.

    Raises:
        LabError: if a chapter is unknown, or a file or folder cannot be read or written.
    """
    try:
        lines = copy_chapters(chapters, work, fresh)
        make_photo_folder(work)
    except OSError as error:
        raise LabError(
            f"{error.filename or work} cannot be read or written ({error.strerror}): the course "
            "needs a folder of your own, with room on its disk, for what you write."
        ) from None
    return lines


def make_photo_folder(work):
    """Make the folder for the learner's own photos, with a note what it is for, once."""
    photos = work / "photos"
    if not os.path.lexists(photos):
        photos.mkdir(exist_ok=True)
        write_whole(photos / "README.txt", PHOTOS)


def write_whole(target, text):
    """Write a new file; if that fails or is interrupted, there is no half of it under its name."""
    unfinished = target.with_suffix(f".unfinished-{os.getpid()}")  # two starts at once: two names
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


# ---------------------------------------------------------------- JupyterLab


def jupyter_arguments(root, first, extra, as_root):
    """Return JupyterLab's arguments: the whole course as its root folder, one notebook in front.

    Args:
        root: the checkout's folder.
        first: path of the notebook to show, inside root.
        extra: the user's own arguments.
        as_root: whether the user is the superuser, as in many containers.
    """
    shown = first.relative_to(root).as_posix()
    arguments = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{shown}"]
    return arguments + ["--allow-root"] * as_root + list(extra)


def start_jupyter(arguments):
    """Run JupyterLab in this process until it is stopped."""
    from jupyterlab.labapp import main as jupyterlab  # here: it takes a second

    # tools/jupyter_config: no question about news at the first start, and a short log, so that
    # what this program says is not lost in it. All other settings stay.
    paths = [str(ROOT / "tools" / "jupyter_config"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    sys.path.insert(0, str(ROOT))  # that configuration names tools.course_files
    jupyterlab(arguments)


def main(arguments=None, root=ROOT, start=start_jupyter):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--fresh", default="", metavar="NN", help="chapters to take anew")
    options, extra = parser.parse_known_args(arguments)
    fresh = [number.zfill(2) for number in options.fresh.replace(",", " ").split()]
    chapters = find_chapters(root / "chapters")
    if not chapters:
        print("There are no chapters yet: make notebooks builds them.", file=sys.stderr)
        return 1
    try:
        lines = prepare_work(chapters, root / "work", fresh)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines), end="\n" * bool(lines), flush=True)
    first = last_used([root / "work" / path.name for path in chapters.values()])
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    start(jupyter_arguments(root, first, extra, as_root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
