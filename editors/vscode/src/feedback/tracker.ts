// Finds out what becomes of ghost text. VS Code tells an extension of a full accept only (the item's command); the
// rest is read off the changes of the document. Pure: offsets are UTF-16 units of the document, time is handed in.

export type FeedbackEvent = "shown" | "partly" | "dismissed" | "undone" | "accepted";

export interface Feedback {
  readonly id: number;
  readonly event: FeedbackEvent;
}

/** One item as it was given to the editor: `text` would stand at `offset`, the cursor. */
export interface Offer {
  readonly uri: string;
  readonly offset: number;
  readonly items: readonly Item[];
}

export interface Change {
  readonly offset: number;
  readonly removed: number;
  readonly text: string;
}

interface Item {
  readonly id: number;
  readonly text: string;
}

interface Shown {
  readonly id: number; // the one that was told as shown
  readonly uri: string;
  offset: number; // where its text begins
  items: readonly Item[]; // texts from `offset` on: the first is shown, the others are there to cycle through
  taken: number; // UTF-16 units of the text that stand in the document by now
  partly: boolean;
}

interface Rejected {
  readonly uri: string;
  readonly offset: number;
  readonly text: string; // what was left of it
  readonly untilMs: number;
}

interface Accepted extends Item {
  readonly uri: string;
  readonly offset: number;
  readonly untilMs: number;
}

