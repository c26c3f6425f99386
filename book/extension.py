"""What the book adds to Sphinx: formulas, anchors, definitions, search, and facts for machines."""

import html
import json
import re

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from book import formulas
from tools.links import heading_id

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
logger = logging.getLogger(__name__)


def setup(app):
    """Add all of it to Sphinx."""
    app.add_html_math_renderer("mathml", (visit_formula, None), (visit_formula, None))
    app.add_transform(StableAnchors)
    app.connect("builder-inited", lambda app: setattr(app.builder, "search", False))
    app.connect("doctree-resolved", show_definitions)
    app.connect("html-collect-pages", lambda app: [("search", {"title": "Search"}, "search.html")])
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", write_search_index)
    app.connect("build-finished", write_sitemap)
    return {"parallel_read_safe": False, "parallel_write_safe": False}


# ---------------------------------------------------------------- formulas and anchors


def visit_formula(translator, node):
    """Write a formula as MathML; say where one is not understood."""
    display = isinstance(node, nodes.math_block)
    try:
        markup = formulas.mathml(node.astext(), display)
    except formulas.LatexError as error:
        logger.warning("the formula %s cannot be read: %s", node.astext(), error, location=node)
        raise nodes.SkipNode from None
    translator.body.append(f'<div class="math">{markup}</div>' if display else markup)
    raise nodes.SkipNode


def anchor(heading):
    """Return a heading's anchor: section-3, exercise-4-1, else its words, joined by dashes."""
    return heading_id(f"## {heading}") or re.sub(r"\W+", "-", heading).strip("-")


class StableAnchors(SphinxTransform):
    """Let each section have the anchor of its heading as its only one.

    MyST adds it beside one that changes with every word of the heading, and links to that one.
    """

    default_priority = 690  # after all anchors are given, before links to them are resolved

    def apply(self, **_):
        """Apply the transform."""
        places = getattr(self.document, "myst_slugs", {})
        for slug, (line, first, words) in list(places.items()):
            section = self.document.ids[first]
            section["ids"] = [slug]
            self.document.ids[slug] = section
            places[slug] = (line, slug, words)


# ---------------------------------------------------------------- definitions where terms are used


def definitions(env):
    """Return {anchor on the glossary's page: definition}."""
    if not hasattr(env, "book_definitions"):
        env.book_definitions = {
            item[0]["ids"][0]: " ".join(text_of(item[-1][0]).split())
            for item in env.get_doctree("glossary").findall(nodes.definition_list_item)
        }
    return env.book_definitions


def show_definitions(app, doctree, docname):
    """Give each link to a term its definition; book.js shows it."""
    for link in doctree.findall(nodes.reference):
        page, _, place = link.get("refuri", "").partition("#")
        if page == "glossary.html" and place:
            link["reftitle"] = definitions(app.env)[place]
            link["classes"].append("term")


# ---------------------------------------------------------------- search


def text_of(node):
    """Return the text of a piece of a page as a reader sees it, on one line."""
    if isinstance(node, nodes.math | nodes.math_block):
        return formulas.plain(node.astext())
    if isinstance(node, nodes.raw):
        markup = "" if "take-along" in node.astext() else node.astext()
        return html.unescape(re.sub(r"<[^>]+>", " ", markup))
    if isinstance(node, nodes.Text):
        return node.astext()
    between = "" if isinstance(node, nodes.TextElement) else " "
    return between.join(text_of(child) for child in node.children)


def search_entries(doctree, docname):
    """Return what can be found on a page: [address, title of the page, of the section, text]."""
    page = doctree.next_node(nodes.title).astext()
    entries = []
    for section in doctree.findall(nodes.section):
        head, *rest = section.children
        if docname == "glossary":
            rest = []  # its terms are entries of their own
        text = " ".join(text_of(child) for child in rest if not isinstance(child, nodes.section))
        heading = text_of(head)
        address = f"{docname}.html" + ("" if heading == page else f"#{section['ids'][0]}")
        entries.append([address, page, heading, " ".join(text.split())])
    for item in doctree.findall(nodes.definition_list_item):
        if item[0]["ids"]:
            address = f"{docname}.html#{item[0]['ids'][0]}"
            entries.append([address, page, item[0].astext(), " ".join(text_of(item[-1]).split())])
    return entries


def write_search_index(app, error):
    """Write search-index.js: a script, so that search works from a folder, too."""
    if error:
        return
    entries = []
    for docname in sorted(app.env.found_docs):
        entries += search_entries(app.env.get_doctree(docname), docname)
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    path = app.outdir / "_static" / "search-index.js"
    path.write_text(f"const ENTRIES = {text};\n", encoding="utf-8")


# ---------------------------------------------------------------- facts for machines


def describe_page(app, pagename, templatename, context, doctree):
    """Give the page's template what search engines, social sites and catalogues read."""
    meta = context.get("meta") or {}
    address = f"{app.config.html_baseurl}{pagename}.html" if app.config.html_baseurl else ""
    facts = {
        "@context": "https://schema.org",
        "@type": "LearningResource" if meta.get("goals") else "WebPage",
        "name": plain_title(context.get("title", "")),
        "description": meta.get("description", ""),
        "inLanguage": "en",
        "license": LICENCE,
        "isAccessibleForFree": True,
        "author": {"@type": "Organization", "name": app.config.author},
    }
    if meta.get("goals"):
        facts["learningResourceType"] = "notebook"
        facts["teaches"] = json.loads(meta["goals"])
        facts["timeRequired"] = f"PT{meta['minutes']}M"
        facts["isPartOf"] = {"@type": "Course", "name": app.config.project}
    if pagename == "index":
        facts |= {"@type": "Course", "provider": facts["author"], "hasPart": parts(app.env)}
    if address:
        facts["url"] = address
    # Inside a script nothing may look like its end.
    context["facts"] = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")
    context["author"] = app.config.author
    context["description"] = meta.get("description", "")
    context["address"] = address


def parts(env):
    """Return the course's chapters as schema.org lists the parts of a course."""
    return [
        {"@type": "LearningResource", "name": plain_title(env.titles[name].astext())}
        for name in sorted(env.found_docs)
        if env.metadata[name].get("goals")
    ]


def plain_title(title):
    """Return a page's title without its markup."""
    return html.unescape(re.sub(r"<[^>]+>", "", title))


def write_sitemap(app, error):
    """Write sitemap.xml if the site's address is known."""
    if error or not app.config.html_baseurl:
        return
    pages = [f"{app.config.html_baseurl}{name}.html" for name in sorted(app.env.found_docs)]
    urls = "".join(f"<url><loc>{html.escape(page)}</loc></url>\n" for page in pages)
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{namespace}">\n{urls}</urlset>\n'
    )
    (app.outdir / "sitemap.xml").write_text(text, encoding="utf-8")
