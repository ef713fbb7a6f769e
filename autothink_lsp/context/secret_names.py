"""Detects sensitive names, whose value is a secret, and decides which values of such a name count as secrets. Pure.

A name is recognized by its *stem*: ``DB_PASSWORD`` and ``passwordField`` both contain ``password``. The text after the
stem in the identifier may show that it names something about the secret (``password_field``); such a name is ignored.
How much a value must look like a secret depends on the class of the stem:

 - a password counts whatever it looks like if it is clearly a value, because people choose words;
 - a token, secret or credential must look random, because most code is like ``token = "comma"``;
 - a key must be long and random, and so must the value of a name with only an issuer's name.
"""
# ruff: noqa: E501, S105 - a table of regular expressions and names

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Final

from autothink_lsp.values import frozen


class Class:
    """The class of a stem, which determines the form of its values. No ``Enum``, because its members hash slowly."""

    PASSWORD: Final = "password"
    SHORT_PASSWORD: Final = "short password"  # a stem that occurs in ordinary words: only as a separate word
    SECRET: Final = "secret"
    WORD: Final = "word"  # as SECRET, but only as a separate word
    KEY: Final = "key"
    VENDOR: Final = "vendor"


_STEMS_OF: dict[str, str] = {
    Class.PASSWORD: "password passwd passphrase pwd passwort kennwort mot_de_passe motdepasse contrase\u00f1a contrasena "
    "wachtwoord passcode requirepass sshpass requiredpass masterauth bindpw rootpw authtok "
    "\u5bc6\u7801 \u5bc6\u78bc \u53e3\u4ee4 \u30d1\u30b9\u30ef\u30fc\u30c9 \ube44\ubc00\ubc88\ud638 \uc554\ud638 "
    "\u043f\u0430\u0440\u043e\u043b\u044c has\u0142o heslo l\u00f6senord adgangskode salasana jelsz\u00f3 \u015fifre",
    Class.SHORT_PASSWORD: "pass pw psw pswd senha parola psk passwrd mnemonic",
    Class.SECRET: "secret token credential apikey api_key api-key authkey auth_key access_key private_key private-key",
    Class.WORD: "auth authorization bearer jwt pat cookie salt cred creds webhook sas dsn otp",
    Class.KEY: "key",
    Class.VENDOR: "adafruit airtable algolia amplitude asana bitbucket circleci cloudflare codecov coinbase confluent "
    "contentful datadog deepseek discord dropbox elastic fastly finnhub gemini gitlab gitter heroku hubspot intercom "
    "jfrog kraken launchdarkly linkedin mailgun mailjet messagebird mistral moonshot netlify okta openai pagerduty plaid "
    "pusher rapidapi sendbird sentry shodan snyk sonar square sumologic telegram travis trello twilio twitch twitter "
    "wandb zendesk zhipu",
}  # fmt: skip
STEMS = tuple((stem, kind) for kind, stems in _STEMS_OF.items() for stem in dict.fromkeys(stems.split()))
# The classes whose values are long and random.
_OF_RANDOM = frozenset({Class.WORD, Class.KEY, Class.VENDOR})
# Compounds in which a short stem is not the beginning of a word: dbpass, userpass.
_COMPOUND = re.compile(
    r"(?:db|user|usr|root|admin|my|mysql|pg|sql|ftp|smtp|mail|imap|ssh|http|proxy|key|store|redis|sudo|become|login|auth"
    r"|ldap|bind|old|new|web|api|app|svc|rpc|cert|enc|vault|git|wifi|kube)\Z",
    re.IGNORECASE,
)
# Text after the stem of a name for something about the secret.
_ABOUT = re.compile(
    r"[_.-]?(?:names?|types?|ur[li]s?|ids?|paths?|files?|filename|fields?|labels?|headers?|count|len|length|size|limit|index"
    r"|regexp?|pattern|format|kinds?|class|list|map|prefix|suffix|env|var|params?|args?|columns?|attrs?|hint|help|msg"
    r"|message|errors?|title|desc\w*|placeholder|policy|expir\w*|ttl|timeout|age|scopes?|endpoint|location|provider"
    r"|budget|usage|limits?|arn|ref|store|server|uri|method|mode|enabled|required|algorithm|alg|version|input|prompt"
    r"|info|status|state|position|pos|offset|start|end|set|schema|spec|mapping|template|ring|press|down|up"
    r"|event|words?|board|points?|pairs?|space|stone|frames?|lookup|equality|error|func|fn|callback|cb"
    r"|getter|setter|ize\w*|izer|stream|counts?|number|num|domain|host|port|region|account|org|project|channel|team|user"
    r"|username|email|login|page|form|view|model|service|manager|handler|factory|controller|module|config|configuration"
    r"|checker|validator|validation|strength|reset|change|min\w*|max\w*|rotation|not\w*|is\w*)\Z",
    re.IGNORECASE,
)
_LONGEST_LOOKED_AT = 400
_NAME_END = re.compile(r"(?![a-z])[\w-]{0,40}+")
_SHORT_END = re.compile(r"(?:[_-]?(?:enc|encrypted|plain|text|value|val|\d{1,2}|prod|dev|test))?\Z", re.IGNORECASE)
_PLURAL = re.compile(r"[sS](?![A-Za-z])")

