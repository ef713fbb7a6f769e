"""Finds the values of sensitive names in a text: assignments, options, name and value pairs, string parts.

For each name (``secret_names.py``) the forms are tried at its end: an operator and a string or a bare word, an option
of a command line, an attribute or a line with the value of a name (``- name: DB_PASSWORD`` and ``value: …`` below), and
the same with the value first. Pure, and linear in the text: every form reads a bounded number of characters, and the
end of a bare word is searched once, however many names are in it.
"""

# ruff: noqa: E501 - a table of regular expressions

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from attrs import define, field

from autothink_lsp.context.secret_lists import listed_values
from autothink_lsp.context.secret_names import (
    Class,
    Name,
    is_believed,
    is_code,
    is_identifier,
    is_type,
    is_type_begun,
    looks_random,
    may_become,
)
from autothink_lsp.values import frozen

LONGEST_VALUE_CHARS = 4_000
_MOST_PIECES = 60
_MOST_IN_RUN = 24
_CDATA = "<![CDATA["
_CROWDED = "\0"
_LOOKED_BEFORE_CHARS = 120
_Place = tuple[int, int]

_QUOTE = r"(?:\\{0,7}(?:\"\"\"|'''|[\"'`])|&quot;|&\#34;|\\u0022|%22)"
# A type after a colon: Optional[Union[str, bytes]], str | None, &'static str, []const u8.
_BRACKETS = r"\[(?:[^\[\]\n]|\[[^\[\]\n]{0,80}\]){0,120}\]"
_TYPE = rf"(?:\"\w{{1,30}}\"|'\w{{1,30}}'|&?(?:'static[ \t]++)?(?:\[\][\w ]{{1,20}}|[A-Za-z_](?:[\w.<>?&]|{_BRACKETS}|[ \t]?\|[ \t]?){{0,60}}))"
# A type without a colon: var password string =, password VARCHAR(40) DEFAULT.
_BARE_TYPE = r"(?i:\*?string|\[\]byte|n?(?:var)?char2?(?:[ \t]?\(\w{1,5}\))?|text)"
_TEXT_AT = r"(?=[bru@]?[\"'`])"
_ARGUMENTS = r"(?:[ \t]*+,\s{0,40}+\w{1,20}=(?:\"[^\"\n]{0,120}\"|'[^'\n]{0,120}'|[\w.]{1,40})){0,6}"
_ATTRIBUTES = r"(?:\s{1,60}+[\w:.-]{1,30}=[\"'][^\"'<>\n]{0,80}[\"']){0,6}"
_GIVEN = re.compile(
    rf"""(?:{_QUOTE}|[\]}}]){{0,3}}
    (?:\.(?:value|text)(?=[ \t]*+=))?                         # password.value = "…"
    (?:[ \t]*+\[\w{{0,20}}\])?                                # char password[] =
    (?:[ \t]*+[?!]?:[ \t]*+{_TYPE}(?=[ \t]*+=(?!=)[ \t]*+\S)
     | [ \t]++{_BARE_TYPE}(?=[ \t]*+(?:=|(?i:default)[ \t]))
     | [ \t]*+\{{[ \t\w;]{{1,60}}\}}(?=[ \t]*+=)                 # Password {{ get; set; }} =
     | [ \t]++As[ \t]++\w{{1,20}}(?=[ \t]*+=))?
    (?: (?P<default>:-|:=)(?=[^\s=])                          # ${{PASSWORD:-…}}
      | [ \t]*+,\s{{0,40}}+(?:default|default_value)=(?=["'])     # add_argument("--password", default="…")
      | {_ARGUMENTS}[ \t]*+,\s{{0,40}}+default=(?=["'])
      | ["']?[ \t]*+:[ \t]*+\{{\s{{0,60}}+(?:["']type["'][ \t]*+:[ \t]*+["']\w{{1,20}}["'],\s{{0,60}}+)?["'](?:value|defaultValue)["'][ \t]*+:[ \t]*+
      | ["']?:[ \t]*+\r?\n(?:[ \t]++(?:Type|Description|NoEcho|M\w\w(?:Length|Value)|AllowedPattern):[^\n]{{0,200}}\n){{0,6}}[ \t]++Default:[ \t]++
      | \)?(?:[ \t]++by[ \t]++lazy)?[ \t]*+(?::[ \t]*+\w{{1,20}}[ \t]*+)?=?[ \t]*+\{{[ \t]*+(?=L?(?:"[^"\n]{{0,200}}(?:"[ \t]*+\}}|"?\Z)|'[^'\n]{{0,200}}(?:'[ \t]*+\}}|'?\Z)))  # password{{"…"}}, password={{"…"}}
      | [ \t]*+[=,][ \t]*+<<(?=")                             # {{password, <<"…">>}}
      | [ \t]++(?i:default)[ \t]++(?=[NE]?["'])               # password VARCHAR(40) DEFAULT '…'
      | [ \t]*+：[ \t]*+
      | [ \t]*+(?:=>|:=|===?|!==?|\?\?=|\|\|=|\?=|\+=|=|::?\*{{0,2}}|->|<-|%3D|%3A)[ \t]*+
      | \\?["']?{_ATTRIBUTES}\s{{1,60}}+(?:value|content|default)[ \t]*+[=:][ \t]*+  # name="password" value="…"
      | (?:[ \t]++[\w:-]{{1,30}}=["'][^"'<>\n]{{0,60}}["']){{0,3}}[ \t]*+>(?:[ \t]*+\r?\n[ \t]*+)?  # <password>…
      | [ \t]*+,[ \t]*+{_TEXT_AT}                             # define('PASSWORD', '…')
      | [ \t]*+\([ \t]*+{_TEXT_AT}                            # password("…")
      | \)?[ \t]*+(?:\|\||\?\?|\?:|or(?=[ \t]))[ \t]*+{_TEXT_AT}    # getenv("PASSWORD") or "…"
      | \)\.(?:send_keys|sendKeys|fill|type|setValue|val|value)\((?=["'`])
      | [ \t]++(?:BY|by|AS|is|ist|\|)[ \t]++
      | [ \t]++(?=[NE]?["'])                                  # PASSWORD '…'
    )""",
    re.VERBOSE,
)
_OPEN = re.compile(
    rf"""[ \t]*+(?P<bracket>(?:[(\[]|\\(?=[ \t]*+\r?\n))[ \t]*+)?(?:\r?\n[ \t]*+)?
    (?P<call>(?:(?:new|await)[ \t]++)?[A-Za-z_\[\]][\w.:\[\]]{{0,40}}!?\(+[ \t]*+)?
    (?:u8|[bruf@$&*LRNES]{{0,2}})\#{{0,3}}(?P<quote>{_QUOTE}|\[\[)""",
    re.VERBOSE | re.IGNORECASE,
)
_BODIES = {quote: re.compile(rf"(?>(?:\\(?s:.)|[^\n\\{quote}])*)", re.ASCII) for quote in ('"', "'", "`")}
_JOIN = re.compile(
    rf"""[ \t]*+(?:(?:\+|\.\.?|&|<>)[ \t]*+)?(?:\\[ \t]*+)?(?P<newline>\r?\n[ \t]*+)?(?P<operator>(?:\+|\.\.?|&)[ \t]*+)?
    [bruf@$L]{{0,2}}\#{{0,2}}(?P<quote>{_QUOTE})""",
    re.VERBOSE | re.IGNORECASE,
)
_NEXT_ITEM = re.compile(rf"[ \t]*+,[ \t]*+(?:\r?\n[ \t]*+)?[bru]?(?P<quote>{_QUOTE})")
_JOIN_CALL = re.compile(r"\.join\([ \t]*+[\[(][ \t]*+(?:\r?\n[ \t]*+)?")
_RUN = re.compile(r"""[^\s"'`<>(){},]++""")
_CONTINUED = re.compile(r"\\\r?\n[ \t]*+")
_YAML_MARKS = re.compile(r"(?:[&!][\w!:.-]*[ \t]++){1,3}")
_AFTER_BARE = re.compile(r"[ \t]*+(?:[#;<&|\\]|//|\*/|-->|\r?\n|\r?\Z)|[ \t]++-")

