"""Special tokens of prompts, chats and thinking that reached the text of an answer. Pure.

One table for completions and chats (``run_on.py``). Tokens are recognized by shape where the shape is theirs alone
(``<|name|>``, ``<｜name｜>``) and by name where it is not (``<s>``, ``[INST]``). What stands behind such a token is not
the answer's. Sources: the chat templates and FIM pages of Qwen, DeepSeek, Llama, CodeLlama, Gemma, Mistral, StarCoder,
Granite, gpt-oss, and the stops of the clients that ``docs/reference/fim-families.md`` names (sections 1 and 9).

The same text may be code. It is left alone where

- the document itself holds it;
- it is a string literal, or begins or ends one (``"</s>"``, ``"Hi<|im_end|>"``), or is in the middle of one that the
  answer closes (``f"{text}<|im_end|>\\n"``);
- it is in a sentence of a comment;
- it is an element: ``<s>``, ``</s>`` or ``<pad>`` in markup, ``</s>`` behind an ``<s>``, ``<analysis>`` in XML;
- it is a type argument or an index: ``List<PAD>``, ``names[PREFIX]``, with the name in the document or code behind it
  (``List<PAD> all``), a list (``return [EOS]``), or a section ``[INST]`` in TOML and INI;
- it is an operator: ``<|>``, ``a <| b |> c``, ``f <|x|> g``;
- the document holds another token of the same chat template.
"""

from __future__ import annotations

import re
from functools import lru_cache

from autothink_lsp.stream.lexical import Mode, Scanner
from autothink_lsp.stream.think_shapes import is_section, may_become_opener, shaped_opener
from autothink_lsp.stream.think_tags import lowered
from autothink_lsp.syntax.language_style import LanguageStyle
from autothink_lsp.values import frozen

