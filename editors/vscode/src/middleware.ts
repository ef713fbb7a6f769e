// Between VS Code and the language client: ghost text is paused and measured, settings are sorted, actions are shown.

import * as vscode from "vscode";
import type {
  Middleware,
  WorkDoneProgressBegin,
  WorkDoneProgressReport,
  WorkspaceEdit,
} from "vscode-languageclient/node";

import type { ActionPanel } from "./action-panel";
import type { ActionProgress } from "./action-progress";
import { pickAction } from "./actions";
import type { ApplyGuard, VersionedEdit } from "./apply-guard";
import { agreedTo, type FileEdits, questionOf } from "./edit-preview";
import type { EditPreviews, PreviewedFile } from "./edit-previews";
import type { FeedbackReport, Given } from "./feedback/report";
import { withKeys } from "./keys";
import type { LateAnswers } from "./late-answers";
import { DOCUMENT_SCHEME, SECTION, SERVER_COMMAND } from "./names";
import { openDocument } from "./open-document";
import type { Pauses } from "./pause";
import { configurationFor, type ServerSetting, withLanguages, withLanguageValues } from "./settings";
import type { StatusView } from "./status/view";

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
  readonly panel: ActionPanel;
  readonly previews: EditPreviews;
  readonly late: LateAnswers;
  readonly guard: ApplyGuard;
  /** The server has got its settings. It answers what is sent to it from now on by these. */
  readonly settingsSent: () => void;
}

/** The section for the server, as it counts for a folder or outside of all, keys named. */
export function sectionFor(
  parts: SectionParts,
  scope: vscode.Uri | undefined,
): Record<string, Record<string, unknown>> {
  const found = vscode.workspace.getConfiguration(SECTION, scope);
  const inspect = (name: string) => found.inspect(name);
  const sections = configurationFor(parts.settings, inspect, vscode.workspace.isTrusted);
  for (const [section, key] of BY_LANGUAGE) {
    const changed = withLanguages(sections[section], overrides(key, scope));
    if (changed !== undefined) {
      sections[section] = changed;
    }
  }
  const values = Object.fromEntries(COMPLETION_BY_LANGUAGE.map(([name, key]) => [name, valuesByLanguage(key, scope)]));
  const completion = withLanguageValues(sections.completion, values);
  if (completion !== undefined) {
    sections.completion = completion;
  }
  return withKeys(sections, parts.keyOrigins());
}

// Other settings of completion that languages may override: the server's name, and VS Code's.
const COMPLETION_BY_LANGUAGE = [
  ["max_tokens", "completion.maxTokens"],
  ["deadline_ms", "completion.deadlineMs"],
  ["debounce_ms", "completion.debounceMs"],
  ["confidence", "completion.confidence"],
  ["silent_in", "completion.silentIn"],
] as const;

// Sections of the server whose `enabled` languages may override, and the name of that setting in VS Code.
const BY_LANGUAGE = [
  ["completion", "completion.enabled"],
  ["next_edit", "nextEdit.enabled"],
] as const;

/** The switches of a setting by language. */
function overrides(key: string, uri: vscode.Uri | undefined): Record<string, boolean> {
  const found = Object.entries(valuesByLanguage(key, uri));
  return Object.fromEntries(found.filter((one): one is [string, boolean] => typeof one[1] === "boolean"));
}

/** What languages say of a setting: those of the user only, where the workspace is not trusted. */
function valuesByLanguage(key: string, uri: vscode.Uri | undefined): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const languageId of vscode.workspace.getConfiguration(SECTION, uri).inspect(key)?.languageIds ?? []) {
    const scope = uri === undefined ? { languageId } : { uri, languageId };
    const found = vscode.workspace.getConfiguration(SECTION, scope).inspect<unknown>(key);
    const own = vscode.workspace.isTrusted
      ? (found?.workspaceFolderLanguageValue ?? found?.workspaceLanguageValue)
      : undefined;
    const value = own ?? found?.globalLanguageValue;
    if (value !== undefined) {
      values[languageId] = value;
    }
  }
  return values;
}

export function middleware(parts: Parts): Middleware {
  return {
    async provideInlineCompletionItems(document, position, context, token, next) {
      const place = { uri: document.uri.toString(), language: document.languageId };
      const version = document.version;
      // What was triggered for a late answer is no request by hand.
      const { line, character } = position;
      const isLate = parts.late.isOwnRequest({ uri: place.uri, version, line, character });
      if (parts.pauses.words(place)) {
        return [];
      }
      const triggerKind = isLate ? vscode.InlineCompletionTriggerKind.Automatic : context.triggerKind;
      const asked = Promise.resolve(next(document, position, { ...context, triggerKind }, token) as PromiseLike<Given>);
      const answered = await parts.status.during(asked, (result) => count(result) > 0);
      // Without an answer where the server has ended meanwhile.
      if (answered !== null && answered !== undefined) {
        parts.late.answered({ uri: place.uri, version });
      }
      const isByHand = triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
      const given = isByHand ? answered : parts.feedback.welcome(document, position, answered);
      if (!token.isCancellationRequested && document.version === version) {
        parts.feedback.offered(document, position, given);
      }
      return given;
    },
    async executeCommand(command, args, next) {
      if (command === SERVER_COMMAND.accepted) {
        parts.feedback.took(args[0]);
        parts.status.update({ accepted: parts.status.current.accepted + 1 });
      } else if (command === SERVER_COMMAND.moreActions) {
        return pickAction(args[0]);
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
          parts.panel.about(params.uri, parts.status.current.action?.document === params.uri);
          parts.panel.show();
          return { success: true };
        }
        return next(params, token);
      },
    },
    workspace: {
      async handleApplyEdit(params, next) {
        const refusal = () => parts.guard.refusal(withParsedUris(params.edit), versionOf);
        const token = new vscode.CancellationTokenSource().token;
        const question = refusal() === undefined ? questionOf(params.edit) : undefined;
        const files = question?.files && (await previewed(question.files));
        if (question !== undefined && files === undefined) {
          parts.previews.tellOnly(question); // and VS Code shows its own preview
        } else if (question !== undefined && files !== undefined) {
          if (!(await parts.previews.agreed(question, files))) {
            return { applied: false };
          }
          params = { ...params, edit: agreedTo(params.edit) };
        }
        const failureReason = refusal();
        const done = failureReason === undefined ? await next(params, token) : { applied: false, failureReason };
        // The server says nothing of an edit that was shown to the user first.
        if (files !== undefined && !("applied" in done && done.applied)) {
          parts.previews.tellFailure("applied" in done ? done.failureReason : done.message);
        }
        return done;
      },
      configuration(params) {
        setTimeout(parts.settingsSent); // once the answer is on its way
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

/** The documents of an edit, with those that are not shown anywhere; undefined where one cannot be opened. */
async function previewed(files: readonly FileEdits[]): Promise<PreviewedFile[] | undefined> {
  const found: PreviewedFile[] = [];
  for (const { uri, isOpen, edits } of files) {
    const place = vscode.Uri.parse(uri);
    const opened = openDocument(place.toString());
    const document = opened ?? (isOpen ? undefined : await openedSilently(place));
    if (document === undefined) {
      return undefined;
    }
    found.push({ document, edits });
  }
  return found;
}

async function openedSilently(place: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  try {
    return await vscode.workspace.openTextDocument(place);
  } catch {
    return undefined; // a binary file, or one that is gone
  }
}

/** The version of an open document, by the URI as VS Code writes it. */
function versionOf(uri: string): number | undefined {
  return openDocument(uri)?.version;
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
