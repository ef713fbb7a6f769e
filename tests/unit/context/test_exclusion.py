"""Files that no model ever sees."""

import pytest

from autothink_lsp.context.exclusion import Exclusion
from autothink_lsp.settings.model import SECRET_FILES


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "deploy/.env",
        ".env.production",
        "certs/server.pem",
        "id_rsa",
        "home/.ssh/config",
        "a/b/secrets.yaml",
        ".npmrc",
    ],
)
def test_secret_files_are_excluded_by_default(path: str) -> None:
    assert Exclusion().excluded(path, SECRET_FILES)


@pytest.mark.parametrize(
    "path", ["src/main.py", ".env.example", "environment.py", "keys.py", "README.md", "src/key.rs"]
)
def test_ordinary_files_are_not(path: str) -> None:
    assert not Exclusion().excluded(path, SECRET_FILES)


@pytest.mark.parametrize(
    ("path", "patterns", "expected"),
    [
        ("vendor/a.js", ["vendor/"], True),
        ("src/vendor/a.js", ["/vendor/"], False),
        ("a.min.js", ["*.min.js"], True),
        ("a.min.js", ["*.min.js", "!a.min.js"], False),
        ("a.py", [], False),
        ("a.py", ["[z-a]", "*.py"], True),  # one pattern that cannot be used does not disarm the others
    ],
)
def test_patterns(path: str, patterns: list[str], expected: bool) -> None:
    assert Exclusion().excluded(path, patterns) is expected
