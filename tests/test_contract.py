"""Each rule of the contract lets a small good lesson pass, and catches a broken one."""

import base64
import shutil
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests import contract
from tools.build_notebooks import CHECK, WRONG, products

SMALL_LESSON = Path(__file__).with_name("small_lesson.py")
EXPECTED = {"chapters": "not attempted yet", "solutions": "correct"}


@pytest.fixture
def built(tmp_path):
    """The small lesson's two notebooks, with the outputs that executing them would give."""
    lesson = shutil.copy(SMALL_LESSON, tmp_path / "04_small_lesson.py")
    notebooks = products(Path(lesson))
    for folder, notebook in notebooks.items():
        for number, cell in enumerate(contract.code_cells(notebook), start=1):
            cell.execution_count = number
            cell.outputs = outputs(cell, folder)
    return notebooks


@pytest.fixture
def chapter(built):
    return built["chapters"]


@pytest.fixture
def solutions(built):
    return built["solutions"]


def outputs(cell, folder):
    check = CHECK.search(cell.source)
    if check:
        said = "not yet – count again" if WRONG in contract.tags(cell) else EXPECTED[folder]
        return [stream(f"Exercise {check[1]}: {said}\n")]
    if cell.source == 'print("this")':
        return [stream("this\n")]
    return [picture(), below()] if "show(" in cell.source else []


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def shown(text):
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


def below(alt="a line"):
    return new_output("display_data", data={"text/html": f"<details>{alt}</details>"})


def picture(size=100, alt="a line"):
    encoded = base64.b64encode(bytes(size)).decode()
    data = {"image/png": encoded, "text/plain": alt}
    return new_output("display_data", data=data, metadata={"image/png": {"alt": alt}})


def cell_with(notebook, text):
    return next(cell for cell in notebook.cells if text in cell.source)


def replace(old, new):
    """Return a way to break a notebook: in the first cell that holds `old`, put `new` there."""

    def change(notebook):
        cell = cell_with(notebook, old)
        cell.source = cell.source.replace(old, new, 1)

    return change


def remove(text):
    """Return a way to break a notebook: without the first cell that holds `text`."""

    def change(notebook):
        notebook.cells.remove(cell_with(notebook, text))

    return change


def output(text, *new):
    """Return a way to break a notebook: other outputs of the first cell that holds `text`."""

    def change(notebook):
        cell_with(notebook, text).outputs = list(new)

    return change


def say(exercise, text):
    """Return a way to break a notebook: other words from an exercise's last check."""

    def change(notebook):
        cells = [c for c in notebook.cells if f'check("Exercise {exercise}")' in c.source]
        cells[-1].outputs = [stream(f"Exercise {exercise}: {text}\n")]

    return change


def forget_to_run(notebook):
    contract.code_cells(notebook)[3].execution_count = None


def tag(text, name):
    def change(notebook):
        cell_with(notebook, text).metadata["tags"] = [name]

    return change


def show_late(notebook):
    for cell, _ in contract.figures(notebook):
        notebook.cells.remove(cell)
        notebook.cells.append(cell)


def lose_points(notebook):
    graded = [c for c in notebook.cells if c.id == "exercise-4-2-check"]
    del graded[0].metadata["nbgrader"]["points"]


def untag(name):
    def change(notebook):
        for cell in notebook.cells[-20:]:
            cell.metadata["tags"] = [t for t in contract.tags(cell) if t != name]

    return change


@pytest.mark.parametrize(
    "rule", contract.CHAPTER_RULES + contract.ANY_RULES, ids=lambda r: r.__name__
)
def test_a_good_chapter_passes(chapter, rule):
    assert rule(chapter) == []


@pytest.mark.parametrize(
    "rule", contract.SOLUTION_RULES + contract.ANY_RULES, ids=lambda r: r.__name__
)
def test_good_solutions_pass(solutions, rule):
    assert rule(solutions) == []


