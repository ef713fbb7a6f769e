import { expect, it } from "vitest";

import { messageOf } from "../src/action-message";

it("has a way to end thinking, and only then", () => {
  expect(messageOf("fix a.py", "thinking 3 s · 40 tokens")).toBe(
    "fix a.py — thinking 3 s · 40 tokens · [Answer Now](command:autothink.stopThinking)",
  );
  expect(messageOf("fix a.py", "checking…")).toBe("fix a.py — checking…");
  expect(messageOf("fix a.py", "")).toBe("fix a.py");
});

it("makes no link of what a model says", () => {
  const shown = messageOf("fix a.py", "thinking: [click](command:workbench.action.terminal.new)");
  expect(shown.match(/\[[^\]]*\]\(command:/g)).toEqual(["[Answer Now](command:"]);
});
