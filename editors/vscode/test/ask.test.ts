import { describe, expect, it } from "vitest";

import { lastLine, run } from "../src/server/ask";
import { programOnPath } from "../src/server/path";

const NODE = process.execPath;

describe("run", () => {
  it("keeps status, output and errors", async () => {
    const script = "console.log('out'); console.error('err'); process.exit(3)";
    const heard: string[] = [];
    const ran = await run([NODE, "-e", script], { timeoutMs: 20_000, heard: (text) => heard.push(text) });
    expect(ran).toEqual({ status: 3, output: "out\n", errors: "err\n", failure: "" });
    expect(heard.join("")).toContain("out");
  });

  it("does not throw where there is no such program", async () => {
    const ran = await run(["/no/such/program"], { timeoutMs: 20_000 });
    expect(ran).toMatchObject({ status: undefined, failure: "there is no such program" });
  });

  it("does not throw for a name that cannot be one", async () => {
    expect((await run(["a\0b"], { timeoutMs: 20_000 })).failure).toContain("null bytes");
    expect((await run(["/etc/hostname/python"], { timeoutMs: 20_000 })).status).toBeUndefined();
  });

  it("does not wait longer than it may", async () => {
    const ran = await run([NODE, "-e", "setInterval(() => {}, 1000)"], { timeoutMs: 200 });
    expect(ran).toMatchObject({ status: undefined, failure: "no answer within 0.2 s" });
  });

  it("gives up when it is told to", async () => {
    const aborting = new AbortController();
    const running = run([NODE, "-e", "setInterval(() => {}, 1000)"], { timeoutMs: 20_000, signal: aborting.signal });
    aborting.abort();
    expect(await running).toMatchObject({ status: undefined, failure: "cancelled" });
  });

  it("says that nothing was named", async () => {
    expect(await run([], { timeoutMs: 1 })).toMatchObject({ failure: "no program was named" });
  });
});

it("finds programs in absolute folders only", async () => {
  const folder = NODE.slice(0, NODE.lastIndexOf("/"));
  expect(await programOnPath("node", `.:relative:${folder}`)).toBe(`${folder}/node`);
  expect(await programOnPath("node", "relative")).toBeUndefined();
});

it("takes the last line that says something", () => {
  expect(lastLine("one\ntwo \n\n")).toBe("two");
  expect(lastLine("")).toBe("");
});