BROKEN_CHAPTERS = [
    (contract.opening, replace("# 04 · Build a small lesson", "# Small lesson")),
    (contract.opening, replace("- break it;\n- see that it is caught.", "- break it.")),
    (contract.opening, replace("**You will learn to**", "You learn:")),
    (contract.opening, replace("**You need** nothing.", "")),
    (contract.opening, replace("under 1 minute of computing", "not long")),
    (contract.core_path, replace("| the rule | 1 |", "| the rule | 2 |")),
    (contract.core_path, replace("| core |", "| |")),
    (contract.few_imports_first, replace("from utils.exercises", "import x\n" * 12 + "from y")),
    (contract.quiet_start, replace("start()", "start(1)")),
    (contract.quiet_start, remove("from utils.runtime import start")),
    (contract.early_figure, show_late),
    (contract.experiment, remove("**Predict.**")),
    (contract.experiment, remove("**Explain.**")),
    (contract.experiment, remove('print("this")')),
    (contract.headline, output('print("this")', stream("two\nlines\n"))),
    (contract.headline, output('print("this")', stream("long " * 50))),
    (contract.headline, output('print("this")', stream(""))),
    (contract.headline, tag('print("this")', "figure")),
    (contract.headline, tag('quiz("04")', "headline")),
    (contract.exercise_count, replace("### Exercise 4.3 ·", "### Task 4.3 ·")),
    (contract.exercise_count, replace("### Exercise 4.3 ·", "### Exercise 4.4 ·")),
    (contract.hints, replace("<details><summary>Hint 2</summary>\nb\n</details>", "")),
    (contract.hints, replace("</details>", "")),
    (contract.quiz_call, replace('quiz("04")', 'quiz("05")')),
    (contract.quiz_call, remove('quiz("04")')),
    (contract.closing, replace("- two\n- three\n", "")),
    (contract.closing, replace("- **test**: what finds it.", "")),
    (contract.closing, replace("- **test**: what finds it.", "- test: what finds it.")),
    (contract.closing, replace("- Cy Three: *On tests*. Journal of Tests, 2003.", "")),
    (contract.closing, replace("Journal of Tests, 2003.", "Journal of Tests.")),
    (contract.closing, replace('`load("mnist")`', "another set")),
    (contract.closing, replace("the result was 3", "see for yourself")),
    (contract.figure_count, remove('show("three")')),
    (contract.not_attempted, say("4.2", "correct")),
    (contract.not_attempted, say("4.2", "not yet – count again")),
    (contract.no_answers, replace("# YOUR CODE HERE", "### BEGIN SOLUTION")),
    (contract.no_answers, tag("Exercise 4.1 ·", "why")),
]
BROKEN_SOLUTIONS = [
    (contract.wrong_answers, remove("return 0")),
    (contract.wrong_answers, untag("why")),
    (contract.answers_checked, say("4.3", "not yet – count again")),
    (contract.answers_checked, say("4.3", "not attempted yet")),
    (
        contract.answers_checked,
        output('with check("Exercise 4.1")', stream("Exercise 4.1: correct\n")),
    ),
    (
        contract.messages_help,
        output(
            'with check("Exercise 4.1")',
            stream("Exercise 4.1: not yet – the check cannot use what your code returned (…)\n"),
        ),
    ),
]
BROKEN_EITHER = [
    (contract.executed, forget_to_run),
    (contract.clean_outputs, output('print("this")', stream("oh", name="stderr"))),
    (
        contract.clean_outputs,
        output('print("this")', new_output("error", ename="ValueError", evalue="", traceback=[])),
    ),
    (contract.clean_outputs, output('print("this")', stream("<object at 0x7f3a2b1c4d5e>"))),
    (contract.clean_outputs, output('print("this")', stream("/home/ada/course/picture.png"))),
    (contract.alternative_texts, output('show("two")', picture(alt=""))),
    (contract.alternative_texts, output('show("two")', picture(size=90_000))),
    (contract.alternative_texts, output('show("two")', picture(), below("another line"))),
    (contract.short_cells, replace('show("one")', "x = 1\n" * 30 + 'show("one")')),
    (contract.short_cells, replace('show("one")', 'show("one")  # fmt: skip')),
    (contract.small, output('print("this")', stream("long " * 300_000))),
    (contract.nothing_skipped, tag('print("this")', "nbval-skip")),
    (contract.nothing_skipped, replace('print("this")', '# NBVAL_IGNORE_OUTPUT\nprint("this")')),
    (contract.nothing_skipped, replace('print("this")', '%%capture\nprint("this")')),
    (contract.nothing_skipped, replace('print("this")', '%%script false\nprint("this")')),
    (contract.nothing_skipped, replace('print("this")', "# PYTEST_VALIDATE_IGNORE_OUTPUT")),
    (contract.nothing_skipped, tag('print("this")', "pytest-validate-ignore-output")),
    (contract.nothing_skipped, tag('print("this")', "raises-exception")),
    (contract.numbers_not_verdicts, output('print("this")', stream("at least 0.9: True\n"))),
    (contract.claims_hold, output('print("this")', stream("ok\n0.8 (expected at least 0.9)\n"))),
    (contract.claims_hold, output('print("this")', shown("'0.8 (expected at least 0.9)'"))),
    (contract.whole_list_items, replace("- see that a rule holds;", "- see a rule, in\n  2012.")),
    (contract.nbgrader_ready, lose_points),
]


def names(cases):
    return [f"{rule.__name__}-{number}" for number, (rule, _) in enumerate(cases)]


@pytest.mark.parametrize(("rule", "break_it"), BROKEN_CHAPTERS, ids=names(BROKEN_CHAPTERS))
def test_a_broken_chapter_is_caught(chapter, rule, break_it):
    break_it(chapter)
    assert rule(chapter)


