import { describe, expect, it } from "vitest";

import { details, type Known, lineOf, withStatus } from "../src/status/model";

const READY: Known = {
  life: { kind: "running" },
  endpoint: { state: "ready", model: "qwen", backend: "embedded" },
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
    [{ endpoint: undefined }, "AutoThink: idle"],
    [{ life: { kind: "starting" } }, "AutoThink: starting"],
    [{ life: { kind: "missing" } }, "AutoThink: no server"],
    [{ life: { kind: "failed", why: "x" } }, "AutoThink: not running"],
    [
      { life: { kind: "installing", step: "installing the server's packages" } },
      "AutoThink: installing the server's packages",
    ],
    [{ endpoint: { state: "working", reason: "loading model", fraction: 0.43 } }, "AutoThink: loading model 43 %"],
    [{ endpoint: { state: "unavailable", reason: "refused" } }, "AutoThink: no backend"],
    [{ completing: true }, "AutoThink: completing"],
    [{ off: "excluded: .env is a file that holds secrets as a rule" }, "AutoThink: excluded"],
    [{ off: "completion is off for markdown" }, "AutoThink: completion is off for markdown"],
    [{ action: { state: "thinking", seconds: 12.3, tokens: 310 } }, "thinking 12 s · 310 tokens"],
    [{ action: { state: "assisting", seconds: 2 } }, "AutoThink: working 2 s"],
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
      details({ ...READY, latenciesMs: [30, 10, 20], shown: 4, accepted: 1, decision: "Did not think: quick first." }),
    );
    expect(rows).toEqual({
      model: "qwen",
      backend: "embedded",
      thinking: "auto",
      "last decision": "Did not think: quick first.",
      latency: "20 ms (median of the last 3)",
      taken: "1 of 4 shown in this window",
      server: "0.1.0 (the PATH)",
    });
  });

  it("begin with the problem", () => {
    expect(details({ ...READY, endpoint: { state: "unavailable", reason: "refused" } })[0]).toEqual([
      "problem",
      "refused",
    ]);
    expect(details({ ...READY, life: { kind: "failed", why: "no Python" } })[0]).toEqual(["problem", "no Python"]);
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
