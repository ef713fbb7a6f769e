"""Plants by the construct that gives a secret: types, default values, maps, columns, configuration by blanks, programs.

Templates and makers are those of ``secret_forms.py``, which adds these groups to its own.
"""

from __future__ import annotations

import string

from tests.hardening.secret_corpus import Maker, password, some

Form = tuple[str, tuple[str, str], str, Maker]
_pw, _t24 = password, some(string.ascii_letters + string.digits, 24)
PY, GO, JS, TS = ("python", ".py"), ("go", ".go"), ("javascript", ".js"), ("typescript", ".ts")
CPP, C, CS, RS = ("cpp", ".cpp"), ("c", ".c"), ("csharp", ".cs"), ("rust", ".rs")
RB, PL, EX, ERL = ("ruby", ".rb"), ("perl", ".pl"), ("elixir", ".ex"), ("erlang", ".erl")
SQL, SH, Y, J = ("sql", ".sql"), ("shellscript", ".sh"), ("yaml", ".yaml"), ("json", ".json")
X, H, T, CONF = ("xml", ".xml"), ("html", ".html"), ("plaintext", ".txt"), ("conf", ".conf")
JSX, SWIFT, KT, BICEP = ("javascriptreact", ".jsx"), ("swift", ".swift"), ("kotlin", ".kt"), ("bicep", ".bicep")

