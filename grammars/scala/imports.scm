(import_declaration path: (_)+ @import.source) @import
(import_declaration (namespace_selectors (identifier) @import.name)) @import
(import_declaration (namespace_selectors (as_renamed_identifier alias: (_) @import.name))) @import
