"""Sphinx's settings for the book; book/build.py runs it."""

import os

project = "Deep learning for image recognition"
author = "The authors of the course"
copyright = "2026, the authors of the course. Code: MIT licence; text and figures: CC BY 4.0"
language = "en"
html_title = project
# The address under which the site is published, known to whoever publishes it; empty: not known.
html_baseurl = os.environ.get("BOOK_URL", "").rstrip("/")
html_baseurl += "/" if html_baseurl else ""

extensions = ["myst_parser", "sphinx_copybutton", "book.extension"]
exclude_patterns = []
smartquotes = False  # the notebooks are shown as they are
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_dmath_double_inline = True
myst_heading_anchors = 4
myst_heading_slug_func = "book.extension.anchor"
html_math_renderer = "mathml"

html_theme = "furo"
templates_path = ["templates"]
html_static_path = ["static"]
html_extra_path = ["_build/extra"]
html_favicon = "static/icon.svg"
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False  # the glossary says where each term is used
html_domain_indices = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_selector = "div.highlight-python pre"
html_theme_options = {
    "light_css_variables": {
        "color-code-background": "#f5f7f9",
        "color-brand-primary": "#005a8e",
        "color-brand-content": "#005a8e",
        "color-brand-visited": "#005a8e",
        "right": "#006b4f",  # from here on: of book.css
        "wrong": "#a33b00",
        "box": "#f3f6f9",
        "edge": "#767b84",
        "figure-light": "none",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7cc4f2",
        "color-brand-content": "#7cc4f2",
        "color-brand-visited": "#7cc4f2",
        "right": "#5fd3ac",
        "wrong": "#ff9d66",
        "box": "#1d2329",
        "edge": "#8b929c",
        "figure-light": "brightness(0.86)",
    },
}
