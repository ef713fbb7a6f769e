(rule_set (selectors) @name) @definition.class
(keyframes_statement (keyframes_name) @name) @definition.function
((declaration (property_name) @name) @definition.variable (#match? @name "^--"))
