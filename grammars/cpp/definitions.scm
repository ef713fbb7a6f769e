(class_specifier name: (_) @name body: (_)) @definition.class
(alias_declaration name: (_) @name) @definition.type
(field_declaration_list
  (function_definition declarator: (function_declarator declarator: (_) @name)) @definition.method)
(field_declaration_list
  (declaration declarator: (function_declarator declarator: (_) @name)) @definition.method)
(field_declaration_list
  (field_declaration declarator: (function_declarator declarator: (_) @name)) @definition.method)
(function_definition
  declarator: (function_declarator declarator: (qualified_identifier) @name)) @definition.method
(field_declaration_list (field_declaration declarator: (field_identifier) @name) @definition.variable)
(namespace_definition
  body: (_ (declaration declarator: (init_declarator declarator: (identifier) @name)) @definition.variable))
