"""From a lesson to a chapter, its solutions and an assignment; a broken lesson changes nothing."""

import shutil

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from tools import build_notebooks
from tools.build_notebooks import LessonError, build, main, read_lesson

TITLE = """
# %% [markdown]
# # 04 · Count
"""
IMPORT = """
# %%
from utils.exercises import check

RESOLUTION = 28
"""
HEADING = """
# %% [markdown]
# ### Exercise 4.1 · Sum
"""
WRONG = """
# %% tags=["wrong-answer"]
def add(a, b):
    print("adding")
    return a - b
"""
ALSO_WRONG = """
# %% tags=["wrong-answer"]
def add(a, b):
    return c
"""
ANSWER = '''
# %%
def add(a, b):
    """Return the sum."""
    ### BEGIN SOLUTION
    return a + b
    ### END SOLUTION
'''
CHECK = """
# %%
with check("Exercise 4.1"):
    assert add(2, 3) == 5, "add, do not take away"
"""
WHY = """
# %% [markdown] tags=["why"]
# Because two and three are five.
"""
LAST = """
# %%
RESOLUTION // 2
"""
IGNORE = 'tags=["nbval-ignore-output"]'
LESSON = TITLE + IMPORT + HEADING + WRONG + ALSO_WRONG + ANSWER + CHECK + WHY + LAST
NAME = "04_count"


def write_lesson(root, source):
    path = root / "lessons" / f"{NAME}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(source.lstrip(), encoding="utf-8")
    return path


def notebooks(root):
    """Return the bytes of everything that is not a lesson, by path."""
    files = [path for path in root.rglob("*") if path.is_file() and path.suffix != ".py"]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def read(root, folder):
    return nbformat.read(root / folder / f"{NAME}.ipynb", as_version=4)


