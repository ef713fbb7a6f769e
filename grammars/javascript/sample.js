#!/usr/bin/env node
import fs from "node:fs";
import { join, resolve as abs } from "node:path";
import * as util from "node:util";
import "./side-effect.js";
const http = require("http");

/** A block comment. */
const LIMIT = 10;
let counter = 0;

export function area(width, height = 1) {
  // a line comment
  if (width > LIMIT) {
    return `size ${width * height} px`;
  }
  return width * height;
}

const double = (x) => {
  return x * 2;
};

export default class Shape extends Base {
  #sides = 4;

  constructor(sides) {
    super();
    this.#sides = sides;
  }

  get name() {
    return 'shape';
  }

  static async load(path) {
    for (const line of await read(path)) {
      console.log(line, /a+b/g);
    }
  }
}

function* walk(tree) {
  yield <Item key={tree.id}>text</Item>;
}
