import { describe, expect, it } from "vitest";

import { details, type Known, lineOf, withStatus } from "../src/status/model";

const READY: Known = {
  life: { kind: "running" },
  endpoint: { state: "ready", model: "qwen", backend: "embedded" },
  downloading: false,
  completing: false,
  off: "",
  thinkMode: "auto",
  latenciesMs: [],
  shown: 0,
  accepted: 0,
  server: "0.1.0 (the PATH)",
};
const text = (change: Partial<Known>) => lineOf({ ...READY, ...change }).text.replace(/\$\([^)]*\)\s*/g, "");

describe("the line", () => {
  it.each<[Partial<Known>, string]>([
    [{}, "AutoThink"],
    [{ endpoint: undefined }, "AutoThink (model not loaded)"],
    [{ endpoint: { state: "ready", warning: "The model is slow: …" } }, "AutoThink: model is slow"],
    [
      { endpoint: { state: "ready", warning: "The limit of 5 requests a minute (completion.requests_per_minute) …" } },
      "AutoThink: request limit reached",
    ],
    [{ life: { kind: "starting" } }, "AutoThink: starting…"],
    [{ life: { kind: "missing" } }, "AutoThink: server not installed"],
    [{ life: { kind: "failed", why: "x" } }, "AutoThink: server stopped"],
    [{ life: { kind: "installing", step: "installing packages" } }, "AutoThink: installing packages"],
    [{ endpoint: { state: "working", reason: "loading model", fraction: 0.43 } }, "AutoThink: loading model 43%"],
    [
      { endpoint: { state: "working", reason: "downloading qwen2.5-coder-0.5b, 253 of 491 MB", fraction: 0.54 } },
      "AutoThink: downloading model 54%",
    ],
    [{ action: { state: "thinking", seconds: 1, tokens: 1 } }, "thinking 1 s · 1 token"],
    [{ endpoint: { state: "unavailable", reason: "refused" } }, "AutoThink: model server not reachable"],
    [{ endpoint: { state: "unavailable", problem: "no model" } }, "AutoThink: no model"],
    [{ completing: true }, "AutoThink: completing"],
    [{ off: "excluded: .env is a file that usually contains secrets" }, "AutoThink: excluded"],
    [{ off: "completion is off for markdown" }, "AutoThink: completion is off for markdown"],
    [{ action: { state: "thinking", seconds: 12.3, tokens: 310 } }, "thinking 12 s · 310 tokens"],
    [{ action: { state: "assisting", seconds: 0.2 } }, "AutoThink: reading the code…"],
    [{ action: { state: "assisting", seconds: 2 } }, "AutoThink: reading the code… 2 s"],
    [{ action: { state: "assisting", seconds: 2, tokens: 9 } }, "AutoThink: working 2 s · 9 tokens"],
    [{ action: { state: "assisting", seconds: 2, reason: "checking, 2 s…" } }, "AutoThink: checking 2 s"],
    [{ assistProblem: "refused" }, "AutoThink: model server for fixes not reachable"],
    [{ assistProblem: "refused", off: "completion is off" }, "AutoThink: model server for fixes not reachable"],
    [{ action: { state: "thinking", seconds: 1 }, off: "paused" }, "thinking 1 s"],
  ])("%o", (change, expected) => {
    expect(text(change)).toBe(expected);
  });

  it("is coloured by how bad it is", () => {
    expect(lineOf({ ...READY, life: { kind: "failed", why: "" } }).severity).toBe("error");
    expect(lineOf({ ...READY, endpoint: { state: "unavailable" } }).severity).toBe("warning");
  });
});

describe("the details", () => {
  it("name what a user asks for", () => {
    const rows = Object.fromEntries(
      details({
        ...READY,
        latenciesMs: [30, 10, 20],
        shown: 4,
        accepted: 1,
        decision: "The model did not think: quick first.",
      }),
    );
    expect(rows).toEqual({
      Model: "qwen",
      Backend: "embedded",
      "Think mode": "auto",
      "Last action": "The model did not think: quick first.",
      Latency: "20 ms (median of 3 suggestions)",
      Accepted: "1 of 4 suggestions",
      Server: "0.1.0 (the PATH)",
    });
  });

  it("tell an engine that windows share", () => {
    const rows = Object.fromEntries(details({ ...READY, endpoint: { ...READY.endpoint, shared: true } as never }));
    expect(rows.Backend).toBe("embedded · shared between windows");
  });

  it("begin with the problem", () => {
    expect(details({ ...READY, endpoint: { state: "unavailable", reason: "refused" } })[0]).toEqual([
      "Problem",
      "refused",
    ]);
    expect(details({ ...READY, life: { kind: "failed", why: "no Python" } })[0]).toEqual(["Problem", "no Python"]);
  });
});

it("remembers why the last action did or did not think", () => {
  const during = withStatus(READY, { state: "thinking", seconds: 1 });
  expect(during.action?.state).toBe("thinking");
  const after = withStatus(during, { state: "assisted", decision: "Thought: the check failed." });
  expect([after.action, after.decision, after.endpoint?.state]).toEqual([
    undefined,
    "Thought: the check failed.",
    "ready",
  ]);
});

it("remembers that the model for fixes cannot be reached, until it is", () => {
  const down = withStatus(READY, { state: "assisted", decision: "x", problem: "Nothing answers." });
  expect(details(down)[0]).toEqual(["Problem", "Nothing answers."]);
  expect(withStatus(down, { state: "assisting", seconds: 0 }).assistProblem).toBe("Nothing answers.");
  expect(withStatus(down, { state: "assisting", seconds: 1, tokens: 3 }).assistProblem).toBeUndefined();
  expect(withStatus(down, { state: "assisted", decision: "y" }).assistProblem).toBeUndefined();
});
