"""Sources in many languages, and changes of them by construction, for `changed_answers.py`.

Each source has what edits go wrong at: comments behind code, doc comments, directives, strings of several lines,
alignment, twins, overloads, empty bodies, fences. A change is (a fragment of the line with the message, replacements),
each of which stands once in the source.
"""
# ruff: noqa: E501, W291 - sources as they are

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

Changes = Mapping[str, tuple[str, list[tuple[str, str]]]]


@frozen
class Source:
    """A document. ``language_id`` is LSP's; ``changes`` are by name."""

    name: str
    language_id: str
    text: str = field(repr=False)
    changes: Changes = field(repr=False)


SOURCES: dict[str, Source] = {}


def _add(key: str, name: str, language_id: str, text: str, /, **changes: tuple[str, list[tuple[str, str]]]) -> None:
    SOURCES[key] = Source(name, language_id, text.lstrip("\n"), changes)


_add(
    "python",
    "shop.py",
    "python",
    r'''
"""Prices.

    >>> total([1])
    1
"""
import os
from decimal import Decimal

RATES = {
    "de": 0.19,   # Germany
    "fr":  0.2,   # France
    "it": 0.22,
}


class Cart:
    """Items of a customer."""

    limit = 10

    def __init__(self, items, *, name=''):
        self.items = items  # not copied
        self.name = name

    def total(self):
        """Sum.

        ```python
        cart.total()
        ```
        """
        # without tax
        result = 0
        for item in self.items:
            result -= item.price  # type: ignore

        return result

    @property
    def size(self):
        return len(self.itms)

    @staticmethod
    def parse(text):
        def number(part):
            return int(part)

        return [number(one) for one in text.split(';')]


class Order(Cart):
    def total(self):
        return super().total() + self.shipping

    def empty(self):
        pass

    def query(self):
        return """
          SELECT *
            FROM ordrs
           WHERE id = %s
        """


def load(path: str) -> Cart:
    with open(path) as file:
        lines = file.readlines()
    return Cart([Decimal(line) for line in lines])


if __name__ == '__main__':
    print(load(os.environ['CART']).total())
''',
    word=("result -= item", [("result -= item", "result += item")]),
    added=(
        "for item in self.items",
        [
            (
                "        for item in self.items:\n            result -=",
                "        for item in self.items:\n            if item.price is None:\n                continue\n            result -=",
            )
        ],
    ),
    removed=("# without tax", [("        # without tax\n", "")]),
    removed_line=(
        "self.name = name",
        [
            (
                "        self.items = items  # not copied\n        self.name = name\n",
                "        self.items = items  # not copied\n",
            )
        ],
    ),
    header=("def parse(text)", [("def parse(text)", "def parse(text: str) -> list")]),
    decorator=(
        "def parse(text)",
        [("    @staticmethod\n    def parse(text):", "    @classmethod\n    def parse(cls, text):")],
    ),
    nested=("return int(part)", [("return int(part)", "return int(part, 10)")]),
    empty=("pass", [("        pass\n", "        return not self.items\n")]),
    string=("FROM ordrs", [("FROM ordrs", "FROM orders")]),
    twin=("self.shipping", [("super().total() + self.shipping", "super().total() + self.postage")]),
    dict=('"fr":  0.2', [('"fr":  0.2,', '"fr":  0.20,')]),
    dict_line=('"it": 0.22', [('    "it": 0.22,\n', '    "it": 0.22,\n    "es": 0.21,\n')]),
    word2=("return len(self.itms)", [("self.itms", "self.items")]),
    wrap=(
        "lines = file.readlines()",
        [
            (
                "    with open(path) as file:\n        lines = file.readlines()\n",
                "    try:\n        with open(path) as file:\n            lines = file.readlines()\n    except OSError:\n        lines = []\n",
            )
        ],
    ),
    two=(
        "for line in lines",
        [
            ("        lines = file.readlines()\n", "        lines = list(file)\n"),
            ("Decimal(line) for line in lines", "Decimal(line.strip()) for line in lines"),
        ],
    ),
    docstring=('"""Items of a customer."""', [('"""Items of a customer."""', '"""The items of a customer."""')]),
    main=("print(load(", [("print(load(os.environ['CART']).total())", "print(load(os.environ.get('CART')).total())")]),
)

_add(
    "pytabs",
    "tabs.py",
    "python",
    """
import sys

class A:
	def run(self, x):
		if x:
			# first
			y = x - 1	# minus
			return y
		else:
			return None

	def stop(self):
		for a in self.all:
			a.stop()
		return 1
""",
    word=("y = x - 1", [("x - 1", "x + 1")]),
    added=("a.stop()", [("\t\t\ta.stop()\n", "\t\t\tif a:\n\t\t\t\ta.stop()\n")]),
    removed=("# first", [("\t\t\t# first\n", "")]),
)

