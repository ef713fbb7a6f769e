; SQL has no imports.
