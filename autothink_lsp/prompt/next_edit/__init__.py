"""Prompts of next-edit models: dialects as data, their rendering, how an answer is read, which dialect a server speaks.

Pure. A next-edit model is trained on one dialect and says nothing useful in another one.
"""
