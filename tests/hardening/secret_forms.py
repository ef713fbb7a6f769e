"""Plants by the form in which a file gives a secret: manifests, connection strings, command lines, issuers' shapes.

Forms and names are those that the rule lists of gitleaks, detect-secrets and TruffleHog look for. In a template
``@@`` is the secret, ``@1@`` and ``@2@`` are its halves, ``@b@`` is its base64 text and ``@u@`` base64 of
``user:secret``. Values are generated from a seed, so no file of the repository holds anything that looks like a key.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Iterator

from tests.hardening.secret_constructs import CONSTRUCTS
from tests.hardening.secret_corpus import SEED, Maker, Plant, led, password, private_key, some, web_token

ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
FIRST_NUMBER = 1_001


def _hex(count: int) -> Maker:
    return some(HEX, count)


def _alnum(count: int) -> Maker:
    return some(ALNUM, count)


def _uuid(rng: random.Random) -> str:
    return "-".join(_hex(count)(rng) for count in (8, 4, 4, 4, 12))


def _dotted(*counts: int) -> Maker:
    return lambda rng: ".".join(_alnum(count)(rng) for count in counts)


def _escaped_key(rng: random.Random) -> str:
    return private_key(rng).replace("\n", "\\n")


_pw, _t24, _t32, _t40 = password, _alnum(24), _alnum(32), _alnum(40)
_word_only = some(string.ascii_lowercase, 12)

# (group, kind, language, suffix, template, maker)
Row = tuple[str, str, str, str, str, Maker]
Y, J, P, S, X = ("yaml", ".yaml"), ("json", ".json"), ("python", ".py"), ("shellscript", ".sh"), ("xml", ".xml")
JS, INI, T, GO = ("javascript", ".js"), ("ini", ".ini"), ("plaintext", ".txt"), ("go", ".go")
HCL, PHP, LUA, RB, JAVA = ("terraform", ".tf"), ("php", ".php"), ("lua", ".lua"), ("ruby", ".rb"), ("java", ".java")

_MANIFEST = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\ntype: Opaque\n"
_POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: app\n      env:\n"
_COMPOSE = "services:\n  db:\n    image: postgres\n    environment:\n"

PAIRS: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    ("kubernetes env value", Y, _POD + "        - name: DB_PASSWORD\n          value: @@\n", _pw),
    ("kubernetes env value quoted", Y, _POD + '        - name: API_TOKEN\n          value: "@@"\n', _t24),
    ("kubernetes env value first", Y, _POD + '        - value: "@@"\n          name: DB_PASSWORD\n', _pw),
    ("kubernetes env flow", Y, _POD + "        - {name: DB_PASSWORD, value: @@}\n", _pw),
    ("kubernetes env flow quoted", Y, _POD + '        - { name: "API_KEY", value: "@@" }\n', _t24),
    ("kubernetes secret data", Y, _MANIFEST + "data:\n  admin: @b@\n", _pw),
    ("kubernetes secret data behind blank", Y, _MANIFEST + "\ndata:\n\n  one: @b@\n", _word_only),
    ("kubernetes secret stringData", Y, _MANIFEST + "stringData:\n  admin: @@\n", _pw),
    ("kubernetes secret stringData block", Y, _MANIFEST + "stringData:\n  app.conf: |\n    user x\n    @@\n", _t24),
    ("kubernetes secret data before kind", Y, "apiVersion: v1\ndata:\n  one: @b@\nkind: Secret\n", _pw),
    ("kubernetes secret json", J, '{\n "kind": "Secret",\n "data": {\n  "one": "@b@"\n }\n}\n', _pw),
    ("docker config secret", Y, _MANIFEST + "data:\n  .dockerconfigjson: @b@\n", _t40),
    ("compose map", Y, _COMPOSE + "      POSTGRES_PASSWORD: @@\n", _pw),
    ("compose list", Y, _COMPOSE + "      - POSTGRES_PASSWORD=@@\n", _pw),
    ("compose list quoted", Y, _COMPOSE + '      - "POSTGRES_PASSWORD=@@"\n', _pw),
    ("compose list flow", Y, 'services:\n  db:\n    environment: ["A=1", "DB_PASS=@@"]\n', _pw),
    ("compose command", Y, "services:\n  r:\n    command: redis-server --requirepass @@\n", _pw),
    ("ecs task definition", J, '{"environment": [{\n "name": "DB_PASSWORD",\n "value": "@@"\n}]}\n', _pw),
    ("ecs value first", J, '{"environment": [{"value": "@@", "name": "DB_PASSWORD"}]}\n', _pw),
    ("cloudformation parameter", J, '[{"ParameterKey": "DbPassword",\n "ParameterValue": "@@"}]\n', _pw),
    ("terraform env block", HCL, 'env {\n  name  = "DB_PASSWORD"\n  value = "@@"\n}\n', _pw),
    ("terraform variable", HCL, 'variable "db_password" {\n  type    = string\n  default = "@@"\n}\n', _pw),
    ("hadoop property", X, "<property>\n <name>db.password</name>\n <value>@@</value>\n</property>\n", _pw),
    ("plist", X, "<dict>\n <key>API_TOKEN</key>\n <string>@@</string>\n</dict>\n", _t24),
    ("spring property", X, '<property name="password"><value>@@</value></property>\n', _pw),
    ("spring property below", X, '<property name="password">\n  <value>@@</value>\n</property>\n', _pw),
    ("android string", X, '<string name="maps_api_key">@@</string>\n', _t32),
    ("nuget config", X, '<add key="ClearTextPassword" value="@@" />\n', _pw),
    ("maven server", X, "<server><username>u</username><password>@@</password></server>\n", _word_only),
    ("github workflow env", Y, "jobs:\n  a:\n    env:\n      NPM_TOKEN: @@\n", _t32),
    ("helm set", S, "helm upgrade app . --set db.password=@@\n", _pw),
    ("kubectl literal", S, "kubectl create secret generic x --from-literal=password=@@\n", _pw),
    ("vault kv put", S, "vault kv put secret/app password=@@\n", _pw),
)
YAML: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    ("yaml literal block", Y, "db:\n  password: |\n    @@\nport: 1\n", _pw),
    ("yaml folded block", Y, "db:\n  password: >-\n    @@\nport: 1\n", _pw),
    ("yaml block token", Y, "api_token: |-\n  @@\nport: 1\n", _t32),
    ("yaml key block", Y, "tls:\n  private_key: |\n    KEY\nport: 1\n", private_key),
    ("yaml value on the next line", Y, "db:\n  password:\n    @@\nport: 1\n", _pw),
    ("yaml anchor", Y, "db:\n  password: &pw @@\nport: 1\n", _pw),
    ("yaml tag", Y, "db:\n  password: !!str @@\nport: 1\n", _pw),
    ("yaml flow map", Y, "db: {user: app, password: @@, port: 1}\n", _pw),
    ("yaml single quotes", Y, "db:\n  password: '@@'\n", _word_only),
    ("yaml two pieces", Y, 'db:\n  password: "@1@\\\n    @2@"\n', _t24),
    ("yaml list of tokens", Y, "tokens:\n  - @@\n", _t32),
)
JSON: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    ("json", J, '{"db": {"password": "@@"}}\n', _word_only),
    ("json below", J, '{"password":\n  "@@"}\n', _pw),
    ("json in a string", P, 'body = "{\\"user\\": \\"a\\", \\"password\\": \\"@@\\"}"\n', _pw),
    ("json escaped twice", J, '{"body": "{\\\\\\"password\\\\\\": \\\\\\"@@\\\\\\"}"}\n', _pw),
    ("json in single quotes", S, 'curl -d \'{"user":"a","password":"@@"}\' https://host\n', _pw),
    ("json in html", X, "<a data='{&quot;apiToken&quot;:&quot;@@&quot;}'></a>\n", _t24),
    ("json unicode quotes", J, '{"a": "\\u0022password\\u0022: \\u0022@@\\u0022"}\n', _pw),
    ("form body", P, 'body = "user=a&password=@@&x=1"\n', _pw),
    ("form body encoded", P, 'body = "user%3Da%26password%3D@@%26x%3D1"\n', _pw),
    ("query token", P, 'url = "https://host/a?access_token=@@"\n', _t32),
    ("json list of tokens", J, '{"tokens": ["@@"]}\n', _t32),
    ("docker auths", J, '{"auths": {"registry.example": {"auth": "@u@"}}}\n', _pw),
    ("json web key", J, '{"kty": "EC", "crv": "P-256", "d": "@@"}\n', _alnum(43)),
    ("service account", J, '{"type": "service_account", "private_key": "@@"}\n', _escaped_key),
    ("postman variable", J, '{"key": "authToken", "value": "@@", "type": "secret"}\n', _t32),
    ("har header", J, '{"name": "X-Api-Key", "value": "@@"}\n', _t32),
)
PIECES: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    ("plus", P, 'password = "@1@" + "@2@"\n', _pw),
    ("plus, javascript", JS, "const apiToken = '@1@' + '@2@';\n", _t24),
    ("plus, next line", JAVA, 'String password = "@1@"\n    + "@2@";\n', _pw),
    ("plus at the end of a line", JS, 'const password = "@1@" +\n  "@2@";\n', _pw),
    ("implicit", P, 'password = "@1@" "@2@"\n', _pw),
    ("implicit, in brackets", P, 'api_token = (\n    "@1@"\n    "@2@"\n)\n', _t32),
    ("implicit, c", ("c", ".c"), 'const char *password = "@1@"\n    "@2@";\n', _pw),
    ("dot", PHP, "<?php\n$password = '@1@' . '@2@';\n", _pw),
    ("two dots", LUA, 'local password = "@1@" .. "@2@"\n', _pw),
    ("ampersand", ("vb", ".vb"), 'Dim password As String = "@1@" & "@2@"\n', _pw),
    ("shell adjacent", S, "PASSWORD='@1@'\"@2@\"\n", _pw),
    ("backslash", P, 'password = "@1@" \\\n    "@2@"\n', _pw),
    ("backslash, ruby", RB, "password = '@1@' \\\n  '@2@'\n", _pw),
    ("backslash inside", ("c", ".c"), 'char *password = "@1@\\\n@2@";\n', _pw),
    ("template literal", JS, "const password = `@@`;\n", _pw),
    ("shape in two pieces", P, 'value = "@1@" + "@2@"\n', led("gh", "p_", then=_alnum(36))),
    ("shape in two pieces, implicit", P, 'value = ("@1@"\n         "@2@")\n', led("sk_", "live_", then=_t24)),
    ("join", P, 'password = "".join(["@1@", "@2@"])\n', _pw),
    ("plus equals", P, 'password = "@1@"\npassword += "@2@"\n', _t24),
    ("triple quotes", P, 'password = """@@"""\n', _pw),
    ("raw string", ("rust", ".rs"), 'let password = r#"@@"#;\n', _pw),
    ("long brackets", LUA, "local password = [[@@]]\n", _pw),
    ("verbatim string", ("csharp", ".cs"), 'var password = @"@@";\n', _pw),
    ("bytes", P, 'password = b"@@"\n', _pw),
    ("heredoc", S, "PASSWORD=$(cat <<'EOF'\n@@\nEOF\n)\n", _pw),
    ("line by line key", P, "key = (\n KEYLINES\n)\n", private_key),
)
NAMES: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    *((f"name {name}", S, f"export {name}=@@\n", _pw) for name in (
        "DB_PASS", "PASS", "MYSQL_PWD", "PGPASSWORD", "SMTP_PW", "ROOT_PASSWD", "REDIS_AUTH", "SSHPASS", "DBPASS",
        "USERPASS", "SUDO_PASS", "KEYSTORE_PASS", "CRED", "APP_CREDENTIAL",
    )),
    *((f"name {name}", P, f'{name} = "@@"\n', _t24) for name in (
        "auth", "api_auth", "authorization", "bearer", "jwt", "session_cookie", "credential", "creds", "private_key",
        "clientSecret", "signing_secret", "encryption_key", "webhook_secret", "access_key_id_secret", "apikey",
        "APIKEY", "apiKey", "refreshToken", "oauth_token", "pat", "deploy_key", "license_key", "salt", "secretKey",
        "AUTH_KEY", "masterKey", "csrf_secret", "hmac_key", "shared_access_key", "app_secret",
    )),
    *((f"key {name}", Y, f"{name}: @@\n", _pw) for name in (
        "pass", "pwd", "db.password", "smtp-password", "spring.datasource.password", "passphrase", "dbPass", "passwort",
        "admin_pw", "mot_de_passe", "senha", "contrase\u00f1a", "keystorePass", "sudo_password", "bind_pw", "userPwd",
    )),
    ("word as value", S, "export DB_PASSWORD=@@\n", _word_only),
    ("word as value, quoted", P, 'db_pass = "@@"\n', _word_only),
    ("kwarg", P, 'connect(user="app", passwd="@@")\n', _word_only),
    ("kwarg pass", RB, "connect(user: 'app', pass: '@@')\n", _pw),
    ("js object pass", JS, "const o = { auth: { user: 'a', pass: '@@' } };\n", _pw),
    ("environ", P, 'os.environ["DB_PASS"] = "@@"\n', _pw),
    ("setdefault", P, 'os.environ.setdefault("DB_PASSWORD", "@@")\n', _pw),
    ("default or", JS, "const p = process.env.DB_PASSWORD || '@@';\n", _pw),
    ("default coalescing", JS, "const p = process.env.API_TOKEN ?? '@@';\n", _t24),
    ("default getenv", P, 'p = os.getenv("DB_PASSWORD", "@@")\n', _pw),
    ("default shell", S, 'DB_PASSWORD="${DB_PASSWORD:-@@}"\n', _pw),
    ("default spring", JAVA, '@Value("${db.password:@@}") String p;\n', _pw),
    ("default php", PHP, "<?php\n$p = getenv('DB_PASSWORD') ?: '@@';\n", _pw),
    ("default ruby", RB, "p = ENV['DB_PASSWORD'] || '@@'\n", _pw),
    ("default ruby fetch", RB, "p = ENV.fetch('DB_PASSWORD', '@@')\n", _pw),
    ("default or python", P, 'p = os.environ.get("DB_PASSWORD") or "@@"\n', _pw),
    ("setter", JAVA, 'config.setPassword("@@");\n', _pw),
    ("comparison", P, 'if user.password == "@@":\n    pass\n', _pw),
    ("constant of wordpress", PHP, "<?php\ndefine('AUTH_KEY', '@@');\n", _t40),
    ("section of ini", INI, "[database]\nuser = app\npassword = @@\n", _word_only),
    ("section of ini, pass", INI, "[smtp]\nuser = app\npass = @@\n", _pw),
    ("properties", ("properties", ".properties"), "db.user=a\ndb.password=@@\n", _word_only),
    ("properties with blanks", ("properties", ".properties"), "db.user = a\ndb.password = @@\n", _pw),
    ("toml", ("toml", ".toml"), '[db]\npassword = "@@"\n', _word_only),
    ("comment", P, "# password: @@\nx = 1\n", _pw),
    ("comment, prose", JS, "// the password is @@\nlet x = 1;\n", _pw),
    ("typescript type", ("typescript", ".ts"), 'const pass: string = "@@";\n', _pw),
    ("go short", GO, 'dbPass := "@@"\n', _pw),
    ("sql", ("sql", ".sql"), "ALTER USER app WITH PASSWORD '@@';\n", _pw),
    ("sql identified", ("sql", ".sql"), "CREATE USER a IDENTIFIED WITH sha256_password BY '@@';\n", _pw),
    ("makefile", ("makefile", ".mk"), "DB_PASSWORD ?= @@\n", _pw),
    ("dockerfile", ("dockerfile", ".dockerfile"), "FROM a\nENV DB_PASS=@@\n", _pw),
    ("systemd", INI, '[Service]\nEnvironment="DB_PASS=@@"\n', _pw),
    ("powershell secure string", ("powershell", ".ps1"), '$p = ConvertTo-SecureString "@@" -AsPlainText\n', _pw),
    ("batch", ("bat", ".bat"), "set DB_PASS=@@\n", _pw),
    ("fish", ("fish", ".fish"), "set -x API_TOKEN @@\n", _t32),
    ("tuple", P, 'requests.get(url, auth=("app", "@@"))\n', _pw),
    ("mnemonic", P, 'mnemonic = "@@"\n', lambda rng: " ".join(some(string.ascii_lowercase, 5)(rng) for _ in range(12))),
)  # fmt: skip
HEADERS: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    ("bearer", P, 'headers = {"Authorization": "Bearer @@"}\n', _t32),
    ("bearer without digits", P, 'headers = {"Authorization": "Bearer @@"}\n', some(string.ascii_letters, 32)),
    ("basic", P, 'headers = {"Authorization": "Basic @u@"}\n', _pw),
    ("token scheme", P, 'headers = {"Authorization": "Token @@"}\n', _hex(40)),
    ("apikey scheme", P, 'headers = {"Authorization": "ApiKey @@"}\n', _t32),
    ("no scheme", P, 'headers = {"Authorization": "@@"}\n', _t32),
    ("x-api-key", S, 'curl -H "X-Api-Key: @@" https://host\n', _t32),
    ("x-api-key map", JS, "const h = { 'x-api-key': '@@' };\n", _t32),
    ("x-auth-token", S, "curl -H 'X-Auth-Token: @@' https://host\n", _t32),
    ("private-token", S, 'curl --header "PRIVATE-TOKEN: @@" https://host\n', _alnum(20)),
    ("header line", ("http", ".http"), "GET https://host/\nAuthorization: Bearer @@\n", _t32),
    ("header line key", ("http", ".http"), "GET https://host/\nX-Api-Key: @@\n", _t32),
    ("cookie", S, "curl -H 'Cookie: session=@@' https://host\n", _t32),
    ("set header", JS, "xhr.setRequestHeader('X-Auth-Token', '@@');\n", _t32),
    ("nginx", ("nginx", ".conf"), 'proxy_set_header Authorization "Basic @u@";\n', _pw),
    ("proxy authorization", S, 'curl -H "Proxy-Authorization: Basic @u@" https://host\n', _pw),
    ("subscription key", P, 'headers = {"Ocp-Apim-Subscription-Key": "@@"}\n', _hex(32)),
)
ADDRESSES: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    *((f"address {scheme}", P, f'x = "{scheme}://app:@@@db.internal/main"\n', _alnum(14)) for scheme in (
        "postgresql+psycopg2", "mysql", "mongodb+srv", "amqp", "redis", "https", "ftp", "ldap", "smtp", "mssql+pyodbc",
    )),
    ("address without user", P, 'x = "redis://:@@@cache:6379/0"\n', _alnum(14)),
    ("address word password", P, 'x = "postgres://app:@@@db/main"\n', _word_only),
    ("address with at sign", P, 'x = "postgres://app:@@@db/main"\n', led("P@", then=_alnum(14))),
    ("address token user", S, "git clone https://@@@github.com/a/b.git\n", _hex(40)),
    ("address oauth2", S, "git clone https://oauth2:@@@gitlab.com/a/b.git\n", _alnum(20)),
    ("jdbc parameters", JAVA, 'String u = "jdbc:mysql://db/main?user=app&password=@@";\n', _word_only),
    ("jdbc oracle", JAVA, 'String u = "jdbc:oracle:thin:app/@@@db:1521:xe";\n', _alnum(12)),
    ("jdbc sqlserver", JAVA, 'String u = "jdbc:sqlserver://db;user=app;password=@@;x=1";\n', _word_only),
    ("odbc", P, 'x = "DRIVER={SQL};SERVER=db;UID=app;PWD=@@"\n', _word_only),
    ("odbc braces", P, 'x = "DRIVER={SQL};UID=app;PWD={@@};x=1"\n', _pw),
    ("ado", ("csharp", ".cs"), 'var x = "Data Source=db;User ID=app;Password=@@;";\n', _word_only),
    ("libpq", P, 'x = "host=db user=app password=@@ dbname=main"\n', _word_only),
    ("go dsn", GO, 'dsn := "app:@@@tcp(db:3306)/main"\n', _pw),
    ("azure storage", P, 'x = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=@@;"\n', _alnum(86)),
    ("azure service bus", P, 'x = "Endpoint=sb://a/;SharedAccessKeyName=r;SharedAccessKey=@@"\n', _alnum(43)),
    ("azure cosmos", P, 'x = "AccountEndpoint=https://a/;AccountKey=@@"\n', _alnum(86)),
    ("azure sas", P, 'x = "https://a/b?sv=2020&sig=@@"\n', _alnum(43)),
    ("aws presigned", P, 'x = "https://a/b?X-Amz-Signature=@@"\n', _hex(64)),
    ("totp", P, 'x = "otpauth://totp/a?secret=@@&issuer=b"\n', some(string.ascii_uppercase + "234567", 32)),
    ("slack webhook", P, 'x = "https://hooks.slack.com/services/@@"\n',
     lambda rng: f"T{some(UPPER, 9)(rng)}/B{some(UPPER, 9)(rng)}/{_t24(rng)}"),
    ("discord webhook", P, 'x = "https://discord.com/api/webhooks/123456789012345678/@@"\n', _alnum(60)),
    ("teams webhook", P, 'x = "https://a.webhook.office.com/webhookb2/1/IncomingWebhook/@@/2"\n', _hex(32)),
    ("telegram address", P, 'x = "https://api.telegram.org/bot@@/send"\n',
     lambda rng: some(string.digits, 9)(rng) + ":A" + "A" + _alnum(33)(rng)),
    ("sentry dsn", P, 'x = "https://@@:abc@o1.ingest.sentry.io/1"\n', _hex(32)),
    ("sidekiq", RB, 'source "https://app:@@@gems.contribsys.com/"\n', _hex(8)),
)  # fmt: skip
COMMANDS: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    ("curl -u", S, "curl -u app:@@ https://host\n", _pw),
    ("curl --user", S, 'curl --user "app:@@" https://host\n', _pw),
    ("curl -uapp", S, "curl -uapp:@@ https://host\n", _pw),
    ("--password=", S, "tool --password=@@ run\n", _word_only),
    ("--password", S, "tool --password @@ run\n", _word_only),
    ("--password quoted", S, "tool --password '@@' run\n", _pw),
    ("--token", S, "tool --token @@ run\n", _t24),
    ("--api-key", S, "tool --api-key=@@ run\n", _t24),
    ("mysql -p", S, "mysql -u root -p@@ main\n", _pw),
    ("mysqldump -p", S, "mysqldump -uroot -p'@@' main\n", _pw),
    ("sshpass", S, "sshpass -p @@ ssh host\n", _pw),
    ("docker login", S, "docker login -u a -p @@ registry.example\n", _pw),
    ("redis-cli", S, "redis-cli -h cache -a @@ ping\n", _pw),
    ("environment of a command", S, "PGPASSWORD=@@ psql -h db\n", _word_only),
    ("docker -e", S, "docker run -e MYSQL_ROOT_PASSWORD=@@ mysql\n", _word_only),
    ("openssl pass", S, "openssl rsa -in a -passin pass:@@\n", _pw),
    ("chpasswd", S, 'echo "root:@@" | chpasswd\n', _pw),
    ("stdin", S, "echo @@ | docker login --password-stdin\n", _t24),
    ("aws configure", S, "aws configure set aws_secret_access_key @@\n", _t40),
    ("npm config", S, "npm config set //registry.example/:_authToken @@\n", _t32),
    ("ldapsearch", S, "ldapsearch -x -D cn=a -w @@ -b dc=b\n", _pw),
    ("sqlcmd", S, "sqlcmd -S db -U sa -P @@\n", _pw),
    ("htpasswd -b", S, "htpasswd -b file app @@\n", _pw),
    ("zip -P", S, "zip -P @@ a.zip a\n", _pw),
    ("gpg passphrase", S, "gpg --batch --passphrase @@ a\n", _word_only),
    ("net use", ("bat", ".bat"), "net use Z: \\\\host\\a @@ /user:app\n", _pw),
    ("list of arguments", P, 'run(["tool", "--password", "@@"])\n', _pw),
    ("list of arguments =", P, 'run(["tool", "--password=@@"])\n', _pw),
    ("wget", S, "wget --http-password=@@ https://host\n", _pw),
    ("smbclient", S, "smbclient //host/a -U app%@@\n", _pw),
)
FILES: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    ("netrc", T, "machine host login app password @@\n", _word_only),
    ("netrc lines", T, "machine host\n  login app\n  password @@\n", _pw),
    ("pgpass", T, "db.internal:5432:main:app:@@\n", _pw),
    ("npmrc", INI, "//registry.example/:_authToken=@@\n", _uuid),
    ("npmrc auth", INI, "_auth=@u@\n", _pw),
    ("npmrc password", INI, "//registry.example/:password=@b@\n", _pw),
    ("yarnrc", Y, 'npmAuthToken: "@@"\n', _uuid),
    ("pypirc", INI, "[pypi]\nusername = app\npassword = @@\n", _word_only),
    ("htpasswd", T, "app:$apr1$@@\n", lambda rng: _alnum(8)(rng) + "$" + _alnum(22)(rng)),
    ("htpasswd bcrypt", T, "app:$2y$10$@@\n", _alnum(53)),
    ("htpasswd sha", T, "app:{SHA}@@\n", lambda rng: _alnum(27)(rng) + "="),
    ("shadow", T, "app:$6$@@:19000:0:99999:7:::\n", lambda rng: _alnum(16)(rng) + "$" + _alnum(86)(rng)),
    ("aws credentials", INI, "[default]\naws_access_key_id = x\naws_secret_access_key = @@\n", _t40),
    ("git credentials", T, "https://app:@@@github.com\n", _t40),
    ("wireguard", INI, "[Interface]\nPrivateKey = @@=\n", _alnum(43)),
    ("rails master key", Y, "secret_key_base: @@\n", _hex(128)),
    ("django", P, "SECRET_KEY = '@@'\n", lambda rng: "django-insecure-" + some(LOWER + "!@#%&*-_=+", 50)(rng)),
    ("laravel", T, "APP_KEY=base64:@@=\n", _alnum(43)),
    ("kubeconfig token", Y, "users:\n- name: a\n  user:\n    token: @@\n", _t40),
    ("kubeconfig key", Y, "users:\n- name: a\n  user:\n    client-key-data: @@\n", _alnum(200)),
    ("gradle", T, "signing.password=@@\n", _word_only),
    ("ansible", Y, "ansible_become_pass: @@\n", _pw),
    ("s3cfg", INI, "[default]\nsecret_key = @@\n", _t40),
    ("filezilla", X, '<Pass encoding="base64">@b@</Pass>\n', _pw),
    ("rclone", INI, "[r]\ntype = sftp\npass = @@\n", _alnum(30)),
    ("wpa", T, 'network={\n ssid="a"\n psk="@@"\n}\n', _word_only),
    ("private key", T, "KEY\n", private_key),
    ("private key in one line", P, 'x = "@@"\n', _escaped_key),
    ("private key indented", Y, "a:\n  b: |\n    KEY\n", private_key),
    ("private key in a dict", P, 'x = {"k": """KEY"""}\n', private_key),
    ("notebook source", J, '{"source": ["password = \\"@@\\"\\n"]}\n', _pw),
    ("log line", T, "12:01 INFO login user=app password=@@ ok\n", _pw),
)
CALLS: tuple[tuple[str, tuple[str, str], str, Maker], ...] = (
    ("HTTPBasicAuth", P, 'a = HTTPBasicAuth("app", "@@")\n', _pw),
    ("basic_auth", RB, "request.basic_auth 'app', '@@'\n", _pw),
    ("SetBasicAuth", GO, 'req.SetBasicAuth("app", "@@")\n', _pw),
    ("getConnection", JAVA, 'DriverManager.getConnection("jdbc:a", "app", "@@");\n', _pw),
    ("mysqli", PHP, "<?php\n$db = new mysqli('db', 'app', '@@', 'main');\n", _pw),
    ("PDO", PHP, "<?php\n$db = new PDO('mysql:host=db', 'app', '@@');\n", _pw),
    ("smtp login", P, 'smtp.login("app", "@@")\n', _pw),
    ("NetworkCredential", ("csharp", ".cs"), 'var c = new NetworkCredential("app", "@@");\n', _pw),
    ("PasswordAuthentication", JAVA, 'new PasswordAuthentication("app", "@@".toCharArray());\n', _pw),
    ("signed with", JS, "jwt.sign(payload, '@@');\n", _t24),
    ("typed", P, 'password = SecretStr("@@")\n', _pw),
    ("Buffer", JS, "const password = Buffer.from('@@');\n", _pw),
    ("strcpy", ("c", ".c"), 'strcpy(password, "@@");\n', _pw),
    ("send keys", P, 'driver.find_element("password").send_keys("@@")\n', _pw),
)
# Issuers: the shape alone, given to a name that says nothing.
ISSUERS: dict[str, Maker] = {
    "github oauth": led("gh", "o_", then=_alnum(36)),
    "github app": led("gh", "s_", then=_alnum(36)),
    "gitlab deploy": led("gl", "dt-", then=_alnum(20)),
    "gitlab runner": led("GR13", "48941", then=_alnum(20)),
    "gitlab feed": led("gl", "ft-", then=_alnum(20)),
    "aws temporary": led("AS", "IA", then=some(string.ascii_uppercase + "234567", 16)),
    "aws bedrock": led("AB", "SK", then=_alnum(120)),
    "google oauth": led("GOC", "SPX-", then=_alnum(28)),
    "google access": led("ya", "29.", then=_alnum(60)),
    "azure client secret": lambda rng: _alnum(3)(rng) + "8Q" + "~" + _alnum(34)(rng),
    "slack user": led("xo", "xp-", then=lambda rng: "-".join(some(string.digits, 12)(rng) for _ in range(3))),
    "slack app": led("xa", "pp-1-", then=lambda rng: "A" + some(UPPER, 10)(rng) + "-" + _hex(40)(rng)),
    "stripe restricted": led("rk_", "live_", then=_alnum(24)),
    "stripe webhook": led("wh", "sec_", then=_alnum(32)),
    "twilio account": led("S", "K", then=_hex(32)),
    "mailgun": led("ke", "y-", then=_hex(32)),
    "mailchimp": lambda rng: _hex(32)(rng) + "-us" + "12",
    "sendinblue": led("xkey", "sib-", then=lambda rng: _hex(64)(rng) + "-" + _alnum(16)(rng)),
    "openai project": led("sk-", "proj-", then=_alnum(80)),
    "openai service": led("sk-", "svcacct-", then=_alnum(80)),
    "anthropic": led("sk-", "ant-api03-", then=_alnum(93)),
    "openrouter": led("sk-", "or-v1-", then=_hex(64)),
    "deepseek": led("s", "k-", then=_hex(32)),
    "zhipu": lambda rng: _hex(32)(rng) + "." + _alnum(16)(rng),
    "hugging face organisation": led("api_", "org_", then=some(string.ascii_letters, 34)),
    "groq": led("gs", "k_", then=_alnum(52)),
    "replicate": led("r", "8_", then=_alnum(37)),
    "perplexity": led("pp", "lx-", then=_alnum(48)),
    "nvidia": led("nv", "api-", then=_alnum(64)),
    "fireworks": led("f", "w_", then=_alnum(24)),
    "tavily": led("tv", "ly-", then=_alnum(32)),
    "langsmith": led("lsv2_", "pt_", then=lambda rng: _hex(32)(rng) + "_" + _hex(10)(rng)),
    "google ai": led("A", "Q.Ab8", then=_alnum(45)),
    "vercel": led("vc", "p_", then=_alnum(24)),
    "voyage": led("p", "a-", then=_alnum(43)),
    "elevenlabs": led("s", "k_", then=_hex(48)),
    "wandb local": led("loc", "al-", then=_hex(40)),
    "pinecone": led("pc", "sk_", then=_alnum(60)),
    "telegram bot": lambda rng: some(string.digits, 10)(rng) + ":A" + "A" + _alnum(33)(rng),
    "discord bot": lambda rng: "M" + _alnum(25)(rng) + "." + _alnum(6)(rng) + "." + _alnum(38)(rng),
    "digitalocean oauth": led("doo", "_v1_", then=_hex(64)),
    "shopify shared": led("shp", "ss_", then=_hex(32)),
    "square": led("sq0", "atp-", then=_alnum(22)),
    "square access": led("EA", "AA", then=_alnum(60)),
    "databricks": led("da", "pi", then=_hex(32)),
    "linear": led("lin", "_api_", then=_alnum(40)),
    "notion": led("nt", "n_", then=_alnum(46)),
    "notion internal": led("sec", "ret_", then=_alnum(43)),
    "vault service": led("hv", "s.", then=_alnum(90)),
    "vault batch": led("hv", "b.", then=_alnum(140)),
    "doppler": led("dp", ".pt.", then=_alnum(43)),
    "terraform cloud": lambda rng: _alnum(14)(rng) + ".atlas" + "v1." + _alnum(67)(rng),
    "new relic": led("NR", "AK-", then=some(UPPER, 27)),
    "new relic licence": lambda rng: _hex(36)(rng) + "NR" + "AL",
    "grafana cloud": led("gl", "c_", then=_alnum(40)),
    "grafana service": led("gl", "sa_", then=lambda rng: _alnum(32)(rng) + "_" + _hex(8)(rng)),
    "sentry organisation": led("sn", "trys_", then=_alnum(60)),
    "sentry user": led("sn", "tryu_", then=_hex(64)),
    "dropbox": led("s", "l.", then=_alnum(135)),
    "airtable": led("pa", "t", then=lambda rng: _alnum(14)(rng) + "." + _hex(64)(rng)),
    "postman": led("PM", "AK-", then=lambda rng: _hex(24)(rng) + "-" + _hex(34)(rng)),
    "figma": led("fi", "gd_", then=_alnum(40)),
    "cloudflare origin": led("v1.0", "-", then=lambda rng: _hex(24)(rng) + "-" + _hex(146)(rng)),
    "fly": led("Fly", "V1 ", then=lambda rng: "fm2" + "_" + _alnum(100)(rng)),
    "fly access": led("fo", "1_", then=_alnum(43)),
    "supabase": led("sb", "p_", then=_hex(40)),
    "supabase secret": led("sb_", "secret_", then=_alnum(31)),
    "planetscale": led("pscale", "_tkn_", then=_alnum(43)),
    "planetscale password": led("pscale", "_pw_", then=_alnum(43)),
    "age": led("AGE-SECRET", "-KEY-1", then=some("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
    "mapbox": lambda rng: "s" + "k.ey" + _alnum(60)(rng) + "." + _alnum(22)(rng),
    "artifactory": led("AK", "Cp", then=_alnum(69)),
    "artifactory reference": led("cm", "Vmd", then=_alnum(59)),
    "heroku": led("HRKU", "-AA", then=_alnum(58)),
    "alibaba": led("LT", "AI", then=_alnum(20)),
    "tencent": led("AK", "ID", then=_alnum(32)),
    "yandex": led("AQ", "VN", then=_alnum(36)),
    "docker hub": led("dckr", "_pat_", then=_alnum(27)),
    "pulumi": led("pu", "l-", then=_hex(40)),
    "prefect": led("pn", "u_", then=_alnum(36)),
    "readme": led("rd", "me_", then=some(LOWER, 70)),
    "rubygems": led("ruby", "gems_", then=_hex(48)),
    "clojars": led("CLO", "JARS_", then=some(LOWER, 60)),
    "shippo": led("shippo", "_live_", then=_hex(40)),
    "easypost": led("EZ", "AK", then=_alnum(54)),
    "duffel": led("duffel", "_live_", then=_alnum(43)),
    "dynatrace": led("dt0", "c01.", then=lambda rng: some(UPPER, 24)(rng) + "." + some(UPPER, 64)(rng)),
    "flutterwave": led("FLWSE", "CK_TEST-", then=lambda rng: some("abcdefgh" + string.digits, 32)(rng) + "-X"),
    "frame": led("fio", "-u-", then=_alnum(64)),
    "facebook page": led("EA", "AM", then=_alnum(120)),
    "intra42": led("s-s4t2", "ud-", then=_hex(64)),
    "octopus": led("AP", "I-", then=some(UPPER, 26)),
    "openshift": led("sha", "256~", then=_alnum(43)),
    "typeform": led("tf", "p_", then=_alnum(59)),
    "sourcegraph": led("sg", "p_", then=_hex(40)),
    "sonar": led("sq", "u_", then=_hex(40)),
    "settlemint": led("sm_", "pat_", then=_alnum(16)),
    "harness": led("pa", "t.", then=lambda rng: ".".join((_alnum(22)(rng), _alnum(24)(rng), _alnum(20)(rng)))),
    "adobe": led("p8", "e-", then=_hex(32)),
    "contentful management": led("CFP", "AT-", then=_alnum(43)),
    "atlassian": led("ATA", "TT3", then=_alnum(186)),
    "bitbucket app": led("ATB", "B", then=_alnum(32)),
    "onepassword": led("op", "s_ey", then=lambda rng: "J" + _alnum(252)(rng)),
    "onepassword secret": led("A", "3-", then=lambda rng: "-".join(some(UPPER, n)(rng) for n in (6, 11, 5, 5, 5))),
    "maxmind": lambda rng: _alnum(6)(rng) + "_" + _alnum(29)(rng) + "_m" + "mk",
    "plaid": lambda rng: "acc" + "ess-production-" + _uuid(rng),
    "lob": led("li", "ve_", then=_hex(35)),
    "npm": led("np", "m_", then=_alnum(36)),
    "crates": led("ci", "o", then=_alnum(32)),
    "hubspot": led("pat-", "na1-", then=_uuid),
    "asana": lambda rng: "1/" + some(string.digits, 16)(rng) + ":" + _hex(32)(rng),
    "buildkite": led("bk", "ua_", then=_hex(40)),
    "netlify": led("nf", "p_", then=_alnum(36)),
    "render": led("rn", "d_", then=_alnum(28)),
    "resend": led("re", "_", then=lambda rng: _alnum(8)(rng) + "_" + _alnum(24)(rng)),
    "postmark webhook": led("ph", "x_", then=_alnum(43)),
    "tailscale": led("ts", "key-auth-", then=lambda rng: _alnum(12)(rng) + "-" + _alnum(32)(rng)),
    "web token": web_token,
}  # fmt: skip
# Issuers whose keys look like any hash: the issuer's name stands in the name.
VENDORS: dict[str, tuple[str, Maker]] = {
    "adafruit": ("ADAFRUIT_IO", _t32),
    "algolia": ("algolia_admin", some(LOWER, 32)),
    "amplitude": ("AMPLITUDE", _hex(32)),
    "cloudflare": ("CLOUDFLARE_GLOBAL", _hex(37)),
    "codecov": ("CODECOV", _uuid),
    "datadog": ("DATADOG_APP", _hex(40)),
    "fastly": ("fastly", _t32),
    "heroku uuid": ("HEROKU_API", _uuid),
    "mailjet": ("MAILJET", _hex(32)),
    "okta": ("okta", lambda rng: "00" + _alnum(40)(rng)),
    "snyk": ("SNYK", _uuid),
    "twitch": ("twitch", some(LOWER, 30)),
    "zendesk": ("zendesk", some(LOWER, 40)),
    "wandb": ("WANDB", _hex(40)),
    "mistral": ("MISTRAL", _t32),
    "moonshot": ("MOONSHOT", _alnum(48)),
    "contentful": ("contentful", _alnum(43)),
    "launchdarkly": ("LAUNCHDARKLY", _uuid),
    "travis": ("TRAVIS", _alnum(22)),
    "pagerduty": ("PAGERDUTY", some(LOWER, 20)),
}

GROUPS = {
    "names and values in pairs": PAIRS,
    "YAML": YAML,
    "JSON and strings in strings": JSON,
    "pieces of strings": PIECES,
    "names": NAMES,
    "headers": HEADERS,
    "addresses and connection strings": ADDRESSES,
    "command lines": COMMANDS,
    "files' own formats": FILES,
    "arguments of calls": CALLS,
    "issuers' shapes": tuple((f"issuer {name}", P, 'value = "@@"\n', maker) for name, maker in ISSUERS.items()),
    "issuers' names": tuple((f"vendor {n}", P, f'{name} = "@@"\n', maker) for n, (name, maker) in VENDORS.items()),
    **CONSTRUCTS,
}


def forms(seed: int = SEED) -> Iterator[tuple[str, Plant]]:
    """Each form once, with its group."""
    number = FIRST_NUMBER
    for group, rows in GROUPS.items():
        for kind, (language, suffix), template, maker in rows:
            rng = random.Random(f"{seed} {kind}")
            yield group, _planted(number, kind, language, suffix, template, maker(rng))
            number += 1


def _planted(number: int, kind: str, language: str, suffix: str, template: str, secret: str) -> Plant:
    half = len(secret) // 2
    encoded = base64.b64encode(secret.encode()).decode()
    user = base64.b64encode(f"app:{secret}".encode()).decode()
    indent = template[: template.index("KEY")].rpartition("\n")[2] if "KEY" in template and "\n" in secret else ""
    text = template.replace("@1@", secret[:half]).replace("@2@", secret[half:])
    text = text.replace("@b@", encoded).replace("@u@", user).replace("@@", secret, 1)
    parts: tuple[str, ...] = ()
    if "@1@" in template:
        parts = (secret[:half], secret[half:])
    elif "@b@" in template or "@u@" in template:
        parts = (encoded if "@b@" in template else user,)
    elif "KEYLINES" in template:
        lines = secret.split("\n")
        text = text.replace("KEYLINES", "\n ".join(f'"{line}\\n"' for line in lines))
        parts = tuple(line for line in lines if "-----" not in line)
    elif "\n" in secret:
        text = text.replace("KEY", secret.replace("\n", "\n" + indent if not indent.strip() else "\n"))
        parts = tuple(line for line in secret.split("\n") if "-----" not in line)
    line = text.count("\n", 0, text.index(parts[0] if parts else secret))
    return Plant(number, kind, language, suffix, line, parts[0] if parts else secret, text, parts)


if __name__ == "__main__":
    for group, plant in forms():
        print(plant.number, group, plant.kind, plant.language, plant.line, len(plant.secret))
