"""Learns on the user's own code when thinking pays: tasks, paired runs, fit, gate and report.

Imported by the command ``tune`` alone, never by the server.
"""
