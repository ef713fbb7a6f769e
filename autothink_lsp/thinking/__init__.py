"""Whether a request thinks, with which budget, and which attempt follows a failed one.

Decides from values only (`signals.py`): hard rules and the user's choice (`policy.py`), a model that judges itself,
else the expected value of each sequence of attempts (`features.py`, `weights.py`, `utility.py`), and then the failed
attempts (`escalation.py`). Must not do I/O, await, or know a server or a tag.
"""
