// What the status bar says. Pure: from what is known to a line, a tooltip and a severity.

/** `autothink/status`, as the server sends it. Fields that a state does not need are missing. */
export interface ServerStatus {
  readonly state: "ready" | "working" | "unavailable" | "thinking" | "assisting" | "assisted" | string;
  readonly reason?: string;
  readonly fraction?: number | null;
  readonly model?: string;
  readonly backend?: string;
  readonly url?: string;
  readonly shared?: boolean;
  readonly seconds?: number;
  readonly tokens?: number;
  readonly decision?: string;
  readonly warning?: string; // that most suggestions come too late or a limit is reached
  readonly problem?: string; // of "assisted": why the model for actions could not be asked; else what is missing
  readonly document?: string;
}

/** A problem of "unavailable": the model's file is not there, so no server was started. */
const NO_MODEL = "no model";

/** What became of the server's process. */
export type Life =
  | { readonly kind: "starting" }
  | { readonly kind: "running" }
  | { readonly kind: "installing"; readonly step: string }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly why: string };

export interface Known {
  readonly life: Life;
  readonly endpoint?: ServerStatus; // ready, working or unavailable: of the completion model
  readonly action?: ServerStatus; // thinking or assisting, while an action runs
  readonly assistProblem?: string; // why the model for actions does not answer
  readonly assistModel?: string; // as the settings name it, where it is another one
  readonly decision?: string; // why the last action did or did not think
  readonly downloading: boolean; // a model, which can be cancelled
  readonly completing: boolean;
  readonly off: string; // why nothing comes in the active document, or empty
  readonly thinkMode: string;
  readonly latenciesMs: readonly number[]; // of the last answers with a suggestion
  readonly shown: number;
  readonly accepted: number;
  readonly server: string; // version and place
}

export type Severity = "normal" | "busy" | "warning" | "error";

export interface Line {
  readonly text: string; // with VS Code's $(icon) notation
  readonly severity: Severity;
}

/** The status bar's line; the most urgent thing that is known. */
export function lineOf(known: Known): Line {
  const life = known.life;
  switch (life.kind) {
    case "starting":
      return { text: "$(loading~spin) AutoThink: starting…", severity: "busy" };
    case "installing":
      return { text: `$(loading~spin) AutoThink: ${life.step}`, severity: "busy" };
    case "missing":
      return { text: "$(warning) AutoThink: server not installed", severity: "warning" };
    case "failed":
      return { text: "$(error) AutoThink: server stopped", severity: "error" };
    case "running":
      return runningLine(known);
  }
}

function runningLine(known: Known): Line {
  const { action, endpoint } = known;
  if (action?.state === "thinking") {
    return { text: `$(lightbulb-sparkle) ${timed("thinking", action)}`, severity: "busy" };
  }
  if (action !== undefined) {
    const isChecking = /^checking\b/.test(action.reason ?? "");
    const words = isChecking ? "checking" : action.tokens ? "working" : "reading the code…";
    return { text: `$(loading~spin) ${timed(`AutoThink: ${words}`, action)}`, severity: "busy" };
  }
  // What is off for completion says nothing of a fix that cannot be answered.
  if (known.off && !known.assistProblem) {
    // Why a file is excluded is long; the tooltip says it.
    const short = known.off.replace(/^excluded:.*$/s, "excluded");
    return { text: `$(circle-slash) AutoThink: ${short}`, severity: "normal" };
  }
  if (endpoint?.state === "unavailable") {
    const words = endpoint.problem === NO_MODEL ? "no model" : "model server not reachable";
    return { text: `$(warning) AutoThink: ${words}`, severity: "warning" };
  }
  if (endpoint?.state === "working") {
    return { text: `$(loading~spin) AutoThink: ${loading(endpoint)}`, severity: "busy" };
  }
  if (known.assistProblem) {
    return { text: "$(warning) AutoThink: model server for fixes not reachable", severity: "warning" };
  }
  if (endpoint?.state === "ready" && endpoint.warning) {
    const words = /requests a minute/.test(endpoint.warning) ? "request limit reached" : "model is slow";
    return { text: `$(watch) AutoThink: ${words}`, severity: "normal" };
  }
  if (known.completing) {
    return { text: "$(loading~spin) AutoThink: completing", severity: "busy" };
  }
  return {
    text: endpoint?.state === "ready" ? "$(sparkle) AutoThink" : "$(sparkle) AutoThink (model not loaded)",
    severity: "normal",
  };
}

/** "thinking 12 s · 310 tokens"; without the seconds in the first one. */
function timed(words: string, action: ServerStatus): string {
  const seconds = Math.round(action.seconds ?? 0) === 0 ? "" : ` ${Math.round(action.seconds ?? 0)} s`;
  return `${words}${seconds}${action.tokens ? ` · ${count(action.tokens, "token")}` : ""}`;
}

/** "downloading model 54%": the tooltip has the model's name and the megabytes. */
function loading(endpoint: ServerStatus): string {
  const words = /^(downloading|loading|verifying)\b/.exec(endpoint.reason ?? "")?.[1];
  const text = words === undefined ? endpoint.reason || "loading model" : `${words} model`;
  return typeof endpoint.fraction === "number" ? `${text} ${Math.round(100 * endpoint.fraction)}%` : text;
}

/** One `name: value` for each thing worth knowing, in the order in which a user asks for them. */
export function details(known: Known): readonly (readonly [string, string])[] {
  const { endpoint, life } = known;
  const rows: [string, string][] = [];
  const add = (name: string, value: string | undefined) => {
    if (value) {
      rows.push([name, value]);
    }
  };
  if (life.kind === "failed") {
    add("Problem", life.why);
  }
  if (endpoint?.state === "unavailable") {
    add("Problem", endpoint.reason);
  }
  add("Problem", known.assistProblem);
  add("Warning", endpoint?.warning);
  if (endpoint?.state === "working") {
    add("Progress", known.downloading ? `${endpoint.reason} (click to cancel)` : endpoint.reason);
  }
  add("Suggestions", known.off);
  add("Model", endpoint?.model || undefined);
  add("Model for fixes", known.assistModel);
  add(
    "Backend",
    [endpoint?.backend, endpoint?.url, endpoint?.shared && "shared between windows"].filter(Boolean).join(" · "),
  );
  add("Think mode", known.thinkMode);
  add("Last action", known.decision);
  add("Latency", latency(known.latenciesMs));
  add("Accepted", known.shown > 0 ? `${known.accepted} of ${count(known.shown, "suggestion")}` : undefined);
  add("Server", known.server);
  return rows;
}

function latency(latenciesMs: readonly number[]): string | undefined {
  const sorted = [...latenciesMs].sort((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined
    ? undefined
    : `${Math.round(middle)} ms (median of ${count(sorted.length, "suggestion")})`;
}

/** "1 token", "2 tokens". */
function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** What a message of the server changes. */
export function withStatus(known: Known, status: ServerStatus): Known {
  switch (status.state) {
    case "thinking":
    case "assisting":
      // What generates can be reached.
      return { ...known, action: status, assistProblem: status.tokens ? undefined : known.assistProblem };
    case "assisted":
      return {
        ...known,
        action: undefined,
        decision: status.decision || known.decision,
        assistProblem: status.problem || (status.decision ? undefined : known.assistProblem),
      };
    default:
      return { ...known, endpoint: status };
  }
}
