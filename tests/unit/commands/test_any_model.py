"""``autothink-lsp model pull OWNER/REPO``: any GGUF model from a hub on the loopback interface, with its faults."""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import stat
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autothink_lsp.commands import model
from autothink_lsp.engines.models import hub as hub_source
from autothink_lsp.engines.models.pull import ModelPull
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.settings.paths import user_file
from tests.support.gguf_file import QWEN2, gguf_bytes, write_gguf
from tests.support.hub_server import HubServer

pytestmark = pytest.mark.process

JUDGE = "{{ messages }}<|im_start|>assistant\n<judge>\n"
FILE = "Tiny-Q4_K_M.gguf"
CONTENT = gguf_bytes({**QWEN2, "tokenizer.chat_template": JUDGE}, tensor_bytes=200_000)
QWEN_VOCABULARY = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|repo_name|>", "<|file_sep|>")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(files={FILE: CONTENT, "Tiny-Q8_0.gguf": gguf_bytes(), "mmproj-Tiny-Q4_K_M.gguf": b"x"}) as server:
        monkeypatch.setenv("AUTOTHINK_HOME", str(tmp_path))
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("NO_PROXY", "*")
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield server


@pytest.fixture
def run(hub: HubServer) -> Callable[..., int]:
    parser = argparse.ArgumentParser()
    model.add_parser(parser.add_subparsers())

    def call(*arguments: str) -> int:
        args = parser.parse_args(["model", *arguments])
        return args.run(args)

    return call


def lock(tmp_path: Path) -> dict:
    return json.loads((tmp_path / "data" / "models" / "models.lock.json").read_text())["models"]


def test_size_licence_and_digest_are_shown_and_nothing_is_fetched_without_consent(run, hub, capsys) -> None:
    assert run("pull", "someone/Tiny-GGUF") == 1
    printed = capsys.readouterr()
    assert "licence: apache-2.0" in printed.out
    assert f"{FILE}: 0 MB, SHA-256 {hashlib.sha256(CONTENT).hexdigest()}" in printed.out
    assert "--yes" in printed.err
    assert [path for path, _ in hub.requests] == ["/api/models/someone/Tiny-GGUF"]


def test_a_pulled_model_is_pinned_listed_and_used(run, tmp_path, capsys) -> None:
    assert run("pull", "someone/Tiny-GGUF:q4_k_m", "--yes") == 0
    out = capsys.readouterr().out
    assert "tiny-q4_k_m is installed" in out
    assert "qwen2 model: it has no fill-in-the-middle tokens, it chats, and it thinks (kat-v1)" in out
    assert "--for completion" not in out
    pinned = lock(tmp_path)["tiny-q4_k_m"]
    assert pinned["files"][0]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert (pinned["licence"], pinned["revision"], pinned["kv_bytes_per_token"]) == (
        "apache-2.0",
        "0123456789abcdef",
        12288,
    )
    assert run("list", "--json") == 0
    row = next(one for one in json.loads(capsys.readouterr().out) if one["name"] == "tiny-q4_k_m")
    assert (row["installed"], row["thinks"], row["roles"], row["fits"]) == (True, True, ["assist"], True)
    assert run("use", "tiny-q4_k_m", "--for", "completion") == 1
    assert "no fill-in-the-middle tokens" in capsys.readouterr().err
    assert run("use", "tiny-q4_k_m", "--for", "assist") == 0
    assert tomllib.loads(user_file().read_text())["embedded"] == {"assist_model": "tiny-q4_k_m"}
    assert run("remove", "tiny-q4_k_m") == 0
    assert lock(tmp_path) == {}


def test_a_known_model_is_pulled_by_its_name(run, hub, tmp_path, capsys) -> None:
    """One whose digest is not known is pinned to what the Hub states."""
    hub.repository = "mradermacher/Seed-Coder-8B-Base-GGUF"
    hub.files = {"Seed-Coder-8B-Base.Q4_K_M.gguf": CONTENT}
    assert run("pull", "seed-coder-8b") == 1
    printed = capsys.readouterr()
    assert "mradermacher/Seed-Coder-8B-Base-GGUF, revision" in printed.out
    assert "--yes" in printed.err
    assert run("pull", "seed-coder-8b", "--yes") == 0
    assert lock(tmp_path)["seed-coder-8b"]["repository"] == "mradermacher/Seed-Coder-8B-Base-GGUF"
    capsys.readouterr()
    assert run("list", "--json") == 0
    (row,) = [one for one in json.loads(capsys.readouterr().out) if "Seed-Coder" in one["repository"]]
    assert (row["name"], row["installed"], row["is_run"], row["thinks"]) == ("seed-coder-8b", True, False, True)
    assert run("pull", "seed-coder-8b") == 0
    assert "already installed" in capsys.readouterr().out


