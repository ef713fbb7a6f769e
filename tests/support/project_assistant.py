"""The assistant on a trusted folder in this process: language servers of the test's choice, and a model that gives the
answers in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from autothink_lsp.backends.base import ChatRequest, ServerDescription
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult
from autothink_lsp.features.assist.callers.project_files import ProjectFiles
from autothink_lsp.features.assist.think_decider import ThinkDecider
from autothink_lsp.settings.model import AssistSettings, Settings, VerifySettings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.thinking.weights import SHIPPED_WEIGHTS
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.language_servers.pool import LanguageServerPool
from autothink_lsp.verify.language_servers.table import SERVERS
from autothink_lsp.verify.service import Verifier
from tests.support.scripted_assistant import scripted_assistant
from tests.support.scripted_backend import ScriptedBackend, Step


class ProjectAssistant:
    """``servers`` are the command lines of language servers by name; all others are off."""

    def __init__(
        self,
        folder: Path,
        answers: Sequence[str],
        servers: Mapping[str, Sequence[str]],
        *,
        test_command: tuple[str, ...] = (),
        deadline_s: int = 120,
    ) -> None:
        self.folder, self._answers = folder, list(answers)
        description = ServerDescription("llama.cpp", "plain-model", 16_000)
        self.backend = ScriptedBackend([], chat=self._next, description=description)
        self.documents, self.syntax = DocumentStore(), Syntax()
        self.documents.subscribe(self.syntax.trees)
        named: dict[str, tuple[str, ...]] = {spec.name: () for spec in SERVERS}
        named.update({name: tuple(command) for name, command in servers.items()})
        self.settings = Settings(
            assist=AssistSettings(
                backend="openai",
                url="http://127.0.0.1:1",
                think="off",
                test_command=test_command,
                deadline_s=deadline_s,
            ),
            verify=VerifySettings(servers=named),
        )
        privacy = PrivacyGate()
        self.service = scripted_assistant(
            self.backend,
            self.syntax,
            folder.parent / "state" / "s.sqlite3",
            verifier=Verifier(self.syntax.grammars, servers=LanguageServerPool(home=folder.parent / "home")),
            think_decider=ThinkDecider(lambda _: SHIPPED_WEIGHTS),
            privacy=privacy,
            project_files=ProjectFiles(self.documents, privacy, self.syntax.registry),
        )

    def _next(self, request: ChatRequest) -> Sequence[Step]:
        return (self._answers.pop(0),) if self._answers and request.max_tokens else ()

    async def run(self, name: str, language_id: str, *, at: Point, problem: Diagnostic | None = None) -> AssistResult:
        """Fix ``problem``, or simplify the function at ``at``, in a file of the folder; then end all servers."""
        file = self.folder / name
        snapshot = self.documents.open(file.as_uri(), language_id, 1, file.read_text())
        request = AssistRequest(
            action=ActionKind.FIX if problem is not None else ActionKind.SIMPLIFY,
            snapshot=snapshot,
            start=at,
            end=at,
            settings=self.settings,
            path=name,
            file=file,
            folder=self.folder,
            trusted=True,
            diagnostics=(problem,) if problem is not None else (),
        )
        try:
            return await self.service.run(request, lambda stage: None)
        finally:
            await self.service.aclose()

    @property
    def prompts(self) -> list[str]:
        """The last message of each question to the model."""
        return [one.messages[-1].content for one in self.backend.chats if one.max_tokens > 1]


def texts_of(result: AssistResult) -> dict[str, str]:
    """The texts of all files of an edit, by path."""
    own = {result.request.path: str(apply_replacements(result.request.snapshot.text, result.replacements))}
    return own | {
        one.base.path: str(apply_replacements(one.base.snapshot.text, one.replacements)) for one in result.file_edits
    }


def whole(code: str, language: str = "python") -> str:
    """An answer with the whole code."""
    return f"So.\n\nThe whole edited code:\n```{language}\n{code}\n```\n"


def block(name: str, old: str, new: str) -> str:
    """An answer with one search/replace block for a file."""
    return f"So.\n\nFile: {name}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"
