"""Suppression: decides where no suggestion is shown although a model would generate one.

Applies to automatic requests only. Must not send requests.
"""
