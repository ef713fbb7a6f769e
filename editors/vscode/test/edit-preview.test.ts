import { expect, it } from "vitest";

import { agreedTo, edited, questionOf } from "../src/edit-preview";

const range = (line: number, from: number, to: number) => ({
  start: { line, character: from },
  end: { line, character: to },
});
const change = (version: number | null, uri = "file:///a.ts") => ({
  textDocument: { uri, version },
  edits: [{ range: range(0, 0, 1), newText: "b", annotationId: "x" }],
});
const ask = { x: { label: "AutoThink: Fix a (not proved)", needsConfirmation: true, description: "So." } };

it("asks for an annotated edit of one open document", () => {
  expect(questionOf({ documentChanges: [change(1)], changeAnnotations: ask })).toEqual({
    label: "AutoThink: Fix a (not proved)",
    why: "So.",
    files: [{ uri: "file:///a.ts", isOpen: true, edits: change(1).edits }],
  });
});

it("asks about several files at once, open or not", () => {
  const documentChanges = [change(1), change(null, "file:///b.ts")];
  expect(questionOf({ documentChanges, changeAnnotations: ask })?.files).toEqual([
    { uri: "file:///a.ts", isOpen: true, edits: change(1).edits },
    { uri: "file:///b.ts", isOpen: false, edits: change(null).edits },
  ]);
});

it.each([
  ["a new file", [{ kind: "create", uri: "file:///c.ts" }, change(null, "file:///c.ts")]],
  ["a deleted file", [change(1), { kind: "delete", uri: "file:///c.ts" }]],
  ["nothing", []],
])("has no diff: %s", (_, documentChanges) => {
  expect(questionOf({ documentChanges, changeAnnotations: ask })?.files).toBeUndefined();
});

it("asks nothing where nothing has to be confirmed", () => {
  expect(questionOf({ documentChanges: [change(1)] })).toBeUndefined();
  const told = { x: { label: "x", needsConfirmation: false } };
  expect(questionOf({ documentChanges: [change(1)], changeAnnotations: told })).toBeUndefined();
});

it("is plain once it was agreed to", () => {
  const edit = agreedTo({ documentChanges: [change(1)], changeAnnotations: ask });
  expect(edit).toEqual({
    documentChanges: [
      { textDocument: { uri: "file:///a.ts", version: 1 }, edits: [{ range: range(0, 0, 1), newText: "b" }] },
    ],
    changeAnnotations: undefined,
  });
});

it("makes edits in any order, and insertions at one place in theirs", () => {
  const edits = [
    { range: range(0, 0, 1), newText: "A" },
    { range: range(0, 4, 4), newText: "1" },
    { range: range(0, 4, 4), newText: "2" },
    { range: range(0, 2, 3), newText: "" },
  ];
  expect(edited("abcd", edits, ({ character }) => character)).toBe("Abd12");
});
