; Of several patterns that match one node the last one in the file counts.
(function_definition name: (_) @name) @definition.function
(class_definition name: (_) @name) @definition.class
(class_definition
  body: (block [
    (function_definition name: (_) @name) @definition.method
    (decorated_definition definition: (function_definition name: (_) @name) @definition.method)
  ]))
(module (expression_statement (assignment left: (identifier) @name) @definition.variable))
(class_definition
  body: (block (expression_statement (assignment left: (identifier) @name) @definition.variable)))
(type_alias_statement left: (type (identifier) @name)) @definition.type
