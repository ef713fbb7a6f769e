// Shows an edit that must be agreed to as a diff, with Apply and Discard as buttons, keys and in a notification that says
// why it asks.

import * as path from "node:path";

import * as vscode from "vscode";

import { edited, type Question, type TextEdit } from "./edit-preview";
import { CONTEXT, PREVIEW_SCHEME } from "./names";
import { TypingPause } from "./typing-pause";

const APPLY = "Apply";
const DISCARD = "Discard";
const DETAILS = "Show Details";
const CHANGED = "AutoThink: The file has changed, so its edit was not applied. Choose the action again.";

/** An open document and what it would become. */
export interface PreviewedFile {
  readonly document: vscode.TextDocument;
  readonly edits: readonly TextEdit[];
}

interface Shown {
  readonly title: string;
  readonly texts: ReadonlyMap<string, string>; // of the right sides, by their URIs
  readonly lefts: ReadonlySet<string>; // the documents' URIs
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
        // The panel of an output channel can be the active editor, and a log never pauses.
        if (document === vscode.window.activeTextEditor?.document && document.uri.scheme !== "output") {
          this.typing.typed();
        }
        if (this.shown?.lefts.has(document.uri.toString())) {
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
    return this.shown?.texts.get(uri.toString()) ?? "";
  }

  /** Whether the user agrees to an edit of these files, to all of it or to nothing. A preview that is open already is
   *  discarded, and this one is not opened under the user's typing. */
  async agreed(question: Question, files: readonly PreviewedFile[]): Promise<boolean> {
    const versions = files.map(({ document }) => document.version);
    await this.typing.wait(() => vscode.commands.executeCommand("setContext", CONTEXT.previewing, this.isShown));
    this.shown?.answer(false);
    // VS Code closes documents by itself that it does not show.
    const isClosed = files.length === 1 && files[0]?.document.isClosed === true;
    if (isClosed || files.some(({ document }, at) => document.version !== versions[at])) {
      void vscode.window.showInformationMessage(CHANGED);
      return false;
    }
    this.count += 1;
    const sides = files.map(({ document, edits }) => {
      const text = edited(document.getText(), edits, ({ line, character }) =>
        document.offsetAt(new vscode.Position(line, character)),
      );
      const { path: file, authority } = document.uri;
      const right = vscode.Uri.from({ scheme: PREVIEW_SCHEME, authority, path: file, query: String(this.count) });
      return { left: document.uri, right, text };
    });
    const [first] = sides;
    // VS Code itself adds the number of files to the title of several.
    const name = sides.length === 1 ? `${path.basename(first?.left.path ?? "")} — ` : "";
    const title = `${name}${question.label}`;
    const answered = new Promise<boolean>((resolve) => {
      this.shown = {
        title,
        texts: new Map(sides.map(({ right, text }) => [right.toString(), text])),
        lefts: new Set(sides.map(({ left }) => left.toString())),
        answer: resolve,
      };
    });
    const shown = this.shown;
    try {
      // First, so that the keys work as soon as the diff is seen.
      await vscode.commands.executeCommand("setContext", CONTEXT.previewing, true);
      if (sides.length === 1) {
        await vscode.commands.executeCommand("vscode.diff", first?.left, first?.right, title, { preview: true });
      } else {
        const resources = sides.map(({ left, right }) => [left, left, right]);
        await vscode.commands.executeCommand("vscode.changes", title, resources);
      }
      this.tell(question, shown);
      return await answered;
    } finally {
      await this.close(shown);
    }
  }

  /** Say what an edit is that also creates files, which VS Code's own preview shows. */
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

  /** The command: the user agrees, or does not. Only where the preview is seen: VS Code's conditions for keys and buttons
   *  cannot tell one diff of several files from another. */
  decide(agreed: boolean): void {
    const seen = vscode.window.tabGroups.all.map((group) => group.activeTab);
    if (seen.some((tab) => tab !== undefined && isOf(tab, this.shown))) {
      this.answer(agreed);
    }
  }

  /** The preview is over, whatever is shown. */
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

  private async close(shown: Shown | undefined): Promise<void> {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const open = tabs.filter((tab) => isOf(tab, shown));
    if (this.shown === shown) {
      this.shown = undefined;
      void vscode.commands.executeCommand("setContext", CONTEXT.previewing, false);
    }
    await vscode.window.tabGroups.close(open);
  }
}

function sentence(label: string, why: string): string {
  return why ? `${label.replace(/\.$/, "")}. ${why}` : label;
}

function isOf(tab: vscode.Tab, shown: Shown | undefined): boolean {
  const { input } = tab;
  if (input instanceof vscode.TabInputTextDiff) {
    return shown?.texts.has(input.modified.toString()) ?? false;
  }
  // A diff of several files has no type of its own in VS Code's API yet.
  const isOther = input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom;
  return shown !== undefined && !isOther && tab.label.startsWith(shown.title);
}
