// Explain, fix and refactor from the palette, a key or the context menu: what the server offers, chosen for the user.

import * as vscode from "vscode";
import {
  type CodeAction,
  CodeActionRequest,
  type Command,
  ExecuteCommandRequest,
  type LanguageClient,
  LSPErrorCodes,
  ResponseError,
} from "vscode-languageclient/node";

import type { ApplyGuard } from "./apply-guard";
import { SERVER_COMMAND } from "./names";
import { problemsNear } from "./nearest-problems";

const OURS = "AutoThink: ";

interface Offer {
  readonly title: string; // without our name
  readonly data: unknown; // for the server's command
}

export class Actions {
  constructor(
    private readonly client: () => LanguageClient | undefined,
    private readonly guard: ApplyGuard,
  ) {}

  /** Fix the message at the cursor, or the next one below it. */
  async fixHere(): Promise<void> {
    const editor = editorHere();
    if (editor === undefined) {
      return;
    }
    const problems = problemsNear(vscode.languages.getDiagnostics(editor.document.uri), editor.selection.active);
    const [first] = problems;
    if (first === undefined) {
      say("No problems to fix in this file.");
      return;
    }
    const offers = await this.offers(editor.document, first.range, vscode.CodeActionKind.QuickFix, problems);
    await this.run(offers?.find((offer) => offer.title.startsWith("Explain and fix")));
  }

  /** Explain the selection, or the function at the cursor or at a place. */
  async explain(at?: vscode.Range): Promise<void> {
    const offers = await this.offersHere(at);
    if (offers !== undefined) {
      await this.run(offers.find((offer) => offer.title.startsWith("Explain ")));
    }
  }

  /** Let the user pick one of what is offered for the selection or the cursor. */
  async refactor(): Promise<void> {
    const offers = await this.offersHere();
    if (offers === undefined) {
      return;
    }
    if (offers.length === 0) {
      await this.run(undefined);
      return;
    }
    const items = offers.map((offer) => ({ label: offer.title, offer }));
    const chosen = await vscode.window.showQuickPick(items, { title: "AutoThink" });
    if (chosen !== undefined) {
      await this.run(chosen.offer);
    }
  }

  /** Ask what is to be changed in the selection or the function at the cursor, and have it done. */
  async changeAsAsked(): Promise<void> {
    const editor = editorHere();
    if (editor === undefined || this.clientHere() === undefined) {
      return;
    }
    const { document, selection } = editor;
    const place = selection.isEmpty ? "this function" : "the selection";
    const prompt = `Describe the change to ${place}`;
    const instruction = await vscode.window.showInputBox({ title: "Edit with Instructions", prompt });
    if (instruction?.trim()) {
      const where = { start: plain(selection.start), end: plain(selection.end) };
      const about = { uri: document.uri.toString(), version: document.version, range: where };
      await this.run({ title: "", data: { action: "describe", instruction, ...about } });
    }
  }

  /** Ask what is to be different in the last edit of this document, and have it made again. */
  async changeLastEdit(): Promise<void> {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const client = this.clientHere();
    if (client === undefined) {
      return;
    }
    const prompt = "Describe what to change in the last edit";
    const text = await vscode.window.showInputBox({ title: "Change Last Edit", prompt });
    if (text?.trim()) {
      // Where no code is active (the panel of the action is, say), the last edit of all is meant.
      const argument = uri === undefined ? { text } : { text, uri: uri.toString() };
      await this.execute(client, SERVER_COMMAND.followUp, argument);
    }
  }

  /** The running client; where there is none the user is told. */
  private clientHere(): LanguageClient | undefined {
    const client = this.client();
    if (client === undefined) {
      say("The language server is not running. Click AutoThink in the status bar for details.");
    }
    return client;
  }

  private async offersHere(at?: vscode.Range): Promise<Offer[] | undefined> {
    const editor = editorHere();
    return editor && this.offers(editor.document, at ?? editor.selection, vscode.CodeActionKind.Refactor);
  }

  /** What the server offers there; undefined where it cannot be asked, which the user was told. */
  private async offers(
    document: vscode.TextDocument,
    place: vscode.Range,
    kind: vscode.CodeActionKind,
    problems?: readonly vscode.Diagnostic[],
  ): Promise<Offer[] | undefined> {
    const client = this.clientHere();
    if (client === undefined) {
      return undefined;
    }
    const messages =
      problems ?? vscode.languages.getDiagnostics(document.uri).filter((one) => one.range.intersection(place));
    const found = await client.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: document.uri.toString() },
      range: { start: plain(place.start), end: plain(place.end) },
      context: {
        diagnostics: await client.code2ProtocolConverter.asDiagnostics([...messages]),
        only: [kind.value],
        triggerKind: 1,
      },
    });
    return (found ?? [])
      .filter((one) => one.title.startsWith(OURS))
      .map((one) => ({ title: one.title.slice(OURS.length), data: dataOf(one) }));
  }

  private async run(offer: Offer | undefined): Promise<void> {
    const client = this.client();
    if (offer === undefined) {
      if (client !== undefined) {
        say("No actions available here.");
      }
      return;
    }
    const uri = (offer.data as { uri?: unknown } | undefined)?.uri;
    if (typeof uri === "string") {
      this.guard.actionSent(vscode.Uri.parse(uri).toString());
    }
    if (client !== undefined) {
      await this.execute(client, SERVER_COMMAND.action, offer.data);
    }
  }

  private async execute(client: LanguageClient, command: string, argument: unknown): Promise<void> {
    try {
      await client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [argument] });
    } catch (error) {
      if (!(error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled)) {
        throw error;
      }
    }
  }
}

/** Let the user pick one of the actions behind "More…", and have the server run it. */
export async function pickAction(argument: unknown): Promise<void> {
  const { actions = [] } = (argument ?? {}) as { actions?: readonly Offer[] };
  const items = actions.map((offer) => ({ label: offer.title, offer }));
  const chosen = await vscode.window.showQuickPick(items, { title: "AutoThink: More Actions" });
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(SERVER_COMMAND.action, chosen.offer.data);
  }
}

/** What the server's command gets: the argument of the action's command. */
function dataOf(action: CodeAction | Command): unknown {
  const command = typeof action.command === "object" ? action.command : undefined;
  return command?.arguments?.[0] ?? ("arguments" in action ? action.arguments?.[0] : undefined);
}

function say(words: string): void {
  void vscode.window.showInformationMessage(`AutoThink: ${words}`);
}

/** The active editor; where there is none the user is told. */
function editorHere(): vscode.TextEditor | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    say("Open a file first.");
  }
  return editor;
}

function plain(position: vscode.Position): { line: number; character: number } {
  return { line: position.line, character: position.character };
}
