// Shows an edit that must be agreed to as a diff, with Apply and Discard as buttons, keys and in a notification that says
// why it asks.

import * as path from "node:path";

import * as vscode from "vscode";

import { edited, type Question } from "./edit-preview";
import { CONTEXT, PREVIEW_SCHEME } from "./names";
import { TypingPause } from "./typing-pause";

const APPLY = "Apply";
const DISCARD = "Discard";
const DETAILS = "Show Details";
const CHANGED = "AutoThink: The file has changed, so its edit was not applied. Choose the action again.";

interface Shown {
  readonly right: vscode.Uri;
  readonly left: string; // the document's URI
  readonly text: string;
  readonly answer: (agreed: boolean) => void;
}

export class EditPreviews implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private shown: Shown | undefined;
  private count = 0;
  private readonly typing = new TypingPause();
  private readonly subscriptions: vscode.Disposable;

  /** `showDetails` opens the document of the action. */
  constructor(private readonly showDetails: () => unknown) {
    this.subscriptions = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(PREVIEW_SCHEME, this),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        if (closed.some((tab) => isOf(tab, this.shown))) {
          this.shown?.answer(false);
        }
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) {
          return;
        }
        if (document === vscode.window.activeTextEditor?.document) {
          this.typing.typed();
        }
        if (document.uri.toString() === this.shown?.left) {
          this.shown.answer(false);
          void vscode.window.showInformationMessage(CHANGED);
        }
      }),
    );
  }

  private get isShown(): boolean {
    return this.shown !== undefined;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return uri.toString() === this.shown?.right.toString() ? this.shown.text : "";
  }

  /** Whether the user agrees to an edit of an open document. A preview that is open already is discarded, and this one
   *  is not opened under the user's typing. */
  async agreed(question: Question, document: vscode.TextDocument): Promise<boolean> {
    const { version } = document;
    await this.typing.wait(() => vscode.commands.executeCommand("setContext", CONTEXT.previewing, this.isShown));
    this.shown?.answer(false);
    if (document.isClosed || document.version !== version) {
      void vscode.window.showInformationMessage(CHANGED);
      return false;
    }
    const text = edited(document.getText(), question.single?.edits ?? [], ({ line, character }) =>
      document.offsetAt(new vscode.Position(line, character)),
    );
    const right = vscode.Uri.from({ scheme: PREVIEW_SCHEME, path: document.uri.path, query: String(++this.count) });
    const answered = new Promise<boolean>((resolve) => {
      this.shown = { right, left: document.uri.toString(), text, answer: resolve };
    });
    const title = `${path.basename(document.uri.path)} — ${question.label}`;
    // First, so that the keys work as soon as the diff is seen.
    await vscode.commands.executeCommand("setContext", CONTEXT.previewing, true);
    await vscode.commands.executeCommand("vscode.diff", document.uri, right, title, { preview: true });
    this.tell(question, this.shown);
    const agreed = await answered;
    await this.close(right);
    return agreed;
  }

  /** Say what an edit of several files is, which VS Code's own preview shows. */
  tellOnly({ label, why }: Question): void {
    void vscode.window.showInformationMessage(sentence(label, why), DETAILS).then((answer) => {
      if (answer === DETAILS) {
        this.showDetails();
      }
    });
  }

  /** An edit that the user agreed to could not be applied. */
  tellFailure(reason: string | undefined): void {
    void vscode.window.showWarningMessage(
      `AutoThink: The edit was not applied. ${reason ?? "Choose the action again."}`,
    );
  }

  /** The command: the user agrees, or does not. */
  answer(agreed: boolean): void {
    this.shown?.answer(agreed);
  }

  dispose(): void {
    this.shown?.answer(false);
    this.subscriptions.dispose();
  }

  private tell({ label, why }: Question, shown: Shown | undefined): void {
    void vscode.window.showInformationMessage(sentence(label, why), APPLY, DISCARD, DETAILS).then((answer) => {
      if (answer === DETAILS) {
        this.showDetails();
      } else if (answer !== undefined) {
        shown?.answer(answer === APPLY);
      }
    });
  }

  private async close(right: vscode.Uri): Promise<void> {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const open = tabs.filter((tab) => isOf(tab, { right }));
    if (this.shown?.right.toString() === right.toString()) {
      this.shown = undefined;
      void vscode.commands.executeCommand("setContext", CONTEXT.previewing, false);
    }
    await vscode.window.tabGroups.close(open);
  }
}

function sentence(label: string, why: string): string {
  return why ? `${label.replace(/\.$/, "")}. ${why}` : label;
}

function isOf(tab: vscode.Tab, shown: { readonly right: vscode.Uri } | undefined): boolean {
  const { input } = tab;
  return input instanceof vscode.TabInputTextDiff && input.modified.toString() === shown?.right.toString();
}
