// Next edits: after a change the server is asked what will be changed next. The proposal is drawn where it would be made;
// a key jumps there, the same key takes it, Escape dismisses it. Drawn with decorations, which any version of VS Code has.

import * as vscode from "vscode";
import { ExecuteCommandRequest, type LanguageClient } from "vscode-languageclient/node";

import { CONTEXT, MESSAGE } from "./names";
import { drawingOf } from "./next-edit-diff";

const DELAY_MS = 150; // after the last change

interface WireEdit {
  readonly text: string;
  readonly textDocument: { readonly version: number };
  readonly range: { readonly start: vscode.Position; readonly end: vscode.Position };
  readonly command: { readonly command: string; readonly arguments?: readonly unknown[] };
}

interface Shown {
  readonly editor: vscode.TextEditor;
  readonly version: number;
  readonly range: vscode.Range;
  readonly place: vscode.Position; // of the first change in it
  readonly edit: WireEdit;
}

export class NextEdits implements vscode.Disposable {
  private shown: Shown | undefined;
  private taken: { readonly editor: vscode.TextEditor; readonly cursor: vscode.Position } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private pending: vscode.CancellationTokenSource | undefined;
  private readonly removed: vscode.TextEditorDecorationType;
  private readonly added: vscode.TextEditorDecorationType;
  private readonly mark: vscode.TextEditorDecorationType;
  private readonly hint: vscode.TextEditorDecorationType;
  private readonly subscriptions: vscode.Disposable[];

