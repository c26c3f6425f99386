"""Read what a lesson says: a notebook's Markdown, its sections and lists, and what cells print."""

import re

HEADLINE = "headline"  # tag of the cell that prints the result of the main experiment


def markdown(notebook):
    """Return all Markdown of a notebook, as one text."""
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def section(notebook, title):
    """Return the text under the heading `## title`, up to the next such heading or a rule."""
    match = re.search(rf"^## {title}\n(.*?)(?=^## |^---$|\Z)", markdown(notebook), re.M | re.S)
    return match[1] if match else ""


def bullets(text):
    """Return the items of a Markdown list."""
    return re.findall(r"^- (.+(?:\n  .+)*)", text, re.M)


def glossary(notebook):
    """Return {term: definition} of a chapter's glossary."""
    items = (
        re.match(r"\*\*(.+?)\*\*: (.+)", b, re.S) for b in bullets(section(notebook, "Glossary"))
    )
    return {match[1]: " ".join(match[2].split()) for match in items if match}


def said(cell):
    """Return all text that an executed cell printed or showed; none for a cell of another kind."""
    return "".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
    )


def headlines(notebook):
    """Return what the cells tagged «headline» print: the result of the main experiment."""
    tagged = [c for c in notebook.cells if HEADLINE in c.metadata.get("tags", [])]
    return [said(cell).strip() for cell in tagged]


def bold_terms(notebook):
    """Return what stands in bold before the closing sections, in lower case, without code."""
    text = markdown(notebook).split("\n## Key points")[0]
    without_code = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
    return {
        " ".join(bold.split()).lower() for bold in re.findall(r"\*\*(.+?)\*\*", without_code, re.S)
    }
