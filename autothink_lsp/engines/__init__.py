"""Model servers that the language server starts, and the model files that they run.

They are children of a supervisor that all editor windows share; llama.cpp may also be a child of the language server.
Decides how a server is started, restarted and given up, and which model fits the machine. Must not import a
model runtime: models are in the memory of other processes only.
"""