  /**
   * `isOff` says whether the user wants no next edits in a document, `isSuggesting` whether ghost text stands at the
   * cursor; `icon` marks the line in the gutter.
   */
  constructor(
    private readonly client: () => LanguageClient | undefined,
    private readonly isOff: (document: vscode.TextDocument) => boolean,
    private readonly isSuggesting: () => boolean,
    icon: vscode.Uri,
  ) {
    const colour = (name: string) => new vscode.ThemeColor(name);
    const make = vscode.window.createTextEditorDecorationType;
    this.removed = make({
      backgroundColor: colour("diffEditor.removedTextBackground"),
      textDecoration: "line-through",
    });
    this.added = make({
      after: { backgroundColor: colour("diffEditor.insertedTextBackground"), fontStyle: "italic" },
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    });
    this.mark = make({ gutterIconPath: icon, gutterIconSize: "contain", overviewRulerColor: colour("charts.blue") });
    this.hint = make({ after: { color: colour("editorGhostText.foreground"), margin: "0 0 0 2em" } });
    this.subscriptions = [
      this.removed,
      this.added,
      this.mark,
      this.hint,
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document === vscode.window.activeTextEditor?.document) {
          this.clear();
          this.later();
        }
      }),
      vscode.window.onDidChangeActiveTextEditor(() => this.clear()),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.moved(textEditor)),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.moved(textEditor)),
    ];
  }

  /** The cursor goes to the proposal; where it is there already, the proposal is applied. */
  async accept(): Promise<void> {
    const shown = this.current();
    if (shown === undefined) {
      return;
    }
    const { editor, range, place, edit } = shown;
    if (!isAt(editor, range)) {
      editor.selection = new vscode.Selection(place, place);
      editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
      return;
    }
    const done = await editor.edit((builder) => builder.replace(range, edit.text));
    if (done) {
      this.taken = { editor, cursor: editor.selection.active };
      const { command, arguments: given = [] } = edit.command;
      await this.client()?.sendRequest(ExecuteCommandRequest.type, { command, arguments: [...given] });
    }
  }

  /** Take it away; the server does not propose it again. */
  async dismiss(): Promise<void> {
    const shown = this.current();
    this.clear();
    if (shown !== undefined) {
      await this.client()?.sendNotification(MESSAGE.dismissedNextEdit, { id: shown.edit.command.arguments?.[0] });
    }
  }

  /** Take the drawing away, and let what was requested go. */
  clear(): void {
    clearTimeout(this.timer);
    this.pending?.cancel();
    this.pending = undefined;
    const shown = this.shown;
    this.shown = undefined;
    if (shown !== undefined) {
      for (const type of [this.removed, this.added, this.mark, this.hint]) {
        shown.editor.setDecorations(type, []);
      }
      this.setContext(false, false);
    }
  }

  dispose(): void {
    this.clear();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private later(): void {
    this.timer = setTimeout(() => void this.request(), DELAY_MS);
  }

  private async request(): Promise<void> {
    const client = this.client();
    const editor = vscode.window.activeTextEditor;
    if (client === undefined || editor === undefined || this.isOff(editor.document)) {
      return;
    }
    const { document } = editor;
    const { version } = document;
    const { line, character } = editor.selection.active;
    const pending = new vscode.CancellationTokenSource();
    this.pending = pending;
    const textDocument = { uri: client.code2ProtocolConverter.asUri(document.uri), version };
    const params = { textDocument, position: { line, character }, context: { triggerKind: 2 } };
    const given = await client
      .sendRequest<{ edits?: readonly WireEdit[] }>(MESSAGE.nextEdit, params, pending.token)
      .catch(() => undefined);
    const edit = given?.edits?.[0];
    const isStale = pending.token.isCancellationRequested || document.version !== version;
    if (edit !== undefined && !isStale && vscode.window.activeTextEditor === editor) {
      this.show(client, editor, edit);
    }
  }

  private show(client: LanguageClient, editor: vscode.TextEditor, edit: WireEdit): void {
    const { document } = editor;
    const range = document.validateRange(client.protocol2CodeConverter.asRange(edit.range));
    if (this.isSuggesting() && isAt(editor, range)) {
      return; // ghost text has the line
    }
    const lineLength = (line: number) => document.lineAt(line).text.length;
    const drawn = drawingOf(range.start, document.getText(range), edit.text, lineLength);
    const places = [...drawn.removed.map((one) => one.start), ...drawn.added.map((one) => one.at)];
    const first = places.find(({ line }) => line >= range.start.line && line <= range.end.line) ?? range.start;
    const place = new vscode.Position(first.line, first.character);
    this.shown = { editor, version: document.version, range, place, edit };
    const hoverMessage = new vscode.MarkdownString("AutoThink: next edit").appendCodeblock(drawn.diff, "diff");
    const removed = drawn.removed.map(({ start, end }) => ({ range: rangeOf(start, end), hoverMessage }));
    const added = drawn.added.map(({ at, text }) => ({
      range: rangeOf(at, at),
      renderOptions: { after: { contentText: shownText(text) } },
    }));
    editor.setDecorations(this.removed, removed);
    editor.setDecorations(this.added, added);
    editor.setDecorations(this.mark, [{ range: new vscode.Range(range.start, range.start), hoverMessage }]);
    this.moved(editor);
    void client.sendNotification(MESSAGE.shownNextEdit, { item: { command: edit.command } });
  }

  /** The cursor or the view moved: whether Tab goes to the proposal, and whether it has to be said where that is. */
  private moved(editor: vscode.TextEditor): void {
    const shown = this.current();
    if (shown === undefined || shown.editor !== editor) {
      return;
    }
    const { active, isEmpty } = editor.selection;
    const before = editor.document.lineAt(active.line).text.slice(0, active.character);
    // At a line's beginning Tab indents, but not where the last next edit was taken.
    const isTaken = this.taken?.editor === editor && this.taken.cursor.isEqual(active);
    this.setContext(true, isEmpty && (isTaken || isAt(editor, shown.range) || before.trim() !== ""));
    const isVisible = editor.visibleRanges.some((one) => one.contains(shown.range.start));
    const end = editor.document.lineAt(active.line).range.end;
    const arrow = shown.range.start.isAfter(active) ? "↓" : "↑";
    const contentText = `${arrow} Tab: next edit in line ${shown.range.start.line + 1}`;
    const hint = { range: new vscode.Range(end, end), renderOptions: { after: { contentText } } };
    editor.setDecorations(this.hint, isVisible ? [] : [hint]);
  }

  /** The proposal that still fits the document. */
  private current(): Shown | undefined {
    const shown = this.shown;
    return shown?.editor.document.version === shown?.version ? shown : undefined;
  }

  private setContext(visible: boolean, tab: boolean): void {
    void vscode.commands.executeCommand("setContext", CONTEXT.nextEdit, visible);
    void vscode.commands.executeCommand("setContext", CONTEXT.nextEditTab, tab);
  }
}

function isAt(editor: vscode.TextEditor, range: vscode.Range): boolean {
  const { line } = editor.selection.active;
  return line >= range.start.line && line <= range.end.line;
}

function rangeOf(start: { line: number; character: number }, end: { line: number; character: number }): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** Blanks of a decoration's text are not shown as they are. */
function shownText(text: string): string {
  return text.replace(/[ \t]/g, "\u00a0");
}
