"""Write the book's pages, in MyST Markdown, from the executed notebooks and the README.

A page holds a chapter's text, code and outputs as they are stored; figures become files. Into each
exercise come, folded, the check, the wrong answers with what the check says of them, and the
solution, from solutions/. Links between notebooks become links between pages.
"""

import base64
import html
import json
import re
import struct
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import yaml

from book import formulas
from tools.build_notebooks import WHY
from tools.links import heading_id, plain, term_anchor
from tools.overview import PARTS
from tools.reading import HEADLINE, bullets, glossary, said

HERE = Path(__file__).resolve().parent
SLIDERS = "*In the notebook, sliders stand here: they need a running Python.*"
# Code and formulas, in which nothing is a link; and links.
CODE_OR_LINK = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]+\$"
    r"|(?<!!)\[(?P<words>(?:`[^`]*`|\[[^\]]*\]|[^\[\]`])*)\]\((?P<file>[^)#\s]*)(?:#(?P<place>[^)\s]*))?\)",
    re.DOTALL,
)


class BookError(Exception):
    """The book cannot be built; the message names the file and the reason."""


@dataclass
class Course:
    """What the pages are made from, and what is found out while they are written."""

    root: Path
    chapters: dict  # {"04_convolution": the executed notebook}
    solutions: dict  # the same, with answers
    terms: dict  # {anchor of GLOSSARY.md: (term, definition, name of its chapter)}
    uses: dict = field(
        default_factory=lambda: defaultdict(list)
    )  # {anchor: ["05_x.md#section-1"]}
    figures: dict = field(default_factory=dict)  # {"figures/04-1.png": bytes}


def read_course(root):
    """Return the Course of a checkout.

    Raises:
        BookError: if there is no chapter, or one has no solutions.
    """
    paths = sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        raise BookError("chapters/: there is no chapter, make notebooks builds them")
    chapters, solutions, terms = {}, {}, {}
    for path in paths:
        answers = root / "solutions" / path.name
        if not answers.exists():
            raise BookError(f"solutions/{path.name} is missing")
        chapters[path.stem] = nbformat.read(path, as_version=4)
        solutions[path.stem] = nbformat.read(answers, as_version=4)
        for term, definition in glossary(chapters[path.stem]).items():
            terms[term_anchor(plain(term))] = (term, definition, path.stem)
    return Course(root, chapters, solutions, terms)


def write_pages(course):
    """Return {name of a page: its MyST Markdown}; the figures are then in course.figures."""
    readme = (course.root / "README.md").read_text(encoding="utf-8")
    pages = {name: chapter_page(course, name) for name in course.chapters}
    pages["glossary"] = glossary_page(course)
    pages["experiments"] = experiments_page(course, readme)
    for path in sorted(HERE.glob("*.md")):
        pages[path.stem] = own_page(course, path, readme)
    return pages


# ---------------------------------------------------------------- a chapter


def chapter_page(course, name):
    """Return a chapter's page."""
    number = name[:2]
    answers = {cell.id: cell for cell in course.solutions[name].cells}
    pieces, place = [front_matter(course.chapters[name])], ""
    for cell in course.chapters[name].cells:
        if cell.cell_type == "markdown":
            place = heading_id(cell.source) or place
            if cell.id != "way":  # the page itself has links to what stands before and after
                pieces.append(translate(course, cell.source, name, place))
        elif cell.source == f'quiz("{number}")':
            pieces.append(quiz(course.root / "utils" / "quizzes" / f"{number}.json"))
        elif cell.id.endswith("-check"):
            exercise = cell.id.removesuffix("-check")
            _, check = cell.source.split("\n", 1)  # the first line says to run the cell
            pieces += [folded("The check", code(check))]
            pieces += solution(course, name, exercise, answers)
        else:
            pieces += [code(cell.source), *outputs(course, cell, name)]
    pieces[1] = pieces[1].replace("\n", f"\n\n{downloads(name)}\n", 1)  # below the title
    return "\n\n".join(pieces) + "\n"


