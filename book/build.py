"""Build the course as a web site, from the executed notebooks, without running a cell.

python -m book.build                    into book/_build/site/
python -m book.build --serve            and show it
python -m book.build --folder FOLDER    into FOLDER/site/
"""

import argparse
import functools
import http.server
import io
import re
import shutil
import sys
import webbrowser
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace

from book.pages import HERE, BookError, read_course, write_pages

ROOT = HERE.parent
BUILD = HERE / "_build"
# What is in the archive of the whole course, which a reader of the site can take along.
ARCHIVED = """
.ci .github .gitignore CITATION.cff CONTRIBUTING.md GLOSSARY.md LICENSE Makefile README.md
benchmarks book chapters conftest.py environment.yml lessons pyproject.toml requirements.txt
solutions teaching tests tools utils
"""
FOLDER = Path("image-recognition-course")  # into which it unpacks
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints", "_build"}


def build(root=ROOT, folder=BUILD):
    """Build the site; return its folder.

    Args:
        root: the checkout whose notebooks are read.
        folder: where to write: the site, and what it is made from.

    Raises:
        BookError: if a notebook, a link, a picture, a term or a formula is broken.
    """
    course = read_course(root)
    pages = write_pages(course)
    notebooks = [f"chapters/{name}.ipynb" for name in course.chapters]
    files = {name: (root / name).read_bytes() for name in notebooks}
    return make_site(pages, {**course.figures, **files, "course.zip": archive(root)}, folder)


def make_site(pages, files, folder):
    """Write a site; return its folder.

    Args:
        pages: {name: MyST Markdown}.
        files: {name: bytes} of what lies beside the pages.
        folder: where to write; of what is there, only what an earlier build wrote is removed.

    Raises:
        BookError: with a line for each fault, the page and the reason.
    """
    for part in ("source", "extra", "doctrees", "site"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for name, text in pages.items():
        write(folder / "source" / f"{name}.md", text.encode())
    (folder / "extra").mkdir(exist_ok=True)
    for name, content in files.items():
        write(folder / "extra" / name, content)
    run_sphinx(folder)
    faults = broken_links(folder / "site")
    if faults:
        raise BookError("\n".join(faults))
    return folder / "site"


def write(path, content):
    """Write a file, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def run_sphinx(folder):
    """Let Sphinx write the site.

    Raises:
        BookError: with all of Sphinx' warnings, each with file and reason.
    """
    said = io.StringIO()
    try:
        with docutils_namespace():  # a second build in this process begins anew
            sphinx = Sphinx(
                srcdir=folder / "source",
                confdir=HERE,
                outdir=folder / "site",
                doctreedir=folder / "doctrees",
                buildername="html",
                confoverrides={"html_extra_path": [str(folder / "extra")]},
                status=None,
                warning=said,
            )
            sphinx.build()
    except SphinxError as error:
        raise BookError(f"{said.getvalue()}{error}") from None
    (folder / "site" / ".buildinfo").unlink()  # names the folder
    warnings = re.sub(r"\x1b\[[\d;]*m", "", said.getvalue()).strip()
    if warnings:
        raise BookError(warnings.replace(f"{folder}/", ""))


def archive(root):
    """Return the whole course as a ZIP file, the same bytes for the same files."""
    paths = [p for name in ARCHIVED.split() for p in ((root / name), *(root / name).rglob("*"))]
    files = [p for p in paths if p.is_file() and not LEFT_OUT & set(p.relative_to(root).parts)]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(files):
            entry = zipfile.ZipInfo(
                f"image-recognition-course/{path.relative_to(root).as_posix()}"
            )
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path.stat().st_mode & 0o100 else 0o644) << 16
            packed.writestr(entry, path.read_bytes())
    return content.getvalue()


# ---------------------------------------------------------------- links


class _Page(HTMLParser):
    """The anchors of a page, and what it links to."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.targets = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.anchors.add(value)
            elif name in ("href", "src", "action") and value:
                self.targets.add(value)


def broken_links(site):
    """Return «page: target, reason» for each link or picture of a site that leads nowhere."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    faults = []
    for path, page in sorted(pages.items()):
        for target in sorted(page.targets):
            if re.match(r"[a-z]+:|//", target):
                continue
            file, _, place = target.partition("#")
            found = path.parent / unquote(file.partition("?")[0]) if file else path
            found = found.resolve()
            if not found.is_file():
                faults.append(f"{path.relative_to(site)}: {target}, there is no such file")
            elif place and found in pages and unquote(place) not in pages[found].anchors:
                faults.append(f"{path.relative_to(site)}: {target}, the page has no such place")
    return faults


# ---------------------------------------------------------------- the command


def serve(site):
    """Show the site in the browser until Ctrl+C."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        print(f"The book is at {address} until you press Ctrl+C.", flush=True)
        webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", action="store_true", help="show the site afterwards")
    parser.add_argument("--folder", type=Path, default=BUILD, help="where to write")
    options = parser.parse_args(arguments)
    try:
        site = build(folder=options.folder.resolve())
    except BookError as error:
        print(f"The book is not built:\n{error}", file=sys.stderr)
        return 1
    print(f"The book is in {site}: open index.html there.")
    if options.serve:
        serve(site)
    return 0


if __name__ == "__main__":
    sys.exit(main())