# Text before a name whose value follows after a blank: --password x, ENV TOKEN x, login me password x.
_BY_BLANK = re.compile(
    r"(?:^|[\s\"'])--?(?:[A-Za-z][\w-]*)?\Z"
    r"|^[ \t]*+(?:[#;]|//|--|REM)?[ \t]*+(?:ENV|ARG|machine|setx|(?i:setenv)|set-environment(?:[ \t]++-\w{1,3})?|(?:fastcgi|uwsgi)_param|enable"
    r"|php_(?:admin_)?value|set[ \t]++-\w{1,3})[ \t]++[\w ]*\Z"
    r"|(?:login|user(?:name)?|account|connect|ssid)[ \t]++\S{1,80}[ \t]++(?:insecure-)?\Z"
    r"|(?:config|configure|global)[ \t]++(?:set[ \t]++)?\S*\Z"
)
_OPTION = re.compile(
    r"""[ \t]++(?P<value>[^\s"'`<>(){},;&|$=:+*/-][^\s"'`<>(){},;&|]{4,400})(?=[ \t;]|\r?$|["'`])""", re.MULTILINE
)
_ALONE = re.compile(r"[ \t]*+\Z")
# An option whose value is the next item: "- --password" and "- …" below.
_OPTION_BEFORE = re.compile(r"(?:\A[ \t]*+|[\s\"'])--?(?:[A-Za-z][\w-]*)?\Z")
_NEXT_LINE = re.compile(
    r"""["']?,?[ \t]*+\r?\n[ \t]*+(?:-[ \t]++)?["']?(?P<value>[^\s"'`<>(){},;&|$=-][^\s"'`<>(){},;&|]{3,400})"""
)
# Literals with a word before their bracket: q(…), %q{…}, ~s(…).
_QUOTE_WORD = re.compile(r"(?:%[qQ]?|qq?|~[sS])[ \t]?(?P<open>[(\[{<|/!])")
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
# Text before the name in a line that assigns a value without quotes: - export NAME=…, # NAME: …, "NAME=…".
_LINE_START = re.compile(
    r"[ \t]*+(?:(?:[#;*]|//|--|REM)[ \t]*+)?(?:-[ \t]++)?(?:(?:export|ENV|ARG|RUN|set|-e|env|local|readonly|typeset|declare[ \t]++-\w+|sudo|time|exec|command|nohup|if|while|then|do|else)[ \t]++|\()?[\"']?\Z"
)
_AFTER_PAIR = re.compile(r"(?:\A|[\s\"'])[\w.-]{1,60}=[^\s\"'(=]{0,60}[ \t]{1,8}\Z")
_AFTER_PUT = re.compile(r"[ \t]put[ \t]{1,8}\S{1,80}[ \t]{1,8}\Z")
_OPTIONS = (
    " -d ",
    " -F ",
    " --data ",
    " --form ",
    "$(",
    " -e ",
    " --set ",
    " --env ",
    " --build-arg ",
    "secrets set ",
    "config:set ",
    "--from-literal=",
    "%26",
    "${",
)
_NAME_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_SEPARATORS = frozenset({";", "?", "&", '"', "'"})
_ODBC = re.compile(r";[ \t]*+[\w ]*\Z")
_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9A-Fa-f_]++|[\d_.]+(?:[eE][-+]?\d+)?)[uUlLfF]*\Z")
_TYPE_NAME = re.compile(r"::\w*\Z")
_INI_SECTION = re.compile(r"^[ \t]*+\[[\w .:@/\"-]{1,60}\][ \t]*+$", re.MULTILINE)

