"""Special tokens that leak into an answer end it, and the same text as code does not: for every cut of the stream."""

from __future__ import annotations

from itertools import pairwise

import pytest

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.trim_special import trim_special
from autothink_lsp.stream.early_stop import EarlyStop
from autothink_lsp.stream.run_on import without_run_on
from tests.support.cursor_mark import at
from tests.support.example_counts import cut_places

FUNCTION = "def add(a, b):\n    ‸\n"
# Behind "return a + b" in a Python function.
LEAKED = [
    *("<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|tool_call|>", "<|return|>"),
    *("<|reserved_special_token_7|>", "<|start_header_id|>assistant", "<|file_separator|>", "<|/tool_call|>"),
    *(
        "<｜end▁of▁sentence｜>",
        "<｜fim▁end｜>",
        "<｜User｜>",
        "<｜tool▁calls▁begin｜>",
        "</s>",
        "</s><s>",
        "<SUF>",
        "<PRE>",
    ),
    *("<MID>", "<EOT>", "<EOS>", "<eos>", "<bos>", "<unk>", "<pad>", "<mask>", "<fim_suffix>", "<fim-middle>"),
    *("<file_sep>", "<end_of_turn>", "<start_of_turn>user", "<end_of_utterance>", "[INST]", "[/INST]", "[SUFFIX]"),
    *("[TOOL_CALLS]", "[/THINK]", "</think>", "</thinking>", "<<SYS>>", "<AIX-SPAN-POST>", "<[fim-suffix]>"),
    *("<turn|>", "<|turn>user", "<|tool_response>", "<fim_hole>", "<fim_end>", "<minimax:tool_call>"),
    *(
        "<[PAD▁TOKEN]>",
        "<[SEP▁TOKEN]>",
        "<[begin▁of▁sentence]>",
        "<EOS_TOKEN>",
        "<tool_sep>",
        "<tool_calls>",
        "<seed:eos>",
    ),
    *(
        "[|endofturn|]",
        "[|user|]",
        "<sop>",
        "<eop>",
        "<eoa>",
        "[sMASK]",
        "<start_of_image>",
        "<fim_eot>",
        "<commit_msg>",
    ),
    *("</tool_call>", "<endoftext>", "<|channel>", "</answer>", "<jupyter_code>", "<empty_output>", "<commit_after>"),
]
# Numbered, spaced, escaped and cut: only finished text is searched for them.
OTHER_FORMS = [
    *(
        "<unused12>",
        "[unused7]",
        "[gMASK]",
        "<SPECIAL_12>",
        "<reserved_102>",
        "<extra_id_0>",
        "<dummy00001>",
        "<sentinel_3>",
    ),
    *("[e~[", "[e~[\n]~b]user", "[extra_id_0]", "<extra_0>", "<role>HUMAN</role>", "<0x0A>", "<｜end of sentence｜>"),
    *("<| im_end |>", "<|im_end |>", "<| fim_middle|>", "<\\|im_end\\|>", "&lt;|endoftext|&gt;"),
]
# At the end of an answer, or of a line behind which the model goes on.
AT_THE_END = [
    *(
        "</code>",
        "\n</code>",
        "</completion>",
        "</output>\nIt adds.",
        "</response>",
        "</result>",
        "</solution>",
        "</fill>",
    ),
    *(
        "</final_answer>",
        "</CODE>",
        "[EOS]",
        " [EOS]",
        "\n[EOS]",
        "[EOT]",
        " [EOT]\nand more",
        "[BOS]",
        "[END_OF_TEXT]",
    ),
    *(" [PAD]", "\n[PAD]", " [END]", "\n[DONE]", " [MASK]", "  [SEP]\nx", "[EOS]</s>", "[/PYTHON]", "[/ANSWER]"),
]
CUT = ["<|im_end|", "<|endoftext|", "<|im_", "<｜fim▁en", "<fim_prefix", "<fim-suffix"]
# At the head of an answer: nothing of it is shown.
THINKING = [
    *("<think>\nhm", "<thinking>\nhm", "<thought>hm", "<reasoning>\nhm", "<Thinking>\nhm", '<thinking a="b">\nhm'),
    *("[THINK]\nhm", "◁think▷hm", "<|begin_of_thought|>\nhm", "<|thinking|>hm", "<seed:think>\nhm", "<scratchpad>\nhm"),
    *("<s>x", "\n<thought>\nhm", "<judge>\nhm", "<think_off>\nx", "<|channel|>analysis<|message|>hm", "<analysis>\nhm"),
]
# Written in a string that the answer closes, or within a sentence of a comment. Language, document, answer.
WRITTEN = [
    ("python", "x = ‸\n", 'f"{m}<|im_end|>\\n"'),
    ("python", "x = ‸\n", 'f"<|im_start|>{role}\\n{m}<|im_end|>\\n"'),
    ("python", "x = ‸\n", "'a<|eot_id|>b'"),
    ("python", "return ‸\n", 'f"<s>[INST] {m} [/INST]"'),
    ("python", "x = ‸\n", 'f"<PRE> {p} <SUF>{s} <MID>"'),
    ("python", "x = ‸\n", 'f"<fim_prefix>{p}<fim_suffix>{s}<fim_middle>"'),
    ("python", "x = ‸\n", '"a </think> b".split()'),
    ("python", "x = ‸\n", '"it\'s <|im_end|> ok"'),
    ("python", "assert x == ‸\n", "['<unk>', 'a <pad> b']"),
    ("python", "x = ‸\n", 'rf"(?:<\\|im_end\\|>|x)"'),
    ("python", "x = ‸\n", "'''<|im_start|>user\n{m}<|im_end|>\n'''"),
    ("javascript", "const x = ‸;\n", "`${m}<|im_end|>\\n`"),
    ("javascript", "const x = ‸;\n", "`a\n${m}<|im_end|>\n`"),
    ("rust", "let x = ‸;\n", 'format!("<|im_start|>{}\\n{}<|im_end|>\\n", r, m)'),
    ("c", "x = ‸;\n", 'c == \'"\' ? "<|im_end|>\\n" : 0'),
    ("dart", "final x = ‸;\n", "'$m<|im_end|>\\n'"),
    ("yaml", "template: ‸\n", '"<|im_start|>user\\n{{ .Prompt }}<|im_end|>\\n"'),
    ("json", '{"chat_template": ‸}\n', '"{{ m }}<|im_end|>\\n"'),
    ("python", "# prompts ‸\n", "end with <|im_end|> always"),
    ("python", "x = 1  # ‸\n", "the model writes <think> first"),
    ("python", "def f():\n    ‸\n", '"""Cut at <|im_end|> or at </s>."""'),
]
# The same token, not written: in a string that stays open, at the end of a comment, in front of another turn.
NOT_WRITTEN = [
    ("python", 'print("‸")\n', "hello<|im_end|>", "hello"),
    ("python", 'print("‸\n', "hello<|endoftext|>\nfrom x import y", "hello"),
    ("python", "x = ‸\n", '"hello<|endoftext|>\ny = "', '"hello'),
    ("python", "# ‸\n", "add two numbers<|im_end|>", "add two numbers"),
    ("python", "# ‸\n", "add two numbers<|im_end|>\n<|im_start|>user", "add two numbers"),
    ("python", "# ‸\n", "add two numbers<|endoftext|>def f(): pass", "add two numbers"),
    ("python", 'def f():\n    """‸\n', "Add numbers.<|im_end|>\n<|im_start|>user\nThanks", "Add numbers."),
    ("c", "/* ‸\n", "Add numbers.<|im_end|>\n<|im_start|>user\nThanks", "Add numbers."),
    ("python", "def add(a, b):\n    ‸\n", "return a + b<|im_end|>'s", "return a + b"),
]
# Language, document, answer: all of it is code.
CODE = [
    ("fsharp", "let a = ‸\n", "foo <|bar"),
    ("elm", "view = ‸\n", "f <|lambda"),
    ("haskell", "p = ‸\n", "many1 <|try"),
    ("scala", "val x = ‸\n", "a <|body"),
    ("fsharp", "let a = ‸\n", "f <|end"),
    ("fsharp", "let a = ‸\n", "f <|x|> g"),
    ("latex", "‸\n", "$a <|b|> c$"),
    ("python", "x = ‸\n", "<reasoning_config>"),
    ("yaml", "a: ‸\n", "<reasoning_config>"),
    ("xml", "<a>‸</a>\n", "<thought>x</thought>"),
    ("typescriptreact", "return ‸;\n", "<Thinking>{x}</Thinking>"),
    ("html", "<p>‸</p>\n", "<s>old</s>"),
    ("html", "<p><s>old‸\n", "</s>"),
    ("javascriptreact", "const a = ‸;\n", "<s>{x}</s>"),
    ("javascript", "const a = ‸;\n", "<s>{x}</s>"),
    ("javascript", "const a = <s>{x}‸\n", "</s>;"),
    ("markdown", "Text ‸\n", "[THINK] and <s>x</s>"),
    ("xml", "<config>\n  ‸\n</config>\n", "<pad>10</pad>"),
    ("xml", "<a>‸</a>\n", "<analysis>x</analysis>"),
    ("xml", "<a>‸</a>\n", "<eos>x</eos>"),
    ("toml", "a = 1\n\n‸\n", "[INST]"),
    ("ini", "a = 1\n\n‸\n", "[PREFIX]"),
    ("haskell", "p = ‸\n", "a <|> b"),
    ("fsharp", "let a = ‸\n", "f <| end |> h"),
    ("fsharp", "let a = ‸\n", "f <| go"),
    ("go", "‸\n", "func F[PREFIX any](x PREFIX) {}"),
    ("python", "‸\n", "def f[PREFIX](x: PREFIX) -> PREFIX: ..."),
    ("scala", "val x = ‸\n", "f[MIDDLE](y)"),
    ("matlab", "‸\n", "x = [PREFIX];"),
    ("latex", "‸\n", "\\cite[INST]{a}"),
    ("javascript", "const r = ‸;\n", "/<|endoftext|>/g"),
    ("cpp", "const char* x = ‸;\n", 'R"(<|im_end|>)"'),
    ("ruby", "x = ‸\n", "%q(<|im_end|>)"),
    ("typescript", "const f = ‸\n", "<EOS>(x: EOS) => x;"),
    ("rust", "let x = ‸;\n", "a.b::<EOS>()"),
    ("java", "class A {\n    ‸\n}\n", "public <EOS> EOS g() { return null; }"),
    ("java", "var a = ‸;\n", "Stream.<EOS>of()"),
    ("dart", "final a = ‸;\n", "<MID>[]"),
    ("python", 'P = """<|im_start|>user\nhi‸\n"""\n', "<|im_end|>"),
    ("python", 'P = """<|user|>\nhi‸\n"""\n', "<|end|>"),
    ("yaml", "start: <|im_start|>\nend: ‸\n", "<|im_end|>"),
    ("shellscript", "echo '<start_of_turn>user'\necho hi‸\n", "<end_of_turn>"),
    ("python", "x = ‸\n", '"<unused12>"'),
    ("python", "x = ‸\n", '["<extra_id_0>", "<|im_end|"]'),
    ("fsharp", "let a = ‸\n", "f <| g |> h"),
    ("elixir", "a = b ‸\n", "|> c() <|> d"),
    ("cpp", "struct PAD {};\nauto x = ‸;\n", "f<PAD>()"),
    ("cpp", "struct EOT {};\nauto x = ‸;\n", "f<EOT>()"),
    ("java", "class A {\n    ‸\n}\n", "List<PAD> pads = new ArrayList<>();"),
    ("java", "class A {\n    ‸\n}\n", "var a = new ArrayList<EOT>();"),
    ("csharp", "class A {\n    ‸\n}\n", "List<EOT> ends = new();"),
    ("cpp", "using A = ‸\n", "Foo<MID>;"),
    ("typescript", "let a: ‸\n", "Array<MASK>[] = [];"),
    ("html", "<body>\n  ‸\n</body>\n", "<answer>42</answer>"),
    ("java", "List<PRE> a = ‸;\n", "new ArrayList<PRE>()"),
    ("rust", "let x = ‸;\n", "Vec::<s>::new()"),
    ("python", "PREFIX = 1\nx = ‸\n", "names[PREFIX]"),
    ("python", "SUFFIX = 1\nx = ‸\n", "[SUFFIX]"),
    ("python", "x = ‸\n", '"</s>"'),
    ("python", "x = ‸\n", "'<|im_end|>'"),
    ("python", "x = ‸\n", '["<unk>", "<pad>", "<s>", "</s>"]'),
    ("python", 'x = "‸\n', '<|im_start|>" + y'),
    ("python", "x = ‸\n", 'f"{y}<|im_end|>"'),
    ("python", "END = '<|endoftext|>'\nx = y in ‸\n", "(1, <|endoftext|>)"),
    ("python", "x = ‸\n", "a < b and b > c"),
    ("python", "x = ‸\n", "a << b | c >> d"),
    ("go", "x := ‸\n", "<-c"),
    ("typescript", "const x: ‸\n", "Array<string>"),
    ("python", "x = ‸\n", "thinking[0]"),
    ("javascriptreact", "const a = ‸;\n", "<Thinking />"),
    ("cpp", "struct thought_node {};\nstd::vector‸\n", "<thought_node> nodes;"),
    ("rust", "let x: Vec‸\n", "<Thought> = Vec::new();"),
    ("xml", "<a>\n  <reserved_1>0</reserved_1>\n  ‸\n</a>\n", "<reserved_2>0</reserved_2>"),
    ("cpp", "struct dummy1 {};\nauto x = ‸;\n", "f<dummy1>()"),
    ("java", "class A {\n    ‸\n}\n", "List<dummy1> all = make();"),
    ("python", "unused0 = 1\nx = ‸\n", "arr[unused0]"),
    ("typescript", "‸\n", "const [unused1] = useState(0);"),
    ("python", "def end_of_turn(im_end):\n    return ‸\n", 're.compile(r"a<\\|im_end\\|>b")'),
    ("rust", "let c = ‸\n", "|a| a"),
    ("markdown", "See ‸\n", "[SUFFIX](suffix.md)"),
    ("markdown", "# A\n\n‸\n", "```html\n<thinking-box>x</thinking-box>\n```"),
    ("markdown", "The tag <think> opens.\n‸\n", "<think> is a tag"),
    ("html", "<body>‸</body>\n", "<analysis>x</analysis>"),
    ("xml", "<a>‸</a>\n", "<eos>1</eos>"),
    ("shellscript", "# ‸\n", "usage: tool <filename>"),
    ("shellscript", "# usage: tool ‸\n", "[-v] <filename> [more]"),
    ("python", 'print("usage: tool ‸\n', '--file=<filename>")'),
    ("python", "x = ‸\n", "[EOS]"),
    ("python", "x = ‸\n", "ids + [EOS]"),
    ("python", "def f():\n    ‸\n", "return [EOS]"),
    ("python", "def f():\n    ‸\n", "yield [PAD]"),
    ("python", "def f(ids):\n    ‸\n", "ids[EOS] = 2"),
    ("python", "def f(x):\n    ‸\n", "return x[MASK]"),
    ("python", "def f(x):\n    ‸\n", "return g(x)[END]"),
    ("python", "EOS = 2\ny = ‸\n", "x[EOS]"),
    ("javascript", "const a = ‸\n", "b ? [EOS] : []"),
    ("go", "var x ‸\n", "[END]int"),
    ("ruby", "def f\n  ‸\nend\n", "puts [EOS]"),
    ("c", "char ‸\n", "x[EOF];"),
    ("markdown", "See ‸\n", "the list [EOS] of ids"),
    ("toml", "‸\n", "[DONE]"),
    ("java", "/** ‸ */\n", "Returns <code>null</code>."),
    ("java", "/** Uses <code>a‸\n */\n", "</code> only."),
    ("javascriptreact", "const a = ‸;\n", "<code>{x}</code>"),
    ("typescriptreact", "const a = (\n  <output>\n    {x}\n  ‸\n);\n", "</output>"),
    ("html", "<pre>‸\n", "<code>x</code></pre>"),
    ("xml", "<a>‸</a>\n", "<result>x</result>"),
    ("python", "x = ‸\n", '"<code>" + y + "</code>"'),
    ("python", "x = ‸\n", 'f"<result>{y}</result>"'),
    ("cpp", "x = ‸\n", "a < code && b > c"),
]
# In documents with elements, too: what is at the end, behind a fence, and what is no element.
LEAKED_IN_MARKUP = [
    ("markdown", "# A\n\n```sh\n‸\n", "make\n```<|endoftext|>Human: hi", "make\n```"),
    ("markdown", "# A\n\n```sh\n‸\n", "make\n```<｜end▁of▁sentence｜>", "make\n```"),
    ("markdown", "‸\n", "```sh\nmake\n```\n<|im_end|>", "```sh\nmake\n```\n"),
    ("markdown", "It ‸\n", "adds.<EOT>", "adds."),
    ("markdown", "It ‸\n", "adds.[SUFFIX]x", "adds."),
    ("html", "<p>‸</p>\n", "It adds.<EOT>", "It adds."),
    ("html", "<p>‸</p>\n", "It adds.[PREFIX]", "It adds."),
    ("javascriptreact", "const a = ‸;\n", "<b>x</b><eos>", "<b>x</b>"),
    ("markdown", "# A\n\n‸\n", "<think>\nThe user wants", ""),
    ("html", "<body>‸</body>\n", "<thinking>\nThe user wants", ""),
]


