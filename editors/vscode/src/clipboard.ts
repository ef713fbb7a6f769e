// What was copied last: the server asks for it (`autothink/clipboard`) where copied code may be context of suggestions.

import * as vscode from "vscode";

const LEAST_LINES = 2; // passwords and addresses are one line
const MOST_CHARS = 8_000;

/** Whether the clipboard can be read without a question to the user, which browsers ask. */
export function canReadClipboard(): boolean {
  return vscode.env.uiKind === vscode.UIKind.Desktop;
}

/** The copied text; empty where it is no piece of several lines, null where it is not known. */
export async function copiedText(): Promise<{ text: string } | null> {
  if (!canReadClipboard() || !vscode.window.state.focused) {
    return null;
  }
  const text = await vscode.env.clipboard.readText();
  const isPiece = text.length <= MOST_CHARS && text.trim().split("\n").length >= LEAST_LINES;
  return { text: isPiece ? text : "" };
}
