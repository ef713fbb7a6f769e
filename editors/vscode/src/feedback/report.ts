// Feeds the tracker with what VS Code tells, and the server and the status with what the tracker finds out.

import * as vscode from "vscode";

import type { Feedback, Offer } from "./tracker";
import { SuggestionTracker } from "./tracker";

export type Given = vscode.InlineCompletionItem[] | vscode.InlineCompletionList | null | undefined;

const UNDO = 1; // vscode.TextDocumentChangeReason.Undo

export class FeedbackReport implements vscode.Disposable {
  private readonly tracker: SuggestionTracker;
  private readonly subscriptions: vscode.Disposable[];

  constructor(tell: (feedback: Feedback) => void) {
    this.tracker = new SuggestionTracker(tell, Date.now);
    this.subscriptions = [
      vscode.workspace.onDidChangeTextDocument((event) => {
        const changes = event.contentChanges.map((change) => ({
          offset: change.rangeOffset,
          removed: change.rangeLength,
          text: change.text,
        }));
        this.tracker.changed(event.document.uri.toString(), changes, event.reason === UNDO);
      }),
      vscode.window.onDidChangeTextEditorSelection((event) => {
        const { document } = event.textEditor;
        const active = event.selections[0]?.active;
        // Typing moves the cursor as well; the change is told before, so the tracker expects the new place.
        if (active !== undefined && document.uri.scheme !== "output") {
          this.tracker.moved(document.uri.toString(), document.offsetAt(active));
        }
      }),
    ];
  }

  /** What the server gave for this place, without what the user has just dismissed or undone there. */
  welcome(document: vscode.TextDocument, position: vscode.Position, given: Given): Given {
    const uri = document.uri.toString();
    const offset = document.offsetAt(position);
    const isWelcome = (item: vscode.InlineCompletionItem) =>
      !this.tracker.wasRejected(uri, offset, addedBy(document, position, item));
    return itemsOf(given).every(isWelcome) ? given : itemsOf(given).filter(isWelcome);
  }

  /** Items were given to the editor for this place. */
  offered(document: vscode.TextDocument, position: vscode.Position, given: Given): void {
    const items: Offer["items"] = itemsOf(given).flatMap((item) => {
      const id: unknown = item.command?.arguments?.[0];
      return typeof id === "number" ? [{ id, text: addedBy(document, position, item) }] : [];
    });
    this.tracker.offered({ uri: document.uri.toString(), offset: document.offsetAt(position), items });
  }

  /** Whether a suggestion is on the screen, as far as can be told. */
  get isShown(): boolean {
    return this.tracker.isShown;
  }

  took(id: unknown): void {
    if (typeof id === "number") {
      this.tracker.took(id);
    }
  }

  dismiss(): void {
    this.tracker.dismiss();
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}

function itemsOf(given: Given): readonly vscode.InlineCompletionItem[] {
  return given === null || given === undefined ? [] : Array.isArray(given) ? given : given.items;
}

/** What an item adds at the cursor: its text without what stands before and behind the cursor already. */
function addedBy(document: vscode.TextDocument, position: vscode.Position, item: vscode.InlineCompletionItem): string {
  const text = typeof item.insertText === "string" ? item.insertText : item.insertText.value;
  if (item.range === undefined) {
    return text;
  }
  const before = document.getText(new vscode.Range(item.range.start, position));
  return text.startsWith(before) ? text.slice(before.length) : text;
}
