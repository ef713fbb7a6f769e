// What TypeScript says of a document now. VS Code's own TypeScript support fires no event where its list stays as it was,
// and it is slow on a busy machine: that it is silent says nothing, so it is asked.

import * as vscode from "vscode";

const REQUEST = "typescript.tsserverRequest";
const LANGUAGES = new Set(["typescript", "typescriptreact", "javascript", "javascriptreact"]);
const KINDS = ["syntacticDiagnosticsSync", "semanticDiagnosticsSync"];
export const TYPESCRIPT_SOURCE = "ts";
const SEVERITIES: Record<string, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
};

interface Place {
  readonly line: number; // from 1, as `offset`
  readonly offset: number;
}

interface Reported {
  readonly start: Place;
  readonly end: Place;
  readonly text: string;
  readonly code?: number;
  readonly category?: string;
}

/** Whether VS Code's TypeScript support reports in this document. */
export function isTypeScript(document: vscode.TextDocument): boolean {
  return LANGUAGES.has(document.languageId) && document.uri.scheme === "file";
}

/** The errors of the document as it is; undefined where TypeScript cannot be asked, or does not answer. */
export async function typescriptDiagnostics(document: vscode.TextDocument): Promise<vscode.Diagnostic[] | undefined> {
  const found: vscode.Diagnostic[] = [];
  try {
    for (const kind of KINDS) {
      const reply = await vscode.commands.executeCommand<{ body?: unknown }>(REQUEST, kind, { file: document.uri });
      if (!Array.isArray(reply?.body)) {
        return undefined;
      }
      found.push(...(reply.body as Reported[]).map(converted));
    }
  } catch {
    return undefined; // another extension has its place, or its server is gone
  }
  return found;
}

function converted({ start, end, text, code, category }: Reported): vscode.Diagnostic {
  const range = new vscode.Range(start.line - 1, start.offset - 1, end.line - 1, end.offset - 1);
  const severity = SEVERITIES[category ?? "error"] ?? vscode.DiagnosticSeverity.Hint;
  const made = new vscode.Diagnostic(range, text, severity);
  made.source = TYPESCRIPT_SOURCE;
  made.code = code;
  return made;
}
