"""Finds callers of a function whose parameters an edit changes, in the project's files, and updates them."""
