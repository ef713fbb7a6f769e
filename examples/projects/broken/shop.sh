#!/usr/bin/env bash
total() {
  local result=0
  for price in "$@"; do
    result=$((result + prices))
  done
  echo "$result"
}
