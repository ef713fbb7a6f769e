"""Where the cursor comes to rest in normal mode, the server has its model read the code there."""

from __future__ import annotations

from tests.editors.nvim.conftest import Start
from tests.support.fault_server import FaultServer

CODE = "".join(f"def before_{n}(a):\n    return a\n\n\n" for n in range(300)) + "def here(a, b):\n    \n"


async def test_it_is_read_before_the_first_key(start: Start, backend: FaultServer) -> None:
    editor = await start(environ={"AUTOTHINK_COMPLETION__CONTEXT_TOKENS": "0"})
    await editor.edit("long.py", CODE, row=3)
    await editor.keys("O")
    await editor.until(lambda: backend.bodies, "the model is asked")
    await editor.keys("<Esc>")
    await editor.until(lambda: not backend.running, "the model is idle")
    backend.passes_warm_ups = False
    before = len(backend.bodies)
    await editor.keys("G")
    await editor.until(lambda: len(backend.bodies) > before, "the prompt at the end of the file is read")
    assert backend.bodies[-1]["max_tokens"] == 1
    assert "def here(a, b):" in backend.bodies[-1]["prompt"]
