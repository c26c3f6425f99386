"""Build chapters/ and solutions/ from lessons/.

A lesson (`lessons/NN_name.py`, jupytext's percent format) holds every exercise whole: its task,
wrong answers, the answer and the check. `chapters/NN_name.ipynb` is the lesson without the
answers, `solutions/NN_name.ipynb` shows each wrong answer with the feedback it gets, then the
answer. Both are executed in a fresh kernel. A notebook whose source did not change is left as it
is; one of which only text or comments changed keeps its outputs.

    python -m tools.build_notebooks                 every lesson
    python -m tools.build_notebooks 04 07           some lessons
    python -m tools.build_notebooks --force 04      execute again although nothing changed
"""

import argparse
import copy
import functools
import hashlib
import itertools
import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbgrader.preprocessors import CheckCellMetadata, ClearSolutions, LockCells

from tools.links import (
    HEADING,
    MentionError,
    heading_id,
    link_mentions,
    link_terms,
    read_course,
    way,
)
from tools.reading import HEADLINE, said

ROOT = Path(__file__).resolve().parent.parent
LESSONS = "[0-9][0-9]_*.py"
CELL_SECONDS = 60  # a cell that takes longer is not fit for a class
KEPT_CELL_METADATA = ("tags", "nbgrader", "deletable", "editable")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

EXERCISE_HEADING = re.compile(r"^### Exercise (\d+)\.(\d+) · ", re.MULTILINE)
CHECK = re.compile(r'^with check\("Exercise (\d+\.\d+)"\):', re.MULTILINE)
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
MARKER = re.compile(r"\b(BEGIN|END) SOLUTION\b")
WRONG, WHY = "wrong-answer", "why"  # tags of cells that only the solutions show
IGNORED = "nbval-ignore-output"  # tag of a cell whose output is not compared
TAGS = {WRONG, WHY, IGNORED, HEADLINE}
IMPORT_CHECK = "from utils.exercises import check"
FOLDED = {"jupyter": {"source_hidden": True}}  # a check shows its first line and what it says


class LessonError(Exception):
    """A lesson is broken; the message says in which cell and why."""


@dataclass
class Exercise:
    """The cells of one exercise, in the order in which the lesson has them."""

    number: str
    wrong_answers: list = field(default_factory=list)
    answer: object = None
    check: object = None

    def grade_id(self, part):
        """Return the id of a cell of this exercise, such as exercise-4-1-answer."""
        return f"exercise-{self.number.replace('.', '-')}-{part}"


# ---------------------------------------------------------------- from a lesson to two notebooks


