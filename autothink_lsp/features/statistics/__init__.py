"""Counts of actions and suggestions, in SQLite on this machine.

Decides what is counted. Must not hold code, paths or messages, must not send
anything, and must not cost the user anything when it fails.
"""
