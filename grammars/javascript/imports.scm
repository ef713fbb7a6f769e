(import_statement source: (string (string_fragment) @import.source)) @import
(import_statement (import_clause (identifier) @import.name)) @import
(import_statement (import_clause (namespace_import (identifier) @import.name))) @import
(import_statement (import_clause (named_imports (import_specifier name: (_) @import.name !alias)))) @import
(import_statement (import_clause (named_imports (import_specifier alias: (_) @import.name)))) @import
((variable_declarator
  name: (_) @import.name
  value: (call_expression
    function: (identifier) @_function
    arguments: (arguments . (string (string_fragment) @import.source)))) @import
  (#eq? @_function "require"))
