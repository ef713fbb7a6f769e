// Where the parts of an action's document begin and end. Pure.

export interface Fold {
  readonly first: number; // line of the heading, from 0
  readonly last: number;
  readonly aside: boolean; // judge and thinking: folded until the user opens them
}

const HEADING = /^(#{1,6}) (.*)/;
const ASIDE = /^(Thinking|Judge)\b/;

/** One fold for each heading with something below it, up to the next heading of its level or a higher one. */
export function foldsOf(text: string): Fold[] {
  const lines = text.split(/\r?\n/);
  const headings = lines.flatMap((line, first) => {
    const found = HEADING.exec(line);
    return found === null ? [] : [{ first, level: found[1]?.length ?? 1, title: found[2] ?? "" }];
  });
  return headings.flatMap(({ first, level, title }, index) => {
    const next = headings.slice(index + 1).find((other) => other.level <= level);
    let last = (next?.first ?? lines.length) - 1;
    while (last > first && lines[last]?.trim() === "") {
      last--;
    }
    return last > first ? [{ first, last, aside: ASIDE.test(title) }] : [];
  });
}
