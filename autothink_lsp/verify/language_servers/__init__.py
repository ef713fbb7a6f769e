"""Language servers of the user's project, run on an edited text that exists in memory only.

``pool`` starts and keeps them, ``session`` opens the text before and after an edit in one of them and reads its
diagnostics, ``compare`` determines whether the message to fix is gone and which messages are new.
"""
