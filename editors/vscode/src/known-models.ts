// The models of the built-in engine and of the configured servers, and the lines of the model picker. Pure.

export type Role = "completion" | "assist" | "next edit";

/** A row of the answer to `autothink/models`. */
export interface KnownModel {
  readonly name: string;
  readonly server?: string | null; // the URL of the server that serves it; none for the built-in engine
  readonly licence: string; // empty where none is known
  readonly sizeBytes: number; // 0 where it is not known
  readonly installed: boolean;
  readonly fits: boolean | null;
  readonly tokensPerSecond: number | null;
  readonly isSpeedMeasured: boolean;
  readonly roles: readonly string[] | null;
  readonly thinks: boolean | null;
  readonly evidence: string;
  readonly recommendedFor: readonly string[];
  readonly usedFor: readonly string[];
  /** Of a server: the backend to set with the model, for roles that use the built-in engine now. */
  readonly backTo?: Readonly<Record<string, string>>;
  readonly contextUsedTokens?: number | null; // of the latest prompt, of the model that completes
  readonly contextTokens?: number | null;
}

export interface ModelLine {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  readonly model: KnownModel;
  readonly role: Role;
}

/** The models that can have a role: those in use first, then those that are recommended, then served and installed
 *  ones. A model for next edits is one that is known as such. */
export function linesFor(role: Role, models: readonly KnownModel[]): ModelLine[] {
  const usable = models.filter((model) => (model.roles === null ? role !== "next edit" : model.roles.includes(role)));
  const rank = (model: KnownModel) =>
    model.usedFor.includes(role) ? 0 : model.recommendedFor.includes(role) ? 1 : model.installed ? 2 : 3;
  return [...usable]
    .sort((one, other) => rank(one) - rank(other))
    .map((model) => ({
      label: `${model.server ? "$(server)" : model.installed ? "$(check)" : "$(cloud-download)"} ${model.name}`,
      description: marks(role, model).join(" · "),
      detail: facts(model).join(" · "),
      model,
      role,
    }));
}

/** "2497 MB", or that the size is not known. */
export function sizeOf(model: KnownModel): string {
  return model.sizeBytes > 0 ? `${Math.round(model.sizeBytes / 1e6)} MB` : "size unknown";
}

const EMBEDDED: Record<Role, string> = {
  completion: "embedded.model",
  assist: "embedded.assistModel",
  "next edit": "embedded.nextEditModel",
};

/**
 * The settings that make a model the one for a role, as [name, value], in the order in which they are set. The server reads
 * them after each: the name comes first, so that no backend begins with another model, or warns that it has none. A path
 * to a file, which would be used instead of the name, is removed (`undefined`).
 */
export function settingsFor(role: Role, model: KnownModel): readonly (readonly [string, string | undefined])[] {
  const { name } = model;
  const section = role === "next edit" ? "nextEdit" : role;
  if (model.server) {
    const backend = model.backTo?.[role];
    const chosen = [`${section}.model`, name] as const;
    return backend === undefined ? [chosen] : [chosen, [`${section}.backend`, backend]];
  }
  return [
    [EMBEDDED[role], name],
    [`${EMBEDDED[role]}Path`, undefined],
    [`${section}.backend`, "embedded"],
  ];
}

function marks(role: Role, model: KnownModel): string[] {
  const found: string[] = [];
  if (model.usedFor.includes(role)) {
    found.push("in use");
  }
  if (model.recommendedFor.includes(role)) {
    found.push("recommended for this machine");
  }
  if (model.fits === false) {
    found.push("does not fit into memory");
  }
  return found;
}

function facts(model: KnownModel): string[] {
  if (model.server) {
    return [model.server, contextOf(model)].filter(Boolean);
  }
  const speed = model.tokensPerSecond;
  return [
    sizeOf(model),
    model.licence,
    speed === null ? "" : `${model.isSpeedMeasured ? "" : "about "}${Math.round(speed)} tokens/s`,
    model.thinks === null ? "" : model.thinks ? "thinks" : "does not think",
    contextOf(model),
    model.evidence,
  ].filter(Boolean);
}

/** "1210 of 2048 tokens of context used", of the model that completes. */
function contextOf(model: KnownModel): string {
  const { contextUsedTokens: used, contextTokens: all } = model;
  if (typeof used !== "number") {
    return "";
  }
  return typeof all === "number" ? `${used} of ${all} tokens of context used` : `${used} tokens of context used`;
}
