"""Which documents may be shown to which model: three places, and every rule of exclusion."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from autothink_lsp.context.privacy import KEPT_S, ModelLocation, PrivacyGate, model_location
from autothink_lsp.document.text import Text
from autothink_lsp.settings.model import CompletionSettings, EndpointSettings, PrivacySettings, Settings
from autothink_lsp.settings.secret_files import SECRET_FILES

REMOTE = CompletionSettings(backend="openai", url="https://models.example.org/v1")
LOOPBACK = CompletionSettings(backend="openai", url="http://127.0.0.1:8080")
OURS = CompletionSettings()
LOOSE = PrivacySettings(exclude_for="remote")


@pytest.mark.parametrize(
    ("backend", "url", "place"),
    [
        ("embedded", "", ModelLocation.OURS),
        ("embedded", "https://h.example", ModelLocation.OURS),  # not used
        ("vllm", "", ModelLocation.OURS),
        ("openai", "http://localhost:1/v1", ModelLocation.LOOPBACK),
        ("openai", "http://[::1]:1", ModelLocation.LOOPBACK),
        ("vllm", "http://127.0.0.9:1", ModelLocation.LOOPBACK),
        ("openai", "http://0.0.0.0:1", ModelLocation.REMOTE),
        ("openai", "http://a.localhost:1", ModelLocation.REMOTE),  # a name that a resolver may answer as it likes
        ("openai", "http://127.0.0.1.example.org", ModelLocation.REMOTE),
        ("llama-server", "http://192.168.1.2:8080", ModelLocation.REMOTE),
        ("openai", "http://[", ModelLocation.REMOTE),
    ],
)
def test_places(backend: str, url: str, place: ModelLocation) -> None:
    assert model_location(EndpointSettings(backend=backend, url=url)) is place  # pyright: ignore[reportArgumentType]


# Files that hold secrets as a rule, and copies of them; and files whose names are like theirs.
SECRET_NAMES = """
.bash_history .zsh_history .psql_history .mysql_history .python_history .node_repl_history .sqlite_history
.rediscli_history fish_history ConsoleHost_history.txt .irb-history .histfile .lesshst client_secret.json
client_secret_123.apps.googleusercontent.com.json google-services.json GoogleService-Info.plist
application_default_credentials.json wp-config.php vault.yml vault.yaml auth.json .env .env.local
.env.production prod.env .ENV .envrc .env.bak .env~ .env.local.old .env.swp ..env.swp .env.example.bak
server.pem tls.key cert.p12 a.pfx a.jks a.keystore a.kdbx a.ppk a.asc id_rsa id_ed25519 id_rsa.old .id_rsa.swp
.htpasswd .netrc _netrc .pgpass .my.cnf .pypirc .npmrc .dockercfg .docker/config.json kubeconfig .kube/config
.aws/credentials .git-credentials credentials.json secrets.yml secrets.yaml secrets.json secrets.toml
secrets.ini .streamlit/secrets.toml local.settings.json terraform.tfvars prod.auto.tfvars.json terraform.tfstate
terraform.tfstate.backup .s3cfg .boto .rclone.conf rclone.conf filezilla.xml sitemanager.xml master.key
credentials.yml.enc key.properties .config/gh/hosts.yml .terraformrc .vault-token .gem/credentials
.cargo/credentials.toml x-firebase-adminsdk-1.json serviceAccountKey.json service_account.json
.ansible_vault_pass a.ovpn a.mobileprovision ID_RSA Credentials.JSON wp-config.php.bak wp-config.php.save
#.netrc# kaggle.json .m2/settings.xml token.json .dev.vars sftp-config.json .yarnrc.yml etc/shadow secring.gpg
passwords.txt Passwords.csv .Renviron robomongo.json
.kube/config.bak .env.1 .bash_history.1 .env-prod database.kdbx accessKeys.csv
"""
OPEN_NAMES = """
.env.example .env.sample .env.template .env.dist app.py environment.py history.py tokens.py token.py auth.py
auth.ts authentication.json package.json settings.xml gradle.properties database.yml docker-compose.yml
config.json vault.py vault.md secret_manager.go credentials_test.go keys.py key.ts bash_history.md shadow.css
src/shadow/a.py login.html hosts.yml password.html passwords.py main.tf variables.tf README.md tsconfig.json
.eslintrc .gitignore .history.md wp-config-sample.php client.json google.json .editorconfig a.envoy.yaml copy.py
old.py backup.sh x.tmp.py test.1 CHANGELOG.old
"""


class Workspace:
    """Files in a folder, and what the gate says of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_s = 0.0
        self.gate = PrivacyGate(now_s=lambda: self.now_s)

    def write(self, name: str, text: str = "x = 1\n") -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def why(
        self,
        file: Path | str,
        role: EndpointSettings = REMOTE,
        *,
        privacy: PrivacySettings | None = None,
        **more: object,
    ) -> str:
        path = self.folder / file
        settings = Settings(
            completion=CompletionSettings(**more),  # pyright: ignore[reportArgumentType]
            privacy=privacy or PrivacySettings(),
        )
        text = Text.from_str(path.read_bytes().decode("utf-8", "replace")) if path.is_file() else None
        return self.gate.refusal(path.as_uri(), self.folder.as_uri(), text, settings, role)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "project"
    folder.mkdir()
    return Workspace(folder)


