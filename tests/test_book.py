"""The book: its pages, what stops its build, and the site in a real browser."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = "COURSE_BOOK" in os.environ  # .ci/run sets it: there, nothing is skipped
PACKAGES = ("sphinx", "myst_parser", "furo", "math_core", "playwright", "axe_playwright_python")
missing = [name for name in PACKAGES if not importlib.util.find_spec(name)]

if missing and not REQUIRED:
    pytest.skip("make book installs what the book needs", allow_module_level=True)

from playwright.sync_api import sync_playwright  # noqa: E402

from book import build, extension, formulas, pages  # noqa: E402
from book.pages import BookError, Course  # noqa: E402
from book.visit import OPTIONS, find_browser, serving  # noqa: E402

browser_path = find_browser()
needs_browser = pytest.mark.skipif(
    not browser_path and not REQUIRED, reason="there is no Chromium: apt install chromium"
)
pytestmark = pytest.mark.filterwarnings("ignore:.*MystReferenceResolver.app")  # MyST's own
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))


# ---------------------------------------------------------------- from a notebook to a page


@pytest.fixture
def course():
    """A course of one chapter and one term."""
    return Course(ROOT, {}, {}, {"feature-map": ("feature map (map)", "it.", "04_convolution")})


@pytest.mark.parametrize(
    ("notebook", "page"),
    [
        ("[7](07_keras_cnn.ipynb)", "[7](07_keras_cnn.md)"),
        ("[3](07_keras_cnn.ipynb#cell-id=section-3)", "[3](07_keras_cnn.md#section-3)"),
        ("[3](#cell-id=section-3)", "[3](#section-3)"),
        ("[all](../GLOSSARY.md)", "[all](glossary.md)"),
        ("[solutions](../solutions/04_convolution.ipynb)", "[solutions](04_convolution.md)"),
        ("[the `x`](01_background.ipynb)", "[the `x`](01_background.md)"),
        ("[feature\nmaps](../GLOSSARY.md#feature-map)", "{term}`feature maps <feature map>`"),
        ("[paper](https://example.org/a)", "[paper](https://example.org/a)"),
        ("`[0](1.ipynb)` and $x[0](y)$", "`[0](1.ipynb)` and $x[0](y)$"),
    ],
)
def test_links_of_notebooks_become_links_of_pages(course, notebook, page):
    assert pages.translate(course, notebook, "05_x", "section-1") == page


def test_the_first_use_of_a_term_is_noted_for_the_index(course):
    pages.translate(course, "[map](../GLOSSARY.md#feature-map)", "05_x", "section-2")
    assert course.uses == {"feature-map": ["05_x.md#section-2"]}


def test_an_unknown_term_stops_the_build_with_file_and_word(course):
    with pytest.raises(BookError, match=r"05_x\.ipynb: «lap» is no term"):
        pages.translate(course, "[lap](../GLOSSARY.md#lap)", "05_x", "")


def cell(*outputs):
    """Return an executed cell with outputs."""
    return nbformat.v4.new_code_cell("1", outputs=list(outputs), id="cell-001")


def test_outputs_in_a_row_are_one_block_without_colours(course):
    printed = nbformat.v4.new_output("stream", text="a\n")
    coloured = nbformat.v4.new_output("display_data", {"text/plain": "\x1b[1mb\x1b[0m"})
    [block] = pages.outputs(course, cell(printed, coloured), "04_x")
    assert block == "```{code-block} text\n:class: output\n\na\nb\n\n```"


def test_sliders_are_named_and_an_unknown_kind_stops_the_build(course):
    sliders = nbformat.v4.new_output("display_data", {"text/plain": "interactive(children=…"})
    assert pages.outputs(course, cell(sliders), "04_x") == [pages.SLIDERS]
    video = nbformat.v4.new_output("display_data", {"video/mp4": "…"})
    with pytest.raises(BookError, match=r"chapters/04_x\.ipynb, cell-001: .* video/mp4"):
        pages.outputs(course, cell(video), "04_x")


def test_code_with_a_fence_gets_a_longer_one():
    assert pages.code("'```'") == "````python\n'```'\n````"


def test_plain_text_has_no_markup():
    assert pages.plain_text("**a** [b](c.ipynb) `d` $W \\ast X$\n*e*") == "a b d W ∗ X e"


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("3 · Every index", "section-3"),
        ("Exercise 4.1 · One value", "exercise-4-1"),
        ("Q6 One class too many", "Q6-One-class-too-many"),
    ],
)
def test_anchors_are_those_of_the_notebooks(heading, anchor):
    assert extension.anchor(heading) == anchor


def test_a_formula_can_be_searched_as_it_reads():
    assert formulas.plain(r"y = f(W \ast X + b)") == "y = f (W ∗ X + b)"
    with pytest.raises(formulas.LatexError):
        formulas.mathml(r"\frac{1}{")


# ---------------------------------------------------------------- what stops the build

INDEX = "# The course\n\n```{toctree}\nglossary\n```\n\n"
SMALL = {"index": INDEX, "glossary": "# Glossary\n\n:::{glossary}\nkernel\n  weights.\n:::\n"}


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("[a](nowhere.md)", "nowhere.md"),
        ("[a](#nowhere)", "nowhere"),
        ("[a](glossary.md#nowhere)", "nowhere"),
        ("{term}`no such term`", "no such term"),
        (r"$\frac{1}{$", "cannot be read"),
        ("```{nonsense}\n```", "nonsense"),
        ('<p><img src="figures/no.png" alt="x"></p>', "figures/no.png, there is no such file"),
        (
            '<p><a href="glossary.html#no">a</a></p>',
            "glossary.html#no, the page has no such place",
        ),
    ],
)
def test_a_fault_stops_the_build_with_page_and_reason(tmp_path, fault, named):
    with pytest.raises(BookError, match=rf"index(\.md|\.html)\b[^\n]*{re.escape(named)}"):
        build.make_site({**SMALL, "index": INDEX + fault}, {}, tmp_path / "book")


def test_a_build_removes_nothing_but_an_earlier_build(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    build.make_site(SMALL, {"old.txt": b""}, tmp_path)
    site = build.make_site(SMALL, {"new.txt": b""}, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "kept"
    assert not (site / "old.txt").exists()
    assert (site / "new.txt").exists()


def test_a_fault_is_shown_without_a_traceback(monkeypatch, capsys):
    def broken(**_):
        raise BookError("04.md: why")

    monkeypatch.setattr(build, "build", broken)
    assert build.main([]) == 1
    assert capsys.readouterr().err == "The book is not built:\n04.md: why\n"


def test_missing_solutions_and_missing_sections_are_named(tmp_path):
    with pytest.raises(BookError, match="there is no chapter"):
        pages.read_course(tmp_path)
    (tmp_path / "chapters").mkdir()
    shutil.copy(ROOT / "chapters" / f"{CHAPTERS[0]}.ipynb", tmp_path / "chapters")
    with pytest.raises(BookError, match=rf"solutions/{CHAPTERS[0]}\.ipynb is missing"):
        pages.read_course(tmp_path)
    with pytest.raises(BookError, match="README.md has no section «Routes»"):
        pages.section_of("## Chapters\n", "Routes")


def test_an_address_is_written_only_where_it_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("BOOK_URL", "https://example.org/course")
    site = build.make_site(SMALL, {}, tmp_path / "book")
    locations = [e.text for e in ET.parse(site / "sitemap.xml").iter() if e.tag.endswith("loc")]
    assert "https://example.org/course/index.html" in locations
    page = (site / "index.html").read_text()
    assert '<link rel="canonical" href="https://example.org/course/index.html"' in page
    assert facts_of(page)["url"] == "https://example.org/course/index.html"


# ---------------------------------------------------------------- the whole site


def facts_of(page):
    """Return what a page tells machines about itself."""
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The whole site, built once."""
    kept = os.environ.pop("BOOK_URL", None)
    try:
        return build.build(folder=tmp_path_factory.mktemp("book"))
    finally:
        if kept:
            os.environ["BOOK_URL"] = kept


