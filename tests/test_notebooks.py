"""The notebooks in chapters/ and solutions/ are what the lessons give, and hold the contract."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from tests import contract
from tools import overview
from tools.build_notebooks import (
    find_exercises,
    find_lessons,
    is_current,
    products,
    read_lesson,
)
from utils.exercises import QUIZ_FOLDER, read_quiz

ROOT = Path(__file__).resolve().parent.parent
LESSONS = find_lessons()
STEMS = [path.stem for path in LESSONS]


def read(folder, stem):
    return nbformat.read(ROOT / folder / f"{stem}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def chapters():
    return {stem: read("chapters", stem) for stem in STEMS}


@pytest.mark.parametrize("path", LESSONS, ids=STEMS)
def test_notebooks_are_what_the_lesson_gives(path):
    for folder, notebook in products(path).items():
        target = ROOT / folder / f"{path.stem}.ipynb"
        assert is_current(target, notebook), f"{target} is out of date: make notebooks"


@pytest.mark.parametrize("folder", ["chapters", "solutions"])
def test_no_notebook_is_without_a_lesson(folder):
    assert sorted(p.stem for p in (ROOT / folder).glob("*.ipynb")) == STEMS


@pytest.mark.parametrize(
    "rule", contract.CHAPTER_RULES + contract.ANY_RULES, ids=lambda r: r.__name__
)
@pytest.mark.parametrize("stem", STEMS)
def test_chapter_holds_the_contract(stem, rule):
    assert rule(read("chapters", stem)) == []


@pytest.mark.parametrize(
    "rule", contract.SOLUTION_RULES + contract.ANY_RULES, ids=lambda r: r.__name__
)
@pytest.mark.parametrize("stem", STEMS)
def test_solutions_hold_the_contract(stem, rule):
    assert rule(read("solutions", stem)) == []


@pytest.mark.parametrize("stem", STEMS)
def test_quiz_is_whole_and_needs_no_connection(stem):
    questions = read_quiz(QUIZ_FOLDER / f"{stem[:2]}.json")
    assert not re.search(r"\$|https?://|<|\]\(", str(questions)), "plain text only"


@pytest.mark.parametrize("stem", STEMS)
def test_the_right_option_is_not_told_by_its_length(stem):
    questions = read_quiz(QUIZ_FOLDER / f"{stem[:2]}.json")
    longest = [
        max(question["answers"], key=lambda option: (len(option["answer"]), option["correct"]))
        for question in questions
    ]
    assert sum(option["correct"] for option in longest) <= 2


@pytest.mark.parametrize("path", LESSONS, ids=STEMS)
def test_functions_shown_in_a_lesson_are_those_of_utils(path):
    lesson = read_lesson(path)
    exercises = find_exercises(lesson, path)
    left_out = {c.id for e in exercises for c in (*e.wrong_answers, e.answer, e.check)}
    cells = [c for c in contract.code_cells(lesson) if c.id not in left_out]
    source = "\n\n".join(cell.source for cell in cells)
    modules = [p.read_text(encoding="utf-8") for p in (ROOT / "utils").glob("*.py")]
    assert contract.differing_functions(source, modules) == []


def test_readme_shows_the_lessons_as_they_are():
    text = overview.README.read_text(encoding="utf-8")
    assert overview.readme_with_tables(text) == text, "out of date: make notebooks"
    assert overview.PICTURE.read_bytes() == overview.picture(), "out of date: make notebooks"


def test_glossary_shows_the_terms_of_all_chapters():
    page = overview.GLOSSARY.read_text(encoding="utf-8")
    assert page == overview.glossary_page(), "out of date: make notebooks"


@pytest.mark.parametrize("page", [overview.README, overview.GLOSSARY], ids=lambda p: p.name)
def test_links_of_the_front_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (ROOT / target).exists(), target


def test_every_lesson_has_its_measured_seconds():
    measured = json.loads((ROOT / "lessons" / "seconds.json").read_text(encoding="utf-8"))
    assert list(measured["seconds"]) == [stem[:2] for stem in STEMS]


def test_each_term_is_defined_once(chapters):
    assert contract.repeated_terms(chapters) == {}


def test_each_term_is_in_bold_where_it_is_defined_and_nowhere_else(chapters):
    assert contract.misplaced_terms(chapters) == []


def test_pointers_of_comments_to_sections_and_exercises_lead_somewhere(chapters):
    assert contract.dangling_pointers(chapters) == []


def test_links_of_all_notebooks_lead_somewhere(chapters):
    notebooks = {f"chapters/{stem}.ipynb": notebook for stem, notebook in chapters.items()}
    notebooks |= {f"solutions/{stem}.ipynb": read("solutions", stem) for stem in STEMS}
    assert contract.dangling_links(notebooks, ROOT) == []


def test_most_outputs_are_compared(chapters):
    notebooks = [*chapters.values(), *(read("solutions", stem) for stem in STEMS)]
    assert contract.compared_share(notebooks) >= contract.COMPARED_SHARE


def test_chapter_07_runs_the_reference_listing_letter_by_letter(chapters):
    listing = (ROOT / "tests" / "reference_listing.txt").read_text(encoding="utf-8").strip()
    cells = contract.code_cells(chapters["07_keras_cnn"])
    assert listing in [cell.source.strip() for cell in cells]
