"""A user, a project and an environment on disk, for tests of loading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from attrs import define, field

from autothink_lsp.settings.load import LoadedSettings, load_settings
from autothink_lsp.settings.trust import TrustStore


@define
class Place:
    """Everything that settings can come from, empty at first."""

    root: Path
    environ: dict[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.environ["AUTOTHINK_HOME"] = str(self.root / "home")
        self.project.mkdir()
        self.user_file.parent.mkdir(parents=True)

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def project_file(self) -> Path:
        return self.project / "autothink.toml"

    @property
    def user_file(self) -> Path:
        return self.root / "home" / "config" / "config.toml"

    @property
    def store(self) -> TrustStore:
        return TrustStore(self.root / "home" / "state")

    def trust(self) -> None:
        self.store.trust(self.project, self.project_file.read_bytes())

    def load(
        self,
        *,
        user: str | None = None,
        project: str | None = None,
        environ: Mapping[str, str] | None = None,
        client: Sequence[tuple[str, object]] = (),
    ) -> LoadedSettings:
        if user is not None:
            self.user_file.write_text(user, encoding="utf-8")
        if project is not None:
            self.project_file.write_text(project, encoding="utf-8")
        return load_settings(
            folder=self.project,
            environ={**self.environ, **(environ or {})},
            client_layers=client,
            trust=self.store,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
