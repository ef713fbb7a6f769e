"""The published shapes of secrets, as data: what a token of each issuer looks like. Decides nothing about names.

To add a kind: a line here. ``literals`` are texts of which one must be there (looked for first, since that costs a
microsecond where a regular expression costs a hundred); where the pattern has a group, only the group is the secret.
"""

from __future__ import annotations

import re

from attrs import frozen


@frozen
class SecretKind:
    """One issuer's shape."""

    name: str
    literals: tuple[str, ...]
    pattern: re.Pattern[str]


_NOT_BEFORE = r"(?<![A-Za-z0-9])"
# What may stand between the lines of a key that is written into code or YAML; no bracket, so that code is never taken.
_KEY_TEXT = r"""[A-Za-z0-9+/=\s\\"',:;+#*.|>-]"""


def _kind(name: str, literals: str, pattern: str) -> SecretKind:
    return SecretKind(name, tuple(literals.split(" ")), re.compile(pattern))


def _token(name: str, literals: str, rest: str) -> SecretKind:
    """A token that begins with one of the literals."""
    heads = "|".join(re.escape(one) for one in literals.split(" "))
    return _kind(name, literals, f"{_NOT_BEFORE}(?:{heads}){rest}")


KEY_MARK = "PRIVATE KEY"
KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
KEY_BLOCK = re.compile(rf"{KEY_BEGIN.pattern}{_KEY_TEXT}{{1,8000}}?{KEY_END.pattern}")
# One line of a key of which the beginning or the end is not shown.
KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{16,}")
LONGEST_KEY_LINE = 200
# A window may show the middle of a key alone: lines that are nothing but base64, three of them or more.
BASE64_RUN = re.compile(r"[A-Za-z0-9+/]{44}")
BASE64_LINES = re.compile(
    r"""(?:^[ \t]*(?:[#*|>]|//)?[ \t]*["']?[A-Za-z0-9+/]{44,}={0,2}(?:\\n)?["']?[ \t]*[+,;\\]?[ \t]*\r?$\n?){3,}""",
    re.MULTILINE,
)