# A name that is itself the value of a key such as "name": - name: DB_PASSWORD.
_NAMED = re.compile(
    r"""(?:^|[\s{,\[("'<;])(?:env_?)?(?:name|key|variable|Name|Key|ParameterKey|variable_name)\\?["']?[ \t]*+(?:[:=]|=>)[ \t]*+
    \\?["']?[\w./ -]*\Z|[ \t]type=["']\w*\Z|--name[ =][\w./-]*\Z|<(?:name|key|string)>[\w.:-]*\Z|(?:variable|property)[ \t]++(?:name=)?["'][\w.-]*\Z""",
    re.VERBOSE,
)
_BETWEEN = r"(?:[ \t]*+(?:\#[^\n]{0,200}|[\"']?(?:type|sensitive|description|secret|readOnly|enabled)[\"']?[ \t]*+[:=][^\n]{0,200})\r?\n){0,3}"
_PAIRED = re.compile(
    rf"""\\?["']?[ \t]*+[,;]?[ \t]*+(?:["']?[Tt]ype["']?[ \t]*+[:=][^\n,]{{0,40}},[ \t]*+)?(?:\r?\n{_BETWEEN}[ \t]*+(?:\#[ \t]*+)?)?\\?["']?(?:\w{{0,20}}[Vv]alue|VALUE|default|content)\\?["']?[ \t]*+(?:[:=]|=>)[ \t]*+
    | [ \t]++--(?:value|secret-string)(?:[ \t]++|=)
    | </(?:name|key|string)>\s{{0,80}}<(?:value|string)>
    | ["']{_ATTRIBUTES}[ \t]*+>\s{{0,80}}<value>
    | ["'][ \t]*+\{{(?:[^{{}}\n]{{0,200}}\n){{1,8}}?[ \t]*+default[ \t]*+=[ \t]*+""",
    re.VERBOSE,
)
_VALUE_FIRST = re.compile(
    r"""[Vv]alue\\?["']?[ \t]*+[:=][ \t]*+(?:(?P<quote>\\?["'])(?P<quoted>[^"'\n\\]{3,400})(?P=quote)|(?P<bare>[^\s"',{}]{3,400}))
    [ \t]*+,?[ \t]*+(?:\r?\n[ \t]*+)?\\?["']?(?:name|key|type|Name|Key|ParameterKey)\\?["']?[ \t]*+[:=][ \t]*+\\?["']?[\w.-]*""",
    re.VERBOSE,
)
_LONGEST_FIRST = 500
# Directives of configuration files whose value follows after a blank.
_CONFIGURED_BY_BLANK = frozenset({"requirepass", "masterauth", "bindpw", "rootpw"})


