"""Fill-in-the-middle prompts: model families, detection of the family, rendering, token healing, budgets."""