@pytest.mark.parametrize(
    "name",
    [
        *(".env", "a/.env.production", "prod.env", "server.pem", "tls/site.crt", "id_ed25519", "deploy.p8", "x.jks"),
        *(".npmrc", ".netrc", ".aws/credentials", ".git/config", ".ssh/config", "vault.kdbx", "infra/main.tfvars"),
        *(".ENV", "Server.PEM", "ID_RSA", ".Git/HEAD"),
    ],
)
@pytest.mark.parametrize("role", [REMOTE, LOOPBACK, OURS], ids=["remote", "loopback", "ours"])
def test_secret_files(workspace: Workspace, name: str, role: EndpointSettings) -> None:
    workspace.write(name)
    assert workspace.why(name, role)


@pytest.mark.parametrize(
    "name", ["a.py", ".env.example", "environment.py", "src/keys.py", "README.md", ".github/x.yml"]
)
def test_ordinary_files(workspace: Workspace, name: str) -> None:
    workspace.write(name)
    assert workspace.why(name) == ""


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_names_of_secret_files(workspace: Workspace, name: str) -> None:
    assert "usually contains secrets" in workspace.why(workspace.write(name))


@pytest.mark.parametrize("name", OPEN_NAMES.split())
def test_names_of_open_files(workspace: Workspace, name: str) -> None:
    assert workspace.why(workspace.write(name)) == ""


def test_what_the_user_takes_back_counts_for_this_machine_only(workspace: Workspace) -> None:
    workspace.write(".env.test")
    exclude = (*SECRET_FILES, "!.env.test")
    assert workspace.why(".env.test", REMOTE, exclude=exclude)
    assert workspace.why(".env.test", LOOPBACK, exclude=exclude) == ""


def test_patterns_of_the_user_count_everywhere(workspace: Workspace) -> None:
    workspace.write("gen/a.py")
    for role in (REMOTE, LOOPBACK, OURS):
        assert "completion.exclude" in workspace.why("gen/a.py", role, exclude=("gen/",), privacy=LOOSE)


