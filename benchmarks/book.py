"""Measure the book: seconds to build it, its size, and what a reader waits for, page by page.

    make book && .venv/bin/python -m benchmarks.book

A page's bytes are what a browser fetches to show it, pictures left out, from a server that does
not compress. First paint is the median of five visits with an empty cache, on this machine.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from book.build import build
from book.visit import OPTIONS, find_browser, serving

VISITS = 5
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


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
        print(f"{'':32}{'kB before pictures':>20}{'first paint, ms':>18}")
        with serving(site) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=OPTIONS)
            for path in sorted(site.glob("*.html")):
                visits = [visit(browser, f"{address}/{path.name}") for _ in range(VISITS)]
                paint = statistics.median(paint for paint, _ in visits)
                print(f"{path.stem:32}{visits[0][1] / 1000:20,.0f}{paint:18,.0f}", flush=True)
            browser.close()


if __name__ == "__main__":
    main()