def test_two_builds_are_alike_byte_by_byte(site, tmp_path):
    clean = {name: value for name, value in os.environ.items() if name != "BOOK_URL"}
    command = [sys.executable, "-m", "book.build", "--folder", str(tmp_path / "again")]
    subprocess.run(command, cwd=ROOT, env={**clean, "PYTHONHASHSEED": "1"}, check=True)
    again = tmp_path / "again" / "site"
    names = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    assert names == {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert [
        str(n) for n in sorted(names) if (site / n).read_bytes() != (again / n).read_bytes()
    ] == []


def test_the_site_stays_small(site):
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 40e6


def test_no_address_is_invented(site):
    assert not (site / "sitemap.xml").exists()
    for path in site.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert 'rel="canonical"' not in page
        assert "url" not in facts_of(page)


def test_every_chapter_says_to_machines_what_it_is(site):
    for name in CHAPTERS:
        facts = facts_of((site / f"{name}.html").read_text(encoding="utf-8"))
        assert facts["@type"] == "LearningResource"
        assert 60 < len(facts["description"]) <= 300, name
        assert len(facts["teaches"]) >= 3
        assert re.fullmatch(r"PT\d+M", facts["timeRequired"])
    course = facts_of((site / "index.html").read_text(encoding="utf-8"))
    assert course["@type"] == "Course"
    assert len(course["hasPart"]) == len(CHAPTERS)


def test_the_archive_holds_the_whole_course():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    assert {name.split("/")[0] for name in tracked} == set(build.ARCHIVED.split())


def test_each_exercise_has_its_wrong_answers_and_its_solution(site):
    text = (site / "04_convolution.html").read_text(encoding="utf-8")
    exercise = text.split('id="exercise-4-1"')[1].split("</section>")[0]
    words = re.sub(r"<[^>]+>", "", exercise)
    assert [f"Hint {n}" in words for n in (1, 2, 3)] == [True] * 3
    assert "Exercise 4.1: not yet – at stride 2, where does the window" in words
    assert "Solution of exercise 4.1" in words
    assert "Why." in words
    assert "not attempted yet" not in words


# ---------------------------------------------------------------- the site in a browser


@pytest.fixture(scope="session")
def browser():
    """A real Chromium, one for all tests."""
    assert browser_path, "there is no Chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_path, args=OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def address(site):
    """The address of a server that shows the site."""
    with serving(site) as found:
        yield found


class Visitor:
    """A page of the browser; notes what it asks for and what goes wrong."""

    def __init__(self, browser, address, **options):
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)  # a machine may be slow
        self.address, self.asked_for, self.faults = address, [], []
        self.page.on("request", lambda request: self.asked_for.append(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text))
        self.page.on("requestfailed", self.note_failure)

    def note_failure(self, request):
        """Note a request without an answer, unless the browser gave it up for another page."""
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.url}: {request.failure}")

    def open(self, name):
        """Open a page of the site; return it."""
        self.page.goto(f"{self.address}/{name}", wait_until="load")
        return self.page


