"""Checks of an edit on a copy: parsing, public names, the language's checkers, the project's tests.

Decides what an edit breaks and whether the reported message is gone. Must not touch the user's files, and must not
report a check that did not run as passed. Programs run in limited processes (`sandbox.py`); those of a project only
where its folder is trusted.
"""
