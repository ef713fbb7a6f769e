import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { TypingPause } from "../src/typing-pause";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("does not wait where nothing is typed", async () => {
  await new TypingPause().wait(async () => {});
});

it("waits until nothing was typed for a moment", async () => {
  const pause = new TypingPause();
  let over = false;
  pause.typed();
  const waited = pause
    .wait(async () => {})
    .then(() => {
      over = true;
    });
  for (let key = 0; key < 20; key++) {
    await vi.advanceTimersByTimeAsync(200);
    expect(over).toBe(false);
    pause.typed();
  }
  await vi.advanceTimersByTimeAsync(1_000);
  await waited;
  expect(over).toBe(true);
});

it("hears what was typed before the window answered", async () => {
  const pause = new TypingPause();
  let asked = 0;
  const waited = pause.wait(async () => {
    if (++asked === 1) {
      pause.typed();
    }
  });
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  await waited;
  expect(asked).toBe(2);
});
