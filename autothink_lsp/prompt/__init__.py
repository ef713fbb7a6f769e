"""Prompts as text: FIM prompts (``fim/``), chat requests (``chat.py``) and think profiles (``think/``).

Decides how context and messages are written for a model. Must not do I/O or choose the context.
"""
