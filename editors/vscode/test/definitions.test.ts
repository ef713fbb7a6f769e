import { expect, test, vi } from "vitest";

import { definitionsFor, signatureIn } from "../src/definitions";

const provided: Record<string, unknown> = vi.hoisted(() => ({}));
vi.mock("vscode", () => ({
  Uri: { parse: (text: string) => text },
  Position: class {},
  workspace: { textDocuments: [{ uri: "file:///a.ts", version: 2 }] },
  commands: {
    executeCommand: (name: string) =>
      name in provided ? Promise.resolve(provided[name]) : Promise.reject(new Error("no provider")),
  },
}));

const RANGE = { start: { line: 4, character: 0 }, end: { line: 4, character: 9 } };
const HOVER = "vscode.executeHoverProvider";
const DEFINITION = "vscode.executeDefinitionProvider";
const params = { uri: "file:///a.ts", version: 2, positions: [{ line: 0, character: 3 }] };

test("definitions with the code of the hover", async () => {
  provided[DEFINITION] = [{ uri: "file:///b.ts", range: RANGE }];
  provided[HOVER] = [{ contents: [{ value: "words" }, { value: "```typescript\nfunction sum(): number\n```\nmore" }] }];
  expect(await definitionsFor(params)).toEqual({
    definitions: [{ place: 0, uri: "file:///b.ts", range: RANGE, signature: "function sum(): number" }],
  });
});

test("a provider that fails has no answer", async () => {
  delete provided[DEFINITION];
  delete provided[HOVER];
  expect(await definitionsFor(params)).toEqual({ definitions: [] });
});

test("one that does not answer is not waited for", async () => {
  provided[DEFINITION] = new Promise(() => {});
  vi.useFakeTimers();
  const answer = definitionsFor(params);
  await vi.advanceTimersByTimeAsync(650);
  expect(await answer).toEqual({ definitions: [] });
  vi.useRealTimers();
});

test("null for another version", async () => {
  expect(await definitionsFor({ ...params, version: 1 })).toBeNull();
});

test.each([
  [["no code"], ""],
  [["```python\n(function) def f()\n```"], "(function) def f()"],
  [["a", "````\nx\n```\ny\n````"], "x\n```\ny"],
])("signatureIn(%j)", (texts, wanted) => {
  expect(signatureIn(texts)).toBe(wanted);
});
