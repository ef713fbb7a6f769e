"""Every form in which files give secrets, and ordinary code that looks like one of them: tables, no process."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from autothink_lsp.context.redaction import (
    Redaction,
    SecretNames,
    hidden_context,
    secret_at_cursor,
    without_secrets,
)
from autothink_lsp.context.secrets import SecretSpan, find_secrets
from autothink_lsp.context.values import CodeContext
from tests.hardening.secret_corpus import Plant
from tests.hardening.secret_forms import forms
from tests.support.example_counts import FULL_EXAMPLES, examples

FORMS = tuple(plant for _, plant in forms())
# Nothing tells of these before they are whole: no name stands before them, and they begin as any word does.
UNSEEN_WHILE_TYPED = frozenset(
    {
        *("input, value first", "program, echo 21", "program, printf 23", "program, crypt", "program, identified by"),
        *("kubernetes env value first", "ecs value first", "json web key", "chpasswd", "stdin", "net use"),
        *("issuer azure client secret", "issuer mailchimp", "issuer zhipu", "issuer discord bot"),
        *("issuer terraform cloud", "issuer new relic licence", "issuer maxmind", "issuer asana"),
        *("issuer harness", "issuer hugging face organisation", "name bearer", "name jwt", "vendor mistral"),
        *("issuer age", "issuer flutterwave", "issuer plaid"),  # their published beginning alone has 14 characters
    }
)
ORDINARY = (
    "password: str",
    "    password: string;",
    "token = next(tokens)",
    "pass",
    "    pass  # nothing",
    'cd "$PWD"',
    'cd "$PWD" && ls',
    'export PATH="$PWD/bin:$PATH"',
    "PWD=$(pwd)",
    "OLDPWD=$PWD",
    "key=lambda x: x",
    "sorted(items, key=lambda item: item.name)",
    "secret = get_secret()",
    "auth: AuthService",
    "auth: AuthService,",
    "private readonly auth: AuthService,",
    "constructor(private auth: AuthService, private tokens: TokenService) {}",
    '"Password:"',
    'label = "Password:"',
    '"password": "Password"',
    '"password": "Passwort eingeben"',
    '"password.label": "Enter your password"',
    '<label for="password">Password</label>',
    '<input type="password" name="password" placeholder="Password" />',
    'password = input("Password: ")',
    "password = getpass.getpass()",
    'password = os.environ["DB_PASSWORD"]',
    "password: ${DB_PASSWORD}",
    'password: "{{ vault_db_password }}"',
    "password: !vault |",
    "secret: process.env.SECRET",
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
    'token = request.headers.get("Authorization")',
    'headers = {"Authorization": f"Bearer {token}"}',
    "headers = { Authorization: `Bearer ${token}` }",
    'if token == "comma":',
    'key = "user_name"',
    "api_key: str | None = None",
    "def login(user: str, password: str) -> bool:",
    "login(username, password)",
    "const { password, token } = req.body;",
    "const pass = new RenderPass(scene, camera);",
    "pass: 'render'",
    "passes = [pass1, pass2]",
    "bypass = True",
    'compass = "north"',
    "test_pass = True",
    "tests passed: 12",
    "pass_count = 3",
    "let auth = useAuth();",
    "import { auth } from './firebase-config';",
    "auth = HTTPBasicAuth(user, password)",
    "cookie = SimpleCookie()",
    "salt = os.urandom(16)",
    'pat = re.compile(r"[a-z]+")',
    'pattern = "[0-9]+"',
    'path = "/usr/local/lib/python3.11"',
    'keyboard = "qwerty"',
    'monkey = "abcdefgh12345678"',
    "data:",
    "  name: app",
    "kind: Service",
    "- name: PATH",
    "  value: /usr/local/bin",
    "- name: LOG_LEVEL",
    "  value: debug",
    "- name: DB_PASSWORD",
    "  valueFrom:",
    "    secretKeyRef:",
    "      name: db",
    "      key: password",
    "secretName: my-tls-secret",
    "passwordSecretRef: db-password",
    "existingSecret: app-secrets",
    'token_type = "bearer"',
    'tokenizer = AutoTokenizer.from_pretrained("gpt2")',
    "max_tokens = 4096",
    "max_tokens: 2048,",
    'pad_token = "<pad>"',
    "eos_token_id=50256",
    'token_url="https://example.com/oauth/token"',
    "public_key = load_key(path)",
    'primary_key = "id"',
    "foreign_key: user_id",
    "PRIMARY KEY (id)",
    "key: value",
    "for key, value in items:",
    'cache_key = f"{user_id}:{page}"',
    'sort_key = "created_at"',
    '"keywords": ["a", "b"]',
    "keycode = 13",
    'KEY_ENTER = "Enter"',
    'Key.ENTER: "confirm"',
    "password_field = forms.CharField(widget=PasswordInput)",
    "password_hash = hash_password(password)",
    'validate_password("short")',
    'raise ValueError("password must be at least 8 characters")',
    "Password must contain 8 characters",
    "# the password is required",
    "# password is stored hashed",
    "The token is invalid",
    'print("token:", token)',
    'logger.info("secret rotated")',
    "docker run -p 8080:80 nginx",
    "ssh -p 2222 host",
    "mysql -u root -p",
    "tar -xzf a.tar.gz -C /tmp",
    'curl -u "$USER:$PASS" https://host',
    'curl -H "Authorization: Bearer $TOKEN" https://host',
    'curl -H "X-Api-Key: ${API_KEY}" https://host',
    "git clone https://github.com/user/repository.git",
    'url = "https://user:password@example.com"',
    'url = f"postgres://{user}:{password}@{host}/db"',
    "DATABASE_URL=postgres://localhost/db",
    'x = a + "b" + "c"',
    'message = "one " + "two"',
    'color = "#a1b2c3"',
    'version = "1.2.3-beta4"',
    'sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"',
    'commit = "0123456789abcdef0123456789abcdef01234567"',
    'uuid = "550e8400-e29b-41d4-a716-446655440000"',
    'integrity="sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"',
    'license = "Apache-2.0"',
    'author = "someone"',
    "authors:",
    "session = requests.Session()",
    "session_id = session.id",
    "webhook: true",
    "otp = generate_otp()",
    '"scripts": {"auth": "node auth.js"}',
    'twitter: "https://twitter.com/someone"',
    "discord = Discord()",
    'gitlab_url = "https://gitlab.com"',
    "credentials: 'include'",
    "credentials: same-origin",
    "withCredentials: true",
    "pwd = os.getcwd()",
    "let pw = 3;",
    "psk = None",
    "salt: Buffer,",
    "jwt.verify(token, secretKey)",
    "jwt.sign(payload, process.env.JWT_SECRET)",
    "type Secret = string",
    "secretOrKey: configService.get('JWT_SECRET'),",
    "@Input() password = '';",
    'password = ""',
    "password = None",
    "password = 'password'",
    'PASSWORD = "changeme"',
    "assert token.type == TokenType.NAME",
    "case Token::Comma => self.advance(),",
    "static const struct key keys[] = {",
    "passwd: files systemd",
    'def connect(password: str, mode="fast"):',
    "password: str | None = None",
    "password: Optional[str] = None,",
    "var password string",
    "password VARCHAR(40) DEFAULT ''",
    '"password": {"type": "string"}',
    '"password": {"type": "string", "minLength": 8}',
    '"password": {"value": ""}',
    'password_fields = {"login": "text"}',
    'passwords: dict[str, str] = {"": ""}',
    "user, password = ask()",
    'user, password = "bob", ask()',
    'name, token = "x", next(tokens)',
    "INSERT INTO users (name, password) VALUES (?, ?)",
    "INSERT INTO users (name, token) VALUES ('bob', $1), ('eve', $2)",
    'parser.add_argument("--password", default=None)',
    'parser.add_argument("--token", type=str, help="of the API", default="")',
    '<input type="password" name="pw" value="">',
    '<input type="password" placeholder="New password">',
    "public string Password { get; set; }",
    "public string Password { get; set; } = string.Empty;",
    "var password: String { keychain.load() }",
    "openssl passwd -6 -salt abc",
    "sudo -S ls",
    "useradd -m bob",
    "time make test",
    "enable password",
    '"\u5bc6\u7801": "\u8bf7\u8f93\u5165\u5bc6\u7801"',
    "# \u5bc6\u7801\uff1a\u5fc5\u586b",
    '"tokens": {"$ref": "#/components/schemas/Tokens2"}',
    'const tokens = { "--space-1": "calc(var(--s)*1)", "--radius": "clamp(4px,1vw,8px)" }',
    'secrets = {"db": "op://vault/item1/field2", "api": "ref+vault://secret/db#pass1"}',
    'tokens = {"main": "refs/heads/main-v2.1"}',
)


@pytest.mark.parametrize("plant", FORMS, ids=[plant.kind for plant in FORMS])
def test_each_form_is_hidden_and_comes_back(plant: Plant) -> None:
    assert [piece for piece in plant.pieces if piece in without_secrets(plant.text)] == []
    redaction = Redaction()
    hidden = redaction.hide(plant.text)
    assert [piece for piece in plant.pieces if piece in hidden] == []
    assert redaction.hide(hidden) == hidden
    assert redaction.restore(hidden) == plant.text


# The same text as other editors and systems write it.
WRITTEN: dict[str, Callable[[str], str]] = {
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "a byte order mark": lambda text: f"\ufeff{text}",
    "both": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "no final line end": lambda text: text.rstrip("\n"),
    "characters outside of the BMP": lambda text: f"# \U0001f389 \u00e9\n{text}# \U0001f389\n",
}
# In a comment of a line of its own; those of several lines are not found.
COMMENTED = (
    "csh",
    "apache",
    "tmux",
    "fastcgi",
    "router, enable",
    "second target",
    "first target",
    "fish",
    "compose list",
)


@pytest.mark.parametrize("way", WRITTEN)
def test_each_form_is_hidden_however_it_is_written(way: str) -> None:
    seen = []
    for plant in FORMS:
        text = WRITTEN[way](plant.text)
        redaction = Redaction()
        hidden = redaction.hide(text)
        if any(line in hidden for piece in plant.pieces for line in piece.split("\n")):
            seen.append(plant.kind)
        assert redaction.hide(hidden) == hidden, plant.kind
        assert redaction.restore(hidden) == text, plant.kind
    assert seen == []


@pytest.mark.parametrize("kind", COMMENTED)
def test_a_setting_that_is_commented_out_is_hidden(kind: str) -> None:
    plant = next(one for one in FORMS if one.kind == kind)
    commented = "".join(f"# {line}\n" for line in plant.text.splitlines())
    assert plant.secret not in without_secrets(commented)


TYPED = tuple(plant for plant in FORMS if not plant.secret.startswith("-----BEGIN"))


@pytest.mark.parametrize("plant", TYPED, ids=[plant.kind for plant in TYPED])
def test_while_it_is_typed_nothing_is_asked(plant: Plant) -> None:
    at = plant.text.index(plant.secret)
    below = plant.text[plant.text.find("\n", at) :]
    names = SecretNames()
    seen = []
    step = FULL_EXAMPLES // examples(FULL_EXAMPLES)
    for end in (*range(14, len(plant.secret), step), len(plant.secret)):
        context = CodeContext("x", plant.language, plant.text[:at] + plant.secret[:end], below)
        if not secret_at_cursor(context):
            sent = names.hide(hidden_context(context, names).prefix)
            seen += [end] if plant.secret[:14] in sent else []
    assert not seen or plant.kind in UNSEEN_WHILE_TYPED


def test_a_private_key_in_one_line_that_is_typed() -> None:
    plant = next(one for one in FORMS if one.kind == "private key in one line")
    at, names = plant.text.index(plant.secret), SecretNames()
    for size in range(50, len(plant.secret)):
        context = CodeContext("x", "python", plant.text[: at + size], "\n")
        sent = "" if secret_at_cursor(context) else names.hide(hidden_context(context, names).prefix)
        assert plant.secret[40:54] not in sent


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_code_is_no_secret(line: str) -> None:
    assert find_secrets(f"{line}\n") == ()


def test_ordinary_code_together_is_no_secret() -> None:
    assert find_secrets("\n".join(ORDINARY)) == ()


@pytest.mark.parametrize("lines", [1, 3, 6])
@pytest.mark.parametrize(
    "kind", ["yaml literal block", "kubernetes secret stringData", "private key", "kubernetes env value"]
)
def test_a_secret_that_a_window_cuts(kind: str, lines: int) -> None:
    """The window begins or ends in the middle of the form: the lines outside say what it is."""
    plant = next(one for one in FORMS if one.kind == kind)
    text = plant.text.split("\n")
    for first in range(len(text)):
        inside = text[first : first + lines]
        context = CodeContext(
            *("x.yaml", "yaml", "\n".join(inside), ""),
            lines_above="".join(f"{line}\n" for line in text[:first]),
            lines_below="".join(f"\n{line}" for line in text[first + lines :]),
        )
        hidden = hidden_context(context, SecretNames()).prefix
        assert [piece for piece in plant.pieces if piece in hidden] == []


def test_a_second_mention_without_the_name_is_hidden() -> None:
    names = SecretNames()
    secret = "correct" + "horsebattery"
    hidden = names.hide_all([f'password = "{secret}"', f"the value {secret} is wrong", "correct horse"])
    assert secret not in "".join(hidden)
    assert hidden[2] == "correct horse"


def test_a_short_word_as_a_password_is_hidden_only_where_it_is_one() -> None:
    hidden = SecretNames().hide("POSTGRES_PASSWORD: postgres\nimage: postgres\n")
    assert hidden.endswith("image: postgres\n")
    assert re.search(r"PASSWORD: REDACTED_\w+\n", hidden)


@pytest.mark.exhaustive
@pytest.mark.parametrize("unit", ["key=", "AccountKey==", "password: x\n\n", "api_token=a1b2c3d4e5\n"])
def test_what_cannot_be_decided_in_time_is_hidden(unit: str) -> None:
    """Each of a great many values is looked at once or hidden, and none of the last ones is left."""
    text = unit * 20_000
    spans = find_secrets(text)
    assert len(spans) < 20_001
    assert spans[-1].end >= len(text) - len(unit)
    assert spans[-1] == SecretSpan(spans[-1].start, spans[-1].end, spans[-1].kind)
