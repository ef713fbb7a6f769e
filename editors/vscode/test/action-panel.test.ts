import { beforeEach, expect, test, vi } from "vitest";

import { ActionPanel } from "../src/action-panel";
import { middleware, type Parts } from "../src/middleware";

const URI = "autothink:/fix-1.autothink.md";

interface Document {
  readonly uri: { readonly scheme: string; toString(): string };
  getText(): string;
}

const editor = vi.hoisted(() => ({
  shown: [] as string[],
  textDocuments: [] as unknown[],
  changed: (_: unknown) => {},
  open: (): Promise<unknown> => new Promise(() => {}), // its text does not come
}));

vi.mock("../src/actions", () => ({ pickAction: () => undefined }));
vi.mock("vscode", () => {
  const webview = {
    onDidReceiveMessage: () => undefined,
    postMessage: ({ html }: { html: string }) => editor.shown.push(html),
    html: "",
  };
  return {
    InlineCompletionTriggerKind: { Invoke: 0, Automatic: 1 },
    ViewColumn: { Beside: -2 },
    Uri: { parse: (text: string) => ({ toString: () => text }) },
    commands: { executeCommand: async (_: string, text: string) => text },
    window: { createWebviewPanel: () => ({ webview, onDidDispose: () => undefined }) },
    workspace: {
      get textDocuments() {
        return editor.textDocuments;
      },
      onDidChangeTextDocument: (listener: (event: unknown) => void) => {
        editor.changed = listener;
        return { dispose: () => undefined };
      },
      openTextDocument: () => editor.open(),
    },
  };
});

const document = (text: string): Document => ({
  uri: { scheme: "autothink", toString: () => URI },
  getText: () => text,
});
const settled = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  editor.shown.length = 0;
  editor.textDocuments = [];
  editor.open = () => new Promise(() => {});
});

test("the server hears that a document is shown before its text is rendered", async () => {
  const status = { current: {} };
  const panel = new ActionPanel(
    () => false,
    () => {},
  );
  const shown = middleware({ panel, status } as unknown as Parts).window?.showDocument?.(
    { uri: URI },
    {} as never,
    (async () => ({ success: false })) as never,
  );
  expect(await shown).toEqual({ success: true });
});

test("an action that ends while VS Code makes its document is shown as it ended", async () => {
  const again = vi.fn(() => {
    editor.textDocuments = [document("It was added.\n")];
    editor.open = async () => editor.textDocuments[0];
    editor.changed({ document: editor.textDocuments[0] });
  });
  const panel = new ActionPanel(() => false, again);
  editor.open = async () => document("quick attempt…\n"); // as it was when VS Code asked for it
  panel.about(URI, false);
  panel.show();
  await settled();
  expect(again).toHaveBeenCalledOnce(); // not for the document that is there
  expect(editor.shown.at(-1)).toContain("It was added.");
});
