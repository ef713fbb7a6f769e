"""Finds out by small requests what an endpoint really does, and what that means for its user.

Decides by effects: the text, the tokens, the counters. Must not trust a status code, a model's name or a server's
claim. The requests are `backends/probe.py`.
"""
