"""The dialects of the open next-edit models. Sources: ``docs/reference/next-edit-models.md``."""

from __future__ import annotations

from autothink_lsp.prompt.next_edit.dialect import NextEditDialect

_FILE_SEPARATOR = "<|file_sep|>"
_QWEN_CODER = (_FILE_SEPARATOR, "<|fim_prefix|>", "<|fim_middle|>")
_SEED_CODER = ("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>")
_DIFF = "--- a/{path}\n+++ b/{path}\n@@ {span} @@\n{removed}{added}"

SWEEP_V2 = NextEditDialect(
    name="sweep-v2",
    markers=_QWEN_CODER,
    names=(r"sweep.*v2", r"sweep"),
    template=(
        "<|file_sep|>{path}\n{broad}{edits}"
        "<|file_sep|>original/{path}:{first}:{last}\n{window}"
        "<|file_sep|>current/{path}:{first}:{last}\n{marked}"
        "<|file_sep|>updated/{path}:{first}:{last}\n{head}"
    ),
    edit="<|file_sep|>{path}.diff\noriginal:\n{old}updated:\n{new}",
    cursor="<|cursor|>",
    stop=(_FILE_SEPARATOR, "<|endoftext|>"),
    around=138,
    answer="from cursor line",
)

SWEEP_V1 = NextEditDialect(
    name="sweep-v1",
    markers=_QWEN_CODER,
    names=(r"sweep.*v1", r"sweep"),
    template=(
        "{edits}<|file_sep|>original/{path}\n{former}<|file_sep|>current/{path}\n{window}<|file_sep|>updated/{path}\n"
    ),
    edit="<|file_sep|>{path}.diff\noriginal:\n{old}updated:\n{new}",
    cursor="<|cursor|>",  # not in its prompts
    stop=(_FILE_SEPARATOR, "</s>", "<|endoftext|>"),
    size=21,
)

ZETA_1 = NextEditDialect(
    name="zeta-1",
    markers=_QWEN_CODER,
    names=(r"zeta(?!-?2)",),
    template=(
        "### Instruction:\nYou are a code completion assistant and your task is to analyze user edits and then rewrite"
        " an excerpt that the user provides, suggesting the appropriate edits within the excerpt, taking into account"
        " the cursor location.\n\n### User Edits:\n\n{edits}\n\n### User Excerpt:\n\n```{path}\n{start}{above}"
        "<|editable_region_start|>\n{marked}<|editable_region_end|>\n{below}```\n\n### Response:\n"
    ),
    edit='User edited "{path}":\n```diff\n@@ {span} @@\n{removed}{added}```',
    cursor="<|user_cursor_is_here|>",
    stop=("\n<|editable_region_end|>", "<|editable_region_end|>"),
    around=20,
    between_edits="\n\n",
    file_start="<|start_of_file|>\n",
    opens=("<|editable_region_start|>\n",),
)

ZETA_2 = NextEditDialect(
    name="zeta-2",
    markers=_SEED_CODER,
    names=(r"zeta-?2(?![.-]?1)",),
    template=(
        "<[fim-suffix]>\n{below}<[fim-prefix]>{edits}<filename>{path}\n{above}<<<<<<< CURRENT\n{marked}=======\n"
        "<[fim-middle]>"
    ),
    edit=_DIFF,
    cursor="<|user_cursor|>",
    stop=(">>>>>>> UPDATED\n", ">>>>>>> UPDATED"),
    around=20,
    edits_head="<filename>edit_history\n",
    between_edits="\n",
    edits_foot="\n",
    no_edit="NO_EDITS",
)

ZETA_2_1 = NextEditDialect(
    name="zeta-2.1",
    markers=_SEED_CODER,
    names=(r"zeta-?2[.-]?1",),
    template=(
        "<[fim-suffix]>\n{below}<[fim-prefix]>{edits}<filename>{path}\n{above}<|marker_1|>\n{marked}<|marker_2|>\n"
        "<[fim-middle]>"
    ),
    edit=_DIFF,
    cursor="<|user_cursor|>",
    stop=("<|marker_2|>", "<[end▁of▁sentence]>"),
    size=15,
    around=20,
    edits_head="<filename>edit_history\n",
    between_edits="\n",
    edits_foot="\n",
    opens=("<|marker_1|>\n",),
    no_edit="NO_EDITS",
)

INSTINCT = NextEditDialect(
    name="instinct",
    markers=_QWEN_CODER,
    names=(r"instinct",),
    system=(
        "You are Instinct, a next-edit predictor. Rewrite the code between <|editable_region_start|> and"
        " <|editable_region_end|> as the developer will have changed it next, going by the edits and the cursor"
        " (<|user_cursor_is_here|>). Answer with the rewritten code alone, without the tags. Do not repeat code outside"
        " of the tags and do not take the developer's last change back."
    ),
    template=(
        "Reference the user excerpt, user edits, and the snippets to understand the developer's intent. Update the"
        " editable region of the user excerpt by predicting and completing the changes they would have made next. This"
        " may be a deletion, addition, or modification of code.\n\n### Context:\n\n\n### User Edits:\n\n{edits}\n\n"
        "### User Excerpt:\n{path}\n\n{above}<|editable_region_start|>\n{marked}<|editable_region_end|>\n{below}```\n"
        "### Response:"
    ),
    edit='User edited file "{path}"\n\n```diff\n@@ {span} @@\n{removed}{added}```',
    cursor="<|user_cursor_is_here|>",
    stop=("<|editable_region_end|>",),
    size=7,
    around=20,
    between_edits="\n",
    newest_first=True,
    opens=("\n", "<|editable_region_start|>\n"),
)

DIALECTS = (SWEEP_V2, SWEEP_V1, ZETA_1, ZETA_2, ZETA_2_1, INSTINCT)
