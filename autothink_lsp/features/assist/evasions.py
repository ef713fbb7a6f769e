"""Detects edits that may satisfy a tool without fixing the code, as reasons to ask the user before a proved edit is
applied. Pure.

Each of them is sometimes right: C marks an unused parameter by ``(void)x``, and ``x!`` may be true. The tool does not
report the message either way, so the user decides. An edit that switches the tool off has failed instead
(``verify/suppressions.py``).
"""
# ruff: noqa: E501 - tables of regular expressions

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import frozen

from autothink_lsp.edits.code_lines import CodeLine
from autothink_lsp.features.assist.changed_tests import changed_tests, code_of
from autothink_lsp.features.assist.repairs.messages import unknown_name
from autothink_lsp.quantities import shortened
from autothink_lsp.syntax.languages import Language
from autothink_lsp.verify.suppressions import bounded
from autothink_lsp.verify.target_message import quoted_names

_WORD = re.compile(r"[^\W\d]\w*|\d[\w.]*")
_TYPESCRIPT = frozenset({"typescript", "typescriptreact", "vue", "svelte"})
_SCRIPTS = _TYPESCRIPT | {"javascript", "javascriptreact"}
_SHELLS = frozenset({"shellscript", "sh", "bash", "zsh", "makefile", "make", "dockerfile"})
_C = frozenset({"c", "cpp", "objective-c", "objective-cpp", "cuda-cpp"})
_TYPE_ESCAPES: Mapping[str, frozenset[str]] = {  # by LSP language id
    "python": frozenset(
        (
            *("Any", "cast", "getattr", "setattr", "globals", "locals", "exec", "eval", "vars", "__dict__"),
            *("__import__", "import_module", "attrgetter", "methodcaller", "Incomplete", "__getattribute__", "hasattr"),
        )
    ),
    "javascript": frozenset({"eval", "globalThis", "window", "Function"}),
    **dict.fromkeys(sorted(_TYPESCRIPT), frozenset({"any", "unknown", "never", "Function", "eval", "globalThis"})),
    "rust": frozenset({"unsafe", "transmute", "unwrap_unchecked", "forget"}),
    "cpp": frozenset({"reinterpret_cast", "const_cast"}),
    "csharp": frozenset({"dynamic", "Unsafe"}),
    "dart": frozenset({"dynamic"}),
    "kotlin": frozenset({"Any"}),
    "java": frozenset({"Object", "setAccessible"}),
    "go": frozenset({"any", "unsafe", "reflect"}),
    "swift": frozenset({"Any", "AnyObject", "unsafeBitCast", "unsafeDowncast"}),
    "scala": frozenset({"Any", "asInstanceOf"}),
    "ruby": frozenset(
        {
            "unsafe",
            "untyped",
            "instance_variable_get",
            "public_send",
            "send",
            "__send__",
            "respond_to",
            "instance_eval",
            "class_eval",
            "const_get",
            "eval",
            "method_missing",
        }
    ),
    "php": frozenset({"mixed", "GLOBALS", "extract", "compact", "eval", "property_exists", "method_exists"}),
    "lua": frozenset({"_G", "_ENV", "rawget"}),
    "haskell": frozenset({"unsafeCoerce", "unsafePerformIO", "fromJust"}),
    "ocaml": frozenset({"magic"}),
}
_RAISES = frozenset(
    {"raise", "throw", "panic", "todo", "unimplemented", "unreachable", "fatalError", "TODO", "die", "abort"}
)
_HANDLERS = frozenset({"except", "catch", "rescue", "recover", "suppress", "pcall", "xpcall", "runCatching"})
# Messages that ask for a handler.
_ABOUT_HANDLERS = re.compile(r"must be caught|unhandled exception|unreported exception|not handled", re.IGNORECASE)


_SPECIFIERS = frozenset({"import_specifier", "export_specifier"})
_Place = Literal["code", "expressions", "comments"]


@frozen
class _Evasion:
    """``sentence`` has ``{}`` where the matched code is shown. ``languages``: LSP language ids, empty for all.
    ``exempt``: messages that ask for it; ``only``: those to which it applies. ``place``: what the pattern is for; see
    ``_by_table``."""

    pattern: re.Pattern[str]
    sentence: str
    languages: frozenset[str] = frozenset()
    exempt: re.Pattern[str] | None = None
    only: re.Pattern[str] | None = None
    place: _Place = "code"

    def applies_to(self, ids: frozenset[str], message: str) -> bool:
        if self.languages and self.languages.isdisjoint(ids):
            return False
        if self.only is not None and not self.only.search(message):
            return False
        return self.exempt is None or not self.exempt.search(message)