def test_a_known_digest_and_revision_are_shown_and_requested(run, hub, capsys) -> None:
    hub.repository, hub.files = "Qwen/Qwen3-4B-GGUF", {"Qwen3-4B-Q4_K_M.gguf": CONTENT}
    assert run("pull", "qwen3-4b") == 1
    printed = capsys.readouterr()
    assert "Qwen/Qwen3-4B-GGUF, revision bc640142c66e, licence: Apache-2.0" in printed.out
    assert "2497 MB, SHA-256 7485fe6f" in printed.out
    assert hub.requests == [], "nothing is asked before the user agrees"
    assert run("pull", "qwen3-4b", "--yes") == 1
    assert "has no repository or file" in capsys.readouterr().err, "the Hub of this test has another revision"


def test_a_known_model_without_a_gguf_file(run, hub, capsys) -> None:
    assert run("pull", "hipo-8b", "--yes") == 1
    printed = capsys.readouterr()
    assert "Kwaipilot/HiPO-8B has no GGUF file" in printed.err
    assert 'assist.backend = "vllm"' in printed.err
    assert hub.requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="mode bits and links")
def test_the_users_settings_file_keeps_its_mode_and_stays_a_link(run, tmp_path) -> None:
    """As in a repository of dotfiles, with a file that others may not read."""
    real = tmp_path / "dotfiles.toml"
    real.write_text("[log]\nlevel = 'debug' # mine\n")
    real.chmod(0o600)
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().symlink_to(real)
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 0
    assert run("use", "tiny-q4_k_m", "--for", "assist") == 0
    assert user_file().is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert real.read_text() == "[log]\nlevel = 'debug' # mine\n\n[embedded]\nassist_model = \"tiny-q4_k_m\"\n"


def test_a_file_that_changed_on_the_hub_is_refused(run, hub, tmp_path, capsys) -> None:
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 0
    hub.files[FILE] = CONTENT[:-1] + b"x"
    capsys.readouterr()
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 1
    error = capsys.readouterr().err
    assert "has changed Tiny-Q4_K_M.gguf" in error
    assert "model remove tiny-q4_k_m" in error
    stored = tmp_path / "data" / "models" / "someone--Tiny-GGUF--Tiny-Q4_K_M.gguf"
    stored.unlink()
    assert run("pull", "tiny-q4_k_m") == 1, "also by the name that it was given"
    assert "SHA-256" in capsys.readouterr().err
    assert not stored.exists()
    assert run("remove", "tiny-q4_k_m") == 0
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 0


def test_a_download_that_breaks_off_is_continued(run, hub, tmp_path) -> None:
    hub.break_after = len(CONTENT) // 3
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 0
    ranges = [wanted for path, wanted in hub.requests if path.endswith(FILE)]
    assert ranges[0] is None
    assert [int(one.removeprefix("bytes=").rstrip("-")) for one in ranges[1:]] == sorted(
        {len(CONTENT) // 3 * part for part in range(1, len(ranges))}
    )
    assert (tmp_path / "data" / "models" / "someone--Tiny-GGUF--Tiny-Q4_K_M.gguf").read_bytes() == CONTENT


def test_a_hub_that_sends_no_more_is_given_up_and_the_next_pull_goes_on(run, hub, capsys) -> None:
    hub.files[FILE], hub.stated[FILE] = CONTENT[:100_000], CONTENT
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 1
    assert "shorter file than it stated" in capsys.readouterr().err
    hub.break_after, hub.files[FILE] = 0, CONTENT
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 1
    hub.break_after = None
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 0


def test_a_server_without_ranges_sends_the_file_again(run, hub) -> None:
    hub.ignores_ranges = True
    hub.break_after = None
    part = Path(ModelStore.default().directory) / f"someone--Tiny-GGUF--{FILE}.partial" / "hub"
    part.mkdir(parents=True)
    (part / f"someone--Tiny-GGUF--{FILE}.part").write_bytes(b"other bytes")
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 0


def test_a_full_disk_is_said_before_and_during(run, hub, monkeypatch, tmp_path, capsys) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("autothink_lsp.engines.models.pull.shutil.disk_usage", lambda _folder: _Usage())
        assert run("pull", "someone/Tiny-GGUF", "--yes") == 1
        assert "are free" in capsys.readouterr().err

    def no_space(_answer: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub_source, "_read", no_space)
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 1
    assert "is full" in capsys.readouterr().err
    assert not list((tmp_path / "data" / "models").glob("*.partial"))


class _Usage:
    free = 1000


def test_split_models_are_fetched_whole(run, hub, tmp_path, capsys) -> None:
    parts = [f"big/Big-Q4_K_M-0000{number}-of-00002.gguf" for number in (1, 2)]
    hub.files = {parts[0]: CONTENT, parts[1]: gguf_bytes(tensor_bytes=1000)}
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 0
    store = ModelStore.default()
    first = store.path("big-q4_k_m")
    assert first is not None
    assert first.name.endswith("Big-Q4_K_M-00001-of-00002.gguf")
    second = first.with_name(first.name.replace("00001", "00002", 1))
    assert second.is_file()
    second.unlink()
    assert store.path("big-q4_k_m") is None
    hub.files.pop(parts[1])
    capsys.readouterr()
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 1
    assert "one of 2 parts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("someone/Tiny-GGUF:Q2_K", "has no Q2_K"),
        ("someone/Tiny-GGUF:../../etc/passwd.gguf", "has no"),
        ("someone/Other", "has no repository"),
        ("a/b/c", "is not a repository"),
        ("someone/Tiny GGUF", "is not a repository"),
    ],
)
def test_what_cannot_be_found(run, capsys, asked: str, says: str) -> None:
    assert run("pull", asked, "--yes") == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(("status", "says"), [(401, "HF_TOKEN"), (500, "answered 500"), (404, "Check the spelling")])
