// Where the user does not want suggestions for now: a file (until the window closes), a language, a workspace.

export interface Memory {
  get<T>(key: string, empty: T): T;
  update(key: string, value: unknown): PromiseLike<void>;
}

export interface Place {
  readonly uri: string;
  readonly language: string;
}

const LANGUAGES = "autothink.pausedLanguages";
const WORKSPACE = "autothink.pausedWorkspace";
const EVERYWHERE = "autothink.pausedEverywhere";
const MINUTE_MS = 60_000;

export type Scope = "file" | "language" | "workspace" | "everywhere";

export class Pauses {
  private readonly files = new Set<string>();
  private untilMs = 0;

  constructor(
    private readonly everywhere: Memory,
    private readonly workspace: Memory,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Pause everywhere in this window for some minutes; 0 ends it. */
  snooze(minutes: number): void {
    this.untilMs = this.nowMs() + minutes * MINUTE_MS;
  }

  /** The minutes that are left of that, rounded up; 0 where nothing is. */
  get minutesLeft(): number {
    return Math.max(0, Math.ceil((this.untilMs - this.nowMs()) / MINUTE_MS));
  }

  /** The scopes that are paused here, the narrowest first. */
  at(place: Place | undefined): Scope[] {
    const found: Scope[] = [];
    if (place && this.files.has(place.uri)) {
      found.push("file");
    }
    if (place && this.everywhere.get<string[]>(LANGUAGES, []).includes(place.language)) {
      found.push("language");
    }
    if (this.workspace.get(WORKSPACE, false)) {
      found.push("workspace");
    }
    if (this.everywhere.get(EVERYWHERE, false)) {
      found.push("everywhere");
    }
    return found;
  }

  /** What the status bar says, or an empty text. */
  words(place: Place): string {
    if (this.minutesLeft > 0) {
      const end = new Date(this.untilMs);
      return `paused until ${end.getHours()}:${String(end.getMinutes()).padStart(2, "0")}`;
    }
    const scope = this.at(place)[0];
    return scope === undefined
      ? ""
      : scope === "everywhere"
        ? "paused"
        : scope === "language"
          ? `paused for ${place.language}`
          : `paused for this ${scope}`;
  }

  /** The scopes that can be paused, the narrowest first: without a file only those that need none. */
  scopes(place: Place | undefined): Scope[] {
    return place === undefined ? ["workspace", "everywhere"] : ["file", "language", "workspace", "everywhere"];
  }

  async set(scope: Scope, place: Place | undefined, paused: boolean): Promise<void> {
    if (scope === "workspace") {
      await this.workspace.update(WORKSPACE, paused);
    } else if (scope === "everywhere") {
      await this.everywhere.update(EVERYWHERE, paused);
    } else if (place !== undefined && scope === "file") {
      paused ? this.files.add(place.uri) : this.files.delete(place.uri);
    } else if (place !== undefined) {
      const others = this.everywhere.get<string[]>(LANGUAGES, []).filter((one) => one !== place.language);
      await this.everywhere.update(LANGUAGES, paused ? [...others, place.language] : others);
    }
  }
}
