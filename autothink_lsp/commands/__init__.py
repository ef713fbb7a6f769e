"""The commands of the command line, one module each, imported only when used.

A command parses its arguments, calls the packages that the server uses, and prints. Must not hold logic that the server
needs.
"""
