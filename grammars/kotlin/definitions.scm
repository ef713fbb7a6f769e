(function_declaration name: (_) @name) @definition.function
(class_body (function_declaration name: (_) @name) @definition.method)
(class_declaration name: (_) @name) @definition.class
(object_declaration name: (_) @name) @definition.class
(type_alias type: (_) @name) @definition.type
(source_file (property_declaration (variable_declaration (identifier) @name)) @definition.variable)
(class_body (property_declaration (variable_declaration (identifier) @name)) @definition.variable)