@pytest.fixture
def visit(browser, address):
    """Return a function that gives a Visitor with the screen that it asks for."""
    visitors = []

    def visit(width=1400, height=1000, **options):
        screen = {"width": width, "height": height}
        visitors.append(Visitor(browser, address, viewport=screen, **options))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.context.close()


# Opens everything, and leaves out formulas, and colours of code that were there already.
OPENED = """() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const seen = new Set();
  for (const span of document.querySelectorAll("pre span")) {
    if (!span.className || seen.has(span.className)) span.replaceWith(span.textContent);
    seen.add(span.className);
  }
  for (const math of [...document.querySelectorAll("math")].slice(3)) math.remove();
}"""
# Leaves out what looks like three others: contrast is a matter of the style, not of the words.
THINNED = """() => {
  for (const item of document.querySelectorAll("aside li:nth-child(n+3)")) item.remove();
  const seen = {};
  const parts = "article :is(p, ul, tr, dt, dd, h2, h3, div, details, figure, fieldset)";
  for (const part of document.querySelectorAll(parts)) {
    if (part.querySelector("pre span[class]")) continue;
    const place = [part, part.parentElement, part.parentElement?.parentElement];
    const look = place.map((element) => `${element?.tagName}.${element?.className}`).join();
    seen[look] = (seen[look] ?? 0) + 1;
    if (seen[look] > 3) part.remove();
  }
}"""
SERIOUS = """(options) => axe.run(options).then((found) => found.violations
  .filter((rule) => ["serious", "critical"].includes(rule.impact))
  .map((rule) => `${rule.id}: ${rule.nodes[0].target} ${rule.nodes[0].failureSummary}`))"""
