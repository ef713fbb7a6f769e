"""The language server: LSP on one side, the features on the other. The only package that imports pygls and lsprotocol.

``transport`` and ``protocol`` carry messages, ``server`` serves one client, ``register`` is the table of handlers,
``session`` holds the objects that handlers use, ``client`` sends all requests and notifications to the editor,
``names`` has all protocol names of this project. Must not contain features, and imports nothing heavy before
``initialize`` is answered.
"""
