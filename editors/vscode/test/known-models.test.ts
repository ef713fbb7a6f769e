import { describe, expect, it } from "vitest";

import { type KnownModel, linesFor, settingsFor, sizeOf } from "../src/known-models";

const MODEL: KnownModel = {
  name: "small",
  licence: "Apache-2.0",
  sizeBytes: 491_400_064,
  installed: true,
  fits: true,
  tokensPerSecond: 24.4,
  isSpeedMeasured: true,
  roles: ["completion", "assist"],
  thinks: false,
  evidence: "",
  recommendedFor: [],
  usedFor: [],
};
const THINKING: KnownModel = {
  ...MODEL,
  name: "thinking",
  licence: "",
  sizeBytes: 2_497_280_256,
  installed: false,
  fits: false,
  tokensPerSecond: 8.1,
  isSpeedMeasured: false,
  roles: ["assist"],
  thinks: true,
  evidence: "not tested by autothink-lsp",
  recommendedFor: ["assist"],
};

describe("the lines of the model picker", () => {
  it("has size, licence, speed and whether a model thinks", () => {
    const [line] = linesFor("completion", [MODEL, THINKING]);
    expect(line?.label).toBe("$(check) small");
    expect(line?.detail).toBe("491 MB · Apache-2.0 · 24 tokens/s · does not think");
    const [first] = linesFor("assist", [MODEL, THINKING]);
    expect(first?.label).toBe("$(cloud-download) thinking");
    expect(first?.description).toBe("recommended for this machine · does not fit into memory");
    expect(first?.detail).toBe("2497 MB · about 8 tokens/s · thinks · not tested by autothink-lsp");
  });

  it("offers only models for the role, those in use first", () => {
    const used = { ...MODEL, name: "used", usedFor: ["assist"] };
    const edits = { ...MODEL, name: "edits", roles: ["next edit"] };
    const names = linesFor("assist", [edits, MODEL, THINKING, used]).map((line) => line.model.name);
    expect(names).toEqual(["used", "thinking", "small"]);
    expect(linesFor("completion", [THINKING, edits])).toEqual([]);
  });

  it("says nothing that is not known", () => {
    const unknown = { ...THINKING, sizeBytes: 0, tokensPerSecond: null, roles: null, thinks: null, evidence: "" };
    expect(linesFor("completion", [unknown])[0]?.detail).toBe("size unknown");
    expect(sizeOf(unknown)).toBe("size unknown");
  });
});

describe("the settings of a choice", () => {
  it.each([
    ["completion", "embedded.model"],
    ["assist", "embedded.assistModel"],
  ] as const)("for %s", (role, setting) => {
    expect(settingsFor(role, "m")).toEqual([
      [`${role}.backend`, "embedded"],
      [setting, "m"],
    ]);
  });
});
