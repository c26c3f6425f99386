"""Mentions of chapters, sections, exercises and terms become links."""

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from tools import links

CLOSING = "## Key points\n\n- one\n\n## Glossary\n\n"


@pytest.fixture(scope="module")
def course():
    """Two chapters: sections 1 to 3 and exercise 4.1 here, section 1 there."""
    sections = [new_markdown_cell(f"## {n} · Heading {n}") for n in (1, 2, 3)]
    glossary = f"{CLOSING}- **stride**: pixels from one window to the next\n- **PSNR**: a ratio"
    exercise = new_markdown_cell("### Exercise 4.1 · Count")
    first = new_notebook(cells=[*sections, exercise, new_markdown_cell(glossary)])
    glossary = f"{CLOSING}- **learning rate (LR)**: the length\n- **code**: few numbers"
    second = new_notebook(cells=[sections[0], new_markdown_cell(glossary)])
    return links.read_course({"04_small": first, "05_next": second})


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("As chapter 04 says", "As [chapter 04](04_small.ipynb) says"),
        ("chapters 04 and 05", "[chapters 04](04_small.ipynb) and 05"),
        ("(section 1)", "([section 1](#cell-id=section-1))"),
        ("Exercise 4.1", "[Exercise 4.1](04_small.ipynb#cell-id=exercise-4-1)"),
        (
            "chapter\n04, sections 2 to 3",
            "[chapter\n04](04_small.ipynb), [sections 2](04_small.ipynb#cell-id=section-2) to "
            "[3](04_small.ipynb#cell-id=section-3)",
        ),
        (
            "section 3 of chapter 04",
            "[section 3](04_small.ipynb#cell-id=section-3) of [chapter 04](04_small.ipynb)",
        ),
        (
            "chapter 04. See section 1.",
            "[chapter 04](04_small.ipynb). See [section 1](#cell-id=section-1).",
        ),
    ],
)
def test_a_mention_becomes_a_link(course, text, linked):
    assert links.link_mentions(text, "05", course) == linked


@pytest.mark.parametrize(
    "text",
    [
        "chapter 05",  # the chapter itself
        "`chapter 04`",
        "```\nsection 1\n```",
        "## 1 · As in section 1",
        "[chapter 04](elsewhere.html)",
        "**chapter 04**",
        "$section 1$",
        "intersection 1",
        "section 3.1 of a book",
    ],
)
def test_what_is_no_mention_stays(course, text):
    assert links.link_mentions(text, "05", course) == text


def test_a_text_with_links_is_not_linked_again(course):
    once = links.link_mentions("section 1, chapter 04 and Exercise 4.1", "05", course)
    assert links.link_mentions(once, "05", course) == once


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chapter 06", "there is no chapter 06"),
        ("section 2", "there is no section 2 in chapter 05"),
        ("chapter 04, section 9", "there is no section 9 in chapter 04"),
        ("Exercise 5.1", "there is no Exercise 5.1"),
    ],
)
def test_a_mention_of_what_is_not_there_is_refused(course, text, message):
    with pytest.raises(links.MentionError, match=message):
        links.link_mentions(text, "05", course)


def test_the_first_mention_of_another_chapters_term_leads_to_the_glossary(course):
    texts = ("Strides and a stride; the\nPSNR, a psnr", "stride, learning rate", f"{CLOSING}PSNR")
    cells = [new_markdown_cell(text) for text in texts]
    links.link_terms(cells, "05", course)
    assert [cell.source for cell in cells] == [
        "[Strides](../GLOSSARY.md#stride) and a stride; the\n[PSNR](../GLOSSARY.md#psnr), a psnr",
        "stride, learning rate",  # linked already; the chapter's own
        f"{CLOSING}PSNR",
    ]


def test_everyday_words_are_no_terms_and_a_term_may_break_over_lines(course):
    cell = new_markdown_cell("The code has a learning\nrate.")
    links.link_terms([cell], "04", course)
    assert cell.source == "The code has a [learning\nrate](../GLOSSARY.md#learning-rate)."


def test_the_way_on_names_what_there_is(course):
    first, last = (links.way(number, course) for number in ("04", "05"))
    assert "←" not in first and "[chapter 05 →](05_next.ipynb)" in first
    assert "→" not in last and "[← chapter 04](04_small.ipynb)" in last
    assert "(../solutions/04_small.ipynb)" in first and "(../GLOSSARY.md)" in first