_add(
    "ts",
    "cart.ts",
    "typescript",
    r"""
import { readFile } from 'fs/promises';
import type { Item } from './item';

/** Options of a cart. */
export interface Options {
  readonly name: string;   // shown
  limit?:        number;
  tags:          string[];
}

export enum Kind { A = 'a', B = 'b' }

export class Cart<T extends Item> {
  private readonly items: T[] = [];

  constructor(private options: Options) {}

  add(item: T): void;
  add(items: T[]): void;
  add(item: T | T[]): void {
    if (Array.isArray(item)) {
      this.items.push(...item); // all
    } else {
      this.items.push(itm);
    }
  }

  /**
   * Sum.
   * @returns the total
   */
  @memo()
  get total(): number {
    let sum = 0;
    for (const { price } of this.items) {
      sum -= price; // eslint-disable-line
    }
    return sum;
  }

  async load(path: string): Promise<void> {
    const text = await readFile(path, 'utf8');
    const sql = `
      SELECT *
        FROM itms
    `;
    this.run(sql, (row) => {
      this.items.push(row as T);
    });
  }

  clear() {}
}

class Other {
  get total(): number {
    return 0;
  }
}

export const label = (cart: Cart<Item>): string =>
  cart.total > 10 ? "big" : 'small';

export default function main(args: string[]) {
  const cart = new Cart({ name: 'x', tags: [] });
  cart.load(args[0]).then(() => {
    console.log(label(cart));
  });
}
""",
    word=("sum -= price", [("sum -= price", "sum += price")]),
    name=("this.items.push(itm)", [("push(itm)", "push(item)")]),
    overload=("add(items: T[]): void", [("  add(items: T[]): void;\n", "  add(items: readonly T[]): void;\n")]),
    interface=("limit?:        number", [("limit?:        number", "limit:         number")]),
    ifaceline=(
        "tags:          string[]",
        [("  tags:          string[];\n", "  tags:          string[];\n  date:          Date;\n")],
    ),
    decorator=("@memo()", [("  @memo()\n", "")]),
    doc=("@returns the total", [("@returns the total", "@returns the total in cents")]),
    template=("FROM itms", [("FROM itms", "FROM items")]),
    empty=("clear() {}", [("  clear() {}\n", "  clear() {\n    this.items.length = 0;\n  }\n")]),
    arrow=("cart.total > 10", [("cart.total > 10", "cart.total >= 10")]),
    twin=("return 0;", [("    return 0;\n", "    return 1;\n")]),
    callback=(
        "console.log(label(cart))",
        [("    console.log(label(cart));\n", "    const text = label(cart);\n    console.log(text);\n")],
    ),
    enum=("export enum Kind", [("B = 'b' }", "B = 'b', C = 'c' }")]),
    imp=("import type", [("import type { Item } from './item';", "import type { Item } from './items';")]),
    header=(
        "async load(path",
        [("async load(path: string): Promise<void>", "async load(path: string, encoding = 'utf8'): Promise<void>")],
    ),
)

_add(
    "tsx",
    "view.tsx",
    "typescriptreact",
    r"""
import React, { useState } from 'react';

type Props = { name: string; onClose: () => void };

export function Panel({ name, onClose }: Props) {
  const [open, setOpen] = useState(false);

  // toggles
  const toggle = () => setOpen(open);

  return (
    <section className="panel">
      {/* header */}
      <h1 title={name}>Hello, {nam}!</h1>
      {open && (
        <ul>
          <li key="a">One &amp; only</li>
          <li key="b">Two</li>
        </ul>
      )}
      <button onClick={toggle}>Toggle</button>
      <br />
    </section>
  );
}

export const Empty = () => <></>;
""",
    word=("Hello, {nam}", [("{nam}", "{name}")]),
    line=(
        '<li key="b">',
        [('          <li key="b">Two</li>\n', '          <li key="b">Two</li>\n          <li key="c">Three</li>\n')],
    ),
    toggle=("setOpen(open)", [("setOpen(open)", "setOpen(!open)")]),
    entity=("One &amp; only", [("One &amp; only", "One &amp; two")]),
    comment=("{/* header */}", [("{/* header */}", "{/* the header */}")]),
    effect=("const [open", [("useState(false)", "useState<boolean>(false)")]),
    empty=("export const Empty", [("() => <></>", "() => null")]),
)

_add(
    "js",
    "app.js",
    "javascript",
    r"""
#!/usr/bin/env node
'use strict'
const http = require('http')
const port = process.env.PORT || 3000   // default

function add (a, b) {
  return a - b
}

const table = {
  one:   1,
  two:   2,
  three: 4,
}

module.exports = {
  add,
  handlers: {
    get (req, res) {
      res.end("ok")
    },
    post (req, res) {
      res.end("ok")
    },
  },
}

http.createServer((req, res) => {
  if (req.url == '/') {
    res.end(String(add(1, 2)))
  }
}).listen(port)
const re = /a\/[b]+\s"/g
""",
    word=("return a - b", [("a - b", "a + b")]),
    table=("three: 4", [("three: 4", "three: 3")]),
    addrow=("three: 4", [("  three: 4,\n", "  three: 3,\n  four:  4,\n")]),
    twin=(
        "post (req",
        [('    post (req, res) {\n      res.end("ok")', '    post (req, res) {\n      res.end("created")')],
    ),
    eq=("req.url == '/'", [("req.url == '/'", "req.url === '/'")]),
    regex=("const re =", [("[b]+", "[bc]+")]),
    port=("const port", [("3000", "8080")]),
    strict=("'use strict'", [("'use strict'\n", "'use strict';\n")]),
    imp=(
        "String(add(1, 2))",
        [
            ("const http = require('http')\n", "const http = require('http')\nconst util = require('util')\n"),
            ("String(add(1, 2))", "util.inspect(add(1, 2))"),
        ],
    ),
)

_add(
    "go",
    "cart.go",
    "go",
    """
// Package cart holds carts.
package cart

import (
	"fmt"
	"os"
)

// Cart has items.
type Cart struct {
	Name  string `json:"name"`  // shown
	Items []Item `json:"itmes"`
	Limit int    `json:"limit"`
}

type Item struct{ Price int }

// Total adds up.
func (c *Cart) Total() int {
	sum := 0
	for _, item := range c.Items {
		sum -= item.Price // nolint
	}
	return sum
}

func (i Item) Total() int { return i.Price }

func Load(path string) (*Cart, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	query := `
SELECT *
  FROM itms`
	fmt.Println(len(data), query)
	return &Cart{}, nil
}

func empty() {
}
""",
    word=("sum -= item.Price", [("sum -=", "sum +=")]),
    tag=('json:"itmes"', [("itmes", "items")]),
    field=("Limit int", [('\tLimit int    `json:"limit"`\n', '\tLimit int    `json:"limit"`\n\tTax   float64\n')]),
    oneline=("func (i Item) Total", [("return i.Price }", "return i.Price * 1 }")]),
    raw=("FROM itms", [("FROM itms", "FROM items")]),
    wrap=("return nil, err", [("return nil, err", 'return nil, fmt.Errorf("load: %w", err)')]),
    empty=("func empty", [("func empty() {\n}", "func empty() {\n\tos.Exit(0)\n}")]),
    imp=('"os"', [('\t"fmt"\n\t"os"\n', '\t"errors"\n\t"fmt"\n\t"os"\n')]),
    doc=("// Total adds up.", [("// Total adds up.", "// Total adds up the prices.")]),
)

