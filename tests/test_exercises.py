"""Exercises that answer back: whatever a learner writes, one line says what to think of it."""

import contextlib
import dataclasses
import io
import json
import linecache
import logging
import os
import random
import re
import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from utils import exercises
from utils.exercises import LONGEST_MESSAGE, check, quiz, read_quiz


def cell(source):
    """Run a learner's notebook cell; return the function `answer` that it defines."""
    names = {}
    exec(compile(source, "the learner's cell", "exec"), names)
    return names["answer"]


def raising(error):
    """Return a learner's function that raises."""
    return cell("def answer(error):\n    raise error").__get__(error)


def run_check(answer, condition="answer() == 42", message="think again", **names):
    """Run a check's cell: `with check("Exercise 4.1"):` and one assertion."""
    place = "the check's cell"
    assertion = f"    assert {condition}" + (", message" if message else "")
    lines = ['with check("Exercise 4.1"):\n', assertion]
    linecache.cache[place] = (0, None, lines, place)
    names |= {"check": check, "np": np, "answer": answer, "message": message}
    exec(compile("".join(lines), place, "exec"), names)


def verdict(*arguments, **names):
    """Return what a check says, having made sure that it is one line and nothing else is said."""
    with (
        contextlib.redirect_stdout(io.StringIO()) as stdout,
        contextlib.redirect_stderr(io.StringIO()) as stderr,
        warnings.catch_warnings(),
    ):
        # pytest collects warnings; Python prints them
        warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)
        run_check(*arguments, **names)
    said = stdout.getvalue()
    assert stderr.getvalue() == ""
    assert len(said.splitlines()) == 1 and said.endswith("\n")
    assert said.startswith("Exercise 4.1: ")
    said.encode()  # can be written into a notebook
    return said.removeprefix("Exercise 4.1: ").rstrip("\n")