def streamed(language: str, document: str, answer: str, cuts: tuple[int, ...], stops: tuple[str, ...] = ()) -> str:
    stop = EarlyStop(at(language, document), stops=stops)
    for start, end in pairwise((0, *cuts, len(answer))):
        if stop.feed(answer[start:end]) is not None:
            break
    return stop.finish()


def all_cuts(answer: str) -> list[tuple[int, ...]]:
    return [(), tuple(range(1, len(answer))), *((at,) for at in cut_places(len(answer)))]


@pytest.mark.parametrize("token", LEAKED)
def test_a_leaked_token_ends_an_answer(token: str) -> None:
    for behind in ("", "\nand more", " and"):
        answer = f"return a + b{token}{behind}"
        for cuts in all_cuts(answer):
            assert streamed("python", FUNCTION, answer, cuts) == "return a + b", cuts
        kept = trim_special(CompletionCandidate.of(answer, at("python", FUNCTION)))
        assert kept == "return a + b"


@pytest.mark.parametrize("token", OTHER_FORMS)
def test_a_token_in_another_form_ends_an_answer(token: str) -> None:
    for behind in ("", "\nand more"):
        assert (
            trim_special(CompletionCandidate.of(f"return a + b{token}{behind}", at("python", FUNCTION)))
            == "return a + b"
        )