@frozen
class Given:
    """The value of a name, at one place or in several parts of a string. ``plain`` as in ``is_believed``."""

    name: Name
    places: tuple[_Place, ...]
    value: str
    plain: bool
    quoted: bool
    can_grow: bool = False  # it ends at the end of the text, or before its string ends


@define(eq=False)
class _Reader:
    """The text, and the end of the last bare word."""

    text: str
    _run: _Place = field(default=(0, 0), init=False)
    _read_in_run: int = field(default=0, init=False)
    _is_ini: bool | None = field(default=None, init=False)

    def run_end(self, at: int) -> int:
        start, end = self._run
        if not start <= at < end:
            found = _RUN.match(self.text, at)
            if found is None:
                return at
            start, end = self._run = found.span()
            self._read_in_run = 0
        self._read_in_run += 1
        return end

    @property
    def is_crowded(self) -> bool:
        """Whether the last bare word contains more names than any setting does."""
        return self._read_in_run > _MOST_IN_RUN

    @property
    def is_ini(self) -> bool:
        if self._is_ini is None:
            self._is_ini = _INI_SECTION.search(self.text) is not None
        return self._is_ini

    def before(self, at: int) -> str:
        """The text before ``at`` on its line; of a long line only the end."""
        return self.text[
            max(self.text.rfind("\n", max(0, at - _LOOKED_BEFORE_CHARS), at) + 1, at - _LOOKED_BEFORE_CHARS) : at
        ]


