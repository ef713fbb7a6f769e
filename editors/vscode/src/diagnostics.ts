// Reports diagnostics to the server: those near the cursor whenever they have changed, as context of suggestions, and all
// of a document while the server watches there whether an applied edit has helped.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

import { MESSAGE } from "./names";
import { openDocument } from "./open-document";
import { isTypeScript, TYPESCRIPT_SOURCE, typescriptDiagnostics } from "./typescript-diagnostics";

const REPORT_MS = 50; // tools that publish in parts cause several events in a row
const MOST = 1000;
const NEAR_MS = 300; // without a change: while the user types they change with each key
const MOST_NEAR = 50;
// After an edit, before TypeScript is asked: mostly its events come sooner.
const ASK_MS = 1_000;

export class DiagnosticReports implements vscode.Disposable {
  private readonly watched = new Map<string, vscode.Uri>();
  private readonly pending = new Map<string, NodeJS.Timeout>();
  private readonly asking = new Map<string, NodeJS.Timeout>();
  private readonly listener: vscode.Disposable;
  private nearTimer: NodeJS.Timeout | undefined;
  private sentNear = "";

  constructor(private readonly client: () => LanguageClient | undefined) {
    this.listener = vscode.Disposable.from(
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        for (const uri of uris) {
          this.changed(uri);
        }
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && this.watched.has(document.uri.toString()) && isTypeScript(document)) {
          this.askSoon(document);
        }
      }),
      vscode.window.onDidChangeActiveTextEditor(() => this.reportNearSoon()),
    );
  }

  /** `autothink/watchDiagnostics`: report now, and whenever they change, until the server has seen enough. */
  watch({ uri, watch }: { uri: string; watch: boolean }): void {
    const parsed = vscode.Uri.parse(uri);
    const key = parsed.toString();
    for (const timers of [this.pending, this.asking]) {
      clearTimeout(timers.get(key));
      timers.delete(key);
    }
    if (watch) {
      this.watched.set(key, parsed);
      void this.report(key, uri);
    } else {
      this.watched.delete(key);
    }
  }

  /** A server has started, which has got none. */
  started(): void {
    this.reportNearSoon();
  }

  /** The server has ended. */
  stopped(): void {
    for (const timers of [this.pending, this.asking]) {
      for (const timer of timers.values()) {
        clearTimeout(timer);
      }
      timers.clear();
    }
    clearTimeout(this.nearTimer);
    this.sentNear = "";
    this.watched.clear();
  }

  dispose(): void {
    this.stopped();
    this.listener.dispose();
  }

  private changed(uri: vscode.Uri): void {
    const key = uri.toString();
    if (!this.watched.has(key)) {
      if (vscode.window.activeTextEditor?.document.uri.toString() === key) {
        this.reportNearSoon();
      }
    } else if (!this.pending.has(key)) {
      const timer = setTimeout(() => {
        this.pending.delete(key);
        void this.report(key);
      }, REPORT_MS);
      this.pending.set(key, timer);
    }
  }

  private reportNearSoon(): void {
    clearTimeout(this.nearTimer);
    this.nearTimer = setTimeout(() => void this.reportNear(), NEAR_MS);
  }

  /**
   * Report the diagnostics near the cursor, unless the server has got the same: equal ones of a newer version are others,
   * since it has dropped those of lines that were edited.
   */
  private async reportNear(): Promise<void> {
    const client = this.client();
    const editor = vscode.window.activeTextEditor;
    if (client === undefined || editor === undefined || this.watched.has(editor.document.uri.toString())) {
      return;
    }
    const { uri, version } = editor.document;
    const found = nearest(vscode.languages.getDiagnostics(uri), editor.selection.active.line, MOST_NEAR);
    const diagnostics = await client.code2ProtocolConverter.asDiagnostics(found);
    if (editor.document.version !== version) {
      this.reportNearSoon(); // the server ignores those of an older version
      return;
    }
    const params = { uri: client.code2ProtocolConverter.asUri(uri), version, diagnostics };
    const sent = JSON.stringify([params.uri, diagnostics.length > 0 ? version : 0, diagnostics]);
    if (sent !== this.sentNear) {
      this.sentNear = sent;
      await client.sendNotification(MESSAGE.diagnostics, params);
    }
  }

  /** Report what TypeScript says of the text as it is then, whether that is new or not. */
  private askSoon(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.asking.get(key));
    const ask = async () => {
      this.asking.delete(key);
      const version = document.version;
      const found = await typescriptDiagnostics(document);
      if (found !== undefined && document.version === version) {
        await this.report(key, undefined, found);
      }
    };
    this.asking.set(
      key,
      setTimeout(() => void ask(), ASK_MS),
    );
  }

  /** `typescript`: what TypeScript has just said, where it was asked. */
  private async report(key: string, sentUri?: string, typescript?: vscode.Diagnostic[]): Promise<void> {
    const client = this.client();
    const uri = this.watched.get(key);
    const document = openDocument(key);
    if (client === undefined || uri === undefined || document === undefined) {
      return;
    }
    const version = document.version;
    const all = vscode.languages.getDiagnostics(uri);
    const others = typescript && all.filter((one) => one.source !== TYPESCRIPT_SOURCE);
    const found = (others === undefined ? all : [...(typescript ?? []), ...others]).slice(0, MOST);
    const diagnostics = await client.code2ProtocolConverter.asDiagnostics(found);
    const sources = typescript && [TYPESCRIPT_SOURCE];
    const params = { uri: sentUri ?? client.code2ProtocolConverter.asUri(uri), version, diagnostics, sources };
    await client.sendNotification(MESSAGE.diagnostics, params);
  }
}

/** The diagnostics whose lines are nearest to `line`, nearest first. */
export function nearest<T extends { readonly range: { readonly start: { readonly line: number } } }>(
  diagnostics: readonly T[],
  line: number,
  most: number,
): T[] {
  const away = ({ range }: T) => Math.abs(range.start.line - line);
  return [...diagnostics].sort((one, other) => away(one) - away(other)).slice(0, most);
}
