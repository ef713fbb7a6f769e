// Decides whether an edit of the server's may still be applied: only to the text that it was computed for.
//
// VS Code applies the edit of a resolved code action whatever the document's version is. The client therefore does not
// announce that it resolves edits, and every edit comes as `workspace/applyEdit` with versions, which are compared here.
// A version begins anew when a document is closed and opened again, so openings are counted, too.

/** The parts of LSP's `WorkspaceEdit` that are looked at. */
export interface VersionedEdit {
  readonly documentChanges?: readonly object[];
}

export class ApplyGuard {
  private readonly openings = new Map<string, number>(); // of each document, by its URI
  private readonly actions = new Map<string, number>(); // the opening in which the last action was sent

  /** A document was opened. */
  opened(uri: string): void {
    this.openings.set(uri, this.opening(uri) + 1);
  }

  /** An action about the document is sent to the server. */
  actionSent(uri: string): void {
    this.actions.set(uri, this.opening(uri));
  }

  /** Why the edit must not be applied now; undefined where it may. `versionOf` gives the version of an open document. */
  refusal(edit: VersionedEdit, versionOf: (uri: string) => number | undefined): string | undefined {
    for (const { uri, version } of (edit.documentChanges ?? []).flatMap(versioned)) {
      const now = versionOf(uri);
      if (now === undefined) {
        return "The document is no longer open.";
      }
      if ((this.actions.get(uri) ?? this.opening(uri)) !== this.opening(uri)) {
        return "The document was closed and opened again.";
      }
      if (now !== version) {
        return "The document has changed.";
      }
    }
    return undefined;
  }

  private opening(uri: string): number {
    return this.openings.get(uri) ?? 0;
  }
}

/** The document and version of a `TextDocumentEdit`; nothing for file operations and for documents without a version. */
function versioned(change: object): { uri: string; version: number }[] {
  const document = "textDocument" in change ? (change.textDocument as { uri?: unknown; version?: unknown }) : undefined;
  return typeof document?.uri === "string" && typeof document.version === "number"
    ? [{ uri: document.uri, version: document.version }]
    : [];
}
