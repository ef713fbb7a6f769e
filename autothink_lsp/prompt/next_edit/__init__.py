"""Prompts of next-edit models: dialects as data, rendering, reading of answers, detection of a server's dialect.

Pure. A next-edit model is trained on one dialect and gives no useful answers in another one.
"""
