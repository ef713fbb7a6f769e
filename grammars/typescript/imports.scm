(import_statement source: (string (string_fragment) @import.source)) @import
(import_statement (import_clause (identifier) @import.name)) @import
(import_statement (import_clause (namespace_import (identifier) @import.name))) @import
(import_statement (import_clause (named_imports (import_specifier name: (_) @import.name !alias)))) @import
(import_statement (import_clause (named_imports (import_specifier alias: (_) @import.name)))) @import
(import_statement
  (import_require_clause (identifier) @import.name source: (string (string_fragment) @import.source))) @import
