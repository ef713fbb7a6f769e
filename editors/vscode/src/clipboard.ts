// What was copied last: the server asks for it (`autothink/clipboard`) where copied code may be context of suggestions.

import * as vscode from "vscode";

const LEAST_LINES = 2; // passwords and addresses are one line
const MOST_CHARS = 8_000;

let copies = 0; // made in editors of this window

/** Since VS Code 1.97; our types are of the oldest version that we support. */
interface PasteProviders {
  registerDocumentPasteEditProvider?(
    selector: vscode.DocumentSelector,
    provider: { prepareDocumentPaste(): void },
    metadata: { providedPasteEditKinds: []; copyMimeTypes: string[] },
  ): vscode.Disposable;
}

/** Count what is copied in editors, which VS Code tells to providers of paste edits alone: without it the same text
 * copied a second time is no new copy. */
export function countCopies(): vscode.Disposable {
  const provider = {
    prepareDocumentPaste: () => {
      copies += 1;
    },
  };
  const languages = vscode.languages as PasteProviders;
  const metadata = { providedPasteEditKinds: [] as [], copyMimeTypes: [] };
  return languages.registerDocumentPasteEditProvider?.("*", provider, metadata) ?? { dispose: () => {} };
}

/** Whether the clipboard can be read without a question to the user, which browsers ask. */
export function canReadClipboard(): boolean {
  return vscode.env.uiKind === vscode.UIKind.Desktop;
}

/** The copied text; empty where it is no piece of several lines, null where it is not known. */
export async function copiedText(): Promise<{ text: string; copy: number } | null> {
  if (!canReadClipboard() || !vscode.window.state.focused) {
    return null;
  }
  const copy = copies;
  const text = await vscode.env.clipboard.readText();
  const isPiece = text.length <= MOST_CHARS && text.trim().split("\n").length >= LEAST_LINES;
  return { text: isPiece ? text : "", copy };
}
