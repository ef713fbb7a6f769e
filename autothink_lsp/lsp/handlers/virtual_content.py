"""``workspace/textDocumentContent``: the text of a read-only document of ours."""

from __future__ import annotations

from typing import Any

from lsprotocol import types


def text_document_content(ls: Any, params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
    """``workspace/textDocumentContent``."""
    return types.TextDocumentContentResult(text=ls.actions.documents.content(params.uri))
