"""Exercises that answer back: `check` judges an exercise, `quiz` asks five questions."""

import dataclasses
import functools
import json
import logging
import os
import random
import re
import sys
import traceback
import types
import warnings
from pathlib import Path

import numpy as np
from IPython.display import HTML, Javascript, display
from IPython.utils.capture import capture_output
from jupyterquiz.dynamic.loader import load_questions_script
from jupyterquiz.dynamic.renderer import build_script, build_styles, render_div

QUIZ_FOLDER = Path(__file__).resolve().with_name("quizzes")
QUIZ_LENGTH = 5
LONGEST_MESSAGE = 300  # characters
QUIZ_COLOURS = {
    "--jq-multiple-choice-bg": "#0072B2",
    "--jq-mc-button-bg": "#fafafa",
    "--jq-mc-button-border": "#e0e0e0",
    "--jq-mc-button-inset-shadow": "#555555",
    "--jq-incorrect-color": "#D55E00",
    "--jq-correct-color": "#009E73",
    "--jq-text-color": "#fafafa",
    "--jq-link-color": "#9abafa",
}
# jupyterquiz leaves the keys to the browser and to JupyterLab, which moves to another cell. Here
# the arrows go from option to option, the space bar chooses, and screen readers hear the answer.
QUIZ_KEYS = """
{
  const quiz = document.getElementById("PLACE");
  quiz.dataset.lmSuppressShortcuts = "true";
  quiz.addEventListener("focusin", (event) => {
    const question = event.target.closest(".Quiz");
    if (!question) return;
    const options = question.querySelector(".Answer");
    options.setAttribute("role", "radiogroup");
    options.setAttribute("aria-labelledby", question.querySelector(".MultipleChoiceQn > div").id);
    question.querySelector(".Feedback").setAttribute("aria-live", "polite");
  });
  quiz.addEventListener("keydown", (event) => {
    const step = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1}[event.key];
    if (!step || !event.target.closest(".Answer")) return;
    const options = [...event.target.closest(".Answer").querySelectorAll("input")];
    options[options.indexOf(event.target) + step]?.focus();
    event.preventDefault();
  });
}
"""
NOT_THE_LEARNERS = re.compile(
    r"site-packages|dist-packages|\.pyx$|^<frozen|^"
    + "|^".join(re.escape(str(Path(module).parent)) for module in (os.__file__, __file__))
)


class check:  # noqa: N801 (used as a verb: `with check("Exercise 4.1"):`)
    """Judge an exercise by the assertions in its `with` block, and print one line.

    - `Exercise 4.1: not attempted yet`: the stub is still there.
    - `Exercise 4.1: not yet – <message>`: an assertion failed, or the learner's code raised.
    - `Exercise 4.1: correct`: every assertion holds.

    The message also says when the answer's cell was not run, when the function that the block
    called last gives nothing but None, and when an answer writes into an array of the notebook:
    inside the block all arrays that exist before it are read-only, so make an answer's input above
    the block.

    What the block prints (C code and other programs included), warns, draws, and what it changes
    of the global state (random numbers, NumPy's error and print settings, warning filters, the
    loggers' handlers, the limit of recursion, the working directory) ends with the block, and the
    notebook goes on. Only an interruption by the user passes through.

    While nbgrader runs the notebook (NBGRADER_EXECUTION is set), an exercise that is not correct
    raises after its line is printed, so that its points are lost.

    Args:
        exercise: the exercise's name, such as "Exercise 4.1".
    """

    def __init__(self, exercise):
        self.exercise = exercise

    def __enter__(self):
        self._frame = sys._getframe(1)
        self._state = _GlobalState()
        self._capture = capture_output()
        self._captured = self._capture.__enter__()
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        self._arrays = _ReadOnlyArrays(self._frame.f_globals)
        self._answers = _WatchedAnswers(self._frame)

    def __exit__(self, error_type, error, error_traceback):
        self._answers.restore()
        self._arrays.restore()
        verdict = _verdict(error, self._frame)  # asks the error for its text: learner's code, too
        self._warnings.__exit__(None, None, None)
        self._capture.__exit__(None, None, None)
        self._state.restore()
        if isinstance(error, KeyboardInterrupt):
            return False
        forgetful = self._answers.returned_none
        if verdict.startswith("not yet") and forgetful:
            verdict += f" – {forgetful} returned None: on purpose, or is a `return` missing?"
        if error is not None and self._captured.stdout:
            verdict += " (what your code printed is not shown here)"
        print(f"{self.exercise}: {verdict}")
        return not os.environ.get("NBGRADER_EXECUTION")


