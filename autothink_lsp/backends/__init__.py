"""Clients of model servers: streams of completions and chats, errors, credentials.

Decides how a request is sent, cancelled and retried with fewer optional fields, and whether an answer is complete. Must
not lay out prompts or know what a feature does with an answer. Plain http to this machine uses sockets directly
(`loopback.py`), all other requests use httpx. To add a backend: a file here, a line in `registry.py`, a row in the
contract tests.
"""
