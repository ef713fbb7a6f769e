import * as vscode from "vscode";

/** The open document with this URI, as VS Code writes it. */
export function openDocument(uri: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
}
