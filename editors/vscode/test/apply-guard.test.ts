import { describe, expect, it } from "vitest";

import { ApplyGuard, type VersionedEdit } from "../src/apply-guard";

const A = "file:///a.py";
const B = "file:///b.py";
const edit = (uri: string, version: number | null): VersionedEdit => ({
  documentChanges: [{ textDocument: { uri, version }, edits: [] }],
});

function guarded(...uris: string[]): ApplyGuard {
  const guard = new ApplyGuard();
  for (const uri of uris) {
    guard.opened(uri);
    guard.actionSent(uri);
  }
  return guard;
}

describe("an edit", () => {
  it.each([
    ["for the version that is there", edit(A, 3), undefined],
    ["for an older version", edit(A, 2), "The document has changed."],
    ["for a newer version", edit(A, 4), "The document has changed."],
    ["for version 0", edit(A, 0), "The document has changed."],
    ["without a version", edit(A, null), undefined],
    ["for a document that is not open", edit("file:///other.py", 1), "The document is no longer open."],
    ["that makes a file", { documentChanges: [{ kind: "create", uri: "file:///new.py" }] }, undefined],
    ["of nothing", {}, undefined],
    ["with an odd document", { documentChanges: [{ textDocument: { uri: 3, version: "x" } }] }, undefined],
  ])("%s", (_name, what: VersionedEdit, refused) => {
    expect(guarded(A).refusal(what, (uri) => (uri === A ? 3 : undefined))).toBe(refused);
  });

  it("is refused where one of its documents has changed", () => {
    const both = { documentChanges: [...(edit(A, 3).documentChanges ?? []), ...(edit(B, 1).documentChanges ?? [])] };
    expect(guarded(A, B).refusal(both, (uri) => (uri === A ? 3 : 2))).toBe("The document has changed.");
  });

  it("is refused where the document was opened again, though its version is the same", () => {
    const guard = guarded(A);
    expect(guard.refusal(edit(A, 1), () => 1)).toBeUndefined();
    guard.opened(A);
    expect(guard.refusal(edit(A, 1), () => 1)).toBe("The document was closed and opened again.");
    guard.actionSent(A);
    expect(guard.refusal(edit(A, 1), () => 1)).toBeUndefined();
  });

  it("of another document does not mind", () => {
    const guard = guarded(A, B);
    guard.opened(B);
    expect(guard.refusal(edit(A, 1), () => 1)).toBeUndefined();
  });
});
