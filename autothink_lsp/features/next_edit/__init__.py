"""Next edits: what the user will change next, proposed where it will be changed.

Rules without a model (``rules/``) read the edit history (``history.py``); where they find nothing a next-edit model may
be asked (``models.py``). A verifier (``verifier.py``) drops what would do harm. Nothing here thinks or knows LSP.
"""
