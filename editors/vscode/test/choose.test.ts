import { describe, expect, it } from "vitest";

import { type Answer, answerOf, choose, moduleOf, type Place, versionIn, wrongSetting } from "../src/server/choose";

const SET: Place = { command: ["/set"], source: "your setting", setting: "autothink.server.command" };
const FIRST: Place = { command: ["/first"], source: "the selected Python environment" };
const SECOND: Place = { command: ["/second"], source: "the PATH" };

function answers(said: Record<string, Answer>): (place: Place) => Promise<Answer> {
  return async (place) => said[place.command[0] as string] ?? { kind: "absent" };
}

describe("choose", () => {
  it("takes the first place that works", async () => {
    const found = await choose([FIRST, SECOND], answers({ "/second": { kind: "version", version: "0.1.3" } }), "0.1.0");
    expect(found).toEqual({ kind: "found", place: SECOND, version: "0.1.3", note: "" });
  });

  it("reports what it skipped and that versions differ", async () => {
    const said = answers({
      "/first": { kind: "broken", problem: "it ended with status 3" },
      "/second": { kind: "version", version: "0.2.0" },
    });
    const found = await choose([FIRST, SECOND], said, "0.1.0");
    expect(found).toMatchObject({ kind: "found", place: SECOND });
    expect(found.kind === "found" && found.note).toContain("/first (the selected Python environment) was skipped");
    expect(found.kind === "found" && found.note).toContain("version 0.2.0, this extension was made for 0.1.0");
  });

  it("never passes over what the user has set", async () => {
    const working = answers({ "/second": { kind: "version", version: "0.1.0" } });
    expect(await choose([SET, SECOND], working, "0.1.0")).toMatchObject({ kind: "wrong setting", place: SET });
  });

  it("is missing where there is nothing", async () => {
    expect(await choose([FIRST, SECOND], answers({}), "0.1.0")).toEqual({ kind: "missing", notes: [] });
  });
});

describe("answerOf", () => {
  const ran = { status: 0, output: "", errors: "", failure: "" };

  it.each([
    [
      { ...ran, output: "autothink-lsp 0.1.0\n" },
      { kind: "version", version: "0.1.0" },
    ],
    [{ ...ran, status: 1, errors: "/usr/bin/python3: No module named autothink_lsp" }, { kind: "absent" }],
    [
      { ...ran, status: undefined, failure: "there is no such program" },
      { kind: "broken", problem: "there is no such program" },
    ],
    [
      { ...ran, output: "hello" },
      { kind: "broken", problem: "it is not autothink-lsp and said: hello" },
    ],
    [
      { ...ran, status: 2, errors: "unknown option -P\nusage: python3.9" },
      { kind: "broken", problem: "its Python is older than 3.11" },
    ],
    [
      { ...ran, status: 1, errors: "Traceback\nImportError: boom" },
      { kind: "broken", problem: "it ended with status 1 and said: ImportError: boom" },
    ],
  ])("reads %o", (said, expected) => {
    expect(answerOf(said)).toEqual(expected);
  });
});

it("reads versions", () => {
  expect(versionIn("autothink-lsp 1.2.3rc1\n")).toBe("1.2.3rc1");
  expect(versionIn("something-else 1.2.3")).toBeUndefined();
});

it("names setting, value and problem", () => {
  expect(wrongSetting(SET, "it ended")).toBe(
    'AutoThink: autothink.server.command is "/set", but it ended. ' +
      "Correct the setting, or clear it to find the server automatically.",
  );
});

it("keeps modules of the open folder out", () => {
  expect(moduleOf("/usr/bin/python3")).toEqual(["/usr/bin/python3", "-P", "-m", "autothink_lsp"]);
});
