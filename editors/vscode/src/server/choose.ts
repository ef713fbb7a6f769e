// Which of the servers that may be there is started. Pure: what they answered is handed in.

import { lastLine, type Ran } from "./ask";

/** A way to start the server, without "serve". */
export interface Place {
  readonly command: readonly string[];
  readonly source: string; // where it comes from, for the status bar and the log
  /** The setting that names it, where one does: if it does not work, no other place is tried. */
  readonly setting?: string;
  /** What that setting says. */
  readonly value?: string;
}

/** What a place answered to `--version`. */
export type Answer =
  | { readonly kind: "version"; readonly version: string }
  | { readonly kind: "absent" } // nothing of ours there
  | { readonly kind: "broken"; readonly problem: string };

export type Choice =
  | { readonly kind: "found"; readonly place: Place; readonly version: string; readonly note: string }
  | { readonly kind: "wrong setting"; readonly place: Place; readonly problem: string }
  | { readonly kind: "missing"; readonly notes: readonly string[] };

/**
 * Take the first place that works, in their order. One that the user has set is used or complained about, never passed
 * over. `ours` is the version that the extension was made with.
 */
export async function choose(
  places: readonly Place[],
  ask: (place: Place) => Promise<Answer>,
  ours: string,
): Promise<Choice> {
  const notes: string[] = [];
  for (const place of places) {
    const answer = await ask(place);
    if (answer.kind === "version") {
      return {
        kind: "found",
        place,
        version: answer.version,
        note: [...notes, mismatch(answer.version, ours)].join(" ").trim(),
      };
    }
    const problem = answer.kind === "broken" ? answer.problem : "autothink-lsp is not installed there";
    if (place.setting !== undefined) {
      return { kind: "wrong setting", place, problem };
    }
    if (answer.kind === "broken") {
      notes.push(`${place.command.join(" ")} (${place.source}) was skipped: ${problem}.`);
    }
  }
  return { kind: "missing", notes };
}

/** What the user reads when a setting names something that does not work. */
export function wrongSetting(place: Place, problem: string): string {
  return (
    `AutoThink: ${place.setting ?? place.source} is "${place.value ?? place.command.join(" ")}", but ${problem}. ` +
    "Correct the setting, or clear it to find the server automatically."
  );
}

/** Read what `--version` printed: "autothink-lsp 0.1.0". */
export function versionIn(output: string): string | undefined {
  return /^autothink-lsp (\d+\.\d+\S*)\s*$/m.exec(output)?.[1];
}

/** A sentence where server and extension are of different versions, which may not know each other's messages. */
function mismatch(version: string, ours: string): string {
  const series = (text: string) => text.split(".").slice(0, 2).join(".");
  return series(version) === series(ours)
    ? ""
    : `The server is version ${version}, this extension was made for ${ours}.`;
}

/** The server as a module of an interpreter; without `-P` Python would take modules from the folder that is open. */
export function moduleOf(python: string): string[] {
  return [python, "-P", "-m", "autothink_lsp"];
}

/** What a run of `--version` says of a place. */
export function answerOf(ran: Ran): Answer {
  const version = ran.status === 0 ? versionIn(ran.output) : undefined;
  if (version !== undefined) {
    return { kind: "version", version };
  }
  if (/No module named '?autothink_lsp'?\b/.test(ran.errors)) {
    return { kind: "absent" };
  }
  if (/^unknown option:? -?-?P\b/im.test(ran.errors)) {
    return { kind: "broken", problem: "its Python is older than 3.11" };
  }
  if (ran.failure) {
    return { kind: "broken", problem: ran.failure };
  }
  const output = lastLine(ran.errors) || lastLine(ran.output);
  const words = ran.status === 0 ? "it is not autothink-lsp" : `it ended with status ${ran.status}`;
  return { kind: "broken", problem: output ? `${words} and said: ${output.slice(0, 200)}` : words };
}
