"""Which piece of a document the model is asked to rewrite."""

from __future__ import annotations

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.target import WHOLE_LINES, choose_target
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point

PYTHON = """import os


class Shop:
    def total(self, items):
        return sum(items)

    def name(self):
        return "shop"


print(Shop().name())
""" + "\n".join(f"value_{i} = {i}" for i in range(100))


def target(text: str, start: Point, end: Point | None = None, action: ActionKind = ActionKind.FIX, language="python"):
    store, syntax = DocumentStore(), Syntax()
    store.subscribe(syntax.trees)
    snapshot = store.open("file:///a.py", language, 1, text)
    request = AssistRequest(
        action=action, snapshot=snapshot, start=start, end=end or start, settings=Settings(), path="a.py"
    )
    return choose_target(request, syntax.trees.tree(snapshot))


def test_the_smallest_function_around_the_place() -> None:
    found = target(PYTHON, Point(5, 15))
    assert (found.kind, found.name, found.form) == ("function", "total", "whole")
    assert found.code == "    def total(self, items):\n        return sum(items)"
    assert found.words == "the function `total`"


def test_a_class_where_no_function_is() -> None:
    assert target("class A:\n    x = 1\n    y = 2\n", Point(1, 4)).kind == "class"


@pytest.mark.parametrize(
    ("language", "text", "form"),
    [
        ("python", "def f(a):\n    return a\n", "comment"),
        ("python", "def f(a): return a\n", "whole"),
        ("python", 'def f(a):\n    """It has one."""\n    return a\n', "whole"),
        ("typescript", "function f(a) {\n  return a;\n}\n", "comment"),
        ("typescript", "// It has one.\nfunction f(a) {\n  return a;\n}\n", "whole"),
    ],
)
def test_the_comment_alone_is_asked_for_only_where_it_can_be_put(language: str, text: str, form: str) -> None:
    line = next(n for n, one in enumerate(text.split("\n")) if one.startswith(("def", "function")))
    assert target(text, Point(line, 0), action=ActionKind.DOCSTRING, language=language).form == form


def test_some_lines_of_a_long_file_where_nothing_is_around() -> None:
    found = target(PYTHON, Point(60, 0))
    assert found.kind == "lines"
    assert found.start.line <= 54
    assert found.end.line >= 66


def test_the_whole_of_a_short_file_without_a_grammar() -> None:
    assert target("a\nb\n", Point(1, 0), language="plaintext").kind == "file"


def test_a_selection_is_whole_lines_without_the_line_it_only_touches() -> None:
    found = target(PYTHON, Point(20, 3), Point(23, 0), ActionKind.SIMPLIFY)
    assert (found.start, found.end.line) == (Point(20, 0), 22)


def test_an_extraction_gets_the_function_around_the_selection() -> None:
    found = target(PYTHON, Point(5, 8), Point(5, 25), ActionKind.EXTRACT)
    assert found.name == "total"


def test_a_long_function_is_edited_in_blocks() -> None:
    long = "def f():\n" + "".join(f"    x{i} = {i}\n" for i in range(WHOLE_LINES + 50))
    found = target(long, Point(40, 0))
    assert (found.kind, found.form) == ("function", "blocks")


@pytest.mark.parametrize("point", [Point(0, 0), Point(10_000, 5), Point(3, 999)])
@pytest.mark.parametrize("text", ["", "\n", "x", PYTHON])
def test_there_is_always_one(text: str, point: Point) -> None:
    found = target(text, point)
    assert found.start <= found.end


