"""Write the instructor's guide: a page for each chapter that has notes, and the list of pages.

A page joins two things: `teaching/notes/NN.md`, written by a teacher, and what the chapter says
already (goals, minutes, predictions, wrong answers with what the check says of them), read from
the executed solutions.

    python -m tools.guide           write teaching/guide/ and the table in teaching/README.md
"""

import itertools
import re
import sys
from dataclasses import dataclass

import nbformat

from tools.build_notebooks import ROOT, WHY, find_lessons
from tools.links import MENTION, MentionError, link_mentions, place_id, read_course
from tools.overview import title_and_minutes, with_table
from tools.reading import bullets, headlines, said

TEACHING = ROOT / "teaching"

SECTIONS = (
    *("Lessons of 45, 90 and 180 minutes", "Say and show", "Board", "Discuss"),
    *("In the room", "Homework", "Exam"),
)
LENGTHS = ["45", "90", "180"]  # minutes
KINDS = ("calculate", "explain", "find the error", "judge")

LESSON = re.compile(r"^### (\d+) minutes\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
HEAD_OF_TABLE = "| minutes | section | what happens |\n| --- | --- | --- |\n"
ROW = re.compile(r"\| (\d+) \| ([^|]+) \| ([^|]+) \|")
QUESTION = re.compile(
    rf"^### (\d+) · ({'|'.join(KINDS)}) · (\d+) points?\n(.*?)(?=^### |\Z)",
    re.MULTILINE | re.DOTALL,
)
CALCULATION = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(
    r"(?<![\w.])(?<![a-z]-)(?:\d{1,3}(?:[,_]\d{3})+|\d+)(?:\.\d+)?(?![a-zA-Z_]|\.?\d)"
)
NO_CLAIM = re.compile(r"\b\d+ points?\b|\]\([^)]*\)")  # points, and the targets of links

PREDICT = re.compile(r"^> \*\*Predict\.\*\*.*(?:\n>.*)*", re.MULTILINE)
GUESS = "*Guess first"
EXPLAIN = "**Explain.**"
EXPLAINED_WORDS = 25  # an explanation of fewer words takes the next paragraph along
HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
END = "## Key points"  # what follows is no part of the lesson in the room
WRONG_ANSWER = re.compile(r"exercise-(\d+)-(\d+)-wrong-\d+$")


class GuideError(Exception):
    """A note is broken; the message says in which file and why."""


@dataclass
class Question:
    """One question of the exam."""

    number: int
    kind: str
    points: int
    text: str
    key: str
    half_right: str
    calculation: str  # Python that computes the key's numbers; may be empty


# ---------------------------------------------------------------- what a teacher wrote


def read_notes(path, course):
    """Return {section: Markdown with links} of a note.

    Raises:
        GuideError: if a section is missing, minutes do not add up, the exam is not whole, or a
            place is mentioned that no chapter has.
    """
    text = path.read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    if titles != list(SECTIONS):
        raise _fault(path, f"the sections must be {list(SECTIONS)}, not {titles}")
    texts = [part.strip() for part in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]]
    notes = dict(zip(SECTIONS, texts))
    empty = [title for title, part in notes.items() if not part]
    if empty:
        raise _fault(path, f"nothing stands under {empty}")
    _require_lessons(notes[SECTIONS[0]], path)
    read_exam(notes["Exam"], path)
    own = path.stem
    try:
        linked = {title: link_mentions(part, own, course) for title, part in notes.items()}
    except MentionError as error:
        raise _fault(path, str(error)) from None
    return {title: from_guide(part, course.files[own]) for title, part in linked.items()}


