import { expect, test } from "vitest";

import { type CursorPlace, LateAnswers } from "../src/late-answers";

const PLACE: CursorPlace = { uri: "file:///a.py", version: 3, line: 1, character: 4 };
const ANSWER = { uri: "file:///a.py", version: 3, position: { line: 1, character: 4 } };

function made(change: { cursor?: CursorPlace | undefined; visible?: boolean } = {}) {
  let triggered = 0;
  let cursor = "cursor" in change ? change.cursor : PLACE;
  const late = new LateAnswers(
    () => cursor,
    () => change.visible ?? false,
    () => triggered++,
  );
  const moveTo = (place: CursorPlace | undefined) => {
    cursor = place;
    late.moved();
  };
  return { late, count: () => triggered, moveTo };
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

test("asks for what was typed before the server has started", () => {
  const { late, count, moveTo } = made();
  late.typed(PLACE);
  moveTo(PLACE);
  late.started(true);
  expect(count()).toBe(1);
  expect(late.isOwnRequest(PLACE)).toBe(true);
  late.started(true); // once
  expect(count()).toBe(1);
});

test("asks where the selection's event has not come yet", () => {
  const { late, count } = made();
  late.typed(PLACE);
  late.started(true);
  expect(count()).toBe(1);
});

test.each<[string, (one: ReturnType<typeof made>) => void]>([
  ["nothing was typed", () => {}],
  ["it was answered", ({ late }) => late.answered(PLACE)],
  ["the cursor has moved", ({ moveTo }) => moveTo({ ...PLACE, character: 0 })],
  ["the cursor has moved away and back", ({ moveTo }) => [{ ...PLACE, line: 0 }, PLACE].forEach(moveTo)],
  ["another editor is active", ({ moveTo }) => moveTo({ ...PLACE, uri: "file:///b.py" })],
  ["no editor is active", ({ moveTo }) => moveTo(undefined)],
  ["Escape was pressed", ({ late }) => late.dismiss()],
])("does not ask when the server has started: %s", (what, change) => {
  const one = made();
  if (what !== "nothing was typed") {
    one.late.typed(PLACE);
    one.moveTo(PLACE);
  }
  change(one);
  one.late.started(true);
  expect(one.count()).toBe(0);
});

test("does not ask where suggestions appear by hand only", () => {
  const { late, count, moveTo } = made();
  late.typed(PLACE);
  moveTo(PLACE);
  late.started(false);
  expect(count()).toBe(0);
});

test("an answer for an older text does not count for what was typed since", () => {
  const { late, count } = made();
  late.typed(PLACE);
  late.answered({ ...PLACE, version: PLACE.version - 1 });
  late.started(true);
  expect(count()).toBe(1);
});