TYPES: tuple[Form, ...] = (
    ("type, union", PY, 'password: str | None = "@@"\n', _pw),
    ("type, nested", PY, 'api_token: Optional[Union[str, bytes]] = "@@"\n', _t24),
    ("type, annotated", PY, 'password: Annotated[str, Field(min_length=8)] = "@@"\n', _pw),
    ("type, quoted", PY, 'password: "str" = "@@"\n', _pw),
    ("type, typescript union", TS, 'const password: string | undefined = "@@";\n', _pw),
    ("type, typescript optional", TS, "class A {\n  password?: string = '@@';\n}\n", _pw),
    ("type, go", GO, 'var password string = "@@"\n', _pw),
    ("type, bicep", BICEP, "param dbPassword string = '@@'\n", _pw),
    ("type, zig", ("zig", ".zig"), 'const password: []const u8 = "@@";\n', _pw),
    ("type, rust option", RS, 'let password: Option<&str> = Some("@@");\n', _pw),
    ("property, c#", CS, 'public string Password { get; set; } = "@@";\n', _pw),
    ("property, swift", SWIFT, 'var password: String { "@@" }\n', _pw),
    ("property, kotlin", KT, 'val password by lazy { "@@" }\n', _pw),
    ("declaration, sql", SQL, "DECLARE @password NVARCHAR(50) = N'@@';\n", _pw),
    ("column default, sql", SQL, "CREATE TABLE u (\n  password VARCHAR(40) DEFAULT '@@',\n  id INT\n);\n", _pw),
)
DEFAULTS: tuple[Form, ...] = (
    ("argument default", PY, 'parser.add_argument("--password", default="@@")\n', _pw),
    ("argument default behind help", PY, 'parser.add_argument("--password", help="of the db", default="@@")\n', _pw),
    ("argument default below", PY, 'p.add_argument(\n    "--api-token",\n    type=str,\n    default="@@",\n)\n', _t24),
    ("option default", PY, '@click.option("--db-password", envvar="PW", default="@@")\n', _pw),
    ("block default, ruby", RB, 'p = ENV.fetch("DB_PASSWORD") { "@@" }\n', _pw),
    ("template parameter", J, '{"adminPassword": {"value": "@@"}}\n', _pw),
    ("template parameter below", J, '{\n  "adminPassword": {\n    "value": "@@"\n  }\n}\n', _pw),
    ("template default", J, '{"adminPassword": {"type": "securestring", "defaultValue": "@@"}}\n', _pw),
    ("stack parameter", Y, "Parameters:\n  DBPassword:\n    Type: String\n    NoEcho: true\n    Default: @@\n", _pw),
)
LITERALS: tuple[Form, ...] = (
    ("literal, n", SQL, "CREATE LOGIN app WITH PASSWORD = N'@@';\n", _pw),
    ("literal, e", SQL, "ALTER ROLE app PASSWORD E'@@';\n", _pw),
    ("literal, scala", ("scala", ".scala"), 'val password = s"@@"\n', _pw),
    ("literal, u8", CPP, 'const std::string password = u8"@@";\n', _pw),
    ("braces, c", C, 'const char password[] = {"@@"};\n', _pw),
    ("braces, c++", CPP, 'std::string password{"@@"};\n', _pw),
    ("braces, jsx", JSX, '<Login password={"@@"} />\n', _pw),
    ("binary, erlang", ERL, '{password, <<"@@">>}.\n', _pw),
    ("percent, ruby", RB, "password = %q(@@)\n", _pw),
    ("percent, ruby key", RB, "connect(password: %q{@@})\n", _pw),
    ("q, perl", PL, "my $password = q{@@};\n", _pw),
    ("sigil, elixir", EX, "password: ~s(@@)\n", _pw),
    ("environment, perl", PL, "$ENV{DB_PASSWORD} = '@@';\n", _pw),
    ("input, javascript", JS, 'password.value = "@@";\n', _pw),
)
SEVERAL: tuple[Form, ...] = (
    ("map of passwords", PY, 'PASSWORDS = {"bob": "@@", "eve": "none"}\n', _pw),
    ("map of passwords below", PY, 'PASSWORDS = {\n    "bob": "none",\n    "eve": "@@",\n}\n', _pw),
    ("map of passwords, typed", PY, 'passwords: dict[str, str] = {"bob": "@@"}\n', _pw),
    ("map of tokens, php", ("php", ".php"), "<?php\n$tokens = ['bob' => '@@'];\n", _t24),
    ("list of passwords", PY, 'passwords = ["@@"]\n', _pw),
    ("list of passwords, yaml", Y, "passwords:\n  - @@\n", _pw),
    ("second target", PY, 'user, password = "bob", "@@"\n', _pw),
    ("first target", PY, 'password, user = "@@", "bob"\n', _pw),
    ("argument behind others", PY, 'connect(\n    host, user, password="@@")\n', _pw),
    ("first target, go", GO, 'password, err := "@@", nil\n', _pw),
    ("insert", SQL, "INSERT INTO users (name, password) VALUES ('bob', '@@');\n", _pw),
    ("insert, first column", SQL, "insert into users(password,name) values ('@@','bob')\n", _pw),
    ("insert, second row", SQL, "INSERT INTO u (id, password)\nVALUES\n  (1, 'none'),\n  (2, '@@');\n", _pw),
    ("insert, columns below", SQL, "INSERT INTO users (\n  id,\n  password\n) VALUES (\n  1,\n  '@@'\n);\n", _pw),
    ("insert, behind a call", SQL, "INSERT INTO u (at, api_token) VALUES (now(), '@@');\n", _t24),
    ("option below", Y, "args:\n  - --password\n  - @@\n", _pw),
)
ATTRIBUTES: tuple[Form, ...] = (
    ("input", H, '<input type="password" name="pw" id="a" class="b" value="@@">\n', _pw),
    ("input, value first", H, '<input value="@@" type="password">\n', _pw),
    ("input, attributes below", H, '<input\n  type="password"\n  value="@@">\n', _pw),
    ("param", X, '<param name="password" type="string" value="@@"/>\n', _pw),
    ("element below", X, "<password>\n  @@\n</password>\n", _pw),
    ("setting", X, '<setting name="Password" serializeAs="String">\n  <value>@@</value>\n</setting>\n', _pw),
    ("entry of strings", X, "<entry><string>password</string><string>@@</string></entry>\n", _pw),
)
BLANKS: tuple[Form, ...] = (
    ("csh", SH, "setenv DB_PASSWORD @@\n", _pw),
    ("apache", CONF, "SetEnv DB_PASSWORD @@\n", _pw),
    ("tmux", CONF, "set-environment -g DB_PASSWORD @@\n", _pw),
    ("fastcgi", CONF, "fastcgi_param DB_PASSWORD @@;\n", _pw),
    ("redis", CONF, "masterauth @@\n", _pw),
    ("ldap", CONF, "bindpw @@\n", _pw),
    ("sssd", CONF, "[domain/x]\nldap_default_authtok = @@\n", _pw),
    ("haproxy", CONF, "user admin insecure-password @@\n", _pw),
    ("router", CONF, "username bob password @@\n", _pw),
    ("router, enable", CONF, "enable secret @@\n", _pw),
    ("wifi", SH, "nmcli dev wifi connect home password @@\n", _pw),
)
PROGRAMS: tuple[Form, ...] = (
    *(
        (f"program, {line.split(' ')[0]} {number}", SH, f"{line}\n", _pw)
        for number, line in enumerate(
            (
                *("sudo PASSWORD=@@ make", "time PASSWORD=@@ make", "x=$(PASSWORD=@@ make)", "(PASSWORD=@@ make)"),
                *("if PASSWORD=@@ make; then", "readonly PASSWORD=@@", "curl -d password=@@ https://host"),
                *("curl -F password=@@ https://host", "htpasswd -nb bob @@", "useradd -m -p '@@' bob"),
                *("usermod -p @@ bob", "openssl enc -aes-256-cbc -k @@ -in a", "openssl passwd -6 @@"),
                *("rabbitmqctl add_user bob @@", "wpa_passphrase home @@", "ipmitool -U a -P @@ power on"),
                *("vault login @@", "gh secret set NAME --body @@", "7z a -p@@ a.7z", "oc login -u bob -p @@"),
                *("cqlsh -u bob -p @@", "echo '@@' | sudo -S ls", "sudo -S ls <<< '@@'"),
                "printf '%s' '@@' | passwd --stdin bob",
            )
        )
    ),
    ("program, crypt", SQL, "SELECT crypt('@@', gen_salt('bf'));\n", _pw),
    ("program, sp_addlogin", SQL, "EXEC sp_addlogin 'bob', '@@';\n", _pw),
    ("program, identified by", SQL, "ALTER USER bob IDENTIFIED BY @@;\n", _t24),
    ("program, sequelize", JS, "const db = new Sequelize('shop', 'bob', '@@', {});\n", _pw),
)
# The word for a password in other languages than English, and the colon of Chinese and Japanese text.
WORDS: tuple[Form, ...] = (
    *(
        (f"word {word}", PY, f'{word} = "@@"\n', _pw)
        for word in (
            *("\u5bc6\u7801", "\u5bc6\u78bc", "\u6570\u636e\u5e93\u5bc6\u7801", "db_\u5bc6\u7801", "\u53e3\u4ee4"),
            *("\u30d1\u30b9\u30ef\u30fc\u30c9", "\ube44\ubc00\ubc88\ud638", "\u043f\u0430\u0440\u043e\u043b\u044c"),
            *("has\u0142o", "l\u00f6senord", "\u015fifre", "heslo"),
        )
    ),
    ("wide colon", T, "\u5bc6\u7801\uff1a@@\n", _pw),
    ("wide colon in a comment", PY, "# password\uff1a@@\nx = 1\n", _pw),
    ("key in json", J, '{"\u5bc6\u7801": "@@"}\n', _pw),
    ("key in yaml", Y, "db:\n  \u043f\u0430\u0440\u043e\u043b\u044c: @@\n", _pw),
)
CONSTRUCTS: dict[str, tuple[Form, ...]] = {
    "types": TYPES,
    "default values": DEFAULTS,
    "literals": LITERALS,
    "several values": SEVERAL,
    "attributes": ATTRIBUTES,
    "configuration by blanks": BLANKS,
    "programs": PROGRAMS,
    "words of other languages": WORDS,
}
