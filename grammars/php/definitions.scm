(function_definition name: (_) @name) @definition.function
(method_declaration name: (_) @name) @definition.method
(class_declaration name: (_) @name) @definition.class
(interface_declaration name: (_) @name) @definition.type
(trait_declaration name: (_) @name) @definition.type
(enum_declaration name: (_) @name) @definition.type
(const_declaration (const_element (name) @name)) @definition.variable
(property_declaration (property_element name: (variable_name (name) @name))) @definition.variable
