"""The node types with which each language's grammar binds names. Data; ``visible_names.py`` reads it.

Languages that are not listed get no repair that depends on scopes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import evolve, frozen


@frozen
class BindingRules:
    """``binders`` maps node types to the fields that contain the bound names; ``*`` stands for all children."""

    names: frozenset[str]  # leaves that are names
    functions: frozenset[str]  # scopes whose code runs later than the code around them
    scopes: frozenset[str]  # nodes that limit the visibility of names bound in them, including functions
    binders: Mapping[str, tuple[str, ...]]
    outer: Mapping[str, str]  # scope node to the field with its own name, which is visible around it
    skipped_fields: frozenset[str] = frozenset({"value", "right", "type", "key", "parameters", "size", "return_type"})
    skipped_types: frozenset[str] = frozenset(
        {"attribute", "subscript", "call", "member_expression", "subscript_expression", "type", "selector_expression"}
    )
    hidden_from_functions: frozenset[str] = frozenset()  # scopes that are not visible to functions inside them
    unordered: frozenset[str] = frozenset()  # scopes in which a name is visible before its binding
    inheriting: frozenset[str] = frozenset()  # nodes of a scope that make names of other files visible in it
    inheriting_bodies: frozenset[tuple[str, str]] = frozenset()  # (node, its child): scopes with names of other files
    late_module: bool = False  # module-level code sees only the module's names above it


_PYTHON = BindingRules(
    names=frozenset({"identifier"}),
    functions=frozenset({"function_definition", "lambda"}),
    scopes=frozenset(
        {"function_definition", "lambda", "class_definition", "list_comprehension", "set_comprehension"}
        | {"dictionary_comprehension", "generator_expression"}
    ),
    binders={
        "parameters": ("*",),
        "lambda_parameters": ("*",),
        "assignment": ("left",),
        "named_expression": ("name",),
        "for_statement": ("left",),
        "for_in_clause": ("left",),
        "as_pattern_target": ("*",),
        "case_pattern": ("*",),
        "type_alias_statement": ("left",),
        "import_statement": ("name",),
        "import_from_statement": ("name",),
        "future_import_statement": ("name",),
    },
    outer={"function_definition": "name", "class_definition": "name"},
    hidden_from_functions=frozenset({"class_definition"}),
    unordered=frozenset(
        {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
    ),
    late_module=True,
)
_JAVASCRIPT_FUNCTIONS = frozenset(
    {"function_declaration", "generator_function_declaration", "function_expression", "generator_function"}
    | {"arrow_function", "method_definition"}
)
_NAMED_TYPES = dict.fromkeys(
    ("class_declaration", "abstract_class_declaration", "interface_declaration", "internal_module"), "name"
)
_JAVASCRIPT = BindingRules(
    names=frozenset(
        {"identifier", "type_identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}
    ),
    functions=_JAVASCRIPT_FUNCTIONS,
    scopes=_JAVASCRIPT_FUNCTIONS
    | {"statement_block", "for_statement", "for_in_statement", "catch_clause", "switch_body", "class"}
    | set(_NAMED_TYPES),
    binders={
        "formal_parameters": ("*",),
        "required_parameter": ("pattern",),
        "optional_parameter": ("pattern",),
        "arrow_function": ("parameter",),
        "variable_declarator": ("name",),
        "catch_clause": ("parameter",),
        "for_in_statement": ("left",),
        "import_clause": ("*",),
        "type_alias_declaration": ("name",),
        "enum_declaration": ("name",),
        "function_signature": ("name",),
        "type_parameter": ("name",),
    },
    outer={"function_declaration": "name", "generator_function_declaration": "name", **_NAMED_TYPES},
)
_GO = BindingRules(
    names=frozenset({"identifier", "type_identifier", "package_identifier"}),
    functions=frozenset({"function_declaration", "method_declaration", "func_literal"}),
    scopes=frozenset(
        {"function_declaration", "method_declaration", "func_literal", "block", "if_statement", "for_statement"}
        | {"expression_switch_statement", "type_switch_statement", "expression_case", "type_case", "default_case"}
        | {"communication_case"}
    ),
    binders={
        "parameter_declaration": ("name",),
        "variadic_parameter_declaration": ("name",),
        "short_var_declaration": ("left",),
        "range_clause": ("left",),
        "var_spec": ("name",),
        "const_spec": ("name",),
        "type_spec": ("name",),
        "type_alias": ("name",),
        "type_parameter_declaration": ("name",),
        "import_spec": ("name",),
    },
    outer={"function_declaration": "name"},
)
_RUST = BindingRules(
    names=frozenset({"identifier", "type_identifier"}),
    functions=frozenset({"function_item", "closure_expression"}),
    scopes=frozenset(
        {"function_item", "closure_expression", "block", "if_expression", "match_arm", "for_expression"}
        | {"while_expression", "impl_item", "trait_item", "mod_item"}
    ),
    binders={
        "parameter": ("pattern",),
        "let_declaration": ("pattern",),
        "for_expression": ("pattern",),
        "match_pattern": ("*",),
        "let_condition": ("pattern",),
        "closure_parameters": ("*",),
        "struct_item": ("name",),
        "enum_item": ("name",),
        "const_item": ("name",),
        "static_item": ("name",),
        "type_item": ("name",),
        "use_declaration": ("argument",),
    },
    outer={"function_item": "name", "trait_item": "name", "mod_item": "name"},
    skipped_fields=frozenset({"value", "right", "type", "key", "parameters", "path", "condition"}),
)
_C = BindingRules(
    names=frozenset({"identifier"}),
    functions=frozenset({"function_definition"}),
    scopes=frozenset({"function_definition", "compound_statement", "for_statement"}),
    binders={
        "parameter_declaration": ("declarator",),
        "declaration": ("declarator",),
        "preproc_def": ("name",),
        "preproc_function_def": ("name",),
        "enumerator": ("name",),
    },
    outer={"function_definition": "declarator"},
)

_JAVA = BindingRules(
    names=frozenset({"identifier", "type_identifier", "boolean_type", "integral_type"}),
    functions=frozenset({"method_declaration", "constructor_declaration", "lambda_expression"}),
    scopes=frozenset(
        {
            "method_declaration",
            "constructor_declaration",
            "lambda_expression",
            "class_declaration",
            "interface_declaration",
        }
        | {
            "record_declaration",
            "enum_declaration",
            "class_body",
            "enum_body",
            "interface_body",
            "block",
            "for_statement",
        }
        | {"enhanced_for_statement", "catch_clause", "try_with_resources_statement", "switch_block_statement_group"}
    ),
    binders={
        "formal_parameter": ("name",),
        "catch_formal_parameter": ("name",),
        "variable_declarator": ("name",),
        "enhanced_for_statement": ("name",),
        "resource": ("name",),
        "inferred_parameters": ("*",),
        "type_parameter": ("*",),
        "enum_constant": ("name",),
    },
    outer={
        "class_declaration": "name",
        "interface_declaration": "name",
        "record_declaration": "name",
        "enum_declaration": "name",
    },
    unordered=frozenset({"class_body", "enum_body", "interface_body"}),
    inheriting=frozenset({"superclass", "super_interfaces", "extends_interfaces"}),
    inheriting_bodies=frozenset({("object_creation_expression", "class_body")}),
)

RULES: Mapping[str, BindingRules] = MappingProxyType(
    {
        "python": _PYTHON,
        "javascript": _JAVASCRIPT,
        "typescript": _JAVASCRIPT,
        "tsx": _JAVASCRIPT,
        "go": _GO,
        "rust": _RUST,
        "java": _JAVA,
        "c": _C,
        "cpp": evolve(_C, functions=_C.functions | {"lambda_expression"}),
    }
)