@pytest.fixture(autouse=True)
def not_under_nbgrader(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """IPython, as in a notebook."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    hooks = sys.displayhook, sys.excepthook
    yield InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    InteractiveShell.clear_instance()
    sys.displayhook, sys.excepthook = hooks


# ---------------------------------------------------------------- the three states


def test_the_stub_is_not_attempted_yet():
    assert verdict(cell("def answer():\n    raise NotImplementedError()")) == "not attempted yet"


def test_a_right_answer_is_correct():
    assert verdict(lambda: 42) == "correct"


def test_a_wrong_answer_gets_the_message_of_its_assertion():
    assert verdict(lambda: 41, message="is one missing?") == "not yet – is one missing?"


def test_a_message_appears_in_full():
    message = "where can the kernel still fit? " * 9
    assert verdict(lambda: 41, message=message) == f"not yet – {message.strip()}"


def test_an_assertion_without_a_message_is_quoted():
    assert verdict(lambda: 41, message="") == "not yet – this must hold: assert answer() == 42"


def test_an_assertion_of_numpy_is_a_wrong_answer():
    said = verdict(lambda: [1, 2], "np.testing.assert_allclose(answer(), [1, 3])")
    assert said.startswith("not yet – Not equal to tolerance")


@pytest.mark.parametrize("state", ["correct", "not attempted yet", "not yet – think again"])
def test_under_nbgrader_all_but_correct_raise_after_the_line(monkeypatch, capsys, state):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    answers = {"correct": lambda: 42, "not attempted yet": raising(NotImplementedError())}
    errors = {"correct": (), "not attempted yet": NotImplementedError}
    error = errors.get(state, AssertionError)
    with pytest.raises(error) if error else contextlib.nullcontext():
        run_check(answers.get(state, lambda: 41))
    assert capsys.readouterr() == (f"Exercise 4.1: {state}\n", "")


# ---------------------------------------------------------------- learners' code that raises


class WordlessError(Exception):
    """An exception that cannot say what it is."""

    def __str__(self):
        raise ValueError("no words")


class TalkativeError(Exception):
    """An exception that prints while it is asked what it is."""

    def __str__(self):
        print("talk")
        print("talk", file=sys.stderr)
        return "talked"


RAISED = {
    "ValueError: bad": ValueError("bad"),
    "ValueError: two lines": ValueError("two\n\tlines\u2028"),
    "ValueError": ValueError(),
    "WordlessError": WordlessError(),
    "TalkativeError: talked": TalkativeError(),
    "two words: bad": type("two\nwords", (Exception,), {})("bad"),
    "ValueError: half a character \\ud800": ValueError("half a character \ud800"),
    "NotImplementedError: todo": NotImplementedError("todo"),
    "AssertionError: mine": AssertionError("mine"),
    "SystemExit: 1": SystemExit(1),
    "SystemExit": SystemExit(),
    "GeneratorExit": GeneratorExit(),
}


@pytest.mark.parametrize("described", RAISED)
def test_an_error_is_described_with_its_place(described):
    said = verdict(raising(RAISED[described]))
    printed = " (what your code printed is not shown here)" if "Talk" in described else ""
    place = "your code raised an error in answer, line 2"
    assert said == f"not yet – {place}: {described}{printed}"


def test_a_long_error_is_cut():
    said = verdict(raising(ValueError("long " * 1000)))
    assert said.endswith("long…") and len(said) < LONGEST_MESSAGE + 80


def test_an_endless_recursion_is_described():
    said = verdict(cell("def answer():\n    return answer()"))
    assert said.startswith("not yet – your code raised an error in answer, line 2: RecursionError")


def test_an_error_in_a_helper_of_the_learners_is_placed_there():
    answer = cell("def help():\n    raise ValueError('bad')\n\ndef answer():\n    help()")
    assert "in help, line 2: ValueError: bad" in verdict(answer)


def test_an_error_below_a_library_is_placed_in_the_learners_line():
    answer = cell("import json\n\ndef answer():\n    import numpy\n    return json.loads('{')")
    assert "in answer, line 5: JSONDecodeError" in verdict(answer)
    answer = cell("import importlib\n\ndef answer():\n    importlib.import_module('no.module')")
    assert "in answer, line 4: ModuleNotFoundError" in verdict(answer)


@pytest.mark.parametrize("condition", [
    "answer().shape == (2,)",
    "all(len(item) == 2 for item in answer())",
    "np.reshape(answer(), (3, 5)) is None",
])  # fmt: skip
def test_an_error_of_the_check_itself_is_not_said_to_be_in_the_learners_code(condition):
    said = verdict(lambda: [1, 2], condition)
    assert said.startswith("not yet – the check cannot use what your code returned (")


def test_a_missing_function_is_named():
    said = verdict(lambda: 42, "output_size(28, 3) == 26")
    assert said == "not yet – there is no `output_size`: run the cells above, your answer's, too"


def test_an_interruption_passes(capsys):
    with pytest.raises(KeyboardInterrupt):
        run_check(raising(KeyboardInterrupt()))
    assert capsys.readouterr() == ("", "")


# ---------------------------------------------------------------- common mistakes


def test_a_forgotten_return_is_named():
    forgetful = cell("def answer():\n    42")
    hint = " – answer returned None: on purpose, or is a `return` missing?"
    assert verdict(forgetful) == "not yet – think again" + hint
    assert verdict(forgetful, "answer() - 42 == 0").endswith("for -: 'NoneType' and 'int')" + hint)
    assert verdict(forgetful, "all(answer() > k for k in range(3))").endswith(hint)  # nested code


def test_none_is_not_blamed_where_it_is_right_or_not_the_last():
    answer = cell("def answer(k=0):\n    return k or None")
    assert verdict(answer, "answer() is None") == "correct"
    assert verdict(answer, "answer() is None and answer(3) == 4") == "not yet – think again"
    assert verdict(answer, "answer(3) == 3 and answer() == 0") == "not yet – think again"


def test_the_answer_itself_is_put_back():
    answer = cell("def answer():\n    return 42")
    names = {"check": check, "answer": answer}
    exec(compile("with check('Exercise 4.1'):\n    answer()", "a check", "exec"), names)
    assert names["answer"] is answer


@dataclasses.dataclass(frozen=True)
class Pictures:
    X_train: np.ndarray


HOLDERS = {
    "array": lambda array: array,
    "view": lambda array: array[:],
    "list": lambda array: [array],
    "dict": lambda array: {"X": array},
    "dataclass": Pictures,
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("change", ["X[0] = 7", "X.sort()", "X -= 1", "X[X > 0] = 0"])
def test_an_array_of_the_notebook_stays_as_it_is_and_the_learner_is_told(holder, change):
    array = np.array([3.0, 2.0, 1.0])
    kept = HOLDERS[holder](array)
    learners = cell(f"def answer(X):\n    {change}\n    return 42")
    handed = kept if holder == "view" else array
    said = verdict(lambda: learners(handed), kept=kept)
    assert "in answer, line 2: ValueError" in said and said.endswith("work on a copy)")
    assert handed.tolist() == [3, 2, 1]
    handed[0] = 2  # after the check the notebook may write again


def test_a_change_by_compiled_code_is_placed_in_the_learners_line():
    learners = cell("def answer(X, random):\n    random.shuffle(X)")
    given = np.arange(9)
    said = verdict(lambda: learners(given, np.random.default_rng(0)), given=given)
    assert "in answer, line 2: ValueError" in said and said.endswith("work on a copy)")


def test_an_array_that_was_read_only_stays_so():
    given = np.ones(3)
    given.flags.writeable = False
    verdict(lambda: 42, given=given)
    assert not given.flags.writeable


# ---------------------------------------------------------------- learners' code that does more

SIDE_EFFECTS = {
    "prints": "print('a\\nb')",
    "prints errors": "import sys; print('a', file=sys.stderr)",
    "warns": "import warnings; warnings.warn('careful')",
    "logs": "import logging; logging.warning('careful')",
    "runs a program": "import os; os.system('echo a; echo b >&2')",
    "prints from C": "import os; os.write(1, b'a'); os.write(2, b'b')",
    "divides by zero": "import numpy; numpy.ones(2) / 0",
    "displays": "from IPython.display import display; display('a')",
    "draws": "import matplotlib.pyplot as plt; plt.plot([1]); plt.title('a')",
    "replaces stdout": "import sys; sys.stdout = sys.__stdout__",
}


@pytest.mark.parametrize("result", [42, 41])
@pytest.mark.parametrize("effect", SIDE_EFFECTS)
def test_what_the_learners_code_shows_ends_with_the_block(effect, result, capfd):
    answer = cell(f"def answer():\n    {SIDE_EFFECTS[effect]}\n    return {result}")
    figures = plt.get_fignums()
    said = verdict(answer).removesuffix(" (what your code printed is not shown here)")
    assert said == ("correct" if result == 42 else "not yet – think again")
    assert plt.get_fignums() == figures
    assert capfd.readouterr() == ("", "")


def test_a_hidden_print_is_mentioned_where_it_may_be_missed():
    assert verdict(cell("def answer():\n    print(1)\n    return 42")) == "correct"
    said = verdict(cell("def answer():\n    print(1)\n    return 41"))
    assert said == "not yet – think again (what your code printed is not shown here)"


def test_displays_end_with_the_block_in_a_notebook_too(shell):
    answer = cell("from IPython.display import display\ndef answer():\n    display(1); return 42")
    with capture_output() as seen:
        answer()
        assert len(seen.outputs) == 1
        assert verdict(answer) == "correct"
    assert len(seen.outputs) == 1


GLOBAL_STATE = {
    "random": ("import random; random.seed(1)", random.getstate),
    "np.random": ("import numpy; numpy.random.seed(1)", lambda: np.random.get_state()[1].tolist()),
    "np.seterr": ("import numpy; numpy.seterr(all='raise')", np.geterr),
    "printing": ("import numpy; numpy.set_printoptions(precision=1)", np.get_printoptions),
    "logging": (
        "import logging; logging.root.addHandler(logging.NullHandler())",
        lambda: [*logging.root.handlers],
    ),
    "recursion": ("import sys; sys.setrecursionlimit(900)", sys.getrecursionlimit),
    "the folder": ("import os; os.chdir('/')", os.getcwd),
    "warnings": ("import warnings; warnings.simplefilter('error')", lambda: [*warnings.filters]),
}


@pytest.mark.parametrize("name", GLOBAL_STATE)
def test_global_state_is_put_back(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    change, state = GLOBAL_STATE[name]
    before, during = state(), []
    answer = cell(f"def answer():\n    {change}\n    raise ValueError")
    run_check(lambda: during.append(_after(answer, state)))
    assert during[0] != before  # the learner's code does change it
    assert state() == before


def _after(answer, state):
    with contextlib.suppress(ValueError):
        answer()
    return state()


def test_figures_that_were_open_stay_open():
    kept = plt.figure()
    verdict(cell("import matplotlib.pyplot as plt\ndef answer():\n    plt.figure()"))
    assert plt.get_fignums() == [kept.number]
    plt.close(kept)


# ---------------------------------------------------------------- answers nobody thought of

texts = st.text(st.characters(), max_size=400)  # half characters and line separators, too
simple = st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | texts
nested = st.recursive(simple, lambda inner: st.lists(inner) | st.dictionaries(texts, inner))
arrays = hnp.arrays(
    hnp.scalar_dtypes() | hnp.array_dtypes(), hnp.array_shapes(min_dims=0, min_side=0)
) | hnp.arrays(object, hnp.array_shapes(min_dims=0), elements=simple)
kinds = [
    ValueError, KeyError, OSError, AssertionError, NotImplementedError, ZeroDivisionError,
    StopIteration, RecursionError, MemoryError, SystemExit, GeneratorExit, UserWarning,
]  # fmt: skip
errors = st.builds(lambda kind, words: kind(*words), st.sampled_from(kinds), st.lists(texts))
CONDITIONS = [
    "answer() == 42",
    "answer()",
    "answer().shape == (2, 2)",
    "answer()[0] > 0",
    "abs(answer() - 3) < 1",
    "np.allclose(answer(), 1)",
    "np.array_equal(answer(), [True])",
]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(simple | nested | arrays | errors, st.sampled_from(CONDITIONS), texts)
def test_whatever_an_answer_is_one_line_says_whether_it_is_correct(value, condition, message):
    reached = []
    answer = raising(value) if isinstance(value, BaseException) else lambda: value
    condition = f"reached.append(bool({condition})) or reached[-1]"
    said = verdict(answer, condition, message, reached=reached)
    assert (said == "correct") == (reached == [True])
    assert said in ("correct", "not attempted yet") or said.startswith("not yet – ")


# ---------------------------------------------------------------- the quiz


def questions():
    return [
        {
            "question": f"What is {number} + 1?",
            "type": "multiple_choice",
            "answers": [
                {"answer": str(number + 1), "correct": True, "feedback": "Yes."},
                {"answer": str(number), "correct": False, "feedback": "Add one."},
            ],
        }
        for number in range(5)
    ]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write the quiz of chapter 04 and return its path."""
    monkeypatch.setattr(exercises, "QUIZ_FOLDER", tmp_path)

    def write(content):
        path = tmp_path / "04.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


def test_a_good_quiz_is_read(write):
    assert read_quiz(write(questions())) == questions()


def test_a_missing_quiz_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"there is no quiz file .*04\.json"):
        read_quiz(tmp_path / "04.json")


