"""Rules that find the next edit without a model. Each is a pure function of a ``RuleContext``; ``table.py`` has their
order."""