_add(
    "rust",
    "cart.rs",
    "rust",
    r"""
//! Carts.
use std::fmt;

/// A cart.
#[derive(Debug, Clone)]
pub struct Cart<'a> {
    name: &'a str, // shown
    items: Vec<u32>,
}

impl<'a> Cart<'a> {
    /// Sums up.
    ///
    /// ```
    /// cart.total();
    /// ```
    pub fn total(&self) -> u32 {
        let mut sum = 0;
        for item in &self.items {
            sum -= item; /* all */
        }
        sum
    }

    pub fn clear(&mut self) {}
}

impl<'a> fmt::Display for Cart<'a> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.nam, self.total())
    }
}

fn kind(n: i32) -> &'static str {
    match n {
        0 => "none",
        1..=9 => "few",
        _     => "mny",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals() {
        let cart = Cart { name: "a", items: vec![1, 2] };
        assert_eq!(cart.total(), 4);
    }
}
""",
    word=("sum -= item", [("sum -=", "sum +=")]),
    field=("self.nam,", [("self.nam,", "self.name,")]),
    arm=("mny", [('"mny"', '"many"')]),
    newarm=("1..=9", [('        1..=9 => "few",\n', '        1..=9 => "few",\n        10..=99 => "some",\n')]),
    derive=("#[derive", [("#[derive(Debug, Clone)]", "#[derive(Debug, Clone, PartialEq)]")]),
    empty=(
        "pub fn clear",
        [("pub fn clear(&mut self) {}", "pub fn clear(&mut self) {\n        self.items.clear();\n    }")],
    ),
    test=("assert_eq!", [("4);", "3);")]),
    doc=("/// Sums up.", [("/// Sums up.", "/// Sums the items up.")]),
    header=("fn kind(n: i32)", [("n: i32", "n: u32")]),
    use=("use std::fmt", [("use std::fmt;\n", "use std::collections::HashMap;\nuse std::fmt;\n")]),
)

_add(
    "java",
    "Cart.java",
    "java",
    '''
package shop;

import java.util.List;
import java.util.ArrayList;

/**
 * A cart.
 */
public class Cart {
    private final List<Item> items = new ArrayList<>(); // all of them
    private String name;

    public Cart(String name) {
        this.name = nme;
    }

    public void add(Item item) {
        items.add(item);
    }

    public void add(List<Item> all) {
        items.addAll(al);
    }

    /**
     * Sum.
     *
     * @return the total
     */
    @Override
    public int total() {
        int sum = 0;
        for (Item item : items) {
            sum -= item.price(); // NOSONAR
        }
        return sum;
    }

    String query() {
        return """
            SELECT *
              FROM itms
            """;
    }

    void empty() {
    }

    static class Inner {
        public int total() {
            return 1;
        }
    }
}
''',
    word=("sum -= item.price", [("sum -=", "sum +=")]),
    overload=("items.addAll(al)", [("addAll(al)", "addAll(all)")]),
    ctor=("this.name = nme", [("= nme;", "= name;")]),
    annotation=("@Override", [("    @Override\n", "")]),
    twin=("return 1;", [("return 1;", "return 2;")]),
    text=("FROM itms", [("FROM itms", "FROM items")]),
    empty=("void empty", [("void empty() {\n    }", "void empty() {\n        items.clear();\n    }")]),
    imp=(
        "import java.util.ArrayList",
        [
            ("import java.util.ArrayList;\n", "import java.util.LinkedList;\n"),
            ("new ArrayList<>()", "new LinkedList<>()"),
        ],
    ),
    doc=("@return the total", [("@return the total", "@return the total in cents")]),
    guard=(
        "items.add(item);",
        [("        items.add(item);\n", "        if (item != null) {\n            items.add(item);\n        }\n")],
    ),
)

_add(
    "c",
    "cart.c",
    "c",
    r"""
/* Carts.
 * Not thread safe.
 */
#include <stdio.h>
#include "cart.h"

#define MAX(a, b)  \
    ((a) > (b) ?   \
     (a) : (b))

static const char *names[] = {
    "one",   /* 1 */
    "two",   /* 2 */
    "tree",  /* 3 */
};

/**
 * Sums up.
 */
int
total(const struct cart *c)
{
	int i, sum = 0;

	for (i = 0; i <= c->count; i++) {
		sum += c->prices[i];	/* all */
#ifdef DEBUG
		printf("%d\n", sum);
#endif
	}
	return sum;
}

void nothing(void) {}

int main(void)
{
	struct cart c = { 0 };
	printf("%s %d\n", names[0], total(c));
	goto out;
out:
	return 0;
}
""",
    word=("i <= c->count", [("i <= c", "i < c")]),
    string=('"tree"', [('"tree",  ', '"three", ')]),
    macro=("((a) > (b)", [("((a) > (b) ?   \\", "((a) >= (b) ?  \\")]),
    addr=("total(c));", [("total(c));", "total(&c));")]),
    ifdef=("#ifdef DEBUG", [("#ifdef DEBUG", "#ifndef NDEBUG")]),
    dropif=("#ifdef DEBUG", [('#ifdef DEBUG\n\t\tprintf("%d\\n", sum);\n#endif\n', "")]),
    inc=("#include <stdio.h>", [("#include <stdio.h>\n", "#include <stdio.h>\n#include <stdlib.h>\n")]),
    empty=("void nothing", [("void nothing(void) {}", "void nothing(void) { return; }")]),
    row=('"two"', [('    "two",   /* 2 */\n', '    "two",   /* 2 */\n    "half",\n')]),
)

