"""Make links of what a lesson mentions: «chapter 07, section 3», «Exercise 4.1», a term.

A lesson's source says «chapter 07»; the notebooks hold «[chapter 07](07_keras_cnn.ipynb)». A link
to a section or an exercise names the cell that begins with its heading, in the form that
JupyterLab and nbconvert know: `07_keras_cnn.ipynb#cell-id=section-3`. (A link to the heading's
text fails in JupyterLab where the text holds a sign beyond ASCII.)
"""

import itertools
import re
from dataclasses import dataclass

from tools.reading import glossary, markdown

# What stays as it is: code, formulas, links, headings, bold words (they are defined there), tags.
PROTECTED = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]+\$"
    r"|!?\[[^\]]*\]\([^)]*\)|^#+ [^\n]*|\*\*.+?\*\*|<[^>]+>",
    re.DOTALL | re.MULTILINE,
)
_MORE = r"(?:(?:,\s+(?:and\s+|or\s+)?|\s+(?:and|or|to)\s+){number}\b)*"
# A section with a point in its number, «section 9.1», is a book's.
_KINDS = {"chapter": r"\d\d", "section": r"\d+\b(?!\.\d)", "exercise": r"\d+\.\d+"}
MENTION = re.compile(
    "|".join(
        rf"(?P<{kind}>\b{kind}s?\s+{number}\b{_MORE.format(number=number)})"
        for kind, number in _KINDS.items()
    ),
    re.IGNORECASE,
)
OF_CHAPTER = re.compile(r"\s+of\s+chapter\s+(\d\d)\b", re.IGNORECASE)
BETWEEN = re.compile(r"(?:,|'s)?\s+\(?")  # of a chapter's number and its section
HEADING = re.compile(
    r"^#{2,3} (?:(?P<section>\d+)|Exercise (?P<exercise>\d+\.\d+)) · ", re.MULTILINE
)
# Terms that are also everyday words: a link at their first mention would often point astray.
EVERYDAY = {
    *("accuracy", "anchor", "audit", "baseline", "batch", "benchmark", "bias", "cell", "channel"),
    *("check", "classification", "code", "completeness", "confidence", "coverage", "detection"),
    *("distance", "feature", "filter", "flatten", "fold", "generation", "generator", "hit"),
    *("identification", "impostor", "intervention", "kernel", "label", "layer", "margin"),
    *("metric", "model", "notebook", "overflow", "palette", "parameter", "pixel", "precision"),
    *("prediction", "probability", "recall", "recognition", "schedule", "shortcut", "source"),
    *("step", "temperature", "threshold", "token", "training", "transparency", "velocity"),
    "weight",
}


class MentionError(Exception):
    """A lesson mentions a chapter, section or exercise that does not exist."""


@dataclass(frozen=True)
class Course:
    """What can be linked to: files of chapters, their headings, and the terms' home chapters."""

    files: dict  # {"04": "04_convolution.ipynb"}
    places: set  # {("04", "3"), ("04", "4.1")}: section 3 and exercise 4.1 of chapter 04
    terms: dict  # {"padding": "04"}


def read_course(lessons):
    """Return the Course that lessons make.

    Args:
        lessons: {stem of the file, such as "04_convolution": the lesson as a notebook}.
    """
    files, places, terms = {}, set(), {}
    for stem, lesson in lessons.items():
        number = stem[:2]
        files[number] = f"{stem}.ipynb"
        places |= {
            (number, found[found.lastgroup]) for found in HEADING.finditer(markdown(lesson))
        }
        terms.update((plain(term), number) for term in glossary(lesson))
    return Course(files, places, terms)


def plain(term):
    """Return a term as a text uses it: «average precision (AP)» without its bracket."""
    return re.sub(r" \(.*\)$", "", term)


def heading_id(text):
    """Return the id of a cell that begins with a numbered heading, such as section-3; or None."""
    heading = HEADING.match(text)
    return heading and place_id(heading[heading.lastgroup])


def place_id(number):
    """Return the id of the cell of section "3" (section-3) or exercise "4.1" (exercise-4-1)."""
    return f"exercise-{number.replace('.', '-')}" if "." in number else f"section-{number}"


def term_anchor(term):
    """Return the id of a term in GLOSSARY.md."""
    return re.sub(r"\W+", "-", term.lower()).strip("-")