def _verdict(error, check_frame):
    if error is None:
        return "correct"
    if type(error) is NotImplementedError and not error.args:
        return "not attempted yet"
    frames = traceback.extract_tb(error.__traceback__)
    learners = _learners_frames(frames, check_frame)
    if isinstance(error, AssertionError) and not learners:
        return f"not yet – {_one_line(error) or 'this must hold: ' + frames[0].line}"
    described = ": ".join(filter(None, (_one_line(type(error).__name__), _one_line(error))))
    if not learners:
        if isinstance(error, NameError):
            return f"not yet – there is no `{error.name}`: run the cells above, your answer's, too"
        return f"not yet – the check cannot use what your code returned ({described})"
    place = f"{learners[-1].name}, line {learners[-1].lineno}"
    if isinstance(error, ValueError) and "read-only" in described:
        described += " (an array that your function was given must stay as it is: work on a copy)"
    return f"not yet – your code raised an error in {place}: {described}"


def _learners_frames(frames, check_frame):
    """Return the frames of functions that other cells define, the deepest last."""
    return [
        frame
        for frame in frames
        if frame.filename != check_frame.f_code.co_filename
        and not NOT_THE_LEARNERS.search(frame.filename)
    ]


def _one_line(error):
    try:
        text = str(error)
    except BaseException:  # an exception of the learner's may do anything when it is asked
        return ""
    printable = text.encode("utf-8", "backslashreplace").decode()  # half a character is no text
    line = " ".join(printable.split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


class _WatchedAnswers:
    """Watches the functions of other cells that a check names, for a `return` that is missing."""

    def __init__(self, check_frame):
        self.returned_none = None  # the function called last, if it has given nothing but None
        self._names = check_frame.f_globals
        self._functions = {
            name: self._names[name]
            for name in _names_in(check_frame.f_code)
            if _is_of_another_cell(self._names.get(name), check_frame)
        }
        self._names.update({name: self._watch(f) for name, f in self._functions.items()})

    def _watch(self, function):
        @functools.wraps(function)
        def watched(*arguments, **named):
            result = function(*arguments, **named)
            watched.answers = watched.answers or result is not None
            self.returned_none = None if watched.answers else function.__name__
            return result

        watched.answers = False  # where a function answers at all, its None is meant

        return watched

    def restore(self):
        self._names.update(self._functions)


def _is_of_another_cell(value, check_frame):
    if not isinstance(value, types.FunctionType):
        return False
    filename = value.__code__.co_filename
    return filename != check_frame.f_code.co_filename and not NOT_THE_LEARNERS.search(filename)


def _names_in(code):
    """Return the global names that a piece of code uses, its comprehensions included."""
    inner = [part for part in code.co_consts if isinstance(part, types.CodeType)]
    return set(code.co_names).union(*map(_names_in, inner))


class _ReadOnlyArrays:
    """Makes a notebook's arrays read-only for a while: a check hands them to learners' code."""

    def __init__(self, names):
        found = {id(array): array for value in names.values() for array in _arrays_in(value)}
        self._arrays = [array for array in found.values() if array.flags.writeable]
        for array in self._arrays:
            array.flags.writeable = False

    def restore(self):
        for array in sorted(self._arrays, key=lambda array: array.base is not None):  # views last
            array.flags.writeable = True


def _arrays_in(value):
    """Return the arrays that a value is or holds and that may be made writeable again."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [getattr(value, field.name, None) for field in dataclasses.fields(value)]
    elif type(value) is dict:
        parts = value.values()
    else:
        parts = value if type(value) in (list, tuple) else [value]
    return [part for part in parts if isinstance(part, np.ndarray) and _owned(part)]


def _owned(array):
    base = array if array.base is None else array.base
    return isinstance(base, np.ndarray) and base.flags.owndata


class _GlobalState:
    """What learners' code may change for everyone, kept so that it can be put back."""

    def __init__(self):
        self.random = random.getstate()
        self.numpy_random = np.random.get_state()
        self.numpy_errors = np.geterr()
        self.numpy_print = np.get_printoptions()
        self.recursion = sys.getrecursionlimit()
        self.log_handlers = list(logging.root.handlers)
        self.log_level = logging.root.level
        self.folder = os.getcwd()
        self.figures = _open_figures()
        self.descriptors = _silence((1, 2))

    def restore(self):
        for number, kept in self.descriptors.items():
            os.dup2(kept, number)
            os.close(kept)
        random.setstate(self.random)
        np.random.set_state(self.numpy_random)
        np.seterr(**self.numpy_errors)
        np.set_printoptions(**self.numpy_print)
        sys.setrecursionlimit(self.recursion)
        logging.root.handlers[:] = self.log_handlers
        logging.root.setLevel(self.log_level)
        os.chdir(self.folder)
        for number in _open_figures() - self.figures:
            sys.modules["matplotlib.pyplot"].close(number)


def _silence(descriptors):
    """Send what C code and other programs write to nowhere; return {number: the copy kept}."""
    kept = {number: os.dup(number) for number in descriptors}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in descriptors:
        os.dup2(nowhere, number)
    os.close(nowhere)
    return kept


def _open_figures():
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def quiz(chapter):
    """Show a chapter's five questions; each option answers with an explanation when clicked.

    Works without a connection. The questions stand in `utils/quizzes/<chapter>.json`.

    Args:
        chapter: the chapter's two digits, such as "04".

    Raises:
        ValueError: if the file is missing or malformed; the message names file and place.
    """
    questions = read_quiz(QUIZ_FOLDER / f"{chapter}.json")
    # The same place on the page each time keeps the notebook unchanged; another one in another
    # folder keeps a chapter and its solutions apart when both are open.
    place = re.sub(r"\W", "_", f"quiz_{Path.cwd().name}_{chapter}")
    div = render_div(
        place,
        shuffle_questions=False,
        shuffle_answers=False,
        preserve_responses=False,
        num=QUIZ_LENGTH,
        max_width=800,
        border_radius=10,
        question_alignment="left",
    )
    script = build_script(*load_questions_script(questions, place), place, load_js=True)
    script += QUIZ_KEYS.replace("PLACE", place)
    # Where a stored quiz and a new one meet on a page, JupyterLab may fill the same place twice.
    once = f"#{place} > .Quiz:nth-of-type(n+{QUIZ_LENGTH + 1}) {{display: none}}"
    focus = f"#{place} label:focus-within {{outline: 3px solid #0072B2; outline-offset: 2px}}"
    styles = build_styles(place, QUIZ_COLOURS) + f"<style>{once}\n{focus}</style>"
    display(HTML(div + styles))
    # jupyterquiz fetches MathJax from the web where it finds an old one; it must not find any.
    display(Javascript(f"const MathJax = undefined;\n{script}"))


def read_quiz(path):
    """Read and check a quiz: five questions in jupyterquiz's format, every option explained.

    Args:
        path: a pathlib.Path of a JSON file.

    Returns:
        list of dicts with the keys question, type ("multiple_choice") and answers; an answer has
        the keys answer, correct and feedback.

    Raises:
        ValueError: if the file is missing or malformed; the message names file and place.
    """
    try:
        questions = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"there is no quiz file {path}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text at byte {error.start}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{path}, {place}: {error.msg}") from None
    fault = _quiz_fault(questions)
    if fault:
        raise ValueError(f"{path}, {fault}")
    return questions


