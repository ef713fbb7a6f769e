// Keys whose suggestion VS Code would not ask for again. It asks for ghost text at a key only: the server notifies when an
// answer for the place of the cursor has come after its deadline, and a key that was typed while no server ran had no
// answer. VS Code is made to ask again. Pure but for what it is given.

export interface LateAnswer {
  readonly uri: string;
  readonly position: { readonly line: number; readonly character: number };
  readonly version: number;
}

/** What the active editor shows; undefined where there is none, or where several cursors or a selection are. */
export interface CursorPlace {
  readonly uri: string;
  readonly version: number;
  readonly line: number;
  readonly character: number;
}

/** What was typed last, until it is answered. `place`: where the cursor was then, once that is known. */
interface TypedKey {
  readonly uri: string;
  readonly version: number;
  place?: CursorPlace;
}

export class LateAnswers {
  private dismissed: CursorPlace | undefined;
  private expected: CursorPlace | undefined;
  private unanswered: TypedKey | undefined;

  /**
   * `cursor` gives the place of the cursor, `isVisible` says whether a suggestion is on the screen, `trigger` makes VS
   * Code ask for suggestions.
   */
  constructor(
    private readonly cursor: () => CursorPlace | undefined,
    private readonly isVisible: () => boolean,
    private readonly trigger: () => void,
  ) {}

  /** `autothink/lateAnswer`: ask again if nothing has changed since the request. */
  came(answer: LateAnswer): void {
    const now = this.cursor();
    if (isSame(now, { uri: answer.uri, version: answer.version, ...answer.position })) {
      this.askAgain(now);
    }
  }

  /** The user has typed in the document of the active editor. */
  typed({ uri, version }: { uri: string; version: number }): void {
    this.unanswered = { uri, version };
  }

  /** The cursor is at another place: behind the typed key first, away from it later. */
  moved(): void {
    const [key, now] = [this.unanswered, this.cursor()];
    if (key !== undefined && key.place === undefined && now?.uri === key.uri && now.version === key.version) {
      key.place = now;
    } else if (key !== undefined && !isSame(now, key.place)) {
      this.unanswered = undefined;
    }
  }

  /** The server has answered a request in this document: with a suggestion, or with the fact that there is none. */
  answered({ uri, version }: { uri: string; version: number }): void {
    if (this.unanswered?.uri === uri && this.unanswered.version === version) {
      this.unanswered = undefined;
    }
  }

  /**
   * A server has started: ask for what was typed before, if the cursor is still there. `isAutomatic`: suggestions appear
   * by themselves in the active editor; otherwise only a request by hand may bring one.
   */
  started(isAutomatic: boolean): void {
    const [key, now] = [this.unanswered, this.cursor()];
    this.unanswered = undefined;
    const isSameText = key !== undefined && now?.uri === key.uri && now.version === key.version;
    if (isAutomatic && isSameText && (key.place === undefined || isSame(now, key.place))) {
      this.askAgain(now);
    }
  }

  private askAgain(now: CursorPlace | undefined): void {
    if (!isSame(now, this.dismissed) && !this.isVisible()) {
      this.expected = now;
      this.trigger();
    }
  }

  /** The user has pressed Escape: nothing appears at this place until something is typed. */
  dismiss(): void {
    this.dismissed = this.cursor();
  }

  /** Whether VS Code's request at this place was triggered here and not by the user. Asked once for each request. */
  isOwnRequest(place: CursorPlace): boolean {
    const expected = this.expected;
    this.expected = undefined;
    return isSame(place, expected);
  }
}

function isSame(one: CursorPlace | undefined, other: CursorPlace | undefined): boolean {
  return (
    one !== undefined &&
    other !== undefined &&
    one.uri === other.uri &&
    one.version === other.version &&
    one.line === other.line &&
    one.character === other.character
  );
}