def link_mentions(text, own, course):
    """Return Markdown in which every mention of a chapter, section or exercise is a link.

    Args:
        text: the Markdown of one cell.
        own: the chapter's own number, such as "04".
        course: Course.

    Raises:
        MentionError: if a mentioned place does not exist.
    """
    return _outside(PROTECTED, text, lambda part, after: _linked(part, after, own, course))


def _outside(protected, text, change):
    """Apply change(part, rest of the text) to the parts of a text that are not protected."""
    pieces, position = [], 0
    for match in protected.finditer(text):
        pieces += [change(text[position : match.start()], text[match.start() :]), match[0]]
        position = match.end()
    return "".join([*pieces, change(text[position:], "")])


def _linked(part, after, own, course):
    """Return a part of a cell's text with links in place of its mentions."""
    pieces, position, chapter, chapter_end = [], 0, None, None
    for match in MENTION.finditer(part):
        kind = match.lastgroup
        home = own
        if kind == "section":
            later = OF_CHAPTER.match((part + after)[match.end() :])
            if later:
                home = later[1]
            elif chapter and BETWEEN.fullmatch(part[chapter_end : match.start()]):
                home = chapter
        pieces += [
            part[position : match.start()],
            _list_of_links(match[0], kind, home, own, course),
        ]
        position = match.end()
        if kind == "chapter":
            chapter, chapter_end = re.findall(r"\d\d", match[0])[-1], match.end()
    return "".join([*pieces, part[position:]])


def _list_of_links(words, kind, home, own, course):
    """Return «sections 3 to 6» as two links: the first one bears the word, too."""
    number = _KINDS[kind]
    return re.sub(
        rf"(?:^\w+\s+)?\b{number}\b",
        lambda match: _link(match[0], re.search(number, match[0])[0], kind, home, own, course),
        words,
    )


def _link(words, number, kind, home, own, course):
    """Return one link, or the words alone where they name the chapter itself."""
    if kind == "chapter":
        if number not in course.files:
            raise MentionError(f"there is no {words}")
        return words if number == own else f"[{words}]({course.files[number]})"
    if kind == "exercise":
        home = f"{int(number.split('.')[0]):02d}"
    if (home, number) not in course.places:
        raise MentionError(f"there is no {words} in chapter {home}")
    file = "" if home == own else course.files[home]
    return f"[{words}]({file}#cell-id={place_id(number)})"


def link_terms(cells, own, course):
    """Make links to GLOSSARY.md of the first mention of each term that another chapter defines.

    Args:
        cells: the Markdown cells of one notebook, changed in place.
        own: the chapter's own number.
        course: Course.
    """
    own_terms = {term.lower() for term, home in course.terms.items() if home == own}
    pattern = term_pattern([term for term in course.terms if term not in EVERYDAY])
    seen = set(own_terms)

    def link(match):
        term = " ".join(match[1].split()).lower()
        if term in seen:
            return match[0]
        seen.add(term)
        return f"[{match[0]}](../GLOSSARY.md#{term_anchor(term)})"

    for cell in itertools.takewhile(lambda cell: "## Key points" not in cell.source, cells):
        cell.source = _outside(PROTECTED, cell.source, lambda part, _: pattern.sub(link, part))


def term_pattern(terms):
    """Return the pattern of a term or its plural; an abbreviation counts in capitals only."""
    words = sorted(terms, key=len, reverse=True)  # «learning rate range test» before its parts
    forms = [re.escape(term).replace(r"\ ", r"\s+") for term in words]
    forms = [f if term == term.lower() else f"(?-i:{f})" for f, term in zip(forms, words)]
    return re.compile(rf"\b({'|'.join(forms)})s?\b", re.IGNORECASE)


def way(own, course):
    """Return the Markdown of the last cell: the way to what stands before, after and beside."""
    numbers = sorted(course.files)
    place = numbers.index(own)
    before = [f"[← chapter {n}]({course.files[n]})" for n in numbers[:place][-1:]]
    after = [f"[chapter {n} →]({course.files[n]})" for n in numbers[place + 1 :][:1]]
    beside = [f"[solutions](../solutions/{course.files[own]})", "[glossary](../GLOSSARY.md)"]
    return "---\n\n" + " · ".join([*before, *beside, *after])
