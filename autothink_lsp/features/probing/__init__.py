"""What an endpoint really does, found out by small requests, and what that means for its user.

Decides by effects: the text, the tokens, the counters. Must not trust a status code, a model's name or a server's
claim. The requests are `backends/probe.py`.
"""
