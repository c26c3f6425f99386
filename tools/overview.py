"""Write what gives an overview of the lessons: README's tables and picture, and GLOSSARY.md.

python -m tools.overview            write them
"""

import base64
import re
import sys

import nbformat

from tools.build_notebooks import ROOT, find_lessons, read_lesson
from tools.links import plain, term_anchor
from tools.reading import glossary, headlines

README = ROOT / "README.md"
GLOSSARY = ROOT / "GLOSSARY.md"
PICTURE = ROOT / "lessons" / "pictures" / "edges.png"
PICTURE_FROM = ROOT / "chapters" / "04_convolution.ipynb"

PARTS = {
    "00": "I · Background and concepts",
    "03": "II · How a convolutional network works",
    "07": "III · Build, train, evaluate",
    "09": "IV · Challenges",
    "12": "V · Beyond one label",
    "15": "VI · Where it goes",
}


def chapter_table():
    """Return the Markdown table of all chapters."""
    rows = ["| | chapter | reading and doing |", "| --- | --- | --- |"]
    for lesson in find_lessons():
        number = lesson.name[:2]
        if number in PARTS:
            rows.append(f"| | **{PARTS[number]}** | |")
        title, minutes = title_and_minutes(lesson)
        rows.append(f"| {number} | [{title}](chapters/{lesson.stem}.ipynb) | {minutes} minutes |")
    return "\n".join(rows) + "\n"


def title_and_minutes(lesson):
    """Return a lesson's title, without its number, and its minutes, from its first cell."""
    text = lesson.read_text(encoding="utf-8")
    title = re.search(r"^# # \d\d · (.+)$", text, re.MULTILINE)[1]
    return title, int(re.search(r"\*\*Time:\*\* about (\d+) minutes", text)[1])


def headline_table():
    """Return the Markdown table of what each chapter's main experiment found."""
    rows = ["| chapter | its experiment found |", "| --- | --- |"]
    for path in find_lessons():
        notebook = nbformat.read(ROOT / "chapters" / f"{path.stem}.ipynb", as_version=4)
        link = f"[{path.name[:2]}](chapters/{path.stem}.ipynb)"
        rows += [f"| {link} | {found} |" for found in headlines(notebook)]
    return "\n".join(rows) + "\n"


def with_table(text, name, table):
    """Return a text with the table between `<!-- name -->` and `<!-- end -->` renewed."""
    place = rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)"
    return re.sub(place, lambda _: table, text, flags=re.DOTALL)


def readme_with_tables(text):
    """Return README's text with its two tables renewed."""
    text = with_table(text, "chapters", chapter_table())
    return with_table(text, "headlines", headline_table())


def glossary_page():
    """Return the Markdown page of all terms, in alphabetical order, with a link to the chapter."""
    entries = [
        f'- <a id="{term_anchor(plain(term))}"></a>**{term}**: {definition} '
        f"[{path.name[:2]}](chapters/{path.stem}.ipynb)"
        for path in find_lessons()
        for term, definition in glossary(read_lesson(path)).items()
    ]
    heading = "# Glossary\n\nEvery term of the course, and the chapter that defines it.\n\n"
    return (
        heading + "\n".join(sorted(entries, key=lambda entry: entry.split("**")[1].lower())) + "\n"
    )


def picture():
    """Return README's picture as PNG bytes: the first figure of chapter 04."""
    notebook = nbformat.read(PICTURE_FROM, as_version=4)
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    encoded = next(o.data["image/png"] for o in outputs if "image/png" in o.get("data", {}))
    return base64.b64decode(encoded)


def main():
    """Write README.md, its picture and GLOSSARY.md."""
    README.write_text(readme_with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
    GLOSSARY.write_text(glossary_page(), encoding="utf-8")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(picture())
    return 0


if __name__ == "__main__":
    sys.exit(main())
