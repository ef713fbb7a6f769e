"""The features of the server, independent of LSP: completion, actions, probing of model servers, statistics.

A feature combines context, prompt, backend, stream and syntax. Must not import ``lsp``, and must not construct a
backend: ``connector.py`` does.
"""
