// Runs a small program to its end and keeps what it says. No shell, no waiting without a limit. Knows no VS Code.

import { spawn } from "node:child_process";

export interface Ran {
  /** Exit status; undefined where it did not start, was ended by a signal, or took too long. */
  readonly status: number | undefined;
  readonly output: string;
  readonly errors: string;
  /** Why there is no status, in words. */
  readonly failure: string;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
  /** Hears each piece of output as it comes. */
  readonly heard?: (text: string) => void;
}

const MOST_CHARACTERS = 1_000_000;

/** Run `command` (program and arguments). Never throws: what went wrong is in the answer. */
export function run(command: readonly string[], options: RunOptions): Promise<Ran> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    let output = "";
    let errors = "";
    let failure = "";
    if (!program) {
      resolve({ status: undefined, output, errors, failure: "no program was named" });
      return;
    }
    const child = started(program, args, options);
    if (typeof child === "string") {
      resolve({ status: undefined, output, errors, failure: child });
      return;
    }
    const giveUp = (why: string) => {
      failure ||= why;
      child.kill("SIGKILL");
      // A grandchild may hold the pipes; it is not waited for.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => giveUp(`no answer within ${options.timeoutMs / 1000} s`), options.timeoutMs);
    const aborted = () => giveUp("cancelled");
    options.signal?.addEventListener("abort", aborted, { once: true });
    if (options.signal?.aborted) {
      aborted();
    }
    const listen = (stream: NodeJS.ReadableStream, keep: (text: string) => void) => {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        keep(text);
        options.heard?.(text);
      });
    };
    listen(child.stdout, (text) => {
      output = `${output}${text}`.slice(-MOST_CHARACTERS);
    });
    listen(child.stderr, (text) => {
      errors = `${errors}${text}`.slice(-MOST_CHARACTERS);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      failure ||= error.code === "ENOENT" ? "there is no such program" : error.message;
    });
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", aborted);
      if (status === null || failure) {
        failure ||= `it was ended by ${signal}`;
        resolve({ status: undefined, output, errors, failure });
      } else {
        resolve({ status, output, errors, failure: "" });
      }
    });
  });
}

/** The child, or why there is none: some names are refused at once. */
function started(program: string, args: readonly string[], options: RunOptions) {
  try {
    return spawn(program, args, {
      cwd: options.cwd,
      env: options.environment ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The last line that says something, for a message. */
export function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1)?.trim() ?? "";
}
