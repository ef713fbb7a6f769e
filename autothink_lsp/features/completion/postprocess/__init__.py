"""Post-processing of output: the cut by syntax and the filters, in the order of ``pipeline.py``.

A filter only removes text; it never sends a request and never raises.
"""
