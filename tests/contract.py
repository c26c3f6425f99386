"""What every chapter must hold: each rule reads executed notebooks and returns a list of faults.

A rule of `CHAPTER_RULES` or `SOLUTION_RULES` takes one notebook, a rule of `ANY_RULES` either. The
rules read what a learner opens, so a new chapter is held to them as soon as it is built.
"""

import ast
import html
import json
import os
import re

from nbgrader.nbgraderformat import MetadataValidator, ValidationError

from tools.build_notebooks import (
    CELL_SECONDS,
    CHECK,
    EXERCISE_HEADING,
    IGNORED,
    WHY,
    WRONG,
    check_fault,
    claim_fault,
)
from tools.reading import bold_terms, bullets, glossary, headlines, markdown, said, section

# The comment stands in the traceback where a notebook is opened without the course beside it.
FIRST_CODE = (
    "from utils.runtime import start  # not found? Get the whole course and run make lab in its "
    "folder\n\nstart()"
)
FIRST_SCREEN = 6  # cells
FIRST_IMPORTS = 12  # up to the first picture
CELL_LINES = 30
FIGURE_BYTES = 80_000
NOTEBOOK_BYTES = 1_000_000
NOTEBOOK_SECONDS = 120
KERNEL_MEGABYTES = 2_000
COMPARED_SHARE = 0.8
HEADLINE_CHARACTERS = 200
# What keeps nbval from running a cell or from comparing it, and IPython from showing its output.
UNCOUNTED = re.compile(
    r"nbval[-_]\S+|pytest[-_]validate\S*|raises-exception|^%%(?:capture|script|bash|sh)\b",
    re.IGNORECASE | re.MULTILINE,
)
# A heading that a pointer of a comment may name, and the pointer.
PLACE = re.compile(r"^## (\d+) · |^### (Exercise \d+\.\d+) · ", re.MULTILINE)
POINTER = re.compile(
    r"(?:chapter (?P<chapter>\d\d)(?:,|'s)? )?"
    r"(?:sections? (?P<section>\d+)\b|exercise (?P<exercise>\d+\.\d+))",
    re.IGNORECASE,
)
# A link to a file of the course or to a place in it: the file, and the id of the cell or term.
LINK = re.compile(r"(?<!!)\]\((?![a-z]+://)([^)#\s]*)(?:#(?:cell-id=)?([^)\s]*))?\)")


# ---------------------------------------------------------------- reading notebooks


def code_cells(notebook):
    """Return the code cells that hold code."""
    return [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]


def tags(cell):
    """Return a cell's tags."""
    return cell.metadata.get("tags", [])


def figures(notebook):
    """Return (cell, output) for each picture."""
    return [
        (cell, output)
        for cell in code_cells(notebook)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]


def exercises(notebook):
    """Return {number: cells} for each exercise, from its heading to the next heading."""
    found, current = {}, None
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = EXERCISE_HEADING.search(cell.source)
            if heading:
                current = found.setdefault(f"{heading[1]}.{heading[2]}", [])
            elif re.search(r"^## ", cell.source, re.M):
                current = None
        if current is not None:
            current.append(cell)
    return found


# ---------------------------------------------------------------- rules for a chapter


def opening(notebook):
    """The first cell says what it is about, what you will learn, need, and how long it takes."""
    text = notebook.cells[0].source
    faults = []
    if not re.match(r"# \d\d · [A-Z]\S* \S", text):
        faults.append("the first cell must begin with «# NN · Title with a verb»")
    goals = re.search(r"\*\*You will learn to\*\*\n\n(.*?)(?=\n\n\*\*|\Z)", text, re.S)
    if not goals or not 3 <= len(bullets(goals[1])) <= 5:
        faults.append("the first cell needs «**You will learn to**» and 3 to 5 bullets")
    if "**You need**" not in text:
        faults.append("the first cell needs «**You need** …»")
    if not re.search(r"\*\*Time:\*\* about \d+ minutes to read and do, under \d+ minutes?", text):
        faults.append("the first cell needs «**Time:** about N minutes to read and do, under M …»")
    return faults


