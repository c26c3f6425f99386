"""How far am I? Which exercises are done, read from the learner's own saved notebooks."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from IPython.display import Markdown, display

CHAPTER = re.compile(r"\d\d_\w+\.ipynb")
CHECK = re.compile(r'^with check\("Exercise (\d+\.\d+)"\):', re.MULTILINE)
VERDICT = re.compile(r"^Exercise \d+\.\d+: (correct|not yet|not attempted yet)", re.MULTILINE)
SIGNS = {"correct": "✓", "not yet": "✗", "not attempted yet": "·"}


@dataclass(frozen=True)
class Progress:
    """What one chapter's saved notebook says.

    Attributes:
        file: the notebook's name.
        title: the chapter's number and title.
        verdicts: {exercise, such as "4.1": "correct", "not yet" or "not attempted yet"}, in order.
    """

    file: str
    title: str
    verdicts: dict

    @property
    def done(self):
        """The number of exercises that are correct."""
        return list(self.verdicts.values()).count("correct")


def read_progress(folder):
    """Read how far a learner is; nothing is changed and nothing leaves the machine.

    Args:
        folder: where the learner's notebooks lie; those named like 04_convolution.ipynb count.

    Returns:
        tuple of a list of Progress, one for each chapter in order, and a list of sentences about
        files that cannot be read as a copy of a chapter; these are left alone.

    Raises:
        FileNotFoundError: if there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    chapters, strange = [], []
    for path in sorted(path for path in folder.iterdir() if CHAPTER.fullmatch(path.name)):
        try:
            chapters.append(_read(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            strange.append(f"{path.name} cannot be read as a copy of a chapter and is left alone.")
    return chapters, strange


def _read(path):
    """Return a notebook's Progress; raise if it is none of the course's."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["course"]["lesson"]  # a notebook of the course says where it comes from
    title = re.match(r"# (\d\d · [^\n]*)", _text(notebook["cells"][0]["source"]))[1]
    verdicts = {}
    for cell in notebook["cells"]:
        exercise = CHECK.search(_text(cell["source"]))
        if exercise and cell["cell_type"] == "code":
            said = "".join(_text(output.get("text", "")) for output in cell["outputs"])
            verdict = VERDICT.search(said)
            verdicts[exercise[1]] = verdict[1] if verdict else "not attempted yet"
    return Progress(path.name, title, verdicts)


def _text(lines):
    """Return a notebook's text, which may be stored as one string or as a list of lines."""
    return lines if isinstance(lines, str) else "".join(lines)


def progress_table(chapters, routes=None):
    """Return a Markdown table of each chapter's exercises: ✓ correct, ✗ not yet, · not attempted.

    Args:
        chapters: list of Progress.
        routes: {name of a route through the course: its chapters' two-digit numbers}, or None.
    """
    routes = routes or {}
    rows = ["| chapter | exercises | done | on the route |", "| --- | --- | --- | --- |"]
    for chapter in chapters:
        signs = " ".join(SIGNS[verdict] for verdict in chapter.verdicts.values())
        link = f"[{chapter.title}]({chapter.file})"
        on = ", ".join(name for name, numbers in routes.items() if chapter.file[:2] in numbers)
        rows.append(f"| {link} | {signs} | {chapter.done} of {len(chapter.verdicts)} | {on} |")
    for name, numbers in routes.items():
        rows.append(_sum(name, [c for c in chapters if c.file[:2] in numbers]))
    return "\n".join([*rows, _sum("all", chapters)])


def _sum(name, chapters):
    """Return the row that adds up some chapters."""
    done, of = sum(c.done for c in chapters), sum(len(c.verdicts) for c in chapters)
    return f"| {name} | | **{done} of {of}** | |"


def show_progress(folder=".", routes=None):
    """Show how far the learner is whose notebooks lie in a folder, as they were last saved.

    Args:
        folder: see `read_progress`; the default is the folder of the notebook that calls this.
        routes: see `progress_table`.
    """
    chapters, strange = read_progress(folder)
    display(Markdown("\n\n".join([progress_table(chapters, routes), *strange])))
