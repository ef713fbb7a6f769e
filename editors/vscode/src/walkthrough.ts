// Ticks the steps of the walkthrough that the user has already done. Pure but for what it is given.
//
// VS Code registers a walkthrough when it is first opened, and takes a context key that is true by then for an event of
// the past: its step is never ticked. So the keys are set only while the walkthrough is on the screen.

import type { Memory } from "./pause";

const REACHED = "autothink.walkthroughSteps";

/** A tab of the workbench, as far as it matters here. */
export interface TabLike {
  readonly label: string;
  readonly input: unknown;
}

export class Walkthrough {
  private readonly set = new Set<string>();

  /** `isShown` says whether the walkthrough is open, `setContext` makes a context key true. */
  constructor(
    private readonly memory: Memory,
    private readonly isShown: () => boolean,
    private readonly setContext: (key: string) => void,
  ) {}

  /** The user has done the step with this context key; it is remembered for all windows. */
  reach(key: string): void {
    const reached = this.memory.get<string[]>(REACHED, []);
    if (!reached.includes(key)) {
      void this.memory.update(REACHED, [...reached, key]);
    }
    this.publish([...reached, key]);
  }

  /** Tabs were opened, closed or renamed. */
  tabsChanged(): void {
    this.publish(this.memory.get<string[]>(REACHED, []));
  }

  private publish(reached: readonly string[]): void {
    for (const key of this.isShown() ? reached : []) {
      if (!this.set.has(key)) {
        this.set.add(key);
        this.setContext(key);
      }
    }
  }
}

/**
 * Whether a tab may show our walkthrough. VS Code tells extensions its title only: "Welcome" or "Walkthrough: …", in the
 * language of its display.
 */
export function isWalkthrough(tab: TabLike, displayLanguage: string): boolean {
  return tab.input === undefined && (!displayLanguage.startsWith("en") || /^(Welcome|Walkthrough)\b/.test(tab.label));
}
