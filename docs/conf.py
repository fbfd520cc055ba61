"""Sphinx configuration; `make docs` builds everything, warnings are errors."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "superpose"
author = "superpose contributors"
project_copyright = "2026, superpose contributors"
release = installed_version("superpose")
version = ".".join(release.split(".")[:2])

extensions = [
    "gallery",  # docs/_ext: the cards of the gallery
    "generated",  # docs/_ext: the messages, and the command line's help, as the program says them
    "spread",  # docs/_ext: which pages are read together
    "myst_nb",  # pages in Markdown; those with code cells are executed
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]
templates_path = ["_templates"]
root_doc = "index"

# Pages
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
smartquotes = False  # options and quoted names are there to be copied: --option, 'name'
nb_execution_mode = "force"  # every build runs the code of today, nothing comes from a cache
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = 600  # seconds a cell
nb_merge_streams = True
nb_output_stderr = "warn"  # what a page says beside itself fails the build: no stray warning, no path of a machine

# Reference
autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections say the types in words
autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # the templates list them
numpydoc_class_members_toctree = False

# Looks
html_theme = "pydata_sphinx_theme"
html_title = "superpose"
html_static_path = ["_static"]
html_css_files = ["superpose.css"]
# Pages without others below them have no use for a list of these.
html_sidebars = {page: [] for page in ("fails", "cli", "messages", "security", "benchmarks", "changelog")}
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
pygments_style = "default"