@pytest.mark.parametrize("end", AT_THE_END)
def test_what_stands_behind_an_answer_is_not_shown(end: str) -> None:
    answer = f"return a + b{end}"
    for cuts in all_cuts(answer):
        assert streamed("python", FUNCTION, answer, cuts).rstrip() == "return a + b", cuts
    assert trim_special(CompletionCandidate.of(answer, at("python", FUNCTION))).rstrip() == "return a + b"


@pytest.mark.parametrize("token", CUT)
def test_the_beginning_of_a_token_ends_an_answer_that_was_cut(token: str) -> None:
    assert trim_special(CompletionCandidate.of(f"return a + b{token}", at("python", FUNCTION))) == "return a + b"
    written = at("python", f"X = '{token}|>'\n{FUNCTION}")
    assert trim_special(CompletionCandidate.of(f"return a + b{token}", written)) == f"return a + b{token}"


def test_the_blank_of_sentencepiece_before_a_token_goes() -> None:
    for answer in ("return a + b▁<EOT>", "return a + b▁"):
        assert trim_special(CompletionCandidate.of(answer, at("python", FUNCTION))) == "return a + b"
    block = 'bar = "▁" * 3  # ▁'
    assert trim_special(CompletionCandidate.of(block, at("python", "low = '▁'\n‸\n"))) == block