@pytest.mark.parametrize(("rule", "break_it"), BROKEN_SOLUTIONS, ids=names(BROKEN_SOLUTIONS))
def test_broken_solutions_are_caught(solutions, rule, break_it):
    break_it(solutions)
    assert rule(solutions)


@pytest.mark.parametrize(("rule", "break_it"), BROKEN_EITHER, ids=names(BROKEN_EITHER))
def test_a_fault_in_either_is_caught(built, rule, break_it):
    for notebook in built.values():
        break_it(notebook)
        assert rule(notebook)


def test_every_rule_is_tried():
    tried = {rule for rule, _ in BROKEN_CHAPTERS + BROKEN_SOLUTIONS + BROKEN_EITHER}
    rules = {*contract.CHAPTER_RULES, *contract.SOLUTION_RULES, *contract.ANY_RULES}
    assert tried == rules


def test_a_term_defined_twice_is_caught(chapter):
    assert contract.repeated_terms({"a": chapter}) == {}
    assert set(contract.repeated_terms({"a": chapter, "b": chapter})) == {"rule", "fault", "test"}


def test_terms_stand_in_bold_where_they_are_defined(chapter):
    assert contract.misplaced_terms({"a": chapter}) == []
    chapter.cells[0].source = chapter.cells[0].source.replace("**rule**", "`x**rule**2`")
    chapter.cells[0].source += "\n\nSome **tests** are many."
    assert contract.misplaced_terms({"a": chapter}) == ["a defines «rule»; it is in bold in []"]
    other = new_markdown_cell("Again a **fault**.")
    faults = contract.misplaced_terms({"a": chapter, "b": new_notebook(cells=[other])})
    assert "a defines «fault»; it is in bold in ['a', 'b']" in faults


def test_comments_that_point_to_sections_and_exercises_that_are_not_there_are_found(chapter):
    chapter.cells.append(new_markdown_cell("## 1 · One"))

    def faults(comment):
        pointing = new_notebook(cells=[new_code_cell(f"# {comment}\nx = 1")])
        return contract.dangling_pointers({"04_small": chapter, "05_next": pointing})

    good = (
        "chapter 04, section 1",
        "chapter 04's section 1",
        "exercise 4.1, chapter 12, section 3",
    )
    for comment in good:
        assert faults(comment) == []
    for comment in (
        "chapter 04, section 2",
        "section 1",
        "Exercise 4.9",
        "chapter\n# 04, sections 7",
    ):
        assert len(faults(comment)) == 1


def test_links_that_lead_nowhere_are_found(chapter, tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "04_small.ipynb").touch()
    (tmp_path / "GLOSSARY.md").touch()
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "04_small_lesson.ipynb").touch()
    chapter.cells.append(new_markdown_cell("## 1 · One", id="section-1"))

    def faults(link):
        pointing = new_notebook(cells=[new_markdown_cell(f"See [this]({link}).", id="own")])
        notebooks = {"chapters/04_small.ipynb": chapter, "chapters/05_next.ipynb": pointing}
        (tmp_path / "chapters" / "05_next.ipynb").touch()
        return contract.dangling_links(notebooks, tmp_path)

    good = (
        "04_small.ipynb",
        "04_small.ipynb#cell-id=section-1",
        "#cell-id=own",
        "https://x.org/a",
    )
    for link in (*good, "../GLOSSARY.md#padding"):
        assert faults(link) == []
    for link in (
        "06_other.ipynb",
        "04_small.ipynb#cell-id=section-2",
        "#cell-id=section-1",
        "../x",
    ):
        assert len(faults(link)) == 1


def test_ignored_outputs_count_as_not_compared(chapter):
    assert contract.compared_share([chapter]) == 1
    cells = contract.code_cells(chapter)
    for cell in cells[: len(cells) // 2]:
        cell.metadata["tags"] = [contract.IGNORED]
    assert contract.compared_share([chapter]) == pytest.approx(0.5, abs=0.1)


def test_budgets():
    assert contract.budget_faults(60, 120, 2_000) == []
    assert len(contract.budget_faults(61, 121, 2_001)) == 3


def test_functions_that_differ_from_utils_are_found():
    kept = (
        'def f(x):\n    """Double."""\n    if x < 0:\n        raise ValueError\n    return 2 * x\n'
    )
    assert contract.differing_functions("def f(x):\n    return 2 * x\n", [kept]) == []
    assert contract.differing_functions("def f(x):\n    return 3 * x\n", [kept]) == ["f"]
    assert contract.differing_functions("def g(x):\n    return 3 * x\n", [kept]) == []


def test_cells_without_code_need_no_execution(chapter):
    chapter.cells.append(new_code_cell(""))
    assert contract.executed(chapter) == []