_HARMLESS = re.compile(
    r"""(?ix) [<{$%\[(].* | .*(?:example|changeme|change_me|placeholder|dummy|your[_-]|<your|todo|redacted).*
    | [^\x00-\x7f]+ | x+ | \*+ | \.+ | -+ | (.)\1* | none | null | nil | true | false | undefined | void | required | optional
    | [\w-]*(?:password|passwd|passphrase|passwort|secret|token|credential|api_?key)s?[\w-]*
    | (?:https?|wss?|ftp|file|urn|arn):.* | \.{0,2}/[\w./-]*
    | (?:op|vault|akv|secretref|ref\+\w+)://[\w./\#-]* | \#/[\w./~-]* | refs/(?:heads|tags|remotes)/[\w./-]*
    | (?:calc|clamp|min|max|var|rgba?|hsla?|oklch|color-mix|[a-z-]+-gradient|cubic-bezier)\(.*\)
    | [\w.-]+\.(?:json|ya?ml|toml|txt|pem|key|py|js|ts|html|md|crt|env)
    """
)
# name.of.something, $name, name[0], call(): code that gets the value from elsewhere.
_CODE = re.compile(
    r"[$@&*!]?[A-Za-z_]\w*+(?:(?:\.|->|::|\?\.|!\.)[A-Za-z_]\w*+)+[,;.]?|\$.*"
    r"|[A-Z][A-Z0-9]*+(?:_[A-Z0-9]++)+[,;]?|[A-Za-z_][\w.]*+[(\[<].*"
)
# password: str is a type and not a value, in languages with this syntax.
_TYPES = (
    *("str", "string", "String", "std::string", "Text", "NSString", "char", "bytes", "bytearray", "Bytes", "Buffer"),
    *("int", "bool", "boolean", "number", "object", "unknown", "Any", "any", "Optional", "Option"),
    *("SecretStr", "SecretBytes"),
)
# Text that is composed at run time.
_INTERPOLATED = re.compile(r"[$#]\{|\{\w{0,20}\}|(?<![A-Za-z0-9])%[sdv@](?![A-Za-z0-9])|%\(\w+\)|\$\(|<%")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z")
_WORDS = re.compile(r"[A-Za-z]{2,}+(?:[_\-. /:+][A-Za-z]++)*[_-]?(?:v?\d{1,2})?")
_CAMEL = re.compile(r"[A-Z]?[a-z]++|[A-Z]++(?![a-z])|\d++")
_VENDOR_VALUE = re.compile(r"[A-Za-z0-9_-]{20,}\Z|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_MNEMONIC = re.compile(r"[a-z]{3,10}(?: [a-z]{3,10}){11,23}\Z")


@frozen
class Name:
    """A sensitive identifier in a text: its stem is ``text[stem_start:stem_end]``, and it ends at ``end``."""

    stem_start: int
    stem_end: int
    end: int
    stem: str
    kind: str
    is_plural: bool = False
    is_alone: bool = False  # the identifier consists of the stem

    @property
    def is_random(self) -> bool:
        """Whether only a long and random value counts."""
        return self.kind in _OF_RANDOM

    def moved(self, offset: int) -> Name:
        """The same name with indices for a text in which this one's text begins at ``offset``."""
        if not offset:
            return self
        return Name(
            self.stem_start + offset,
            self.stem_end + offset,
            self.end + offset,
            self.stem,
            self.kind,
            self.is_plural,
            self.is_alone,
        )


def lowered(text: str) -> str:
    """``text`` in lower case with all letters at their positions (the lower case of a few letters is longer)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def name_at(text: str, at: int, stem: str, kind: str) -> Name | None:
    """The sensitive name with this stem at ``at``; ``None`` if the identifier is not sensitive."""
    end = at + len(stem)
    following = text[end : end + 1]
    is_plural = following in {"s", "S"} and _PLURAL.match(text, end) is not None
    if is_plural:
        if kind in {Class.SHORT_PASSWORD, Class.KEY, Class.VENDOR}:
            return None
        return Name(at, end, end + 1, stem, kind, is_plural=True)
    if "a" <= following <= "z":
        return None
    is_compound = kind is Class.SHORT_PASSWORD and _COMPOUND.search(text[max(0, at - 6) : at]) is not None
    if kind in {Class.SHORT_PASSWORD, Class.KEY, Class.WORD} and not is_compound and not _is_word_start(text, at):
        return None
    name_end = _NAME_END.match(text, end)
    if name_end is None:
        return None
    rest = name_end.group()
    if rest and (_ABOUT.match(rest) if kind is not Class.SHORT_PASSWORD else not _SHORT_END.match(rest)):
        return None
    if kind is Class.WORD and rest and not _SHORT_END.match(rest):
        return None
    is_alone = not rest and (at == 0 or not (text[at - 1].isalnum() or text[at - 1] in "_-."))
    return Name(at, end, name_end.end(), stem, kind, is_alone=is_alone)


def _is_word_start(text: str, at: int) -> bool:
    if at == 0 or not text[at - 1].isalnum():
        return True
    return text[at].isupper() and text[at - 1].islower()


def is_type(value: str) -> bool:
    """Whether ``value`` is the name of a string type."""
    return value.strip("&?|[],;") in _TYPES


def is_code(value: str) -> bool:
    """Whether a bare value is an expression that gets the secret from elsewhere."""
    return _CODE.fullmatch(value) is not None


def is_believed(value: str, name: Name, *, plain: bool) -> bool:
    """Whether ``value`` of ``name`` counts as a secret. ``plain``: the text only assigns it, as in ``PASSWORD = "…"``;
    otherwise (an argument, a bare word in code) a password must look like one."""
    kind = name.kind
    value = value[:_LONGEST_LOOKED_AT]
    if _HARMLESS.fullmatch(value) or _INTERPOLATED.search(value):
        return False
    if any(char.isspace() for char in value):
        return name.stem in {"mnemonic", "passphrase"} and _MNEMONIC.match(value) is not None
    if kind in {Class.PASSWORD, Class.SHORT_PASSWORD} and not name.is_plural:
        if plain and (
            kind is Class.PASSWORD
            or (len(value) >= 6 and not (name.is_alone and name.stem == "pass" and value.isalpha()))
        ):
            return True
        return len(value) >= 6 and any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    if kind is Class.VENDOR:
        return (
            _VENDOR_VALUE.match(value) is not None
            and sum(map(str.isdigit, value)) >= 2
            and sum(map(str.isalpha, value)) >= 3
            and not _reads_as_words(value)
        )
    is_password = kind in {Class.PASSWORD, Class.SHORT_PASSWORD}
    if len(value) < (16 if name.is_plural and not is_password else 8) or not looks_random(value):
        return False
    if kind is Class.WORD:
        return len(value) >= 12 and not value.isdigit()
    return kind is not Class.KEY or (len(value) >= 16 and entropy(value) >= 3.0)


def may_become(value: str, name: Name, *, plain: bool) -> bool:
    """Whether an incomplete value may become a secret when more is typed."""
    if _HARMLESS.fullmatch(value) and not value.isalnum():
        return False
    if name.kind in {Class.PASSWORD, Class.SHORT_PASSWORD} and not name.is_plural:
        return len(value) >= 3 and not _HARMLESS.fullmatch(value)
    if name.kind is Class.SECRET and plain:
        return len(value) >= 3 and not _HARMLESS.fullmatch(value)
    return len(value) >= 6 and is_random_begun(value) and not _HARMLESS.fullmatch(value)


def is_random_begun(value: str) -> bool:
    """Whether an incomplete value looks more like something random than like words."""
    if any(map(str.isdigit, value)):
        return True
    parts = _CAMEL.findall(value)
    return len(parts) > 2 and len(value) / len(parts) < 3.2


def is_type_begun(value: str) -> bool:
    """Whether an incomplete value may become the name of a type."""
    return any(one.startswith(value.strip("&?|[],;")) for one in _TYPES)


def is_identifier(value: str) -> bool:
    """Whether ``value`` may be a variable's name."""
    return _IDENTIFIER.match(value) is not None


def _reads_as_words(value: str) -> bool:
    """Whether ``value`` consists of words, such as ``ResourceTagMappingList``: at least three letters on average, and
    few digits."""
    parts = _CAMEL.findall(value)
    digits = sum(len(part) for part in parts if part.isdigit())
    words = [part for part in parts if not part.isdigit()]
    if not words or digits > 2 or any(part.isdigit() for part in parts[:-1]):
        return False
    return sum(map(len, words)) / len(words) >= 3.6 and sum(len(part) >= 3 for part in words) >= 0.6 * len(words)


def looks_random(value: str) -> bool:
    """Whether ``value`` looks unlike a name or word chosen by a person."""
    letters = sum(char.isalpha() for char in value)
    digits = sum(char.isdigit() for char in value)
    if letters == 0:
        return digits >= 10
    if digits >= 2 and not _WORDS.fullmatch(value):
        return not (digits <= 2 and len(value) >= 10 and _reads_as_words(value))
    run = max((len(part) for part in re.split(r"[^A-Za-z0-9]", value)), default=0)
    if run < 16:
        return digits >= 1 and any(not char.isalnum() and char not in "_-./: " for char in value)
    if _reads_as_words(value) and not (value.islower() or value.isupper()):
        return False
    upper = sum(char.isupper() for char in value) / max(1, letters)
    return 0.3 <= upper <= 0.7 or (run >= 20 and entropy(value) >= 3.2)


def entropy(value: str) -> float:
    """The Shannon entropy in bits per character."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values())
