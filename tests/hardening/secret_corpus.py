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
    parts: tuple[str, ...] = field(default=(), repr=False)  # where the text holds the secret in several pieces

    @property
    def pieces(self) -> tuple[str, ...]:
        """What must not be seen: the secret, each line of it, and both halves of a long one."""
        if self.parts:
            return self.parts
        split = self.secret.replace("\\n", "\n").split("\n")
        lines = [one for one in split if len(one) > 20 and "-----" not in one] or [self.secret]
        halves = [half for one in lines if len(one) >= 24 for half in (one[: len(one) // 2][-14:], one[-14:])]
        return (*lines, *halves)


Maker = Callable[[random.Random], str]


def some(letters: str, count: int) -> Maker:
    return lambda rng: "".join(rng.choice(letters) for _ in range(count))


def led(*parts: str, then: Maker) -> Maker:
    return lambda rng: "".join(parts) + then(rng)


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("bcdfghklmnprst") + rng.choice("aeiou") for _ in range(3))


def password(rng: random.Random) -> str:
    return _word(rng).capitalize() + str(rng.randrange(100, 999)) + rng.choice("!#%+") + _word(rng)


def web_token(rng: random.Random) -> str:
    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    return ".".join((part('{"alg":"HS256","n":1}'), part(f'{{"sub":"{_word(rng)}","n":1}}'), some(ALNUM, 43)(rng)))


def private_key(rng: random.Random) -> str:
    kind = rng.choice(["RSA ", "EC ", "OPENSSH ", ""])
    lines = "\n".join(some(ALNUM + "+/", 64)(rng) for _ in range(rng.randrange(4, 12)))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


# Shapes that give themselves away, whatever the name is.
SHAPED: Mapping[str, Maker] = {
    "github": led("gh", "p_", then=some(ALNUM, 36)),
    "github fine": led("github", "_pat_", then=some(ALNUM, 60)),
    "gitlab": led("glp", "at-", then=some(ALNUM, 20)),
    "aws id": led("AK", "IA", then=some(string.ascii_uppercase + string.digits, 16)),
    "google": led("AI", "za", then=some(ALNUM, 35)),
    "slack": led("xo", "xb-", then=some(string.digits, 12)),
    "stripe": led("sk_", "live_", then=some(ALNUM, 24)),
    "openai": led("s", "k-proj-", then=some(ALNUM, 48)),
    "anthropic": led("s", "k-ant-", then=some(ALNUM, 48)),
    "hugging face": led("h", "f_", then=some(ALNUM, 34)),
    "npm": led("np", "m_", then=some(ALNUM, 36)),
    "pypi": led("py", "pi-", then=some(ALNUM, 60)),
    "jwt": web_token,
    "sendgrid": lambda rng: "S" + "G." + some(ALNUM, 22)(rng) + "." + some(ALNUM, 43)(rng),
    "twilio": led("S", "K", then=some(HEX, 32)),
    "telegram": lambda rng: some(string.digits, 9)(rng) + ":A" + "A" + some(ALNUM, 33)(rng),
    "shopify": led("shp", "at_", then=some(HEX, 32)),
    "digitalocean": led("dop", "_v1_", then=some(HEX, 64)),
    "vault": led("hv", "s.", then=some(ALNUM, 24)),
    "databricks": led("da", "pi", then=some(HEX, 32)),
}
# Values that their name gives away: (name, maker).
NAMED: Mapping[str, tuple[str, Maker]] = {
    "password": ("password", password),
    "db password": ("DB_PASSWORD", password),
    "aws secret": ("aws_secret_access_key", some(ALNUM + "+/", 40)),
    "api key": ("api_key", some(ALNUM, 24)),
    "camel api key": ("apiKey", some(HEX, 32)),
    "client secret": ("client_secret", some(ALNUM, 30)),
    "signing key": ("SIGNING_KEY", some(ALNUM, 32)),
    "auth token": ("authToken", some(ALNUM, 26)),
}
# Addresses and strings that hold one: "%s" is the secret.
INSIDE: Mapping[str, tuple[str, Maker]] = {
    "url password": ("postgres://app:%s@db.internal:5432/main", some(ALNUM, 14)),
    "connection string": ("Server=db;Database=main;User Id=app;Password=%s;Encrypt=true", password),
    "bearer": ("Authorization: Bearer %s", some(ALNUM, 32)),
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
        secret = private_key(rng)
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
