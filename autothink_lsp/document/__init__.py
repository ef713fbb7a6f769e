"""Open documents as the client has them: immutable texts (ropes), positions in the client's units, edits.

Must not parse, and must not know a language.
"""
