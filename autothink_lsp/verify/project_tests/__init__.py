"""Runs the project's tests as a check of an edit.

Decides which tests run, parses their output, and compares two runs, with and without the edit. Runs only on a copy of a
trusted folder. Must not report tests that hang, cannot start or are not found as passed.
"""