_add(
    "cpp",
    "cart.cpp",
    "cpp",
    r"""
#include <vector>
#include <string>

namespace shop {

template <typename T>
class Cart {
public:
  explicit Cart(std::string name) : name_(nme) {}

  [[nodiscard]] int total() const {
    int sum = 0;
    for (const auto &item : items_) {
      sum -= item.price; // NOLINT
    }
    return sum;
  }

  void add(const T &item) { items_.push_back(item); }
  void add(T &&item) { items_.push_back(item); }

private:
  std::string    name_;
  std::vector<T> itms_;
};

int Other::total() const
{
    return 0;
}

bool operator==(const Cart<int> &a, const Cart<int> &b) {
  return a.total() != b.total();
}

const char *sql = R"(
  SELECT *
    FROM itms
)";

} // namespace shop
""",
    word=("sum -= item.price", [("sum -=", "sum +=")]),
    init=("name_(nme)", [("name_(nme)", "name_(name)")]),
    overload=(
        "void add(T &&item)",
        [
            (
                "void add(T &&item) { items_.push_back(item); }",
                "void add(T &&item) { items_.push_back(std::move(item)); }",
            )
        ],
    ),
    field=("itms_;", [("itms_;", "items_;")]),
    op=("a.total() != b", [("!= b.total()", "== b.total()")]),
    raw=("FROM itms", [("FROM itms", "FROM items")]),
    twin=("return 0;", [("return 0;", "return 1;")]),
    attr=("[[nodiscard]]", [("[[nodiscard]] int", "int")]),
)

_add(
    "csharp",
    "Cart.cs",
    "csharp",
    """
using System;
using System.Collections.Generic;

namespace Shop
{
    /// <summary>A cart.</summary>
    [Serializable]
    public class Cart
    {
        #region Fields
        private readonly List<Item> items = new(); // all
        #endregion

        public string Name { get; set; }

        public void Add(Item item) => items.Add(itm);
        public void Add(List<Item> all) => items.AddRange(all);

        /// <summary>Sum.</summary>
        /// <returns>The total</returns>
        public int Total()
        {
            var sum = 0;
            foreach (var item in items)
            {
                sum -= item.Price; // disable once
            }
            return sum;
        }

        public string Query()
        {
            return @"
SELECT *
  FROM itms";
        }

        public void Empty()
        {
        }
    }
}
""",
    word=("sum -= item.Price", [("sum -=", "sum +=")]),
    overload=("items.Add(itm)", [("Add(itm)", "Add(item)")]),
    prop=("public string Name", [("{ get; set; }", "{ get; init; }")]),
    attr=("[Serializable]", [("    [Serializable]\n", "")]),
    verbatim=("FROM itms", [("FROM itms", "FROM items")]),
    region=("#region Fields", [("#region Fields", "#region The fields")]),
    empty=(
        "public void Empty",
        [
            (
                "public void Empty()\n        {\n        }",
                "public void Empty()\n        {\n            items.Clear();\n        }",
            )
        ],
    ),
    doc=("<returns>The total", [("The total<", "The total in cents<")]),
)

_add(
    "ruby",
    "cart.rb",
    "ruby",
    r"""
# frozen_string_literal: true

require 'json'

# A cart.
class Cart
  attr_reader :items # all
  RATES = {
    de: 0.19,
    fr:  0.2, # France
  }.freeze

  def initialize(items = [])
    @items = itms
  end

  def total
    items.inject(0) do |sum, item|
      sum - item.price # rubocop:disable Lint
    end
  end

  def query
    <<~SQL
      SELECT *
        FROM itms
    SQL
  end

  def empty; end

  def each(&block) = items.each(&block)

  private

  def total!
    total unless @closed
  end
end
""",
    word=("sum - item.price", [("sum - item", "sum + item")]),
    ivar=("@items = itms", [("= itms", "= items")]),
    heredoc=("FROM itms", [("FROM itms", "FROM items")]),
    empty=("def empty; end", [("  def empty; end\n", "  def empty\n    items.clear\n  end\n")]),
    hash=("fr:  0.2", [("fr:  0.2,", "fr:  0.20,")]),
    unless_=("total unless", [("total unless @closed", "total if @open")]),
    magic=("# frozen_string", [("# frozen_string_literal: true", "# frozen_string_literal: false")]),
)

_add(
    "php",
    "cart.php",
    "php",
    r"""
<?php
declare(strict_types=1);

namespace Shop;

use Shop\Item;

/**
 * A cart.
 */
final class Cart
{
    /** @var Item[] */
    private array $items = []; // all

    public function __construct(private string $name)
    {
    }

    public function total(): int
    {
        $sum = 0;
        foreach ($this->items as $item) {
            $sum -= $item->price; // @phpstan-ignore-line
        }
        return $sum;
    }

    #[Pure]
    public function query(): string
    {
        return <<<SQL
        SELECT *
          FROM itms
        SQL;
    }

    public function label(): string
    {
        return 'Cart ' . $this->nam;
    }
}
?>
<h1><?= $title ?></h1>
""",
    word=("$sum -= $item", [("$sum -=", "$sum +=")]),
    heredoc=("FROM itms", [("FROM itms", "FROM items")]),
    prop=("$this->nam;", [("$this->nam;", "$this->name;")]),
    ctor=(
        "public function __construct",
        [
            (
                "    {\n    }\n\n    public function total",
                "    {\n        $this->items = [];\n    }\n\n    public function total",
            )
        ],
    ),
    attr=("#[Pure]", [("    #[Pure]\n", "")]),
    html=("<h1>", [("<?= $title ?>", "<?= htmlspecialchars($title) ?>")]),
    use=("use Shop", [("use Shop\\Item;\n", "use Shop\\Item;\nuse Shop\\Tax;\n")]),
)

