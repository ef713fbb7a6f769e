"""The real server with three more requests: ``test/counts``, how many of everything it holds, ``test/text``, and
``test/fail``, which fails.

For tests only. Nothing is replaced: the same command line runs, and the requests only look.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from typing import Any

from autothink_lsp import app, cli


class _MallInfo2(ctypes.Structure):
    """glibc's ``struct mallinfo2``."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks")),
        *((name, ctypes.c_size_t) for name in ("fsmblks", "uordblks", "fordblks", "keepcost")),
    )


def malloc_kib() -> int:
    """What native code and large objects hold; 0 where the C library does not say. What the resident set keeps beyond
    that is the allocator's."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        return 0
    library.mallinfo2.restype = _MallInfo2
    told = library.mallinfo2()
    return (told.uordblks + told.hblkhd) // 1024


def counts(ls: Any, _params: Any) -> dict[str, int]:
    """What must not grow with keys, documents or actions."""
    gc.collect()
    session, protocol = ls.session, ls.protocol
    actions = session.actions
    completion = session.completion
    return {
        "tasks": len(asyncio.all_tasks()),
        "futures": len(protocol._request_futures) + len(protocol._result_types) + len(protocol._sent_request_ids),
        "cache entries": len(completion._answers.cache),
        "settings of documents": len(completion._answers._asked_with),
        "silence": len(completion.suppression.edits) + len(completion.suppression.rejected),
        "documents": len(session.documents.uris()),
        "trees": len(session.syntax.trees._documents),
        "anchors": len(session.context_provider.windows._anchors),
        "context": _kept_context(session.context_provider),
        "virtual documents": len(actions.documents._texts),
        "progress tokens": len(ls.work_done_progress.tokens),
        "locks": len(actions._locks),
        "objects": len(gc.get_objects()),
        "malloc KiB": malloc_kib(),
    }


def _kept_context(context_provider: Any) -> int:
    """Documents of which any source of context still knows something."""
    states = (
        context_provider._kept,
        context_provider._edits._newest,
        context_provider._similar._cut,
        context_provider._similar._recent,
    )
    return len({uri for state in (*states, context_provider.knowledge._own) for uri in state})


def text(ls: Any, params: Any) -> str | None:
    """What the server takes the text of a document to be."""
    snapshot = ls.session.documents.snapshot(params.uri)
    return None if snapshot is None else str(snapshot.text)


def fail(_ls: Any, params: Any) -> None:
    """As a mistake of ours would: with code in its text."""
    raise ValueError(params.text)


async def fail_later(ls: Any, params: Any) -> None:
    """The same in a coroutine."""
    await asyncio.sleep(0)
    fail(ls, params)


def main() -> None:
    """``serve``, and whatever arguments it takes."""
    build = app.build_server

    def observed(**options: Any) -> Any:
        server = build(**options)
        server.feature("test/counts")(counts)
        server.feature("test/text")(text)
        server.feature("test/fail")(fail)
        server.feature("test/fail later")(fail_later)
        return server

    app.build_server = observed
    sys.exit(cli.main(["serve", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
