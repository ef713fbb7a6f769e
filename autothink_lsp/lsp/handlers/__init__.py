"""Handlers of LSP methods and commands: they convert LSP's types, call the session, and convert the result.

``register.py`` has the table. A handler decides nothing about completion or actions; its errors are logged and answered
with an empty result.
"""
