"""What stands between two equal marks of a document is written anew."""

from __future__ import annotations


def between(document: str, mark: str, content: str) -> str:
    """The document with `content` between its first two marks."""
    before, _, rest = document.partition(mark)
    _, _, after = rest.partition(mark)
    return f"{before}{mark}{content}{mark}{after}"
