// From the text of an action's document, as the server writes it, to what is rendered. Pure.

import { COMMAND } from "./names";

export interface ActionParts {
  readonly main: string; // Markdown
  readonly details: string; // Markdown: why it thought, the attempts and their checks; empty while the action runs
}

/** Links to files: Markdown renderers refuse `file:`. */
export const FILE_LINK = "autothink-file:";

// As the server writes them (`action_display.py`).
const FOLLOW_UP_LINE = "Not what you wanted? Say what to change.";
const DETAILS = /^(\*\*(Thinking|What the model saw besides this file):\*\* |## Attempt \d|### Decision )/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** The result first; what led to it apart, so that it can be folded. */
export function partsOf(text: string, running: boolean): ActionParts {
  const lines = text.split(/\r?\n/);
  const first = running ? -1 : firstOutsideOfCode(lines, DETAILS);
  const end = first < 0 ? lines.length : first;
  const follow = lines.slice(0, end).map((line) => (line === FOLLOW_UP_LINE ? link(line, COMMAND.changeLast) : line));
  const buttons = running
    ? ["", `${link("Answer Now", COMMAND.stopThinking)} · ${link("Cancel", COMMAND.giveUp)}`]
    : [];
  return {
    main: withFileLinks([...follow, ...buttons].join("\n")),
    details: withFileLinks(lines.slice(end).join("\n")),
  };
}

/** A link of a rendered document: where it leads, and the line, from 0. */
export function fileLink(href: string): { readonly uri: string; readonly line: number } | undefined {
  if (!href.startsWith(FILE_LINK)) {
    return undefined;
  }
  const [path = "", fragment = ""] = href.slice(FILE_LINK.length).split("#", 2);
  const line = /^L(\d+)/.exec(fragment)?.[1];
  return { uri: `file:${path}`, line: line === undefined ? 0 : Math.max(0, Number(line) - 1) };
}

function link(text: string, command: string): string {
  return `[${text}](command:${command})`;
}

function withFileLinks(text: string): string {
  return text.replace(/\]\(file:/g, `](${FILE_LINK}`);
}

/** The first line that matches and does not stand in a block of code; -1 where there is none. */
function firstOutsideOfCode(lines: readonly string[], wanted: RegExp): number {
  let fence = "";
  for (const [index, line] of lines.entries()) {
    const mark = FENCE.exec(line)?.[1] ?? "";
    if (fence) {
      fence = mark.startsWith(fence) ? "" : fence;
    } else if (mark) {
      fence = mark;
    } else if (wanted.test(line)) {
      return index;
    }
  }
  return -1;
}
