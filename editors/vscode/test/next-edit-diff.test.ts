import { describe, expect, it } from "vitest";

import { drawingOf } from "../src/next-edit-diff";

const at = (line: number, character: number) => ({ line, character });
const length = () => 20;

describe("in a line", () => {
  it.each([
    ["a name", "old_name", "new_name", [[4, 7]], [[7, "new"]]],
    ["an insertion", "f(a)", "f(a, b)", [], [[7, ", b"]]],
    ["a deletion", "f(a, b)", "f(a)", [[7, 10]], []],
    ["a character of two units", "x😀y", "x😁y", [[5, 7]], [[7, "😁"]]],
  ])("%s", (_, before, after, removed, added) => {
    const drawn = drawingOf(at(2, 4), before, after, length);
    expect(drawn.removed.map((one) => [one.start.character, one.end.character])).toEqual(removed);
    expect(drawn.added.map((one) => [one.at.character, one.text])).toEqual(added);
  });
});

it("writes each new line behind its old one, and the others behind the last", () => {
  const drawn = drawingOf(at(5, 0), "  a\n  b\n", "  c\n  d\n  e\n", length);
  expect(drawn.removed).toEqual([
    { start: at(5, 0), end: at(5, 3) },
    { start: at(6, 0), end: at(6, 3) },
  ]);
  expect(drawn.added).toEqual([
    { at: at(5, 20), text: "c" },
    { at: at(6, 20), text: "d ⏎ e" },
  ]);
  expect(drawn.diff).toBe("-  a\n-  b\n+  c\n+  d\n+  e");
});

it("writes inserted lines behind the line before them", () => {
  expect(drawingOf(at(3, 0), "", "import os\r\n", length).added).toEqual([{ at: at(2, 20), text: "import os" }]);
  expect(drawingOf(at(0, 0), "", "import os\n", length).added).toEqual([{ at: at(0, 20), text: "import os" }]);
});

it("strikes deleted lines out", () => {
  const drawn = drawingOf(at(3, 0), "import os\n", "", length);
  expect([drawn.removed.length, drawn.added]).toEqual([1, []]);
});
