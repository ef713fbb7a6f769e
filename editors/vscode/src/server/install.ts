// Makes the extension's own environment from the wheel that it brings: with uv where that is there, else with a Python.

import { mkdir } from "node:fs/promises";

import { lastLine, type Ran, run } from "./ask";
import { type Bundle, type Environment, placeToBuild, pythonIn, remove, settle } from "./environments";
import { programOnPath } from "./path";

const LEAST = [3, 11] as const;
const WINDOWS = process.platform === "win32";
const NAMES = ["python3.13", "python3.12", "python3.11", "python3.14", "python3", "python", ...(WINDOWS ? ["py"] : [])];
const LOOK_MS = 20_000;
const INSTALL_MS = 20 * 60_000;

/** Why there is no environment: a sentence, and what to do or what the program said. */
export class InstallFailed extends Error {
  constructor(
    message: string,
    readonly detail: string,
  ) {
    super(message);
  }
}

export interface Installing {
  /** A step, in words for the user. */
  readonly say: (step: string) => void;
  /** What the programs print. */
  readonly log: (text: string) => void;
  readonly signal?: AbortSignal;
  readonly path?: string; // to look for programs in; the process's own if missing
  /** Interpreters to try before those of the path, such as the one selected in the workspace. */
  readonly preferred?: readonly string[];
}

/** Programs look for modules and settings where they are started: not in the folder that is open. */
interface Placed extends Installing {
  readonly cwd: string;
}

/** Make the environment for this bundle, or raise InstallFailed. What was there stays as it is; a half-made one goes. */
export async function install(storage: string, bundle: Bundle, how: Installing): Promise<Environment> {
  await mkdir(storage, { recursive: true });
  const building = placeToBuild(storage, bundle);
  try {
    await make(building, bundle, { ...how, cwd: storage });
    return await settle(storage, building);
  } catch (error) {
    await remove(building);
    throw error;
  }
}

async function make(environment: Environment, bundle: Bundle, how: Placed): Promise<void> {
  const what = [`${bundle.wheel}[embedded,checkers]`, "-c", bundle.constraints];
  const path = how.path ?? process.env.PATH ?? "";
  const uv = await programOnPath("uv", path);
  if (uv !== undefined) {
    how.say("creating an environment with uv");
    await must(
      [uv, "venv", "--no-python-downloads", "--python", `>=${LEAST.join(".")}`, environment.folder],
      how,
      "uv could not create the environment",
    );
    how.say("installing packages");
    await must(
      [uv, "pip", "install", "--python", pythonIn(environment), ...what],
      how,
      "uv could not install the server",
    );
    return;
  }
  const python = await findPython([...(how.preferred ?? []), ...(await pythonsOn(path))], how.cwd);
  how.say(`creating an environment with ${python}`);
  await must(
    [python, "-P", "-m", "venv", environment.folder],
    how,
    "Python could not create the environment",
    venvRemedy,
  );
  how.say("installing packages");
  const pip = [pythonIn(environment), "-P", "-m", "pip", "--disable-pip-version-check", "--no-input", "install"];
  await must([...pip, ...what], how, "pip could not install the server", pipRemedy);
}

async function pythonsOn(path: string): Promise<string[]> {
  const found = await Promise.all(NAMES.map((name) => programOnPath(name, path)));
  return found.filter((one) => one !== undefined);
}

/** The first interpreter that is new enough. */
async function findPython(candidates: readonly string[], cwd: string): Promise<string> {
  const seen: string[] = [];
  for (const python of candidates) {
    const ran = await run([python, "-c", "import sys; print(*sys.version_info[:2])"], { timeoutMs: LOOK_MS, cwd });
    const [major = 0, minor = 0] = ran.output.trim().split(" ").map(Number);
    if (ran.status === 0 && (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]))) {
      return python;
    }
    seen.push(
      ran.status === 0 ? `${python} is ${major}.${minor}` : `${python}: ${ran.failure || lastLine(ran.errors)}`,
    );
  }
  const detail = seen.length > 0 ? `Found: ${seen.join("; ")}.` : "None was found on the PATH.";
  throw new InstallFailed(
    `AutoThink: Python ${LEAST.join(".")} or later is needed.`,
    `${detail} Install Python, or set autothink.server.python to an interpreter that has autothink-lsp installed.`,
  );
}

async function must(
  command: readonly string[],
  how: Placed,
  failure: string,
  remedy: (output: string) => string = () => "",
): Promise<void> {
  how.log(`> ${command.join(" ")}`);
  const ran = await run(command, { timeoutMs: INSTALL_MS, cwd: how.cwd, signal: how.signal, heard: how.log });
  if (ran.status !== 0) {
    throw new InstallFailed(`AutoThink: ${failure}.`, `${reason(ran)} ${remedy(ran.output + ran.errors)}`.trim());
  }
}

function reason(ran: Ran): string {
  return `${ran.failure || lastLine(ran.errors) || lastLine(ran.output)}`.slice(0, 300);
}

/** Debian parts `venv` from Python. */
export function venvRemedy(output: string): string {
  return /ensurepip is not|python3[\d.]*-venv/.test(output) ? "On Debian and Ubuntu: apt install python3-venv." : "";
}

export function pipRemedy(output: string): string {
  if (/No space left on device/i.test(output)) {
    return "The disk is full.";
  }
  const offline =
    /Temporary failure in name resolution|Failed to establish a new connection|ConnectionError|Could not find a version|No matching distribution/;
  return offline.test(output) ? "Check the connection to PyPI or to the package index that pip is configured for." : "";
}
