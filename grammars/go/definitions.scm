(function_declaration name: (_) @name) @definition.function
(method_declaration name: (_) @name) @definition.method
(method_elem name: (_) @name) @definition.method
(type_spec name: (_) @name) @definition.type
(type_alias name: (_) @name) @definition.type
(source_file (const_declaration (const_spec name: (identifier) @name) @definition.variable))
(source_file (var_declaration (var_spec name: (identifier) @name) @definition.variable))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @definition.variable)))
