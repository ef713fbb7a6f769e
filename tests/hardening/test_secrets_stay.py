"""320 planted secrets in a real server with a model on another machine: none is in anything that is sent or kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at
from tests.hardening.conftest import Count
from tests.hardening.secret_corpus import KINDS, LANGUAGES, Plant, corpus
from tests.hardening.secret_forms import forms
from tests.support.action_client import FULL, ActionEditor, choose, diagnostic
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient

PLANTS = tuple(corpus())
# Of the forms that are typed key by key: those of which nothing tells before they are whole.
MOST_BEGINNINGS = 0.08


def elsewhere(server: FaultServer) -> str:
    """An address that counts as another machine's, and leads to this one."""
    return f"http://0.0.0.0:{server.port}"


def sent(server: FaultServer) -> str:
    """Everything that the server got, as text."""
    return "\n".join(_strings([*server.bodies, *server.headers]))


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in _strings(part)]
    return [text for part in value for text in _strings(part)] if isinstance(value, list) else []


def leaked(plants: tuple[Plant, ...], text: str) -> list[tuple[str, str, str]]:
    """Kind, language, and what stands before the piece that was found."""
    found = []
    for plant in plants:
        seen = next((piece for piece in plant.pieces if piece in text), None)
        if seen is not None:
            at = text.index(seen)
            found.append((plant.kind, plant.language, text[max(0, at - 80) : at + len(seen)]))
    return found


async def started(start: Start, server: FaultServer, folder: Path, kind: str = "openai", **more: str) -> LspClient:
    folder.mkdir(exist_ok=True)
    return await start(
        backend=kind,
        url=elsewhere(server),
        folder=folder,
        capabilities=FULL,
        environ={
            **actions_at(elsewhere(server)),
            "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0",
            "AUTOTHINK_COMPLETION__DEADLINE_MS": "20000",
            "AUTOTHINK_LOG__LEVEL": "trace",
            "AUTOTHINK_LOG__FILE": str(folder.parent / "server.log"),
            **more,
        },
    )


def opened(client: LspClient, folder: Path, plant: Plant) -> str:
    uri = (folder / f"file_{plant.number}{plant.suffix}").as_uri()
    document = {"uri": uri, "languageId": plant.language, "version": 1, "text": plant.text}
    client.notify("textDocument/didOpen", {"textDocument": document})
    return uri