def _require_lessons(text, path):
    """Raise GuideError unless there are three tables whose minutes add up."""
    lessons = LESSON.findall(text)
    if [length for length, _ in lessons] != LENGTHS:
        raise _fault(
            path, f"lessons of {LENGTHS} minutes are needed, as headings «### 45 minutes»"
        )
    for length, table in lessons:
        where = f"the lesson of {length} minutes"
        if not table.strip().startswith(HEAD_OF_TABLE):
            raise _fault(path, f"{where} must begin with\n{HEAD_OF_TABLE}")
        lines = table.strip().splitlines()[2:]
        rows = [ROW.fullmatch(line) for line in lines]
        if None in rows:
            line = lines[rows.index(None)]
            raise _fault(path, f"{where}: no row «| minutes | section | what happens |»: {line}")
        total = sum(int(row[1]) for row in rows)
        if total != int(length):
            raise _fault(path, f"{where}: its rows add up to {total}")
        for row in rows:
            if re.search(r"\d", MENTION.sub("", row[2])):
                raise _fault(path, f"{where}: write «section 3» or «Exercise 4.1», not «{row[2]}»")


def read_exam(text, path):
    """Return the exam's questions.

    Raises:
        GuideError: if there are not 4 to 6, of three kinds or more, each with a key, what a half
            right answer shows, and a calculation that holds every number of both.
    """
    questions = [_question(found, path) for found in QUESTION.finditer(text)]
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)
    if len(questions) != len(headings):
        form = "### 1 · KIND · N points"
        raise _fault(path, f"exam: a heading is not «{form}», KIND one of {KINDS}: {headings}")
    if not 4 <= len(questions) <= 6 or len({question.kind for question in questions}) < 3:
        raise _fault(path, "exam: 4 to 6 questions of at least three kinds are needed")
    if [question.number for question in questions] != list(range(1, len(questions) + 1)):
        raise _fault(path, "exam: the questions are not numbered 1, 2, 3 …")
    return questions


def _question(found, path):
    number, kind, points, text = found.groups()
    where = f"exam, question {number}"
    parts = re.split(r"^\*\*(Key|Half right)\.\*\*", text, flags=re.MULTILINE)
    if parts[1::2] != ["Key", "Half right"]:
        raise _fault(path, f"{where}: «**Key.** …» and then «**Half right.** …» are needed")
    asked, key, rest = (part.strip() for part in parts[::2])
    calculation = "\n".join(CALCULATION.findall(rest))
    half_right = CALCULATION.sub("", rest).strip()
    if not (asked and key and half_right):
        raise _fault(path, f"{where}: the question, its key or «Half right» is empty")
    if kind == "calculate" and "assert" not in calculation:
        raise _fault(path, f"{where}: no calculation (```python with an assert) stands at its end")
    claimed = NO_CLAIM.sub("", MENTION.sub("", f"{key} {half_right}"))
    missing = sorted(_numbers(claimed) - _numbers(calculation))
    if missing:
        raise _fault(path, f"{where}: no calculation holds {missing}, key or «Half right» do")
    return Question(int(number), kind, int(points), asked, key, half_right, calculation)


def _numbers(text):
    return {float(re.sub("[,_]", "", number)) for number in NUMBER.findall(text)}


def _fault(path, reason):
    return GuideError(f"{path.name}: {reason}")


# ---------------------------------------------------------------- what the chapter says


def opening(notebook):
    """Return (goals, needs, table of minutes) of a chapter's first cell, as Markdown."""
    text = notebook.cells[0].source
    goals = re.search(r"\*\*You will learn to\*\*\n\n(.*?)(?=\n\n\*\*)", text, re.DOTALL)[1]
    needs = re.search(r"\*\*You need\*\* (.*?)(?=\n\n)", text, re.DOTALL)[1]
    minutes = re.search(r"\*\*Time:\*\*.*", text, re.DOTALL)[0]
    return "\n".join(f"- {goal}" for goal in bullets(goals)), needs, minutes


def predictions(notebook):
    """Return [(heading, id of its cell, what is asked, what comes out or "")].

    What comes out is what stands after «Explain», or else the first text after the code.
    """
    found, heading, cell_id, ran = [], "", "", False
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            ran = True
            continue
        if END in cell.source:
            break
        for part in _at_headings(cell.source):
            title = HEADING.match(part)
            if title:
                heading = title[1]
            if part.startswith(("## ", "### Exercise")):
                cell_id = cell.id if cell.id.startswith(("section", "exercise")) else ""
            ran = ran and not part.startswith("## ")  # a new section tells of something else
            _note_what_comes_out(found, part, ran)
            asked = [match[0] for match in PREDICT.finditer(part)]
            asked += [_quoted(text) for text in part.split("\n\n") if GUESS in text]
            found += [[heading, cell_id, text, "", ""] for text in asked]
            ran = ran and not asked
    return [(*place, asked, explained or told) for *place, asked, explained, told in found]


