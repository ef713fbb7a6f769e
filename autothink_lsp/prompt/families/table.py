"""Every family, the likeliest of those that spell their tokens alike first. To add one: a file beside this and a line
here.
"""

from __future__ import annotations

from autothink_lsp.prompt.families.aixcoder import AIXCODER
from autothink_lsp.prompt.families.codegemma import CODEGEMMA
from autothink_lsp.prompt.families.codellama import CODELLAMA
from autothink_lsp.prompt.families.codeqwen import CODEQWEN
from autothink_lsp.prompt.families.codestral import CODESTRAL
from autothink_lsp.prompt.families.deepseek import DEEPSEEK
from autothink_lsp.prompt.families.glm import CODEGEEX4, GLM4
from autothink_lsp.prompt.families.granite import GRANITE3, GRANITE4
from autothink_lsp.prompt.families.mellum import MELLUM
from autothink_lsp.prompt.families.plain import PLAIN
from autothink_lsp.prompt.families.qwen import QWEN3, QWEN_CODER
from autothink_lsp.prompt.families.seed_coder import SEED_CODER
from autothink_lsp.prompt.families.starcoder import STABLE_CODE, STARCODER
from autothink_lsp.prompt.family import FimFamily

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
