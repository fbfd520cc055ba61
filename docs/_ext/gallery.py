"""The directive ``{jobs}``: a card for each page of the gallery, or for those named, with the page's own picture.

A card's picture is the first one that its page draws, of which `superpose.css` shows the last panel.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

INDEX = "gallery/index"


class jobs(nodes.General, nodes.Element):
    """Where the cards go, once all pages are read."""


class Jobs(SphinxDirective):
    """Mark the place."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return it."""
        return [jobs(names=[f"gallery/{name}" for name in self.content if name])]


def card(app: Any, here: str, page: str) -> nodes.Node:
    """Return a link to a page that holds its picture, its title and for whom it is."""
    doctree = app.env.get_doctree(page)
    picture = next(iter(doctree.findall(nodes.image))).deepcopy()
    words = [next(iter(doctree.findall(kind))).astext() for kind in (nodes.title, nodes.paragraph)]
    address = app.builder.get_relative_uri(here, page)
    link = nodes.reference("", "", refuri=address, internal=True, classes=["job"])
    link += nodes.inline("", "", picture, classes=["job-picture"])
    link += [nodes.inline("", text, classes=[name]) for text, name in zip(words, ("job-title", "job-who"), strict=True)]
    return nodes.paragraph("", "", link)


def deal(app: Any, doctree: nodes.document, here: str) -> None:
    """Put the cards where they go."""
    for place in list(doctree.findall(jobs)):
        pages = place["names"] or app.env.toctree_includes[INDEX]
        place.replace_self(nodes.container("", *(card(app, here, page) for page in pages), classes=["jobs"]))


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.add_node(jobs)
    app.add_directive("jobs", Jobs)
    app.connect("doctree-resolved", deal)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
