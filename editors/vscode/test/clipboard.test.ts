import { beforeEach, expect, test, vi } from "vitest";

import { canReadClipboard, copiedText, countCopies } from "../src/clipboard";

const editor = vi.hoisted(() => ({
  uiKind: 1,
  focused: true,
  text: "",
  reads: 0,
  copied: undefined as (() => void) | undefined,
  languages: {} as object,
}));
vi.mock("vscode", () => ({
  UIKind: { Desktop: 1, Web: 2 },
  env: {
    get uiKind() {
      return editor.uiKind;
    },
    clipboard: {
      readText: () => {
        editor.reads += 1;
        return Promise.resolve(editor.text);
      },
    },
  },
  get languages() {
    return editor.languages;
  },
  window: {
    get state() {
      return { focused: editor.focused };
    },
  },
}));

const CODE = "def f():\n    return 1\n";

beforeEach(() => {
  Object.assign(editor, { uiKind: 1, focused: true, text: CODE, reads: 0 });
});

test.each([
  [CODE, CODE],
  ["a = 1\r\nb = 2", "a = 1\r\nb = 2"],
  ["hunter2", ""],
  ["hunter2\n", ""],
  ["", ""],
  ["x = 1\n".repeat(5_000), ""],
])("%j is sent as %j", async (text, sent) => {
  editor.text = text;
  expect(await copiedText()).toEqual({ text: sent, copy: 0 });
});

test("nothing is read in a browser, which would ask the user", async () => {
  editor.uiKind = 2;
  expect(canReadClipboard()).toBe(false);
  expect(await copiedText()).toBeNull();
  expect(editor.reads).toBe(0);
});

test("nothing is read while another program has the focus", async () => {
  editor.focused = false;
  expect(await copiedText()).toBeNull();
  expect(editor.reads).toBe(0);
});

test("the same text copied again is another copy", async () => {
  editor.languages = {
    registerDocumentPasteEditProvider: (_: unknown, provider: { prepareDocumentPaste: () => void }) => {
      editor.copied = provider.prepareDocumentPaste;
    },
  };
  countCopies();
  const first = await copiedText();
  expect(await copiedText()).toEqual(first);
  editor.copied?.();
  const second = await copiedText();
  expect(second?.text).toBe(first?.text);
  expect(second?.copy).toBe((first?.copy ?? 0) + 1);
});

test("a VS Code that tells of no copies is fine", () => {
  editor.languages = {};
  expect(() => countCopies().dispose()).not.toThrow();
});
