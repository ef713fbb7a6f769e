import { describe, expect, it } from "vitest";

import { fileLink, partsOf } from "../src/action-document";

const FOLLOW_UP = "Not what you wanted? Say what to change.";
const FINISHED = [
  "# Fix a",
  "It was [wrong](file:///p/a.py#L3).",
  FOLLOW_UP,
  "**Thinking:** So.",
  "## Attempt 1: with thinking (1.5 s, 7 tokens)",
  "> Hm.",
].join("\n\n");

describe("a finished action", () => {
  it("has its result first, and the rest apart", () => {
    const { main, details } = partsOf(FINISHED, false);
    expect(main).toContain("It was [wrong](autothink-file:///p/a.py#L3).");
    expect(main).toContain(`[${FOLLOW_UP}](command:autothink.changeLastEdit)`);
    expect(main).not.toContain("Attempt");
    expect(details.startsWith("**Thinking:**")).toBe(true);
    expect(details).toContain("> Hm.");
  });

  it("is not cut inside a block of code", () => {
    const text = "# Explain\n\n```md\n## Attempt 1: mine\n```\n\nend\n\n## Attempt 1: quick\n";
    const { main, details } = partsOf(text, false);
    expect(main).toContain("end");
    expect(details).toBe("## Attempt 1: quick\n");
  });
});

it("a running action is shown whole, with ways to end it", () => {
  const { main, details } = partsOf("# AutoThink: fix a\n\n## Thinking\n\n> Hm.\n", true);
  expect(main).toContain("> Hm.");
  expect(main).toContain("[Answer Now](command:autothink.stopThinking)");
  expect(details).toBe("");
});

it.each([
  ["autothink-file:///p/a.py#L36", { uri: "file:///p/a.py", line: 35 }],
  ["autothink-file:///p/a.py#L3-L9", { uri: "file:///p/a.py", line: 2 }],
  ["autothink-file:///p/a.py", { uri: "file:///p/a.py", line: 0 }],
  ["https://example.org/", undefined],
  ["file:///p/a.py", undefined],
])("fileLink(%s)", (href, wanted) => {
  expect(fileLink(href)).toEqual(wanted);
});
