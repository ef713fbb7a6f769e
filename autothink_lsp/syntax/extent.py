"""``Extent``: how much code belongs at a cursor. The stream and the cut use the same values."""

from __future__ import annotations

from enum import StrEnum


class Extent(StrEnum):
    """The extent of a hole. The values are also the reason ids of a cut.

    The stream decides before the answer arrives, by the text around the cursor, and limits the request: it never uses
    ``HEADER``, and uses ``LINES`` if the surrounding code does not determine the end. The cut decides with the answer's
    first line and never uses ``LINES``.
    """

    REST_OF_LINE = "rest_of_line"  # code follows on the cursor's line: the text between
    STATEMENT = "statement"  # one statement with its block
    LINES = "lines"  # some lines, whose end the answer's layout shows
    BLOCK = "block"  # the rest of the block
    HEADER = "header"  # deeper code without an opener follows: up to the opener
