"""The instructor's guide is what notes and chapters give; a broken note is refused."""

import os
import re

import pytest

from tests.contract import LINK
from tools import guide
from tools.build_notebooks import ROOT
from tools.links import Course

NOTES = sorted((guide.TEACHING / "notes").glob("*.md"))
NUMBERS = [path.stem for path in NOTES]
MOST_WORDS, MOST_EXAM_WORDS = 1_200, 650  # a page is read the evening before


# ---------------------------------------------------------------- the guide as it stands


@pytest.fixture(scope="module")
def course():
    return guide.read_chapters()


@pytest.fixture(scope="module")
def pages():
    return guide.pages()


def test_pages_are_what_notes_and_chapters_give(pages):
    stored = {p.name: p.read_text(encoding="utf-8") for p in guide.TEACHING.glob("guide/*")}
    assert stored == pages, "out of date: make guide"


def test_the_list_of_pages_is_whole(pages):
    text = (guide.TEACHING / "README.md").read_text(encoding="utf-8")
    assert guide.readme_with_table(text, set(pages)) == text, "out of date: make guide"


@pytest.mark.parametrize("path", NOTES, ids=NUMBERS)
def test_calculations_of_the_keys_hold(path, course):
    for question in guide.read_exam(guide.read_notes(path, course)["Exam"], path):
        exec(compile(question.calculation, f"{path.name}, question {question.number}", "exec"), {})


@pytest.mark.parametrize("path", NOTES, ids=NUMBERS)
def test_a_note_can_be_read_in_an_evening(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    words = [
        sum(bool(re.search(r"\w", word)) for word in part.split())
        for part in text.split("\n## Exam\n")
    ]
    assert words[0] <= MOST_WORDS and words[1] <= MOST_EXAM_WORDS


def test_links_lead_somewhere(pages, course):
    texts = {f"teaching/guide/{name}": text for name, text in pages.items()}
    texts["teaching/README.md"] = (guide.TEACHING / "README.md").read_text(encoding="utf-8")
    for name, text in texts.items():
        for target, place in LINK.findall(text):
            path = os.path.normpath(os.path.join(os.path.dirname(name), target))
            assert (ROOT / path).exists(), f"{name}: {target}"
            if path.endswith(".ipynb") and place:
                chapter = os.path.basename(path)[:2]
                number = place.split("-", 1)[1].replace("-", ".")
                assert (chapter, number) in course.places, f"{name}: {target}#{place}"


def test_every_chapter_can_have_a_page(course):
    """What the tool reads in a chapter is there in all of them, also where no note stands yet."""
    for file in course.files.values():
        notebook = guide.nbformat.read(ROOT / "solutions" / file, as_version=4)
        goals, needs, minutes = guide.opening(notebook)
        assert goals.startswith("- ") and needs and "core" in minutes
        found = guide.predictions(notebook)
        assert found and all(asked and comes_out for _, _, asked, comes_out in found)
        for title, wrong, why in guide.mistakes(notebook).values():
            assert title and why and len(wrong) >= 2 and all(m and c for m, c in wrong), title


# ---------------------------------------------------------------- broken notes

TABLE = guide.HEAD_OF_TABLE
NOTE = f"""## Lessons of 45, 90 and 180 minutes

### 45 minutes
{TABLE}| 40 | section 1 | talk |
| 5 | quiz | ask |

### 90 minutes
{TABLE}| 90 | Exercise 4.1 | do |

### 180 minutes
{TABLE}| 180 | chapter 05, section 2 | do |

## Say and show

See section 1.

## Board

A square.

## Discuss

Why?

## In the room

Air.

## Homework

Exercise 4.1.

## Exam

### 1 · calculate · 2 points

1 + 1?

**Key.** 2, as in section 1 (1 point).

**Half right.** A try.

```python
assert 1 + 1 == 2
```

### 2 · explain · 1 point

Why?

**Key.** So.

**Half right.** Nearly.

### 3 · find the error · 1 point

```python
assert 1 + 1 == 3
```

**Key.** It is wrong.

**Half right.** Nearly.

### 4 · judge · 1 point

"All is one."

**Key.** It is not.

**Half right.** Nearly.
"""
SMALL = Course(
    {"04": "04_small.ipynb", "05": "05_next.ipynb"},
    {("04", "1"), ("04", "4.1"), ("05", "2")},
    {},
)


@pytest.fixture
def note(tmp_path):
    """Return a function that writes a note for chapter 04 and reads it."""

    def read(text):
        path = tmp_path / "04.md"
        path.write_text(text, encoding="utf-8")
        return guide.read_notes(path, SMALL)

    return read


def test_mentions_become_links_that_work_from_the_pages_folder(note):
    notes = note(NOTE)
    assert notes["Say and show"] == (
        "See [section 1](../../chapters/04_small.ipynb#cell-id=section-1)."
    )
    assert "(../../chapters/05_next.ipynb#cell-id=section-2)" in notes[guide.SECTIONS[0]]


def test_an_exam_is_read_whole(note, tmp_path):
    questions = guide.read_exam(note(NOTE)["Exam"], tmp_path / "04.md")
    assert [q.points for q in questions] == [2, 1, 1, 1]
    assert questions[0].calculation == "assert 1 + 1 == 2\n"
    assert questions[2].calculation == "", "code of the question is not run"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("## Board\n\nA square.\n\n", "", "the sections must be"),
        ("A square.", "", "nothing stands under"),
        ("### 90 minutes", "### 100 minutes", "lessons of .* are needed"),
        ("| 5 | quiz | ask |\n", "", "45 minutes: its rows add up to 40"),
        ("| 5 | quiz | ask |", "| five | quiz | ask |", "45 minutes: no row"),
        ("| minutes | section | what happens |", "| min | where | what |", "must begin with"),
        ("| section 1 | talk", "| 1 | talk", "write «section 3» or «Exercise 4.1», not «1»"),
        ("See section 1", "See section 7", "there is no section 7 in chapter 04"),
        ("| Exercise 4.1 | do", "| Exercise 4.9 | do", "there is no Exercise 4.9"),
        ("See section 1", "See chapter 19", "there is no chapter 19"),
        ("· judge · 1 point", "· riddle · 1 point", "exam: a heading is not"),
        ("### 4 · judge", "### 5 · judge", "not numbered"),
        ("· judge · 1", "· explain · 1", None),
        ("**Key.** It is not.\n", "", "question 4: .* are needed"),
        ("**Key.** It is not.", "**Key.**", "question 4: .* is empty"),
        ("```python\nassert 1 + 1 == 2\n```", "", "question 1: no calculation"),
        ("**Key.** 2, as", "**Key.** 2 or 3.5, as", r"question 1: no calculation holds \[3.5\]"),
        ("**Key.** So.", "**Key.** 1,000 times.", r"question 2: no calculation holds \[1000.0\]"),
        ("A try.", "A 4.", r"question 1: no calculation holds \[4.0\]"),
    ],
)
def test_a_broken_note_is_refused_with_file_and_reason(note, old, new, reason):
    assert NOTE.count(old) >= 1
    broken = NOTE.replace(old, new)
    if reason is None:  # three kinds are left
        note(broken)
        return
    with pytest.raises(guide.GuideError, match=f"(?s)04.md: .*{reason}"):
        note(broken)