def _evasion(
    pattern: str,
    sentence: str,
    languages: str | frozenset[str] = "",
    exempt: str = "",
    *,
    only: str = "",
    place: _Place = "code",
) -> _Evasion:
    ids = frozenset(languages.split()) if isinstance(languages, str) else languages
    asked, needed = (re.compile(words, re.IGNORECASE) if words else None for words in (exempt, only))
    return _Evasion(re.compile(bounded(pattern), re.MULTILINE), sentence, ids, asked, needed, place)


_UNUSED = r"unused|not used|never (?:used|read|accessed)|value is never|F841"
_TYPES = r"\btype|\bnone\b|\bnull|\boptional|assignable|attribute|member|property|incompatible|subscript|\boperator\b|undefined"
_ASSERTS = "It asserts what the tool could not prove ({})."
_HIDES = "It hides the code from the type check with {}."
_MARKS = "It only marks the value as used ({})."
_DROPS = "It drops a result ({})."
_SWALLOWS = "It swallows the error ({})."
_CATCHES_ALL = "It catches every error ({})."
# Not the parentheses of a call or a condition, and not those of the operand in ``(a) * (b)``.
_CAST = (
    r"(?:^[ \t]*|[-=(,;{}&|!?:+*/%<>~\[][ \t]{0,4}|\b(?:return|case|else|in|throw|co_return|co_yield)[ \t]{1,4}|(?<=\w\))[ \t]{0,4})"
    r"\((?!void[ \t]*\))(?:(?:"
    r"(?:(?:unsigned|signed|const|volatile|struct|enum|union|long|short) ){0,4}"
    r"(?:int|char|short|long|float|double|unsigned|signed|bool|_Bool|wchar_t|\w+_t|[A-Z]\w*[a-z]\w*|(?:struct|enum|union)[ ]\w+)[ \t]{0,4}"
    r"|(?:(?:unsigned|signed|const|volatile|struct|long) ){0,4}[A-Za-z_]\w*[ \t]{0,4}\*[ \t]{0,4})(?:\*[ \t]{0,4}){0,3}\)[ \t]{0,4}[A-Za-z_\"(&*\d]"
    r"|[A-Za-z_][\w.]*(?:<[\w<>, ?\[\]]{1,60}>)?(?:\[\])?[ \t]{0,4}\)(?:[ \t]{0,4}[A-Za-z_\"(]|[ \t]{0,4}[&*](?![ \t&(])(?=[A-Za-z_]\w*[;),])))"
)
# The first row of a sentence that applies is told.
_EVASIONS = (
    # Assertions about types that nothing checks
    _evasion(r"[\w)\]]!(?![=\w(\[{!])", _HIDES.format("`!`"), _TYPESCRIPT | {"csharp", "dart"}, place="expressions"),
    _evasion(r"[\w)\]]!(?=[.\[(),;\s]|$)|\bas!|\btry!", _HIDES.format("`!`"), "swift", place="expressions"),
    _evasion(r"[\w)\]]!!", _HIDES.format("`!!`"), "kotlin", place="expressions"),
    _evasion(_CAST, _HIDES.format("a cast"), _C | {"java", "csharp"}, place="expressions"),
    _evasion(
        r"^(?!\s*(?:import|export)\b).*?\bas[ ]{1,4}(?!const\b)[A-Za-z{(\[]",
        _HIDES.format("a cast"),
        _TYPESCRIPT | {"kotlin", "dart", "csharp", "php"},
        place="expressions",
    ),
    _evasion(
        r"\bObject\([ \t]{0,4}\w+[ \t]{0,4}\)[ \t]{0,4}[.\[]|\bJSON\.parse\([ \t]{0,4}JSON\.stringify\(",
        _HIDES.format("{}"),
        _TYPESCRIPT,
        place="expressions",
    ),
    _evasion(
        r"\([ \t]{0,4}lambda[ \t]{1,4}\w+[^\n()]{0,80}\)[ \t]{0,4}\(", _HIDES.format("a lambda"), "python python3"
    ),
    _evasion(r"\$\$\w+|\$\{\$\w+\}", _HIDES.format("{}"), "php"),
    _evasion(r"\binterface[ \t]?\{[ \t]?\}", _HIDES.format("`interface{{}}`"), "go", place="expressions"),
    _evasion(r"\.\((?!type\))[\w.*\[\]{}]{1,80}\)", _HIDES.format("a type assertion"), "go", place="expressions"),
    _evasion(
        r"@(?:type|as|cast|var|phpstan-var|psalm-var)\b[^\n]{0,60}\b(?:any|mixed)\b|@cast\b|@as\b",
        _HIDES.format("{}"),
        _SCRIPTS | {"lua", "php"},
        place="comments",
    ),
    _evasion(r"^\s*declare\s+module\s+[\"'][^\"'\n]{1,80}[\"']", "It declares the module itself.", _TYPESCRIPT),
    _evasion(r"\.(?:unwrap|expect|unwrap_err)\s*\(", "It panics where there is no value ({}).", "rust"),
    _evasion(
        r"^\s*assert\b[^\n]{1,200}|\b(?:requireNotNull|checkNotNull|requireNonNull|precondition|Debug\.Assert|Assert\.NotNull)[ \t]*\("
        r"|^\s*(?:console\.)?assert[ \t]*\(|^\s*(?:require|check)[ \t]*\([^\n]{0,80}(?:!=[ \t]*null|\bis\b)",
        _ASSERTS,
        "python python3 java kotlin swift csharp dart php groovy",
        r"assert|\bS101\b|\bB011\b|\btest",
        only=_TYPES,
    ),
    _evasion(
        r"^\s*(?:console\.)?assert(?:\.\w+)?[ \t]*\([^\n]{1,200}", _ASSERTS, _SCRIPTS, r"assert|\btest", only=_TYPES
    ),
    # Marked as used
    _evasion(r"^\s*_(?:\s*,\s*_)*\s*=\s*[\w.]+\s*;?$", _MARKS, "go csharp python python3 swift scala zig"),
    _evasion(r"^\s*del\s+[A-Za-z_]\w*(?:\s*,\s*\w+)*$", _MARKS, "python python3"),
    _evasion(
        r"^\s*(?:let\s+_|local\s+_)\s*=\s*[\w.]+;?$|^\s*discard\s+\w+$|^\s*unset\(\$\w+\);$", _MARKS, "rust lua nim php"
    ),
    _evasion(r"^\s*\(void\)\s*[A-Za-z_]\w*\s*;|^\s*static_cast<void>\(\w+\)\s*;", _MARKS, _C),
    _evasion(
        r"\[\[[^\]\n]{0,40}\bmaybe_unused\b|__attribute__\s*\(\(\s*_*unused_*\s*\)\)|\b(?:Q_)?UNUSED(?:_\w{1,20})?\s*\(|\bstd::ignore\s*=|\b__unused\b",
        _MARKS,
        _C,
    ),
    _evasion(r"^\s*void\s+[\w.]+\s*;?$", _MARKS, _SCRIPTS),
    _evasion(r"^\s*([A-Za-z_][\w.]*)\s*=\s*\1\s*;?$", "It assigns a value to itself ({})."),
    # Calls without an effect
    _evasion(r"^\s*fmt\.(?:Sprint|Sprintf|Sprintln|Errorf)\s*\(", _MARKS, "go", only=_UNUSED),
    _evasion(
        r"^\s*(?:(?:std::)?mem::)?(?:drop|forget)\s*\(\s*&?\s*\w+\s*\)\s*;|\bblack_box\s*\(",
        _MARKS,
        "rust",
        only=_UNUSED,
    ),
    _evasion(
        r"^\s*(?:id|len|bool|str|repr|type|hash|isinstance)\s*\(\s*\w+[^\n()]{0,40}\)\s*$",
        _MARKS,
        "python python3",
        only=_UNUSED,
    ),
    _evasion(
        r"^\s*(?:String|Boolean|Number|Object|Symbol)\s*\(\s*\w+\s*\)\s*;?$|^\s*typeof\s+\w+\s*;?$",
        _MARKS,
        _SCRIPTS,
        only=_UNUSED,
    ),
    _evasion(r"^\s*sizeof\s*\(?\s*\w+\s*\)?\s*;", _MARKS, _C, only=_UNUSED),
    _evasion(
        r"(?<![(\[{,=]\n)^[ \t]*(?!(?:pass|break|continue|return|raise|throw|yield|else|try|do|default|debugger|exit|quit)\b)"
        r"[A-Za-z_]\w*[ \t]*$(?!\n[ \t]*(?:[)\]}.,+*/%|&^=<>-]|(?:and|or|if|else|for|is|in|not)\b))",
        "It only names the value ({}).",
        "python python3",
    ),
    _evasion(
        r"^\s*(?!(?:break|continue|return|throw|yield|default|debugger|fallthrough)\b)[A-Za-z_]\w*\s*;$",
        "It only names the value ({}).",
        _SCRIPTS | _C,
    ),
    _evasion(r"^\s*:\s+[\"']?\$\{?\w+", _MARKS, _SHELLS),
    # Results and errors that are dropped
    _evasion(
        r"^\s*_(?:\s*,\s*_)*\s*=\s*[^\n]{0,200}\(|^(?!\s*for\b)[^\n=]{0,120},\s*_\s*:?=\s*[^\n]{0,200}\(",
        _DROPS.format("`_`"),
        "go",
    ),
    _evasion(
        r"^\s*let\s+_\s*=\s*[^\n]{0,200}\(|^(?![^\n]{0,200}(?:=|\breturn\b|\bbreak\b))[^\n]{0,200}\.(?:ok|err|is_ok|is_err|unwrap_or_default)\(\)\s*;$",
        _DROPS,
        "rust",
    ),
    _evasion(
        r"\bif\s+let\s+(?:Ok|Err|Some)\s*\(\s*_\w*\s*\)\s*=\s*[^{}\n]{1,200}\{[ \t\n]{0,20}\}",
        _DROPS.format("`if let`"),
        "rust",
    ),
    _evasion(
        r"^\s*(?:defer|go)\s+[\w.]{1,80}\s*\(", _DROPS, "go", only=r"unchecked|not checked|errcheck|result of|unused"
    ),
    _evasion(r"^\s*\(void\)\s*\w[\w.>:-]{0,80}\s*\(", _DROPS.format("`(void)`"), _C),
    _evasion(r"^\s*void\s+[\w.]{1,80}\s*\(", _DROPS.format("`void`"), _SCRIPTS),
    _evasion(
        r"\bexcept[^:\n]{0,80}:\s*(?:pass|\.\.\.)\s*$|^\s*except[^:\n]{0,80}:\s*\n\s*(?:pass|\.\.\.|continue)\s*$",
        _SWALLOWS.format("`pass`"),
        "python python3",
    ),
    _evasion(r"\bcatch\s*(?:\([^)\n]{0,80}\)\s*)?\{[ \t\n]{0,20}\}", _SWALLOWS.format("`catch`")),
    _evasion(
        r"\.catch\(\s*(?:\(\s*\w*\s*\)|\w+)\s*=>\s*(?:\{[ \t\n]{0,20}\}|undefined|null)\s*\)",
        _SWALLOWS.format("`catch`"),
        _SCRIPTS,
    ),
    _evasion(r"\bif\s+err\s*!=\s*nil\s*\{[ \t\n]{0,20}\}", _SWALLOWS.format("`if err != nil {{}}`"), "go"),
    _evasion(
        r"\brescue\b[^\n]{0,60}(?:;\s*|\n\s*)(?:nil\s*)?end\b|\brescue\s+nil\b",
        _SWALLOWS.format("`rescue`"),
        "ruby crystal",
    ),
    _evasion(
        r"\bexcept\s*:|\bexcept\s*\(?\s*(?:Base)?Exception\b",
        _CATCHES_ALL.format("`except`"),
        "python python3",
        r"BLE001|E722|bare",
    ),
    _evasion(
        r"\bcatch\s*\(\s*(?:final\s+)?(?:\.\.\.|(?:\w+\.)?(?:Exception|Throwable|Error)\b)",
        _CATCHES_ALL.format("`catch`"),
        _C | {"java", "csharp", "kotlin", "php", "scala"},
    ),
    _evasion(r"\|\|\s*(?:true\b|:(?=\s|$))|[2&]>\s*/dev/null|^\s*set\s+\+[eu]", "It hides errors with {}.", _SHELLS),
    _evasion(r"(?<![\w$*@/#'\"])@\$?[A-Za-z_\\][\w\\]*\s*(?:\(|\[|->|::)", "It hides errors with `@`.", "php"),
    _evasion(
        r"(?<![\w$*@/#'\"])@\$\w+|\?\?\s*(?:null\b|''|\"\")|\bisset\(\s*\$\w+\s*\)|^\s*global\s+\$\w+"
        r"|^\s*\$\w+\s*=\s*(?:null|''|\"\"|0|\[\]|false)\s*;",
        "It hides the missing variable with {}.",
        "php",
        only="undefined",
    ),
    _evasion(
        r"\btypeof\s*\(?\s*\w+\s*\)?\s*[!=]==?\s*[\"'`]undefined|[\"'`]undefined[\"'`]\s*[!=]==?\s*typeof\b",
        "It hides the missing name with `typeof`.",
        _SCRIPTS,
        only="not defined|cannot find name",
    ),
    _evasion(
        r"\beval\b|^\s*set\s+-f\b|\bnoglob\b|^\s*IFS=",
        "It hides the code from the check with {}.",
        _SHELLS,
        only="word splitting|globbing|quote",
    ),
    _evasion(
        r"^\s*from\s+[\w.]+\s+import\s+\*",
        "It imports every name ({}).",
        "python python3",
        only="undefined|not defined",
    ),
    _evasion(r"\b(?:errstate|seterr)\s*\(", "It hides errors with {}.", "python python3"),
    # Code for some builds or some runs only
    _evasion(
        r"^\s*#\s*if(?:n?def)?\b",
        "It compiles the code only under a condition.",
        _C | {"csharp", "swift", "fsharp"},
        r"redefin|include guard|pragma once",
    ),
    _evasion(r"\#!?\[\s*cfg\s*\(", "It compiles the code only under a condition.", "rust"),
    _evasion(
        r"^\s*//\s*(?:go:build|\+build)\b", "It compiles the code only under a condition.", "go", place="comments"
    ),
    _evasion(
        r"^\s*(?:el)?if\s+(?:not\s+)?(?:sys\.(?:version_info|platform)|os\.name)\b",
        "It runs the code only under a condition.",
        "python python3",
        r"version|platform|windows|linux|darwin|win32|tomllib|python ?[23]",
    ),
    _evasion(
        r"^\s*if\s+(?:\w+\.)?TYPE_CHECKING\s*:",
        "Only the type checker sees the code then.",
        "python python3",
        r"type.?checking|TC[HC]?00|circular|cyclic",
    ),
)
_UNKNOWN = re.compile(
    r"not defined|undefined|undeclared|implicit declaration|not declared|cannot find|can't find|could not find|not found|unresolved|unknown|no such|not in scope|does not exist"
    r"|has no (?:member|attribute|property)|cannot access (?:member|attribute)|referenced but not assigned",
    re.IGNORECASE,
)
_UNBOUND = re.compile(r"possibly|may be|might|used before|uninitiali[sz]ed|unbound|referenced before", re.IGNORECASE)
_DEFINES = (  # what makes a name known: {name} is replaced
    r"(?:^|[;{]|\b(?:then|do|else)\b)[ \t]*(?:export[ \t]+)?(?:(?:global|nonlocal|int|long|char|double|float|auto|unsigned|bool|size_t|let|var|const|val|static|local|my|our|declare|readonly|String)\b[\w \t*&:<>-]{0,120}[ \t*&$])?"
    r"\$?{name}[ \t]*(?::(?!:)[^=\n]{1,80})?(?::=|=(?![=~>]))"
    r"|(?<![\w.]){name}[ \t]*:=|^[ \t]*{name}[ \t]*:[ \t]*[A-Z_a-z][\w.\[\], |]{0,60}$|(?<![\w.])(?:var|val)[ \t]+{name}\b"
    r"|^[ \t]*(?:extern[ \t]+)?(?:(?:unsigned|const|struct[ \t]\w+|int|long|char|double|float|bool|void|size_t)[ \t*]+){1,4}{name}[ \t]*\([^)\n]{0,160}\)[ \t]*;"
    r"|(?<![\w.])(?:global|nonlocal|int|long|char|double|float|unsigned|bool|size_t|let|var|extern|local|my|our)[ \t][\w \t*,$]{0,120}\b{name}[ \t]*(?:;|$)"
    r"|\bdeclare[ \t]+(?:const|let|var|function|class|namespace|module|enum|type)[ \t]+{name}\b"
    r"|(?<![\w.])(?:def|class|function\*?|fn|func|fun|struct|enum|union|interface|type|trait|sub|macro_rules!|typedef[ \t][\w \t*]{1,80}|using|extern[ \t][\w \t*]{1,80}|\#[ \t]{0,4}define)[ \t]+{name}\b"
    r"|^[ \t]*(?:[\w*]+[ \t]*,[ \t]*){0,9}{name}[ \t]*,[\w \t,*]{0,80}=(?!=)"
    r"|\bfor[ \t]+(?:\w+[ \t]*,[ \t]*)?{name}[ \t]+(?:in|of)\b|\blambda[ \t]+{name}[ \t]*:"
    r"|^(?![^\n]{0,80}\bimport\b)[^\n]{0,160}\bas[ \t]+{name}[ \t]*[:,)]"
    r"|\b(?:def|function|func|fn)[ \t]+\w+[ \t]*\([^)\n]{0,160}(?<![\w.]){name}(?![\w(.])"
)
_MOST_NAMED = 3
# Files that say what tools report.
_CONFIGURATION = re.compile(
    r"(?:pyproject|ruff|\.ruff|clippy|\.clippy|rustfmt|Cargo|taplo|\.?mypy|\.?bandit|\.?gitleaks)\.toml|setup\.cfg|tox\.ini|\.?mypy\.ini|pytest\.ini|\.flake8|\.?pylintrc(?:\.toml)?"
    r"|pyrightconfig\.json|[jt]sconfig[\w.-]*\.json|\.eslintrc(?:\.\w+)?|eslint\.config\.\w+|\.?(?:biome|deno|tslint|oxlintrc|jshintrc)\.jsonc?|\.jshintrc|\.stylelintrc(?:\.\w+)?"
    r"|\.golangci\.\w+|\.clang-tidy|\.clangd|\.luarc\.jsonc?|\.luacheckrc|\.shellcheckrc|\.rubocop\w*\.yml|phpstan\.neon(?:\.dist)?|psalm\.xml|detekt\.ya?ml|lint\.xml"
    r"|stylecop\.json|\.editorconfig|\.globalconfig|\.(?:yamllint|ansible-lint|hadolint|markdownlint)[\w.]*|analysis_options\.ya?ml|\.swiftlint\.yml|package\.json"
    r"|(?:jest|vitest|vite)\.config\.\w+|CMakeLists\.txt|(?:GNU)?[Mm]akefile|Directory\.Build\.props|[\w.-]+\.csproj"
)
_LESS_CHECKED = re.compile(
    r"\b(?:ignore\w*|exclude\w*|skip\w*|disable\w*|suppress\w*|allow\w*|off|false|False|none|warn|NoWarn|nowarn|basic|silent|xfail_strict|passWithNoTests|noqa|omit|per-file-ignores|extend-ignore)\b|-Wno-[\w-]+|-w\b"
)


