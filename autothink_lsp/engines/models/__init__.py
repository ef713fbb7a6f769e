"""Models for the embedded engine: the catalogue, the installed files, and how a model is downloaded."""
