"""Counts of actions and suggestions, in SQLite on this machine.

Decides what is counted. Must not hold code, paths or messages, and must not send anything. A failure only switches
counting off.
"""
