"""Chapter 16: the placement test, the questions, and the table that leads to them."""

import re
import zlib
from pathlib import Path

import pytest

from tools.build_notebooks import find_lessons, read_lesson
from tools.reading import glossary, markdown

LESSON = next(path for path in find_lessons() if path.name.startswith("16"))
RIGHT = "abcbacbacbab"
NEEDED_TERMS = Path(__file__).with_name("needed_terms.txt")


@pytest.fixture(scope="module")
def lesson():
    return read_lesson(LESSON)


@pytest.fixture(scope="module")
def place(lesson):
    """Return the function that judges the placement test."""
    cell = next(cell for cell in lesson.cells if "def place(" in cell.source)
    space = {"re": re, "zlib": zlib}
    exec(cell.source, space)
    return space["place"]


def test_nothing_filled_in(place):
    for nothing in ("", "   ", "\n"):
        assert place(nothing) == "placement test: not attempted yet"


def test_all_right(place):
    assert place(RIGHT).startswith("12 of 12 right. Begin with chapter 13")


def test_capitals_spaces_and_commas_do_not_matter(place):
    assert place(", ".join(RIGHT.upper())) == place(RIGHT)


def test_nothing_known_begins_at_the_beginning(place):
    answer = place("?" * 12)
    assert answer.startswith("0 of 12 right. Begin with chapter 01.")
    assert answer.endswith("02, 03, 04, 05, 06, 07, 08, 09, 10, 11, 12.")


@pytest.mark.parametrize("number", range(1, 13))
@pytest.mark.parametrize("letter", "abc?")
def test_one_mistake_leads_to_its_chapter(place, number, letter):
    letters = RIGHT[: number - 1] + letter + RIGHT[number:]
    if letter == RIGHT[number - 1]:
        assert place(letters).startswith("12 of 12 right")
    else:
        assert place(letters).startswith(f"11 of 12 right. Begin with chapter {number:02d}.")


def test_the_first_mistake_decides_and_the_others_are_named(place):
    answer = place("abc?acbac?ab")
    assert answer.startswith("10 of 12 right. Begin with chapter 04.")
    assert answer.endswith(": 10.")


@pytest.mark.parametrize("letters", ["abc", "a" * 13, "abcbacbacbax", "1" * 12])
def test_what_cannot_be_letters_is_told(place, letters):
    assert place(letters).startswith("twelve letters a, b, c or ? are needed")


def test_the_answers_below_the_test_are_those_of_the_key(lesson):
    text = markdown(lesson)
    answers = re.search(r"<summary>The answers.*?</summary>(.*?)</details>", text, re.S)[1]
    assert "".join(re.findall(r"\b\d+ ([abc]):", answers)) == RIGHT


def test_the_four_standard_questions_stand_there_word_by_word(lesson):
    headings = re.findall(r"^### (.+)$", markdown(lesson), re.M)
    for question in (
        "What is deep learning?",
        "What is a convolutional network?",
        "What are the main tasks of image recognition?",
        "How do I build a simple CNN in Python and Keras?",
    ):
        assert question in headings


def test_each_question_has_a_source_a_cell_and_a_pointer_and_stands_in_the_table(lesson):
    text = markdown(lesson)
    table = text.split("## 1 ·")[0]
    numbers = [int(n) for n in re.findall(r"^### Q(\d+) ", text, re.M)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 30
    for n in numbers:
        assert f"[Q{n}](#Q{n}-" in table, f"Q{n} is missing in the table of symptoms"
    whole = "\n".join(f"<{cell.cell_type}>\n{cell.source}" for cell in lesson.cells)
    for part in re.split(r"^### (?=Q\d+ )", whole, flags=re.M)[1:]:
        name, text = part.split("\n", 1)
        text = re.split(r"^## ", text, flags=re.M)[0]
        assert re.match(r"\n\*(Asked|The question) ", text), f"{name}: no source"
        assert "<code>" in text, f"{name}: no cell"
        assert "More: " in text, f"{name}: no pointer"


def test_the_glossary_has_every_term_that_an_image_course_needs():
    """Each word of the list is a term, or stands where a definition says what others call it."""
    entries = [entry for path in find_lessons() for entry in glossary(read_lesson(path)).items()]
    known = "\n".join(
        f"{term}\n{''.join(re.findall('[Oo]thers .+', definition))}"
        for term, definition in entries
    )
    needed = NEEDED_TERMS.read_text(encoding="utf-8").split("\n")
    missing = [w for w in needed if w and not re.search(rf"\b{re.escape(w)}\b", known, re.I)]
    assert missing == []
