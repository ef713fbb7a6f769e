import { expect, test, vi } from "vitest";

import { ActionPanel } from "../src/action-panel";
import { middleware, type Parts } from "../src/middleware";

vi.mock("../src/actions", () => ({ pickAction: () => undefined }));
vi.mock("vscode", () => {
  const webview = { onDidReceiveMessage: () => undefined, html: "" };
  return {
    InlineCompletionTriggerKind: { Invoke: 0, Automatic: 1 },
    ViewColumn: { Beside: -2 },
    Uri: { parse: (text: string) => ({ toString: () => text }) },
    window: { createWebviewPanel: () => ({ webview, onDidDispose: () => undefined }) },
    workspace: {
      onDidChangeTextDocument: () => ({ dispose: () => undefined }),
      openTextDocument: () => new Promise(() => undefined), // its text does not come
    },
  };
});

test("the server hears that a document is shown before its text is rendered", async () => {
  const status = { current: {} };
  const parts = { panel: new ActionPanel(() => false), status } as unknown as Parts;
  const uri = "autothink:/fix-1.autothink.md";
  const shown = middleware(parts).window?.showDocument?.(
    { uri },
    {} as never,
    (async () => ({ success: false })) as never,
  );
  expect(await shown).toEqual({ success: true });
});