SCROLLS_SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@needs_browser
def test_every_page_is_accessible_fits_a_phone_and_asks_nobody_else(visit, site, address):
    import axe_playwright_python

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    visitor = visit()
    faults = []
    for path in sorted(site.glob("*.html")):
        page = visitor.open(path.name)
        page.set_viewport_size({"width": 360, "height": 740})
        if page.evaluate(SCROLLS_SIDEWAYS):
            faults.append(f"{path.name}: scrolls sideways on a phone")
        page.set_viewport_size({"width": 1400, "height": 1000})
        if page.evaluate("[...document.images].some((image) => !image.alt || !image.width)"):
            faults.append(f"{path.name}: a picture has no text or no size")
        page.evaluate(OPENED)
        page.evaluate(axe)
        options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
        faults += [f"{path.name}: {fault}" for fault in page.evaluate(SERIOUS, options)]
        page.evaluate(THINNED)
        for theme in ("light", "dark"):
            page.evaluate("(theme) => { document.body.dataset.theme = theme }", theme)
            options = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
            found = page.evaluate(SERIOUS, options)
            faults += [f"{path.name}, {theme}: {fault}" for fault in found]
    elsewhere = [url for url in visitor.asked_for if not url.startswith((address, "data:"))]
    assert faults + visitor.faults + elsewhere == []
    assert len(visitor.asked_for) > 100


@needs_browser
@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("padding", "glossary.html#term-padding"),
        ("224", "01_background.html#Look-first"),
        ("y = f(W ∗ X + b)", "04_convolution.html"),
        ("y=f(W*X+b)", "04_convolution.html"),
        ("zygote quark", None),
        ("grad cam", "glossary.html#term-Grad-CAM"),
        ("the tripod's legs and the coat's border", "04_convolution.html#Look-first"),
        ("loss is nan", "16_questions.html#Q10-The-loss-is-nan"),
    ],
)
def test_search_finds(visit, typed, first):
    visitor = visit()
    page = visitor.open("index.html")
    page.get_by_placeholder("Search").fill(typed)
    page.keyboard.press("Enter")
    page.wait_for_selector("#found:not(:empty)")
    found = page.eval_on_selector_all(
        "#results a", "links => links.map((a) => a.getAttribute('href'))"
    )
    assert found[:1] == ([first] if first else [])
    if first:
        page.click("#results a")
        page.wait_for_selector("article h1")
    assert visitor.faults == []


@needs_browser
def test_search_works_from_a_folder_without_a_server(browser, site):
    page = browser.new_page()
    page.goto((site / "search.html").as_uri() + "?q=padding")
    assert page.inner_text("#found").endswith("places")
    page.close()


