"""Makes scripted-outcomes.jsonl: 200 tasks of known difficulty, from a fixed seed. No model has anything to do with it.

Half are trivial (a quick attempt passes), a fifth pass at a retry that is told the message, 15 % need a thought, 5 % a
long one, 5 % are spoilt by thinking, 5 % are beyond every mode. Signals follow the difficulty, with noise, as a real
checker's messages do. Tokens and seconds are in the proportions of the public data
(``docs/reference/autothink-format.md``, section 11).
"""

import json
import random
from pathlib import Path

CLASSES = {
    # name: share, who passes (off, retry, on-low, on-medium), likely families
    "trivial": (0.50, (1, 1, 1, 1), ("undefined", "unused", "import", "syntax", "type")),
    "message": (0.20, (0, 1, 1, 1), ("type", "attribute", "arguments", "other")),
    "thought": (0.15, (0, 0, 1, 1), ("wrong_result", "none", "ownership", "type")),
    "long": (0.05, (0, 0, 0, 1), ("race", "wrong_result", "ownership")),
    "spoilt": (0.05, (1, 1, 0, 0), ("attribute", "type", "arguments")),
    "beyond": (0.05, (0, 0, 0, 0), ("wrong_result", "other")),
}


def main() -> None:
    rng = random.Random(20261124)
    rows = []
    for name, (share, passes, families) in CLASSES.items():
        for _ in range(round(200 * share)):
            hard = name in {"thought", "long", "beyond"}
            answer = rng.randint(40, 160)
            think = (rng.randint(200, 800), rng.randint(600, 1800))
            modes = {}
            for mode, passed, thought in zip(
                ("off", "retry", "on-low", "on-medium"), passes, (0, 0, *think), strict=True
            ):
                tokens = answer + thought
                modes[mode] = {
                    "passed": bool(passed),
                    "think_tokens": thought,
                    "answer_tokens": answer,
                    "seconds": round(0.4 + tokens / 40, 2),
                }
            rows.append(
                {
                    "class": name,
                    "signals": {
                        "families": [rng.choice(families)],
                        "cursor": rng.choice(["condition", "loop", "operator"] if hard else ["code", "arguments"]),
                        "scope": {
                            "lines": rng.randint(5, 90 if hard else 40),
                            "branches": rng.randint(0, 8 if hard else 3),
                        },
                        "decode_tokens_per_s": 40.0,
                    },
                    "modes": modes,
                    "judge_mode": "on" if rng.random() < (0.8 if hard else 0.35) else "off",
                    "judge_tokens": rng.randint(20, 45),
                }
            )
    rng.shuffle(rows)
    lines = [json.dumps({"id": f"scripted/{number}", **row}) for number, row in enumerate(rows)]
    Path(__file__).with_name("scripted-outcomes.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
