"""How each language writes comments, strings and blocks, as far as the lexer has to know. Data; decides nothing."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from attrs import evolve, frozen

BlockStyle = Literal["brackets", "indent", "keywords", "none"]


@frozen
class LexicalStyle:
    """How one language writes comments, strings and blocks. A wrong guess may cost a suggestion, never an error."""

    line_comments: tuple[str, ...] = ()
    block_comments: tuple[tuple[str, str], ...] = ()
    quotes: str = '"'  # each begins a string that ends on its line
    long_quotes: tuple[str, ...] = ()  # strings that may span lines: a single character, or one of quotes three times
    character_quote: bool = True  # ' holds one character ('{'), else it is a lifetime, a prime, a digit separator
    brackets: str = "([{"  # openers that are balanced in this language
    blocks: BlockStyle = "brackets"
    word_comments: bool = False  # a comment begins only where a word could ("$#" and "a#b" are none)
    word_quotes: bool = False  # a quote inside a word is an apostrophe
    regex_literals: bool = False


_C = LexicalStyle(line_comments=("//",), block_comments=(("/*", "*/"),))
_JS = evolve(_C, quotes="\"'", long_quotes=("`",), character_quote=False, regex_literals=True)
_HASH = LexicalStyle(line_comments=("#",), quotes="\"'", character_quote=False)
_RUBY = evolve(_HASH, blocks="keywords", word_comments=True)
_DASHES = LexicalStyle(line_comments=("--",), quotes="\"'", character_quote=False)
_PROSE = LexicalStyle(quotes="", character_quote=False, brackets="", blocks="none")
_MARKUP = evolve(_PROSE, block_comments=(("<!--", "-->"),))
_LISP = LexicalStyle(line_comments=(";",), character_quote=False)
_YAML = evolve(_HASH, brackets="[{", blocks="indent", word_comments=True, word_quotes=True)
_SHELL = evolve(_RUBY, brackets="{")  # the ")" of a case pattern has no opener

# Keyed by LSP language identifier, and by the other names that editors use.
_STYLES = MappingProxyType(
    {
        **dict.fromkeys(("c", "cpp", "c++", "objective-c", "objective-cpp", "rust", "zig", "glsl", "proto"), _C),
        **dict.fromkeys(("java", "kotlin", "scala", "csharp", "cs", "dart"), evolve(_C, long_quotes=('"""',))),
        "swift": evolve(_C, long_quotes=('"""',), character_quote=False),
        "go": evolve(_C, long_quotes=("`",)),
        "php": evolve(_C, line_comments=("//", "#"), quotes="\"'", character_quote=False),
        **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact"), _JS),
        **dict.fromkeys(("typescript.tsx", "javascript.jsx"), _JS),
        "json": LexicalStyle(character_quote=False, blocks="none"),
        "jsonc": LexicalStyle(
            line_comments=("//",), block_comments=(("/*", "*/"),), character_quote=False, blocks="none"
        ),
        "css": evolve(_C, line_comments=(), quotes="\"'", character_quote=False),
        **dict.fromkeys(("scss", "less"), evolve(_C, quotes="\"'", character_quote=False)),
        **dict.fromkeys(("python", "starlark", "gdscript"), evolve(_HASH, long_quotes=('"""', "'''"), blocks="indent")),
        **dict.fromkeys(("nim", "coffeescript"), evolve(_HASH, long_quotes=('"""',), blocks="indent")),
        **dict.fromkeys(("yaml", "dockercompose", "ansible"), _YAML),
        "toml": evolve(_HASH, long_quotes=('"""', "'''"), blocks="none"),
        "r": _HASH,
        "perl": evolve(_HASH, word_comments=True),
        **dict.fromkeys(("ruby", "crystal"), _RUBY),
        "elixir": evolve(_RUBY, long_quotes=('"""',)),
        "julia": evolve(_RUBY, quotes='"', long_quotes=('"""',), character_quote=True),
        **dict.fromkeys(("shellscript", "sh", "bash", "zsh", "fish", "makefile", "make", "dockerfile"), _SHELL),
        "lua": evolve(_DASHES, block_comments=(("--[[", "]]"),), blocks="keywords"),
        "sql": evolve(_DASHES, block_comments=(("/*", "*/"),), blocks="none"),
        "haskell": LexicalStyle(line_comments=("--",), blocks="indent"),
        **dict.fromkeys(("lisp", "commonlisp", "scheme", "clojure", "racket", "elisp"), _LISP),
        **dict.fromkeys(("html", "xml", "vue", "svelte", "handlebars", "htmldjango", "jinja-html", "erb"), _MARKUP),
        **dict.fromkeys(("markdown", "mdx", "quarto", "rmd"), _MARKUP),
        **dict.fromkeys(("plaintext", "text", "restructuredtext", "latex", "tex", "git-commit", "gitcommit"), _PROSE),
        "": _PROSE,
    }
)

# What fences are tagged with beside LSP's identifiers.
_SHORT_NAMES = frozenset(
    {"py", "python3", "js", "jsx", "ts", "tsx", "rb", "rs", "kt", "hs", "pl", "ex", "jl", "golang"}
)


def is_language_name(word: str) -> bool:
    """Whether ``word`` is a name of a language that a model writes behind a fence."""
    return bool(word) and (word.lower() in _STYLES or word.lower() in _SHORT_NAMES)


def style_of(
    language_id: str, comment_line: str | None = None, comment_block: tuple[str, str] | None = None
) -> LexicalStyle:
    """The style of a language; of an unknown one a careful guess with the comment tokens that the caller knows."""
    known = _STYLES.get(language_id.lower())
    if known is not None:
        return known
    return LexicalStyle(
        line_comments=(comment_line,) if comment_line else (),
        block_comments=(comment_block,) if comment_block else (),
        word_comments=comment_line == "#",
        word_quotes=True,
    )
