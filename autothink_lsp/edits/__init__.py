"""Converts a model's answer to minimal edits of a document.

Decides which part of the answer is code, what it replaces, and which of its changes were requested; the others are
reverted or reported as a concern. Refuses (`EditRefused`) incomplete, ambiguous or unrelated code. Must not do I/O and
must not judge whether the code is right: that is `verify/`.
"""
