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

const SERVED: KnownModel = {
  ...MODEL,
  name: "org/large",
  server: "https://models.example/v1",
  licence: "",
  sizeBytes: 0,
  fits: null,
  tokensPerSecond: null,
  roles: ["completion", "next edit"],
  thinks: null,
  usedFor: ["completion"],
};

describe("the lines of the model picker", () => {
  it("has the models of the configured servers, with the server", () => {
    const [line] = linesFor("completion", [MODEL, SERVED]);
    expect(line?.label).toBe("$(server) org/large");
    expect(line?.description).toBe("in use");
    expect(line?.detail).toBe("https://models.example/v1");
    expect(linesFor("assist", [SERVED])).toEqual([]);
    const edits = { ...MODEL, name: "edits", roles: ["next edit"] };
    const unknown = { ...MODEL, name: "unknown", roles: null };
    expect(linesFor("next edit", [edits, unknown, SERVED]).map((one) => one.model.name)).toEqual([
      "edits",
      "org/large",
    ]);
  });

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

  it("says how much of its context the model in use has read", () => {
    const detail = (more: Partial<KnownModel>) => linesFor("completion", [{ ...SERVED, ...more }])[0]?.detail;
    const server = "https://models.example/v1";
    expect(detail({ contextUsedTokens: 1210, contextTokens: 2048 })).toBe(
      `${server} · 1210 of 2048 tokens of context used`,
    );
    expect(detail({ contextUsedTokens: 1210, contextTokens: null })).toBe(`${server} · 1210 tokens of context used`);
    expect(detail({ contextUsedTokens: null })).toBe(server);
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
    ["next edit", "embedded.nextEditModel"],
  ] as const)("for %s", (role, setting) => {
    expect(settingsFor(role, { ...MODEL, name: "m" })).toEqual([
      [setting, "m"], // first: the server reads the settings after each
      [`${setting}Path`, undefined],
      [`${role === "next edit" ? "nextEdit" : role}.backend`, "embedded"],
    ]);
  });

  it.each([
    ["completion", "completion.model"],
    ["assist", "assist.model"],
    ["next edit", "nextEdit.model"],
  ] as const)("of a server for %s", (role, setting) => {
    expect(settingsFor(role, SERVED)).toEqual([[setting, "org/large"]]);
    const backend = setting.replace("model", "backend");
    expect(settingsFor(role, { ...SERVED, backTo: { [role]: "vllm" } })).toEqual([
      [setting, "org/large"],
      [backend, "vllm"],
    ]);
  });
});