_add(
    "lua",
    "cart.lua",
    "lua",
    r"""
-- Carts.
local Cart = {}
Cart.__index = Cart

--[[ Creates
     a cart. ]]
function Cart.new(name)
  return setmetatable({ name = nme, items = {} }, Cart)
end

function Cart:total()
  local sum = 0
  for _, item in ipairs(self.items) do
    sum = sum - item.price -- luacheck: ignore
  end
  return sum
end

local sql = [[
  SELECT *
    FROM itms
]]

local map = {
  one   = 1,
  two   = 2,
  three = 4,
}

function Cart:clear() end

return Cart
""",
    word=("sum - item.price", [("sum - item", "sum + item")]),
    name=("name = nme", [("name = nme", "name = name")]),
    long=("FROM itms", [("FROM itms", "FROM items")]),
    map=("three = 4", [("three = 4", "three = 3")]),
    empty=("function Cart:clear", [("function Cart:clear() end", "function Cart:clear()\n  self.items = {}\nend")]),
    nilcheck=(
        "for _, item",
        [("  for _, item in ipairs(self.items) do\n", "  for _, item in ipairs(self.items or {}) do\n")],
    ),
)

_add(
    "kotlin",
    "Cart.kt",
    "kotlin",
    r'''
package shop

import java.io.File

/** A cart. */
data class Cart(
    val name: String, // shown
    val items: List<Item> = emptyList(),
) {
    val size get() = itms.size

    fun total(): Int {
        var sum = 0
        for (item in items) {
            sum -= item.price // detekt
        }
        return sum
    }

    fun label() = when {
        size > 9 -> "many"
        size > 1 -> "fw"
        else     -> "none"
    }

    companion object {
        fun load(path: String): Cart {
            val text = File(path).readText()
            return Cart(text, listOf())
        }
        const val SQL = """
            SELECT *
              FROM itms
        """
    }
}

fun Cart.total(tax: Double) = total() * tax
''',
    word=("sum -= item.price", [("sum -=", "sum +=")]),
    getter=("itms.size", [("itms.size", "items.size")]),
    when=("size > 1", [('"fw"', '"few"')]),
    raw=("FROM itms", [("FROM itms", "FROM items")]),
    ext=("fun Cart.total(tax", [("total() * tax", "total() * (1 + tax)")]),
    param=(
        "val name: String",
        [("    val name: String, // shown\n", '    val name: String, // shown\n    val tag: String = "",\n')],
    ),
)

_add(
    "swift",
    "Cart.swift",
    "swift",
    r"""
import Foundation

/// A cart.
public final class Cart {
    public let name: String // shown
    private var items: [Item] = []

    init(name: String) {
        self.name = nme
    }

    /// Sum.
    /// - Returns: the total
    @discardableResult
    func total() -> Int {
        var sum = 0
        for item in items {
            sum -= item.price // swiftlint:disable:this
        }
        return sum
    }

    func add(_ item: Item) { items.append(itm) }
    func add(_ all: [Item]) { items.append(contentsOf: all) }

    func clear() {
    }
}

extension Cart {
    func first() -> Item? {
        guard let one = items.last else { return nil }
        return one
    }
}
""",
    word=("sum -= item.price", [("sum -=", "sum +=")]),
    init=("self.name = nme", [("= nme", "= name")]),
    overload=("items.append(itm)", [("append(itm)", "append(item)")]),
    attr=("@discardableResult", [("    @discardableResult\n", "")]),
    guard=("items.last", [("items.last", "items.first")]),
    empty=("func clear()", [("func clear() {\n    }", "func clear() {\n        items.removeAll()\n    }")]),
)

_add(
    "sql",
    "schema.sql",
    "sql",
    """
-- Schema of the shop.
CREATE TABLE items (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL,      -- shown
    price  NUMRIC(10, 2)
);

/* all */
SELECT i.id,
       i.name,
       SUM(i.price) AS total
  FROM itms AS i
 WHERE i.price > 0
 GROUP BY i.id;

INSERT INTO items (id, name) VALUES
    (1, 'one'),
    (2, 'tow'),
    (3, 'it''s');
""",
    word=("FROM itms", [("FROM itms", "FROM items")]),
    type=("NUMRIC", [("NUMRIC", "NUMERIC")]),
    row=("'tow'", [("'tow'", "'two'")]),
    newrow=("'tow'", [("    (2, 'tow'),\n", "    (2, 'two'),\n    (4, 'four'),\n")]),
    col=("i.name,", [("       i.name,\n", "")]),
)

_add(
    "yaml",
    "ci.yaml",
    "yaml",
    """
# CI
on: [push, pull_request]
env:
  NAME: "shop"   # shown
  TOKEN: 'abc'

jobs:
  build:
    runs-on: ubuntu-latst
    steps:
      - uses: actions/checkout@v4
      - name: Install
        run: |
          pip install -r reqirements.txt
          pip check

      - name: Test
        run: >-
          pytest
          -x
  lint:
    runs-on: ubuntu-20.04
    steps:
      - uses: actions/checkout@v4
      - run: ruff chek .
""",
    word=("ubuntu-latst", [("ubuntu-latst", "ubuntu-latest")]),
    block=("reqirements", [("reqirements", "requirements")]),
    run=("ruff chek", [("ruff chek", "ruff check")]),
    step=(
        "run: ruff chek",
        [("      - run: ruff chek .\n", "      - run: pip install ruff\n      - run: ruff check .\n")],
    ),
    env=("NAME:", [('"shop"', '"store"')]),
    drop=("TOKEN:", [("  TOKEN: 'abc'\n", "")]),
)

_add(
    "toml",
    "pyproject.toml",
    "toml",
    """
[project]
name = "shop"   # shown
verson = "1.0"
dependencies = [
    "attrs>=23",
    "htpx",  # client
]

[tool.ruff]
line-length = 120
lint.select = ["E", "F"]

[[servers]]
name = 'a'
port = 1

[[servers]]
name = 'b'
port = 1
""",
    word=("verson", [("verson =", "version =")]),
    dep=('"htpx"', [('"htpx"', '"httpx"')]),
    twin=("name = 'b'", [("name = 'b'\nport = 1", "name = 'b'\nport = 2")]),
    drop=("line-length", [("line-length = 120\n", "")]),
    add=("lint.select", [('lint.select = ["E", "F"]\n', 'lint.select = ["E", "F"]\nlint.ignore = ["E501"]\n')]),
)

