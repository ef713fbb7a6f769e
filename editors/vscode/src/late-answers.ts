// A suggestion that missed its deadline. VS Code asks for ghost text at a key only, so the server notifies when an answer
// for the place of the cursor has come late, and VS Code is made to ask again. Pure but for what it is given.

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

export class LateAnswers {
  private dismissed: CursorPlace | undefined;
  private expected: CursorPlace | undefined;

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
    const wanted = { uri: answer.uri, version: answer.version, ...answer.position };
    if (!isSame(now, wanted) || isSame(now, this.dismissed) || this.isVisible()) {
      return;
    }
    this.expected = now;
    this.trigger();
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
