"""Changed functions and members whose names have another meaning elsewhere in the file: silence is right there."""
# ruff: noqa: E501 - a text is read best on one line

from __future__ import annotations

from tests.support.next_edit_session import Situation

OF_OTHER_MEANINGS: dict[str, Situation] = {
    "another meaning: a function inside of another has the name": (
        "python",
        "def f(a, b):\n    pass\n\n\ndef g():\n    def f(x, y):\n        return 1\n    return f(1, 2)\n",
        [("(a, b)", "(a)", 1)],
        None,
    ),
    "another meaning: a function imports the name": (
        "python",
        "def f(a, b):\n    pass\n\n\ndef g():\n    from z import f\n    return f(1, 2)\n",
        [("(a, b)", "(a)", 1)],
        None,
    ),
    "another meaning: a parameter has the name": (
        "python",
        "def f(a, b):\n    pass\n\n\ndef g(f):\n    return f(1, 2)\n",
        [("(a, b)", "(a)", 1)],
        None,
    ),
    "another meaning: a call by the class passes the object": (
        "python",
        "class A:\n    def do_it(self, a, b=1):\n        pass\n\n\ndef g(x):\n    A.do_it(x, 1)\n",
        [("(self, a, b=1)", "(self, b=1)", 1)],
        None,
    ),
    "another meaning: a call of the base class": (
        "python",
        "class A(B):\n    def f(self, a, b):\n        super().f(a, b)\n",
        [("(self, a, b)", "(self, a)", 1)],
        None,
    ),
    "another meaning: another overload fits the call": (
        "java",
        'class A {\n  void f(int a, int b, int c) {}\n  void f(String a, String b, String d) {}\n  void g() { f("x", "y", "z"); }\n}\n',
        [("int b, int c)", "int b)", 1)],
        None,
    ),
    "another meaning: another overload fits the call, cpp": (
        "cpp",
        'void f(int a, int b);\nvoid f(char* a, int b);\nvoid g() {\n  f("x", 1);\n}\n',
        [("(int a, int b)", "(int a)", 1)],
        None,
    ),
    "another meaning: a parameter has the name of the changed function": (
        "python",
        "@pytest.fixture\ndef f(a):\n    pass\n\n\ndef test(f, b):\n    f(1)\n",
        [("(a)", "(a, b)", 1)],
        None,
    ),
    "another meaning: a deleted parameter is assigned": (
        "python",
        "class A:\n    def __init__(self, a, b):\n        b = 1\n        self.b = b\n",
        [("(self, a, b)", "(self, a)", 1)],
        None,
    ),
    "another meaning: a deleted parameter is assigned and passed": (
        "python",
        "def h(a, b):\n    b = 2\n    g(x=1, b=b)\n",
        [("(a, b)", "(a)", 1)],
        None,
    ),
    "another meaning: a parameter became a variable": (
        "python",
        "def h(a, b):\n    g(x=1, b=b)\n",
        [("(a, b):\n", "(a):\n    b = a.b\n", 1)],
        None,
    ),
    "another meaning: a method of another class of this file": (
        "python",
        "class A:\n    def run_it(self):\n        pass\n\n\nclass B:\n    def run_it(self):\n        pass\n\n\ndef f(b):\n    b.run_it()\n",
        [("run_it", "go_it", 1)],
        None,
    ),
    "another meaning: an object of another class": (
        "python",
        "class A:\n    def run_it(self):\n        pass\n\n\nclass B:\n    def run_it(self):\n        pass\n\n\ndef f():\n    b = B()\n    b.run_it()\n",
        [("run_it", "go_it", 1)],
        None,
    ),
    "another meaning: a parameter of another class": (
        "python",
        "class A:\n    def run_it(self):\n        pass\n\n\nclass B:\n    def run_it(self):\n        pass\n\n\ndef f(b: B):\n    b.run_it()\n",
        [("run_it", "go_it", 1)],
        None,
    ),
    "another meaning: a field of another struct": (
        "go",
        "package a\n\ntype A struct {\n\tUserName string\n}\n\ntype B struct {\n\tUserName string\n}\n\nfunc f(b B) {\n\tb.UserName = 1\n}\n",
        [("UserName", "Name", 1)],
        None,
    ),
    "another meaning: a long list of exceptions behind a header that is read as text": (
        "vala",
        "void f(int a, int b)" + " throws a" * 400 + " !\n",
        [(", int b", "", 1)],
        None,
    ),
    "another meaning: another overload fits the call, kotlin": (
        "kotlin",
        'fun f(a: Int, b: Int) {}\nfun f(a: String, b: Int) {}\nfun g() {\n    f("x", 1)\n}\n',
        [("a: Int, b: Int", "a: Int", 1)],
        None,
    ),
    "another meaning: another signature fits the call, typescript": (
        "typescript",
        "function f(a: string, b: number): void;\nfunction f(a: any, b: number) {\n}\nf('x', 1);\n",
        [("(a: any, b: number)", "(a: any)", 1)],
        None,
    ),
    "another meaning, python: a member of an imported module's object": (
        "python",
        "import telegram\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\nclient = telegram.Bot()\nclient.send_all('a')\n",
        [("send_all", "send_each", 1)],
        None,
    ),
    "another meaning, python: a member of an imported module": (
        "python",
        "import telegram\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\ntelegram.send_all('a')\n",
        [("send_all", "send_each", 1)],
        None,
    ),
    "another meaning, python: a member of what an imported function makes": (
        "python",
        "from telegram import connect\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\nbot = connect(1)\nbot.send_all('a')\n",
        [("send_all", "send_each", 1)],
        None,
    ),
    "another meaning, python: a member of an attribute that an import makes": (
        "python",
        "import telegram\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\nclass C:\n    def __init__(self):\n        self.api = telegram.Api()\n\n    def f(self):\n        self.api.send_all('a')\n",
        [("send_all", "send_each", 1)],
        None,
    ),
    "another meaning, python: a member behind with": (
        "python",
        "import telegram\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\nwith telegram.open(1) as api:\n    api.send_all('a')\n",
        [("send_all", "send_each", 1)],
        None,
    ),
    "another meaning, python: a member of an imported object": (
        "python",
        "from .apis import api\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\napi.send_all('a')\n",
        [("send_all", "send_each", 1)],
        None,
    ),
    "another meaning, python: a member of a chain that begins with an import": (
        "python",
        "import telegram\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\ntelegram.Bot(1).send_all('a')\n",
        [("send_all", "send_each", 1)],
        None,
    ),
    "another meaning, python: a member of an object that a function of this file makes": (
        "python",
        "import telegram\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\ndef make():\n    return Bot()\n\n\nbot = make()\nbot.send_all('a')\n",
        [("send_all", "send_each", 1)],
        "14: bot.send_all('a') → bot.send_each('a')",
    ),
    "another meaning, python: a member of a parameter": (
        "python",
        "import telegram\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\ndef run(bot):\n    bot.send_all('a')\n",
        [("send_all", "send_each", 1)],
        "10: bot.send_all('a') → bot.send_each('a')",
    ),
    "another meaning, typescript: a member of an imported object": (
        "typescript",
        "import { api } from './api';\n\nclass Bot {\n  sendAll(text: string) {\n    return text;\n  }\n}\n\napi.sendAll('a');\n",
        [("sendAll", "sendEach", 1)],
        None,
    ),
    "another meaning, typescript: a member of an imported class's object": (
        "typescript",
        "import { Api } from './api';\n\nclass Bot {\n  sendAll(text: string) {\n    return text;\n  }\n}\n\nconst api = new Api();\napi.sendAll('a');\n",
        [("sendAll", "sendEach", 1)],
        None,
    ),
    "another meaning, javascript: a member of a required module": (
        "javascript",
        "const api = require('api');\n\nclass Bot {\n  sendAll(text) {\n    return text;\n  }\n}\n\napi.sendAll('a');\n",
        [("sendAll", "sendEach", 1)],
        None,
    ),
    "another meaning, go: a member of an imported package's value": (
        "go",
        'package a\n\nimport "x/api"\n\ntype Bot struct{}\n\nfunc (b *Bot) sendAll(t string) {\n}\n\nfunc f() {\n\tc := api.New()\n\tc.sendAll("a")\n}\n',
        [("sendAll", "sendEach", 1)],
        None,
    ),
    "another meaning, python: a member of a parameter that is named as a module": (
        "python",
        "from app.client import Api\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\ndef run(client):\n    client.send_all('a')\n",
        [("send_all", "send_each", 1)],
        "10: client.send_all('a') → client.send_each('a')",
    ),
    "another meaning, python: a member of a variable of the class that an import fills": (
        "python",
        "import registry\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\nitem: Bot = registry.get('a')\nitem.send_all('a')\n",
        [("send_all", "send_each", 1)],
        "10: item.send_all('a') → item.send_each('a')",
    ),
    "another meaning, python: a member of what is cast to the class": (
        "python",
        "from typing import cast\n\n\nclass Bot:\n    def send_all(self, text):\n        return text\n\n\nitem = cast(Bot, f())\nitem.send_all('a')\n",
        [("send_all", "send_each", 1)],
        "10: item.send_all('a') → item.send_each('a')",
    ),
    "another meaning, typescript: a member of a parameter that is named as a file": (
        "typescript",
        "import { Api } from './client';\n\nclass Bot {\n  sendAll(text: string) {\n    return text;\n  }\n}\n\nfunction run(client) {\n  client.sendAll('a');\n}\n",
        [("sendAll", "sendEach", 1)],
        "10: client.sendAll('a'); → client.sendEach('a');",
    ),
    "another meaning, go: a member of a parameter that is a part of a path": (
        "go",
        'package a\n\nimport "x/client/api"\n\ntype Bot struct{}\n\nfunc (b *Bot) sendAll(t string) {\n\tapi.Do()\n}\n\nfunc f(client *Bot) {\n\tclient.sendAll("a")\n}\n',
        [("sendAll", "sendEach", 1)],
        '12: client.sendAll("a") → client.sendEach("a")',
    ),
}