_add(
    "jsonc",
    "settings.json",
    "jsonc",
    """
{
  // editor
  "editor.tabSize": 3,
  "files.exclude": {
    "**/*.pyc": true, /* compiled */
    "**/node_modles": true
  },
  "list": [1, 2, 4],
  "text": "a\\nb \\"c\\""
}
""",
    word=("node_modles", [("node_modles", "node_modules")]),
    num=('"editor.tabSize": 3', [('tabSize": 3', 'tabSize": 4')]),
    list=('"list"', [("[1, 2, 4]", "[1, 2, 3]")]),
    more=("node_modles", [('    "**/node_modles": true\n', '    "**/node_modules": true,\n    "**/dist": true\n')]),
)

_add(
    "html",
    "index.html",
    "html",
    """
<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <!-- styles -->
  <style>
    body { color: rde; }
  </style>
  <script>
    // starts
    const x = document.getElementByID("main");
    if (x && x.size < 3) { start(x); }
  </script>
</head>
<body>
  <div id="main" class='a  b'>
    <p>Hello &amp; welcme</p>
    <img src="a.png">
    <pre>
  a
    b
    </pre>
  </div>
</body>
</html>
""",
    word=("welcme", [("welcme", "welcome")]),
    css=("color: rde", [("rde", "red")]),
    script=("getElementByID", [("getElementByID", "getElementById")]),
    alt=("<img src", [('<img src="a.png">', '<img src="a.png" alt="A">')]),
    pre=("<pre>", [("    b\n", "    c\n")]),
)

_add(
    "scss",
    "main.scss",
    "scss",
    """
// Colors
$red: #f00;
@use "sass:math";

/* Panel */
.panel {
  color: $rde; // text
  width: math.div(100%, 3);

  &:hover {
    color: blu;
  }

  @media (max-width: 600px) {
    display: none;
  }
}

.other { color: $red; margin: 0 auto }
""",
    word=("color: $rde", [("$rde", "$red")]),
    nested=("color: blu", [("color: blu;", "color: blue;")]),
    line=("width: math", [("  width: math.div(100%, 3);\n", "  width: math.div(100%, 3);\n  height: 10px;\n")]),
    media=("display: none", [("display: none", "display: block")]),
    one=(".other", [("margin: 0 auto }", "margin: 0 }")]),
)

_add(
    "css",
    "a.css",
    "css",
    """
:root {
  --main: #06c;
  --acent: #0c6;
}
a, a:hover {
  color: var(--man); /* link */
  background: url("data:image/png;base64,AAA//BBB");
}
@import url("x.css");
""",
    word=("var(--man)", [("--man", "--main")]),
    var=("--acent", [("--acent", "--accent")]),
    url=("background:", [("base64,AAA//BBB", "base64,AAA//CCC")]),
)

_add(
    "vue",
    "App.vue",
    "vue",
    """
<template>
  <div class="app">
    <!-- title -->
    <h1 v-if="titel">{{ title }}</h1>
    <button @click="inc()">{{ count }}</button>
  </div>
</template>

<script setup lang="ts">
import { ref } from 'vue'

const count = ref(0) // clicks
function inc() {
  count.value -= 1
}
</script>

<style scoped>
.app { color: rde; }
</style>
""",
    word=('v-if="titel"', [('v-if="titel"', 'v-if="title"')]),
    script=("count.value -= 1", [("-= 1", "+= 1")]),
    style=("color: rde", [("rde", "red")]),
)

_add(
    "svelte",
    "App.svelte",
    "svelte",
    """
<script>
  export let name;
  let count = 0; // clicks
  $: double = count * 3;
  function inc() {
    count -= 1;
  }
</script>

{#if name}
  <h1>Hello {nam}!</h1>
{:else}
  <p>none</p>
{/if}
<button on:click={inc}>{count}</button>
""",
    word=("Hello {nam}", [("{nam}", "{name}")]),
    script=("count * 3", [("count * 3", "count * 2")]),
    inc=("count -= 1", [("-= 1", "+= 1")]),
)

_add(
    "markdown",
    "README.md",
    "markdown",
    """
# Shop

A shop for *everyting*.  
Second line.

## Install

```sh
pip instal shop
```

1. First
2. Secnd
   - nested

| a | b   |
|---|-----|
| 1 | tow |

```python
# example
x = 1
```

- [ ] todo
- [x] doen

End of the text with a [link](htps://example.org).
""",
    word=("*everyting*", [("everyting", "everything")]),
    code=("pip instal", [("instal ", "install ")]),
    list=("Secnd", [("Secnd", "Second")]),
    table=("tow", [("tow", "two")]),
    done=("doen", [("doen", "done")]),
    link=("htps:", [("htps:", "https:")]),
    item=("Secnd", [("2. Secnd\n", "2. Second\n3. Third\n")]),
)

_add(
    "make",
    "Makefile",
    "makefile",
    """
# Builds
CC     := gcc
CFLAGS  = -Wal -O2

.PHONY: all clean

all: main.o util.o # everything
	$(CC) $(CFLAGS) -o main $^

%.o: %.c
	$(CC) -c $< -o $@

clean:
	rm -f *.o mian
ifeq ($(OS),Windows_NT)
	del main.exe
endif
""",
    word=("-Wal", [("-Wal ", "-Wall ")]),
    rule=("mian", [("mian", "main")]),
    recipe=("$(CC) -c", [("\t$(CC) -c $< -o $@\n", "\t@echo $<\n\t$(CC) $(CFLAGS) -c $< -o $@\n")]),
    phony=(".PHONY", [("all clean", "all clean test")]),
)