# A text, and places in it (‸ is the cursor) with the name of the definition that is the target.
PLACES = {
    "python": (
        """
"A module."
import os

LIMIT = 3


# Adds.
@cache
@wraps(
    f,
)
def total(items):
    # Inside.
    n = 0

    return n


class Shop:
    size = 1

    def name(self):
        return "shop"

    @property
    def rooms(self):
        return 2
""",
        {
            "‸def total": "total",
            "d‸ef total": "total",
            "‸    n = 0": "total",
            "    return n‸": "total",
            "‸@cache": "total",
            "    ‸f,": "total",
            "‸# Adds": "total",
            "‸    # Inside": "total",
            "‸    def name": "name",
            "    ‸def name": "name",
            "  ‸  def name": "name",
            "‸    @property": "rooms",
            "‸class Shop": "Shop",
            "    size‸ = 1": "Shop",
        },
    ),
    "typescript": (
        """
import { a } from "./a";

/** Adds. */
export function total(items: number[]): number {
  return items.length;
}

const half = (n: number) => {
  return n / 2;
};

export class Shop {
  size = 1;

  @Input()
  name(): string {
    return "shop";
  }
}
""",
        {
            "‸/** Adds": "total",
            "‸export function": "total",
            "‸}\n\nconst": "total",
            "‸const half": "half",
            "‸};": "half",
            "‸  @Input": "name",
            "‸  name()": "name",
            "  ‸name()": "name",
            "  size‸ = 1": "Shop",
        },
    ),
    "go": (
        """
package shop

import "fmt"

// Total adds.
func Total(items []int) int {
	return len(items)
}

func (s *Shop) Name() string {
	return fmt.Sprint("shop")
}
""",
        {"‸// Total": "Total", "‸func Total": "Total", "‸\treturn len": "Total", "‸func (s": "Name"},
    ),
    "rust": (
        """
use std::fmt;

/// Adds.
#[inline]
pub fn total(items: &[u32]) -> usize {
    items.len()
}

impl Shop {
    /// Names.
    fn name(&self) -> &str {
        "shop"
    }
}
""",
        {
            "‸/// Adds": "total",
            "‸#[inline]": "total",
            "‸pub fn": "total",
            "‸    /// Names": "name",
            "‸    fn name": "name",
            "    ‸fn name": "name",
        },
    ),
    "java": (
        """
import java.util.List;

class Shop {
    /** Adds. */
    @Override
    public int total(List<Integer> items) {
        return items.size();
    }

    String name() {
        return "shop";
    }
}
""",
        {
            "‸    /** Adds": "total",
            "‸    @Override": "total",
            "‸    public int": "total",
            "‸    String name": "name",
            "‸class Shop": "Shop",
        },
    ),
    "c": (
        """
#include <stdio.h>

/* Adds. */
static int total(const int *items, int n)
{
    return n;
}

int main(void) {
    return total(0, 0);
}
""",
        {
            "‸/* Adds": "total",
            "‸static int": "total",
            "‸{\n    return n": "total",
            "‸int main": "main",
            "    ‸return total": "main",
        },
    ),
    "lua": (
        """
local M = {}

-- Adds.
function M.total(items)
  return #items
end

local function half(n)
  return n / 2
end

return M
""",
        {"‸-- Adds": "M.total", "‸function M": "M.total", "‸local function": "half", "‸  return n": "half"},
    ),
    "ruby": (
        """
require "set"

class Shop
  # Adds.
  def total(items)
    items.length
  end

  def name
    "shop"
  end
end
""",
        {"‸  # Adds": "total", "‸  def total": "total", "  ‸def name": "name", "‸    items": "total"},
    ),
}
# Decorators, attributes, annotations, templates and macros; nested and anonymous functions; exports.
MORE_PLACES = {
    "python": (
        """
@dataclass(frozen=True)
@final
class Sale:
    month: str

    class Kind:
        @staticmethod
        async def load(path):
            def inner(x):
                return x

            return inner(path)


def outer():
    @cache
    def nested(n):
        return n

    return nested


if DEBUG:

    def trace(x):
        return x
""",
        {
            "‸@dataclass": "Sale",
            "‸@final": "Sale",
            "‸class Sale": "Sale",
            "‸    class Kind": "Kind",
            "‸        @staticmethod": "load",
            "‸        async def": "load",
            "‸            def inner": "inner",
            "‸            return inner": "load",
            "‸    @cache": "nested",
            "‸    def nested": "nested",
            "‸    return nested": "outer",
            "‸    def trace": "trace",
        },
    ),
    "typescript": (
        """
export default async function load(path: string) {
  const inner = (x: string) => {
    return x;
  };
  return inner(path);
}

@Component({
  selector: "shop",
})
export class Shop {
  private readonly total = async (n: number) => {
    return n;
  };

  static create<T>(x: T): T {
    return x;
  }
}

export abstract class Base {
  abstract run(): void;

  get size() {
    return 1;
  }
}

export namespace Inner {
  export function helper() {
    return 2;
  }
}
""",
        {
            "‸export default": "load",
            "‸  const inner": "inner",
            "‸  return inner": "load",
            "‸@Component": "Shop",
            "‸export class Shop": "Shop",
            "‸  static create": "create",
            "‸  get size": "size",
            "‸export abstract": "Base",
            "‸  export function": "helper",
        },
    ),
    "go": (
        """
package shop

// Map maps.
//
// It has two lines.
func Map[T, U any](items []T, f func(T) U) []U {
	var out []U
	apply := func(x T) {
		out = append(out, f(x))
	}
	for _, item := range items {
		apply(item)
	}
	return out
}

// Shop is one.
type Shop struct {
	Name string
}
""",
        {
            "‸// Map": "Map",
            "‸//\n// It": "Map",
            "‸func Map": "Map",
            "‸\treturn out": "Map",
            "‸type Shop": "Shop",
            "‸// Shop": "Shop",
        },
    ),
    "rust": (
        """
#[derive(
    Debug,
    Clone,
)]
pub struct Entry {
    key: String,
}

impl fmt::Display for Entry {
    #[must_use]
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn inner(x: u32) -> u32 {
            x
        }
        write!(f, "{}", inner(1))
    }
}

macro_rules! add {
    ($a:expr) => {
        $a + 1
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(add!(1), 2);
    }
}
""",
        {
            "‸#[derive": "Entry",
            "‸    Debug": "Entry",
            "‸pub struct": "Entry",
            "‸    #[must_use]": "fmt",
            "‸    fn fmt": "fmt",
            "‸        fn inner": "inner",
            "‸        write!": "fmt",
            "‸    #[test]": "adds",
            "‸    fn adds": "adds",
        },
    ),
    "java": (
        """
@Entity
@Table(
    name = "shop"
)
public final class Shop {
    @Deprecated
    public Shop(int size) {
        this.size = size;
    }

    @Test
    @DisplayName("adds")
    <T extends Comparable<T>> T max(List<T> items) throws IOException {
        Runnable run = new Runnable() {
            @Override
            public void run() {
                items.clear();
            }
        };
        return items.get(0);
    }

    enum Kind { IN, OUT }
}
""",
        {
            "‸@Entity": "Shop",
            "‸public final": "Shop",
            "‸    @Deprecated": "Shop",
            "‸    public Shop": "Shop",
            "‸    @Test": "max",
            "‸    <T": "max",
            "‸        return items": "max",
            "‸            public void run": "run",
        },
    ),
    "c": (
        """
#define ADD(a, b) \\\\
    ((a) + (b))

EXPORT_SYMBOL int *
find(const char *name, int n)
{
    return 0;
}

__attribute__((noinline))
static void log_line(const char *text) {
    puts(text);
}

struct point {
    int x;
};
""",
        {
            "‸find(const": "find",
            "‸__attribute__": "log_line",
            "‸static void": "log_line",
            "‸    puts": "log_line",
            "‸struct point": "point",
        },
    ),
    "cpp": (
        """
namespace shop {

/// Adds.
template <typename T>
[[nodiscard]] T add(T a, T b) {
  auto twice = [](T x) { return x * 2; };
  return twice(a) + b;
}

class Pool final : public Base {
 public:
  explicit Pool(int size) : size_(size) {}

  ~Pool() override {
    close();
  }

  Pool& operator=(const Pool& other) {
    return *this;
  }

 private:
  int size_;
};

int Pool::size() const {
  return size_;
}

}  // namespace shop
""",
        {
            "‸/// Adds": "add",
            "‸template": "add",
            "‸[[nodiscard": "add",
            "‸  return twice": "add",
            "‸class Pool": "Pool",
            "‸  explicit": "Pool",
        },
    ),
    "csharp": (
        """
namespace Shop
{
    [Serializable]
    [Obsolete("no")]
    public sealed class Stock
    {
        /// <summary>Adds.</summary>
        [HttpGet("{id}")]
        public async Task<int> Add(int id)
        {
            int Twice(int x)
            {
                return x * 2;
            }
            return Twice(id);
        }

        public int Size => 3;
    }
}
""",
        {
            "‸    [Serializable]": "Stock",
            "‸    public sealed": "Stock",
            "‸        /// <summary>": "Add",
            "‸        [HttpGet": "Add",
            "‸        public async": "Add",
            "‸            int Twice": "Twice",
            "‸            return Twice": "Add",
        },
    ),
    "php": (
        """
<?php

/** Adds. */
#[Pure]
function add(int $a, int $b): int
{
    return $a + $b;
}

final class Cart
{
    #[Route("/x")]
    public static function make(): self
    {
        return new self();
    }
}
""",
        {
            "‸/** Adds": "add",
            "‸#[Pure]": "add",
            "‸function add": "add",
            "‸final class": "Cart",
            "‸    #[Route": "make",
            "‸    public static": "make",
        },
    ),
    "kotlin": (
        """
@Serializable
data class Shop(val name: String)

/** Adds. */
@JvmStatic
suspend inline fun <T> add(a: T): T {
    return a
}

class Pool {
    override fun size(): Int {
        return 1
    }
}
""",
        {"‸/** Adds": "add", "‸@JvmStatic": "add", "‸suspend": "add", "‸class Pool": "Pool", "‸    override": "size"},
    ),
    "javascript": (
        """
module.exports.load = async function load(path) {
  return path;
};

const debounce = (f) => {
  return f;
};

class Store {
  #items = [];

  static async open() {
    return new Store();
  }
}
""",
        {
            "‸module.exports": "load",
            "‸const debounce": "debounce",
            "‸class Store": "Store",
            "‸  static async": "open",
        },
    ),
    "bash": (
        """
#!/bin/sh

# Adds.
add() {
  echo $(($1 + $2))
}

function twice {
  echo $(($1 * 2))
}
""",
        {"‸# Adds": "add", "‸add()": "add", "‸function twice": "twice"},
    ),
    "swift": (
        """
@available(iOS 13, *)
public func add(_ a: Int) -> Int {
    return a
}

final class Pool {
    @discardableResult
    override func size() -> Int {
        return 1
    }
}
""",
        {
            "‸@available": "add",
            "‸public func": "add",
            "‸final class": "Pool",
            "‸    @discardableResult": "size",
            "‸    override": "size",
        },
    ),
    "scala": (
        """
object Shop {
  /** Adds. */
  @inline
  def add(a: Int): Int = {
    a + 1
  }
}
""",
        {"‸  /** Adds": "add", "‸  @inline": "add", "‸  def add": "add"},
    ),
}