@pytest.mark.parametrize("answer", THINKING)
def test_thinking_at_the_head_is_not_shown(answer: str) -> None:
    for cuts in all_cuts(answer):
        assert not streamed("python", FUNCTION, answer, cuts).strip(), cuts
    assert not trim_special(CompletionCandidate.of(answer, at("python", FUNCTION))).strip()


@pytest.mark.parametrize(
    ("opener", "closer"), [("<thought>", "</thought>"), ("[THINK]", "[/THINK]"), ("<|think|>", "</think>")]
)
def test_a_closed_block_in_front_is_taken_off(opener: str, closer: str) -> None:
    candidate = CompletionCandidate.of(f"{opener}\nhm\n{closer}\nreturn a + b", at("python", FUNCTION))
    assert trim_special(candidate) == "return a + b"


@pytest.mark.parametrize(
    "answer",
    [
        *("<answer>return a + b", "<answer>\nreturn a + b</answer>", "<think>\nhm\n</think>\n<answer>return a + b"),
        *(
            "<code>return a + b</code>",
            "<completion>\nreturn a + b</completion>\nIt adds.",
            "<CODE>return a + b</CODE>",
        ),
        *("<output>return a + b", "<middle>return a + b</middle>", "<result>return a + b</result>"),
    ],
)
def test_the_tag_of_an_answer_is_taken_off(answer: str) -> None:
    for cuts in all_cuts(answer) if not answer.startswith("<think") else ():
        shown = streamed("python", FUNCTION, answer, cuts)
        assert trim_special(CompletionCandidate.of(shown, at("python", FUNCTION))) == "return a + b", cuts
    assert trim_special(CompletionCandidate.of(answer, at("python", FUNCTION))) == "return a + b"