_add(
    "bash",
    "run.sh",
    "shellscript",
    r"""
#!/usr/bin/env bash
set -euo pipefail

name=${1:-shop}   # default

usage() {
  cat <<EOF
Usage: $0 [name]
  -h  hlep
EOF
}

build() {
  local dir="$1"
  for f in "$dir"/*.c; do
    gcc -c $f || exit 1   # shellcheck disable=SC2086
  done
}

case "$name" in
  -h|--help) usge; exit 0 ;;
  *) build "$name" ;;
esac
awk '{ print $2 }' "$name" | sort -u > out.txt
""",
    word=("usge;", [("usge;", "usage;")]),
    heredoc=("-h  hlep", [("hlep", "help")]),
    quote=("gcc -c $f", [("gcc -c $f ", 'gcc -c "$f" ')]),
    local=("local dir", [('  local dir="$1"\n', '  local dir="$1"\n  [ -d "$dir" ] || return 1\n')]),
    awk=("awk '", [("print $2", "print $1")]),
)

_add(
    "docker",
    "Dockerfile",
    "dockerfile",
    r"""
# syntax=docker/dockerfile:1
FROM python:3.11-slm AS build

WORKDIR /app
COPY requirements.txt .
RUN apt-get update \
 && apt-get install -y gcc \
 && pip install -r reqirements.txt   # all

COPY . .
ENV PORT=8000 \
    HOST=0.0.0.0
CMD ["python", "-m", "shp"]
""",
    word=("slm AS", [("3.11-slm", "3.11-slim")]),
    run=("reqirements", [("reqirements", "requirements")]),
    cmd=("CMD", [('"shp"', '"shop"')]),
    more=(
        "apt-get install",
        [
            (
                " && apt-get install -y gcc \\\n",
                " && apt-get install -y gcc make \\\n && rm -rf /var/lib/apt/lists/* \\\n",
            )
        ],
    ),
)

_add(
    "haskell",
    "Cart.hs",
    "haskell",
    r"""
{-# LANGUAGE LambdaCase #-}
-- | Carts.
module Cart (total, label) where

import Data.List (sortBy)

data Cart = Cart
  { name  :: String -- ^ shown
  , items :: [Int]
  } deriving (Show)

-- | Sum.
total :: Cart -> Int
total cart = foldr (-) 0 (items cart)
  where
    _unused = 1 -- hlint

label :: Int -> String
label n
  | n > 9     = "many"
  | n > 1     = "fw"
  | otherwise = "none"

kind :: Cart -> String
kind = \case
  Cart { items = [] } -> "empty"
  _                   -> "full"
""",
    word=("foldr (-)", [("foldr (-)", "foldr (+)")]),
    guard=("n > 1", [('"fw"', '"few"')]),
    field=("items :: [Int]", [("  , items :: [Int]\n", "  , items :: [Int]\n  , tags  :: [String]\n")]),
    sig=("total :: Cart", [("total :: Cart -> Int", "total :: Cart -> Integer")]),
)

_add(
    "elixir",
    "cart.ex",
    "elixir",
    r'''
defmodule Shop.Cart do
  @moduledoc """
  Carts.
  """

  defstruct name: "", items: [] # all

  @doc "Sum."
  @spec total(t()) :: integer()
  def total(%__MODULE__{items: items}) do
    Enum.reduce(items, 0, fn item, sum ->
      sum - item.price # credo
    end)
  end

  def label(0), do: "none"
  def label(n) when n > 9, do: "mny"
  def label(_), do: "few"

  defp clear(cart) do
    %{cart | itms: []}
  end
end
''',
    word=("sum - item.price", [("sum - item", "sum + item")]),
    clause=('"mny"', [('"mny"', '"many"')]),
    field=("itms: []", [("itms: []", "items: []")]),
    newclause=(
        "def label(_)",
        [('  def label(_), do: "few"\n', '  def label(1), do: "one"\n  def label(_), do: "few"\n')],
    ),
)

_add(
    "ocaml",
    "cart.ml",
    "ocaml",
    r"""
(* Carts. *)
open Printf

type cart = {
  name : string; (* shown *)
  items : int list;
}

let total cart =
  List.fold_left (fun sum item -> sum - item) 0 cart.items

let label n = match n with
  | 0 -> "none"
  | 1 -> "one"
  | _ -> "mny"

let rec length = function
  | [] -> 1
  | _ :: rest -> 1 + length rest

let () =
  let cart = { name = "a"; items = [1; 2] } in
  printf "%d\n" (total crt)
""",
    word=("sum - item", [("sum - item", "sum + item")]),
    arm=('"mny"', [('"mny"', '"many"')]),
    base=("| [] -> 1", [("| [] -> 1", "| [] -> 0")]),
    main=("total crt", [("total crt", "total cart")]),
)

_add(
    "julia",
    "cart.jl",
    "julia",
    r'''
"""
    Cart(name)

A cart.
"""
struct Cart
    name::String # shown
    items::Vector{Int}
end

function total(cart::Cart)
    sum = 0
    for item in cart.items
        sum -= item # all
    end
    return sum
end

total(x::Int) = x - 0
label(n) = n > 9 ? "mny" : "few"
''',
    word=("sum -= item", [("sum -=", "sum +=")]),
    one=("total(x::Int)", [("x - 0", "x + 0")]),
    label=("label(n)", [('"mny"', '"many"')]),
    field=("items::Vector", [("items::Vector{Int}", "items::Vector{Float64}")]),
)

_add(
    "r",
    "cart.r",
    "r",
    r"""
# Carts.
library(dplyr)

#' Sum.
#' @export
total <- function(cart, tax = 0.19) {
  sum <- 0
  for (item in cart$items) {
    sum <- sum - item  # nolint
  }
  sum * (1 + tx)
}

label <- function(n) if (n > 9) "mny" else "few"

data %>%
  filter(price > 0) %>%
  summarise(n = n())
""",
    word=("sum - item", [("sum - item", "sum + item")]),
    tax=("(1 + tx)", [("1 + tx", "1 + tax")]),
    label=("label <-", [('"mny"', '"many"')]),
    pipe=("filter(price > 0)", [("price > 0", "price >= 0")]),
)

