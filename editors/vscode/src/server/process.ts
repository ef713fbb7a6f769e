// The server's process: started, heard, and really gone when it is said to be ended. Knows no VS Code.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

// A line that the server logged comes as window/logMessage as well.
const LOGGED = /^\d{4}-\d\d-\d\d [\d:,]+ [A-Z]+ +autothink_lsp\b/;
const GRACE_MS = 4_000;
// For the last lines of a process that has ended; a child of its own may hold the pipe for ever.
const LAST_WORDS_MS = 500;

export class ServerProcess {
  private child: ChildProcess | undefined;
  private last = "";
  private heardAll: Promise<void> = Promise.resolve();

  /** `heard` gets what the server says beside its log: what Python prints when it cannot go on. */
  constructor(private readonly heard: (line: string) => void) {}

  /** The last line of that kind, or an empty text. */
  get lastWords(): string {
    return this.last;
  }

  /** Start it; rejects where there is no such program. */
  async start(command: readonly string[], cwd: string, environment: NodeJS.ProcessEnv): Promise<ChildProcess> {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { cwd, env: environment, windowsHide: true });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return child;
  }

  /** Read its standard error. */
  hear(input: NodeJS.ReadableStream): void {
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    this.heardAll = new Promise((resolve) => lines.once("close", resolve));
    lines.on("line", (line) => {
      if (!LOGGED.test(line)) {
        this.last = line.trim() || this.last;
        this.heard(line);
      }
    });
  }

  kill(): void {
    this.child?.kill("SIGKILL");
  }

  /** Wait until it is gone and what it said last is heard; one that does not go by itself is killed. */
  async gone(): Promise<void> {
    await this.ended();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_WORDS_MS);
    });
    await Promise.race([this.heardAll, patience]);
    clearTimeout(timer);
  }

  private async ended(): Promise<void> {
    const child = this.child;
    if (child === undefined || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
