(function_definition name: (_) @name) @definition.function
(function_declaration name: (_) @name) @definition.function
(template_body (function_definition name: (_) @name) @definition.method)
(template_body (function_declaration name: (_) @name) @definition.method)
(class_definition name: (_) @name) @definition.class
(object_definition name: (_) @name) @definition.class
(trait_definition name: (_) @name) @definition.type
(enum_definition name: (_) @name) @definition.type
(type_definition name: (_) @name) @definition.type
(given_definition name: (_) @name) @definition.variable
(template_body (val_definition pattern: (identifier) @name) @definition.variable)
(template_body (var_definition pattern: (identifier) @name) @definition.variable)
(compilation_unit (val_definition pattern: (identifier) @name) @definition.variable)