def core_path(notebook):
    """The first cell says in a table how many minutes each part takes, and which are the core."""
    text = notebook.cells[0].source
    total = re.search(r"\*\*Time:\*\* about (\d+) minutes", text)
    rows = re.findall(r"^\| [^|]+ \| (\d+) \|([^|]*)\|$", text, re.M)
    faults = []
    if not total or sum(int(minutes) for minutes, _ in rows) != int(total[1]):
        faults.append("the rows of the table «| | minutes | |» must add up to the chapter's time")
    if not any("core" in note for _, note in rows):
        faults.append("the table of minutes must say what is the core")
    return faults


def few_imports_first(notebook):
    """Few imports stand above the first picture: the others stand where they are needed."""
    cells = code_cells(notebook)
    pictured = {cell.id for cell, _ in figures(notebook)}
    first = next((n for n, cell in enumerate(cells) if cell.id in pictured), len(cells) - 1)
    above = "\n".join(cell.source for cell in cells[: first + 1])
    lines = re.findall(r"^(?:import|from) ", above, re.M)
    if len(lines) <= FIRST_IMPORTS:
        return []
    return [f"{len(lines)} imports above the first picture, at most {FIRST_IMPORTS}"]


def quiet_start(notebook):
    """The first code cell starts the runtime, before anything is imported."""
    first = code_cells(notebook)[0].source
    return [] if first == FIRST_CODE else [f"the first code cell must be exactly:\n{FIRST_CODE}"]


def early_figure(notebook):
    """There is something to look at on the first screen."""
    first_screen = {cell.id for cell in notebook.cells[:FIRST_SCREEN]}
    shown = any(cell.id in first_screen for cell, _ in figures(notebook))
    return [] if shown else [f"no figure in the first {FIRST_SCREEN} cells"]


def experiment(notebook):
    """A prediction is asked for, then the result is computed, then explained."""
    kinds = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            kinds.append("run")
        elif "> **Predict.**" in cell.source:
            kinds.append("predict")
        elif "**Explain.**" in cell.source:
            kinds.append("explain")
    in_order = re.search(r"predict (run )+explain", " ".join(kinds) + " ")
    return [] if in_order else ["no «> **Predict.**», code, «**Explain.**» in this order"]


def headline(notebook):
    """The experiment's result is printed in one line, for the table in the README."""
    found = headlines(notebook)
    if len(found) == 1 and 1 <= len(found[0]) <= HEADLINE_CHARACTERS and "\n" not in found[0]:
        return []
    most = f"at most {HEADLINE_CHARACTERS} characters"
    return [f"one cell tagged «headline» must print one line of {most}, not {found}"]


def exercise_count(notebook):
    """There are 3 to 6 exercises, numbered in order."""
    numbers = list(exercises(notebook))
    chapter = int(notebook.cells[0].source[2:4])
    wanted = [f"{chapter}.{i}" for i in range(1, len(numbers) + 1)]
    if 3 <= len(numbers) <= 6 and numbers == wanted:
        return []
    return [f"3 to 6 exercises numbered {chapter}.1, {chapter}.2 … are needed, not {numbers}"]


def hints(notebook):
    """Each exercise has 2 or 3 hints that open one by one."""
    faults = []
    for number, cells in exercises(notebook).items():
        text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
        labels = re.findall(r"<details><summary>(Hint \d)</summary>", text)
        if labels not in (["Hint 1", "Hint 2"], ["Hint 1", "Hint 2", "Hint 3"]):
            faults.append(f"exercise {number} needs 2 or 3 hints, it has {labels}")
        if text.count("<details>") != text.count("</details>"):
            faults.append(f"exercise {number}: a <details> block is not closed")
    return faults


def quiz_call(notebook):
    """The chapter asks its own quiz."""
    number = notebook.cells[0].source[2:4]
    asked = any(cell.source == f'quiz("{number}")' for cell in code_cells(notebook))
    return [] if asked else [f'no cell quiz("{number}")']