def read_lesson(path):
    """Return the lesson as a notebook whose cells have lasting ids and only the metadata we name.

    Raises:
        LessonError: if the title or a tag is none that we know, or the exercises are not in
            order.
    """
    notebook = jupytext.read(path, fmt="py:percent")
    title = notebook.cells[0] if notebook.cells else None
    if title is None or title.cell_type != "markdown" or not title.source.startswith("# "):
        raise LessonError(f"{path.name}: the first cell must be Markdown, '# ' and the title")
    if not title.source.startswith(f"# {path.name[:2]} · "):
        raise LessonError(f"{path.name}: the title must begin with '# {path.name[:2]} · '")
    notebook.cells = [part for cell in notebook.cells for part in _at_headings(cell)]
    for number, cell in enumerate(notebook.cells, start=1):
        cell.source = cell.source.strip("\n")  # ruff puts empty lines above a function
        cell.id = heading_id(cell.source) or f"cell-{number:03d}"
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in KEPT_CELL_METADATA}
        _require_known(cell, path)
    notebook.metadata = {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _mark_exercises(notebook, path)
    return notebook


def _at_headings(cell):
    """Return a cell in parts that each begin with a numbered heading: links lead to cells."""
    if cell.cell_type != "markdown":
        return [cell]
    starts = [0, *(found.start() for found in HEADING.finditer(cell.source)), len(cell.source)]
    texts = [cell.source[a:b].strip() for a, b in itertools.pairwise(starts)]
    return [nbformat.v4.new_markdown_cell(text, metadata=cell.metadata) for text in texts if text]


def _require_known(cell, path):
    """Raise LessonError for what would put an answer into a chapter: a misspelt tag or place."""
    unknown = sorted(set(cell.metadata.get("tags", [])) - TAGS)
    if unknown:
        raise _fault(path, cell, f"unknown tags {unknown}; there are {sorted(TAGS)}")
    if cell.cell_type != "code" and MARKER.search(cell.source):
        raise _fault(path, cell, "an answer stands in a code cell")


def find_exercises(notebook, path):
    """Return the lesson's exercises, each with its wrong answers, its answer and its check.

    Raises:
        LessonError: if a part is missing, doubled, unmatched or outside an exercise.
    """
    chapter = str(int(path.name[:2]))
    exercises, current = {}, None
    for cell in notebook.cells:
        heading = EXERCISE_HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            number = f"{heading[1]}.{heading[2]}"
            if number in exercises:
                raise _fault(path, cell, f"there are two exercises {number}")
            if heading[1] != chapter:
                raise _fault(path, cell, f"exercise {number} stands in chapter {chapter}")
            current = exercises[number] = Exercise(number)
        elif cell.cell_type == "code":
            _add_code(current, cell, path)
    for exercise in exercises.values():
        for part in ("answer", "check"):
            if getattr(exercise, part) is None:
                raise LessonError(f"{path.name}: exercise {exercise.number} has no {part}")
    return list(exercises.values())


def _add_code(exercise, cell, path):
    """Give a code cell its place in the exercise; plain code has none."""
    check = CHECK.search(cell.source)
    if check and (exercise is None or exercise.number != check[1]):
        raise _fault(path, cell, f"a check of exercise {check[1]} without that exercise above it")
    has_answer = _has_solution(cell, path)
    is_wrong = WRONG in cell.metadata.get("tags", [])
    if (has_answer or is_wrong) and exercise is None:
        raise _fault(path, cell, "an answer outside an exercise")
    if check:
        if has_answer or is_wrong:
            raise _fault(path, cell, "an answer and a check in one cell; give each its own")
        if exercise.check is not None:
            raise _fault(path, cell, f"exercise {exercise.number} has two checks")
        exercise.check = cell
    elif has_answer:
        if exercise.answer is not None:
            raise _fault(path, cell, f"exercise {exercise.number} has two answers")
        exercise.answer = cell
    elif is_wrong:
        if exercise.answer is not None:
            raise _fault(path, cell, "a wrong answer must stand before the answer")
        exercise.wrong_answers.append(cell)


def _has_solution(cell, path):
    lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
    if (BEGIN, END) in itertools.pairwise(lines):
        raise _fault(path, cell, f"there is no answer between {BEGIN} and {END}")
    markers = [line for line in lines if MARKER.search(line)]
    if markers != [BEGIN, END] * (len(markers) // 2):
        raise _fault(path, cell, f"each {BEGIN} needs an {END} after it; here are {markers}")
    return bool(markers)


def _mark_exercises(notebook, path):
    """Give the exercises' cells their ids and nbgrader's metadata."""
    for exercise in find_exercises(notebook, path):
        _mark(exercise.answer, exercise.grade_id("answer"), solution=True)
        _mark(exercise.check, exercise.grade_id("check"), solution=False)
        _fold(exercise.check, exercise.number)
        for number, cell in enumerate(exercise.wrong_answers, start=1):
            cell.id = exercise.grade_id(f"wrong-{number}")


def _fold(check, number):
    """Fold a check, which is long and holds spoilers: what is seen is the line put above it."""
    check.source = f"# The check of Exercise {number}: run this cell\n{check.source}"
    check.metadata.update(FOLDED)


def _mark(cell, grade_id, solution):
    cell.id = grade_id
    cell.metadata["nbgrader"] = {
        "cell_type": "code",
        "grade": not solution,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
        **({} if solution else {"points": 1}),
    }


def make_assignment(lesson):
    """Return what nbgrader takes as an assignment's source: answers in, wrong answers out.

    Each check imports `check` itself, so that nothing else of that name can take its place.
    """
    assignment = _without_what_only_solutions_show(lesson)
    for cell in assignment.cells:
        if cell.cell_type == "code" and CHECK.search(cell.source):
            what_it_is, code = cell.source.split("\n", 1)
            cell.source = f"{what_it_is}\n{IMPORT_CHECK}\n\n{code}"
    return assignment


def make_chapter(lesson, path):
    """Return what a learner opens: no answers."""
    chapter = _without_what_only_solutions_show(lesson)
    for preprocessor in (CheckCellMetadata(), LockCells(), ClearSolutions()):
        chapter, _ = preprocessor.preprocess(chapter, {})
    left = [cell for cell in chapter.cells if MARKER.search(cell.source)]
    if left:
        raise _fault(path, left[0], "an answer is left in the chapter")
    return _with_origin(chapter, path)


def make_solutions(lesson, path):
    """Return the lesson with each wrong answer checked, then the answer."""
    check_of = {
        wrong.id: exercise.check
        for exercise in find_exercises(lesson, path)
        for wrong in exercise.wrong_answers
    }
    cells = []
    for cell in lesson.cells:
        cells.append(cell)
        if cell.id in check_of:
            check = nbformat.v4.new_code_cell(check_of[cell.id].source, id=f"{cell.id}-check")
            check.metadata = {"tags": [WRONG], **FOLDED}
            cells.append(check)
    solutions = _with_cells(lesson, cells)
    for cell in solutions.cells:
        lines = cell.source.splitlines()
        cell.source = "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
    title, *rest = solutions.cells[0].source.splitlines()
    solutions.cells[0].source = "\n".join([f"{title} – solutions", *rest])
    return _with_origin(solutions, path)


def _without_what_only_solutions_show(lesson):
    kept = [c for c in lesson.cells if not {WRONG, WHY} & set(c.metadata.get("tags", []))]
    return _with_cells(lesson, kept)


def _with_cells(notebook, cells):
    return nbformat.from_dict({**copy.deepcopy(dict(notebook)), "cells": copy.deepcopy(cells)})


def _with_origin(notebook, path):
    """Note in the notebook where it comes from, and a fingerprint of all its sources."""
    sources = "\0".join(cell.source for cell in notebook.cells)
    fingerprint = hashlib.sha256(sources.encode()).hexdigest()[:16]
    notebook.metadata["course"] = {"lesson": f"lessons/{path.name}", "fingerprint": fingerprint}
    return notebook


def _fault(path, cell, reason):
    first_line = cell.source.strip().splitlines()[0] if cell.source.strip() else "(empty)"
    return LessonError(f"{path.name}, {cell.id} «{first_line}»: {reason}")


# ---------------------------------------------------------------- execution


def execute(notebook, folder, path):
    """Run a notebook in a fresh kernel and return it with its outputs.

    Raises:
        LessonError: if a cell raises or takes too long, a check does not say what it must, or a
            number breaks its bound (`expect`).
    """
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
        on_cell_start=lambda cell, cell_index: started.append(cell),
    )
    started = []
    try:
        client.execute()
    except CellTimeoutError:
        raise _fault(path, started[-1], f"takes longer than {CELL_SECONDS} s") from None
    except CellExecutionError as error:
        reason = f"raises {error.ename}: {error.evalue}"
        raise _fault(path, started[-1], reason) from None
    except DeadKernelError:
        raise _fault(path, started[-1], "the kernel died (out of memory?)") from None
    _drop_what_changes(notebook)
    for cell in notebook.cells:
        fault = check_fault(cell, answered=folder.name == "solutions") or claim_fault(cell)
        if fault:
            raise _fault(path, cell, fault)
    return notebook


def _drop_what_changes(notebook):
    """Remove what differs from run to run and means nothing later: the identities of widgets."""
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


def check_fault(cell, answered):
    """Return what is wrong with what a check cell says, or None.

    Args:
        cell: an executed notebook cell, of any kind.
        answered: whether the notebook is one of solutions/.
    """
    check = CHECK.search(cell.source) if cell.cell_type == "code" else None
    if not check:
        return None
    text = said(cell)
    if not answered:
        wanted = "not attempted yet"
    elif WRONG in cell.metadata.get("tags", []):
        wanted = "not yet – "
    else:
        wanted = "correct"
    if text.startswith(f"Exercise {check[1]}: {wanted}") and text.count("\n") == 1:
        return None
    return f"the check must say «{wanted}», but it says «{text.strip()}»"


def claim_fault(cell):
    """Return the line of a cell that shows a number beyond its bound (`expect`), or None.

    Args:
        cell: an executed notebook cell, of any kind.
    """
    broken = re.search(r"^.*\(expected at (?:least|most) .*$", said(cell), re.MULTILINE)
    return f"a number is not as the text expects it: {broken[0]}" if broken else None


# ---------------------------------------------------------------- the build


@functools.cache
def _course(lessons):
    """Return what can be linked to, from pairs (path, time of its last change)."""
    return read_course({path.stem: read_lesson(path) for path, _ in lessons})


def products(path):
    """Return {folder name: notebook without outputs} for a lesson.

    Raises:
        LessonError: if the lesson is broken, or mentions a place that no lesson has.
    """
    lesson = read_lesson(path)
    link(lesson, path)
    return {"chapters": make_chapter(lesson, path), "solutions": make_solutions(lesson, path)}


def link(lesson, path):
    """Make links of what a lesson mentions, and end it with the way on; change it in place."""
    number = path.name[:2]
    lessons = sorted(path.parent.glob(LESSONS))
    course = _course(tuple((lesson, lesson.stat().st_mtime_ns) for lesson in lessons))
    texts = [cell for cell in lesson.cells if cell.cell_type == "markdown"]
    for cell in texts:
        try:
            cell.source = link_mentions(cell.source, number, course)
        except MentionError as error:
            raise _fault(path, cell, str(error)) from None
    link_terms(texts, number, course)
    lesson.cells.append(nbformat.v4.new_markdown_cell(way(number, course), id="way"))


def build(path, root=ROOT, force=False):
    """Build one lesson's two notebooks; write both or none.

    Returns:
        list of the paths that were written.

    Raises:
        LessonError: if the lesson is broken.
    """
    executed = {}
    for folder, notebook in products(path).items():
        target = root / folder / f"{path.stem}.ipynb"
        if force or not is_current(target, notebook):
            target.parent.mkdir(exist_ok=True)
            stored = None if force else stored_outputs(target, notebook)
            executed[target] = stored or execute(notebook, target.parent, path)
    for target, notebook in executed.items():
        write(target, notebook)
    return list(executed)


def is_current(target, notebook):
    """Return whether the file holds this notebook, with every code cell executed."""
    stored = _read_executed(target)
    return stored is not None and same_source(stored, notebook)


def stored_outputs(target, notebook):
    """Return the notebook with the outputs of the file, or None if the code is another.

    A changed text or comment needs no new run: the tests run every notebook and compare the
    outputs anyway.
    """
    stored = _read_executed(target)
    if stored is None or _code(stored) != _code(notebook):
        return None
    code = [[c for c in n.cells if c.cell_type == "code"] for n in (stored, notebook)]
    for old, new in zip(*code):
        new.outputs, new.execution_count = old.outputs, old.execution_count
    return notebook


def _code(notebook):
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return [re.sub(r"^ *#.*\n?", "", source, flags=re.MULTILINE).strip() for source in code]


def _read_executed(target):
    """Return the notebook that a file holds; None unless every code cell was executed."""
    if not target.exists():
        return None
    try:
        stored = nbformat.read(target, as_version=4)
        ran = all(c.execution_count for c in stored.cells if c.cell_type == "code")
    except Exception:  # not a notebook, such as the marks of an unfinished merge: build it again
        return None
    return stored if ran else None


def same_source(first, second):
    """Return whether two notebooks agree in everything but outputs."""
    return _source(first) == _source(second)


def _source(notebook):
    cells = [(c.id, c.cell_type, c.source, c.metadata) for c in notebook.cells]
    return cells, notebook.metadata


def write(target, notebook):
    """Write a notebook; if that is interrupted, the file is as it was."""
    nbformat.validate(notebook)
    unfinished = target.with_suffix(".unfinished")
    nbformat.write(notebook, unfinished)
    os.replace(unfinished, target)


def find_lessons(numbers=(), root=ROOT):
    """Return the lessons' paths, in order: all, or those with the given two-digit numbers.

    Raises:
        LessonError: if there is no lesson with such a number.
    """
    lessons = sorted((root / "lessons").glob(LESSONS))
    known = [path.name[:2] for path in lessons]
    unknown = sorted(set(numbers) - set(known))
    if unknown:
        raise LessonError(f"no lesson {', '.join(unknown)}; there are {', '.join(known)}")
    return [path for path in lessons if not numbers or path.name[:2] in numbers]


def _build_and_report(path, force):
    try:
        written = build(path, force=force)
    except LessonError as error:
        return str(error), False
    names = ", ".join(str(target.relative_to(ROOT)) for target in written)
    return f"{path.name}: {names or 'nothing changed'}", True


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lessons", nargs="*", metavar="NN", help="two digits; none: every lesson")
    parser.add_argument("--force", action="store_true", help="execute what did not change, too")
    options = parser.parse_args(arguments)
    try:
        lessons = find_lessons(options.lessons)
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1
    with ProcessPoolExecutor(2) as pool:
        reports = pool.map(_build_and_report, lessons, [options.force] * len(lessons))
        all_good = True
        for message, good in reports:
            print(message, file=sys.stdout if good else sys.stderr, flush=True)
            all_good = all_good and good
    return 0 if all_good else 1


if __name__ == "__main__":
    sys.exit(main())
