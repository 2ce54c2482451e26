"""Settings of Sphinx for the documentation, whose sources are all Markdown pages of the repository."""

from __future__ import annotations

import re
from typing import Any

import jq_magic

project = "jq_magic"
author = "the authors of jq_magic"
release = version = jq_magic.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

# The repository itself is the source, so that one link serves its readers and those of the site.
include_patterns = [
    "docs/*.md", "ARCHITECTURE.md", "CHANGELOG.md", "COMPATIBILITY.md", "CONTRIBUTING.md", "SECURITY.md",
    "benchmarks/results/README.md", "wasm/README.md",
]  # fmt: skip
exclude_patterns = [".*", "build", "dist", "jq_magic", "tests", "wasm/*/*"]
root_doc = "docs/index"

# Links to headings, as `limits.md#ceilings`.
myst_heading_anchors = 3
# jq is not a language that Pygments knows everywhere; a block without a language is shown as it is.
highlight_language = "none"
# What stands between single backticks in a docstring is code.
default_role = "literal"

# The classes say in their docstrings what the arguments are; the signature has the types.
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"jq_magic {version}"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False


def spell_out(_app: Any, _what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    """Give a line to each of several names that are described together, and a paragraph to a sentence on errors."""
    text = re.sub(r"^(.*\S )??Raises: (.+)$", r"\1\n\n**Raises**: \2", "\n".join(lines), flags=re.MULTILINE)
    together = re.compile(r"^( +)(\w+), ((?:\w+, )*\w+): (.+)$", re.MULTILINE)
    while together.search(text):
        text = together.sub(r"\1\2: \4\n\1\3: \4", text)
    lines[:] = text.split("\n")


def setup(app: Any) -> None:
    """Look at docstrings before napoleon, which takes a colon in a property's first line for the end of its type."""
    app.connect("autodoc-process-docstring", spell_out, priority=400)
