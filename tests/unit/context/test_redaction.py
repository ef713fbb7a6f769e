"""Secrets do not leave in a prompt, and come back in the answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.context.redaction import Redaction

HIDDEN = [
    ('password = "hunter2hunter2"', "hunter2hunter2"),
    ("API_KEY: 'abcdefgh12345'", "abcdefgh12345"),
    ('"client_secret": "q8wq8wq8w"', "q8wq8wq8w"),
    ('db = "postgres://me:s3cretpw@host/db"', "s3cretpw"),
    ('x = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"', "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    ("AWS = 'AKIAIOSFODNN7EXAMPLQ'", "AKIAIOSFODNN7EXAMPLQ"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----", "MIIE"),
    ("token = eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4", "SflKxwRJSMeKKF2QT4"),
    ("key = 'sk-ant-REDACTED'", "api03-abcdefghijkl"),
]
KEPT = [
    'token = get_token("abc")',
    "password = os.environ['DB_PASSWORD']",
    'api_key = "YOUR_KEY_example"',
    'token = "{{ token }}"',
    'url = "https://host/path"',
    "def password(secret: str) -> str: ...",
    'for token in tokens: print("a token: ", token)',
]


@pytest.mark.parametrize(("text", "secret"), HIDDEN)
def test_secrets_are_hidden_and_restored(text: str, secret: str) -> None:
    redaction = Redaction()
    hidden = redaction.hide(text)
    assert secret not in hidden
    assert redaction.restore(hidden) == text


@pytest.mark.parametrize("text", KEPT)
def test_ordinary_code_stays(text: str) -> None:
    assert Redaction().hide(text) == text


def test_one_secret_has_one_name() -> None:
    redaction = Redaction()
    hidden = redaction.hide('password = "hunter2hunter2"\nsecret = "hunter2hunter2"')
    assert redaction.count == 1
    assert hidden.count(f"{redaction.names.stem}0001") == 2


@given(st.text())
def test_restoring_gives_the_text_back(text: str) -> None:
    redaction = Redaction()
    assert redaction.restore(redaction.hide(text)) == text
