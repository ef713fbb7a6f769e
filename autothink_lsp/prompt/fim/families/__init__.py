"""The FIM families, one module each; ``table.py`` lists them."""
