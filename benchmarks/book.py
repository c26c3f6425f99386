"""Measure the book: seconds to build it, its size, and what a reader waits for, page by page.

    make book && .venv/bin/python -m benchmarks.book

A page's bytes are what a browser fetches to show it, pictures left out, from a server that does
not compress. First paint is the median of five visits with an empty cache, on this machine.
"""

import functools
import http.server
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from book.build import build

VISITS = 5
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


class QuietServer(http.server.SimpleHTTPRequestHandler):
    """A server that prints nothing."""

    def log_message(self, *_):
        """Print nothing."""


def visit(browser, address):
    """Return the milliseconds to a page's first paint, and its bytes without pictures."""
    page = browser.new_context().new_page()
    requests = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(address, wait_until="networkidle")
    page.wait_for_function(f"{PAINT} !== null")
    paint = page.evaluate(PAINT)
    texts = [request for request in requests if request.resource_type != "image"]
    sizes = [request.sizes() for request in texts]
    size = sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes)
    page.context.close()
    return paint, size


def main():
    """Build the book, visit every page, print a table."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        site = build(folder=Path(folder) / "book")
        seconds = time.perf_counter() - start
        total = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
        print(f"built in {seconds:.0f} s, {total / 1e6:.1f} MB in all\n")
        handler = functools.partial(QuietServer, directory=site)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser_path = next(filter(None, map(shutil.which, BROWSERS)))
        print(f"{'':32}{'kB before pictures':>20}{'first paint, ms':>18}")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=browser_path, args=["--no-sandbox"]
            )
            for path in sorted(site.glob("*.html")):
                address = f"http://127.0.0.1:{server.server_port}/{path.name}"
                visits = [visit(browser, address) for _ in range(VISITS)]
                paint = statistics.median(paint for paint, _ in visits)
                print(f"{path.stem:32}{visits[0][1] / 1000:20,.0f}{paint:18,.0f}", flush=True)
            browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
