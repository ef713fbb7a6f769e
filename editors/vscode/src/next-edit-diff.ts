// How a next edit is drawn with decorations: what is struck out, and what is written behind which text. Pure; places are
// lines and UTF-16 units, from 0.

export interface Place {
  readonly line: number;
  readonly character: number;
}

export interface Drawing {
  readonly removed: readonly { readonly start: Place; readonly end: Place }[];
  readonly added: readonly { readonly at: Place; readonly text: string }[];
  /** The whole change as a diff, for the hover. */
  readonly diff: string;
}

const LONGEST = 120;
const LINE_BREAK = /\r\n|\n|\r/;

/** `before` is the text at the edit's range, `after` what replaces it; `lineLength` gives the length of a line. */
export function drawingOf(start: Place, before: string, after: string, lineLength: (line: number) => number): Drawing {
  const old = before.split(LINE_BREAK);
  const fresh = after.split(LINE_BREAK);
  if (old.length === 1 && fresh.length === 1) {
    return inLine(start, before, after);
  }
  const wholeOld = withoutLast(old);
  const wholeNew = withoutLast(fresh);
  const diff = [...wholeOld.map((line) => `-${line}`), ...wholeNew.map((line) => `+${line}`)].join("\n");
  const removed = wholeOld.map((line, index) => {
    const character = index === 0 ? start.character : 0;
    const at = start.line + index;
    return { start: { line: at, character }, end: { line: at, character: character + line.length } };
  });
  const first = wholeOld.length > 0 || start.character > 0 || start.line === 0 ? start.line : start.line - 1;
  const last = Math.max(0, wholeOld.length - 1);
  const byLine: string[][] = [];
  for (const [index, line] of wholeNew.entries()) {
    const at = Math.min(index, last);
    byLine[at] = [...(byLine[at] ?? []), line];
  }
  const added = byLine.flatMap((lines, index) => {
    const line = first + index;
    return lines.length === 0 ? [] : [{ at: { line, character: lineLength(line) }, text: shortened(lines) }];
  });
  return { removed: removed.filter((one) => one.end.character > one.start.character), added, diff };
}

/** What two versions of a part of a line do not share. */
function inLine(start: Place, before: string, after: string): Drawing {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) {
    head++;
  }
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) {
    tail++;
  }
  // Half of a character outside of the basic plane is none.
  head -= head > 0 && isHigh(before.charCodeAt(head - 1)) ? 1 : 0;
  tail -= tail > 0 && isLow(before.charCodeAt(before.length - tail)) ? 1 : 0;
  const from = { line: start.line, character: start.character + head };
  const to = { line: start.line, character: start.character + before.length - tail };
  const text = after.slice(head, after.length - tail);
  return {
    removed: to.character > from.character ? [{ start: from, end: to }] : [],
    added: text ? [{ at: to, text }] : [],
    diff: `-${before}\n+${after}`,
  };
}

/** Lines without the empty one behind a final line break. */
function withoutLast(lines: readonly string[]): readonly string[] {
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function shortened(lines: readonly string[]): string {
  const text = lines.map((line) => line.trim()).join(" ⏎ ");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
