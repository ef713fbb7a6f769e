import { describe, expect, it } from "vitest";

import { problemsNear } from "../src/nearest-problems";

function problem(name: string, severity: number, from: [number, number], to: [number, number]) {
  const [start, end] = [from, to].map(([line, character]) => ({ line, character }));
  return { name, severity, range: { start: start ?? never(), end: end ?? never() } };
}

function never(): never {
  throw new Error();
}

const AROUND = problem("around", 1, [0, 0], [9, 0]); // a warning about a whole function
const AT = problem("at", 0, [2, 8], [2, 16]);
const WIDER = problem("wider", 0, [2, 4], [2, 20]);
const HINT = problem("hint", 3, [2, 8], [2, 16]);
const ELSEWHERE = problem("elsewhere", 0, [5, 0], [5, 4]);
const LAST = problem("last", 0, [12, 0], [12, 4]);

describe("the problems that a fix at the cursor means", () => {
  it.each([
    ["the error before the warning around it", [AROUND, AT], [2, 10], ["at", "around"]],
    ["no error elsewhere in the function", [AROUND, AT, ELSEWHERE], [2, 10], ["at", "around"]],
    ["the smallest of equal ones", [WIDER, AT], [2, 10], ["at", "wider"]],
    ["what is around the cursor where nothing else is", [AROUND, AT], [7, 0], ["around"]],
    ["those on the line", [AT, ELSEWHERE], [2, 0], ["at"]],
    ["the next one below", [AT, ELSEWHERE, LAST], [3, 0], ["elsewhere"]],
    ["the first one where none is below", [AT, ELSEWHERE], [8, 0], ["at"]],
    ["no hints beside others", [HINT, LAST], [2, 10], ["last"]],
    ["hints where there is nothing else", [HINT], [2, 10], ["hint"]],
    ["none", [], [2, 10], []],
  ] as const)("%s", (_, all, [line, character], names) => {
    expect(problemsNear([...all], { line, character }).map((one) => one.name)).toEqual(names);
  });
});
