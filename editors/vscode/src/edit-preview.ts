// Which edits of the server's are shown before they are applied, and what they would make. Pure.

/** The parts of LSP's `WorkspaceEdit` that are looked at. */
export interface AnnotatedEdit {
  readonly documentChanges?: readonly object[];
  readonly changeAnnotations?: Readonly<Record<string, Annotation>>;
}

interface Annotation {
  readonly label: string;
  readonly needsConfirmation?: boolean;
  readonly description?: string;
}

interface Place {
  readonly line: number;
  readonly character: number;
}

export interface TextEdit {
  readonly range: { readonly start: Place; readonly end: Place };
  readonly newText: string;
}

export interface Question {
  readonly label: string; // who and what: "AutoThink: Fix … (not proved)"
  readonly why: string; // why it asks, or empty
  /** The edits of each file; undefined where files are created, renamed or deleted, too. */
  readonly files: readonly FileEdits[] | undefined;
}

export interface FileEdits {
  readonly uri: string;
  readonly isOpen: boolean;
  readonly edits: readonly TextEdit[];
}

/** What to ask before the edit is applied; undefined where nothing has to be asked. */
export function questionOf(edit: AnnotatedEdit): Question | undefined {
  const annotation = Object.values(edit.changeAnnotations ?? {}).find((one) => one.needsConfirmation);
  if (annotation === undefined) {
    return undefined;
  }
  return { label: annotation.label, why: annotation.description ?? "", files: files(edit.documentChanges ?? []) };
}

function files(changes: readonly object[]): Question["files"] {
  const found = (
    changes as readonly {
      readonly textDocument?: { readonly uri: string; readonly version?: number | null };
      readonly edits?: readonly TextEdit[];
    }[]
  ).flatMap(({ textDocument, edits }) =>
    textDocument === undefined || edits === undefined
      ? []
      : [{ uri: textDocument.uri, isOpen: typeof textDocument.version === "number", edits }],
  );
  return found.length > 0 && found.length === changes.length ? found : undefined;
}

/** The same edit as the user has agreed to it: VS Code asks nothing then. */
export function agreedTo<Edit extends AnnotatedEdit>(edit: Edit): Edit {
  const plain = (one: object) => {
    const { annotationId: _, ...rest } = one as { annotationId?: string };
    return rest;
  };
  const documentChanges = edit.documentChanges?.map((change) =>
    "edits" in change ? { ...change, edits: (change.edits as object[]).map(plain) } : plain(change),
  );
  return { ...edit, documentChanges, changeAnnotations: undefined };
}

/** The text with the edits made, which do not overlap. `offsetAt` gives the offset of a position in the text. */
export function edited(text: string, edits: readonly TextEdit[], offsetAt: (place: Place) => number): string {
  return edits
    .map(({ range, newText }) => ({ start: offsetAt(range.start), end: offsetAt(range.end), newText }))
    .map((one, order) => ({ ...one, order }))
    .sort((one, other) => other.start - one.start || other.order - one.order)
    .reduce((made, { start, end, newText }) => made.slice(0, start) + newText + made.slice(end), text);
}
