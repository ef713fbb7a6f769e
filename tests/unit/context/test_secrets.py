"""Where secrets stand: forms of giving one to a name, parts of keys, and what holds for every text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from autothink_lsp.context.redaction import Redaction, SecretNames, hidden_context, secret_at_cursor, without_secrets
from autothink_lsp.context.secrets import being_typed, find_secrets, may_hold_secrets
from autothink_lsp.context.values import CodeContext

VALUE = "a1b2c3d4" + "e5f6g7h8"
FORMS = (
    'let api_key: &str = "{}";',
    'static const char password[] = "{}";',
    "export DB_PASSWORD={}",
    "  password: {}\n",
    "<password>{}</password>",
    '<add key="Password" value="{}"/>',
    "CREATE USER x IDENTIFIED BY '{}'",
    "define('API_TOKEN', '{}');",
    "curl -u bob:{} https://host",
    "tool --password {}",
    'client.password("{}")',
    "os.environ['API_TOKEN'] = '{}'",
    "headers = {{'Authorization': 'Bearer {}'}}",
    "Server=x;Password={};Encrypt=true",
    'val apiKey: String = "{}"',
    'password = (\n    "{}"\n)',
    'if password == "{}":',
    'String token = new String("{}");',
    "spring.datasource.password={}",
    "ENV API_TOKEN {}",
    "amqp://me:{}@host/x",
)
PIECES = (
    *(
        "password",
        "token",
        "_key",
        "secret",
        " = ",
        "=",
        ": ",
        '"',
        "'",
        "`",
        "\n",
        "\n\n",
        " ",
        "(",
        ")",
        "a1b2c3d4e5f6",
    ),
    *("://", "@", ":", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "A" * 20, "QUJD" * 16, "\\n", "--"),
    *("AK" + "IA", "0123456789ABCDEF", "eyJ", ".", "İ", "\ud800", "<", ">", ";", "Bearer ", "REDACTED_"),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    assert VALUE not in without_secrets(form.format(VALUE))


@pytest.mark.parametrize("cut", ["whole", "beginning", "end", "middle"])
def test_parts_of_a_key(cut: str) -> None:
    lines = ["QUJDabcd" * 8] * 8
    text = {
        "whole": ["-----BEGIN EC PRIVATE KEY-----", *lines, "-----END EC PRIVATE KEY-----", "x = 1"],
        "beginning": ["x = 1", "-----BEGIN EC PRIVATE KEY-----", *lines[:3]],
        "end": [*lines[:2], "-----END EC PRIVATE KEY-----", "x = 1"],
        "middle": lines[:4],
    }[cut]
    hidden = without_secrets("\n".join(text))
    assert lines[0] not in hidden
    assert ("x = 1" in hidden) == ("x = 1" in text)


def test_the_names_of_a_key_s_ends_alone_are_code() -> None:
    text = 'if line.startswith("-----BEGIN PRIVATE KEY-----"):\n    inside = True\n'
    assert find_secrets(text) == ()


@given(TEXTS)
@example("-----BEGIN PRIVATE KEY-----")
def test_the_quick_look_misses_no_secret(text: str) -> None:
    assert may_hold_secrets(text) or find_secrets(text) == ()


@given(TEXTS, st.integers(0, 200))
@example('password = "hunter2hunter2"', 20)
@example('x = "AKIA' + 'IOSFODNN7EXAMPLF"', 8)  # only the rest of the line shows what it is
def test_a_secret_at_the_cursor_is_found_by_its_spans(text: str, at: int) -> None:
    """In one paragraph, where nothing but the spans around the cursor counts."""
    text = text.replace("\n\n", "\n")
    at = min(at, len(text))
    context = CodeContext(path="x", language_id="python", prefix=text[:at], suffix=text[at:])
    spans = (*find_secrets(text), *find_secrets(text[:at]))
    expected = next((span.kind for span in spans if span.start < at <= span.end), "")
    assert secret_at_cursor(context) == (expected or ("token" if being_typed(text[:at]) else ""))


@given(TEXTS)
def test_spans_are_in_order_and_do_not_overlap(text: str) -> None:
    spans = find_secrets(text)
    assert all(0 <= one.start < one.end <= len(text) for one in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@given(TEXTS)
@example("passwordpassword\n-----END PRIVATE KEY-----0123456789ABCDEF")  # digits right behind what is hidden
@example("-----BEGIN PRIVATE KEY-----\npasswordpasswordtokenpassword\n\npasswordpasswordpasswordpassword")
def test_hiding_again_changes_nothing_and_restoring_gives_it_back(text: str) -> None:
    assume(
        text.count("-----END") < 2
    )  # the end of a key that was hidden is a piece of it: hidden again where it stands
    redaction = Redaction()
    hidden = redaction.hide(text)
    assert redaction.hide(hidden) == hidden
    assert redaction.restore(hidden) == text


@given(TEXTS, st.integers(0, 200))
def test_a_window_is_hidden_as_its_text_is(text: str, at: int) -> None:
    at = min(at, len(text))
    context = CodeContext(path="x", language_id="python", prefix=text[:at], suffix=text[at:])
    if secret_at_cursor(context):
        return
    names = SecretNames()
    hidden = hidden_context(context, names)
    sent = names.sent_in(hidden.prefix, hidden.suffix)
    restored = [names.pattern.sub(lambda match: sent[match.group()], side) for side in (hidden.prefix, hidden.suffix)]
    assert restored == [context.prefix, context.suffix]
    assert len(names.sent_in(hidden.prefix, hidden.suffix)) == len({text[s.start : s.end] for s in find_secrets(text)})


@pytest.mark.parametrize(
    "line", ["password: str", "    password: string;", "password: SecretStr", "pub password: Option", "passwd: &str,"]
)
def test_a_type_is_no_secret_and_none_is_begun(line: str) -> None:
    assert find_secrets(f"{line}\n") == ()
    assert not any(being_typed(line[:end]) for end in range(len(line) + 1))


@pytest.mark.parametrize("line", ["password: strong1", "password: stringy-9", 'password: "str0'])
def test_a_value_that_begins_like_a_type_is_one(line: str) -> None:
    assert being_typed(line)