@pytest.mark.parametrize(
    "content, place",
    [
        (b"[\xff]", ": not UTF-8 text at byte 1"),
        (b'[\n  {"question" 1}]', ", line 2, column 15: Expecting ':' delimiter"),
        (b"", ", line 1, column 1: Expecting value"),
        (b"{}", ", whole file: a list of 5 questions is needed"),
        (questions()[:4], ", whole file: a list of 5 questions is needed"),
        (questions() * 2, ", whole file: a list of 5 questions is needed"),
    ],
)
def test_a_malformed_file_is_named_with_the_place(write, content, place):
    path = write(content)
    with pytest.raises(ValueError, match=re.escape(f"{path}{place}")):
        read_quiz(path)


def without(key):
    return lambda part: part.pop(key)


def with_(**changes):
    return lambda part: part.update(changes)


@pytest.mark.parametrize(
    "change, fault",
    [
        (without("question"), "the text 'question' is missing"),
        (with_(question="  "), "the text 'question' is missing"),
        (without("type"), "'type' must be 'multiple_choice'"),
        (with_(type="many_choice"), "'type' must be 'multiple_choice'"),
        (without("answers"), "'answers' must be a list of at least two"),
        (with_(answers=questions()[0]["answers"][:1]), "'answers' must be a list of at least two"),
        (with_(answers=["2", "1"]), "answer 1: an object is needed"),
        (lambda question: question["answers"][0].update(correct=False), "exactly one answer"),
        (lambda question: question["answers"][1].update(correct=True), "exactly one answer"),
    ],
)
def test_a_fault_in_a_question_is_named_with_its_number(write, change, fault):
    quiz_questions = questions()
    change(quiz_questions[2])
    with pytest.raises(ValueError, match=rf"04\.json, question 3.*{fault}"):
        read_quiz(write(quiz_questions))


