"""Ghost text for real files in four languages, from the real model, in the three ways that it can be reached."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.languages import LanguageRegistry
from tests.engines.conftest import Rig, make_home, open_with_hole, start_server, suggestion
from tests.support.lsp_client import LspClient

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

# Places inside of functions where a reader knows what comes next.
HOLES = [
    ("python/inventory.py", "python", "        return ▏min(self.items.values(), key=lambda item: item.price)"),
    ("typescript/cart.ts", "typescript", "    return ▏this.lines.length === 0;"),
    ("go/queue.go", "go", "\treturn ▏len(q.items)"),
    ("rust/point.rs", "rust", "        Point::new(▏self.x * factor, self.y * factor)"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(rig: Rig, tmp_path_factory: pytest.TempPathFactory, embedded_model) -> AsyncIterator[LspClient]:
    """One server for all languages, as in an editor."""
    home = make_home(tmp_path_factory.mktemp(rig.kind) / "home", embedded_model)
    running = await start_server(home, rig.environ)
    yield running
    assert await running.stop() == 0
    assert running.unanswered() == []


@pytest.mark.parametrize(("path", "language_id", "marked_line"), HOLES, ids=[hole[1] for hole in HOLES])
async def test_ghost_text(client: LspClient, path: str, language_id: str, marked_line: str) -> None:
    document = open_with_hole(client, path, language_id, marked_line)
    item = await suggestion(document)
    ghost = document.ghost(item)
    print(f"{document.current}⟦{ghost}⟧")
    assert ghost.strip()
    assert item["range"]["start"]["line"] == item["range"]["end"]["line"] == document.line
    # One more as an editor asks for it at a key: it may be too late for its deadline, but it is answered.
    assert isinstance((await document.ask("automatic")[1])["items"], list)
    await document.accept(item)
    grammar = Grammars().load(LanguageRegistry().by_language_id(language_id))
    assert grammar is not None
    assert error_count(grammar, document.text) == 0, document.text
    document.close()