def _note_what_comes_out(found, part, follows_code):
    if not found:
        return
    if EXPLAIN in part and not found[-1][3]:
        found[-1][3] = _explanation(part.split(EXPLAIN, 1)[1])
    elif follows_code and not found[-1][4]:
        found[-1][4] = _explanation(HEADING.sub("", part).removeprefix("**Why.**"))


def _at_headings(text):
    starts = [0, *(m.start() for m in HEADING.finditer(text)), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(starts)]


def _quoted(text):
    return "\n".join(f"> {line}" for line in text.splitlines())


def _explanation(text):
    """Return the first paragraphs: as many as make it more than a word."""
    taken = []
    for paragraph in re.split(r"\n\n+", text.strip()):
        taken.append(paragraph)
        if len(" ".join(taken).split()) >= EXPLAINED_WORDS:
            break
    return "\n\n".join(taken)


def mistakes(notebook):
    """Return {number of the exercise: (title, [(mistake, what the check says)], why)}."""
    said_by = {cell.id: said(cell) for cell in notebook.cells if cell.cell_type == "code"}
    found, number = {}, None
    for cell in notebook.cells:
        heading = re.match(r"### Exercise (\d+\.\d+) · (.+)", cell.source)
        if heading:
            number = heading[1]
            found[number] = [heading[2], [], ""]
        elif WRONG_ANSWER.match(cell.id):
            message = said_by[f"{cell.id}-check"].split("not yet – ", 1)[1]
            found[number][1].append((_first_comment(cell.source), " ".join(message.split())))
        elif WHY in cell.metadata.get("tags", []):
            found[number][2] = cell.source.removeprefix("**Why.**").strip()
    return {number: tuple(parts) for number, parts in found.items()}


def _first_comment(code):
    comment = re.match(r"(?:# ?.*\n)+", code)
    return " ".join(line.lstrip("# ") for line in comment[0].splitlines()) if comment else ""


# ---------------------------------------------------------------- pages


def from_guide(text, own):
    """Return Markdown whose links, made for a notebook, work from teaching/guide/.

    Args:
        text: Markdown of a notebook beside the other chapters.
        own: the file of that notebook.
    """
    text = re.sub(r"\]\(#", f"](../../chapters/{own}#", text)
    text = re.sub(r"\]\((?=\d\d_\w+\.ipynb)", "](../../chapters/", text)
    return re.sub(r"\]\(\.\./(?!\.\./)", "](../../", text)


def page(lesson, course, notes_folder, root=ROOT):
    """Return the Markdown page of one chapter.

    Args:
        lesson: the path of the lesson.
        course: tools.links.Course.
        notes_folder: where NN.md lies.
        root: the folder that holds solutions/.

    Raises:
        GuideError: if the note is broken.
    """
    number, file = lesson.name[:2], f"{lesson.stem}.ipynb"
    notes = read_notes(notes_folder / f"{number}.md", course)
    notebook = nbformat.read(root / "solutions" / file, as_version=4)
    goals, needs, minutes = opening(notebook)
    title = re.match(r"# (.+?)(?: – solutions)?\n", notebook.cells[0].source)[1]
    head = [
        f"# {title}",
        f"<!-- Made by `make guide` from teaching/notes/{number}.md and solutions/{file}. -->",
        f"For the teacher. [Chapter](../../chapters/{file}) · "
        f"[solutions](../../solutions/{file}) · [all pages](../README.md)",
    ]
    parts = [
        f"## Goals\n\nAt the end learners can:\n\n{goals}\n\n**They need** {needs}",
        f"**The result to remember:** {'; '.join(headlines(notebook))}.",
        f"## Minutes for one who works alone\n\n{minutes}",
        _section(SECTIONS[0], notes),
        f"## Ask for a prediction\n\n{_predictions_text(notebook, file)}",
        *(_section(title, notes) for title in ("Say and show", "Board")),
        f"## What goes wrong in heads\n\n{_mistakes_text(notebook, file)}",
        *(_section(title, notes) for title in ("Discuss", "In the room", "Homework")),
        f"## Exam\n\n{_exam_text(notes, notes_folder / f'{number}.md')}",
    ]
    return "\n\n".join([*head, *(from_guide(part, file) for part in parts)]) + "\n"