def _places() -> list[tuple[str, str, str]]:
    both = [*PLACES.items(), *MORE_PLACES.items()]
    return [(language, place, name) for language, (_, table) in both for place, name in table.items()]


@pytest.mark.parametrize("action", [ActionKind.FIX, ActionKind.SIMPLIFY])
@pytest.mark.parametrize(("language", "place", "name"), _places())
def test_the_definition_of_a_place(language: str, place: str, name: str, action: ActionKind) -> None:
    tables = (one[language][0].lstrip("\n") for one in (PLACES, MORE_PLACES) if place in one.get(language, ("", {}))[1])
    text, around = next(tables), place.replace("‸", "")
    assert text.count(around) == 1, "the place must name one place of the text"
    before = text[: text.index(around) + place.index("‸")]
    point = Point(before.count("\n"), len(before) - before.rfind("\n") - 1)
    found = target(text, point, action=action, language={"bash": "shellscript"}.get(language, language))
    assert found.name == name
    assert found.start.line <= point.line <= found.end.line


def test_decorators_belong_to_the_function_and_the_comment_only_to_its_own_place() -> None:
    text = PLACES["python"][0].lstrip("\n")
    inside = target(text, Point(text[: text.index("n = 0")].count("\n"), 4))
    assert inside.code.startswith("@cache\n@wraps(")
    on_comment = target(text, Point(text[: text.index("# Adds")].count("\n"), 0))
    assert on_comment.code.startswith("# Adds.\n@cache")
    assert inside.end == on_comment.end


