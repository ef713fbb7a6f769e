"""The sources of context, one module each. A source offers snippets for a cursor; ``compose.py`` selects some."""