def named_secrets(text: str, names: Iterable[Name]) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, kind) of each value, or of each part of one; they may overlap."""
    for given in given_values(text, names):
        if given.value is _CROWDED or is_believed(given.value, given.name, plain=given.plain):
            kind = "password" if given.name.kind in {Class.PASSWORD, Class.SHORT_PASSWORD} else "named secret"
            yield from ((start, end, kind) for start, end in given.places if end > start)


def is_value_begun(text: str, names: Iterable[Name]) -> bool:
    """Whether ``text`` ends with the beginning of a sensitive name's value, in any form."""
    end = len(text)
    for given in given_values(text, names, begun=True):
        if given.places[-1][1] < end and not given.can_grow:
            continue
        if not given.quoted and (is_code(given.value) or (not given.plain and is_identifier(given.value))):
            continue
        if may_become(given.value, given.name, plain=given.plain):
            return True
    return False


def given_values(text: str, names: Iterable[Name], *, begun: bool = False) -> Iterator[Given]:
    """Yield all values of sensitive names. ``begun``: also incomplete values at the end of the text."""
    reader = _Reader(text)
    for name in sorted(names, key=lambda one: one.stem_start):
        yield from _values_of(reader, name, begun)


def _values_of(reader: _Reader, name: Name, begun: bool) -> Iterator[Given]:
    text = reader.text
    if name.is_random and _TYPE_NAME.search(reader.before(name.stem_start)):
        return  # AWS::KMS::Key
    paired = _PAIRED.match(text, name.end)
    if paired is not None and _NAMED.search(reader.before(name.stem_start)) is not None:
        yield from _paired(reader, name, paired.end(), begun)
        return
    listed = listed_values(text, name, reader.before(name.stem_start))
    if listed is not None:
        yield from (Given(name, (place,), text[slice(*place)], False, True) for place in listed)
        return
    given = _GIVEN.match(text, name.end)
    if given is not None and not _is_loose(reader, name, given.group()):
        found = _given_value(reader, name, given, begun)
        if found is not None:
            yield found
            return
    before = reader.before(name.stem_start)
    if given is None and text[name.end : name.end + 1] in {" ", "\t"}:
        option = _OPTION.match(text, name.end)
        if option is not None and (_BY_BLANK.search(before) or name.stem in _CONFIGURED_BY_BLANK):
            yield Given(name, (option.span("value"),), option["value"], True, False)
        elif option is not None and _ALONE.match(before) and _AFTER_BARE.match(text, option.end()):
            yield Given(name, (option.span("value"),), option["value"], False, False)
    elif given is None and _OPTION_BEFORE.search(before) and (below := _NEXT_LINE.match(text, name.end)) is not None:
        yield Given(name, (below.span("value"),), below["value"], True, False)
    first = text.rfind("alue", max(0, name.stem_start - _LONGEST_FIRST), name.stem_start)
    if first > 0 and _NAMED.search(before) is not None:
        value = _VALUE_FIRST.fullmatch(text, first - 1, name.stem_start)
        if value is not None:
            group = "quoted" if value["quoted"] is not None else "bare"
            yield Given(name, (value.span(group),), value[group], True, group == "quoted")


def _is_loose(reader: _Reader, name: Name, operator: str) -> bool:
    """Whether the operator is too weak for the name: ``pass "…"`` and ``auth("…")`` are code or prose."""
    stripped = operator.strip(" \t\"'\\")
    if stripped == "|":  # but in a row of a table
        return not reader.before(name.stem_start).lstrip().startswith("|")
    if name.kind is Class.SHORT_PASSWORD:
        return stripped in {"", "is", "ist", "AS"}
    return name.kind is Class.WORD and stripped in {"", "(", "is", "ist", "AS"}


