"""Where the cursor comes to rest in normal mode, the server has its model read the code there."""

from __future__ import annotations

from tests.editors.nvim.conftest import Start
from tests.support.fault_server import FaultServer

CODE = "def add(a, b):\n    \n\n\n"
CODE += "".join(f"def before_{n}(a):\n    return a\n\n\n" for n in range(300)) + "def here(a, b):\n    \n"


async def test_the_prompt_is_prefilled_before_the_first_key(start: Start, backend: FaultServer) -> None:
    editor = await start(environ={"AUTOTHINK_COMPLETION__CONTEXT_TOKENS": "0"})
    await editor.edit("long.py", CODE, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.keys("<Esc>")
    await editor.until(lambda: not backend.running, "the model is idle")
    backend.passes_warm_ups = False
    await editor.keys("G")

    def read() -> bool:
        return any(body["max_tokens"] == 1 and "def here(a, b):" in body["prompt"] for body in backend.bodies)

    await editor.until(read, "the prompt at the end of the file is read")
