"""The real server with two more requests: ``test/counts``, how many of everything it holds, and
``test/text``.

For tests only. Nothing is replaced: the same command line runs, and the requests only look.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Any

from autothink_lsp import app, cli


def counts(ls: Any, _params: Any) -> dict[str, int]:
    """What must not grow with keys, documents or actions."""
    gc.collect()
    session, actions, protocol = ls.session, ls.actions, ls.protocol
    completion = session.completion
    return {
        "tasks": len(asyncio.all_tasks()),
        "futures": len(protocol._request_futures) + len(protocol._result_types) + len(protocol._asked),
        "cache entries": len(completion._answers._cache),
        "settings of documents": len(completion._answers._asked_with),
        "documents": len(session.documents.uris()),
        "trees": len(session.syntax.trees._documents),
        "anchors": len(completion._windows._anchors),
        "virtual documents": len(actions.documents._texts),
        "progress tokens": len(ls.work_done_progress.tokens),
        "locks": len(actions._locks),
        "objects": len(gc.get_objects()),
    }


def text(ls: Any, params: Any) -> str | None:
    """What the server takes the text of a document to be."""
    snapshot = ls.session.documents.snapshot(params.uri)
    return None if snapshot is None else str(snapshot.text)


def main() -> None:
    """``serve``, and whatever arguments it takes."""
    build = app.build_server

    def observed(**options: Any) -> Any:
        server = build(**options)
        server.feature("test/counts")(counts)
        server.feature("test/text")(text)
        return server

    app.build_server = observed
    sys.exit(cli.main(["serve", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
