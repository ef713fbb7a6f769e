import { expect, test } from "vitest";

import { type CursorPlace, LateAnswers } from "../src/late-answers";

const PLACE: CursorPlace = { uri: "file:///a.py", version: 3, line: 1, character: 4 };
const ANSWER = { uri: "file:///a.py", version: 3, position: { line: 1, character: 4 } };

function made(change: { cursor?: CursorPlace | undefined; visible?: boolean } = {}) {
  let triggered = 0;
  const cursor = "cursor" in change ? change.cursor : PLACE;
  const late = new LateAnswers(
    () => cursor,
    () => change.visible ?? false,
    () => triggered++,
  );
  return { late, count: () => triggered };
}

test("asks again where the cursor still is", () => {
  const { late, count } = made();
  late.came(ANSWER);
  expect(count()).toBe(1);
  expect(late.isOwnRequest(PLACE)).toBe(true);
  expect(late.isOwnRequest(PLACE)).toBe(false);
});

test.each([
  ["no editor", undefined],
  ["another document", { ...PLACE, uri: "file:///b.py" }],
  ["something was typed", { ...PLACE, version: 4 }],
  ["another line", { ...PLACE, line: 2 }],
  ["another column", { ...PLACE, character: 0 }],
])("does not ask: %s", (_, cursor) => {
  const { late, count } = made({ cursor });
  late.came(ANSWER);
  expect(count()).toBe(0);
});

test("does not ask after Escape, nor over a suggestion", () => {
  const one = made();
  one.late.dismiss();
  one.late.came(ANSWER);
  const other = made({ visible: true });
  other.late.came(ANSWER);
  expect([one.count(), other.count()]).toEqual([0, 0]);
});

test("a request elsewhere is the user's", () => {
  const { late } = made();
  late.came(ANSWER);
  expect(late.isOwnRequest({ ...PLACE, character: 5 })).toBe(false);
});
