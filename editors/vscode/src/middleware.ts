// Between VS Code and the language client: ghost text is paused and measured, settings are sorted, actions are shown.

import * as vscode from "vscode";
import type {
  Middleware,
  WorkDoneProgressBegin,
  WorkDoneProgressReport,
  WorkspaceEdit,
} from "vscode-languageclient/node";

import type { ActionProgress } from "./action-progress";
import type { ApplyGuard, VersionedEdit } from "./apply-guard";
import type { FeedbackReport } from "./feedback/report";
import { withKeys } from "./keys";
import { DOCUMENT_SCHEME, SECTION, SERVER_COMMAND } from "./names";
import type { Pauses } from "./pause";
import { configurationFor, type ServerSetting } from "./settings";
import type { StatusView } from "./status/view";
import type { ThinkingView } from "./thinking";

export interface SectionParts {
  readonly settings: readonly ServerSetting[];
  /** Addresses that an API key is stored for, in the order of their variables. */
  readonly keyOrigins: () => readonly string[];
}

export interface Parts extends SectionParts {
  readonly status: StatusView;
  readonly pauses: Pauses;
  readonly feedback: FeedbackReport;
  readonly progress: ActionProgress;
  readonly thinking: ThinkingView;
  readonly guard: ApplyGuard;
}

type Given = vscode.InlineCompletionItem[] | vscode.InlineCompletionList | null | undefined;

/** The section for the server, as it counts for a folder or outside of all, keys named. */
export function sectionFor(
  parts: SectionParts,
  scope: vscode.Uri | undefined,
): Record<string, Record<string, unknown>> {
  const found = vscode.workspace.getConfiguration(SECTION, scope);
  const inspect = (name: string) => found.inspect(name);
  return withKeys(configurationFor(parts.settings, inspect, vscode.workspace.isTrusted), parts.keyOrigins());
}

export function middleware(parts: Parts): Middleware {
  return {
    async provideInlineCompletionItems(document, position, context, token, next) {
      const place = { uri: document.uri.toString(), language: document.languageId };
      if (parts.pauses.at(place).length > 0) {
        return [];
      }
      const version = document.version;
      const asked = Promise.resolve(next(document, position, context, token) as PromiseLike<Given>);
      const given = await parts.status.during(asked, (result) => count(result) > 0);
      if (!token.isCancellationRequested && document.version === version) {
        parts.feedback.offered(document, position, given);
      }
      return given;
    },
    async executeCommand(command, args, next) {
      if (command === SERVER_COMMAND.accepted) {
        parts.feedback.took(args[0]);
        parts.status.update({ accepted: parts.status.current.accepted + 1 });
      } else if (command === SERVER_COMMAND.action && typeof args[0]?.uri === "string") {
        parts.guard.actionSent(vscode.Uri.parse(args[0].uri).toString());
      }
      return next(command, args);
    },
    handleWorkDoneProgress(token, params, next) {
      // Progress of an action has its own notification; that of a model being loaded is VS Code's.
      if (!parts.progress.handle(String(token), params as WorkDoneProgressBegin | WorkDoneProgressReport)) {
        next(token, params);
      }
    },
    window: {
      async showDocument(params, token, next) {
        // Beside the code, which the reader of an explanation wants to see.
        if (params.uri.startsWith(`${DOCUMENT_SCHEME}:`)) {
          parts.thinking.about(params.uri);
          await parts.thinking.show();
          return { success: true };
        }
        return next(params, token);
      },
    },
    workspace: {
      handleApplyEdit(params, next) {
        const failureReason = parts.guard.refusal(withParsedUris(params.edit), versionOf);
        return failureReason === undefined
          ? next(params, new vscode.CancellationTokenSource().token)
          : { applied: false, failureReason };
      },
      configuration(params) {
        return params.items.map((item) => {
          const scope = item.scopeUri === undefined ? undefined : vscode.Uri.parse(item.scopeUri);
          if (item.section !== SECTION) {
            return vscode.workspace.getConfiguration(undefined, scope).get(item.section ?? "") ?? null;
          }
          return sectionFor(parts, scope);
        });
      },
    },
  };
}

/** The version of an open document, by the URI as VS Code writes it. */
function versionOf(uri: string): number | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri)?.version;
}

/** The edit's documents with their URIs as VS Code writes them. */
function withParsedUris(edit: WorkspaceEdit): VersionedEdit {
  const parsed = (change: object) => {
    const document = "textDocument" in change ? (change.textDocument as { uri: string; version: number | null }) : null;
    const uri = document === null ? "" : vscode.Uri.parse(document.uri).toString();
    return document === null ? change : { textDocument: { uri, version: document.version } };
  };
  return { documentChanges: edit.documentChanges?.map(parsed) };
}

function count(given: Given): number {
  return given === null || given === undefined ? 0 : Array.isArray(given) ? given.length : given.items.length;
}
