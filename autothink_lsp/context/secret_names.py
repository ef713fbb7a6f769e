"""Secrets that only their name gives away: ``PASSWORD = "…"``, ``api_key: …``, ``<token>…</token>``.

The name is looked for first, then what is given to it on the same line (or, behind an open bracket, on the next). A
password is believed to be one whatever it looks like; what is given to a token, secret or key has to look random, since
``token = "comma"`` and ``key = "user_name"`` are most of what there is. Pure.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

_PASSWORDS = ("password", "passwd", "passphrase", "pwd", "passwort", "identified by")
_SECRETS = ("secret", "token", "credential", "apikey", "api_key", "api-key", "authkey", "access_key", "private_key")
_KEYS = ("key",)
_STEMS = (*_PASSWORDS, *_SECRETS, *_KEYS)

# What a name goes on with when it names something about the secret and not the secret.
_ABOUT = re.compile(
    r"[_-]?(?:s|names?|types?|ur[li]|ids?|paths?|files?|fields?|labels?|headers?|count|len|length|size|limit|index|regex|"
    r"pattern|format|kinds?|class|list|map|prefix|suffix|env|var|params?|args?|columns?|attr|hint|help|msg|message|errors?|"
    r"title|desc\w*|placeholder|policy|expir\w*|ttl|timeout|age|scopes?|endpoint|location|provider|budget|usage|limits?)\Z",
    re.IGNORECASE,
)
_NAME_END = re.compile(r"(?![a-z])[\w-]{0,24}")
_GIVEN = re.compile(
    r"""["'`\]]{0,3}
    (?:[ \t]*\[\w*\])?                                   # char password[] =
    (?:[ \t]*:[ \t]*&?(?:'static[ \t]+)?[A-Za-z_][\w.<>\[\]?|&]{0,40}(?=[ \t]*=))?   # a type: let key: &str =
    (?: [ \t]*(?:=>|:=|===?|!==?|\?\?=|\?=|\+=|=|:|->)[ \t]*
      | \\?["']?[ \t]+(?:value|content|default)[ \t]*[=:][ \t]*    # name="password" value="…"
      | [ \t]*[>]                                        # <password>…
      | [ \t]*,[ \t]*(?=["'`])                           # define('PASSWORD', '…')
      | [ \t]*\([ \t]*(?=["'`])                          # password("…")
      | [ \t]+(?=["'])                                   # IDENTIFIED BY '…'
    )""",
    re.VERBOSE,
)
_QUOTED = re.compile(
    r"""[ \t]*(?:[(\\][ \t]*)?(?:\r?\n[ \t]*)?(?:(?P<call>(?:new[ \t]+)?[A-Za-z_\[\]][\w.:\[\]]{0,40}!?\()[ \t]*)?
    [bruf@$&*]{0,2}\\?(?P<quote>["'`])(?P<value>(?:\\.|(?!(?P=quote))[^\n\\]){4,400})(?P<end>(?P=quote)|\\?\Z|\\?(?=\n))""",
    re.VERBOSE | re.IGNORECASE,
)
_BARE = re.compile(
    r"""(?P<value>[^\s"'`<>(){},]{6,400})(?P<end>[ \t]*(?:[#;<&|\\]|//|\r?$|\Z)|[ \t]+-)""", re.MULTILINE
)
_BEGUN_VALUE = re.compile(
    r"""[ \t]*(?:(?:new[ \t]+)?[A-Za-z_\[\]][\w.:\[\]]{0,40}!?\([ \t]*)?[bruf@$&*]{0,2}"""
    r"""(?P<quote>["'`]?)(?P<value>[^\s"'`]+)\Z"""
)
_OPTION = re.compile(r"""[ \t]+(?P<value>[^\s"'`<>(){},;&|$-][^\s"'`<>(){},;&|]{5,400})""")

# Before a name whose value follows after a blank: --password x, ENV TOKEN x.
_BY_BLANK = re.compile(r"--[\w-]*\Z|^[ \t]*(?:ENV|ARG|machine|setx)[ \t]+\w*\Z")
_SETTING = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(?:export[ \t]+|ENV[ \t]+|ARG[ \t]+|set[ \t]+|-e[ \t]+)?[\w.-]*\Z"
    r"|[;?&][ \t]*[\w .-]*\Z|[ \t]--?\w*\Z"
)

_HARMLESS = re.compile(
    r"""(?ix) [<{$%\[(].* | .*(?:example|changeme|change_me|placeholder|dummy|your[_-]|<your|todo|redacted).*
    | x+ | \*+ | \.+ | -+ | (?:.)\1* | none | null | nil | true | false | undefined | void
    | \w*(?:password|passwd|passphrase|secret|token|credential|api_?key)s?\w*
    | (?:https?|wss?|ftp|file|urn|arn):.* | \.{0,2}/[\w./-]* | [\w.-]+\.(?:json|ya?ml|toml|txt|pem|key|py|js|ts|html|md)
    """.replace("(?:.)\\1*", r"(.)\1*")
)
# name.of.something, $name, name[0], call(): code that gets the value from elsewhere.
_CODE = re.compile(
    r"[$@&*!]?[A-Za-z_]\w*(?:(?:\.|->|::|\?\.|!\.)[A-Za-z_]\w*)+[,;]?|\$.*"
    r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+[,;]?|[A-Za-z_]\w*[(\[<].*"
)
# password: str -- a type and not a value, in the languages that write it so.
_TYPES = (
    *("str", "string", "String", "std::string", "Text", "NSString", "char", "bytes", "bytearray", "Bytes", "Buffer"),
    *("int", "bool", "boolean", "number", "object", "unknown", "Any", "any", "Optional", "Option"),
    *("SecretStr", "SecretBytes"),
)
_WORDS = re.compile(r"[A-Za-z]{2,}(?:[_\-. /:+][A-Za-z]+)*[_-]?(?:v?\d{1,2})?")


def named_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of each value; they may overlap."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters change their length
        lower = "".join(one.lower() if len(one.lower()) == 1 else one for one in text)
    seen: set[int] = set()
    for stem in _STEMS:
        at = lower.find(stem)
        while at >= 0:
            end = at + len(stem)
            if end not in seen:
                seen.add(end)
                found = _value_of(text, at, end, stem)
                if found is not None:
                    yield (*found, "password" if stem in _PASSWORDS else "named secret")
            at = lower.find(stem, end)


def _value_of(text: str, at: int, end: int, stem: str) -> tuple[int, int] | None:
    name_end = _NAME_END.match(text, end)
    if name_end is None or (stem in _KEYS and not _is_word_start(text, at)):
        return None
    rest = name_end.group()
    if rest and _ABOUT.match(rest):
        return None
    given = _GIVEN.match(text, name_end.end())
    if given is None:
        before = text[max(text.rfind("\n", 0, at) + 1, at - 40) : at]
        option = _OPTION.match(text, name_end.end()) if _BY_BLANK.search(before) else None
        return option.span("value") if option and _believed(option["value"], stem, strict=False) else None
    quoted = _QUOTED.match(text, given.end())
    if quoted is not None:
        strict = bool(quoted["call"]) or given.group().strip(" \t'\"") in {"(", ","}
        return quoted.span("value") if _believed(quoted["value"], stem, strict=strict) else None
    bare = _BARE.match(text, given.end())
    if bare is None or _CODE.fullmatch(bare["value"]):
        return None
    value = bare["value"].rstrip(";")
    if ":" in given.group() and value.strip("&?|[],;") in _TYPES:
        return None
    # Without quotes it is a value in a shell, YAML or .properties, and a name in most other languages.
    if not _believed(value, stem, strict=not _is_setting(text, at, given.group())):
        return None
    return bare.start("value"), bare.start("value") + len(value)


def is_value_begun(line: str) -> bool:
    """Whether a line ends in the beginning of what is given to a telling name, whatever it looks like so far."""
    lower = line.lower()
    for stem in _STEMS if len(lower) == len(line) else ():
        at = lower.find(stem)
        while at >= 0:
            name_end = _NAME_END.match(line, at + len(stem))
            about = (
                name_end is None or _ABOUT.match(name_end.group()) or (stem in _KEYS and not _is_word_start(line, at))
            )
            given = None if about or name_end is None else _GIVEN.match(line, name_end.end())
            if given is not None and _is_begun(line, at, stem, given):
                return True
            at = lower.find(stem, at + len(stem))
    return False


def _is_begun(line: str, at: int, stem: str, given: re.Match[str]) -> bool:
    begun = _BEGUN_VALUE.match(line, given.end())
    if begun is None:
        return False
    value = begun["value"]
    if not begun["quote"] and (not _is_setting(line, at, given.group()) or _CODE.fullmatch(value)):
        return False
    if ":" in given.group() and not begun["quote"] and any(one.startswith(value.strip("&?|[],;")) for one in _TYPES):
        return False
    if stem in _KEYS:
        return len(value) >= 6 and any(char.isdigit() for char in value)
    return len(value) >= 3 and not _HARMLESS.fullmatch(value)


def _is_setting(text: str, at: int, operator: str) -> bool:
    """``PASSWORD=…`` without blanks, ``password: …`` as all of a line, ``;Password=…;``, ``<password>…<``."""
    before = text[max(text.rfind("\n", max(0, at - 120), at) + 1, at - 120) : at]
    if operator.endswith(">"):
        return before.endswith("<") or "<" in before[-24:]
    return _SETTING.search(before) is not None and (operator in {"=", ":"} or operator.strip() == ":")


def _is_word_start(text: str, at: int) -> bool:
    if at == 0 or not text[at - 1].isalnum():
        return True
    return text[at].isupper() and text[at - 1].islower()


def _believed(value: str, stem: str, *, strict: bool) -> bool:
    """Whether such a value of such a name is a secret."""
    if any(char.isspace() for char in value) or _HARMLESS.fullmatch(value):
        return False
    if stem in _PASSWORDS:
        return not strict or (len(value) >= 6 and any(map(str.isdigit, value)) and any(map(str.isalpha, value)))
    if len(value) < 8 or not looks_random(value):
        return False
    return stem not in _KEYS or (len(value) >= 16 and entropy(value) >= 3.0)


def looks_random(value: str) -> bool:
    """Whether no person would have chosen it as a name or a word."""
    letters = sum(char.isalpha() for char in value)
    digits = sum(char.isdigit() for char in value)
    if letters == 0:
        return digits >= 10
    if digits >= 2 and not _WORDS.fullmatch(value):
        return True
    run = max((len(part) for part in re.split(r"[^A-Za-z0-9]", value)), default=0)
    if run < 16:
        return digits >= 1 and any(not char.isalnum() and char not in "_-./: " for char in value)
    upper = sum(char.isupper() for char in value) / max(1, letters)
    return 0.3 <= upper <= 0.7 or (run >= 20 and entropy(value) >= 3.2)


def entropy(value: str) -> float:
    """Shannon's, in bits for each character."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values())