TWO = "def a():\n    return 1\n\n\ndef b():\n    return 2\n\n\n\n\n\n\n\nX = 1\n" + "y = 1\n" * 40


@pytest.mark.parametrize(("line", "name"), [(2, "a"), (3, "b"), (6, "b"), (8, "b")])
def test_a_blank_line_belongs_to_the_nearer_function(line: int, name: str) -> None:
    found = target(TWO, Point(line, 0))
    assert (found.name, found.start.line <= line <= found.end.line) == (name, True)


def test_a_blank_line_far_from_every_function_is_lines() -> None:
    assert target(TWO, Point(10, 0)).kind == "lines"


@pytest.mark.parametrize(
    ("start", "end"), [(Point(0, 0), Point(6, 0)), (Point(1, 4), Point(4, 3)), (Point(0, 4), Point(5, 6))]
)
def test_a_selection_in_two_functions_is_both(start: Point, end: Point) -> None:
    found = target(TWO, start, end, ActionKind.SIMPLIFY)
    assert found.code == "def a():\n    return 1\n\n\ndef b():\n    return 2"


def test_a_selection_of_one_function_is_the_function() -> None:
    assert target(TWO, Point(4, 0), Point(6, 0), ActionKind.SIMPLIFY).name == "b"


def test_a_statement_between_functions_is_not_the_whole_file() -> None:
    text = TWO.replace("X = 1", "X = [\n    1,\n    2,\n]")
    found = target(text, Point(14, 4))
    assert found.kind == "lines"
    assert "def b" not in found.code
    assert found.code.count("X = [\n    1,\n    2,\n]") == 1


def test_lines_without_a_function_hold_no_half_of_one() -> None:
    text = "x = 1\n" * 30 + "def a():\n" + "    y = 1\n" * 20
    found = target(text, Point(27, 0))
    assert (found.start.line, found.end.line) == (21, 29)
