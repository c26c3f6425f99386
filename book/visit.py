"""A server and a browser for those who visit the site by program: its tests and its benchmark."""

import contextlib
import functools
import http.server
import shutil
import threading

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage"]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """A handler that prints nothing."""

    def log_message(self, *_):
        """Print nothing."""


@contextlib.contextmanager
def serving(site):
    """Serve a folder while the context lasts; give its address."""
    handler = functools.partial(_Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def find_browser():
    """Return the path of the machine's Chromium; None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)