_add(
    "dart",
    "cart.dart",
    "dart",
    r"""
import 'dart:io';

/// A cart.
class Cart {
  final String name; // shown
  final List<int> items = [];

  Cart(this.name);
  Cart.named({required this.name});

  int get total {
    var sum = 0;
    for (final item in items) {
      sum -= item; // ignore: x
    }
    return sum;
  }

  @override
  String toString() => 'Cart $nam';
}
""",
    word=("sum -= item", [("sum -=", "sum +=")]),
    interp=("'Cart $nam'", [("$nam'", "$name'")]),
    field=("final List<int>", [("final List<int> items", "final List<num> items")]),
)

_add(
    "scala",
    "Cart.scala",
    "scala",
    r"""
package shop

/** A cart. */
case class Cart(name: String, items: List[Int]) {
  def total: Int = {
    var sum = 0
    for (item <- items) {
      sum -= item // all
    }
    sum
  }

  def label(n: Int): String = n match {
    case 0 => "none"
    case _ => s"mny $n"
  }
}

object Cart {
  def apply(name: String): Cart = new Cart(nme, Nil)
}
""",
    word=("sum -= item", [("sum -=", "sum +=")]),
    interp=('s"mny $n"', [("mny", "many")]),
    apply=("new Cart(nme", [("new Cart(nme", "new Cart(name")]),
)

_add(
    "perl",
    "cart.pl",
    "perl",
    r"""
#!/usr/bin/perl
use strict;
use warnings;

=head1 NAME

cart - carts

=cut

my %rates = (
    de => 0.19,
    fr =>  0.2,   # France
);

sub total {
    my ($self, @items) = @_;
    my $sum = 0;
    foreach my $item (@items) {
        $sum -= $item->{price};  ## no critic
    }
    return $sum;
}

sub sql {
    return <<'SQL';
SELECT *
  FROM itms
SQL
}

1;
""",
    word=("$sum -= $item", [("$sum -=", "$sum +=")]),
    heredoc=("FROM itms", [("FROM itms", "FROM items")]),
    hash=("fr =>  0.2", [("fr =>  0.2,", "fr =>  0.20,")]),
    pod=("cart - carts", [("cart - carts", "cart - the carts")]),
)

_add(
    "powershell",
    "run.ps1",
    "powershell",
    r"""
<#
.SYNOPSIS
Builds.
#>
param([string]$Name = 'shop') # default

function Get-Total {
    param($Items)
    $sum = 0
    foreach ($item in $Items) {
        $sum -= $item.Price # all
    }
    return $sum
}

$text = @"
Hello $Nam
"@
Write-Host $text
""",
    word=("$sum -= $item", [("$sum -=", "$sum +=")]),
    here=("Hello $Nam", [("Hello $Nam", "Hello $Name")]),
)

_add(
    "ini",
    "app.ini",
    "ini",
    """
; settings
[server]
host = localhst   ; name
port = 80

[server.b]
host = other
port = 80
# end
""",
    word=("localhst", [("localhst", "localhost")]),
    twin=("host = other", [("host = other\nport = 80", "host = other\nport = 81")]),
)

_add(
    "tf",
    "main.tf",
    "terraform",
    r"""
# Machines
resource "aws_instance" "web" {
  ami           = var.ami   # image
  instance_type = "t2.mcro"

  tags = {
    Name = "web-${var.env}"
  }
}

resource "aws_instance" "db" {
  ami           = var.ami
  instance_type = "t2.large"
}
""",
    word=("t2.mcro", [("t2.mcro", "t2.micro")]),
    interp=("web-${var", [("web-${var.env}", "web-${var.stage}")]),
    add=(
        'instance_type = "t2.large"',
        [('  instance_type = "t2.large"\n', '  instance_type = "t2.large"\n  monitoring    = true\n')],
    ),
)

_add(
    "proto",
    "cart.proto",
    "proto",
    """
syntax = "proto3";
package shop;

// A cart.
message Cart {
  string name = 1; // shown
  repeated Itm items = 2;
}

message Item {
  int32 price = 1;
}
""",
    word=("repeated Itm", [("repeated Itm items", "repeated Item items")]),
    field=("string name = 1", [("  string name = 1; // shown\n", "  string name = 1; // shown\n  string tag = 3;\n")]),
)

_add(
    "latex",
    "paper.tex",
    "latex",
    r"""
\documentclass{article}
% packages
\usepackage{amsmth}
\begin{document}
\section{Intro}
We show that $a_1 < b$ \& more. % note
\begin{equation}
  x = \frac{1}{2} y
\end{equation}
The resuls are in Table~\ref{tab:a}.
\end{document}
""",
    word=("amsmth", [("amsmth", "amsmath")]),
    text=("The resuls", [("resuls", "results")]),
    math=("x = \\frac", [("y\n\\end{eq", "z\n\\end{eq")]),
)

_add(
    "clojure",
    "cart.clj",
    "clojure",
    r"""
(ns shop.cart
  (:require [clojure.string :as str]))

;; Sum.
(defn total
  "Adds up."
  [items]
  (reduce - 0 (map :price items))) ; all

(defn label [n]
  (cond
    (> n 9) "mny"
    :else   "few"))
""",
    word=("reduce - 0", [("reduce - 0", "reduce + 0")]),
    label=('"mny"', [('"mny"', '"many"')]),
)

_add(
    "text",
    "notes.txt",
    "plaintext",
    """
Notes

First paragraph with a mistke.
It goes on here.

  indented
- one
- tow

The end.
""",
    word=("mistke", [("mistke", "mistake")]),
    list=("tow", [("tow", "two")]),
)

_add(
    "rst",
    "index.rst",
    "restructuredtext",
    """
Shop
====

A shop for *everyting*.

Install
-------

.. code-block:: sh

   pip instal shop

- one
- tow
""",
    word=("*everyting*", [("everyting", "everything")]),
    code=("pip instal", [("instal ", "install ")]),
)
