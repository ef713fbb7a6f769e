// The language client: one server process at a time, started, watched, restarted and ended.

import { createInterface } from "node:readline";
import * as vscode from "vscode";
import {
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  type ServerOptions,
  State,
} from "vscode-languageclient/node";

import type { Place } from "./server/choose";

// A line that the server logged comes as window/logMessage as well.
const LOGGED = /^\d{4}-\d\d-\d\d [\d:,]+ [A-Z]+ +autothink_lsp\b/;
const MOST_CRASHES = 4;
const CRASH_WINDOW_MS = 3 * 60_000;

export interface ClientEvents {
  /** The server answers requests. */
  running(): void;
  /** It is gone; `again`: and is started again. */
  stopped(again: boolean): void;
  /** It ended again and again, or cannot be started. */
  failed(why: string): void;
}

export class ServerClient {
  private client: LanguageClient | undefined;
  private crashes: number[] = [];
  private starting: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly middleware: Middleware,
    private readonly events: ClientEvents,
    private readonly made: (client: LanguageClient) => void,
  ) {}

  /** The running client, if there is one. */
  get current(): LanguageClient | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }

  /** Start a server at this place; whatever ran before is ended first. */
  start(place: Place, environment: Record<string, string>): Promise<void> {
    this.crashes = [];
    this.starting = this.starting.then(async () => {
      await this.end();
      await this.begin(place, environment);
    });
    return this.starting;
  }

  stop(): Promise<void> {
    this.starting = this.starting.then(() => this.end());
    return this.starting;
  }

  private async begin(place: Place, environment: Record<string, string>): Promise<void> {
    const [command, ...args] = [...place.command, "serve"];
    const options: ServerOptions = {
      command: command as string,
      args,
      options: { env: { ...process.env, ...environment }, shell: false },
    };
    const client = new LanguageClient("autothink", "AutoThink", options, this.clientOptions());
    this.client = client;
    client.registerFeature(ANNOUNCEMENTS);
    client.onDidChangeState(({ newState }) => {
      if (this.client === client && newState === State.Running) {
        this.events.running();
      }
    });
    this.made(client);
    this.log.info(`starting ${[command, ...args].join(" ")} (${place.source})`);
    try {
      await client.start();
    } catch (error) {
      if (this.client === client) {
        this.client = undefined;
        await client.dispose().catch(() => undefined);
        this.events.failed(error instanceof Error ? error.message : String(error));
      }
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client !== undefined) {
      await client.dispose(5_000).catch((error) => this.log.warn(`stopping the server: ${error}`));
      this.events.stopped(false);
    }
  }

  private clientOptions(): LanguageClientOptions {
    return {
      // Every document that a person edits; what only shows something (output, our own documents) is none of ours.
      documentSelector: [
        { scheme: "file" },
        { scheme: "untitled" },
        { scheme: "vscode-notebook-cell" },
        { scheme: "vscode-userdata" },
      ],
      outputChannel: this.log,
      stdioOptions: { stdout: (input) => input.resume(), stderr: (input) => this.hear(input) },
      initializationFailedHandler: () => false, // `begin` tells it
      middleware: this.middleware,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.closed(),
      },
    };
  }

  private hear(input: NodeJS.ReadableStream): void {
    createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
      if (!LOGGED.test(line)) {
        this.log.error(line);
      }
    });
  }

  private closed(): CloseHandlerResult {
    if (this.client === undefined || this.client.state === State.Starting) {
      return { action: CloseAction.DoNotRestart, handled: true };
    }
    const now = Date.now();
    this.crashes = [...this.crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    const again = this.crashes.length < MOST_CRASHES;
    this.events.stopped(again);
    if (!again) {
      this.events.failed(`its server ended ${this.crashes.length} times within three minutes.`);
    }
    return { action: again ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true };
  }
}

/** Says what only our own server asks: whether we show its status, and whether the workspace is trusted. */
const ANNOUNCEMENTS = {
  fillClientCapabilities(capabilities: { experimental?: unknown }) {
    capabilities.experimental = {
      ...(capabilities.experimental as object | undefined),
      autothinkStatus: true,
      autothinkUntrustedWorkspace: !vscode.workspace.isTrusted,
    };
  },
  initialize() {},
  getState() {
    return { kind: "static" as const };
  },
  clear() {},
};
