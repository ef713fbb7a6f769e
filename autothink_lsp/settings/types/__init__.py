"""The types of values that a setting can have: parsing, JSON schema, masking of secrets, and merging of two layers.

Must not read files, and must not know which settings exist.
"""
