"""Repairs that need no model: misspelt names, missing and unused imports, syntax slips, indentation, rewordings.

Makes only repairs that are certain from the text and its tree. Must not start a process, wait, or ask a model.
`rules.py` has the order of the rules, `repair_thread.py` the thread in which they run. A rule with many steps calls
``RepairContext.check_stop`` between them.
"""
