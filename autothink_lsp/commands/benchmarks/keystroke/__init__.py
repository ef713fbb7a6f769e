"""What ``autothink-lsp bench keystroke`` measures with: a person who types, made-up models, counts."""
