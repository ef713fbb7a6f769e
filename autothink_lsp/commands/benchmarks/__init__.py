"""What ``autothink-lsp bench`` measures with: an editor that types like a person, and a model server made up here."""