def _quiz_fault(questions):
    """Return place and kind of the first fault in a quiz, or None."""
    if not isinstance(questions, list) or len(questions) != QUIZ_LENGTH:
        return f"whole file: a list of {QUIZ_LENGTH} questions is needed"
    for number, question in enumerate(questions, start=1):
        fault = _question_fault(question)
        if fault:
            return f"question {number}{fault}"
    return None


def _question_fault(question):
    if not isinstance(question, dict):
        return ": an object is needed"
    if not _is_text(question.get("question")):
        return ": the text 'question' is missing"
    if question.get("type") != "multiple_choice":
        return ": 'type' must be 'multiple_choice'"
    answers = question.get("answers")
    if not isinstance(answers, list) or len(answers) < 2:
        return ": 'answers' must be a list of at least two"
    for number, answer in enumerate(answers, start=1):
        if not isinstance(answer, dict):
            return f", answer {number}: an object is needed"
        for key in ("answer", "feedback"):
            if not _is_text(answer.get(key)):
                return f", answer {number}: the text '{key}' is missing"
        if not isinstance(answer.get("correct"), bool):
            return f", answer {number}: 'correct' must be true or false"
    if sum(answer["correct"] for answer in answers) != 1:
        return ": exactly one answer must be correct"
    return None


def _is_text(value):
    return isinstance(value, str) and bool(value.strip())