@pytest.mark.parametrize(("language", "document", "answer", "kept"), LEAKED_IN_MARKUP)
def test_a_leaked_token_ends_an_answer_in_markup(language: str, document: str, answer: str, kept: str) -> None:
    for cuts in all_cuts(answer):
        shown = trim_special(CompletionCandidate.of(streamed(language, document, answer, cuts), at(language, document)))
        assert shown.rstrip() == kept.rstrip(), cuts
    assert trim_special(CompletionCandidate.of(answer, at(language, document))) == kept


def test_a_closed_block_in_front_is_taken_off_in_markup() -> None:
    candidate = CompletionCandidate.of("<think>\nhm\n</think>\nIt adds.", at("markdown", "# A\n\n‸\n"))
    assert trim_special(candidate) == "It adds."


@pytest.mark.parametrize(("language", "document", "answer"), CODE)
def test_the_same_text_as_code_stays(language: str, document: str, answer: str) -> None:
    for cuts in all_cuts(answer):
        assert streamed(language, document, answer, cuts) == answer, cuts
    assert trim_special(CompletionCandidate.of(answer, at(language, document))) == answer


@pytest.mark.parametrize("stops", [(), ("<|im_end|>", "<|endoftext|>")], ids=["no stops", "stops"])
@pytest.mark.parametrize(("language", "document", "answer"), WRITTEN)
def test_a_token_that_is_written_in_a_string_stays(
    language: str, document: str, answer: str, stops: tuple[str, ...]
) -> None:
    for cuts in all_cuts(answer):
        assert streamed(language, document, answer, cuts, stops) == answer, cuts
    assert trim_special(CompletionCandidate.of(answer, at(language, document))) == answer