def said(cell):
    return "".join(output.text for output in cell.outputs)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course with one lesson, built. Nobody changes it."""
    root = tmp_path_factory.mktemp("course")
    build(write_lesson(root, LESSON), root)
    return root


@pytest.fixture
def course(built, tmp_path):
    """A copy of the course, to be changed."""
    return shutil.copytree(built, tmp_path / "course")


@pytest.fixture
def executed(monkeypatch):
    """No kernel: the folders whose notebooks would have been executed."""
    folders = []

    def execute(notebook, folder, path):
        folders.append(folder.name)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.execution_count = 1
        return notebook

    monkeypatch.setattr(build_notebooks, "execute", execute)
    return folders


# ---------------------------------------------------------------- what is built


def test_a_build_writes_both_notebooks_and_nothing_else(built):
    assert set(notebooks(built)) == {f"chapters/{NAME}.ipynb", f"solutions/{NAME}.ipynb"}


def test_two_builds_give_the_same_bytes(built, course):
    assert len(build(course / "lessons" / f"{NAME}.py", course, force=True)) == 2
    assert notebooks(course) == notebooks(built)


def test_the_chapter_holds_no_answer(built):
    chapter = read(built, "chapters")
    sources = [cell.source for cell in chapter.cells]
    text = "\n".join(sources)
    assert "return" not in text and "SOLUTION\n" not in text and "Because" not in text
    stub = 'def add(a, b):\n    """Return the sum."""\n    # YOUR CODE HERE\n'
    assert sources[3] == stub + "    raise NotImplementedError()"
    assert said(chapter.cells[4]) == "Exercise 4.1: not attempted yet\n"


def test_the_solutions_show_each_answer_with_what_the_check_says(built):
    solutions = read(built, "solutions")
    cells = {cell.id: cell for cell in solutions.cells}
    assert solutions.cells[0].source == "# 04 · Count – solutions"
    printed = " (what your code printed is not shown here)"
    place = "your code raised an error in add, line 2: NameError: name 'c' is not defined"
    assert [(cell.id, said(cell)) for cell in solutions.cells[3:9]] == [
        ("exercise-4-1-wrong-1", ""),
        (
            "exercise-4-1-wrong-1-check",
            f"Exercise 4.1: not yet – add, do not take away{printed}\n",
        ),
        ("exercise-4-1-wrong-2", ""),
        ("exercise-4-1-wrong-2-check", f"Exercise 4.1: not yet – {place}\n"),
        ("exercise-4-1-answer", ""),
        ("exercise-4-1-check", "Exercise 4.1: correct\n"),
    ]
    assert cells["exercise-4-1-answer"].source.endswith("    return a + b")
    assert "Because two and three" in solutions.cells[9].source


@pytest.mark.parametrize("folder", ["chapters", "solutions"])
def test_every_code_cell_is_executed(built, folder):
    code = [cell for cell in read(built, folder).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert code[-1].outputs[0].data == {"text/plain": "14"}


@pytest.mark.parametrize("folder", ["chapters", "solutions"])
def test_the_metadata_is_what_nbgrader_needs(built, folder):
    notebook = read(built, folder)
    MetadataValidator().validate_nb(notebook)
    marks = {cell.id: cell.metadata.get("nbgrader") for cell in notebook.cells}
    answer, check = marks["exercise-4-1-answer"], marks["exercise-4-1-check"]
    assert (answer["solution"], answer["grade"], answer["locked"]) == (True, False, False)
    assert (check["solution"], check["grade"], check["locked"]) == (False, True, True)
    assert check["points"] == 1
    assert {mark["grade_id"] for mark in marks.values() if mark} == {
        answer["grade_id"],
        check["grade_id"],
    }


@pytest.mark.parametrize("folder", ["chapters", "solutions"])
def test_checks_are_folded_to_a_line_that_says_what_to_do(built, folder):
    cells = {cell.id: cell for cell in read(built, folder).cells}
    folded = [i for i, c in cells.items() if c.metadata.get("jupyter") == {"source_hidden": True}]
    assert folded == [i for i in cells if i.startswith("exercise-") and i.endswith("check")]
    assert cells["exercise-4-1-check"].source.startswith("# The check of Exercise 4.1: run this")


def test_ids_are_lasting(built, course):
    """Other text, other answers: the same ids. Only those below an added cell move on."""
    changed = LESSON.replace("a + b", "b + a").replace("Count", "Count up")
    before, after = (
        [cell.id for cell in read_lesson(write_lesson(course, source)).cells]
        for source in (LESSON, changed)
    )
    assert before == after
    assert len(set(before)) == len(before)
    more = read_lesson(write_lesson(course, LESSON.replace(HEADING, LAST + HEADING)))
    exercise = [cell_id for cell_id in before if cell_id.startswith("exercise")]
    assert [cell.id for cell in more.cells if cell.id.startswith("exercise")] == exercise


# ---------------------------------------------------------------- what is built again


@pytest.mark.parametrize(
    "change, folders",
    [
        (LESSON, []),
        (LESSON.replace("a + b", "b + a"), ["solutions"]),
        (LESSON.replace("a - b", "b - a"), ["solutions"]),
        (LESSON.replace("// 2", "// 4"), ["chapters", "solutions"]),
    ],
)
def test_only_changed_code_is_executed_again(course, executed, change, folders):
    path = write_lesson(course, change)
    written = build(path, course)
    assert executed == folders
    assert written == [course / folder / f"{NAME}.ipynb" for folder in folders]
    assert build(path, course) == []


@pytest.mark.parametrize(
    "change",
    [LESSON.replace("Sum", "Total"), LESSON.replace("# %%\nRES", f"# %% {IGNORE}\nRES")],
)
def test_a_changed_text_or_tag_keeps_the_outputs(course, executed, change):
    before = [cell.get("outputs") for cell in read(course, "solutions").cells]
    path = write_lesson(course, change)
    assert len(build(path, course)) == 2 and executed == []
    assert [cell.get("outputs") for cell in read(course, "solutions").cells] == before
    assert build(path, course) == []


DAMAGES = {
    "an unfinished merge": lambda text: text.replace('"execution_count": 1', "<<<<<<< ours"),
    "never executed": lambda text: text.replace('"execution_count": 1', '"execution_count": null'),
    "no counts": lambda text: text.replace('"execution_count"', '"count"'),
    "another kind of file": lambda _: "[]",
    "an object": lambda _: "{}",
    "no cells": lambda _: '{"cells": null, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    "a format of the future": lambda text: text.replace('"nbformat": 4', '"nbformat": 99'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_unexecuted_notebook_is_built_again(course, executed, damage):
    target = course / "chapters" / f"{NAME}.ipynb"
    target.write_text(DAMAGES[damage](target.read_text(encoding="utf-8")), encoding="utf-8")
    assert build(course / "lessons" / f"{NAME}.py", course) == [target]


# ---------------------------------------------------------------- broken lessons

NO_BEGIN = ANSWER.replace("    ### BEGIN SOLUTION\n", "")
NO_END = ANSWER.replace("    ### END SOLUTION\n", "")
IN_ONE_CELL = ANSWER + CHECK.replace("\n# %%", "")

BROKEN = {
    "nothing": ("", "the first cell must be Markdown, '# ' and the title"),
    "no title": (LESSON.replace(TITLE, ""), "the first cell must be Markdown"),
    "another number": (LESSON.replace("04 ·", "05 ·"), "the title must begin with '# 04 · '"),
    "a misspelt tag": (
        LESSON.replace("wrong-answer", "wrong_answer", 1),
        "cell-004 «def add(a, b):»: unknown tags ['wrong_answer']; there are ['headline',",
    ),
    "an empty answer": (
        LESSON.replace("    return a + b\n", ""),
        "cell-006 «def add(a, b):»: there is no answer between ### BEGIN SOLUTION and",
    ),
    "an answer in the text": (
        LESSON.replace("# Because", "# ### BEGIN SOLUTION\n# Because"),
        "cell-008 «### BEGIN SOLUTION»: an answer stands in a code cell",
    ),
    "no begin": (LESSON.replace(ANSWER, NO_BEGIN), "cell-006 «def add(a, b):»: each ### BEGIN"),
    "no end": (LESSON.replace(ANSWER, NO_END), "needs an ### END SOLUTION after it; here are ['"),
    "end first": (
        LESSON.replace("BEGIN", "@").replace("END", "BEGIN").replace("@", "END"),
        "here are ['### END SOLUTION', '### BEGIN SOLUTION']",
    ),
    "misspelt": (LESSON.replace("### BEGIN", "## BEGIN"), "here are ['## BEGIN SOLUTION'"),
    "a check too early": (
        TITLE + IMPORT + CHECK,
        "cell-003 «with check(\"Exercise 4.1\"):»: a check of exercise 4.1 without that exercise",
    ),
    "another check": (
        LESSON.replace('check("Exercise 4.1")', 'check("Exercise 4.2")'),
        "a check of exercise 4.2 without that exercise above it",
    ),
    "twice": (
        LESSON + HEADING + ANSWER + CHECK,
        "exercise-4-1 «### Exercise 4.1 · Sum»: there are two exercises 4.1",
    ),
    "another chapter": (
        LESSON.replace("Exercise 4.1", "Exercise 5.1"),
        "exercise-5-1 «### Exercise 5.1 · Sum»: exercise 5.1 stands in chapter 4",
    ),
    "no answer": (LESSON.replace(ANSWER, ""), f"{NAME}.py: exercise 4.1 has no answer"),
    "no check": (LESSON.replace(CHECK, ""), f"{NAME}.py: exercise 4.1 has no check"),
    "two answers": (
        LESSON.replace(ANSWER, ANSWER * 2),
        "cell-007 «def add(a, b):»: exercise 4.1 has two answers",
    ),
    "two checks": (LESSON.replace(CHECK, CHECK * 2), "exercise 4.1 has two checks"),
    "in one cell": (
        LESSON.replace(CHECK, IN_ONE_CELL),
        "cell-007 «def add(a, b):»: an answer and a check in one cell; give each its own",
    ),
    "an answer too early": (
        LESSON.replace(HEADING + WRONG, WRONG + HEADING),
        "cell-003 «def add(a, b):»: an answer outside an exercise",
    ),
    "wrong too late": (
        LESSON.replace(CHECK, WRONG + CHECK),
        "cell-007 «def add(a, b):»: a wrong answer must stand before the answer",
    ),
}  # fmt: skip


def assert_stops(course, source, reason):
    """Assert that a lesson does not build, that it is said why, and that nothing was touched."""
    before = notebooks(course)
    with pytest.raises(LessonError) as error:
        build(write_lesson(course, source), course)
    assert str(error.value).startswith(f"{NAME}.py")
    assert reason in str(error.value)
    assert notebooks(course) == before


@pytest.mark.parametrize("kind", BROKEN)
def test_a_lesson_in_disorder_stops_before_anything_is_executed(course, executed, kind):
    assert_stops(course, *BROKEN[kind])
    assert executed == []


FAILING = {
    "an answer that fails": (
        LESSON.replace("Count", "Count up").replace("a + b", "a * b"),  # a new chapter, too
        "exercise-4-1-check «# The check of Exercise 4.1: run this cell»: "
        "the check must say «correct», "
        "but it says «Exercise 4.1: not yet – add, do not take away»",
    ),
    "a wrong answer that passes": (
        LESSON.replace("return c", "return b + a"),
        "exercise-4-1-wrong-2-check «# The check of Exercise 4.1: run this cell»: "
        "the check must say «not yet – », but it says «Exercise 4.1: correct»",
    ),
    "a cell that raises": (
        LESSON.replace("// 2", "// 0"),
        "cell-009 «RESOLUTION // 0»: raises ZeroDivisionError: integer",
    ),
    "a cell that needs an answer": (
        LESSON + "\n# %%\nadd(1, 1)\n",
        "cell-010 «add(1, 1)»: raises NotImplementedError",
    ),
    "a number beyond its bound": (
        LESSON + "\n# %%\nfrom utils.claims import expect\n\nprint(expect(0.8, at_least=0.9))\n",
        "cell-010 «from utils.claims import expect»: a number is not as the text expects it: "
        "0.800 (expected at least 0.9)",
    ),
    "a slow cell": (
        LESSON.replace("// 2", "// 2; import time; time.sleep(60)"),
        "cell-009 «RESOLUTION // 2; import time; time.sleep(60)»: takes longer than 2 s",
    ),
    "a kernel that dies": (
        LESSON.replace("// 2", "// 2; import os; os._exit(1)"),
        "cell-009 «RESOLUTION // 2; import os; os._exit(1)»: the kernel died",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAILING)
def test_a_lesson_that_fails_leaves_the_notebooks_as_they_were(course, monkeypatch, kind):
    if kind == "a slow cell":
        monkeypatch.setattr(build_notebooks, "CELL_SECONDS", 2)
    assert_stops(course, *FAILING[kind])


# ---------------------------------------------------------------- the command line


def test_main_reports_a_broken_lesson(course, monkeypatch, capsys):
    path = write_lesson(course, LESSON.replace(CHECK, ""))
    monkeypatch.setattr(build_notebooks, "find_lessons", lambda numbers: [path])
    assert main([]) == 1
    assert capsys.readouterr() == ("", f"{NAME}.py: exercise 4.1 has no check\n")


def test_main_names_a_lesson_that_does_not_exist(capsys):
    assert main(["98"]) == 1
    assert capsys.readouterr().err.startswith("no lesson 98; there are ")


def test_lessons_are_found_in_order_by_number(tmp_path):
    (tmp_path / "lessons").mkdir()
    for name in ("10_ten.py", "02_two.py", "notes.py", "03_three.txt"):
        (tmp_path / "lessons" / name).touch()
    names = [path.name for path in build_notebooks.find_lessons(root=tmp_path)]
    assert names == ["02_two.py", "10_ten.py"]
    assert [p.name for p in build_notebooks.find_lessons(["10"], tmp_path)] == ["10_ten.py"]