def front_matter(chapter):
    """Return what the page's head tells search engines: description, minutes, goals."""
    first = chapter.cells[0].source
    goals = re.search(r"\*\*You will learn to\*\*\n\n(.*?)(?=\n\n\*\*|\Z)", first, re.DOTALL)
    minutes = re.search(r"\*\*Time:\*\* about (\d+) minutes", first)
    facts = {
        "description": shortened(plain_text(first.split("\n\n")[1])),
        "minutes": minutes[1] if minutes else "",
        "goals": [plain_text(goal) for goal in bullets(goals[1])] if goals else [],
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    return "\n".join(["---", *lines, "---"])


def downloads(name):
    """Return the line below a chapter's title: the notebooks to take along."""
    return (
        f'<p class="take-along"><a href="chapters/{name}.ipynb" download>Download this notebook'
        '</a> · <a href="open.html">how to open it, and the whole course</a></p>'
    )


def code(source, language="python"):
    """Return a block of code."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", source)), default=0))
    return f"{fence}{language}\n{source}\n{fence}"


def printed(text, kind="output"):
    """Return a block of what a cell printed."""
    return code(f":class: {kind}\n\n{text}", "{code-block} text") if text.strip() else ""


def folded(summary, *pieces, kind="folded"):
    """Return pieces of Markdown that a click on their summary opens."""
    opening = f'<details class="{kind}"><summary>{html.escape(summary)}</summary>'
    return "\n\n".join([opening, *pieces, "</details>"])


def solution(course, name, exercise, answers):
    """Return two folded pieces: the wrong answers with their feedback, and the solution."""
    title = exercise.replace("-", " ", 1).replace("-", ".")
    wrong, number = [], 1
    while f"{exercise}-wrong-{number}" in answers:
        wrong.append(code(answers[f"{exercise}-wrong-{number}"].source))
        feedback = said(answers[f"{exercise}-wrong-{number}-check"])
        wrong.append(printed(feedback, "output feedback"))
        number += 1
    right = [code(answers[f"{exercise}-answer"].source)]
    cells = iter(answers.values())
    next(cell for cell in cells if cell.id == f"{exercise}-check")
    for cell in cells:
        if WHY not in cell.metadata.get("tags", []):
            break
        if cell.cell_type == "markdown":
            right.append(translate(course, cell.source, name, exercise))
        else:
            right += [code(cell.source), *outputs(course, cell, name)]
    return [
        folded(f"{number - 1} wrong answers to {title}, and what the check says", *wrong),
        folded(f"Solution of {title}", *right, kind="folded solution"),
    ]


# ---------------------------------------------------------------- what a cell shows


def outputs(course, cell, name):
    """Return the pieces of Markdown that show a cell's outputs.

    Raises:
        BookError: if there is an output of a kind that the book cannot show.
    """
    pieces, text = [], ""
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            pieces += [printed(text), figure(course, output, name)]
            text = ""
        elif data.get("text/html", "").startswith("<details><summary>What the figure shows"):
            continue  # the figure has it as its caption
        elif "text/markdown" in data:
            pieces += [printed(text), translate(course, data["text/markdown"], name, "")]
            text = ""
        elif data.get("text/plain", "").startswith("interactive("):
            pieces.append(SLIDERS)
        elif "text/plain" in data or output.output_type == "stream":
            shown = re.sub(r"\x1b\[[\d;]*m", "", output.get("text", data.get("text/plain", "")))
            text += shown if shown.endswith("\n") else f"{shown}\n"
        else:
            kinds = ", ".join(data) or output.output_type
            raise BookError(f"chapters/{name}.ipynb, {cell.id}: the book cannot show {kinds}")
    return [piece for piece in (*pieces, printed(text)) if piece]


def figure(course, output, name):
    """Return a figure with its caption, and keep its picture for the site."""
    number = 1 + sum(file.startswith(f"figures/{name[:2]}-") for file in course.figures)
    file = f"figures/{name[:2]}-{number}.png"
    picture = base64.b64decode(output.data["image/png"])
    course.figures[file] = picture
    width, height = struct.unpack(">II", picture[16:24])
    words = html.escape(output.metadata["image/png"]["alt"])
    title = f"Figure {int(name[:2])}.{number}"
    # A screen reader reads the picture's text; it need not hear it again below.
    return (
        f'<figure id="figure-{number}"><img src="{file}" width="{width}" height="{height}" '
        f'alt="{title}: {words}" loading="lazy" decoding="async">'
        f'<figcaption aria-hidden="true"><b>{title}.</b> {words}</figcaption></figure>'
    )


def quiz(path):
    """Return a chapter's quiz: buttons that book.js lets answer."""
    questions = []
    for number, question in enumerate(json.loads(path.read_text(encoding="utf-8")), start=1):
        options = "".join(
            f'<button type="button" aria-pressed="false" data-right="{str(a["correct"]).lower()}" '
            f'data-feedback="{html.escape(a["feedback"])}">{html.escape(a["answer"])}</button>'
            for a in question["answers"]
        )
        legend = f"<legend>{number}. {html.escape(question['question'])}</legend>"
        questions.append(f'<fieldset>{legend}{options}<p role="status"></p></fieldset>')
    return f'<div class="quiz">{"".join(questions)}<p class="score" role="status"></p></div>'


# ---------------------------------------------------------------- the other pages


def glossary_page(course):
    """Return the page of all terms: what each means, and where it is defined and used."""
    entries = sorted(course.terms.items(), key=lambda entry: entry[1][0].lower())
    pieces, letter = [], ""
    for anchor, (term, definition, home) in entries:
        if term[0].upper() != letter:
            letter = term[0].upper()
            pieces.append(f"## {letter}\n")
        # Without the terms that another chapter's definition mentions: they have their own entry.
        text = translate(course, definition, home, None)
        places = f"Defined in [chapter {home[:2]}]({home}.md#Glossary)"
        uses = [f"[{use[:2]}]({use})" for use in course.uses[anchor]]
        places += f", used in {', '.join(uses)}" if uses else ""
        pieces.append(f":::{{glossary}}\n{plain(term)}\n  {text}\n\n  {places}.\n:::\n")
    heading = "# Glossary and index of terms\n\nWhat each term means, the chapter that defines it"
    return f"{heading}, and the chapters that use it.\n\n" + "\n".join(pieces)


def experiments_page(course, readme):
    """Return the page of what each chapter's main experiment found, and of other measurements."""
    rows = ["| chapter | its experiment found |", "| --- | --- |"]
    for name, chapter in course.chapters.items():
        place = "Look-first"
        for cell in chapter.cells:
            if cell.cell_type == "markdown":
                place = heading_id(cell.source) or place
            elif HEADLINE in cell.metadata.get("tags", []):
                rows.append(f"| [{title(chapter)}]({name}.md#{place}) | {said(cell).strip()} |")
    pattern = re.compile(r"<!-- headlines -->.*?<!-- end -->", re.DOTALL)
    before, after = pattern.split(section_of(readme, "Measured"))
    heading = "# Experiments and what they found"
    pieces = [heading, of_readme(course, before), "\n".join(rows), of_readme(course, after)]
    return "\n\n".join(pieces)


def own_page(course, path, readme):
    """Return a page of book/ with what stands in its places filled in.

    A place is a line such as `<!-- README: Routes -->`, a section of the README;
    `<!-- contents -->`, the list of chapters; or `<!-- citation -->`.

    Raises:
        BookError: if the README has no such section.
    """

    def fill(match):
        if match[1] == "contents":
            return contents(course)
        if match[1] == "citation":
            return citation(course.root / "CITATION.cff")
        try:
            return of_readme(course, section_of(readme, match[1].removeprefix("README: ")))
        except BookError as error:
            raise BookError(f"book/{path.name}: {error}") from None

    return re.sub(r"^<!-- (.+) -->$", fill, path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def contents(course):
    """Return what gives Sphinx the order of the chapters, in parts."""
    parts = []
    for name in course.chapters:
        if name[:2] in PARTS or not parts:
            parts.append((PARTS.get(name[:2], "Chapters"), []))
        parts[-1][1].append(name)
    parts.append(("Beside the chapters", ["glossary", "experiments", "open", "about"]))
    return "\n\n".join(
        "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```"])
        for caption, names in parts
    )


