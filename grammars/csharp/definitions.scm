(class_declaration name: (_) @name) @definition.class
(record_declaration name: (_) @name) @definition.class
(struct_declaration name: (_) @name) @definition.type
(interface_declaration name: (_) @name) @definition.type
(enum_declaration name: (_) @name) @definition.type
(delegate_declaration name: (_) @name) @definition.type
(method_declaration name: (_) @name) @definition.method
(constructor_declaration name: (_) @name) @definition.method
(local_function_statement name: (_) @name) @definition.function
(property_declaration name: (_) @name) @definition.variable
(field_declaration (variable_declaration (variable_declarator name: (_) @name))) @definition.variable