@pytest.mark.parametrize(
    "change, fault",
    [
        (without("answer"), "the text 'answer' is missing"),
        (without("feedback"), "the text 'feedback' is missing"),
        (without("correct"), "'correct' must be true or false"),
        (with_(feedback=""), "the text 'feedback' is missing"),
        (with_(answer=2), "the text 'answer' is missing"),
        (with_(correct=1), "'correct' must be true or false"),
    ],
)
def test_a_fault_in_an_answer_is_named_with_both_numbers(write, change, fault):
    quiz_questions = questions()
    change(quiz_questions[4]["answers"][1])
    with pytest.raises(ValueError, match=rf"04\.json, question 5, answer 2: {fault}"):
        read_quiz(write(quiz_questions))


def test_a_question_must_be_an_object(write):
    with pytest.raises(ValueError, match="question 1: an object is needed"):
        read_quiz(write(["What?"] * 5))


def shown_by_quiz():
    with capture_output() as seen:
        quiz("04")
    assert (seen.stdout, seen.stderr) == ("", "")
    return [output.data for output in seen.outputs]


def test_a_quiz_shows_the_same_each_time(shell, write):
    write(questions())
    random.seed()
    first = shown_by_quiz()
    assert first == shown_by_quiz()
    assert "What is 3 + 1?" in str(first)