def citation(path):
    """Return how to cite the course, and its licences, from CITATION.cff."""
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    authors = ", ".join(author["name"] for author in facts["authors"])
    return (
        f"{facts['message']}\n\n> {authors}: *{facts['title']}*. Version {facts['version']}.\n\n"
        "Code: MIT licence. Text and figures: "
        "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)."
    )


def section_of(readme, heading):
    """Return the text of a section of the README, without its heading.

    Raises:
        BookError: if there is none of this heading.
    """
    match = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", readme, re.M | re.S)
    if not match:
        raise BookError(f"README.md has no section «{heading}»")
    return match[1].strip()


def of_readme(course, text):
    """Return a text of the README with links to pages; other links become plain words."""
    return translate(course, re.sub(r"<!--.*?-->\n?", "", text), "README", None)


# ---------------------------------------------------------------- Markdown


def translate(course, text, name, place):
    """Return Markdown of a notebook with links to pages in place of links to notebooks.

    Args:
        course: Course; the first use of a term is noted in it.
        text: the Markdown.
        name: the chapter's name, such as "04_convolution", or "README".
        place: the section's anchor; None: uses of terms are not noted.

    Raises:
        BookError: if a link leads to a term that the course does not define.
    """

    def link(match):
        words, file, anchor = match["words"], match["file"], match["place"]
        if words is None or re.match(r"[a-z]+:", file):
            return match[0]
        if file.endswith("GLOSSARY.md") and anchor:
            if anchor not in course.terms:
                raise BookError(f"chapters/{name}.ipynb: «{words}» is no term of the glossary")
            if place is not None:
                course.uses[anchor].append(f"{name}.md#{place}" if place else f"{name}.md")
            term = plain(course.terms[anchor][0])
            return f"{{term}}`{' '.join(words.split())} <{term}>`"
        if file.endswith("GLOSSARY.md"):
            return f"[{'the glossary' if words == file else words}](glossary.md)"
        if file.endswith(".ipynb") or not file:  # the solutions stand in the chapter's page
            page = f"{Path(file).stem}.md" if file else ""
            return f"[{words}]({page}{'#' + anchor.removeprefix('cell-id=') if anchor else ''})"
        if name == "README":
            return words
        return match[0]

    return CODE_OR_LINK.sub(link, text)


def title(chapter):
    """Return a chapter's title, such as «04 · Compute a convolution»."""
    return chapter.cells[0].source.splitlines()[0].removeprefix("# ")


def plain_text(text):
    """Return Markdown as plain text on one line."""
    text = CODE_OR_LINK.sub(lambda match: match["words"] or match[0], text)
    text = re.sub(r"\$+([^$]+)\$+", lambda match: formulas.plain(match[1]), text)
    return " ".join(re.sub(r"\*\*|(?<!\w)\*|\*(?!\w)|`", "", text).split())


def shortened(text, least=60, most=200):
    """Return a text's first sentences: as many as fit, but at least so many characters."""
    sentences = re.split(r"(?<=[.?!]) ", text)
    short = sentences[0]
    for sentence in sentences[1:]:
        if len(short) >= least and len(short) + len(sentence) >= most:
            break
        short += f" {sentence}"
    return short