def closing(notebook):
    """Key points, glossary, further reading and a way to go further stand at the end."""
    faults = []
    if not 3 <= len(bullets(section(notebook, "Key points"))) <= 5:
        faults.append("«## Key points» needs 3 to 5 bullets")
    if len(glossary(notebook)) != len(bullets(section(notebook, "Glossary"))):
        faults.append("each bullet of «## Glossary» must be «- **term**: definition»")
    if len(glossary(notebook)) < 3:
        faults.append("«## Glossary» needs at least 3 terms")
    readings = bullets(section(notebook, "Further reading"))
    if len(readings) < 3:
        faults.append("«## Further reading» needs at least 3 entries")
    for reading in readings:
        if not re.search(r"^\S.*?: \*.+?\*.*\b(19|20)\d\d\b", reading, re.S):
            faults.append(f"further reading needs «author: *title*. venue, year»: {reading}")
    further = section(notebook, "Go further")
    if not (re.search(r'load\("\w+"\)', further) and re.search(r"\d", further)):
        faults.append('«## Go further» must name the change (load("…")) and the measured result')
    return faults


def figure_count(notebook):
    """Pictures carry the main ideas."""
    count = len(figures(notebook))
    return [] if count >= 3 else [f"only {count} figures; each main idea needs one"]


def not_attempted(notebook):
    """Before the learner's work, every check says so."""
    return _check_faults(notebook, answered=False)


def no_answers(notebook):
    """Nothing of the answers is left."""
    return [
        f"{cell.id} belongs to the solutions only"
        for cell in notebook.cells
        if "SOLUTION" in cell.source or {WRONG, WHY} & set(tags(cell))
    ]


# ---------------------------------------------------------------- rules for solutions


def wrong_answers(notebook):
    """Each exercise shows at least two wrong answers, and says why the answer is right."""
    faults = []
    for number, cells in exercises(notebook).items():
        wrong = [c for c in cells if WRONG in tags(c) and not CHECK.search(c.source)]
        if len(wrong) < 2:
            faults.append(f"exercise {number} needs at least 2 wrong answers, it has {len(wrong)}")
        if not any(WHY in tags(c) for c in cells):
            faults.append(f"exercise {number} has no cell tagged «{WHY}»")
    return faults


def answers_checked(notebook):
    """Every answer is correct, every wrong answer is caught with a message."""
    return _check_faults(notebook, answered=True)


def messages_help(notebook):
    """Wrong answers get the message of an assertion, not a stray error."""
    return [
        f"{cell.id}: the feedback is an error, not a message that helps"
        for cell in code_cells(notebook)
        if WRONG in tags(cell) and "cannot use what your code" in said(cell)
    ]


# ---------------------------------------------------------------- rules for both


def executed(notebook):
    """nbval compares only cells that were executed."""
    return [f"{c.id} was not executed" for c in code_cells(notebook) if not c.execution_count]


def clean_outputs(notebook):
    """No error, nothing on stderr, no address in memory, no path of the machine that built it."""
    faults = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":
                faults.append(f"{cell.id} raises {output.ename}")
            if output.get("name") == "stderr":
                faults.append(f"{cell.id} writes to stderr: {output.text}")
            text = output.get("text", "") + output.get("data", {}).get("text/plain", "")
            place = re.search(r"0x[0-9a-f]{6,}|/tmp/|/home/|/root/|/Users/|[A-Z]:\\", text)
            if place:
                faults.append(f"{cell.id} shows an address or a path: {place[0]}")
    return faults


def alternative_texts(notebook):
    """Every figure says in words what it shows, and is small."""
    faults = []
    for cell, output in figures(notebook):
        text = output.metadata.get("image/png", {}).get("alt", "").strip()
        below = [other.get("data", {}).get("text/html", "") for other in cell.outputs]
        if not text or not any(html.escape(text) in line for line in below):
            faults.append(f"{cell.id}: a figure without alternative text; end it with show()")
        size = len(output.data["image/png"]) * 3 // 4
        if size > FIGURE_BYTES:
            faults.append(f"{cell.id}: a figure of {size:,} bytes; at most {FIGURE_BYTES:,}")
    return faults


