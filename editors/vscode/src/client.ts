// The language client: one server process at a time, started, watched, restarted and ended.
//
// Restarting is done here and not by the client library: its own restart cannot be waited for or given up, and two
// clients at once would both want the server's commands.

import * as vscode from "vscode";
import {
  type ClientCapabilities,
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  State,
} from "vscode-languageclient/node";

import { canReadClipboard } from "./clipboard";
import type { Place } from "./server/choose";
import { ServerProcess } from "./server/process";

const MOST_CRASHES = 4;
const CRASH_WINDOW_MS = 3 * 60_000;
const START_MS = 90_000;
const STOP_MS = 5_000;
const SETTLE_MS = 2_000;

export interface ClientEvents {
  /** The server answers requests. */
  running(): void;
  /** It is gone; `again`: and is started again. */
  stopped(again: boolean): void;
  /** It ended again and again, or cannot be started. */
  failed(why: string): void;
}

interface Launch {
  readonly place: Place;
  readonly environment: Record<string, string>;
}

interface Running extends Launch {
  readonly client: LanguageClient;
  readonly process: ServerProcess;
}

/** Every document that a person edits; what only shows something (output, our own documents) is none of ours. */
export const DOCUMENT_SELECTOR = [
  { scheme: "file" },
  { scheme: "untitled" },
  { scheme: "vscode-notebook-cell" },
  { scheme: "vscode-userdata" },
];

export class ServerClient {
  private running: Running | undefined;
  private crashes: number[] = [];
  private queue: Promise<void> = Promise.resolve();

  /** `cwd` is a folder that no other program writes to: programs look for modules and settings where they are started. */
  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly cwd: string,
    private readonly middleware: Middleware,
    private readonly events: ClientEvents,
    private readonly made: (client: LanguageClient) => void,
  ) {}

  /** The running client, if there is one. */
  get current(): LanguageClient | undefined {
    const client = this.running?.client;
    return client?.state === State.Running ? client : undefined;
  }

  /** Start a server at this place; whatever ran before is ended first. */
  start(place: Place, environment: Record<string, string>): Promise<void> {
    this.crashes = [];
    return this.next(async () => {
      await this.end();
      await this.begin({ place, environment });
    });
  }

  stop(): Promise<void> {
    return this.next(() => this.end());
  }

  /** One after the other; what goes wrong in one does not keep the next from its turn. */
  private next(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(step).catch((error) => this.events.failed(String(error)));
    return this.queue;
  }

  private async begin(launch: Launch): Promise<void> {
    const command = [...launch.place.command, "serve"];
    const process = new ServerProcess((line) => this.log.error(line));
    const environment = { ...globalThis.process.env, ...launch.environment };
    const options = this.clientOptions(process, () => this.closed(running));
    const client = new QuietClient(
      "autothink",
      "AutoThink",
      () => process.start(command, this.cwd, environment),
      options,
    );
    const running: Running = { ...launch, client, process };
    this.running = running;
    client.registerFeature(ANNOUNCEMENTS);
    this.made(client);
    this.log.info(`starting ${command.join(" ")} (${launch.place.source})`);
    const timer = setTimeout(() => process.kill(), START_MS);
    try {
      await client.start();
      this.events.running();
    } catch (error) {
      this.log.error(`the server did not start: ${error}`);
      this.running = undefined;
      await this.dispose(running);
      const reason = process.lastWords ? `It said: ${process.lastWords.slice(0, 300)}` : "The log says more.";
      this.events.failed(`The language server did not start. ${reason}`);
    } finally {
      clearTimeout(timer);
    }
  }

  private async end(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    if (running !== undefined) {
      await this.dispose(running);
      this.events.stopped(false);
    }
  }

  private async dispose({ client, process }: Running): Promise<void> {
    await client.dispose(STOP_MS).catch((error) => this.log.warn(`stopping the server: ${error}`));
    await process.gone();
  }

  private clientOptions(process: ServerProcess, closed: () => void): LanguageClientOptions {
    return {
      documentSelector: [...DOCUMENT_SELECTOR],
      outputChannel: this.log,
      stdioOptions: { stdout: (input) => input.resume(), stderr: (input) => process.hear(input) },
      initializationFailedHandler: () => false, // `begin` tells it
      middleware: this.middleware,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          closed();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    };
  }

  /** The connection broke by itself. While it starts, `begin` tells it. */
  private closed(running: Running): void {
    if (this.running !== running || running.client.state === State.Starting) {
      return;
    }
    this.running = undefined;
    const now = Date.now();
    this.crashes = [...this.crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    const again = this.crashes.length < MOST_CRASHES;
    this.events.stopped(again);
    void this.next(async () => {
      await settled(running.client);
      await this.dispose(running);
      // Another call may have started a server meanwhile.
      if (again && this.running === undefined) {
        await this.begin({ place: running.place, environment: running.environment });
      }
    });
    if (!again) {
      this.events.failed(`The language server ended ${this.crashes.length} times within three minutes.`);
    }
  }
}

/** A client whose failure to start is told once, by `begin`: the library would show its own words beside ours. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown, showNotification?: boolean | "force"): void {
    super.error(message, data, showNotification === "force" ? false : showNotification);
  }
}

/** Wait until a client whose connection broke has let go of VS Code: disposed before, it leaves its providers behind. */
async function settled(client: LanguageClient): Promise<void> {
  for (let waited_ms = 0; client.state === State.Running && waited_ms < SETTLE_MS; waited_ms += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Says what only our own server asks: whether we show its status, and whether the workspace is trusted. And does not say
 * that edits may come with a resolved action: VS Code applies those whatever the document's version is, while it compares
 * the versions of those that the server has it apply (`apply-guard.ts`).
 */
const ANNOUNCEMENTS = {
  fillClientCapabilities(capabilities: ClientCapabilities) {
    if (capabilities.textDocument?.codeAction !== undefined) {
      delete capabilities.textDocument.codeAction.resolveSupport;
    }
    capabilities.experimental = {
      ...(capabilities.experimental as object | undefined),
      autothinkStatus: true,
      autothinkDiagnostics: true,
      autothinkDetails: true,
      autothinkDefinitions: true,
      autothinkClipboard: canReadClipboard(),
      autothinkRename: true,
      autothinkLateAnswer: true,
      autothinkUntrustedWorkspace: !vscode.workspace.isTrusted,
    };
  },
  initialize() {},
  getState() {
    return { kind: "static" as const };
  },
  clear() {},
};
