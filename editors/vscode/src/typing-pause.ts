// When the user types nothing for a moment: what takes the focus waits for that, so that no key goes astray. Pure.

const PAUSE_MS = 700;

export class TypingPause {
  private typedMs = Number.NEGATIVE_INFINITY;

  /** The user has changed a document. */
  typed(): void {
    this.typedMs = Date.now();
  }

  /** At once, if nothing is being typed. */
  async wait(): Promise<void> {
    for (let leftMs = this.leftMs(); leftMs > 0; leftMs = this.leftMs()) {
      await new Promise((resolve) => setTimeout(resolve, leftMs));
    }
  }

  private leftMs(): number {
    return this.typedMs + PAUSE_MS - Date.now();
  }
}