def evasions(
    old: Sequence[CodeLine],
    new: Sequence[CodeLine],
    *,
    language: Language | None,
    message: str,
    name: str = "",
    is_removal_asked: bool = False,
    around: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> list[str]:
    """Sentences about the changed lines of an edit, ``old`` before and ``new`` after it, that fixes ``message``.

    ``name`` is the file's name, ``around`` are the document's lines above and below ``new``.
    """
    ids = language.language_ids if language is not None else ()
    concerns = [
        *_escapes(old, new, ids, message),
        *_by_table(old, new, frozenset(ids), message),
        *changed_tests(old, new, message, is_removal_asked=is_removal_asked, around=around),
        *_made_up(old, new, message),
        *_configured(old, new, name),
    ]
    return list(dict.fromkeys(concerns))


def words_of(lines: Sequence[CodeLine]) -> Counter[str]:
    """The words and numbers of code."""
    return Counter(_WORD.findall(code_of(lines)))


def _expressions(lines: Sequence[CodeLine]) -> str:
    """The code with empty strings, except for those that hold code, and without the lines of imported names."""
    codes = []
    for line in lines:
        code = "" if any(parent in _SPECIFIERS for parent, *_ in line.tokens) else line.code
        for _, kind, text in line.tokens:
            body = text[1:]  # the text of a string begins with the length of its quotes
            if "string" in kind and text[:1].isdigit() and "{" not in body and "$" not in body:
                for quote in "'\"":
                    code = code.replace(f"{quote}{body}{quote}", quote + quote)
        codes.append(code)
    return "\n".join(codes)


def _notes(lines: Sequence[CodeLine]) -> str:
    return "\n".join(note for line in lines for note in line.notes)


def _escapes(old: Sequence[CodeLine], new: Sequence[CodeLine], ids: Sequence[str], message: str) -> list[str]:
    """Words that hide code from the type check, new error handlers, and errors in place of results."""
    gained = set(words_of(new) - words_of(old))
    unknown = unknown_name(message)
    imported = {unknown.name} if unknown is not None and unknown.kind == "name" else frozenset[str]()
    concerns: list[str] = []
    if words := sorted((gained - imported) & frozenset().union(*(_TYPE_ESCAPES.get(one, ()) for one in ids))):
        concerns.append(_HIDES.format(f"`{words[0]}`"))
    if (gained & _HANDLERS) - set(_WORD.findall(message)) and not _ABOUT_HANDLERS.search(message):
        concerns.append("It adds an error handler to the reported code.")
    raised, before = (sum(count for word, count in words_of(lines).items() if word in _RAISES) for lines in (new, old))
    lost = words_of(old) - words_of(new)
    if raised > before and "return" in lost and not _RAISES & set(_WORD.findall(message)):
        concerns.append("It raises an error in place of a result.")
    return concerns


def _by_table(old: Sequence[CodeLine], new: Sequence[CodeLine], ids: frozenset[str], message: str) -> list[str]:
    texts: Mapping[_Place, tuple[str, str]] = {
        "code": (code_of(old), code_of(new)),
        "expressions": (_expressions(old), _expressions(new)),
        "comments": (_notes(old), _notes(new)),
    }
    for one in _EVASIONS:
        if not one.applies_to(ids, message):
            continue
        before, after = texts[one.place]
        come = Counter(_matched(one.pattern, after)) - Counter(_matched(one.pattern, before))
        if sum(come.values()) and len(_matched(one.pattern, after)) > len(_matched(one.pattern, before)):
            return [one.sentence.format(f"`{shortened(next(iter(come)).rstrip(' ({:'), 40)}`")]
    return []


def _matched(pattern: re.Pattern[str], text: str) -> list[str]:
    return [" ".join(match[0].split()) for match in pattern.finditer(text)]


def _made_up(old: Sequence[CodeLine], new: Sequence[CodeLine], message: str) -> list[str]:
    """A concern about an unknown name of the message that the edit defines itself, or turns into text."""
    if not _UNKNOWN.search(message) or _UNBOUND.search(message):
        return []
    before, after = _expressions(old), _expressions(new)
    unknown = unknown_name(message)
    unquoted = (unknown.name,) if unknown is not None and unknown.kind == "name" else ()
    for name in dict.fromkeys((*quoted_names(message)[:_MOST_NAMED], *unquoted)):
        defines = re.compile(_DEFINES.replace("{name}", re.escape(name)), re.MULTILINE)
        if len(defines.findall(after)) > len(defines.findall(before)):
            return [f"It defines `{shortened(name, 40)}` itself."]
        code, text = (_uses(name, old), _uses(name, new))
        if text[0] < code[0] and text[1] > code[1]:
            return [f"It turns `{shortened(name, 40)}` into text."]
    return []


def _uses(name: str, lines: Sequence[CodeLine]) -> tuple[int, int]:
    """The number of occurrences of ``name`` in code, and in strings that contain no code."""
    # The text of a string begins with the length of its quotes.
    word = re.compile(rf"(?<![^\W\d]){re.escape(name)}(?!\w)")
    in_code = in_text = 0
    for line in lines:
        for _, kind, text in line.tokens:
            count = len(word.findall(text))
            if "string" in kind and "{" not in text and "$" not in text:
                in_text += count
            else:
                in_code += count
    return in_code, in_text


def _configured(old: Sequence[CodeLine], new: Sequence[CodeLine], name: str) -> list[str]:
    """A concern about an edit of a configuration file that makes a tool report less."""
    if not _CONFIGURATION.fullmatch(name):
        return []
    before, after = Counter(_LESS_CHECKED.findall(code_of(old))), Counter(_LESS_CHECKED.findall(code_of(new)))
    come = after - before
    if not come:
        return []
    return [f"It changes what tools report (`{next(iter(come))}`)."]