def test_an_exam_of_few_kinds_or_questions_is_refused(note):
    short = NOTE[: NOTE.index("### 4 ·")]
    same = NOTE.replace("· judge ·", "· explain ·").replace("find the error", "explain")
    for text in (short, same):
        with pytest.raises(guide.GuideError, match="4 to 6 questions of at least three kinds"):
            note(text)


def test_a_note_of_no_chapter_is_refused(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "77.md").write_text(NOTE, encoding="utf-8")
    with pytest.raises(guide.GuideError, match="77.md: there is no chapter 77"):
        guide.pages(tmp_path)


def test_the_command_writes_pages_and_table_and_removes_what_is_stale(tmp_path, capsys):
    (tmp_path / "notes").mkdir()
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "77_old.md").write_text("old", encoding="utf-8")
    text = "before\n<!-- guide -->\n<!-- end -->\nafter\n"
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    note_path = tmp_path / "notes" / "04.md"
    note_path.write_text(NOTE.replace("chapter 05, section 2", "section 2"), encoding="utf-8")
    assert guide.main(tmp_path) == 0
    assert [p.name for p in (tmp_path / "guide").iterdir()] == ["04_convolution.md"]
    table = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert table.count("not yet written") == 17 and "(guide/04_convolution.md)" in table
    note_path.write_text("nothing", encoding="utf-8")
    assert guide.main(tmp_path) == 1
    assert "04.md: the sections must be" in capsys.readouterr().err


# ---------------------------------------------------------------- what a chapter says


def test_predictions_come_with_their_place_and_what_comes_out(course):
    notebook = guide.nbformat.read(ROOT / "solutions" / course.files["04"], as_version=4)
    found = guide.predictions(notebook)
    assert [cell_id for _, cell_id, _, _ in found] == ["section-5", "section-9", "section-11"]
    assert found[0][2].startswith("> ") and "*Guess first:*" in found[0][2]
    assert found[0][3].startswith("Far more than a hundred"), "the first text after the code"
    assert found[1][3].startswith("The convolution agrees exactly"), "what follows «Explain»"


def test_mistakes_come_with_what_the_check_says(course):
    notebook = guide.nbformat.read(ROOT / "solutions" / course.files["04"], as_version=4)
    title, wrong, why = guide.mistakes(notebook)["4.1"]
    assert title == "One value, with everything" and why.startswith("The order of the formula")
    assert wrong[0] == (
        "Moves the window by one pixel, whatever the stride.",
        "at stride 2, where does the window of place (1, 1) start?",
    )


def test_a_short_explanation_takes_the_next_paragraph_along():
    assert guide._explanation(" Four results.\n\n- one\n- two\n\nmore") == (
        "Four results.\n\n- one\n- two\n\nmore"
    )
    long = " ".join(["word"] * guide.EXPLAINED_WORDS)
    assert guide._explanation(f"{long}\n\nmore") == long


def test_links_of_a_notebook_are_turned_for_the_pages_folder():
    text = "[a](#cell-id=x) [b](05_next.ipynb#y) [c](../GLOSSARY.md#z) [d](https://e.org)"
    assert guide.from_guide(text, "04_small.ipynb") == (
        "[a](../../chapters/04_small.ipynb#cell-id=x) [b](../../chapters/05_next.ipynb#y) "
        "[c](../../GLOSSARY.md#z) [d](https://e.org)"
    )
    assert guide.from_guide(guide.from_guide(text, "04_small.ipynb"), "x") == guide.from_guide(
        text, "04_small.ipynb"
    )
