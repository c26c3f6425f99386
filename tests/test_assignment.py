"""A lesson as an assignment of nbgrader: whatever learners do to the cells, it is graded."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from tests.test_build_notebooks import LESSON, NAME, write_lesson
from tools import assignment
from tools.assignment import CONFIG, write_assignment

SECOND = """
# %% [markdown]
# ### Exercise 4.2 · Double

# %%
def double(a):
    ### BEGIN SOLUTION
    return 2 * a
    ### END SOLUTION

# %%
with check("Exercise 4.2"):
    assert double(2) == 4, "two times"
"""
OWN_CHECK = """\
import contextlib

class check(contextlib.suppress):
    def __init__(self, name):
        super().__init__(BaseException)
"""
ANSWERS = {"exercise-4-1-answer": "return a + b", "exercise-4-2-answer": "return 2 * a"}


def cell(notebook, name):
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get(
        "grade_id") == name)  # fmt: skip


def answer(notebook, names=tuple(ANSWERS)):
    for name in names:
        stub = cell(notebook, name)
        stub.source = stub.source.replace("raise NotImplementedError()", ANSWERS[name])


def only_one(notebook):
    answer(notebook, ["exercise-4-2-answer"])


def nothing(notebook):
    """Hand in what was handed out."""


def define_a_check(notebook):
    notebook.cells.insert(-2, new_code_cell(OWN_CHECK))


def copy_cells(notebook):
    """Try again in copies: a check before its answer and at the end, an answer at the end."""
    answer(notebook)
    first, second = cell(notebook, "exercise-4-1-check"), cell(notebook, "exercise-4-2-answer")
    for place, copied in ((0, first), (len(notebook.cells) + 1, first), (-1, second)):
        notebook.cells.insert(place, nbformat.from_dict({**copied, "id": f"copy{place}"}))


def delete(*names):
    def change(notebook):
        answer(notebook)
        for name in names:
            notebook.cells.remove(cell(notebook, name))

    return change


def delete_the_check_of_a_wrong_answer(notebook):
    delete("exercise-4-1-check")(notebook)
    cell(notebook, "exercise-4-1-answer").source = "def add(a, b):\n    return a - b"


def break_the_syntax(notebook):
    answer(notebook, ["exercise-4-2-answer"])
    cell(notebook, "exercise-4-1-answer").source = "def add(a, b:\n    return a + b"


def edit_a_check(notebook):
    cell(notebook, "exercise-4-1-check").source = "pass"


def write_errors(notebook):
    answer(notebook)
    stub = cell(notebook, "exercise-4-1-answer")
    program = "import os; os.write(2, b'W0000 as TensorFlow does'); return a + b"
    stub.source = stub.source.replace("return a + b", program)


SUBMISSIONS = {  # what a learner did, and the points of the two exercises together
    "one_right": (only_one, 1),
    "nothing": (nothing, 0),
    "own_check": (define_a_check, 0),
    "copied": (copy_cells, 2),
    "checks_deleted": (delete("exercise-4-1-check", "exercise-4-2-check"), 2),
    "check_of_a_wrong_answer_deleted": (delete_the_check_of_a_wrong_answer, 1),
    "exercise_deleted": (delete("exercise-4-1-answer", "exercise-4-1-check"), 1),
    "syntax_error": (break_the_syntax, 1),
    "check_edited": (edit_a_check, 0),
    "stderr_from_c": (write_errors, 2),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder for nbgrader, with one assignment."""
    root = tmp_path_factory.mktemp("class")
    (root / "lessons").mkdir()
    write_assignment(write_lesson(root, LESSON + SECOND), root)
    return root


@pytest.fixture(scope="module")
def graded(root):
    """{student: (points, whether a teacher must look)} after the README's commands."""
    nbgrader(root, "generate_assignment", NAME)
    for student, (change, _) in SUBMISSIONS.items():
        notebook = nbformat.read(root / "release" / NAME / f"{NAME}.ipynb", 4)
        change(notebook)
        submitted = root / "submitted" / student / NAME / f"{NAME}.ipynb"
        submitted.parent.mkdir(parents=True)
        nbformat.write(notebook, submitted)
    nbgrader(root, "autograde", NAME)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        submissions = {name: gradebook.find_submission(NAME, name) for name in SUBMISSIONS}
        return {name: (s.score, s.needs_manual_grade) for name, s in submissions.items()}


def nbgrader(folder, *arguments):
    """Run nbgrader in a folder as in an environment that is activated."""
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    command = [programs / "nbgrader", *arguments]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_each_submission_gets_its_points_without_a_teacher(graded, student):
    assert graded[student] == (SUBMISSIONS[student][1], False)


@pytest.mark.usefixtures("graded")
def test_what_nbgrader_releases_holds_no_answer(root):
    text = (root / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert "YOUR CODE HERE" in text and "a + b" not in text


def test_an_assignment_holds_the_answers_and_no_wrong_ones(root):
    source = root / "source" / NAME / f"{NAME}.ipynb"
    text = "\n".join(cell.source for cell in nbformat.read(source, 4).cells)
    assert "### BEGIN SOLUTION\n    return a + b" in text
    assert "a - b" not in text and "Because" not in text


def test_a_teachers_own_configuration_is_kept(root, tmp_path):
    shutil.copytree(root / "lessons", tmp_path / "lessons")
    (tmp_path / CONFIG.name).write_text("c = get_config()\n")
    write_assignment(tmp_path / "lessons" / f"{NAME}.py", tmp_path)
    assert (tmp_path / CONFIG.name).read_text() == "c = get_config()\n"


def test_the_command_line_writes_or_says_why_not(tmp_path, capsys):
    assert assignment.main([str(tmp_path), "00"]) == 0
    assert capsys.readouterr().out.strip().endswith("00_start_here.ipynb")
    assert assignment.main([str(tmp_path), "98"]) == 1
    assert capsys.readouterr().err.startswith("no lesson 98; there are ")
    (tmp_path / "file").touch()
    assert assignment.main([str(tmp_path / "file"), "00"]) == 1
    assert "cannot be written" in capsys.readouterr().err
