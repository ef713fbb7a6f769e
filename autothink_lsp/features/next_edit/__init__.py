"""Next edits: what the user will change next, proposed where it will be changed.

Rules without a model (``rules/``) read the edit history (``history.py``); a verifier (``verifier.py``) drops what
would do harm. Nothing here thinks, waits for a server or knows LSP.
"""
