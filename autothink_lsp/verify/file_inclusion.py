"""Detects edits that make a compiler read other files, because its messages would quote their content in the next
prompt.

``include_str!("/home/me/.netrc")`` reveals a file without being executed. Such an edit fails this check and no checker
runs on it; an include that the file had before is allowed. Pure.
"""

from __future__ import annotations

import re

from autothink_lsp.verify.report import CheckResult

_READS = re.compile(
    r"""(?:\binclude(?:_str|_bytes)?!\s*\(\s*(?:concat!|env!|r?\#*["'])
      | ^\s*\#\s*(?:include|include_next|embed)\s*(?:["<](?:[/~\\]|\.\.|[A-Za-z]:)|[A-Z_]+\s*$)
      | //go:embed | \#cgo\b
      | \.incbin\b | \basm\b.{0,80}\.incbin
      | ///?\s*<reference\s+path | \bimport\s{0,8}(?:type\s{0,8})?[^;\n]{0,80}["'](?:/|~|(?:\.\./){2,}|file:)
      | @embedFile\s*\( )""",
    re.VERBOSE,
)


def check_file_inclusion(before: str, after: str) -> CheckResult | None:
    """The failed check if ``after`` has a new include of another file; else ``None``."""
    present = set(before.split("\n"))
    for line in after.split("\n"):
        if line not in present and _READS.search(line):
            return CheckResult("files", "failed", "it makes the compiler read another file")
    return None
