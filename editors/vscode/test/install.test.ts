import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { bundled, environmentsIn, markUsed, pythonIn, removeUnused } from "../src/server/environments";
import { InstallFailed, install, pipRemedy, venvRemedy } from "../src/server/install";

let root = "";
const said: string[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "autothink-install-"));
  said.length = 0;
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** An extension's folder with a wheel of this content. */
async function extension(content: string) {
  const folder = join(root, "extension");
  await mkdir(join(folder, "server"), { recursive: true });
  await writeFile(join(folder, "server", "autothink_lsp-0.1.0-py3-none-any.whl"), content);
  await writeFile(join(folder, "server", "constraints.txt"), "attrs==26.1.0\n");
  const bundle = await bundled(folder);
  if (bundle === undefined) {
    throw new Error("no bundle");
  }
  return bundle;
}

/** A program that stands in for Python: it says a version, makes the environment's folders, and then does `pip`. */
async function python(name: string, version: string, pip = "exit 0") {
  const folder = join(root, "bin");
  await mkdir(folder, { recursive: true });
  const script = `#!/bin/sh
case "$*" in
  *version_info*) echo ${version} ;;
  *venv*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python"; pwd >> ${join(root, "cwd")} ;;
  *pip*) echo "$@" >> ${join(root, "pip-calls")}; ${pip} ;;
esac
`;
  await writeFile(join(folder, name), script);
  await chmod(join(folder, name), 0o755);
  return `${folder}:/usr/bin:/bin`;
}

const how = (path: string) => ({ say: (step: string) => void said.push(step), log: () => {}, path });

describe("install", () => {
  it("makes an environment of the wheel, with its versions, once", async () => {
    const bundle = await extension("one");
    const path = await python("python3.13", "3 13");
    const storage = join(root, "storage");
    const made = await install(storage, bundle, how(path));
    expect(await environmentsIn(storage)).toEqual([made]);
    expect(await readFile(join(root, "pip-calls"), "utf8")).toContain(
      `${bundle.wheel}[embedded,checkers] -c ${bundle.constraints}`,
    );
    expect(said).toEqual([`creating an environment with ${join(root, "bin", "python3.13")}`, "installing packages"]);
    expect(pythonIn(made)).toBe(join(made.folder, "bin", "python"));
  });

  it("starts programs in its own folder, not in the one that is open", async () => {
    const storage = join(root, "storage");
    await install(storage, await extension("one"), how(await python("python3.13", "3 13")));
    expect((await readFile(join(root, "cwd"), "utf8")).trim()).toBe(await realpath(storage));
  });

  it("keeps those of other windows that were used within a week", async () => {
    const path = await python("python3.13", "3 13");
    const storage = join(root, "storage");
    const old = await install(storage, await extension("one"), how(path));
    const made = await install(storage, await extension("two"), how(path));
    expect((await environmentsIn(storage)).map((one) => one.key).sort()).toEqual([old.key, made.key].sort());
    await removeUnused(storage, made, Date.now());
    expect(await readdir(storage)).toHaveLength(2);
    await removeUnused(storage, made, Date.now() + 8 * 24 * 3600_000);
    expect(await environmentsIn(storage)).toEqual([made]);
    await markUsed(old); // it is gone: no error
  });

  it("can be made by two windows at once", async () => {
    const path = await python("python3.13", "3 13");
    const storage = join(root, "storage");
    const bundle = await extension("one");
    const both = await Promise.all([install(storage, bundle, how(path)), install(storage, bundle, how(path))]);
    expect(await environmentsIn(storage)).toHaveLength(2);
    for (const one of both) {
      expect(await readFile(pythonIn(one), "utf8")).toContain("version_info");
    }
  });

  it("leaves the old one where the new one fails, and nothing half-made", async () => {
    const storage = join(root, "storage");
    const old = await install(storage, await extension("one"), how(await python("python3.13", "3 13")));
    const path = await python("python3.13", "3 13", "echo 'No space left on device' >&2; exit 1");
    const failed = await install(storage, await extension("two"), how(path)).catch((error) => error);
    expect(failed).toBeInstanceOf(InstallFailed);
    expect(failed.message).toBe("AutoThink: pip could not install the server.");
    expect(failed.detail).toBe("No space left on device The disk is full.");
    expect(await environmentsIn(storage)).toEqual([old]);
    expect(await readdir(storage)).toHaveLength(1);
  });

  it("passes over what is too old, and says what it found", async () => {
    const path = await python("python3", "3 9");
    const failed = await install(join(root, "storage"), await extension("one"), how(path.split(":")[0] ?? "")).catch(
      (error) => error,
    );
    expect(failed.message).toBe("AutoThink: Python 3.11 or later is needed.");
    expect(failed.detail).toContain("python3 is 3.9");
  });

  it("can be given up", async () => {
    const path = await python("python3.13", "3 13", "exec sleep 60");
    const aborting = new AbortController();
    const say = (step: string) => {
      if (step.startsWith("installing")) {
        aborting.abort();
      }
    };
    const storage = join(root, "storage");
    const running = install(storage, await extension("one"), { ...how(path), say, signal: aborting.signal });
    await expect(running).rejects.toMatchObject({ detail: "cancelled" });
    expect(await readdir(storage)).toEqual([]);
  });
});

it("knows a copy without a server", async () => {
  expect(await bundled(root)).toBeUndefined();
});

it("has a remedy for what usually goes wrong", () => {
  expect(venvRemedy("ensurepip is not available.")).toContain("python3-venv");
  expect(pipRemedy("ERROR: No matching distribution found for pygls")).toContain("PyPI");
  expect(pipRemedy("something else")).toBe("");
});
