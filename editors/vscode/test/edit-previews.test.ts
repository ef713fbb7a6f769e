import { afterEach, beforeEach, expect, it, vi } from "vitest";

const URI = "file:///a.py";
const window = vi.hoisted(() => ({
  commands: [] as string[],
  told: [] as string[],
  changed: (_event: object) => {},
  editor: { document: { uri: "file:///notes.txt" } as { uri: unknown } },
  tab: undefined as object | undefined,
  failing: "",
}));

vi.mock("vscode", () => ({
  Disposable: { from: () => ({ dispose: () => {} }) },
  Position: class {},
  TabInputCustom: class {},
  TabInputText: class {},
  TabInputTextDiff: class {},
  Uri: { from: ({ path, query }: { path: string; query: string }) => `${path}?${query}` },
  commands: {
    executeCommand: async (name: string, _key?: unknown, value?: unknown) => {
      window.commands.push(name === "setContext" ? `${name} ${value}` : name);
      if (name === window.failing) {
        throw new Error("Too many editors.");
      }
    },
  },
  window: {
    get activeTextEditor() {
      return window.editor;
    },
    tabGroups: {
      get all() {
        return [{ activeTab: window.tab, tabs: [] }];
      },
      onDidChangeTabs: () => {},
      close: async () => {},
    },
    showInformationMessage: async (text: string) => {
      window.told.push(text);
    },
  },
  workspace: {
    registerTextDocumentContentProvider: () => {},
    onDidChangeTextDocument: (heard: (event: object) => void) => {
      window.changed = heard;
    },
  },
}));

import { EditPreviews } from "../src/edit-previews";

const QUESTION = { label: "AutoThink: Fix x", why: "", files: [{ uri: URI, isOpen: true, edits: [] }] };

beforeEach(() => {
  vi.useFakeTimers();
  window.commands.length = window.told.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

function typeIn(document: object): void {
  window.changed({ document, contentChanges: [{}] });
}

function codeDocument() {
  return { uri: { toString: () => URI, path: "/a.py" }, version: 1, isClosed: false, getText: () => "a\n" };
}

it("opens a preview when nothing is typed any more", async () => {
  const previews = new EditPreviews(() => {});
  typeIn(window.editor.document);
  const agreed = previews.agreed(QUESTION, [{ document: codeDocument(), edits: [] }] as never);
  for (let key = 0; key < 10; key++) {
    await vi.advanceTimersByTimeAsync(100);
    typeIn(window.editor.document);
    expect(window.commands).not.toContain("vscode.diff");
  }
  await vi.advanceTimersByTimeAsync(2_000);
  expect(window.commands).toContain("vscode.diff");
  previews.answer(true);
  expect(await agreed).toBe(true);
});

it("opens none where the document has changed meanwhile", async () => {
  const previews = new EditPreviews(() => {});
  const document = codeDocument();
  typeIn(window.editor.document);
  const agreed = previews.agreed(QUESTION, [{ document, edits: [] }] as never);
  document.version = 2;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await agreed).toBe(false);
  expect(window.commands).not.toContain("vscode.diff");
  expect(window.told.join()).toContain("The file has changed");
});

it("answers the first of two previews that waited", async () => {
  const previews = new EditPreviews(() => {});
  typeIn(window.editor.document);
  const [first, second] = [1, 2].map(() =>
    previews.agreed(QUESTION, [{ document: codeDocument(), edits: [] }] as never),
  );
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await first).toBe(false);
  previews.answer(true);
  expect(await second).toBe(true);
});

it("takes a key only where the preview is seen", async () => {
  const previews = new EditPreviews(() => {});
  const files = [1, 2].map(() => ({ document: codeDocument(), edits: [] }));
  const agreed = previews.agreed(QUESTION, files as never);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(window.commands).toContain("vscode.changes");
  let answer: boolean | undefined;
  void agreed.then((given) => {
    answer = given;
  });
  for (const label of [undefined, "Git: Changes (3 files)"]) {
    window.tab = label === undefined ? undefined : { input: undefined, label };
    previews.decide(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(answer).toBeUndefined();
  }
  window.tab = { input: undefined, label: "AutoThink: Fix x (2 files)" };
  previews.decide(true);
  expect(await agreed).toBe(true);
});

it("does not take the lines of an output channel for typing", async () => {
  const previews = new EditPreviews(() => {});
  const code = window.editor.document;
  window.editor.document = { uri: { scheme: "output" } };
  typeIn(window.editor.document);
  void previews.agreed(QUESTION, [{ document: codeDocument(), edits: [] }] as never);
  await vi.advanceTimersByTimeAsync(100);
  expect(window.commands).toContain("vscode.diff");
  window.editor.document = code;
});

it("is over where VS Code cannot show it", async () => {
  const previews = new EditPreviews(() => {});
  window.failing = "vscode.diff";
  const agreed = previews.agreed(QUESTION, [{ document: codeDocument(), edits: [] }] as never);
  await expect(agreed).rejects.toThrow("Too many editors.");
  expect(window.commands.at(-1)).toBe("setContext false");
  window.failing = "";
});
