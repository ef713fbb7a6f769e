// Which problems "Explain and Fix" means at the cursor. Pure.

export interface Place {
  readonly line: number;
  readonly character: number;
}

export interface Problem {
  readonly range: { readonly start: Place; readonly end: Place };
  readonly severity: number; // VS Code's: 0 is an error, 3 a hint
}

const HINT = 3;

/**
 * The problems at the cursor, else on its line, the most urgent one first; else the next one below, else the first one.
 * Hints only where there is nothing else.
 */
export function problemsNear<P extends Problem>(all: readonly P[], at: Place): P[] {
  const serious = all.filter((one) => one.severity < HINT);
  const sorted = [...(serious.length > 0 ? serious : all)].sort((one, other) =>
    compare(one.range.start, other.range.start),
  );
  const atCursor = sorted.filter(({ range }) => compare(range.start, at) <= 0 && compare(at, range.end) <= 0);
  const found = atCursor.length > 0 ? atCursor : sorted.filter(({ range }) => range.start.line === at.line);
  if (found.length > 0) {
    return found.sort(moreUrgent);
  }
  const next = sorted.find(({ range }) => range.start.line > at.line) ?? sorted[0];
  return next === undefined ? [] : [next];
}

/** Errors first, then the problem with the smallest piece of code. */
function moreUrgent(one: Problem, other: Problem): number {
  return (
    one.severity - other.severity ||
    linesOf(one) - linesOf(other) ||
    one.range.end.character - one.range.start.character - (other.range.end.character - other.range.start.character)
  );
}

function linesOf({ range }: Problem): number {
  return range.end.line - range.start.line;
}

function compare(one: Place, other: Place): number {
  return one.line - other.line || one.character - other.character;
}
