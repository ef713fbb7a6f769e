"""The parts of ``eval``: tasks, policies, runners, statistics.

Must not be imported by the server.
"""
