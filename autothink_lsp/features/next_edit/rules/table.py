"""The rules in the order in which they are asked: the most certain ones first. Pure."""

from __future__ import annotations

from autothink_lsp.features.next_edit.proposal import Rule
from autothink_lsp.features.next_edit.rules.added_field import added_field
from autothink_lsp.features.next_edit.rules.awaited_function import awaited_function
from autothink_lsp.features.next_edit.rules.changed_parameter import changed_parameter
from autothink_lsp.features.next_edit.rules.deleted_import import deleted_import
from autothink_lsp.features.next_edit.rules.imports import missing_import, unused_import
from autothink_lsp.features.next_edit.rules.line_ends import line_ends
from autothink_lsp.features.next_edit.rules.line_pattern import line_pattern
from autothink_lsp.features.next_edit.rules.list_numbers import list_numbers
from autothink_lsp.features.next_edit.rules.marked_names import marked_names
from autothink_lsp.features.next_edit.rules.markup_marks import markup_marks
from autothink_lsp.features.next_edit.rules.numbered_lines import numbered_lines
from autothink_lsp.features.next_edit.rules.parallel_list import parallel_list
from autothink_lsp.features.next_edit.rules.parameter_docs import parameter_docs
from autothink_lsp.features.next_edit.rules.renamed_definition import renamed_definition
from autothink_lsp.features.next_edit.rules.repeated_change import repeated_change
from autothink_lsp.features.next_edit.rules.same_lines import same_lines
from autothink_lsp.features.next_edit.rules.span_pattern import span_pattern
from autothink_lsp.features.next_edit.rules.string_form import string_form
from autothink_lsp.features.next_edit.rules.syntax_slip import syntax_slip
from autothink_lsp.features.next_edit.rules.table_columns import table_columns
from autothink_lsp.features.next_edit.rules.tool_comment import tool_comment
from autothink_lsp.features.next_edit.rules.twin_branch import twin_branch
from autothink_lsp.features.next_edit.rules.vendor_prefixes import vendor_prefixes

RULES: tuple[Rule, ...] = (
    syntax_slip,
    renamed_definition,
    marked_names,
    awaited_function,
    tool_comment,
    table_columns,
    markup_marks,
    list_numbers,
    vendor_prefixes,
    numbered_lines,
    string_form,
    line_pattern,
    span_pattern,
    repeated_change,
    same_lines,
    line_ends,
    changed_parameter,
    added_field,
    parallel_list,
    parameter_docs,
    twin_branch,
    missing_import,
    unused_import,
    deleted_import,
)