def _given_value(reader: _Reader, name: Name, given: re.Match[str], begun: bool) -> Given | None:
    text, at, operator = reader.text, given.end(), given.group()
    marks = _YAML_MARKS.match(text, at) if ":" in operator else None
    if marks is not None:
        at = marks.end()
    if text.startswith(_CDATA, at):
        at, end = at + len(_CDATA), text.find("]]>", at, at + LONGEST_VALUE_CHARS)
        return Given(name, ((at, end),), text[at:end], True, True) if end > at else None
    opened = _OPEN.match(text, at)
    if opened is not None:
        plain = not opened["call"] and operator.strip(" \t'\"\\") not in {"(", ","}
        return _string(reader, name, opened, plain)
    literal = _QUOTE_WORD.match(text, at)
    if literal is not None:
        closing = _CLOSING.get(literal["open"], literal["open"])
        end = text.find(closing, literal.end(), literal.end() + 400)
        end = len(text) if end < 0 and len(text) - literal.end() < 400 else end
        value = text[literal.end() : max(end, literal.end())]
        return Given(name, ((literal.end(), end),), value, False, True) if value and "\n" not in value else None
    return _bare(reader, name, at, operator, begun, default=given["default"] is not None)


def _string(reader: _Reader, name: Name, opened: re.Match[str], plain: bool) -> Given | None:
    text = reader.text
    places: list[_Place] = []
    place, at, closed = _literal(text, opened.end(), opened["quote"])
    places.append(place)
    next_piece = partial(_JOIN.match, text)
    join = _JOIN_CALL.match(text, at) if place[0] == place[1] else None
    if join is not None:
        next_piece = partial(_NEXT_ITEM.match, text)
        item = _OPEN.match(text, join.end())
        if item is None:
            return None
        place, at, closed = _literal(text, item.end(), item["quote"])
        places.append(place)
    if name.is_plural and opened["bracket"] is not None:
        next_piece = partial(_NEXT_ITEM.match, text)
    bracketed = opened["bracket"] is not None or join is not None
    while closed and len(places) < _MOST_PIECES:
        joined = next_piece(at)
        if joined is None:
            break
        place, end, closed = _literal(text, joined.end(), joined["quote"])
        if not bracketed and re.match(r"[ \t]*+[:=]", text[end : end + 20]):
            break  # the next key, not a piece
        places.append(place)
        at = end
    value = "".join(_CONTINUED.sub("", text[start:end]) for start, end in places)
    if name.is_plural and len(places) > 1:
        value = max((text[start:end] for start, end in places), key=len)
    at_end = at >= len(text.rstrip(" \t"))
    return Given(
        name, tuple(places), value, plain, True, can_grow=(not closed and at_end) or (at_end and len(places) > 1)
    )


def _literal(text: str, start: int, quote: str) -> tuple[_Place, int, bool]:
    """The span of the text of the string that begins at ``start``, the index after it, and whether the string is
    closed. A string that is not closed ends with its line."""
    body = _BODIES.get(quote)
    if body is not None:
        found = body.match(text, start, start + LONGEST_VALUE_CHARS)
        end = found.end() if found is not None else start
        closed = text.startswith(quote, end)
        if not closed and text.startswith("\\", end):
            end = min(len(text), end)
        return (start, end), end + closed, closed
    closing = "]]" if quote == "[[" else quote
    end = text.find(closing, start, start + LONGEST_VALUE_CHARS)
    if end >= 0 and (closing[-3:] in {'"""', "'''", "]]"} or "\n" not in text[start:end]):
        return (start, end), end + len(closing), True
    stop = text.find("\n", start, start + LONGEST_VALUE_CHARS)
    end = stop if stop >= 0 else min(len(text), start + LONGEST_VALUE_CHARS)
    return (start, end), end, False


