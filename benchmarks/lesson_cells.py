"""Read a lesson's code cells, for the benchmarks that run them with other seeds and sizes."""

import re

import jupytext


def lesson_cells(lesson):
    """Return pairs (section, source) of a lesson's code cells; before the first section: "".

    Args:
        lesson: the path of the lesson.
    """
    section, cells = "", []
    for cell in jupytext.read(lesson).cells:
        if cell.cell_type == "code":
            cells.append((section, cell.source))
        else:
            titles = re.findall(r"^## (.*)$", cell.source, re.M)
            section = titles[-1].split(" · ")[0] if titles else section
    return cells
