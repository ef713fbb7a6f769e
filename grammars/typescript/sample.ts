import type { Server } from "node:http";
import fs, { readFile as read } from "node:fs";
import path = require("path");

/* Units are pixels. */
export interface Size {
  width: number;
  height?: number;
  area(): number;
}

export type Name = string | undefined;

enum Color {
  Red = "red",
  Green = "green",
}

const LIMIT: number = 10;

export async function load(file: string, size?: Size): Promise<string> {
  // read it whole
  const text = await read(file, { encoding: "utf8" });
  return `loaded ${text.length} of ${file}`;
}

export abstract class Shape<T extends Size> implements Drawable {
  private readonly sides: number = 4;

  constructor(protected size: T) {
    super();
  }

  abstract draw(): void;

  scale = (factor: number): number => {
    return factor * this.sides;
  };

  get name(): string {
    return 'shape';
  }
}

namespace Geometry {
  export const unit = 1;
}

declare function external(x: number): void;
