"""Sorts the messages of many checkers into a few families, which is all that the policy needs to know of them."""
# ruff: noqa: E501 - a table of regular expressions

from __future__ import annotations

import re
from enum import StrEnum

from attrs import frozen


class DiagnosticFamily(StrEnum):
    """Ordered roughly from what needs no thought to what does."""

    FORMAT = "format"
    UNUSED = "unused"
    IMPORT = "import"
    UNDEFINED = "undefined"
    SYNTAX = "syntax"
    DEPRECATED = "deprecated"
    ATTRIBUTE = "attribute"
    ARGUMENTS = "arguments"
    TYPE = "type"
    NONE = "none"
    EXHAUSTIVE = "exhaustive"
    OWNERSHIP = "ownership"
    RACE = "race"
    WRONG_RESULT = "wrong_result"
    OTHER = "other"


@frozen
class _Row:
    family: DiagnosticFamily
    code: str = ""
    message: str = ""


_F = DiagnosticFamily
# The first row that fits counts: codes before words, the special before the general.
_TABLE = (
    _Row(_F.UNUSED, r"^(F401|F841|F811|W0611|W0612|6133|6192|6196|SC2034|unused_imports|unused_variables|UnusedImport"
         r"|UnusedVar|reportUnused\w*|no-unused-vars|unusedfunc|dead_code)$"),
    _Row(_F.IMPORT, r"^(reportMissingImports|reportMissingModuleSource|E0401|2307|E0432|E0433|import-not-found|import-untyped"
         r"|BrokenImport|7016)$"),
    _Row(_F.UNDEFINED, r"^(reportUndefinedVariable|F821|E0602|name-defined|2304|2552|2503|UndeclaredName|UndeclaredImportedName"
         r"|undeclared_var_use\w*|E0425|E0412|no-undef|SC2154|SC2153)$"),
    _Row(_F.SYNTAX, r"^(E999|E9\d\d|invalid-syntax|syntax-error|E0001|1\d\d\d|SC10\d\d|syntax)$"),
    _Row(_F.NONE, r"^(reportOptional\w*|18047|18048|18049|2531|2532|2533|union-attr|nilness|SA5011)$"),
    _Row(_F.ATTRIBUTE, r"^(reportAttributeAccessIssue|attr-defined|E1101|2339|2551|MissingFieldOrMethod|E0599|E0609)$"),
    _Row(_F.ARGUMENTS, r"^(reportCallIssue|call-arg|E1120|E1121|2554|2555|2769|WrongArgCount|E0061)$"),
    _Row(_F.EXHAUSTIVE, r"^(reportMatchNotExhaustive|E0004|7030|2366|SA4006|non-exhaustive)$"),
    _Row(_F.OWNERSHIP, r"^(E0382|E0499|E0502|E0505|E0506|E0507|E0515|E0597|E0716|E0106|E0621|E0373)$"),
    _Row(_F.DEPRECATED, r"^(reportDeprecated|deprecated|6385|UP\d+|SA1019)$"),
    _Row(_F.TYPE, r"^(report(Argument|Assignment|Return|Index|Operator|General|IncompatibleMethodOverride)\w*|arg-type"
         r"|assignment|return-value|operator|index|2322|2345|2362|2363|2365|2740|2741|IncompatibleAssign|MismatchedTypes"
         r"|E0308|E0277|InvalidBinaryExpression)$"),
    _Row(_F.FORMAT, r"^(E[1-35]\d\d|W[1-6]\d\d|I001|Q\d+|COM\d+|C03\d\d|prettier/.*|gofmt|SC2086|semi|quotes|indent)$"),
    _Row(_F.WRONG_RESULT, "", r"assert|expected .* (but )?(got|was|received)|test failed|AssertionError|wrong result"),
    _Row(_F.RACE, "", r"data race|deadlock|race condition|not thread.?safe|await.*(forgot|missing)|never awaited"),
    _Row(_F.IMPORT, "", r"import .* could not be resolved|cannot find (module|package)|no module named|could not import"
         r"|unresolved import|file not found"),
    _Row(_F.UNUSED, "", r"(imported|declared|assigned).{0,20} (but|and) (never|not) (used|read|accessed)|is not accessed"
         r"|unused (import|variable|parameter)|never used|appears unused"),
    _Row(_F.UNDEFINED, "", r"is not defined|undefined name|undefined: |undeclared (name|identifier)|cannot find name"
         r"|cannot find (value|function|type)|use of undeclared|referenced but not assigned|unbound variable"),
    _Row(_F.SYNTAX, "", r"syntax ?error|was never closed|unterminated|unexpected (token|indent|eof|end of)|expected ['\"`:;)\]}]"
         r"|['\"`]?[:;)\]}]['\"`]? expected|missing ['\"`]?[:;)\]}]|invalid syntax|parse error|unclosed|unmatched"),
    _Row(_F.OWNERSHIP, "", r"borrow(ed)?\b|lifetime|use of moved value|does not live long enough"),
    _Row(_F.EXHAUSTIVE, "", r"not exhaust|non-exhaustive|not all code paths|missing (case|match arm|return)"),
    _Row(_F.NONE, "", r"possibly ['\"]?(null|undefined|none)|is possibly|\bNone\b|nil pointer|null pointer|Optional"),
    _Row(_F.ATTRIBUTE, "", r"(has|is) no (attribute|member|field|method)|unknown attribute|does not exist on type"
         r"|property .* does not exist"),
    _Row(_F.ARGUMENTS, "", r"(missing|too (many|few)|expected \d+).{0,30}arguments?|argument missing|no parameter named"
         r"|not enough arguments"),
    _Row(_F.TYPE, "", r"type mismatch|mismatched types|incompatible type|not assignable|cannot (use|convert)|not supported for"
         r"|expected type|type \S+ is not|invalid operation"),
    _Row(_F.DEPRECATED, "", r"deprecated"),
    _Row(_F.FORMAT, "", r"line too long|trailing whitespace|indentation (is|contains)|not formatted|blank line"),
)  # fmt: skip


def diagnostic_family(source: str, code: str, message: str) -> DiagnosticFamily:
    """The family of one message; ``OTHER`` where nothing fits. ``source`` settles codes that two checkers share."""
    bare = code.rpartition("(")[2].rstrip(")") if code.endswith(")") else code
    bare = bare.removeprefix("TS").removeprefix("ts")
    if "rust" in source.lower() and re.fullmatch(r"E[1-35]\d\d", bare):
        bare = ""
    for row in _TABLE:
        if row.code and bare and re.match(row.code, bare):
            return row.family
    for row in _TABLE:
        if row.message and re.search(row.message, message, re.IGNORECASE):
            return row.family
    return DiagnosticFamily.OTHER