def test_a_quiz_keeps_its_order_asks_nothing_of_the_web_and_notes_nothing(shell, write):
    write(questions())
    page, program = shown_by_quiz()
    for setting in ("shufflequestions", "shuffleanswers", "preserveresponses"):
        assert f'data-{setting}="false"' in page["text/html"].lower()
    # with MathJax undefined, the program never reaches the lines that fetch it
    assert program["application/javascript"].startswith("const MathJax = undefined;\n")


def test_a_place_that_is_filled_twice_shows_five_questions(shell, write):
    write(questions())
    page = shown_by_quiz()[0]["text/html"]
    place = re.search('<div id="(.*?)"', page)[1]
    assert f"#{place} > .Quiz:nth-of-type(n+6) {{display: none}}" in page


def test_right_is_green_and_wrong_is_vermilion_of_okabe_and_ito(shell, write):
    write(questions())
    page = shown_by_quiz()[0]["text/html"]
    assert "--jq-correct-color: #009E73" in page and "--jq-incorrect-color: #D55E00" in page


def test_quizzes_of_two_folders_keep_apart(shell, write, tmp_path, monkeypatch):
    write(questions())
    first = shown_by_quiz()
    monkeypatch.chdir(tmp_path)
    assert first != shown_by_quiz()


def test_a_quiz_leaves_the_random_numbers_alone(shell, write):
    write(questions())
    state = random.getstate()
    shown_by_quiz()
    assert random.getstate() == state
