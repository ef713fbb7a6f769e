"""A member that an answer adds is kept, although another class has one of the same name or in the same words; what
stands where the piece is was copied along and is dropped.

In each document «…» marks the piece, and ‹…› the member of the other class. The answer has the piece, unchanged or with
``1`` changed to ``2``, and that member.
"""
# ruff: noqa: E501 - a table of documents

from __future__ import annotations

import re

import pytest

from tests.unit.edits.test_apply import fenced, result

DOCUMENTS = {
    "python": "class A:\n«    def get(self):\n        return self.items[1]»\n\n\nclass B:\n    items = ()\n\n    ‹def __len__(self):\n        return len(self.items)›\n",
    "typescript": "class A {\n«  get(): number {\n    return this.items[1];\n  }»\n}\n\nclass B {\n  items = [];\n\n  ‹size(): number {\n    return this.items.length;\n  }›\n}\n",
    "javascript": "class A {\n«  get() {\n    return this.items[1];\n  }»\n}\n\nclass B {\n  items = [];\n\n  ‹size() {\n    return this.items.length;\n  }›\n}\n",
    "java": "class A {\n«    int get() {\n        return items[1];\n    }»\n}\n\nclass B {\n    int[] items;\n\n    ‹int size() {\n        return items.length;\n    }›\n}\n",
    "csharp": "class A {\n«    int Get() {\n        return items[1];\n    }»\n}\n\nclass B {\n    int[] items;\n\n    ‹int Size() {\n        return items.Length;\n    }›\n}\n",
    "rust": "impl A {\n«    fn get(&self) -> usize {\n        self.items[1]\n    }»\n}\n\nimpl B {\n    ‹fn size(&self) -> usize {\n        self.items.len()\n    }›\n}\n",
    "ruby": "class A\n«  def get\n    @items[1]\n  end»\nend\n\nclass B\n  ‹def size\n    @items.length\n  end›\nend\n",
    "php": "<?php\nclass A {\n«    function get() {\n        return $this->items[1];\n    }»\n}\n\nclass B {\n    ‹function size() {\n        return count($this->items);\n    }›\n}\n",
}  # fmt: skip
LANGUAGES = sorted(DOCUMENTS)


def parts(language: str) -> tuple[str, str, str]:
    """The document with the piece marked, the piece, and the member of the other class, indented as the piece."""
    document = DOCUMENTS[language]
    piece = re.search("«(.*)»", document, re.DOTALL)
    other = re.search("^(.*)‹(.*)›", document, re.DOTALL)
    assert piece is not None
    assert other is not None
    indent = other[1].rpartition("\n")[2]
    return document.replace("‹", "").replace("›", ""), piece[1], indent + other[2]


def wanted(document: str, piece: str, new: str) -> str:
    return document.replace(f"«{piece}»", new)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_changed", [False, True])
def test_a_member_beside_the_piece_is_kept(language: str, is_changed: bool) -> None:
    document, piece, other = parts(language)
    new = piece.replace("1", "2") if is_changed else piece
    answer = f"{new}\n\n{other}"
    assert result(document, fenced(answer), language) == wanted(document, piece, answer)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_member_with_a_known_name_and_other_words_is_kept(language: str) -> None:
    """The name alone says as little as the words do."""
    document, piece, other = parts(language)
    lines = other.split("\n")
    lines.insert(1, lines[1])
    answer = piece.replace("1", "2") + "\n\n" + "\n".join(lines)
    assert result(document, fenced(answer), language) == wanted(document, piece, answer)


CLASSES = {
    "python": ("class A:\n", "", "        return self.size()", "    def size(self):\n        return len(self.items)"),
    "typescript": ("class A {\n", "\n}", "    return this.count();", "  count(): number {\n    return this.items.length;\n  }"),
    "java": ("class A {\n", "\n}", "        return count();", "    int count() {\n        return items.length;\n    }"),
    "ruby": ("class A\n", "\nend", "    count", "  def count\n    @items.length\n  end"),
}  # fmt: skip


@pytest.mark.parametrize("language", sorted(CLASSES))
@pytest.mark.parametrize("uses", [True, False])
def test_an_answer_with_the_whole_class_adds_what_the_piece_uses(language: str, uses: bool) -> None:
    """A member that nothing of the piece uses is not added with a changed piece: it may be another one, renamed."""
    document, piece, _ = parts(language)
    begin, end, call, member = CLASSES[language]
    changed = next(line for line in piece.split("\n") if "1" in line)
    new = piece.replace(changed, call if uses else changed.replace("1", "2"))
    expected = f"{new}\n\n{member}" if uses else new
    answer = f"{begin}{new}\n\n{member}{end}"
    assert result(document, fenced(answer), language) == wanted(document, piece, expected)


@pytest.mark.parametrize("language", sorted(CLASSES))
def test_an_answer_with_the_whole_class_may_only_add(language: str) -> None:
    document, piece, _ = parts(language)
    begin, end, _, member = CLASSES[language]
    answer = f"{begin}{piece}\n\n{member}{end}"
    assert result(document, fenced(answer), language) == wanted(document, piece, f"{piece}\n\n{member}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copied_member_of_the_same_class_is_dropped(language: str) -> None:
    document, piece, other = parts(language)
    document = document.replace("»", f"»\n\n{other}", 1)
    answer = f"{piece.replace('1', '2')}\n\n{other}"
    assert result(document, fenced(answer), language) == wanted(document, piece, piece.replace("1", "2"))
