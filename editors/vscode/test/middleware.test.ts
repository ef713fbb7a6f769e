import { expect, test, vi } from "vitest";

import { LateAnswers } from "../src/late-answers";
import { middleware, type Parts } from "../src/middleware";

vi.mock("vscode", () => ({
  InlineCompletionTriggerKind: { Invoke: 0, Automatic: 1 },
  workspace: {
    getConfiguration: () => ({ get: (name: string) => `value of ${name}` }),
    textDocuments: [{ uri: "file:///a.py", version: 3 }],
  },
  CancellationTokenSource: class {},
  Uri: { parse: (text: string) => text },
}));
vi.mock("../src/actions", () => ({ pickAction: () => undefined }));

test("what was triggered while suggestions are paused does not make the next request automatic", async () => {
  const place = { uri: "file:///a.py", version: 3, line: 1, character: 4 };
  const late = new LateAnswers(
    () => place,
    () => false,
    () => {},
  );
  const pauses = { words: () => "paused" };
  const kinds: unknown[] = [];
  const parts = {
    late,
    pauses,
    status: { during: (asked: Promise<unknown>) => asked },
    feedback: { welcome: (_document: unknown, _position: unknown, given: unknown) => given, offered: () => {} },
  } as unknown as Parts;
  const request = () =>
    middleware(parts).provideInlineCompletionItems?.(
      { uri: place.uri, version: place.version, languageId: "python" } as never,
      place as never,
      { triggerKind: 0 } as never,
      { isCancellationRequested: false } as never,
      (_document, _position, context) => {
        kinds.push(context.triggerKind);
        return [];
      },
    );
  late.came({ uri: place.uri, version: place.version, position: place });
  await request();
  pauses.words = () => "";
  await request();
  expect(kinds).toEqual([0]);
});

test("what depends on the settings is asked for after the server got them", async () => {
  const order: string[] = [];
  const parts = { settingsSent: () => order.push("asked") } as unknown as Parts;
  const answer = middleware(parts).workspace?.configuration?.(
    { items: [{ section: "editor" }] },
    {} as never,
    () => [],
  );
  order.push("answered");
  expect(answer).toEqual(["value of editor"]);
  await vi.waitFor(() => expect(order).toEqual(["answered", "asked"]));
});

const ANNOTATED = {
  documentChanges: [{ textDocument: { uri: "file:///a.py", version: 3 }, edits: [{ annotationId: "a" }] }],
  changeAnnotations: { a: { label: "Fix", needsConfirmation: true } },
};

test.each([
  ["VS Code fails", undefined, { applied: false, failureReason: "No such file." }, ["No such file."]],
  ["it is applied", undefined, { applied: true }, []],
  ["the document was closed meanwhile", "It is no longer open.", { applied: true }, ["It is no longer open."]],
])("an edit that was agreed to: %s", async (_name, refusal, answer, wanted) => {
  const told: unknown[] = [];
  const refusals = [undefined, refusal];
  const parts = {
    guard: { refusal: () => refusals.shift() },
    previews: { agreed: async () => true, tellFailure: (reason: unknown) => told.push(reason) },
  } as unknown as Parts;
  await middleware(parts).workspace?.handleApplyEdit?.({ edit: ANNOTATED } as never, async () => answer);
  expect(told).toEqual(wanted);
});
