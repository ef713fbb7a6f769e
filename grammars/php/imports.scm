(namespace_use_declaration (namespace_use_clause . [(qualified_name) (name)] @import.source)) @import
(namespace_use_declaration (namespace_use_clause alias: (_) @import.name)) @import
(namespace_use_declaration
  (namespace_name) @import.source
  body: (namespace_use_group (namespace_use_clause (name) @import.name !alias))) @import
(namespace_use_declaration
  body: (namespace_use_group (namespace_use_clause alias: (_) @import.name))) @import
(require_expression (string (string_content) @import.source)) @import
(require_once_expression (string (string_content) @import.source)) @import
(include_expression (string (string_content) @import.source)) @import
(include_once_expression (string (string_content) @import.source)) @import
