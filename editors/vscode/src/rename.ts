// The edit of a rename by VS Code's other language support. The server asks for it, and has it applied as its own edits:
// shown first where the user wants that, for the versions that it was computed for, and in all files or in none.

import * as vscode from "vscode";

import { DOCUMENT_SELECTOR } from "./client";
import { openDocument } from "./open-document";

export interface RenameParams {
  readonly textDocument: { readonly uri: string; readonly version: number };
  readonly position: { readonly line: number; readonly character: number };
  readonly newName: string;
}

/** An edit, or why there is none. */
interface RenameAnswer {
  readonly edit?: { readonly documentChanges: FileChange[] };
  readonly failure?: "unsupported" | "changed" | "refused" | "files";
  readonly reason?: string;
}

interface FileChange {
  readonly textDocument: { readonly uri: string; readonly version: number | null };
  readonly edits: readonly {
    readonly range: { readonly start: Plain; readonly end: Plain };
    readonly newText: string;
  }[];
}

interface Plain {
  readonly line: number;
  readonly character: number;
}

/** What VS Code says for a provider that gave nothing: no reason for a person. */
const NO_RESULT = /^no result\.?$/i;

/** `autothink/rename`: the edit, or why there is none. Applies nothing. */
export async function renameEdit({ textDocument, position, newName }: RenameParams): Promise<RenameAnswer> {
  const uri = vscode.Uri.parse(textDocument.uri);
  const isCurrent = () => openDocument(uri.toString())?.version === textDocument.version;
  if (!isCurrent()) {
    return { failure: "changed" };
  }
  const at = new vscode.Position(position.line, position.character);
  const versions = new Map(vscode.workspace.textDocuments.map((one) => [one.uri.toString(), one.version]));
  let edit: vscode.WorkspaceEdit | undefined;
  try {
    edit = await vscode.commands.executeCommand("vscode.executeDocumentRenameProvider", uri, at, newName);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return NO_RESULT.test(reason.trim()) ? { failure: "refused" } : { failure: "refused", reason };
  }
  if (!isCurrent()) {
    return { failure: "changed" };
  }
  if (edit !== undefined && changesFiles(edit)) {
    return { failure: "files" };
  }
  const changes = (edit?.entries() ?? []).filter(([, edits]) => edits.length > 0);
  const hasChanged = ([file]: (typeof changes)[number]) => {
    const before = versions.get(file.toString());
    return before !== undefined && openDocument(file.toString())?.version !== before;
  };
  if (changes.some(hasChanged)) {
    return { failure: "changed" };
  }
  // An empty edit comes where no provider is registered for the document; one that fails gives an error.
  return changes.length === 0
    ? { failure: "unsupported" }
    : {
        edit: {
          documentChanges: changes.map(([file, edits]) => ({ textDocument: versioned(file), edits: edits.map(plain) })),
        },
      };
}

/** With the version that our server knows, too. It does not know what it does not serve, so unsaved text has one. */
function versioned(file: vscode.Uri): { uri: string; version: number | null } {
  const document = openDocument(file.toString());
  const isKnown = document !== undefined && vscode.languages.match(DOCUMENT_SELECTOR, document) > 0;
  return { uri: file.toString(), version: isKnown || document?.isDirty ? document.version : null };
}

/** Whether files are created, renamed or deleted: `entries()` leaves these out, and VS Code has no other way to see them. */
function changesFiles(edit: vscode.WorkspaceEdit): boolean {
  const { _allEntries } = edit as { _allEntries?: () => readonly object[] };
  const all = _allEntries?.call(edit) ?? [];
  return all.some((one) => "from" in one || "to" in one);
}

function plain({ range, newText }: vscode.TextEdit): FileChange["edits"][number] {
  const { start, end } = range;
  return {
    range: {
      start: { line: start.line, character: start.character },
      end: { line: end.line, character: end.character },
    },
    newText,
  };
}