def _section(title, notes):
    return f"## {title}\n\n{notes[title]}"


def _predictions_text(notebook, file):
    intro = "Write it down, show hands, then run. What comes out is for you alone."
    texts = []
    for heading, cell_id, asked, explained in predictions(notebook):
        place = f"[{heading}](../../chapters/{file}{f'#cell-id={cell_id}' if cell_id else ''})"
        texts.append(f"**{place}**\n\n{asked}")
        if explained:
            texts.append(f"What comes out: {explained}")
    return "\n\n".join([intro, *texts])


def _mistakes_text(notebook, file):
    texts = ["The wrong answers of the exercises, each with what the check says of it."]
    for number, (title, wrong, why) in mistakes(notebook).items():
        link = f"[Exercise {number}](../../chapters/{file}#cell-id={place_id(number)})"
        lines = [f"- {mistake} *The check:* {message}" for mistake, message in wrong]
        texts += [f"### {link} · {title}", "\n".join(lines), f"Why: {why}"]
    return "\n\n".join(texts)


def _exam_text(notes, path):
    questions = read_exam(notes["Exam"], path)
    total = sum(question.points for question in questions)
    texts = [f"{len(questions)} questions, {total} points."]
    for q in questions:
        unit = "point" if q.points == 1 else "points"
        texts += [f"### {q.number} · {q.kind} · {q.points} {unit}", q.text, f"**Key.** {q.key}"]
        texts.append(f"**Half right.** {q.half_right}")
        if q.calculation:
            code = f"```python\n{q.calculation}```"
            summary = "<details><summary>The calculation, which the tests run</summary>"
            texts.append(f"{summary}\n\n{code}\n\n</details>")
    return "\n\n".join(texts)


def read_chapters(root=ROOT):
    """Return the Course of the executed solutions: what can be linked to."""
    paths = sorted((root / "solutions").glob("*.ipynb"))
    return read_course({path.stem: nbformat.read(path, as_version=4) for path in paths})


def pages(teaching=TEACHING):
    """Return {file name: Markdown} of all chapters that have notes.

    Raises:
        GuideError: if a note is broken, or belongs to no chapter.
    """
    course = read_chapters()
    written = {path.stem for path in (teaching / "notes").glob("*.md")}
    strange = sorted(written - set(course.files))
    if strange:
        raise GuideError(f"{strange[0]}.md: there is no chapter {strange[0]}")
    return {
        f"{lesson.stem}.md": page(lesson, course, teaching / "notes")
        for lesson in find_lessons()
        if lesson.name[:2] in written
    }


def table(names):
    """Return the Markdown table of all chapters, with links to the pages of these names."""
    rows = ["| | chapter | page |", "| --- | --- | --- |"]
    for lesson in find_lessons():
        title, _ = title_and_minutes(lesson)
        there = f"{lesson.stem}.md" in names
        link = f"[for the teacher](guide/{lesson.stem}.md)" if there else "not yet written"
        rows.append(f"| {lesson.name[:2]} | [{title}](../chapters/{lesson.stem}.ipynb) | {link} |")
    return "\n".join(rows) + "\n"


def readme_with_table(text, names):
    """Return the text of teaching/README.md with its table renewed."""
    return with_table(text, "guide", table(names))


def main(teaching=TEACHING):
    """Write the pages and the table; return the exit status."""
    try:
        made = pages(teaching)
    except GuideError as error:
        print(error, file=sys.stderr)
        return 1
    folder = teaching / "guide"
    folder.mkdir(exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    for stale in {path.name for path in folder.glob("*.md")} - set(made):
        (folder / stale).unlink()
    readme = teaching / "README.md"
    text = readme_with_table(readme.read_text(encoding="utf-8"), set(made))
    readme.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
