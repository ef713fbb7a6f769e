"""Formats of secrets that issuers have published, as data. Names that indicate a secret are in ``secret_names.py``.

Sources of the formats: the issuers' documentation, and the rule lists of gitleaks, detect-secrets and TruffleHog.

To add a kind, add a line. A pattern is tried only if the text contains one of its ``literals``: searching a literal
costs about 50 ns in 1,000 characters, a regular expression up to a hundred times as much. If a pattern has groups, only
the group that matched is the secret. Every pattern takes time linear in the text: a repetition followed by more of the
pattern has an upper bound, and one without a bound ends its pattern.
"""
# ruff: noqa: E501, S105 - a table of regular expressions and names

from __future__ import annotations

import re

from autothink_lsp.values import frozen


@frozen(eq=False)
class SecretKind:
    """The format of one issuer's secrets."""

    name: str
    literals: tuple[str, ...]
    pattern: re.Pattern[str]
    in_word: bool = False  # the literal and the secret are in one word of ``WORD_CHARS``


# A word of characters that occur in tokens, long enough for a token.
LONG_WORD = re.compile(r"[A-Za-z0-9_+/=.~-]{15,}+")
_NOT_BEFORE = r"(?<![A-Za-z0-9])"


def _kind(name: str, literals: str, pattern: str, *, in_word: bool = False) -> SecretKind:
    return SecretKind(name, tuple(literals.split()), re.compile(pattern), in_word)


def _token(name: str, literals: str, rest: str) -> SecretKind:
    """A token that begins with one of the literals."""
    heads = "|".join(re.escape(one) for one in literals.split())
    return _kind(name, literals, f"{_NOT_BEFORE}(?:{heads}){rest}", in_word=True)


KEY_MARK = "PRIVATE KEY"
KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
# Text between the lines of a key that is written in code or YAML; without brackets, so that code never matches.
KEY_TEXT = re.compile(r"""[A-Za-z0-9+/=\s\\"',:;+#*.|>-]+""")
# The rest of a key after its beginning on the same line, with line breaks as escapes.
KEY_REST = re.compile(r"(?>(?:\\{1,4}[nr])+)[A-Za-z0-9+/=]{4}(?>(?:\\{1,4}[nr]|[A-Za-z0-9+/=-])*)")
LONGEST_KEY_CHARS = 16_000
# One line of a key whose beginning or end is not in the text.
KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{16,}")
LONGEST_KEY_LINE = 200
# A window may contain only the middle of a key: at least three lines that consist of base64.
BASE64_RUN = re.compile(r"[A-Za-z0-9+/]{44}")
BASE64_LINES = re.compile(
    r"""(?>(?:^[ \t]*+(?:[#*|>]|//)?[ \t]*+["']?[A-Za-z0-9+/]{44,}+={0,2}(?:\\n)?["']?[ \t]*+[+,;\\]?[ \t]*+\r?$\n?){3,})""",
    re.MULTILINE,
)
# The end of a token: characters that may not follow a token of a fixed length.
_END = r"(?![A-Za-z0-9])"
_HIGH = r"(?=[^\s\"'`]{0,400}\d)"  # contains a digit

