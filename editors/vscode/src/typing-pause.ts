// When the user types nothing for a moment: what takes the focus waits for that, so that no key goes astray. Pure.

const PAUSE_MS = 700;

export class TypingPause {
  private typedMs = Number.NEGATIVE_INFINITY;

  /** The user has changed a document. */
  typed(): void {
    this.typedMs = Date.now();
  }

  /** At once, if nothing is being typed. `askWindow` ends when VS Code's window has answered: what was typed before has
   *  been heard then, on a busy machine, too. */
  async wait(askWindow: () => PromiseLike<unknown>): Promise<void> {
    do {
      for (let leftMs = this.leftMs(); leftMs > 0; leftMs = this.leftMs()) {
        await new Promise((resolve) => setTimeout(resolve, leftMs));
      }
      await askWindow();
    } while (this.leftMs() > 0);
  }

  private leftMs(): number {
    return this.typedMs + PAUSE_MS - Date.now();
  }
}