@needs_browser
def test_a_quiz_is_answered_with_the_keyboard_alone(visit):
    page = visit().open("04_convolution.html")
    quiz = json.loads((ROOT / "utils" / "quizzes" / "04.json").read_text(encoding="utf-8"))
    for number, question in enumerate(quiz):
        right = next(i for i, a in enumerate(question["answers"]) if a["correct"])
        options = page.locator(".quiz fieldset").nth(number).locator("button")
        if number == 0:
            options.first.focus()
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")  # the second option, which is wrong here
            assert question["answers"][1]["feedback"] in page.inner_text(".quiz .wrong")
        options.nth(right).focus()
        page.keyboard.press("Space")
        said = page.locator(".quiz fieldset").nth(number).get_by_role("status")
        assert said.inner_text() == f"✓ {question['answers'][right]['feedback']}"
    assert page.inner_text(".quiz .score") == "4 of 5 right at the first try."


@needs_browser
def test_a_term_shows_its_definition_to_mouse_keyboard_and_finger(visit):
    definition = "repeated steps against the gradient. Others say: steepest descent."
    page = visit().open("04_convolution.html")
    link = page.locator("a.term").first
    link.hover()
    assert page.inner_text("#definition") == definition
    page.keyboard.press("Escape")
    assert page.locator("#definition").is_hidden()
    page.locator("article ul a").first.evaluate("link => link.blur()")
    page.evaluate("document.querySelector('.take-along a:last-child').focus()")
    page.keyboard.press("Tab")
    assert page.inner_text("#definition") == definition
    assert link.get_attribute("aria-describedby") == "definition"
    phone = visit(360, 740, has_touch=True).open("04_convolution.html")
    phone.locator("a.term").first.tap()
    assert phone.inner_text("#definition") == definition
    phone.locator("a.term").first.tap()
    phone.wait_for_url("**/glossary.html#term-gradient-descent")


@needs_browser
def test_on_a_phone_the_keyboard_opens_the_chapters(visit):
    page = visit(360, 740).open("04_convolution.html")
    chapter = page.locator(".sidebar-drawer").get_by_text("05 · Derive")
    assert not chapter.is_visible() or chapter.bounding_box()["x"] < 0
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_function(
        "document.querySelector('.sidebar-drawer').getBoundingClientRect().x >= 0"
    )
    chapter.click()
    page.wait_for_url("**/05_backpropagation.html")


@needs_browser
def test_the_window_slides_by_slider_and_stands_still_where_motion_is_unwanted(visit):
    page = visit().open("index.html")
    assert page.inner_text("[data-part=walk]") == "Let it slide"
    page.locator("[data-part=column]").focus()
    page.keyboard.press("ArrowRight")
    shown = page.inner_text("[data-part=sum]")
    left, right = shown.replace("−", "-").replace("·", "*").split("=")
    assert (
        eval(left)
        == int(right)
        == int(page.inner_text("[data-part=map] .framed").replace("−", "-"))
    )
    page.click("[data-part=walk]")
    page.wait_for_function(
        "(before) => document.querySelector('output').textContent !== before", arg=shown
    )


@needs_browser
def test_hints_open_one_by_one_code_copies_and_pages_follow_each_other(visit):
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.open("04_convolution.html")
    hints = page.locator("#exercise-4-1 details")
    assert hints.evaluate_all("all => all.filter((d) => d.open).length") == 0
    hints.first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert hints.evaluate_all("all => all.map((d) => d.open)")[:2] == [True, False]
    page.locator(".highlight-python button.copybtn").first.click()
    page.wait_for_function(
        "navigator.clipboard.readText().then((t) => t.startsWith('from utils'))"
    )
    page.click("a.next-page")
    page.wait_for_url("**/05_backpropagation.html")
    page.click("a.prev-page")
    page.wait_for_url("**/04_convolution.html")


@needs_browser
def test_a_chapter_prints_without_menus_and_with_whole_lines(visit, tmp_path):
    page = visit(color_scheme="dark").open("04_convolution.html")
    page.emulate_media(media="print", color_scheme="dark")
    for unwanted in (".sidebar-drawer", ".skip-to-content", "#exercise-4-1 details"):
        assert not page.locator(unwanted).first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        page.evaluate("getComputedStyle(document.querySelector('pre')).whiteSpace") == "pre-wrap"
    )
    assert page.pdf(path=tmp_path / "chapter.pdf", format="A4").startswith(b"%PDF")