SHAPES: tuple[SecretKind, ...] = (
    _token("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{20,255}"),
    _token("GitHub fine-grained token", "github_pat_", r"[A-Za-z0-9_]{30,255}"),
    _token("GitLab token", "glpat- gldt- glrt- glptt- glcbt- glsoat-", r"[A-Za-z0-9_.-]{18,}"),
    _token("AWS access key", "AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _token("Google API key", "AIza", r"[A-Za-z0-9_-]{30,}"),
    _token("Google OAuth token", "ya29.", r"[A-Za-z0-9_-]{20,}"),
    _token("Google client secret", "GOCSPX-", r"[A-Za-z0-9_-]{20,}"),
    _token("Slack token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", r"[A-Za-z0-9-]{10,}"),
    _kind("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_+-]{20,})"),
    _kind("Discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{6,}/([A-Za-z0-9_-]{20,})"),
    _token("Stripe key", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"[A-Za-z0-9]{16,}"),
    _token("OpenAI or Anthropic key", "sk-", r"(?:[a-z0-9]{2,10}-)*[A-Za-z0-9_-]{20,}"),
    _token("Hugging Face token", "hf_ api_org_", r"[A-Za-z0-9]{25,}"),
    _token("npm token", "npm_", r"[A-Za-z0-9]{30,}"),
    _token("PyPI token", "pypi-", r"[A-Za-z0-9_-]{30,}"),
    _token("RubyGems token", "rubygems_", r"[a-f0-9]{30,}"),
    _kind("JSON web token", "eyJ", rf"{_NOT_BEFORE}eyJ[A-Za-z0-9_-]{{8,}}\.eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]*"),
    _kind("SendGrid key", "SG.", rf"{_NOT_BEFORE}SG\.[A-Za-z0-9_-]{{16,}}\.[A-Za-z0-9_-]{{16,}}"),
    _token("Twilio key", "SK", r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    _kind("Telegram bot token", ":AA", rf"{_NOT_BEFORE}\d{{8,10}}:AA[A-Za-z0-9_-]{{30,}}"),
    _token("Shopify token", "shpat_ shpca_ shppa_ shpss_", r"[A-Fa-f0-9]{30,}"),
    _token("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"[a-f0-9]{40,}"),
    _token("Databricks token", "dapi", r"[a-f0-9]{32}(?:-\d)?"),
    _token("Mailgun key", "key-", r"[a-f0-9]{32}(?![A-Za-z0-9])"),
    _kind("Mailchimp key", "-us", rf"{_NOT_BEFORE}[a-f0-9]{{32}}-us\d{{1,2}}"),
    _token("Square token", "sq0atp- sq0csp- sq0idp- EAAA", r"[A-Za-z0-9_-]{22,}"),
    _token("Linear key", "lin_api_ lin_oauth_", r"[A-Za-z0-9]{30,}"),
    _token("Atlassian token", "ATATT3 ATCTT3 ATBB", r"[A-Za-z0-9_=-]{24,}"),
    _token("Doppler token", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[A-Za-z0-9._-]{30,}"),
    _token("Vault token", "hvs. hvb. hvr.", r"[A-Za-z0-9_-]{20,}"),
    _token("age key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{40,}"),
    _token("New Relic key", "NRAK- NRJS- NRII-", r"[A-Za-z0-9_-]{19,}"),
    _token("Grafana token", "glc_ glsa_", r"[A-Za-z0-9_+/=-]{30,}"),
    _token("Docker token", "dckr_pat_ dckr_oat_", r"[A-Za-z0-9_-]{20,}"),
    _token("Postman key", "PMAK-", r"[a-f0-9]{20,}-[a-f0-9]{30,}"),
    _token("Figma token", "figd_", r"[A-Za-z0-9_-]{30,}"),
    _token("Notion token", "ntn_", r"[A-Za-z0-9]{40,}"),
    _token("Groq or Replicate or xAI key", "gsk_ r8_ xai- pplx- nvapi-", r"[A-Za-z0-9_-]{30,}"),
    _token("Sentry token", "sntrys_ sntryu_", r"[A-Za-z0-9_+/=-]{30,}"),
    _kind("Terraform token", ".atlasv1.", rf"{_NOT_BEFORE}[A-Za-z0-9]{{10,40}}\.atlasv1\.[A-Za-z0-9_-]{{40,}}"),
    _kind("Azure storage key", "AccountKey= SharedAccessKey=", r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/=]{20,})"),
    _kind("Azure shared signature", "sig=", r"[?&;]sig=([A-Za-z0-9%+/=_-]{30,})"),
    _kind("password in an address", "://", r"""://[^\s/:@"'`<>]{0,80}:(?!\$|\{|%[sd]|<)([^\s/@"'`<>]{3,200})@"""),
    _kind(
        "authorization header",
        "earer asic",
        r"(?:[Bb]earer|[Bb]asic)[ \t]+(?![<{$%])(?=[^\s\"'`]*\d)([A-Za-z0-9._~+/=-]{16,})",
    ),
    _kind("command line password", "-u", r"""(?<![\w-])-u[ \t]+["']?[\w.@-]+:(?!\$|\{)([^\s"'`]{4,})"""),
)

# How tokens begin: somebody may be typing one. Long enough that no ordinary word begins so.
_HEADS = sorted(
    {literal for kind in SHAPES if kind.pattern.pattern.startswith(_NOT_BEFORE + "(?:") for literal in kind.literals}
    - {"SK", "sk-", "key-", "dapi", "EAAA", "hf_", "api_org_"}
)
BEGUN = re.compile(
    f"{_NOT_BEFORE}(?:"
    f"(?:{'|'.join(map(re.escape, _HEADS))})[A-Za-z0-9_.=/+-]{{2,}}"
    r"|(?:sk-(?:ant|proj|svcacct)-|SG\.)[A-Za-z0-9_.-]{2,}|eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,2}"
    r"|hf_(?=[A-Za-z0-9]*[\dA-Z])[A-Za-z0-9]{4,}|(?:SK|dapi|key-)(?=[0-9a-f]*\d)[0-9a-f]{6,}|\d{8,10}:A[A-Za-z0-9_-]*"
    r"|[Bb]earer[ \t]+(?![<{$%])[^\s\"'`]{4,}"
    r")\Z"
    r"|://[^\s/:@\"'`<>]+:(?=\d*[^\d\s])[^\s/@\"'`<>]+\Z"
)
