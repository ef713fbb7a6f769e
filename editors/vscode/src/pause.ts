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

export type Scope = "file" | "language" | "workspace";

export class Pauses {
  private readonly files = new Set<string>();

  constructor(
    private readonly everywhere: Memory,
    private readonly workspace: Memory,
  ) {}

  /** The scopes that are paused here, the narrowest first. */
  at(place: Place): Scope[] {
    const found: Scope[] = [];
    if (this.files.has(place.uri)) {
      found.push("file");
    }
    if (this.everywhere.get<string[]>(LANGUAGES, []).includes(place.language)) {
      found.push("language");
    }
    if (this.workspace.get(WORKSPACE, false)) {
      found.push("workspace");
    }
    return found;
  }

  /** What the status bar says, or an empty text. */
  words(place: Place): string {
    const scope = this.at(place)[0];
    return scope === undefined
      ? ""
      : scope === "language"
        ? `paused for ${place.language}`
        : `paused for this ${scope}`;
  }

  async set(scope: Scope, place: Place, paused: boolean): Promise<void> {
    if (scope === "file") {
      paused ? this.files.add(place.uri) : this.files.delete(place.uri);
    } else if (scope === "workspace") {
      await this.workspace.update(WORKSPACE, paused);
    } else {
      const others = this.everywhere.get<string[]>(LANGUAGES, []).filter((one) => one !== place.language);
      await this.everywhere.update(LANGUAGES, paused ? [...others, place.language] : others);
    }
  }
}
