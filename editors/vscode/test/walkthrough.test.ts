import { expect, it } from "vitest";

import { isWalkthrough, Walkthrough } from "../src/walkthrough";

function bench() {
  const values = new Map<string, unknown>();
  const memory = {
    get: <T>(key: string, empty: T) => (values.get(key) as T | undefined) ?? empty,
    update: async (key: string, value: unknown) => void values.set(key, value),
  };
  const set: string[] = [];
  const state = { shown: false };
  const make = () =>
    new Walkthrough(
      memory,
      () => state.shown,
      (key) => set.push(key),
    );
  return { set, state, make };
}

it("sets the keys of steps when the walkthrough is opened, not before", () => {
  const { set, state, make } = bench();
  const walkthrough = make();
  walkthrough.reach("a");
  expect(set).toEqual([]);
  state.shown = true;
  walkthrough.tabsChanged();
  walkthrough.tabsChanged();
  expect(set).toEqual(["a"]);
  walkthrough.reach("b");
  expect(set).toEqual(["a", "b"]);
});

it("remembers steps that were done in another window", () => {
  const { set, state, make } = bench();
  make().reach("a");
  state.shown = true;
  make().tabsChanged();
  expect(set).toEqual(["a"]);
});

it("knows its tab", () => {
  expect(isWalkthrough({ label: "Walkthrough: AutoThink", input: undefined }, "en")).toBe(true);
  expect(isWalkthrough({ label: "Welcome", input: undefined }, "en-GB")).toBe(true);
  expect(isWalkthrough({ label: "Welcome", input: {} }, "en")).toBe(false);
  expect(isWalkthrough({ label: "Settings", input: undefined }, "en")).toBe(false);
  expect(isWalkthrough({ label: "Willkommen", input: undefined }, "de")).toBe(true);
});