def test_a_refusal_of_the_hub_is_an_error_with_a_hint(run, hub, capsys, status: int, says: str) -> None:
    hub.status = status
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 1
    assert says in capsys.readouterr().err


def test_a_file_that_is_no_model_is_removed_again(run, hub, tmp_path, capsys) -> None:
    hub.files[FILE] = b"<html>rate limited</html>"
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 1
    assert "is not a GGUF model" in capsys.readouterr().err
    assert lock(tmp_path) == {}


def test_hostile_names_of_files_are_not_listed(run, hub, capsys) -> None:
    hub.files = {"../../x.gguf": CONTENT, "/etc/x.gguf": CONTENT, "a b.gguf": CONTENT, "-x.gguf": CONTENT}
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 1
    assert "has no GGUF file" in capsys.readouterr().err


def test_the_token_is_sent_to_the_hub(run, hub, monkeypatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 0
    assert set(hub.tokens) == {"Bearer hf_x"}


@pytest.mark.parametrize("is_other_host", [False, True], ids=["same host", "another host"])
def test_the_token_follows_a_redirection_to_the_hub_itself(run, hub, monkeypatch, is_other_host: bool) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    with HubServer(files=hub.files) as other:
        target = other if is_other_host else hub
        hub.moved = {"someone/Old-GGUF": target}
        assert run("pull", "someone/Old-GGUF", "--yes") == 0
        assert hub.tokens[0] == "Bearer hf_x"
        assert set(target.tokens) == {None if is_other_host else "Bearer hf_x"}


def test_a_file_of_the_user_is_added_under_a_name(run, tmp_path, capsys) -> None:
    file = write_gguf(tmp_path / "My Model.gguf", vocabulary=QWEN_VOCABULARY)
    assert run("pull", "mine", "--from", str(file)) == 0
    assert "it fills in the middle (qwen" in capsys.readouterr().out
    assert run("use", "mine", "--for", "completion") == 0
    assert tomllib.loads(user_file().read_text())["embedded"] == {"model": "mine"}
    other = write_gguf(tmp_path / "other.gguf", tensor_bytes=128)
    capsys.readouterr()
    assert run("pull", "mine", "--from", str(other)) == 1
    assert "Another file is installed as mine" in capsys.readouterr().err
    (tmp_path / "bad.gguf").write_bytes(CONTENT[:50])
    assert run("pull", "bad", "--from", str(tmp_path / "bad.gguf")) == 1
    assert "truncated" in capsys.readouterr().err


def test_a_model_is_chosen_for_next_edits_by_its_vocabulary(run, tmp_path, capsys) -> None:
    other = write_gguf(tmp_path / "other.gguf")
    assert run("pull", "other", "--from", str(other)) == 0
    assert run("use", "other", "--for", "next-edit") == 1
    assert "vocabulary is that of no known next-edit model" in capsys.readouterr().err
    file = write_gguf(tmp_path / "sweep.gguf", vocabulary=("<|file_sep|>", "<|fim_prefix|>", "<|fim_middle|>"))
    assert run("pull", "sweep", "--from", str(file)) == 0
    assert run("use", "sweep", "--for", "next-edit") == 0
    assert 'next_edit.backend is "embedded"' in capsys.readouterr().out
    written = tomllib.loads(user_file().read_text())
    assert written == {"embedded": {"next_edit_model": "sweep"}, "next_edit": {"backend": "embedded"}}


def test_a_model_that_was_added_keeps_a_name_that_became_known(run, tmp_path, capsys) -> None:
    """A version whose catalogue has no ``qwen3-4b`` yet has added a file of that name."""
    own = tmp_path / "own.gguf"
    own.write_bytes(CONTENT)
    assert run("pull", "mine", "--from", str(own)) == 0
    file = tmp_path / "data" / "models" / "models.lock.json"
    file.write_text(file.read_text().replace('"mine": {', '"qwen3-4b": {'))
    capsys.readouterr()
    assert run("path", "qwen3-4b") == 0
    assert "own--mine.gguf" in capsys.readouterr().out
    assert run("list", "--json") == 0
    (row,) = [one for one in json.loads(capsys.readouterr().out) if one["name"] == "qwen3-4b"]
    assert row["installed"]
    assert run("remove", "qwen3-4b") == 0
    assert own.exists()
    assert run("path", "qwen3-4b") == 1, "the known model again"


async def test_the_language_server_fetches_an_added_model_again(run, hub, tmp_path) -> None:
    assert run("pull", "someone/Tiny-GGUF", "--yes") == 0
    store = ModelStore.default()
    path = store.path("tiny-q4_k_m")
    assert path is not None
    path.unlink()
    assert await ModelPull(store).run_async("tiny-q4_k_m", lambda _step: None) == path
    assert path.read_bytes() == CONTENT