SHAPES: tuple[SecretKind, ...] = (
    _token("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{20,}"),
    _token("GitHub fine-grained token", "github_pat_", r"[A-Za-z0-9_]{30,}"),
    _token(
        "GitLab token",
        "glpat- gldt- glrt- glptt- glcbt- glsoat- glft- glffct- glimt- glagent- gloas- GR1348941",
        r"[A-Za-z0-9_.-]{18,}",
    ),
    _token("AWS access key", "AKIA ASIA ABIA ACCA", rf"(?![A-Z0-9]{{9}}EXAMPLE)[A-Z0-9]{{16}}{_END}"),
    _token("AWS Bedrock key", "ABSK bedrock-api-key-", r"[A-Za-z0-9+/=]{60,}"),
    _token("Google API key", "AIza", r"[A-Za-z0-9_-]{30,}"),
    _token("Google OAuth token", "ya29.", r"[A-Za-z0-9_-]{20,}"),
    _token("Google client secret", "GOCSPX-", r"[A-Za-z0-9_-]{20,}"),
    _kind("Azure client secret", "Q~", r"(?<![A-Za-z0-9_~.])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}", in_word=True),
    _token("Slack token", "xoxa- xoxb- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp-", r"[A-Za-z0-9.-]{10,}"),
    _kind(
        "Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_+-]{20,})"
    ),
    _kind("Discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{6,30}/([A-Za-z0-9_-]{20,})"),
    _kind("Teams webhook", "/IncomingWebhook/", r"/IncomingWebhook/([A-Za-z0-9/_-]{20,})"),
    _token("Stripe key", "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ whsec_", r"[A-Za-z0-9+/]{16,}=*"),
    _token("OpenAI or Anthropic key", "sk-", r"(?:[a-z0-9]{2,10}-){0,5}[A-Za-z0-9_-]{20,}"),
    _token("Hugging Face token", "hf_ api_org_", r"[A-Za-z0-9]{25,}"),
    _token("npm token", "npm_", r"[A-Za-z0-9]{30,}"),
    _token("PyPI token", "pypi-", r"[A-Za-z0-9_-]{30,}"),
    _token("RubyGems token", "rubygems_", r"[a-f0-9]{30,}"),
    _token("crates.io token", "cio", rf"{_HIGH}[A-Za-z0-9]{{32}}{_END}"),
    _token("Clojars token", "CLOJARS_ clojars_", r"[A-Za-z0-9]{40,}"),
    _kind(
        "JSON web token",
        "eyJ",
        rf"{_NOT_BEFORE}eyJ[A-Za-z0-9_=-]{{8,600}}\.(?:ey[A-Za-z0-9_-]{{8,}}|\.[A-Za-z0-9_-]{{8,}})[A-Za-z0-9._-]*", in_word=True),
    _kind("SendGrid key", "SG.", rf"{_NOT_BEFORE}SG\.[A-Za-z0-9_-]{{16,100}}\.[A-Za-z0-9_-]{{16,}}", in_word=True),
    _token("Twilio key", "SK", rf"[0-9a-f]{{32}}{_END}"),
    _kind("Telegram bot token", ":AA", rf"(?:bot|{_NOT_BEFORE})(\d{{5,16}}:AA[A-Za-z0-9_-]{{30,}})"),
    _kind(
        "Discord bot token",
        ".",
        r"(?<![A-Za-z0-9_.-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}", in_word=True),
    _token("Shopify token", "shpat_ shpca_ shppa_ shpss_", r"[A-Fa-f0-9]{30,}"),
    _token("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"[a-f0-9]{40,}"),
    _token("Databricks token", "dapi", r"[a-f0-9]{32}(?:-\d)?"),
    _token("Mailgun key", "key-", rf"[a-f0-9]{{32}}{_END}"),
    _kind("Mailchimp key", "-us", rf"{_NOT_BEFORE}[a-f0-9]{{32}}-us\d{{1,2}}", in_word=True),
    _token("Brevo key", "xkeysib- xsmtpsib-", r"[a-f0-9]{40,}(?:-[A-Za-z0-9]+)?"),
    _token("Square token", "sq0atp- sq0csp- sq0idp- EAAA EAAM EAAC", rf"{_HIGH}[A-Za-z0-9_-]{{22,}}"),
    _token("Linear key", "lin_api_ lin_oauth_", r"[A-Za-z0-9]{30,}"),
    _token("Atlassian token", "ATATT3 ATCTT3 ATBB ATSTT", r"[A-Za-z0-9_=-]{24,}"),
    _token("Doppler token", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[A-Za-z0-9._-]{30,}"),
    _token("Vault token", "hvs. hvb. hvr.", r"[A-Za-z0-9_-]{20,}"),
    _token("age key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{40,}"),
    _token("New Relic key", "NRAK- NRJS- NRII-", r"[A-Za-z0-9_-]{19,}"),
    _kind("New Relic licence", "NRAL", rf"{_NOT_BEFORE}[a-f0-9]{{36}}NRAL{_END}", in_word=True),
    _token("Grafana token", "glc_ glsa_", r"[A-Za-z0-9_+/=-]{30,}"),
    _token("Docker token", "dckr_pat_ dckr_oat_", r"[A-Za-z0-9_-]{20,}"),
    _token("Postman key", "PMAK-", r"[a-f0-9]{20,40}-[a-f0-9]{30,}"),
    _token("Figma token", "figd_ figo_ figu_", r"[A-Za-z0-9_-]{30,}"),
    _token("Notion token", "ntn_", r"[A-Za-z0-9]{40,}"),
    _token("Notion integration", "secret_", rf"[A-Za-z0-9]{{43}}{_END}"),
    _token("Groq or Replicate or xAI key", "gsk_ r8_ xai- pplx- nvapi- pcsk_ lsv2_ jina_", r"[A-Za-z0-9_-]{30,}"),
    _token("Google AI key", "AQ.", rf"{_HIGH}[A-Za-z0-9_-]{{45,}}"),
    _token("Vercel token", "vcp_ vci_ vca_ vck_", rf"{_HIGH}[A-Za-z0-9]{{20,}}"),
    _token("Voyage key", "pa-", rf"{_HIGH}[A-Za-z0-9_-]{{43}}{_END}"),
    _token("ElevenLabs key", "sk_", rf"[a-f0-9]{{48}}{_END}"),
    _token("Tavily or Fireworks or Firecrawl key", "tvly- fw_ fc- csk-", rf"{_HIGH}[A-Za-z0-9_-]{{20,}}"),
    _token("Weights & Biases key", "local- wandb_v1_", r"[a-f0-9]{40,}"),
    _kind("Zhipu key", ".", rf"{_NOT_BEFORE}[a-f0-9]{{32}}\.[A-Za-z0-9]{{16}}{_END}", in_word=True),
    _token("Sentry token", "sntrys_ sntryu_", r"[A-Za-z0-9_+/=-]{30,}"),
    _kind("Terraform token", ".atlasv1.", rf"{_NOT_BEFORE}[A-Za-z0-9]{{10,40}}\.atlasv1\.[A-Za-z0-9_=-]{{40,}}", in_word=True),
    _token("Dropbox token", "sl.", r"(?:u\.)?[A-Za-z0-9_=-]{60,}"),
    _kind("Airtable token", "pat", rf"{_NOT_BEFORE}pat[A-Za-z0-9]{{14}}\.[a-f0-9]{{64}}", in_word=True),
    _token("Harness token", "pat. sat.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}"),
    _token("HubSpot token", "pat-na1- pat-eu1-", r"[a-f0-9-]{30,}"),
    _token("Cloudflare origin key", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{100,}"),
    _token("Fly token", "fo1_ fm1r_ fm1a_ fm2_", r"[A-Za-z0-9_+/=-]{40,}"),
    _token("Supabase key", "sbp_ sb_secret_", r"[A-Za-z0-9_]{20,}"),
    _token("PlanetScale token", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[A-Za-z0-9_=.-]{30,}"),
    _kind("Mapbox token", "sk.ey", rf"{_NOT_BEFORE}sk\.ey[A-Za-z0-9_-]{{20,300}}\.[A-Za-z0-9_-]{{20,}}", in_word=True),
    _token("Artifactory key", "AKCp cmVmd", rf"{_HIGH}[A-Za-z0-9]{{55,}}"),
    _token("Heroku key", "HRKU-", r"[A-Za-z0-9_-]{36,}"),
    _token("Alibaba key", "LTAI", rf"{_HIGH}[A-Za-z0-9]{{12,}}"),
    _token("Tencent key", "AKID", rf"{_HIGH}[A-Za-z0-9]{{28,}}"),
    _token("Yandex key", "AQVN YCAJ YCMJ", r"[A-Za-z0-9_-]{35,}"),
    _token("Pulumi token", "pul-", r"[a-f0-9]{40}"),
    _token("Prefect key", "pnu_ pnb_", r"[A-Za-z0-9]{36}"),
    _token("ReadMe key", "rdme_", r"[a-z0-9]{60,}"),
    _token("Shippo token", "shippo_live_ shippo_test_", r"[A-Fa-f0-9]{40}"),
    _token("EasyPost key", "EZAK EZTK", rf"[A-Za-z0-9]{{54}}{_END}"),
    _token("Duffel token", "duffel_live_ duffel_test_", r"[A-Za-z0-9_=-]{43}"),
    _token("Dynatrace token", "dt0c01. dt0s01.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    _token("Flutterwave key", "FLWSECK_TEST- FLWSECK-", r"[a-z0-9]{12,}(?:-X)?"),
    _token("Frame.io token", "fio-u-", r"[A-Za-z0-9_=-]{60,}"),
    _token("Intra42 secret", "s-s4t2ud- s-s4t2af-", r"[a-f0-9]{60,}"),
    _token("Octopus key", "API-", rf"{_HIGH}[A-Z0-9]{{26}}{_END}"),
    _token("OpenShift token", "sha256~", r"[A-Za-z0-9_-]{43}"),
    _token("Typeform token", "tfp_", r"[A-Za-z0-9_.=-]{40,}"),
    _token("Sourcegraph token", "sgp_", r"(?:(?:[a-f0-9]{16}|local)_)?[a-f0-9]{40}"),
    _token("Sonar token", "squ_ sqp_ sqa_", r"[a-f0-9]{40}"),
    _token("SettleMint token", "sm_aat_ sm_pat_ sm_sat_", r"[A-Za-z0-9]{16,}"),
    _token("Adobe secret", "p8e-", r"[A-Za-z0-9]{32}"),
    _token("Contentful token", "CFPAT-", r"[A-Za-z0-9_-]{40,}"),
    _token("1Password token", "ops_eyJ", r"[A-Za-z0-9+/_=-]{100,}"),
    _kind("1Password key", "A3-", rf"{_NOT_BEFORE}A3-[A-Z0-9]{{6}}-(?:[A-Z0-9]{{11}}|[A-Z0-9]{{6}}-[A-Z0-9]{{5}})(?:-[A-Z0-9]{{5}}){{3}}", in_word=True),
    _kind("MaxMind key", "_mmk", rf"{_NOT_BEFORE}[A-Za-z0-9]{{6}}_[A-Za-z0-9]{{29}}_mmk", in_word=True),
    _token("Plaid token", "access-production- access-development- access-sandbox-", r"[a-f0-9-]{36}"),
    _token("Lob key", "live_ test_", rf"(?:pub_)?[a-f0-9]{{31,40}}{_END}"),
    _kind("Asana token", "1/ 2/", r"(?<![\w/.])[12]/\d{13,19}(?:/\d{13,19})?:[a-f0-9]{32}"),
    _token("Buildkite token", "bkua_ bkct_", r"[a-z0-9]{32,}"),
    _token("Netlify token", "nfp_", r"[A-Za-z0-9]{36,}"),
    _token("Render key", "rnd_", rf"{_HIGH}[A-Za-z0-9]{{24,}}"),
    _kind("Resend key", "re_", rf"{_NOT_BEFORE}re_(?=[A-Za-z0-9]{{0,7}}[A-Z0-9])[A-Za-z0-9]{{8}}_{_HIGH}[A-Za-z0-9]{{20,}}", in_word=True),
    _token("PostHog key", "phx_ phs_", r"[A-Za-z0-9]{40,}"),
    _token("Tailscale key", "tskey-", r"[a-z]{2,12}-[A-Za-z0-9-]{16,}"),
    _kind("Django key", "django-insecure-", r"""[^\s"'`]{20,}"""),
    _kind("Azure storage key", "AccountKey= AccessKey=", r"(?:AccountKey|AccessKey)=([A-Za-z0-9+/]{20,}={0,2})"),
    _kind("Azure shared signature", "sig=", r"[?&;]sig=([A-Za-z0-9%+/=_-]{30,})"),
    _kind("AWS signature", "ignature=", r"Signature=([A-Fa-f0-9]{64})"),
    _kind("one-time password", "otpauth://", r"otpauth://[^\s\"'`<>?]{0,200}\?(?:[^\s\"'`<>]{0,300}&)?secret=([A-Za-z2-7]{12,})"),
    _kind(
        "password in an address",
        "://",
        r"""://[^\s/:@"'`<>]{0,80}:(?!\$|\{|%[sd]|<|\[|(?i:pass(?:word|wd)?|pwd?|secret|token|\*+|x+)@)([^\s/"'`<>@](?:[^\s/"'`<>@]|@(?=[^\s/"'`<>@]{0,200}@)){2,200})@(?=[\w.\[$%{<-])""",
    ),
    _kind("token in an address", "://", r"""://(?=[^\s/:@"'`<>]{0,200}\d)(?=[^\s/:@"'`<>]{0,200}[A-Za-z])([A-Za-z0-9_-]{20,200})(?::[A-Za-z0-9_-]{0,80})?@"""),
    _kind("password in a DSN", "@tcp( @unix(", r"[\w.-]{1,60}:(?!\$|\{|%)([^\s@\"'`]{3,200})@(?:tcp|unix)\("),
    _kind("password in a DSN", "jdbc:oracle", r"jdbc:oracle:[a-z0-9]{2,6}:\w{1,60}/(?!\$|\{)([^\s@\"'`]{3,200})@"),
    _kind(
        "authorization header",
        "earer asic",
        r"(?:[Bb]earer|[Bb]asic)[ \t]++(?![<{$%])(?=[^\s\"'`]{0,400}\d)([A-Za-z0-9._~+/=-]{16,})",
    ),
    _kind(
        "authorization header",
        "uthorization UTHORIZATION",
        r"(?i)authorization\\?[\"']?\]?[ \t]*+[:=,][ \t]*+\\?[\"'`]?(?:bearer|basic|token|api-?key|key|apitoken)[ \t]++"
        r"(?![<{$%\[(])(?!(?:your|my|the|some|access|auth|api|token|bearer|jwt|secret|credentials?)(?![A-Za-z0-9]))"
        r"([A-Za-z0-9._~+/=-]{8,})",
    ),
    _kind("authorization header", "uthorization", r"[Aa]uthorization[ \t]++[\"'](?:Bearer|Basic|Token)[ \t]++(?![<{$%])([A-Za-z0-9._~+/=-]{8,})"),
    _kind("cookie", "ookie", r"(?:[Cc]ookie)[\"']?[ \t]*+[:=,][ \t]*+[\"'`]?(?:[^\s\"'`;=]{1,60}=[^\s\"'`;]{0,200};[ \t]*+){0,9}(?:\w{0,30}(?i:sess|sid|auth|token)\w{0,30})=(?![<{$%])([^\s\"'`;]{12,})"),
    _kind(
        "password hash",
        "$apr1$ $1$ $2a$ $2b$ $2x$ $2y$ $5$ $6$ $7$ $y$ $gy$ $argon2 $scrypt$ $pbkdf2",
        r"(?<![A-Za-z0-9$])\$(?:apr1|1|2[abxy]|5|6|7|y|gy|argon2(?:id?|d)|scrypt|pbkdf2[\w-]{0,12})\$[A-Za-z0-9./$=,+]{20,}",
    ),
    _kind("password hash", "{SHA {SSHA {SMD5", r"\{(?:S?SHA\d{0,3}|SMD5)\}([A-Za-z0-9+/]{20,}={0,2})"),
    _kind("password file line", ":5432: :5433: :6432: :*:", r"(?m)^[ \t]*+(?:#[ \t]*+)?[\w.*-]{1,80}:(?:\d{2,5}|\*):[\w*$.-]{1,60}:[\w*.-]{1,60}:([^\s:]{4,200})$"),
    _kind("JSON web key", '"kty"', r"\"(?:d|p|q|dp|dq|qi|k)\"[ \t]*+:[ \t]*+\"([A-Za-z0-9_-]{20,})\""),
    _kind("Laravel key", "base64:", r"(?i:key)[\"']?[ \t]*+(?:=>|[=:,])[ \t]*+[\"']?base64:([A-Za-z0-9+/]{30,}={0,2})"),
)  # fmt: skip

# Passwords on command lines, marked by a one-letter option. The program's name is the literal.
_ARGUMENT = (
    r"""(?:'((?!\$)[^'\n]{3,200})(?:'|\Z)|"((?!\$)[^"\n]{3,200})(?:"|\Z)|((?![$\-<{%])[^\s"'`|&;<>$(){}]{4,200}))"""
)
_PROGRAMS = (
    ("mysql mariadb", r"(?:mysql|mariadb)[\w-]{0,12}[ \t](?:[^\n|;&]{0,200}[ \t])?-p(?!ort)"),
    ("sshpass", r"sshpass[ \t]++(?:-\w[ \t]++){0,2}-p[ \t]*+"),
    (
        "docker podman nerdctl buildah skopeo login",
        r"\b(?:docker|podman|nerdctl|buildah|skopeo|oc)[ \t]++login[ \t](?:[^\n|;&]{0,200}[ \t])?-p[ \t]++",
    ),
    ("redis-cli", r"redis-cli[ \t](?:[^\n|;&]{0,200}[ \t])?-a[ \t]++"),
    ("ldap", r"ldap(?:search|add|modify|delete|passwd|whoami)[ \t](?:[^\n|;&]{0,200}[ \t])?-w[ \t]++"),
    ("sqlcmd bcp", r"\b(?:sqlcmd|bcp)[ \t](?:[^\n|;&]{0,200}[ \t])?-P[ \t]*+"),
    ("htpasswd", r"htpasswd[ \t]++-\w{0,6}b\w{0,6}[ \t]++[^\s]{1,100}[ \t]++[^\s]{1,60}[ \t]++"),
    ("htpasswd", r"htpasswd[ \t]++-\w{0,6}(?:n\w{0,4}b|b\w{0,4}n)\w{0,4}[ \t]++[^\s]{1,60}[ \t]++"),
    ("useradd usermod adduser", r"\b(?:user(?:add|mod)|adduser)[ \t](?:[^\n|;&]{0,200}[ \t])?-p[ \t]++"),
    ("openssl", r"\bopenssl[ \t]++enc[ \t](?:[^\n|;&]{0,200}[ \t])?-[kK][ \t]++"),
    ("openssl", r"\bopenssl[ \t]++passwd[ \t]++(?:-(?!salt|in|stdin)\w{1,10}[ \t]++){0,3}"),
    ("rabbitmqctl", r"\brabbitmqctl[ \t]++(?:add_user|change_password)[ \t]++\S{1,60}[ \t]++"),
    ("wpa_passphrase", r"\bwpa_passphrase[ \t]++\S{1,60}[ \t]++"),
    ("ipmitool", r"\bipmitool[ \t](?:[^\n|;&]{0,200}[ \t])?-P[ \t]++"),
    ("vault", r"\bvault[ \t]++login[ \t]++(?=\S{0,200}\d)"),
    ("secret", r"\bsecret[ \t]++set[ \t](?:[^\n|;&]{0,200}[ \t])?(?:-b|--body)[ \t]++"),
    ("7z 7za rar", r"\b(?:7za?|rar)[ \t](?:[^\n|;&]{0,200}[ \t])?-h?p"),
    ("sudo", r"\bsudo[ \t]++-S\b[^\n|;<]{0,120}<<<[ \t]*+"),
    ("mongo cqlsh az twine", r"\b(?:mongo\w{0,10}|cqlsh|az|twine)[ \t](?:[^\n|;&]{0,200}[ \t])?-p[ \t]++"),
    ("ssh-keygen", r"ssh-keygen[ \t](?:[^\n|;&]{0,200}[ \t])?-N[ \t]++"),
    ("http", r"\bhttps?[ \t](?:[^\n|;&]{0,100}[ \t])?-a[ \t]++[\w.@-]{1,60}:"),
    ("lftp", r"\blftp[ \t](?:[^\n|;&]{0,100}[ \t])?-u[ \t]++[\w.@-]{1,60},"),
    ("sqlplus", r"\bsqlplus[ \t]++(?:-\w{1,10}[ \t]++){0,3}\w{1,60}/"),
    ("user", r"\bnet[ \t]++user[ \t]++[^\s]{1,60}[ \t]++(?=\S{0,200}\d)"),
    ("--with-token --password-stdin", r"--(?:with-token|password-stdin)[ \t]*+<<<[ \t]*+"),
    ("zip", r"\b(?:un)?zip[ \t](?:[^\n|;&]{0,100}[ \t])?-P[ \t]++"),
    ("passin passout", r"-pass(?:in|out)?[ \t]++(?:pass:)"),
    ("net", r"\bnet[ \t]++use[ \t]++[^\s]{1,60}[ \t]++[^\s]{1,100}[ \t]++(?=[^\n]{0,100}/user:)"),
    ("%", r"-U[ \t]++[\w\\.-]{1,60}%"),
)
COMMAND_LINES: tuple[SecretKind, ...] = (
    *(_kind("command line password", literals, f"{head}{_ARGUMENT}") for literals, head in _PROGRAMS),
    _kind(
        "command line password",
        "-u --user",
        r"""(?<![\w-])(?:-u[ \t]*+|--user(?:[ \t]++|=))["']?[\w.@-]{1,80}:(?!\$|\{|//)([^\s"'`]{4,200})""",
    ),
    _kind("command line password", "chpasswd", r"""["']?[\w.-]{1,60}:(?!\$)([^\s"':|]{4,200})["']?[ \t]*+\|[^\n]{0,40}chpasswd"""),
    _kind("command line password", "stdin token sudo", r"""(?:echo|printf)[ \t]++(?:-n[ \t]++|["']%s(?:\\n)?["'][ \t]++)?["']?(?!\$)([^\s"'`$|]{6,400})["']?[ \t]*+\|[^\n|]{0,120}(?:--password-stdin|--with-token|passwd --stdin|-S\b)"""),
)  # fmt: skip

# Beginnings of tokens, to detect one that is being typed. Long enough that no ordinary word begins with them.
_SHORT = {"SK", "sk-", "key-", "dapi", "EAAA", "EAAM", "EAAC", "hf_", "api_org_", "secret_", "cio", "live_", "test_"}
_SHORT |= {"pat", "sl.", "fw_", "fc-", "re_", "API-", "local-", "pul-", "csk-", "pat.", "sat.", "v1.0-", "ABSK", "AKID"}
_HEADS = sorted(
    {literal for kind in SHAPES if kind.pattern.pattern.startswith(_NOT_BEFORE + "(?:") for literal in kind.literals}
    - _SHORT
)
BEGUN = re.compile(
    f"{_NOT_BEFORE}(?:"
    f"(?:{'|'.join(map(re.escape, _HEADS))})[A-Za-z0-9_.=/+-]{{2,}}"
    r"|(?:sk-(?:ant|proj|svcacct|or)-|SG\.)[A-Za-z0-9_.-]{2,}|eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,2}"
    r"|(?:hf_|secret_|pat|sl\.|fw_|fc-|re_|cio|EAA[AMC]|AKID|ABSK|sk\.ey|sk-)(?=[A-Za-z0-9]{0,40}[\dA-Z])[A-Za-z0-9_.-]{5,}"
    r"|API-(?=[A-Z0-9]{0,30}\d)[A-Z0-9]{5,}|(?:pat|sat)\.(?=[\w-]{0,30}\d)[\w-]{5,}"
    r"|(?:SK|dapi|key-|live_|test_|local-|pul-|v1\.0-)(?=[0-9a-f]{0,40}\d)[0-9a-f]{6,}|\d{8,10}:A[A-Za-z0-9_-]*"
    r"|[12]/\d{13,19}:[0-9a-f]*"
    r"|[Bb]earer[ \t]++(?![<{$%])[^\s\"'`]{4,}"
    r"|(?:access-(?:production|sandbox|development)|A3|v1\.0)-[A-Za-z0-9-]{3,}"
    r")\Z"
    r"|(?:hooks\.slack\.com/(?:services|workflows|triggers)|/api/webhooks/\d{6,30}|/IncomingWebhook)/[^\s\"'`]{2,}\Z"
    r"|(?i:[?&;](?:sig|[\w-]{0,20}signature)=)[^\s\"'`&]{3,}\Z|[Bb]ot\d{5,16}:[^\s\"'`]*\Z"
    r"|://(?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9_-]{12,}\Z|jdbc:oracle:\w{2,6}:\w{1,60}/[^\s\"'`@]{3,}\Z"
    r"|(?i:;[ \t]*+pwd=\{)[^\"'}]{2,}\Z|\$(?:apr1|1|2[abxy]|5|6|7|y|gy|argon2\w{0,2}|scrypt)\$[^\s\"'`:]{3,}\Z"
    r"|\{S?SHA\d{0,3}\}[^\s\"'`]{3,}\Z|\"(?:d|dp|dq|qi)\":[ \t]*+\"(?=[^\s\"]{0,40}\d)[A-Za-z0-9_-]{6,}\Z"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY[A-Z -]{0,12}-----\\n[A-Za-z0-9+/=\\]*\Z"
    r"|://[^\s/:@\"'`<>]{0,80}:(?![$%{<\[])(?=\d*[^\d\s])[^\s/\"'`<>]+\Z"
)

# Arguments with a user name and a password, and other calls that take a secret.
_TEXT = r"""["'][^"'\n]{0,200}["']"""
_SECRET_TEXT = r"""["'](?=[^"'\n]{0,200}[\d!@#$%^&*])(?![<{$%])([^"'\n\s]{4,200})(?:["']|\Z)"""
CALLS: tuple[SecretKind, ...] = (
    _kind("password of a call", "auth", rf"\bauth[ \t]*+[=:][ \t]*+[(\[][ \t]*+{_TEXT}[ \t]*+,[ \t]*+{_SECRET_TEXT}"),
    _kind(
        "password of a call",
        "asicAuth asic_auth igestAuth Credential PasswordAuthentication .login( .auth(",
        r"(?:[Bb]asic_?[Aa]uth|DigestAuth|Credentials?|PasswordAuthentication|\.login|\.auth)\w{0,12}[ \t]*+\(?[ \t]*+"
        rf"(?:\w{{1,20}}[ \t]*+=[ \t]*+)?{_TEXT}[ \t]*+,[ \t]*+{_SECRET_TEXT}",
    ),
    _kind("password of a call", "connect(", rf"\bconnect[ \t]*+\([ \t]*+{_TEXT}[ \t]*+,[ \t]*+{_TEXT}[ \t]*+,[ \t]*+{_SECRET_TEXT}"),
    _kind(
        "password of a call",
        "getConnection mysqli mysql_connect PDO( Sequelize(",
        rf"(?:getConnection|mysqli(?:_connect)?|mysql_connect|PDO|Sequelize)[ \t]*+\([ \t]*+(?:{_TEXT}|\$?\w{{1,40}})[ \t]*+,[ \t]*+"
        rf"(?:{_TEXT}|\$?\w{{1,40}})[ \t]*+,[ \t]*+{_SECRET_TEXT}",
    ),
    _kind(
        "secret of a call",
        "jwt. JWT.",
        r"""(?i:jwt)\.(?:sign|verify|encode|decode)\([ \t]*+[^\n"'()]{1,80},[ \t]*+["']([^"'\n\s]{8,200})(?:["']|\Z)""",
    ),
    _kind("secret of a call", "SecureString", r"""SecureString[ \t]++(?:-String[ \t]++)?["'](?!\$)([^"'\n]{4,200})(?:["']|\Z)"""),
    _kind("password", "dentified DENTIFIED", r"""(?i)identified[ \t]++by[ \t]++(?=[\w#$]{0,40}\d)([A-Za-z0-9_#$]{4,40})(?=[ \t]*+;)"""),
    _kind("password of a call", "sp_addlogin", rf"\bsp_addlogin[ \t]++N?{_TEXT}[ \t]*+,[ \t]*+N?'([^'\n]{{4,200}})(?:'|\Z)"),
    _kind("password of a call", "gen_salt(", r"\bcrypt\([ \t]*+'([^'\n]{4,200})'[ \t]*+,[ \t]*+gen_salt\("),
    _kind("password", "dentified DENTIFIED", r"""(?i)identified[ \t]++(?:with[ \t]++\S{1,60}[ \t]++)?by[ \t]++(?:password[ \t]++)?["'](?![%$:?])([^"'\n]{2,200})["']"""),
)  # fmt: skip
