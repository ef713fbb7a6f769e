"""Settings: one typed tree, merged from defaults, files, the environment and the client.

Decides which layer's value applies, and what a project that is not trusted may set. Reads setting files only; every bad
value becomes a problem with a sentence, never an exception. Must not know what a feature does with a setting.
"""
