"""From no model to a model while the server runs: installed by another program, or a download that is another file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B
from tests.engines.conftest import EMBEDDED, make_home, open_with_hole, recoveries, start_server, suggestion, told

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


async def test_model_installed_while_the_server_runs_is_used(tmp_path: Path, embedded_model: Path) -> None:
    home = tmp_path / "home"
    client = await start_server(home, EMBEDDED, answers={"window/showMessageRequest": {"title": "Not Now"}})
    try:
        document = open_with_hole(client, "go/queue.go", "go", "\treturn ▏len(q.items)")
        assert (await document.ask("invoked")[1])["items"] == []
        assert len(told(client)) == 1
        make_home(home, embedded_model)  # as `autothink-lsp model pull` in a terminal
        assert await suggestion(document)
        assert (len(told(client)), recoveries(client)) == (1, 1)
    finally:
        assert await client.stop() == 0


@pytest.fixture
def other_wheels(tmp_path: Path) -> Path:
    """The packages that carry the model, of the right sizes, with zeros in them."""
    folder = tmp_path / "index"
    folder.mkdir()
    for part in QWEN_CODER_05B.wheel_parts:
        name = part.package.replace("-", "_")
        info = f"{name}-{part.version}.dist-info"
        file = folder / f"{name}-{part.version}-py3-none-any.whl"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
            with wheel.open(part.member, "w") as member:
                for offset_bytes in range(0, part.size_bytes, 1 << 20):
                    member.write(bytes(min(1 << 20, part.size_bytes - offset_bytes)))
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {part.package}\nVersion: {part.version}\n"
            )
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


async def test_a_download_with_another_digest_is_not_installed(tmp_path: Path, other_wheels: Path) -> None:
    home = tmp_path / "home"
    environ = {
        **EMBEDDED,
        "AUTOTHINK_EMBEDDED__DOWNLOAD": "always",
        "AUTOTHINK_MODEL_SOURCES": "wheels",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(other_wheels),
    }
    client = await start_server(home, environ)
    try:
        document = open_with_hole(client, "go/queue.go", "go", "\treturn ▏len(q.items)")
        assert (await document.ask()[1])["items"] == []
        (problem,) = told(client)
        assert "SHA-256" in problem
        assert QWEN_CODER_05B.sha256 in problem
        assert not [file for file in home.rglob("*") if file.is_file() and file.stat().st_size > 1_000_000]
    finally:
        assert await client.stop() == 0
