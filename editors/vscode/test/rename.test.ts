import { beforeEach, expect, test, vi } from "vitest";

import { renameEdit } from "../src/rename";

interface Document {
  uri: string;
  version: number;
  isServed: boolean;
  isDirty: boolean;
}

const state = vi.hoisted(() => ({
  provide: (): unknown => undefined,
  asked: [] as unknown[],
  documents: [] as Document[],
}));
vi.mock("../src/client", () => ({ DOCUMENT_SELECTOR: [] }));
vi.mock("vscode", () => ({
  Uri: { parse: (text: string) => text },
  Position: class {
    constructor(
      readonly line: number,
      readonly character: number,
    ) {}
  },
  workspace: {
    get textDocuments() {
      return state.documents;
    },
  },
  languages: { match: (_: unknown, document: Document) => (document.isServed ? 10 : 0) },
  commands: {
    executeCommand: async (...args: unknown[]) => {
      state.asked = args;
      return state.provide();
    },
  },
}));

const A = "file:///a.ts";
const B = "file:///b.ts";
const RANGE = { start: { line: 4, character: 0 }, end: { line: 4, character: 3 } };
const EDIT = { range: RANGE, newText: "sum" };
const params = { textDocument: { uri: A, version: 2 }, position: { line: 4, character: 0 }, newName: "sum" };
const edit = (...entries: [string, unknown[]][]) => ({ entries: () => entries });

beforeEach(() => {
  state.documents = [{ uri: A, version: 2, isServed: true, isDirty: true }];
  state.asked = [];
});

test("the edit of all files, with the versions of those that are open", async () => {
  state.provide = () => edit([A, [EDIT]], [B, [EDIT, EDIT]]);
  expect(await renameEdit(params)).toEqual({
    edit: {
      documentChanges: [
        { textDocument: { uri: A, version: 2 }, edits: [EDIT] },
        { textDocument: { uri: B, version: null }, edits: [EDIT, EDIT] },
      ],
    },
  });
  expect(state.asked).toEqual(["vscode.executeDocumentRenameProvider", A, { line: 4, character: 0 }, "sum"]);
});

test.each([
  [{ isServed: true, isDirty: false }, 7],
  [{ isServed: false, isDirty: true }, 7],
  [{ isServed: false, isDirty: false }, null],
])("an open document %j has version %j", async (is, version) => {
  state.documents.push({ uri: B, version: 7, ...is });
  state.provide = () => edit([B, [EDIT]]);
  const answer = await renameEdit(params);
  expect(answer.edit?.documentChanges[0]?.textDocument.version).toBe(version);
});

test("another version is not asked about", async () => {
  expect(await renameEdit({ ...params, textDocument: { uri: A, version: 1 } })).toEqual({ failure: "changed" });
  expect(await renameEdit({ ...params, textDocument: { uri: B, version: 1 } })).toEqual({ failure: "changed" });
  expect(state.asked).toEqual([]);
});

test("a document that changes while the provider works", async () => {
  state.provide = () => {
    state.documents = [{ uri: A, version: 3, isServed: true, isDirty: true }];
    return edit([A, [EDIT]]);
  };
  expect(await renameEdit(params)).toEqual({ failure: "changed" });
});

test.each([true, false])("another document of the edit that changes meanwhile: %j", async (isChanged) => {
  const other = { uri: B, version: 7, isServed: true, isDirty: true };
  state.documents.push(other);
  state.provide = () => {
    other.version += isChanged ? 1 : 0;
    return edit([B, [EDIT]]);
  };
  expect((await renameEdit(params)).failure).toBe(isChanged ? "changed" : undefined);
});

test.each([
  ["nothing", () => undefined, { failure: "unsupported" }],
  ["no entries", () => edit(), { failure: "unsupported" }],
  ["entries without edits", () => edit([A, []]), { failure: "unsupported" }],
  ["no result", () => Promise.reject(new Error("No result.")), { failure: "refused" }],
  ["a reason", () => Promise.reject(new Error("Not here.")), { failure: "refused", reason: "Not here." }],
  ["a text", () => Promise.reject("Not here."), { failure: "refused", reason: "Not here." }],
  [
    "a renamed file",
    () => ({
      ...edit([A, [EDIT]]),
      _allEntries: () => [
        { uri: A, edit: EDIT },
        { from: A, to: B },
      ],
    }),
    { failure: "files" },
  ],
])("a provider that gives %s", async (_, provide, wanted) => {
  state.provide = provide;
  expect(await renameEdit(params)).toEqual(wanted);
});