@pytest.mark.parametrize(("language", "document", "answer", "kept"), NOT_WRITTEN)
def test_a_token_that_is_not_written_ends_the_answer(language: str, document: str, answer: str, kept: str) -> None:
    for cuts in all_cuts(answer):
        shown = trim_special(CompletionCandidate.of(streamed(language, document, answer, cuts), at(language, document)))
        assert shown.rstrip() == kept, cuts
    assert trim_special(CompletionCandidate.of(answer, at(language, document))).rstrip() == kept


FENCED = "The sign.\n\n```python\nreturn a + b\n```"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (f"{FENCED}<|im_end|>", FENCED),
        (f"{FENCED}\n<|im_end|>\n<|im_start|>user\nThanks!", f"{FENCED}\n"),
        (f"{FENCED}\n</s>", f"{FENCED}\n"),
        (f"{FENCED}<end_of_turn>\n<start_of_turn>user\n```python\nx\n```", FENCED),
        (f"{FENCED}\n<｜end▁of▁sentence｜>", f"{FENCED}\n"),
        ("It adds.<|eot_id|><|start_header_id|>user", "It adds."),
        ("It adds. [/INST]\nMore.", "It adds. "),
        ("```python\nreturn a + b<|im_end|>", "```python\nreturn a + b"),
        (">>>>>>> REPLACE\n<|return|>", ">>>>>>> REPLACE\n"),
        ("It adds.</s></s>", "It adds."),
        ("It adds.<|eot_id|>assistant\n\nMore.", "It adds."),
        ("It adds.</s>[INST] hi", "It adds."),
        ("It adds.<turn|>", "It adds."),
        ("It adds.<end_of_utterance>", "It adds."),
        ("It adds.<|im_end|", "It adds."),
        ("It adds.[|endofturn|]", "It adds."),
        (f"{FENCED}[e~[", FENCED),
        (f"{FENCED}<seed:eos>", FENCED),
        ("Use f <|body", None),
        ("It adds.<｜end▁of", "It adds."),
        # the beginning of the turn
        ("<|im_start|>assistant\nIt adds.", "It adds."),
        ("<|im_start|>assistant\nIt adds.<|im_end|>", "It adds."),
        ("<|start_header_id|>assistant<|end_header_id|>\n\nIt adds.", "It adds."),
        ("<start_of_turn>model\n    x = 1", "    x = 1"),
        ("<|assistant|>\nIt adds.", "It adds."),
        ("<｜begin▁of▁sentence｜><｜Assistant｜>It adds.", "It adds."),
        # text
        ("The token <|im_end|> ends a turn.", None),
        ("It ends with `<|im_end|>`\nalways.", None),
        ("```python\nEND = '<|im_end|>'\nx\n```\nDone.", None),
        ("```\n<|im_start|>user\n<|im_end|>\n```\nDone.", None),
        ("```html\n<s>x</s>", None),
        ("```html\n<s>x</s>\n```\n", None),
        ("Nothing special.", None),
        (FENCED, None),
    ],
)
def test_a_chat_ends_where_the_turn_does(answer: str, kept: str | None) -> None:
    assert without_run_on(answer) == (answer if kept is None else kept)
