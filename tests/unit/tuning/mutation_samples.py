"""A function or two in each language, and the operators that must find something to change in it."""

from __future__ import annotations

COMMON = "comparison arithmetic boolean off-by-one lost-guard lost-return wrong-name swapped-arguments lost-bracket"

# Language -> (code, operators that apply).
SAMPLES: dict[str, tuple[str, str]] = {
    "python": (
        """\
import json
from os import path


async def totals(values, limit):
    if not values:
        return 0
    result = 0
    for value in values:
        if value < limit and value != 3:
            result = result + value * 2
        elif value is not None or value in values:
            result -= 1
    ready = await wait(result, limit)
    return ready
""",
        f"{COMMON} lost-not lost-await typo lost-import lost-colon",
    ),
    "javascript": (
        """\
import { wait } from "./wait.js";

async function totals(values, limit) {
  if (!values) {
    return 0;
  }
  let result = 0;
  for (const value of values) {
    if (value < limit && value !== 3) {
      result = result + value * 2;
    }
  }
  const ready = await wait(result, limit);
  return ready;
}
""",
        f"{COMMON} lost-not lost-await typo lost-import",
    ),
    "typescript": (
        """\
import { wait } from "./wait";

export async function totals(values: number[], limit: number): Promise<number> {
  if (!values) {
    return 0;
  }
  let result = 0;
  for (const value of values) {
    if (value < limit && value !== 3) {
      result = result + value * 2;
    }
  }
  const ready = await wait(result, limit);
  return ready;
}
""",
        f"{COMMON} lost-not lost-await typo lost-import",
    ),
    "tsx": (
        """\
import { wait } from "./wait";

export async function totals(values: number[], limit: number): Promise<number> {
  if (!values) {
    return 0;
  }
  let result = 0;
  for (const value of values) {
    if (value < limit && value !== 3) {
      result = result + value * 2;
    }
  }
  const ready = await wait(result, limit);
  return ready;
}
""",
        f"{COMMON} lost-not lost-await typo lost-import",
    ),
    "go": (
        """\
package totals

import "fmt"

func Totals(values []int, limit int) int {
	if !ready(values, limit) {
		return 0
	}
	result := 0
	for _, value := range values {
		if value < limit && value != 3 {
			result = result + value*2
		}
	}
	fmt.Println(result, limit)
	return result
}
""",
        f"{COMMON} lost-not typo lost-import",
    ),
    "rust": (
        """\
use std::fmt;

async fn totals(values: &[i32], limit: i32) -> i32 {
    if !ready(values, limit) {
        return 0;
    }
    let mut result = 0;
    for value in values {
        if *value < limit && *value != 3 {
            result = result + value * 2;
        }
    }
    let other = wait(result, limit).await;
    return other;
}
""",
        f"{COMMON} lost-not lost-await typo lost-import",
    ),
    "java": (
        """\
import java.util.List;

class Totals {
    static int totals(List<Integer> values, int limit) {
        if (!ready(values, limit)) {
            return 0;
        }
        int result = 0;
        for (int value : values) {
            if (value < limit && value != 3) {
                result = result + value * 2;
            }
        }
        return result;
    }
}
""",
        f"{COMMON} lost-not typo lost-import",
    ),
    "c": (
        """\
#include <stdio.h>

int totals(const int *values, int count, int limit) {
    if (!ready(values, limit)) {
        return 0;
    }
    int result = 0;
    for (int index = 0; index < count; index++) {
        if (values[index] < limit && values[index] != 3) {
            result = result + values[index] * 2;
        }
    }
    return result;
}
""",
        f"{COMMON} lost-not typo",
    ),
    "cpp": (
        """\
#include <vector>

int totals(const std::vector<int>& values, int limit) {
    if (!ready(values, limit)) {
        return 0;
    }
    int result = 0;
    for (int value : values) {
        if (value < limit && value != 3) {
            result = result + value * 2;
        }
    }
    return result;
}
""",
        f"{COMMON} lost-not typo lost-import",
    ),
    "csharp": (
        """\
using System;

class Totals {
    static async Task<int> Sum(int[] values, int limit) {
        if (!Ready(values, limit)) {
            return 0;
        }
        int result = 0;
        foreach (int value in values) {
            if (value < limit && value != 3) {
                result = result + value * 2;
            }
        }
        int other = await Wait(result, limit);
        return other;
    }
}
""",
        (
            "comparison arithmetic boolean off-by-one lost-guard wrong-name swapped-arguments lost-bracket lost-not"
            " lost-await typo lost-import"
        ),
    ),
    "ruby": (
        """\
require "json"

def totals(values, limit)
  return 0 if !values

  result = 0
  values.each do |value|
    if value < limit && value != 3
      result = result + value * 2
    end
  end
  show(result, limit)
  return result
end
""",
        f"{COMMON} lost-not typo lost-import",
    ),
    "php": (
        """\
<?php
use Some\\Name;

function totals($values, $limit) {
    if (!$values) {
        return 0;
    }
    $result = 0;
    foreach ($values as $value) {
        if ($value < $limit && $value !== 3) {
            $result = $result + $value * 2;
        }
    }
    show($result, $limit);
    return $result;
}
""",
        f"{COMMON} lost-not typo lost-import",
    ),
    "lua": (
        """\
local json = require("json")

local function totals(values, limit)
  if not values then
    return 0
  end
  local result = 0
  for _, value in ipairs(values) do
    if value < limit and value ~= 3 then
      result = result + value * 2
    end
  end
  show(result, limit)
  return result
end
""",
        "comparison arithmetic boolean off-by-one lost-guard wrong-name swapped-arguments lost-bracket lost-not typo",
    ),
    "kotlin": (
        """\
import java.io.File

fun totals(values: List<Int>, limit: Int): Int {
    if (!ready(values, limit)) {
        return 0
    }
    var result = 0
    for (value in values) {
        if (value < limit && value != 3) {
            result = result + value * 2
        }
    }
    return result
}
""",
        f"{COMMON} lost-not typo lost-import",
    ),
    "swift": (
        """\
import Foundation

func totals(values: [Int], limit: Int) async -> Int {
    if !ready(values, limit) {
        return 0
    }
    var result = 0
    for value in values {
        if value < limit && value != 3 {
            result = result + value * 2
        }
    }
    let other = await wait(result, limit)
    return other
}
""",
        f"{COMMON} lost-not lost-await typo lost-import",
    ),
    "scala": (
        """\
import scala.collection.mutable

def totals(values: List[Int], limit: Int): Int = {
  if (!ready(values, limit)) {
    return 0
  }
  var result = 0
  for (value <- values) {
    if (value < limit && value != 3) {
      result = result + value * 2
    }
  }
  return result
}
""",
        f"{COMMON} lost-not typo lost-import",
    ),
    "zig": (
        """\
const std = @import("std");

fn totals(values: []const i32, limit: i32) i32 {
    if (limit == 0) {
        return 0;
    }
    var result: i32 = 0;
    for (values) |value| {
        if (value < limit and value != 3) {
            result = result + value * 2;
        }
    }
    const other = add(result, limit);
    return other;
}
""",
        f"{COMMON} typo lost-import",
    ),
    "bash": (
        """\
totals() {
  local limit="$1"
  if [[ -z "$limit" ]]; then
    return 0
  fi
  if [[ "$limit" -lt 3 && "$2" != "x" ]]; then
    show "$limit" 4
  fi
}
""",
        "comparison boolean off-by-one lost-guard",
    ),
}
