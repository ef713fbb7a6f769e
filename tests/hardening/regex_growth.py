"""Attacks every regular expression of the package with generated texts, and says which grow faster than the text.

    python -m tests.hardening.regex_growth [NAME...]

The patterns are collected at run time: ``re.compile`` and the functions of ``re`` are watched while all modules of the
package are imported and a few entry points run, so a new expression is attacked without being listed anywhere. The
texts are made from the pattern itself: each repeated part of its parse tree gives strings that the part matches, which
are repeated, with a beginning that reaches the part and an end that it cannot match.
"""

from __future__ import annotations

from pathlib import Path

import autothink_lsp

ROOT = Path(autothink_lsp.__file__).parent
SHORT, LONG = 1_500, 6_000
MOST_GROWTH = 7.0
"""Of the time from ``SHORT`` to ``LONG``, which are a factor of 4 apart: 4 is linear, 16 quadratic."""
LEAST_MS = 6.0
"""What takes less at ``LONG`` is not reported: noise, or a quadratic with a tiny constant."""
