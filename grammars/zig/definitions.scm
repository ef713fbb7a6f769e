(function_declaration name: (_) @name) @definition.function
(struct_declaration (function_declaration name: (_) @name) @definition.method)
(enum_declaration (function_declaration name: (_) @name) @definition.method)
(union_declaration (function_declaration name: (_) @name) @definition.method)
(source_file (variable_declaration (identifier) @name) @definition.variable)
(source_file
  (variable_declaration
    (identifier) @name
    [(struct_declaration) (enum_declaration) (union_declaration) (opaque_declaration)]) @definition.type)
(container_field name: (_) @name) @definition.variable
