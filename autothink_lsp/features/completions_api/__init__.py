"""OpenAI's ``/v1/completions`` for editors on this machine that speak no LSP for completions (Zed, cursortab.nvim).

Passes a prompt to the completion model through the same backend as everything else, and its answer back. Every program
of this machine can connect to a loopback port, and so can a web page through the browser: ``gate.py`` decides which
request is answered.
"""
