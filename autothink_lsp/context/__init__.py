"""Context for prompts: which lines of the document and of other files a model may see.

Decides the window, the blocks from other files (``sources/``, ``index/``), and what is never sent (privacy, ignore
files, secrets). Must not know models or lay out prompts.
"""
