"""Syntax of documents: languages as folders of ``grammars/``, trees, scopes, and the cut of an answer.

A language without a grammar has no trees; everything else works. Must not know models or prompts.
"""
