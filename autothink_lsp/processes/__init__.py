"""How child processes are started, limited and ended.

Decides in which folder, with which environment and by which path a program is started, so that nothing of an open
project runs with it. Must not know what the programs are for. Modules named ``*_main.py``, here and in other packages,
are the main modules of child processes; the language server never imports them.
"""
