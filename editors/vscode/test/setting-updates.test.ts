import { describe, expect, it } from "vitest";

import { updatesFor } from "../src/setting-updates";
import type { Inspected, ServerSetting } from "../src/settings";

const SETTINGS: ServerSetting[] = [
  { name: "embedded.model", keys: ["embedded.model"], restricted: false },
  { name: "embedded.model_path", keys: ["embedded.modelPath", "embedded.model_path"], restricted: true },
  { name: "completion.backend", keys: ["completion.backend"], restricted: true },
];
const CHOICE = [
  ["embedded.model", "small"],
  ["embedded.modelPath", undefined],
  ["completion.backend", "embedded"],
] as const;

function updates(held: Record<string, Inspected>, trusted = true) {
  return updatesFor(CHOICE, SETTINGS, (key) => held[key], trusted).map(
    ({ key, scope, value }) => `${scope}: ${key} = ${value}`,
  );
}

describe("where a chosen model is written", () => {
  it("goes to the user's settings where none is set", () => {
    expect(updates({})).toEqual(["user: embedded.model = small", "user: completion.backend = embedded"]);
  });

  it("goes to the scope that counts, and leaves the others", () => {
    const held = {
      "embedded.model": { globalValue: "a", workspaceValue: "b" },
      "completion.backend": { globalValue: "openai", workspaceValue: "ollama", workspaceFolderValue: "vllm" },
    };
    expect(updates(held)).toEqual(["workspace: embedded.model = small", "folder: completion.backend = embedded"]);
  });

  it("removes a path in every scope and spelling", () => {
    const held = {
      "embedded.modelPath": { globalValue: "/a", workspaceFolderValue: "/b" },
      "embedded.model_path": { workspaceValue: "/c" },
    };
    expect(updates(held)).toEqual([
      "user: embedded.model = small",
      "folder: embedded.modelPath = undefined",
      "workspace: embedded.model_path = undefined",
      "user: embedded.modelPath = undefined",
      "user: completion.backend = embedded",
    ]);
  });

  it("leaves what does not count of a folder that is not trusted", () => {
    const held = {
      "embedded.model": { workspaceValue: "b" },
      "embedded.modelPath": { workspaceValue: "/c" },
      "completion.backend": { workspaceValue: "vllm" },
    };
    expect(updates(held, false)).toEqual(["workspace: embedded.model = small", "user: completion.backend = embedded"]);
  });
});