async def complete(client: LspClient, uri: str, line: int, column: int) -> list[Any]:
    where = {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}
    result = await client.request("textDocument/inlineCompletion", {**where, "context": {"triggerKind": 1}})
    return result["items"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("order", ["joined", "ctx", "psm"])
async def test_completion(start: Start, backend: FaultServer, tmp_path: Path, count: Count, order: str) -> None:
    backend.passes_warm_ups = False  # warm-ups are prompts, too
    client = await started(start, backend, tmp_path / "project", AUTOTHINK_COMPLETION__PROMPT_ORDER=order)
    inside = 0
    for plant in PLANTS:
        uri = opened(client, tmp_path / "project", plant)
        lines = plant.text.split("\n")
        at = plant.text.index(plant.secret)
        first = plant.text.count("\n", 0, at)
        column = at - (plant.text.rfind("\n", 0, at) + 1)
        places = [
            (len(lines) - 1, len(lines[-1])),  # behind everything
            (0, 0),  # before everything
            (max(0, plant.line - 1), 0),
            (first, column),  # right before the secret
            (first, min(len(lines[first]), column + 9)),  # in its middle
        ]
        for line, character in places:
            before = len(backend.bodies)
            await complete(client, uri, line, character)
            inside += len(backend.bodies) == before
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    found = leaked(PLANTS, sent(backend))
    count(f"completion ({order}): secrets planted / requests sent / secrets sent", (
        f"{len(PLANTS)} of {len(KINDS)} kinds in {len(LANGUAGES)} languages / {len(backend.bodies)} / {len(found)}"
    ))  # fmt: skip
    assert len(backend.bodies) > 3 * len(PLANTS)
    assert inside
    assert found == [], found
    await client.stop()
    assert leaked(PLANTS, (tmp_path / "server.log").read_text(encoding="utf-8")) == []


@pytest.mark.timeout(300)
async def test_typed_secret_is_not_sent(start: Start, backend: FaultServer, tmp_path: Path, count: Count) -> None:
    """Key by key, a request behind each: not even the beginning of one is sent."""
    client = await started(start, backend, tmp_path / "project")
    plants = tuple(plant for plant in PLANTS if plant.kind != "private key")[::7]
    requests = 0
    for plant in plants:
        uri = opened(client, tmp_path / "project", plant)
        line = plant.text.split("\n")[plant.line]
        column = line.index(plant.secret)
        version = 2

        def edit(start_column: int, end_column: int, text: str, uri: str = uri, row: int = plant.line) -> None:
            nonlocal version
            version += 1
            where = {
                "start": {"line": row, "character": start_column},
                "end": {"line": row, "character": end_column},
            }
            document = {"uri": uri, "version": version}
            changes = [{"range": where, "text": text}]
            client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

        edit(column, len(line), "")
        for index, key in enumerate(plant.secret):
            edit(column + index, column + index, key)
            if index >= 11:  # a shape shows after its head and some letters
                await complete(client, uri, plant.line, column + index + 1)
                requests += 1
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    text = sent(backend)
    found = [(plant.kind, plant.language) for plant in plants if plant.secret[:14] in text]
    count("completion: secrets typed key by key / keys / beginnings sent", f"{len(plants)} / {requests} / {len(found)}")
    assert found == [], found


@pytest.mark.timeout(300)
async def test_actions(start: Start, backend: FaultServer, tmp_path: Path, count: Count) -> None:
    """Fix with a retry behind a failed check, and explain; the message quotes the secret, as type checkers do."""
    folder = tmp_path / "project"
    client = await started(start, backend, folder, AUTOTHINK_COMPLETION__ENABLED="false")
    for plant in PLANTS:
        editor = ActionEditor(client, opened(client, folder, plant), plant.language, plant.text)
        width = len(plant.text.split("\n")[plant.line])
        problem = diagnostic(plant.line, 0, width, f'Type "{plant.secret}" is not assignable to "int"', source="tsc")
        # The first answer quotes the line without change, which fails; the second adds to it.
        backend.chat_answers = [unchanged(plant), unchanged(plant, more=True), unchanged(plant, more=True)]
        await editor.resolve(choose(await editor.offers(problem["range"], [problem]), "Explain and fix"))
        backend.chat_answers = [f"It holds a key, see ![x](http://evil.example/?{plant.number})."]
        await editor.resolve(choose(await editor.offers(problem["range"], [problem]), "AutoThink: Explain the sel"))
        client.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
    found = leaked(PLANTS, sent(backend))
    count("actions: secrets in code, messages, checks / requests sent / secrets sent", (
        f"{len(PLANTS)} / {len(backend.bodies)} / {len(found)}"
    ))  # fmt: skip
    assert len(backend.bodies) >= 2.5 * len(PLANTS)
    assert found == [], found
    await client.stop()
    kept = [(tmp_path / "server.log").read_bytes(), *(one.read_bytes() for one in tmp_path.rglob("*.sqlite3*"))]
    kept += [one.read_bytes() for one in tmp_path.rglob("*.json")]
    assert len(kept) > 1
    in_files = leaked(PLANTS, "\n".join(part.decode("utf-8", "replace") for part in kept))
    logged = [text["message"] for method, text in client.notifications if method == "window/logMessage"]
    in_logs = leaked(PLANTS, "\n".join(logged))
    count("logs, statistics, state files: secrets kept", len(in_files) + len(in_logs))
    assert (in_files, in_logs) == ([], [])


def unchanged(plant: Plant, *, more: bool = False) -> str:
    extra = "\nx = 1" if more else ""
    return f"Nothing.\n\nThe whole edited code:\n```\n{plant.text}{extra}\n```\n"


async def test_restored_secrets_are_unchanged(start: Start, backend: FaultServer, tmp_path: Path, count: Count) -> None:
    """The model repeats the placeholder in an edit: the file gets its own secret again."""
    folder = tmp_path / "project"
    client = await started(start, backend, folder, AUTOTHINK_COMPLETION__ENABLED="false")
    plants = tuple(plant for plant in PLANTS if plant.language == "python")
    right = 0
    for plant in plants:
        editor = ActionEditor(client, opened(client, folder, plant), plant.language, plant.text)
        problem = diagnostic(plant.line, 0, 3, "rename it")

        def edited(plant: Plant = plant) -> str:
            asked = backend.answering["messages"][-1]["content"]  # the newest body may be a probe's
            code = asked.partition("```python\n")[2].partition("\n```")[0]
            name = plant.text.split("\n")[plant.line].split(" ")[0]
            return f"Done.\n\nThe whole edited code:\n```python\n{code.replace(name, 'renamed')}\n```\n"

        backend.chat_answers = [edited] * 6  # the probes of what the server can do take some
        offered = await editor.offers(problem["range"], [problem])
        resolved = await editor.resolve(choose(offered, "Explain and fix"))
        assert resolved.get("edit"), (plant.kind, client.notifications[-3:])
        editor.apply(resolved["edit"])
        name = plant.text.split("\n")[plant.line].split(" ")[0]
        right += editor.text.rstrip() == plant.text.replace(name, "renamed").rstrip()
        client.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
    count("edits that repeat a placeholder / secrets put back", f"{len(plants)} / {right}")
    assert right == len(plants)
    assert json.dumps(leaked(plants, sent(backend))) == "[]"


FORMS = tuple(forms())
FORM_PLANTS = tuple(plant for _, plant in FORMS)


def by_group(found: list[tuple[str, str, str]]) -> str:
    """Kept of planted, for each group of forms."""
    lost = {kind for kind, _, _ in found}
    groups: dict[str, list[int]] = {}
    for group, plant in FORMS:
        kept, planted = groups.get(group, (0, 0))
        groups[group] = [kept + (plant.kind not in lost), planted + 1]
    return ", ".join(f"{group} {kept}/{planted}" for group, (kept, planted) in groups.items())


@pytest.mark.timeout(300)
async def test_forms_in_completion(start: Start, backend: FaultServer, tmp_path: Path, count: Count) -> None:
    """Each form of giving a secret: behind it, before it, right before the secret and in its middle."""
    backend.passes_warm_ups = False
    client = await started(start, backend, tmp_path / "project")
    for plant in FORM_PLANTS:
        uri = opened(client, tmp_path / "project", plant)
        lines = plant.text.split("\n")
        at = plant.text.index(plant.secret)
        first, column = plant.text.count("\n", 0, at), at - (plant.text.rfind("\n", 0, at) + 1)
        middle = min(len(lines[first]), column + 9)
        for line, character in ((len(lines) - 1, 0), (0, 0), (first, column), (first, middle)):
            await complete(client, uri, line, character)
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    found = leaked(FORM_PLANTS, sent(backend))
    await client.stop()
    logged = leaked(FORM_PLANTS, (tmp_path / "server.log").read_text(encoding="utf-8"))
    kinds = len({plant.kind for plant in FORM_PLANTS})
    count("completion, forms: planted / requests sent / secrets sent / logged", (
        f"{len(FORM_PLANTS)} of {kinds} kinds / {len(backend.bodies)} / {len(found)} / {len(logged)}"
    ))  # fmt: skip
    count("completion, forms kept", by_group(found))
    assert len(backend.bodies) > 2 * len(FORM_PLANTS)
    assert (found, logged) == ([], [])


@pytest.mark.timeout(300)
async def test_forms_that_are_typed(start: Start, backend: FaultServer, tmp_path: Path, count: Count) -> None:
    """Key by key. Those that neither a name nor a head tells of before they are whole are counted, and named in
    SECURITY.md."""
    client = await started(start, backend, tmp_path / "project")
    plants = [plant for plant in FORM_PLANTS if "\n" not in plant.secret and 14 < len(plant.secret) < 60][::3]
    typed = 0
    for plant in plants:
        at = plant.text.index(plant.secret)
        document = {"uri": (tmp_path / f"typed_{plant.number}{plant.suffix}").as_uri(), "languageId": plant.language}
        above = plant.text[:at]
        row, column = above.count("\n"), at - (above.rfind("\n") + 1)
        text = above + plant.text[at + len(plant.secret) :].lstrip("\"'`;)")
        client.notify("textDocument/didOpen", {"textDocument": {**document, "version": 1, "text": text}})
        for index, key in enumerate(plant.secret):
            here = {"line": row, "character": column + index}
            changes = [{"range": {"start": here, "end": here}, "text": key}]
            versioned = {"uri": document["uri"], "version": index + 2}
            client.notify("textDocument/didChange", {"textDocument": versioned, "contentChanges": changes})
            if index >= 13:
                await complete(client, document["uri"], row, column + index + 1)
                typed += 1
        client.notify("textDocument/didClose", {"textDocument": {"uri": document["uri"]}})
    text = sent(backend)
    heads = ("AGE-SECRET", "FLWSECK_TEST", "access-production")
    found = [one.kind for one in plants if one.secret[:14] in text and not one.secret.startswith(heads)]
    count(
        "completion, forms typed key by key / keys / beginnings sent",
        f"{len(plants)} / {typed} / {len(found)}: {found}",
    )
    assert len(found) <= len(plants) * MOST_BEGINNINGS


@pytest.mark.timeout(300)
async def test_forms_in_actions(start: Start, backend: FaultServer, tmp_path: Path, count: Count) -> None:
    """Fix, with a message that quotes the secret and points to it from another place, and a retry behind a check."""
    folder = tmp_path / "project"
    client = await started(start, backend, folder, AUTOTHINK_COMPLETION__ENABLED="false")
    for plant in FORM_PLANTS:
        editor = ActionEditor(client, opened(client, folder, plant), plant.language, plant.text)
        width = len(plant.text.split("\n")[plant.line])
        problem = diagnostic(plant.line, 0, width, f'Value "{plant.secret}" is not allowed here', source="lint")
        place = {"uri": editor.uri, "range": problem["range"]}
        problem["relatedInformation"] = [{"location": place, "message": f"'{plant.secret}' was first seen here"}]
        backend.chat_answers = [unchanged(plant), unchanged(plant, more=True), unchanged(plant, more=True)]
        await editor.resolve(choose(await editor.offers(problem["range"], [problem]), "Explain and fix"))
        client.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
    found = leaked(FORM_PLANTS, sent(backend))
    await client.stop()
    kept = [(tmp_path / "server.log").read_bytes(), *(one.read_bytes() for one in tmp_path.rglob("*.sqlite3*"))]
    in_files = leaked(FORM_PLANTS, "\n".join(part.decode("utf-8", "replace") for part in kept))
    logged = [text["message"] for method, text in client.notifications if method == "window/logMessage"]
    in_logs = leaked(FORM_PLANTS, "\n".join(logged))
    count("actions, forms: planted / requests sent / secrets sent / kept", (
        f"{len(FORM_PLANTS)} / {len(backend.bodies)} / {len(found)} / {len(in_files) + len(in_logs)}"
    ))  # fmt: skip
    count("actions, forms kept", by_group(found))
    assert len(backend.bodies) >= len(FORM_PLANTS)
    assert (found, in_files, in_logs) == ([], [], [])


@pytest.mark.timeout(300)
async def test_forms_in_context_of_other_documents(
    start: Start, backend: FaultServer, tmp_path: Path, count: Count
) -> None:
    """The plant lies in another open document of the same language that shares the cursor's words, and was edited."""
    client = await started(start, backend, tmp_path / "project")
    words = "alpha_total beta_rows gamma_index delta_count epsilon_sum"
    requests = 0
    for plant in FORM_PLANTS:
        lines = plant.text.rstrip("\n").split("\n")
        comment = "" if plant.language in {"json", "xml"} else f"# {words}\n"
        around = "\n".join([*(f"{words} {n}" for n in range(8)), *lines, f"{comment}{words}", ""])
        other = {"uri": (tmp_path / "project" / f"other_{plant.number}{plant.suffix}").as_uri()}
        opening = {**other, "languageId": plant.language, "version": 1, "text": around}
        client.notify("textDocument/didOpen", {"textDocument": opening})
        row = 8 + plant.line
        end = {"line": row, "character": len(lines[plant.line])}
        changes = [{"range": {"start": end, "end": end}, "text": " "}]
        client.notify("textDocument/didChange", {"textDocument": {**other, "version": 2}, "contentChanges": changes})
        here = {"uri": (tmp_path / "project" / f"here_{plant.number}{plant.suffix}").as_uri()}
        opening = {**here, "languageId": plant.language, "version": 1, "text": f"{words}\n{words} \n"}
        client.notify("textDocument/didOpen", {"textDocument": opening})
        before = len(backend.bodies)
        await complete(client, here["uri"], 1, len(words) + 1)
        requests += len(backend.bodies) > before
        client.notify("textDocument/didClose", {"textDocument": here})
        client.notify("textDocument/didClose", {"textDocument": other})
    found = leaked(FORM_PLANTS, sent(backend))
    count("context, forms: planted / requests sent / secrets sent", f"{len(FORM_PLANTS)} / {requests} / {len(found)}")
    count("context, forms kept", by_group(found))
    assert found == []
