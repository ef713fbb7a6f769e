"""API keys from the system's keyring: asked in a process of its own, never shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autothink_lsp.backends import credentials
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.errors import BackendAuthError

pytestmark = pytest.mark.process

KEYRING = """
import sys
entries = {("team", "autothink-lsp"): "s3cret-default", ("team", "me"): "s3cret-mine"}
assert sys.argv[1] == "get"
found = entries.get(tuple(sys.argv[2:]))
print(found) if found else sys.exit(1)
"""


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for the package: the real one needs a desktop's key store."""
    package = tmp_path / "keyring"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(KEYRING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def keys_of(entry: str) -> Credentials:
    return Credentials(Endpoint("https://models.example.org", api_key_keyring=entry))


@pytest.mark.parametrize(("entry", "key"), [("team", "s3cret-default"), ("team/me", "s3cret-mine")])
async def test_the_key_is_read_from_the_keyring_entry(keyring: None, entry: str, key: str) -> None:
    assert await keys_of(entry).key() == key


async def test_an_entry_that_is_not_there(keyring: None) -> None:
    with pytest.raises(BackendAuthError, match="keyring get other autothink-lsp") as caught:
        await keys_of("other").key()
    assert "keyring set other autothink-lsp" in caught.value.hint


async def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        credentials, "_keyring_command", lambda _: (sys.executable, "-P", "-m", "no_keyring", "get", "a", "b")
    )
    with pytest.raises(BackendAuthError, match="No module named no_keyring") as caught:
        await keys_of("team").key()
    assert "autothink-lsp[keyring]" in caught.value.hint


async def test_a_command_goes_before_it_and_neither_is_shown(keyring: None) -> None:
    both = Endpoint("https://x.example", api_key_command=("echo", "of-the-command"), api_key_keyring="team")
    assert await Credentials(both).key() == "of-the-command"
    mine = keys_of("team")
    assert await mine.key() == "s3cret-default"
    assert "s3cret" not in mine.origin
    assert mine.redact("the key s3cret-default is bad") == "the key [key] is bad"
