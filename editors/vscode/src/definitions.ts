// What names in a document mean, by VS Code's other language support: the server asks before an action.

import * as vscode from "vscode";

import { openDocument } from "./open-document";

const ANSWER_MS = 600; // the server waits for 700 ms
const MOST_PER_PLACE = 2;
const LONGEST_SIGNATURE = 2_000;

export interface DefinitionsParams {
  readonly uri: string;
  readonly version: number;
  readonly positions: readonly { readonly line: number; readonly character: number }[];
}

interface Found {
  readonly place: number;
  readonly uri: string;
  readonly range: { readonly start: Plain; readonly end: Plain };
  readonly signature?: string;
}

interface Plain {
  readonly line: number;
  readonly character: number;
}

/** `autothink/definitions`: the definitions that were found in time; null where the document has changed. */
export async function definitionsFor(params: DefinitionsParams): Promise<{ definitions: Found[] } | null> {
  const uri = vscode.Uri.parse(params.uri);
  const document = openDocument(uri.toString());
  if (document === undefined || document.version !== params.version) {
    return null;
  }
  const definitions: Found[] = [];
  const places = params.positions.map(async ({ line, character }, place) => {
    const at = new vscode.Position(line, character);
    const [found, signature] = await Promise.all([locationsAt(uri, at), signatureAt(uri, at)]);
    for (const { uri: file, range } of found.slice(0, MOST_PER_PLACE)) {
      const where = { start: plain(range.start), end: plain(range.end) };
      definitions.push({ place, uri: file.toString(), range: where, ...(signature && { signature }) });
    }
  });
  await Promise.race([Promise.all(places), new Promise((resolve) => setTimeout(resolve, ANSWER_MS))]);
  return { definitions: [...definitions].sort((one, other) => one.place - other.place) };
}

async function locationsAt(uri: vscode.Uri, at: vscode.Position): Promise<vscode.Location[]> {
  type Given = (vscode.Location | vscode.LocationLink)[] | undefined;
  const given = await ask<Given>("vscode.executeDefinitionProvider", uri, at);
  return (given ?? []).map((one) =>
    "targetUri" in one ? new vscode.Location(one.targetUri, one.targetSelectionRange ?? one.targetRange) : one,
  );
}

/** The first code of the hover. */
async function signatureAt(uri: vscode.Uri, at: vscode.Position): Promise<string> {
  const hovers = await ask<vscode.Hover[] | undefined>("vscode.executeHoverProvider", uri, at);
  const texts = (hovers ?? [])
    .flatMap((hover) => hover.contents)
    .map((one) => (typeof one === "string" ? one : "language" in one ? fenced(one.value) : one.value));
  return signatureIn(texts);
}

/** A provider that fails has no answer. */
async function ask<T>(command: string, ...args: unknown[]): Promise<T | undefined> {
  try {
    return await vscode.commands.executeCommand<T>(command, ...args);
  } catch {
    return undefined;
  }
}

function fenced(code: string): string {
  return `\`\`\`\n${code}\n\`\`\``;
}

/** The first block of code in texts of Markdown, without its fence. */
export function signatureIn(texts: readonly string[]): string {
  for (const text of texts) {
    const code = /^(`{3,})[^\n`]*\n([\s\S]*?)\n?\1/m.exec(text)?.[2]?.trim();
    if (code) {
      return code.slice(0, LONGEST_SIGNATURE);
    }
  }
  return "";
}

function plain(position: vscode.Position): Plain {
  return { line: position.line, character: position.character };
}
