"""Analysis of streaming output: when to stop reading, and which part is judge, thinking or answer.

Works on text that arrives in chunks: any split of a stream gives the same result. Must not do I/O.
"""
