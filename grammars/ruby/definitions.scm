(method name: (_) @name) @definition.function
(class body: (body_statement (method name: (_) @name) @definition.method))
(module body: (body_statement (method name: (_) @name) @definition.method))
(singleton_method name: (_) @name) @definition.method
(class name: (_) @name) @definition.class
(module name: (_) @name) @definition.class
(assignment left: (constant) @name) @definition.variable
(program (assignment left: (identifier) @name) @definition.variable)