def small(notebook):
    """The file loads fast and shows on Git hosts."""
    size = len(json.dumps(notebook).encode())
    return [f"{size:,} bytes; at most {NOTEBOOK_BYTES:,}"] if size > NOTEBOOK_BYTES else []


def nothing_skipped(notebook):
    """No cell is kept from being run or compared but by the one tag that is counted."""
    text = "\n".join(
        "\n".join([c.source, *(tag for tag in tags(c) if tag != IGNORED)])
        for c in code_cells(notebook)
    )
    return [match[0] for match in UNCOUNTED.finditer(text)]


def numbers_not_verdicts(notebook):
    """A reader sees the number itself: «0.947 (at least 0.9)», not «at least 0.9: True»."""
    return [
        f"{cell.id}: show the number by expect(), not a verdict: {line}"
        for cell in code_cells(notebook)
        for line in re.findall(r"^.*: (?:True|False)$", said(cell), re.M)
    ]


def claims_hold(notebook):
    """Every number keeps the bound that the text relies on."""
    faults = ((cell, claim_fault(cell)) for cell in code_cells(notebook))
    return [f"{cell.id}: {fault}" for cell, fault in faults if fault]


def whole_list_items(notebook):
    """No line inside a list item begins like «2012.»: JupyterLab would begin a new list there."""
    return [
        f"{cell.id}: wrap this line elsewhere: {line.strip()}"
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in re.findall(r"(?<=\S\n) +\d{1,9}[.)](?: .*)?$", cell.source, re.M)
    ]


def nbgrader_ready(notebook):
    """The exercises' metadata is what nbgrader expects."""
    try:
        MetadataValidator().validate_nb(notebook)
    except ValidationError as error:
        return [str(error)]
    return []


def _check_faults(notebook, answered):
    faults = ((cell, check_fault(cell, answered)) for cell in notebook.cells)
    return [f"{cell.id}: {fault}" for cell, fault in faults if fault]


def short_cells(notebook):
    """No cell that is not folded is long; no mark for a formatter stands before a learner."""
    faults = []
    for cell in code_cells(notebook):
        lines = cell.source.count("\n") + 1
        folded = cell.metadata.get("jupyter", {}).get("source_hidden")
        if lines > CELL_LINES and not folded:
            faults.append(f"{cell.id} has {lines} lines, at most {CELL_LINES}: split it")
        if "# fmt:" in cell.source:
            faults.append(f"{cell.id} holds a mark for the formatter")
    return faults


ANY_RULES = (
    *(executed, clean_outputs, alternative_texts, small, short_cells, nothing_skipped),
    *(numbers_not_verdicts, claims_hold, whole_list_items, nbgrader_ready),
)
CHAPTER_RULES = (
    *(opening, core_path, quiet_start, early_figure, few_imports_first, experiment, headline),
    *(exercise_count, hints, quiz_call, closing, figure_count, not_attempted, no_answers),
)
SOLUTION_RULES = (wrong_answers, answers_checked, messages_help)


# ---------------------------------------------------------------- rules over all notebooks


def repeated_terms(chapters):
    """Return the glossary terms that more than one chapter defines.

    Args:
        chapters: {name: notebook}.
    """
    places = {}
    for name, notebook in chapters.items():
        for term in glossary(notebook):
            places.setdefault(term.lower(), []).append(name)
    return {term: names for term, names in places.items() if len(names) > 1}


def misplaced_terms(chapters):
    """Return the faults of terms: a term is in bold where it is defined, and nowhere else.

    Args:
        chapters: {name: notebook}.
    """
    in_bold = {name: bold_terms(notebook) for name, notebook in chapters.items()}
    faults = []
    for home, notebook in chapters.items():
        for term in glossary(notebook):
            words = re.sub(r" \(.+?\)", "", term.lower()).split(", ")
            spellings = {word + ending for word in words for ending in ("", "s")}
            places = [name for name, terms in in_bold.items() if terms & spellings]
            if places != [home]:
                faults.append(f"{home} defines «{term}»; it is in bold in {places}")
    return faults


