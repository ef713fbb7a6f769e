import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { DiagnosticReports, nearest } from "../src/diagnostics";

type Listener = (event: unknown) => void;
const editor = vi.hoisted(() => ({
  diagnostics: [] as object[],
  listeners: {} as { diagnostics?: Listener; active?: Listener; text?: Listener },
  active: undefined as object | undefined,
}));
vi.mock("vscode", () => {
  const on = (name: keyof typeof editor.listeners) => (listener: Listener) => {
    editor.listeners[name] = listener;
    return { dispose: () => {} };
  };
  return {
    Uri: { parse: (text: string) => text },
    Disposable: { from: () => ({ dispose: () => {} }) },
    DiagnosticSeverity: { Error: 0, Warning: 1 },
    languages: { onDidChangeDiagnostics: on("diagnostics"), getDiagnostics: () => editor.diagnostics },
    window: {
      onDidChangeActiveTextEditor: on("active"),
      get activeTextEditor() {
        return editor.active;
      },
    },
    workspace: {
      onDidChangeTextDocument: on("text"),
      get textDocuments() {
        return [DOCUMENT];
      },
    },
  };
});

const URI = "file:///a.py";
const DOCUMENT = { uri: URI, version: 7, languageId: "python" };
const at = (line: number, message = `line ${line}`) => ({ range: { start: { line } }, message });
const client = {
  code2ProtocolConverter: { asDiagnostics: async (found: unknown) => found, asUri: (uri: unknown) => uri },
  sendNotification: vi.fn(async (_method: string, _params: unknown) => {}),
};
const sent = () => client.sendNotification.mock.calls.map(([, params]) => params);

let reports: DiagnosticReports;

beforeEach(() => {
  vi.useFakeTimers();
  client.sendNotification.mockClear();
  editor.active = { document: DOCUMENT, selection: { active: { line: 10 } } };
  editor.diagnostics = [at(2), at(11)];
  reports = new DiagnosticReports(() => client as never);
});

afterEach(() => {
  reports.dispose();
  vi.useRealTimers();
});

async function changed(uri = URI): Promise<void> {
  editor.listeners.diagnostics?.({ uris: [uri] });
  await vi.advanceTimersByTimeAsync(400);
}

test("diagnostics that have changed are reported, nearest to the cursor first", async () => {
  await changed();
  expect(sent()).toEqual([{ uri: URI, version: 7, diagnostics: [at(11), at(2)] }]);
});

test("the same ones are reported once", async () => {
  await changed();
  await changed();
  editor.diagnostics = [];
  await changed();
  expect(sent()).toHaveLength(2);
  expect(sent()[1]).toEqual({ uri: URI, version: 7, diagnostics: [] });
});

test("equal ones after an edit are reported again, none are not", async () => {
  await changed();
  DOCUMENT.version = 8; // the server drops those of the edited line
  await changed();
  expect(sent()[1]).toEqual({ uri: URI, version: 8, diagnostics: [at(11), at(2)] });
  editor.diagnostics = [];
  await changed();
  DOCUMENT.version = 9;
  await changed();
  expect(sent()).toHaveLength(3);
  DOCUMENT.version = 7;
});

test("while they change with each key nothing is reported", async () => {
  for (let key = 0; key < 5; key++) {
    editor.listeners.diagnostics?.({ uris: [URI] });
    await vi.advanceTimersByTimeAsync(150);
  }
  expect(sent()).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(200);
  expect(sent()).toHaveLength(1);
});

test("those of other documents are not reported, those of the one that is shown are", async () => {
  await changed("file:///other.py");
  expect(sent()).toHaveLength(0);
  editor.listeners.active?.(editor.active);
  await vi.advanceTimersByTimeAsync(400);
  expect(sent()).toHaveLength(1);
});

test("a new server is told again", async () => {
  await changed();
  reports.stopped();
  await changed();
  expect(sent()).toHaveLength(2);
});

test("a server that has started is told without a change", async () => {
  reports.started();
  await vi.advanceTimersByTimeAsync(400);
  expect(sent()).toEqual([{ uri: URI, version: 7, diagnostics: [at(11), at(2)] }]);
});

test("a key while they are converted puts the report off", async () => {
  const { asDiagnostics } = client.code2ProtocolConverter;
  client.code2ProtocolConverter.asDiagnostics = async (found) => {
    DOCUMENT.version = 8;
    return found;
  };
  await changed();
  expect(sent()).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(400);
  expect(sent()).toEqual([{ uri: URI, version: 8, diagnostics: [at(11), at(2)] }]);
  client.code2ProtocolConverter.asDiagnostics = asDiagnostics;
  DOCUMENT.version = 7;
});

test("a watched document is reported whole", async () => {
  editor.diagnostics = Array.from({ length: 80 }, (_, line) => at(line));
  reports.watch({ uri: URI, watch: true });
  await vi.advanceTimersByTimeAsync(10);
  expect((sent()[0] as { diagnostics: object[] }).diagnostics).toHaveLength(80);
  reports.watch({ uri: URI, watch: false });
  await changed();
  expect((sent()[1] as { diagnostics: object[] }).diagnostics).toHaveLength(50);
});

test("nearest", () => {
  expect(nearest([at(1), at(9), at(5)], 6, 2)).toEqual([at(5), at(9)]);
});
