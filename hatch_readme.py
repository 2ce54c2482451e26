"""Metadata hook: the README becomes the package's description, which is read without the repository's other files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"<picture>.*?</picture>\s*|!\[[^\]]*\]\([^)]*\)\s*", re.DOTALL)
#: A link or picture whose target is neither an address nor a heading.
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)\s]+)\)")
_ATTRIBUTE = re.compile(r'\b(src|srcset)="(?!\w+:)([^"]+)"')


class DescriptionHook(MetadataHookInterface):
    """Makes README.md the description, without relative links."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme`; [project.urls] says as `Repository` where the files can be read."""
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        text = (
            absolute(readme, repository) if (repository := metadata.get("urls", {}).get("Repository")) else bare(readme)
        )
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def absolute(readme: str, repository: str) -> str:
    """The README with links and pictures that lead into a repository on GitHub."""
    pages, files = (f"{repository.rstrip('/')}/{kind}/HEAD/" for kind in ("blob", "raw"))
    readme = _LINK.sub(lambda link: f"{link[1]}[{link[2]}]({files if link[1] else pages}{link[3]})", readme)
    return _ATTRIBUTE.sub(lambda attribute: f'{attribute[1]}="{files}{attribute[2]}"', readme)


def bare(readme: str) -> str:
    """The README without pictures, and with the names of pages in the place of links to them."""
    return _LINK.sub(lambda link: link[2], _PICTURE.sub("", readme))
