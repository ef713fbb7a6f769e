"""The table of all FIM families. Of families with the same tokens, the most common comes first.

To add a family, add a file beside this one and a line here.
"""

from __future__ import annotations

from autothink_lsp.prompt.fim.families.aixcoder import AIXCODER
from autothink_lsp.prompt.fim.families.codegemma import CODEGEMMA
from autothink_lsp.prompt.fim.families.codellama import CODELLAMA
from autothink_lsp.prompt.fim.families.codeqwen import CODEQWEN
from autothink_lsp.prompt.fim.families.codestral import CODESTRAL
from autothink_lsp.prompt.fim.families.deepseek import DEEPSEEK
from autothink_lsp.prompt.fim.families.glm import CODEGEEX4, GLM4
from autothink_lsp.prompt.fim.families.granite import GRANITE3, GRANITE4
from autothink_lsp.prompt.fim.families.mellum import MELLUM
from autothink_lsp.prompt.fim.families.plain import PLAIN
from autothink_lsp.prompt.fim.families.qwen import QWEN3, QWEN_CODER
from autothink_lsp.prompt.fim.families.seed_coder import SEED_CODER
from autothink_lsp.prompt.fim.families.starcoder import STABLE_CODE, STARCODER
from autothink_lsp.prompt.fim.family import FimFamily

FAMILIES: tuple[FimFamily, ...] = (
    QWEN_CODER,
    QWEN3,
    CODEGEMMA,
    GRANITE4,
    STARCODER,
    STABLE_CODE,
    CODEQWEN,
    GRANITE3,
    MELLUM,
    DEEPSEEK,
    CODESTRAL,
    CODELLAMA,
    SEED_CODER,
    GLM4,
    CODEGEEX4,
    AIXCODER,
    PLAIN,
)
