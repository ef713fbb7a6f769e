"""Makes secrets and plants them in sources: 32 kinds in 10 languages, the same for the same seed. None of them is real,
and none is written down here: prefixes are put together at run time, so that scanners of repositories find nothing.

    python -m tests.hardening.secret_corpus      lists what would be planted
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable, Iterator, Mapping

from attrs import field, frozen

SEED = 20_260_801
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


@frozen
class Plant:
    """One file with one secret: ``text[…]`` holds ``secret`` on ``line``."""

    number: int
    kind: str
    language: str
    suffix: str
    line: int
    secret: str = field(repr=False)
    text: str = field(repr=False)

    @property
    def pieces(self) -> tuple[str, ...]:
        """What must not be seen: the secret, each line of it, and both halves of a long one."""
        split = self.secret.replace("\\n", "\n").split("\n")
        lines = [one for one in split if len(one) > 20 and "-----" not in one] or [self.secret]
        halves = [half for one in lines if len(one) >= 24 for half in (one[: len(one) // 2][-14:], one[-14:])]
        return (*lines, *halves)


Maker = Callable[[random.Random], str]


def _some(letters: str, count: int) -> Maker:
    return lambda rng: "".join(rng.choice(letters) for _ in range(count))


def _led(*parts: str, then: Maker) -> Maker:
    return lambda rng: "".join(parts) + then(rng)


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("bcdfghklmnprst") + rng.choice("aeiou") for _ in range(3))


def _password(rng: random.Random) -> str:
    return _word(rng).capitalize() + str(rng.randrange(100, 999)) + rng.choice("!#%+") + _word(rng)


def _token_of_web(rng: random.Random) -> str:
    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    return ".".join((part('{"alg":"HS256","n":1}'), part(f'{{"sub":"{_word(rng)}","n":1}}'), _some(ALNUM, 43)(rng)))


def _block(rng: random.Random) -> str:
    kind = rng.choice(["RSA ", "EC ", "OPENSSH ", ""])
    lines = "\n".join(_some(ALNUM + "+/", 64)(rng) for _ in range(rng.randrange(4, 12)))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


# Shapes that give themselves away, whatever the name is.
SHAPED: Mapping[str, Maker] = {
    "github": _led("gh", "p_", then=_some(ALNUM, 36)),
    "github fine": _led("github", "_pat_", then=_some(ALNUM, 60)),
    "gitlab": _led("glp", "at-", then=_some(ALNUM, 20)),
    "aws id": _led("AK", "IA", then=_some(string.ascii_uppercase + string.digits, 16)),
    "google": _led("AI", "za", then=_some(ALNUM, 35)),
    "slack": _led("xo", "xb-", then=_some(string.digits, 12)),
    "stripe": _led("sk_", "live_", then=_some(ALNUM, 24)),
    "openai": _led("s", "k-proj-", then=_some(ALNUM, 48)),
    "anthropic": _led("s", "k-ant-", then=_some(ALNUM, 48)),
    "hugging face": _led("h", "f_", then=_some(ALNUM, 34)),
    "npm": _led("np", "m_", then=_some(ALNUM, 36)),
    "pypi": _led("py", "pi-", then=_some(ALNUM, 60)),
    "jwt": _token_of_web,
    "sendgrid": lambda rng: "S" + "G." + _some(ALNUM, 22)(rng) + "." + _some(ALNUM, 43)(rng),
    "twilio": _led("S", "K", then=_some(HEX, 32)),
    "telegram": lambda rng: _some(string.digits, 9)(rng) + ":A" + "A" + _some(ALNUM, 33)(rng),
    "shopify": _led("shp", "at_", then=_some(HEX, 32)),
    "digitalocean": _led("dop", "_v1_", then=_some(HEX, 64)),
    "vault": _led("hv", "s.", then=_some(ALNUM, 24)),
    "databricks": _led("da", "pi", then=_some(HEX, 32)),
}
# Values that their name gives away: (name, maker).
NAMED: Mapping[str, tuple[str, Maker]] = {
    "password": ("password", _password),
    "db password": ("DB_PASSWORD", _password),
    "aws secret": ("aws_secret_access_key", _some(ALNUM + "+/", 40)),
    "api key": ("api_key", _some(ALNUM, 24)),
    "camel api key": ("apiKey", _some(HEX, 32)),
    "client secret": ("client_secret", _some(ALNUM, 30)),
    "signing key": ("SIGNING_KEY", _some(ALNUM, 32)),
    "auth token": ("authToken", _some(ALNUM, 26)),
}
# Addresses and strings that hold one: "%s" is the secret.
INSIDE: Mapping[str, tuple[str, Maker]] = {
    "url password": ("postgres://app:%s@db.internal:5432/main", _some(ALNUM, 14)),
    "connection string": ("Server=db;Database=main;User Id=app;Password=%s;Encrypt=true", _password),
    "bearer": ("Authorization: Bearer %s", _some(ALNUM, 32)),
}
KINDS = (*SHAPED, *NAMED, *INSIDE, "private key")

# How a language gives a text to a name; {name} and {value}.
LANGUAGES: Mapping[str, tuple[str, str, str]] = {
    "python": (".py", '{name} = "{value}"', "def work_{n}(rows):\n    total = 0\n    return total\n"),
    "javascript": (".js", "const {name} = '{value}';", "function work{n}(rows) {{\n  return rows.length;\n}}\n"),
    "typescript": (".ts", 'const {name}: string = "{value}";', "function work{n}(a: number) {{\n  return a;\n}}\n"),
    "go": (".go", 'const {name} = "{value}"', "func work{n}(a int) int {{\n\treturn a\n}}\n"),
    "rust": (".rs", 'let {name}: &str = "{value}";', "fn work{n}(a: i32) -> i32 {{\n    a\n}}\n"),
    "java": (".java", 'private static final String {name} = "{value}";', "int work{n}(int a) {{\n    return a;\n}}\n"),
    "c": (".c", 'static const char {name}[] = "{value}";', "int work{n}(int a) {{\n    return a;\n}}\n"),
    "php": (".php", "${name} = '{value}';", "function work{n}($a) {{\n    return $a;\n}}\n"),
    "ruby": (".rb", '{name} = "{value}".freeze', "def work_{n}(a)\n  a\nend\n"),
    "shellscript": (".sh", "export {name}={value}", "work_{n}() {{\n  echo 1\n}}\n"),
}
QUOTED_SHELL = frozenset({*INSIDE, "private key"})


def corpus(seed: int = SEED) -> Iterator[Plant]:
    """Every kind in every language."""
    rng = random.Random(seed)
    number = 0
    for kind in KINDS:
        for language in LANGUAGES:
            number += 1
            yield _plant(number, kind, language, rng)


def _plant(number: int, kind: str, language: str, rng: random.Random) -> Plant:
    suffix, form, other = LANGUAGES[language]
    name, value = f"value_{number}", ""
    if kind in SHAPED:
        value = secret = SHAPED[kind](rng)
    elif kind in NAMED:
        name, maker = NAMED[kind]
        value = secret = maker(rng)
    elif kind in INSIDE:
        around, maker = INSIDE[kind]
        secret = maker(rng)
        value = around % secret
    else:
        secret = _block(rng)
        value = secret if language in {"ruby", "shellscript", "php"} else secret.replace("\n", "\\n")
        secret = value
    if language == "shellscript" and kind in QUOTED_SHELL:
        form = 'export {name}="{value}"'
    before = "".join(other.format(n=number * 10 + n) + "\n" for n in range(rng.randrange(1, 4)))
    after = "\n" + "".join(other.format(n=number * 10 + n) + "\n" for n in range(5, 5 + rng.randrange(1, 4)))
    opening = "<?php\n" if language == "php" else ""
    text = f"{opening}{before}{form.format(name=name, value=value)}\n{after}"
    line = (opening + before).count("\n")
    return Plant(number, kind, language, suffix, line, secret, text)


if __name__ == "__main__":
    for plant in corpus():
        print(plant.number, plant.kind, plant.language, plant.line, len(plant.secret))