const UNDO_MS = 30_000;
const REJECTED_MS = 60_000; // as long as the server remembers it
// Editors close these by themselves; the closer stands behind the cursor then.
const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`" };

export class SuggestionTracker {
  private shown: Shown | undefined;
  private accepted: Accepted | undefined;
  private rejected: Rejected[] = [];

  constructor(
    private readonly tell: (feedback: Feedback) => void,
    private readonly nowMs: () => number,
  ) {}

  /** Items were given to the editor and their request was not cancelled: the first is what the user sees. */
  offered(offer: Offer): void {
    const first = offer.items[0];
    if (first === undefined) {
      return;
    }
    const before = this.shown;
    if (before !== undefined && goesOn(before, offer, first.text)) {
      // The same suggestion, asked for again while it was typed along or cycled through: new numbers for its items.
      const typed = before.items[0]?.text.slice(0, before.taken) ?? "";
      before.items = offer.items.map(({ id, text }) => ({ id, text: typed + text }));
      return;
    }
    this.end();
    this.shown = { id: first.id, uri: offer.uri, offset: offer.offset, items: offer.items, taken: 0, partly: false };
    this.tell({ id: first.id, event: "shown" });
  }

  /** The document changed; offsets are those before all of the changes. `undo`: VS Code says that it was an undo. */
  changed(uri: string, changes: readonly Change[], undo: boolean): void {
    if (changes.length > 0) {
      this.rejected = this.rejected.filter((one) => one.uri !== uri); // from here on the server's memory decides
    }
    this.noticeUndo(uri, changes, undo);
    const shown = this.shown;
    if (shown === undefined || shown.uri !== uri) {
      return;
    }
    const at = shown.offset + shown.taken;
    for (const change of changes.filter((one) => one.offset + one.removed < at)) {
      shown.offset += change.text.length - change.removed; // another cursor above, an import that was added
    }
    const insertion = changes.find((change) => change.offset <= at && change.offset + change.removed >= at);
    if (insertion !== undefined) {
      // An edit that replaces the line's beginning says it again, with the new text at its end.
      this.typed(shown, insertion.text.slice(at - insertion.offset), undo);
    }
  }

  get isShown(): boolean {
    return this.shown !== undefined;
  }

  /** The item's command ran. */
  took(id: number): void {
    const shown = this.shown;
    const item = shown?.items.find((one) => one.id === id);
    this.shown = undefined;
    if (shown !== undefined && item !== undefined) {
      const { uri, offset } = shown;
      this.accepted = { ...item, uri, offset, untilMs: this.nowMs() + UNDO_MS };
    }
    this.tell({ id, event: "accepted" });
  }

  /** The cursor went elsewhere, to another editor maybe: no verdict on a suggestion of which nothing was taken. */
  moved(uri: string, offset: number): void {
    const shown = this.shown;
    if (shown !== undefined && (shown.uri !== uri || offset !== shown.offset + shown.taken)) {
      this.shown = undefined;
      this.tellPart(shown);
    }
  }

  /** Escape. */
  dismiss(): void {
    for (const item of this.shown?.items ?? []) {
      const { uri, offset, taken } = this.shown as Shown;
      this.reject(uri, offset + taken, item.text.slice(taken));
    }
    this.end();
  }

  /**
   * Whether the user has just dismissed or undone this text at this place, and nothing was changed since. The server
   * knows it as well, until it is restarted: it must not come back by itself then.
   */
  wasRejected(uri: string, offset: number, text: string): boolean {
    this.rejected = this.rejected.filter((one) => one.untilMs >= this.nowMs());
    return this.rejected.some((one) => one.uri === uri && one.offset === offset && one.text === text);
  }

  private reject(uri: string, offset: number, text: string): void {
    this.rejected.push({ uri, offset, text, untilMs: this.nowMs() + REJECTED_MS });
  }

  private typed(shown: Shown, inserted: string, undo: boolean): void {
    const before = shown.taken;
    const fitting = shown.items.filter((item) => lengthTyped(item.text.slice(before), inserted) > 0);
    const first = fitting[0];
    if (first === undefined) {
      // All of it and more is no dismissal: the item's command tells of it in the next moment.
      if (!shown.items.some((item) => item.text.length > before && inserted.startsWith(item.text.slice(before)))) {
        this.end();
      }
      return;
    }
    shown.items = fitting;
    shown.taken += lengthTyped(first.text.slice(before), inserted);
    if (
      inserted.length > 1 &&
      lengthTyped(first.text.slice(before), inserted) > 1 &&
      shown.taken < first.text.length &&
      !undo
    ) {
      shown.partly = true;
    }
  }

  /** It is not there any more, and was not taken whole. What was typed out is no dismissal. */
  private end(): void {
    const shown = this.shown;
    this.shown = undefined;
    if (shown !== undefined && !this.tellPart(shown) && shown.items.every((item) => shown.taken < item.text.length)) {
      this.tell({ id: shown.id, event: "dismissed" });
    }
  }

  private tellPart({ id, partly }: Shown): boolean {
    if (partly) {
      this.tell({ id, event: "partly" });
    }
    return partly;
  }

  private noticeUndo(uri: string, changes: readonly Change[], undo: boolean): void {
    const accepted = this.accepted;
    if (accepted === undefined || accepted.uri !== uri || !undo) {
      return;
    }
    const end = accepted.offset + accepted.text.length;
    const gone = changes.find(
      (change) => change.offset <= end && change.offset + change.removed >= end && change.text.length < change.removed,
    );
    if (gone !== undefined && this.nowMs() <= accepted.untilMs) {
      this.accepted = undefined;
      // One undo may leave what was typed of it before it was accepted.
      const cursor = Math.max(accepted.offset, gone.offset + gone.text.length);
      this.reject(uri, cursor, accepted.text.slice(cursor - accepted.offset));
      this.tell({ id: accepted.id, event: "undone" });
    }
  }
}

/** How many UTF-16 units of `rest` an inserted text typed; a closer that the editor added does not count. */
function lengthTyped(rest: string, inserted: string): number {
  if (inserted.length > 0 && rest.startsWith(inserted)) {
    return inserted.length;
  }
  const opener = inserted[0];
  return inserted.length === 2 && opener !== undefined && rest[0] === opener && CLOSERS[opener] === inserted[1] ? 1 : 0;
}

function goesOn(before: Shown, offer: Offer, text: string): boolean {
  return (
    before.uri === offer.uri &&
    before.offset + before.taken === offer.offset &&
    before.items.some((item) => item.text.slice(before.taken) === text)
  );
}