def dangling_pointers(chapters):
    """Return the faults of pointers in code, such as «chapter 08, section 6» or «exercise 4.2».

    A pointer without a chapter means its own. In texts the builder makes links of them.

    Args:
        chapters: {name: notebook}, each name beginning with two digits.
    """
    places = {
        name[:2]: {a or b for a, b in PLACE.findall(markdown(notebook))}
        for name, notebook in chapters.items()
    }
    faults = []
    for name, notebook in chapters.items():
        for cell in code_cells(notebook):
            text = " ".join(cell.source.replace("# ", " ").split())
            for pointer in POINTER.finditer(text):
                chapter = pointer["chapter"] or name[:2]
                if pointer["exercise"]:
                    chapter = f"{int(pointer['exercise'].split('.')[0]):02d}"
                target = pointer["section"] or f"Exercise {pointer['exercise']}"
                if chapter in places and target not in places[chapter]:
                    faults.append(f"{name}, {cell.id}: there is no «{pointer[0]}»")
    return faults


def dangling_links(notebooks, root):
    """Return the links in texts that lead to no file or no cell.

    Args:
        notebooks: {path below root, such as "chapters/04_convolution.ipynb": notebook}.
        root: the course's folder, a Path.
    """
    places = {name: _places(notebook) for name, notebook in notebooks.items()}
    faults = []
    for name, notebook in notebooks.items():
        for target, place in LINK.findall(markdown(notebook)):
            path = (
                os.path.normpath(os.path.join(os.path.dirname(name), target)) if target else name
            )
            known = not place or place in places.get(path, ()) or path == "GLOSSARY.md"
            if not known or not (root / path).exists():
                faults.append(f"{name}: a link leads nowhere: {target}{place}")
    return faults


def _places(notebook):
    """Return what a link to a place in a notebook may name: its cells, and its headings' texts."""
    headings = re.findall(r"^#+ (.+)$", markdown(notebook), re.M)
    return {cell.id for cell in notebook.cells} | {h.strip().replace(" ", "-") for h in headings}


def compared_share(notebooks):
    """Return the share of code cells whose outputs nbval compares."""
    cells = [cell for notebook in notebooks for cell in code_cells(notebook)]
    return sum(IGNORED not in tags(cell) for cell in cells) / len(cells)


def budget_faults(cell_seconds, notebook_seconds, megabytes):
    """Return which budgets are exceeded: time of a cell, of a notebook, memory of its kernel."""
    used = (
        ("cell", cell_seconds, CELL_SECONDS, "s"),
        ("notebook", notebook_seconds, NOTEBOOK_SECONDS, "s"),
        ("kernel", megabytes, KERNEL_MEGABYTES, "MB"),
    )
    return [
        f"the {what} takes {value:,.0f} {unit}, at most {limit:,} {unit} are allowed"
        for what, value, limit, unit in used
        if value > limit
    ]


def differing_functions(lesson_source, module_sources):
    """Return the functions that a lesson and a module of utils both define, but not alike.

    Docstrings and imports do not count, nor do guards (`if …: raise …`, `_require_…(…)`): a lesson
    shows the core.

    Args:
        lesson_source: Python text of a lesson without its exercises.
        module_sources: Python texts of modules.
    """
    shown = _functions(lesson_source)
    kept = {name: code for source in module_sources for name, code in _functions(source).items()}
    return sorted(name for name in shown.keys() & kept.keys() if shown[name] != kept[name])


def _functions(source):
    functions = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            node.body = [part for part in node.body if not _is_not_core(part)]
            functions[node.name] = ast.dump(node)
    return functions


def _is_not_core(node):
    if isinstance(node, (ast.Import, ast.ImportFrom)):  # utils imports Keras late, a lesson early
        return True
    if isinstance(node, ast.If):
        return all(isinstance(part, ast.Raise) for part in node.body) and not node.orelse
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or ast.unparse(node).startswith("_require_")
    return False
