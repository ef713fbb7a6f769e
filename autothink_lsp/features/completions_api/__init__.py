"""OpenAI's ``/v1/completions`` for editors on this machine that speak no LSP for completions (Zed, cursortab.nvim).

Sends the client's prompt to the completion model and returns its answer. Every program on this machine can connect to a
loopback port, and so can a web page in a browser: ``gate.py`` decides which requests are answered.
"""