# In angle brackets, with names that are no element, type or placeholder in any language.
_UNMISTAKABLE = (
    *("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>", "<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    *("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>", "<[end▁of▁sentence]>", "<file_sep>", "<repo_name>"),
    *("<reponame>", "<gh_stars>", "<AIX-SPAN-PRE>", "<AIX-SPAN-POST>", "<AIX-SPAN-MIDDLE>", "<|channel>", "<channel|>"),
    *("<end_of_turn>", "<start_of_turn>", "<end_of_utterance>", "<end_of_text>", "<begin_of_text>", "<endoftext>"),
    *("<think>", "</think>", "<think_on>", "<think_off>", "<judge>", "</judge>", "</thinking>", "</thought>"),
    *("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "<｜end▁of▁sentence｜>", "<<SYS>>", "<</SYS>>"),
    *("[/INST]", "[/THINK]", "[TOOL_CALLS]", "[/TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"),
    *("[/ANSWER]", "[/PYTHON]"),
    *("</tool_call>", "<jupyter_start>", "<jupyter_text>", "<jupyter_code>", "<jupyter_output>", "<jupyter_script>"),
    *(
        "<|turn>",
        "<turn|>",
        "<|tool>",
        "<tool|>",
        "<|tool_call>",
        "<tool_call|>",
        "<|tool_response>",
        "<tool_response|>",
    ),
    *("<end▁of▁sentence>", "<fim_begin>", "<fim_hole>", "<fim_end>", "<end_of_middle>", "<minimax:tool_call>"),
    *("<[begin▁of▁sentence]>", "<[PAD▁TOKEN]>", "<[SEP▁TOKEN]>", "<｜fim▁pad｜>", "<fim_eot>", "<fim_EOT>"),
    *("<seed:bos>", "<seed:eos>", "<seed:pad>", "<seed:tool_call>", "<seed:think>", "</seed:think>"),
    *("[|endofturn|]", "[|user|]", "[|assistant|]", "[|system|]", "[sMASK]"),  # EXAONE, GLM
    *("<start_of_image>", "<end_of_image>", "<tool_sep>", "<fim-pad>"),
    *("<TOKENS_UNUSED_0>", "<TOKENS_UNUSED_1>", "<commit_msg>", "<end_of_file>", "<EOS_TOKEN>", "<BOS_TOKEN>"),
    *("<empty_output>", "<issue_start>", "<issue_comment>", "<issue_closed>", "<commit_before>", "<commit_after>"),
)
# Also names of types and constants.
_NAMES = (
    *("<PRE>", "<SUF>", "<MID>", "<EOT>", "<EOS>", "<BOS>", "<eos>", "<bos>", "<eot>", "<eod>", "<EOD>"),
    *("<tool_call>", "<tool_response>", "<tool_calls>", "<filename>", "<sop>", "<eop>", "<eoa>", "<eoh>"),
    *("<eom>", "<EOM>", "<EOF>"),
)
# What chat models put around an answer that is asked for as plain code.
WRAPPERS = (
    *("<answer>", "<code>", "<completion>", "<response>", "<output>", "<result>", "<solution>", "<final_answer>"),
    *("<middle>", "<fill>", "<insert>", "<infill>", "<snippet>", "<ANSWER>", "<CODE>", "<COMPLETION>"),
)
_WRAPPER_CLOSERS = frozenset(f"</{opener[1:]}" for opener in WRAPPERS)
# Of those names, names that are no element of any markup that people write: at the end of an answer they have leaked.
_NO_ELEMENTS = frozenset({"<SUF>", "<MID>", "<EOT>", "<EOS>", "<BOS>", "<eos>", "<bos>", "<eot>", "<eod>", "<EOD>"})
# Also elements of markup.
_ELEMENTS = ("</s>", "<s>", "<pad>", "<unk>", "<mask>", "<cls>", "<sep>", "<PAD>", "<UNK>", "<MASK>")
_BRACKETS = ("[PREFIX]", "[SUFFIX]", "[MIDDLE]", "[INST]", "[THINK]", "[SYSTEM_PROMPT]")
# Names that are an index more often than a token that is stuck to the answer: ``x[MASK]``.
_INDICES = frozenset({"[PAD]", "[MASK]", "[SEP]", "[CLS]", "[UNK]", "[END]", "[DONE]", "[STOP]", "[EOF]", "[SOS]"})
_ENDS_IN_BRACKETS = frozenset({"[EOS]", "[EOT]", "[EOD]", "[EOM]", "[BOS]", "[END_OF_TEXT]", "[ENDOFTEXT]", *_INDICES})
_FILE_NAME = "<filename>"  # Mellum's separator of files, in front of a path
_FIM_BRACKETS = frozenset({"[PREFIX]", "[SUFFIX]", "[MIDDLE]"})
_KNOWN = frozenset((*_UNMISTAKABLE, *_NAMES, *_WRAPPER_CLOSERS, *_ELEMENTS, *_BRACKETS, *_ENDS_IN_BRACKETS))
_BEGINNINGS = frozenset(token[:length] for token in _KNOWN for length in range(1, len(token)))

_CLOSING_TAGS = frozenset({"</think>", "</thinking>", "</thought>", "</judge>"})
_THINKING_IN_MARKUP = ("<think>", "<thinking>")

_PIPES = re.compile(r"<([|｜])/?[A-Za-z][\w▁/.:-]{0,63}\1>")
_PIPED_NAME = re.compile(r"<[|｜]/?([A-Za-z][\w▁/.:-]*)")
_PIPES_BEGUN = re.compile(r"<[|｜](?:/?[A-Za-z]?[\w▁/.:-]{0,64}[|｜]?)?\Z")
_MAY_BEGIN = re.compile(r"<[|｜/<\[A-Za-z]|\[(?:[A-Z/|]|s[A-Z])")
# Forms of tokens that no name alone gives away; only finished text is searched for them.
_SPECIAL_NAME = (
    r"(?:im_(?:start|end)|endoftext|eot_id|eom_id|end_of_text|file_sep|fim_(?:prefix|suffix|middle|pad)"
    r"|(?:begin|end)[ _▁]of[ _▁]sentence|fim[ _▁](?:begin|hole|end))"
)
_OTHER_FORMS = re.compile(
    r"<(?:unused|SPECIAL_|reserved_|extra_(?:id_)?|dummy_?|sentinel_|infill_|TOKENS_UNUSED_)\d{1,6}>"
    r"|<[|｜](?:begin|end) of sentence[|｜]>|<0x[0-9A-F]{2}>|\[(?:unused\d{1,4}|extra_id_\d{1,4}|gMASK)\]"
    r"|\[e~\[|\]~!?b[\[\]]|<role>(?:HUMAN|ASSISTANT|SYSTEM)</role>"  # MiniMax, Ling
    rf"|<[|｜] {_SPECIAL_NAME} ?[|｜]>|<[|｜]{_SPECIAL_NAME} [|｜]>"
    rf"|<\\\|{_SPECIAL_NAME}\\\|>|&lt;\|{_SPECIAL_NAME}\|&gt;"
)
_NUMBERED = re.compile(r"[<\[](\w*\d)[>\]]")
_BEHIND_VARIABLE = re.compile(r"[ \t]*[=(\[{:;,.)\]]")
# The beginning of a token at the end of an answer that was cut.
_CUT = re.compile(r"(?:<[|｜](?P<name>[A-Za-z][\w▁]{2,40})[|｜]?|<fim[_-][a-z]{0,8})\Z")
# The names of tokens in pipes: a beginning of another name is the right side of an operator (``f <|body``).
_PIPED_NAMES = (
    *("im_start", "im_end", "im_sep", "endoftext", "endofprompt", "endofturn", "end_of_text", "begin_of_text", "EOT"),
    *("eot_id", "eom_id", "start_header_id", "end_header_id", "python_tag", "file_sep", "repo_name", "file_separator"),
    *("fim_prefix", "fim_suffix", "fim_middle", "fim_pad", "fim_hole", "fim_begin", "fim_end", "fim▁begin"),
    *("fim▁hole", "fim▁end", "end▁of▁sentence", "begin▁of▁sentence", "User", "Assistant", "code_prefix"),
    *("code_suffix", "code_middle", "editable_region_start", "editable_region_end", "user_cursor_is_here"),
    *("start_of_role", "end_of_role", "assistant", "observation", "channel", "message", "return", "constrain"),
    *("START_OF_TURN_TOKEN", "END_OF_TURN_TOKEN", "tool▁calls▁begin", "tool▁outputs▁begin", "reserved_special_token_"),
)
# Tokens of one chat template: a document that holds one of them writes such templates.
_TEMPLATES = (
    ("<|im_start|>", "<|im_end|>", "<|im_sep|>"),
    ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|begin_of_text|>", "<|eom_id|>"),
    ("<|user|>", "<|assistant|>", "<|system|>", "<|end|>"),
    ("<start_of_turn>", "<end_of_turn>"),
    ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "[SYSTEM_PROMPT]"),
    ("<think>", "</think>"),
    ("<｜User｜>", "<｜Assistant｜>"),
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ("<|start|>", "<|message|>", "<|channel|>", "<|end|>", "<|return|>"),
)
_SHORTEST_BEHIND_BLANK = 6  # letters of a name that is cut off behind a blank: ``f <|end`` is an operator
_LONGEST = 72
_LONGEST_NAME = max(map(len, _KNOWN))

# The beginning of a literal without a quotation mark at its end: C++ and Ruby, a regular expression.
_OPEN_LITERAL = re.compile(r"(?:[\"'`]\(|%[qQwWi]?[({\[]|(?:\A|[=(,:\[])\s*/)\Z")
_BEHIND_NAME_IN_BRACKETS = frozenset("([{:;,.)]=")
OPEN_ELEMENT = re.compile(r"<s[\s>]")
# Behind an operand no list begins, unlike behind an operator or a keyword.
_OPERAND_BEFORE = re.compile(r"(?:[\])}\"'`;]|(?<![\w.])(?P<name>[\w.]+)[!?]?)[ \t]*\Z")
_TAKES_LIST = frozenset(
    {
        *("return", "yield", "await", "in", "is", "not", "and", "or", "if", "elif", "else", "unless", "while", "until"),
        *("when", "case", "of", "match", "for", "then", "do", "throw", "raise", "assert", "del", "print", "echo"),
        *("puts", "p", "let", "var", "const", "new", "delete", "void", "typeof"),
    }
)
_QUOTES = "\"'`"
_GOES_ON = re.compile(r"[\"'`)]?(?:[.,;:!?)]*[ \t]+\w|[.,;:!?]+[ \t]*\Z|[\"'`)]+[.,;:]*[ \t]*(?:\w|\Z))")
_TAKES_ARGUMENT = re.compile(r"[\w)\]]\Z")
_TAKES_PARAMETERS = re.compile(r"(?:::|\.|\b(?:public|protected|private|static|final|fun|impl)\s)\Z")
_TYPE_BEFORE = re.compile(r"(?:\A|[^\w])[A-Z]\w*\Z")
_BEHIND_ARGUMENT = frozenset("(){}[],;:>&*?.")


@frozen
class Document:
    """The document of the answer: the ``texts`` before and after the cursor, and the properties of its language (see
    ``LanguageStyle``)."""

    texts: tuple[str, ...]
    has_elements: bool = False
    has_element_expressions: bool = False
    has_type_arguments: bool = False

    def holds(self, text: str) -> bool:
        """Whether the text occurs around the cursor."""
        return any(text in each for each in self.texts)

    def writes_template_of(self, token: str) -> bool:
        """Whether a token of the same chat template occurs around the cursor."""
        return any(token in tokens and any(map(self.holds, tokens)) for tokens in _TEMPLATES)

    def has_word(self, word: str) -> bool:
        """Whether the word occurs around the cursor."""
        return any(re.search(rf"\b{re.escape(word)}\b", each) for each in self.texts)


def token_at_end(held: str) -> str:
    """The token at the end of ``held``, or an empty text. The cost does not depend on the table's size."""
    last = held[-1:]
    if last not in {">", "]"}:
        return ""
    pipes = _PIPES.search(held[-_LONGEST:]) if "|" in held or "｜" in held else None
    if pipes is not None and held.endswith(pipes.group()):
        return pipes.group()
    start = held.rfind("<" if last == ">" else "[")
    for begin in (held.rfind("<<"), held.rfind("<["), start):
        if begin >= 0 and held[begin:] in _KNOWN:
            return held[begin:]
    return ""


def is_token(text: str) -> bool:
    """Whether the whole text is a token."""
    return text in _KNOWN or _PIPES.fullmatch(text) is not None


def may_become_token(held: str) -> bool:
    """Whether ``held`` may be the beginning of a token."""
    return held in _BEGINNINGS or (held[1:2] in {"|", "｜"} and _PIPES_BEGUN.match(held) is not None)


def is_leaked(token: str, answer: str, line: str, following: str | None, document: Document) -> bool | None:
    """Whether ``token`` comes from the model's format and not from the document's text; ``None`` if ``following`` must
    be known.

    ``answer`` is the answer before the token, ``line`` the text before it on its line (the document's part of the line
    included), ``following`` the next character, empty at the end.
    """
    if _is_of_document(token, answer, document) or _OPEN_LITERAL.search(line):
        return False
    if line[-1:].isspace() and line.strip() and _is_operand(token):
        return None if following is None else following not in {" ", "\t"}
    literal = _in_literal(line, following)
    if literal is not False:
        return None if literal is None else False
    name = token.strip("<>[]/")
    if token in _ELEMENTS:
        return _is_leaked_element(token, answer, line, following, document)
    if token in _BRACKETS or token in _ENDS_IN_BRACKETS:
        return not document.has_word(name) and _is_leaked_in_brackets(token, line, following, document)
    if token in _WRAPPER_CLOSERS:
        return not document.has_elements and not _closes_element(name, answer, document)
    if token not in _NAMES:
        return True
    if document.has_elements:
        return (None if following is None else not following) if token in _NO_ELEMENTS else False
    if token == _FILE_NAME and (line[-1:].isspace() or line.endswith(("-", "=", "[", "|"))):
        return False  # a placeholder in a usage text
    return _is_leaked_name(name, line, following, document)


def _is_of_document(token: str, answer: str, document: Document) -> bool:
    """Whether the document has the token or its template, or the answer the element that it closes."""
    closes_element = token in _CLOSING_TAGS and document.has_elements and f"<{token[2:-1]}" in answer
    return closes_element or document.holds(token) or document.writes_template_of(token)


def _closes_element(name: str, answer: str, document: Document) -> bool:
    """Whether the answer or the document has the element that a closing tag ends. An answer in a wrapper begins with
    its tag, which is no element where no expression may begin with one."""
    if not document.has_element_expressions:
        answer = answer.lstrip().removeprefix(f"<{name}>")
    opener = f"<{name}"
    return opener in answer or document.holds(opener)


def _is_operand(token: str) -> bool:
    """Whether a token in pipes has a name that no vocabulary has: ``f <|x|> g``."""
    name = _PIPED_NAME.match(token)
    return name is not None and "|" in token and name[1].islower() and len(name[1]) < _SHORTEST_BEHIND_BLANK


def wrappers_in(document: Document) -> tuple[str, ...]:
    """The opening tags of wrappers that are no code of the document."""
    if document.has_elements or document.has_element_expressions:
        return ()
    return tuple(tag for tag in WRAPPERS if not document.holds(tag))


def first_leak(text: str, line_prefix: str, document: Document, cursor: Scanner) -> int | None:
    """The offset of the first leaked token in an answer, or ``None``. ``cursor`` is the lexer at the cursor."""
    head = text.lstrip()
    if (
        head[:1] in {"<", "[", "◁"}
        and _is_thinking(head, document)
        and not is_type_argument(text, line_prefix, document)
    ):
        return len(text) - len(head)
    literals = _Literals(text, cursor)
    for begin in _MAY_BEGIN.finditer(text):
        token = _token_at(text, begin.start())
        if not token:
            continue
        before, end = text[: begin.start()], begin.start() + len(token)
        line = before.rpartition("\n")[2] if "\n" in before else line_prefix + before
        if is_leaked(token, before, line, text[end : end + 1], document) and not literals.hold(begin.start(), end):
            other = _leak_in_other_form(text[: begin.start()], line_prefix, document, cursor)
            return begin.start() if other is None else other
    return _leak_in_other_form(text, line_prefix, document, cursor)


class _Literals:
    """The strings and comments of an answer, read once from left to right. ``cursor`` is the lexer at the cursor."""

    def __init__(self, text: str, cursor: Scanner) -> None:
        self._text = text
        self._scanner = cursor.fork()
        self._read = 0
        self._closed_until = 0  # the end of a string that the answer closes

    def hold(self, start: int, end: int) -> bool:
        """Whether the token ``text[start:end]`` is in a string that the answer closes behind it (one of a single line
        on that line), or within a sentence of a comment. ``start`` grows from call to call."""
        if start < self._closed_until:
            return True
        text = self._text
        self._scanner.feed(text[self._read : start])
        self._read = start
        if self._scanner.mode is Mode.CODE:
            return False
        line_end = text.find("\n", end)
        line_end = len(text) if line_end < 0 else line_end
        if self._scanner.mode is Mode.STRING:
            return self._closes(len(text) if self._scanner.spans_lines else line_end)
        is_open = self._scanner.mode is Mode.BLOCK_COMMENT and self._scanner.closing not in text[end:]
        if is_open and "\n" in text[end:].rstrip():
            return False  # what follows the line does not end the comment
        return _is_in_sentence(text[text.rfind("\n", 0, start) + 1 : start], text[end:line_end])

    def _closes(self, limit: int) -> bool:
        """Whether the string at the scanner's place ends before ``limit``."""
        closing = self._scanner.closing
        if closing not in self._text[self._read : limit]:
            return False
        ahead = self._scanner.fork()
        for at in range(self._read, limit):
            ahead.step(self._text[at])
            if ahead.mode is Mode.CODE:
                self._closed_until = at + 1
                return self._text[at] == closing[-1:]
        return False


def _is_in_sentence(before: str, after: str) -> bool:
    """Whether a token in a comment, with ``before`` and ``after`` it on its line, is a word of the sentence."""
    if before and not before[-1].isspace() and before[-1] not in "\"'`(":
        return False
    return _GOES_ON.match(after) is not None


def _leak_in_other_form(text: str, line_prefix: str, document: Document, cursor: Scanner) -> int | None:
    """The offset of the first token that is numbered, spaced, escaped or cut, or ``None``."""
    literals = _Literals(text, cursor)
    for found in (*_OTHER_FORMS.finditer(text), *cut_token(text)):
        line = (line_prefix + text[: found.start()]).rpartition("\n")[2]
        following = text[found.end() : found.end() + 1]
        if document.holds(found.group()) or _OPEN_LITERAL.search(line) or _in_literal(line, following):
            continue
        if literals.hold(found.start(), found.end()):
            continue
        if not _is_code_in_other_form(found, text, line, document):
            return found.start()
    return None


def cut_token(text: str) -> list[re.Match[str]]:
    """The beginning of a known token at the end of the text, as a list of one match; empty if there is none."""
    found = _CUT.search(text)
    if found is None:
        return []
    name = found["name"]
    if name is None:
        return [found]
    is_known = any(each.startswith(name) for each in _PIPED_NAMES)
    glued = found.start() > 0 and not text[found.start() - 1].isspace()
    return [found] if is_known and (glued or len(name) >= _SHORTEST_BEHIND_BLANK or "_" in name) else []


def _is_code_in_other_form(found: re.Match[str], text: str, line: str, document: Document) -> bool:
    """Whether a text in such a form is an element, an index, a variable in brackets, or written about tokens."""
    token = found.group()
    if (name := _NUMBERED.match(token)) is not None:
        if document.has_word(name[1]):
            return True
        if token[0] == "[":
            return _BEHIND_VARIABLE.match(text, found.end()) is not None
        return document.has_elements or (document.has_type_arguments and _TAKES_ARGUMENT.search(line) is not None)
    is_quoted = token[:2] in {"<\\", "&l"}
    return is_quoted and any(re.search(_SPECIAL_NAME, each) for each in (line, *document.texts))


def _token_at(text: str, start: int) -> str:
    """The token at ``start``, or an empty text. The cost does not depend on the table's size."""
    if text[start + 1 : start + 2] in {"|", "｜"} and (pipes := _PIPES.match(text, start)) is not None:
        return pipes.group()
    end = text.find("]" if text[start] == "[" else ">", start, start + _LONGEST_NAME) + 1
    for token in (text[start : end + 1], text[start:end]):  # <<SYS>> first
        if token in _KNOWN:
            return token
    return ""


def is_thinking_at_head(answer: str, document: Document) -> bool:
    """Whether a tag in the form of an opener of thinking is one: it begins the answer and is outside markup."""
    return not answer.strip() and not document.has_elements


def is_type_argument(answer: str, line: str, document: Document) -> bool:
    """Whether an answer that begins with a name in angle brackets continues a type of its line: ``Vec<Thought>``."""
    if not document.has_type_arguments or answer[:1] != "<" or opens_known_thinking(lowered(answer[:16])):
        return False
    return _TAKES_ARGUMENT.search(line) is not None


def opens_known_thinking(low: str) -> bool:
    """Whether a text in lower case begins with an opener of thinking that is no element of any markup."""
    return low.startswith(_THINKING_IN_MARKUP)


def _is_thinking(head: str, document: Document) -> bool:
    """Whether an answer that begins with ``head`` begins with thinking."""
    low = lowered(head[:160])
    opener = shaped_opener(low)
    if is_component(head, document) or is_section(head):
        return False
    if opener is None or not document.has_elements:
        return opener is not None
    return opens_known_thinking(low) and not document.holds(head[: opener.length])


def is_component(text: str, document: Document) -> bool:
    """Whether an answer that begins with a name in angle brackets begins with a component or an element with such a
    name: ``<Thinking>`` in JSX or XML."""
    has_markup = document.has_elements or document.has_element_expressions
    return has_markup and text[:1] == "<" and text[1:2].isupper() and text[2:3].islower()


def may_open_thinking(held: str) -> bool:
    """Whether ``held``, at the beginning of an answer, may be or become an opener of thinking."""
    return may_become_opener(lowered(held))


def opens_thinking(held: str) -> bool:
    """Whether all of ``held`` is an opener of thinking by its form."""
    opener = shaped_opener(lowered(held))
    return opener is not None and opener.length == len(held)


@lru_cache(maxsize=8)
def document_of(style: LanguageStyle, language_id: str, *texts: str) -> Document:
    """The document with these texts around the cursor; cached, because each answer needs it several times."""
    return Document(
        texts,
        has_elements=style.has_elements(language_id),
        has_element_expressions=style.has_element_expressions(language_id),
        has_type_arguments=style.has_type_arguments(language_id),
    )


def _in_literal(line: str, following: str | None) -> bool | None:
    """Whether the token begins or ends a string literal; ``None`` if that depends on what follows."""
    line = line.replace("```", "")  # a fence of Markdown opens no literal
    open_quotes = [quote for quote in _QUOTES if line.count(quote) % 2]
    if not open_quotes:
        return False
    if line[-1:] in open_quotes:
        return True
    return None if following is None else following in open_quotes


def _is_leaked_name(name: str, line: str, following: str | None, document: Document) -> bool | None:
    """Whether a name in angle brackets is not a type argument, unlike in ``List<PAD> all``, ``f<EOT>()``."""
    if document.has_type_arguments and (_TAKES_PARAMETERS.search(line) or following in {"(", "["}):
        return False
    if _TAKES_ARGUMENT.search(line) is None:
        return (None if following is None else True) if document.has_type_arguments else True
    if document.has_word(name):
        return False
    if not document.has_type_arguments:
        return True
    if following is None:
        return None
    behind_type = following == " " and _TYPE_BEFORE.search(line) is not None
    return not (behind_type or (following != "" and following in _BEHIND_ARGUMENT))


def _is_leaked_in_brackets(token: str, line: str, following: str | None, document: Document) -> bool | None:
    """Whether a name in brackets that the document has not is neither an index, a list, a section nor a link."""
    if token in _BRACKETS and not document.has_elements:
        return None if following is None else following == "" or following not in _BEHIND_NAME_IN_BRACKETS
    if token in _BRACKETS:
        if token not in _FIM_BRACKETS or not line or line[-1].isspace():
            return False
        return None if following is None else following not in {"(", ":", "["}
    if document.has_elements:
        return False
    if line.strip():
        before = _OPERAND_BEFORE.search(line)
        if before is None or before["name"] in _TAKES_LIST:
            return False
        if token in _INDICES and not line[-1].isspace() and line[-1] != ";":
            return False
    return None if following is None else following in {"", "\n", "\r", "<"}


def _is_leaked_element(token: str, answer: str, line: str, following: str | None, document: Document) -> bool | None:
    if document.has_elements:
        return False
    if token == "</s>":  # noqa: S105 - no password
        return not any(OPEN_ELEMENT.search(text) for text in (answer, *document.texts))
    if token == "<s>":  # noqa: S105 - it begins a text, so it leaks only at the beginning
        return not answer.strip() and not document.has_element_expressions
    return _is_leaked_name(token.strip("<>"), line, following, document)
