"""Model servers that the language server starts, and the model files that they run.

llama.cpp is a child of the language server; vLLM and transformers are children of a supervisor that all editor windows
share. Decides how a server is started, restarted and given up, and which model fits the machine. Must not import a
model runtime: models are in the memory of other processes only.
"""