@pytest.mark.parametrize("platform", ["darwin", "linux"])
@pytest.mark.parametrize(
    ("pattern", "name", "everywhere"),
    [
        ("Secrets/", "secrets/a.py", False),
        ("secrets/", "Secrets/A.py", True),  # names in lower case are always tried, for ".ENV"
        ("*.LOG", "a.log", False),
        ("Gen[AB].py", "gena.py", False),
        ("[[:upper:]]*.key.py", "a.key.py", False),
        ("[[:upper:]]*.key.py", "A.key.py", True),
        ("gen/", "gen/a.py", True),
    ],
)
def test_patterns_ignore_case_where_file_names_do(
    workspace: Workspace, platform: str, pattern: str, name: str, *, everywhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    workspace.write(name)
    assert bool(workspace.why(name, exclude=(pattern,))) is (everywhere or platform == "darwin")


@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_ignore_files_ignore_case_where_file_names_do(
    workspace: Workspace, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    workspace.write(".gitignore", "Build/\n!build/Keep.py\n")
    workspace.write("build/a.py")
    assert bool(workspace.why("build/a.py")) is (platform == "darwin")


@pytest.mark.parametrize("name", [".gitignore", ".autothinkignore", "sub/.gitignore", ".git/info/exclude"])
def test_ignore_files(workspace: Workspace, name: str) -> None:
    workspace.write(".git/HEAD")
    workspace.write(name, "# notes\n/sub/private/\nprivate/\n*.log\n!keep.log\n")
    for file in ("sub/private/a.py", "sub/x.log"):
        workspace.write(file)
        assert workspace.why(file, REMOTE), file
        assert workspace.why(file, OURS), file
        assert workspace.why(file, OURS, privacy=LOOSE) == "", file
        assert workspace.why(file, REMOTE, privacy=LOOSE), file
    for file in ("sub/a.py", "sub/keep.log"):
        workspace.write(file)
        assert workspace.why(file) == "", file


def test_the_deepest_ignore_file_decides_but_not_below_an_ignored_folder(workspace: Workspace) -> None:
    workspace.write(".gitignore", "*.gen.py\nout/\n")
    workspace.write("sub/.gitignore", "!*.gen.py\n")
    workspace.write("out/.gitignore", "!*\n")
    for file, ignored in (("a.gen.py", True), ("sub/a.gen.py", False), ("out/a.py", True)):
        workspace.write(file)
        assert bool(workspace.why(file)) is ignored, file


def test_ignore_files_above_the_workspace_in_the_same_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("secretive/\n")
    folder = tmp_path / "packages" / "one"
    folder.mkdir(parents=True)
    workspace = Workspace(folder)
    workspace.write("secretive/a.py")
    assert workspace.why("secretive/a.py")


def test_an_ignore_file_that_cannot_be_read_keeps_everything_back(workspace: Workspace) -> None:
    workspace.write("a.py")
    (workspace.folder / ".autothinkignore").mkdir()
    assert "cannot be read" in workspace.why("a.py")


def test_a_new_ignore_file_is_noticed(workspace: Workspace) -> None:
    workspace.write("a.py")
    assert workspace.why("a.py") == ""
    workspace.write(".gitignore", "a.py\n")
    workspace.now_s += KEPT_S + 0.1
    assert workspace.why("a.py")


def test_links(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.py"
    outside.write_text("x = 1\n")
    (workspace.folder / "out.py").symlink_to(outside)
    (workspace.folder / "gone.py").symlink_to(tmp_path / "nothing.py")
    workspace.write("real.py")
    workspace.write(".env")
    (workspace.folder / "in.py").symlink_to(workspace.folder / "real.py")
    (workspace.folder / "notes.py").symlink_to(workspace.folder / ".env")
    assert "link" in workspace.why("out.py")
    assert "link" in workspace.why("gone.py")
    assert workspace.why("in.py") == ""
    assert workspace.why("notes.py")
    assert workspace.why("notes.py", OURS)


def test_a_workspace_that_is_a_link_itself(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    workspace = Workspace(tmp_path / "link")
    workspace.write("a.py")
    assert workspace.why("a.py") == ""
    workspace.write("../real/../real/b.py")
    assert workspace.why("b.py") == ""


def test_a_path_that_climbs_out(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1")
    assert workspace.gate.refusal(
        f"{workspace.folder.as_uri()}/../.env", workspace.folder.as_uri(), None, Settings(), REMOTE
    )


def test_sizes_and_binaries(workspace: Workspace) -> None:
    workspace.write("big.py", "x" * 3_000)
    small = PrivacySettings(largest_file_kib=2)
    assert "2 KiB" in workspace.why("big.py", privacy=small)
    assert "2 KiB" in workspace.why("big.py", OURS, privacy=small)
    assert workspace.why("big.py", OURS, privacy=PrivacySettings(largest_file_kib=2, exclude_for="remote")) == ""
    (workspace.folder / "a.bin").write_bytes(b"\x7fELF\0\0")
    assert "binary" in workspace.why("a.bin", OURS, privacy=LOOSE)


@pytest.mark.parametrize(
    ("uri", "excluded"),
    [
        ("untitled:Untitled-1", False),
        ("untitled:.env", True),
        ("git:/home/u/project/.env?ref", True),
        ("vscode-notebook-cell:/home/u/.ssh/x.ipynb#c1", True),
        ("file:///home/u/.aws/config", True),
        ("file:///home/u/.config/%2Enpmrc", True),
        ("file:///home/u/notes.md", False),
    ],
)
def test_documents_outside_of_every_folder(uri: str, *, excluded: bool) -> None:
    assert bool(PrivacyGate().refusal(uri, None, None, Settings(), REMOTE)) is excluded


def test_a_fifo_as_ignore_file_does_not_block(workspace: Workspace) -> None:
    workspace.write("a.py")
    os.mkfifo(workspace.folder / ".gitignore")
    assert "cannot be read" in workspace.why("a.py")
