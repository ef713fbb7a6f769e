"""Does an edit make a compiler read files elsewhere? Its messages would quote them, and the next prompt the messages.

``include_str!("/home/me/.netrc")`` needs no execution to tell what is in that file. Such an edit fails its check and no
checker is run on it; an include that the file had before does not count. Pure.
"""

from __future__ import annotations

import re

from autothink_lsp.verify.values import CheckResult

_READS = re.compile(
    r"""(?:\binclude(?:_str|_bytes)?!\s*\(\s*(?:concat!|env!|r?\#*["'])
      | ^\s*\#\s*(?:include|include_next|embed)\s*(?:["<](?:[/~\\]|\.\.|[A-Za-z]:)|[A-Z_]+\s*$)
      | //go:embed | \#cgo\b
      | \.incbin\b | \basm\b.{0,80}\.incbin
      | ///?\s*<reference\s+path | \bimport\s{0,8}(?:type\s{0,8})?[^;\n]{0,80}["'](?:/|~|(?:\.\./){2,}|file:)
      | @embedFile\s*\( )""",
    re.VERBOSE,
)


def reads_elsewhere(before: str, after: str) -> CheckResult | None:
    """The failed check, or ``None``."""
    present = set(before.split("\n"))
    for line in after.split("\n"):
        if line not in present and _READS.search(line):
            return CheckResult("files", "failed", "it makes the compiler read another file")
    return None
