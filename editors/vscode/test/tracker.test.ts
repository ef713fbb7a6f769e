import { beforeEach, describe, expect, it } from "vitest";

import { type Change, type Feedback, SuggestionTracker } from "../src/feedback/tracker";

const URI = "file:///a.py";
let told: string[] = [];
let nowMs = 0;
let tracker: SuggestionTracker;

beforeEach(() => {
  told = [];
  nowMs = 0;
  tracker = new SuggestionTracker(
    (feedback: Feedback) => told.push(`${feedback.id} ${feedback.event}`),
    () => nowMs,
  );
});

const offer = (id: number, offset: number, text: string) =>
  tracker.offered({ uri: URI, offset, items: [{ id, text }] });
const change = (offset: number, text: string, removed = 0, undo = false) =>
  tracker.changed(URI, [{ offset, removed, text } satisfies Change], undo);

describe("what becomes of a suggestion", () => {
  it("is shown once, however often it is asked for again while it is typed along", () => {
    offer(1, 10, "return a");
    change(10, "r");
    offer(2, 11, "eturn a");
    change(11, "e");
    offer(3, 12, "turn a");
    expect(told).toEqual(["1 shown"]);
  });

  it("is taken by its command, under the number it was taken with", () => {
    offer(1, 10, "return a");
    change(10, "return a");
    tracker.took(1);
    expect(told).toEqual(["1 shown", "1 accepted"]);
  });

  it("is taken under another number than it was shown with, and undone under that", () => {
    offer(1, 10, "return a");
    change(10, "r");
    offer(2, 11, "eturn a");
    change(11, "eturn a");
    tracker.took(2);
    change(11, "", 7, true);
    expect(told).toEqual(["1 shown", "2 accepted", "2 undone"]);
  });

  it("does not come back by itself for a minute after it was undone", () => {
    offer(1, 10, "return a");
    change(10, "r");
    offer(2, 11, "eturn a");
    change(11, "eturn a");
    tracker.took(2);
    change(11, "", 7, true);
    expect(tracker.wasRejected(URI, 11, "eturn a")).toBe(true);
    expect(tracker.wasRejected(URI, 11, "aise")).toBe(false);
    expect(tracker.wasRejected(URI, 10, "eturn a")).toBe(false);
    nowMs = 60_001;
    expect(tracker.wasRejected(URI, 11, "eturn a")).toBe(false);
  });

  it("does not come back by itself after Escape, until something is typed", () => {
    offer(1, 10, "return a");
    change(10, "r");
    tracker.dismiss();
    expect(tracker.wasRejected(URI, 11, "eturn a")).toBe(true);
    change(11, "x");
    expect(tracker.wasRejected(URI, 11, "eturn a")).toBe(false);
    expect(told).toEqual(["1 shown", "1 dismissed"]);
  });

  it("is typed along with brackets and quotes that the editor closes", () => {
    offer(1, 10, "(a, b)");
    change(10, "()");
    offer(2, 11, "a, b)");
    change(11, "a");
    tracker.took(2);
    expect(told).toEqual(["1 shown", "2 accepted"]);
  });

  it("is the other one that was cycled to and taken in part", () => {
    tracker.offered({ uri: URI, offset: 10, items: [{ id: 1, text: "return a" }] });
    tracker.offered({
      uri: URI,
      offset: 10,
      items: [
        { id: 2, text: "return a" },
        { id: 3, text: "yield a" },
      ],
    });
    change(10, "yield");
    tracker.dismiss();
    expect(told).toEqual(["1 shown", "1 partly"]);
  });

  it("moves with what is inserted above it", () => {
    offer(1, 10, "return a");
    tracker.changed(URI, [{ offset: 0, removed: 0, text: "import os\n" }], false);
    tracker.moved(URI, 20);
    change(20, "r");
    tracker.dismiss();
    expect(told).toEqual(["1 shown", "1 dismissed"]);
  });

  it("is taken whole after a part of it, which counts once", () => {
    offer(1, 10, "return a + b");
    change(10, "return");
    change(16, " a + b");
    tracker.took(1);
    expect(told).toEqual(["1 shown", "1 accepted"]);
  });

  it("is taken in part, told once, and is no dismissal then", () => {
    offer(1, 10, "return a + b");
    change(10, "return");
    change(16, " a");
    tracker.dismiss();
    expect(told).toEqual(["1 shown", "1 partly"]);
  });

  it("is dismissed by Escape and by another word", () => {
    offer(1, 10, "return a");
    tracker.dismiss();
    offer(2, 10, "return a");
    change(10, "x");
    expect(told).toEqual(["1 shown", "1 dismissed", "2 shown", "2 dismissed"]);
  });

  it("is not dismissed by a cursor that goes elsewhere or to another editor, and what was taken counts", () => {
    offer(1, 10, "return a");
    tracker.moved(URI, 3);
    offer(2, 10, "return a");
    tracker.moved("file:///b.py", 10);
    offer(3, 10, "return a");
    change(10, "return");
    tracker.moved(URI, 3);
    expect(told).toEqual(["1 shown", "2 shown", "3 shown", "3 partly"]);
  });

  it("is not dismissed by having been typed out", () => {
    offer(1, 10, "ab");
    change(10, "a");
    change(11, "b");
    tracker.moved(URI, 12);
    tracker.dismiss();
    expect(told).toEqual(["1 shown"]);
  });

  it("is undone within half a minute, and not after", () => {
    offer(1, 10, "return a");
    change(10, "return a");
    tracker.took(1);
    nowMs = 29_000;
    change(10, "", 8, true);
    offer(2, 10, "return a");
    change(10, "return a");
    tracker.took(2);
    nowMs = 60_000;
    change(10, "", 8, true);
    expect(told).toEqual(["1 shown", "1 accepted", "1 undone", "2 shown", "2 accepted"]);
  });

  it("says nothing about other documents", () => {
    offer(1, 10, "return a");
    tracker.changed("file:///b.py", [{ offset: 10, removed: 0, text: "x" }], false);
    expect(told).toEqual(["1 shown"]);
  });
});
