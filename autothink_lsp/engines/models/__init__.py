"""Models that the embedded engine can run: what there is, what is installed, and how to fetch it."""