def _bare(reader: _Reader, name: Name, at: int, operator: str, begun: bool, *, default: bool) -> Given | None:
    text = reader.text
    before = reader.before(name.stem_start)
    if text.startswith("{", at) and _ODBC.search(before):  # PWD={…}
        end = text.find("}", at, at + 200)
        return Given(name, ((at + 1, end),), text[at + 1 : end], True, True) if end > at + 2 else None
    end = min(reader.run_end(at), at + LONGEST_VALUE_CHARS)
    if reader.is_crowded:  # not a setting: text that cannot be analysed in time is hidden
        return None if begun else Given(name, ((at, end),), _CROWDED, True, True)
    value = text[at:end]
    setting = default or _is_setting(reader, name, before, operator)
    lead = before.rstrip(_NAME_CHARS)
    if setting and (lead.rstrip(" \t")[-1:] in _SEPARATORS or operator == "%3D"):
        cut = re.match(r"(?:(?!%26)[^;&])*", value)
        value = cut.group() if cut is not None else value
        end = at + len(value)
    while value.endswith((";", ":")):
        value, end = value[:-1], end - 1
    at_end = end == len(text)
    if name.kind not in {Class.PASSWORD, Class.SHORT_PASSWORD} and _NUMBER.match(value):
        return None
    if len(value) < (1 if begun and at_end else 4 if setting else 6) or is_code(value):
        return None
    if ":" in operator and (is_type_begun(value) if begun else is_type(value)):
        return None
    after = text[end : end + 1]
    if (after and after in "({") or (after == ">" and not operator.endswith(">")):
        return None
    if not at_end and not _AFTER_BARE.match(text, end):
        if default and after in {",", "}", ")"}:
            return Given(name, ((at, end),), value, True, False)
        plain = _plain_in_line(text, end, value, before, operator, setting)
        return None if plain is None else Given(name, ((at, end),), value, plain, False)
    return Given(name, ((at, end),), value, setting, False)


def _plain_in_line(text: str, end: int, value: str, before: str, operator: str, setting: bool) -> bool | None:
    """``plain`` of a bare value that is not the last on its line; ``None`` if it is code instead of a value."""
    after = text[end]
    lead = before.rstrip(_NAME_CHARS)
    inside = after in {'"', "'", "`"} and before.count(after) % 2 == 1  # inside a string that began before the name
    if after in {",", "}", ")"} and (inside or lead.rstrip(" \t\"'")[-1:] in {"{", ","}):
        return None if is_identifier(value) and not looks_random(value) else False
    if inside:
        return (setting or operator == "=" or operator.strip() == ":") and operator != ":"
    before_word = after in {" ", "\t"} and setting and operator == "="  # PASSWORD=… program
    return setting if before_word or text.startswith("%26", end) else None


def _is_setting(reader: _Reader, name: Name, before: str, operator: str) -> bool:
    """Whether the text is a setting: ``PASSWORD=…`` without blanks, ``password: …`` as a whole line, ``;Password=…;``,
    ``<password>…<``."""
    if operator.endswith(">") and not operator.endswith(("=>", "->")):
        return before.endswith("<") or "<" in before[-24:]
    if operator in {"%3D", "%3A"}:
        return True
    if not _leads_to_setting(before):
        return False
    stripped = operator.strip(" \t\"'")
    if operator == "=" or stripped == "：" or (stripped == ":" and operator.strip()[:1] in {":", '"', "'"}):
        return True
    return stripped in {"=", "?="} and (stripped == "?=" or reader.is_ini)


def _leads_to_setting(before: str) -> bool:
    """Whether the text before a stem in its line leads to a name in a shell, YAML, .properties or an address."""
    lead = before.rstrip(_NAME_CHARS)
    if _LINE_START.match(lead) or lead[-1:] in {'"', "'"} or lead.rstrip(" \t")[-1:] in {";", "?", "&"}:
        return True
    if lead.endswith(_OPTIONS) or (lead[-1:] in {" ", "\t"} and before[len(lead) : len(lead) + 1] == "-"):
        return True
    if lead.lstrip().startswith("//") and " " not in lead.strip():  # .npmrc
        return True
    return lead[-1:] in {" ", "\t"} and (_AFTER_PAIR.search(lead) or _AFTER_PUT.search(lead)) is not None


def _paired(reader: _Reader, name: Name, at: int, begun: bool) -> Iterator[Given]:
    """Yield the value at ``at`` whose name is itself the value of a key ``name`` or ``key``."""
    text = reader.text
    opened = _OPEN.match(text, at)
    if opened is not None:
        found = _string(reader, name, opened, plain=True)
        if found is not None:
            yield found
        return
    end = min(reader.run_end(at), at + LONGEST_VALUE_CHARS)
    value = text[at:end]
    if (len(value) >= 4 or begun) and not is_code(value):
        yield Given(name, ((at, end),), value, True, False)
