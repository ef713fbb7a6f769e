(function_item name: (_) @name) @definition.function
(function_signature_item name: (_) @name) @definition.function
(declaration_list (function_item name: (_) @name) @definition.method)
(declaration_list (function_signature_item name: (_) @name) @definition.method)
(mod_item (declaration_list (function_item name: (_) @name) @definition.function))
(struct_item name: (_) @name) @definition.type
(enum_item name: (_) @name) @definition.type
(union_item name: (_) @name) @definition.type
(trait_item name: (_) @name) @definition.type
(type_item name: (_) @name) @definition.type
(const_item name: (_) @name) @definition.variable
(static_item name: (_) @name) @definition.variable
(macro_definition name: (_) @name) @definition.function
