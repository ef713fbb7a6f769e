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
  readonly items: readonly { readonly id: number; readonly text: string }[];
}

export interface Change {
  readonly offset: number;
  readonly removed: number;
  readonly text: string;
}

interface Shown {
  readonly id: number;
  readonly uri: string;
  readonly offset: number;
  readonly text: string;
  taken: number; // UTF-16 units of `text` that stand in the document by now
  partly: boolean;
}

interface Accepted {
  readonly id: number;
  readonly uri: string;
  readonly offset: number;
  readonly text: string;
  readonly untilMs: number;
}

const UNDO_MS = 30_000;

export class SuggestionTracker {
  private shown: Shown | undefined;
  private accepted: Accepted | undefined;

  constructor(
    private readonly tell: (feedback: Feedback) => void,
    private readonly nowMs: () => number,
  ) {}

  /** Items were given to the editor and their request was not cancelled: the first is what the user sees. */
  offered(offer: Offer): void {
    const first = offer.items[0];
    const before = this.shown;
    if (first === undefined) {
      return;
    }
    if (before !== undefined && this.goesOn(before, offer, first.text)) {
      return; // the same suggestion, asked for again while it was typed along
    }
    this.dismiss();
    this.shown = { id: first.id, uri: offer.uri, offset: offer.offset, text: first.text, taken: 0, partly: false };
    this.tell({ id: first.id, event: "shown" });
  }

  /** The document changed. `undo`: VS Code says that it was an undo. */
  changed(uri: string, changes: readonly Change[], undo: boolean): void {
    this.noticeUndo(uri, changes, undo);
    const shown = this.shown;
    if (shown === undefined || shown.uri !== uri) {
      return;
    }
    const at = shown.offset + shown.taken;
    const insertion = changes.find((change) => change.offset <= at && change.offset + change.removed >= at);
    if (insertion === undefined) {
      if (changes.some((change) => change.offset < at)) {
        this.shown = undefined; // what stands before it moved: nothing more can be said of it
      }
      return;
    }
    // An edit that replaces the line's beginning says it again, with the new text at its end.
    const said = insertion.text.slice(at - insertion.offset);
    const rest = shown.text.slice(shown.taken);
    if (said.length === 0 || !rest.startsWith(said)) {
      if (rest !== "" && !said.startsWith(rest)) {
        this.dismiss();
      }
      return;
    }
    shown.taken += said.length;
    if (said.length > 1 && said.length < rest.length && !undo) {
      this.partly(shown);
    }
  }

  /** The item's command ran. */
  took(id: number): void {
    const shown = this.shown?.id === id ? this.shown : undefined;
    this.shown = undefined;
    if (shown !== undefined) {
      const { uri, offset, text } = shown;
      this.accepted = { id, uri, offset, text, untilMs: this.nowMs() + UNDO_MS };
    }
    this.tell({ id, event: "accepted" });
  }

  /** The cursor went elsewhere. */
  moved(uri: string, offset: number): void {
    const shown = this.shown;
    if (shown !== undefined && (shown.uri !== uri || offset !== shown.offset + shown.taken)) {
      this.dismiss();
    }
  }

  /** Escape, another suggestion, or something else typed. What was taken in part or typed out is no dismissal. */
  dismiss(): void {
    const shown = this.shown;
    this.shown = undefined;
    if (shown !== undefined && !shown.partly && shown.taken < shown.text.length) {
      this.tell({ id: shown.id, event: "dismissed" });
    }
  }

  private partly(shown: Shown): void {
    if (!shown.partly) {
      shown.partly = true;
      this.tell({ id: shown.id, event: "partly" });
    }
  }

  private goesOn(before: Shown, offer: Offer, text: string): boolean {
    return (
      before.uri === offer.uri &&
      before.offset + before.taken === offer.offset &&
      before.text.slice(before.taken) === text
    );
  }

  private noticeUndo(uri: string, changes: readonly Change[], undo: boolean): void {
    const accepted = this.accepted;
    if (accepted === undefined || accepted.uri !== uri || !undo) {
      return;
    }
    const gone = changes.some(
      (change) =>
        change.offset <= accepted.offset + accepted.text.length &&
        change.offset + change.removed >= accepted.offset + accepted.text.length &&
        change.removed - change.text.length >= accepted.text.length,
    );
    if (gone && this.nowMs() <= accepted.untilMs) {
      this.accepted = undefined;
      this.tell({ id: accepted.id, event: "undone" });
    }
  }
}
