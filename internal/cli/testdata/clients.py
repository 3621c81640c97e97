"""Runs clients of Open WebUI against a server: URL, token and password of an
admin. Prints a line for each call, and ends with status 1 when one fails that
works on Open WebUI 0.12.4 and whose paths are served."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

url, token, email, password = sys.argv[1:5]
bin_dir = pathlib.Path(sys.executable).parent
work = pathlib.Path(tempfile.mkdtemp(prefix="clients-"))
failed = []
count = {}


def api(method, path, body=None):
    request = urllib.request.Request(url + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def note(client, call, ok, why=""):
    done, tried = count.get(client, (0, 0))
    count[client] = (done + bool(ok), tried + 1)
    print(("ok   " if ok else "FAIL ") + client + ": " + call + ("" if ok else "  " + " ".join(str(why).split())[:300]))
    if not ok:
        failed.append(client + ": " + call)


def chat(text):
    messages = {"u": {"id": "u", "parentId": None, "childrenIds": ["a"], "role": "user", "content": text, "timestamp": 1700000000},
                "a": {"id": "a", "parentId": "u", "childrenIds": [], "role": "assistant", "content": "yes", "model": "gpt-x", "timestamp": 1700000002}}
    return api("POST", "/api/v1/chats/new", {"chat": {"title": text, "models": ["gpt-x"], "history": {"messages": messages, "currentId": "a"}}})["id"]


def run(client, program, *args, want="", typed=None):
    env = dict(os.environ, OWUI_URL=url, OWUI_TOKEN=token, HOME=str(work), NO_COLOR="1")
    done = subprocess.run([str(bin_dir / program), *args], env=env, cwd=work, capture_output=True, text=True, timeout=60,
                          input=typed, start_new_session=True)  # without a terminal a password is read from there
    ok = done.returncode == 0 and want in done.stdout
    note(client, " ".join(args[1:] if args[0] == "--json" else args), ok, done.stdout[-200:] + " " + done.stderr)
    return done.stdout


def found(text):
    """The id in what a command printed as JSON."""
    value = json.loads(text)
    while isinstance(value, dict) and "id" not in value:
        value = next(v for v in value.values() if isinstance(v, dict))
    return value["id"]


def owui_cli():
    cli = lambda *args, want="": run("owui-cli", "owui-cli", "--json", *args, want=want)
    one, two = chat("needle3 one"), chat("another")
    bob = api("POST", "/api/v1/auths/add", {"name": "Bob", "email": "bob@example.com", "password": "Passw0rd!bob", "role": "user"})["id"]
    cli("chats", "list", want="needle3")
    cli("chats", "list", "2")
    cli("chats", "search", "needle3", want=one)
    cli("chats", "show", one, want="needle3")
    cli("chats", "all", want=two)
    cli("chats", "pull-all", "chats")
    cli("chats", "stats", want=one)
    cli("users", "list", want="bob@example.com")
    cli("users", "find", "bob", want=bob)
    cli("users", "show", "bob@example.com", want=bob)
    cli("users", "add", "zed@example.com", "Zed", "user")
    (work / "u.json").write_text(json.dumps({"name": "Robert", "email": "bob@example.com", "role": "user", "profile_image_url": "/user.png"}))
    cli("users", "update", bob, "u.json")
    group = found(cli("groups", "create", "CL group", "d"))
    cli("groups", "list", want=group)
    cli("groups", "show", group, want="CL group")
    cli("groups", "add-user", group, bob)
    cli("groups", "members", group, want=bob)
    cli("groups", "remove-user", group, bob)
    (work / "g.json").write_text(json.dumps({"name": "CL group 2", "description": "e"}))
    cli("groups", "update", group, "g.json")
    cli("groups", "delete", group)
    base = found(cli("knowledge", "create", "CL kb", "d"))
    cli("knowledge", "list", want=base)
    cli("knowledge", "show", base, want="CL kb")
    cli("knowledge", "files", base)
    (work / "t.txt").write_text("text\n")
    file = found(cli("files", "upload", "t.txt"))
    cli("files", "list", want=file)
    cli("files", "show", file, want="t.txt")
    cli("knowledge", "add-file", base, file)
    cli("knowledge", "remove-file", base, file)
    file = found(cli("files", "upload", "t.txt"))
    cli("files", "delete", file)
    cli("knowledge", "delete", base)
    cli("configs", "show")
    cli("configs", "get", "banners")
    cli("configs", "admin")
    cli("models", "list")
    cli("tools", "list")
    cli("functions", "list")
    cli("skills", "list")
    cli("users", "delete", bob)
    cli("chats", "delete", two)


def sdk():
    cli = lambda *args, **more: run("openwebui-sdk", "openwebui-cli", *args, **more)
    cli("auth", "login", "--url", url, "--email", email, typed=password + "\n")
    cli("auth", "whoami", want=email)
    cli("models", "list")
    cli("tools", "list")
    cli("functions", "list")


def chat_client():
    from openwebui_chat_client import OpenWebUIClient

    client = OpenWebUIClient(url, token, "gpt-x", skip_model_refresh=True)

    def call(name, *args, check=lambda value: value is not None and value is not False, **more):
        try:
            value = getattr(client, name)(*args, **more)
            note("openwebui-chat-client", name, check(value), value)
            return value
        except Exception as error:  # what a client does with an answer that it does not understand
            note("openwebui-chat-client", name, False, repr(error))
            return None

    anything = lambda value: True
    one = chat("CC chat")
    call("list_chats", check=lambda v: any(c["id"] == one for c in v or []))
    call("list_chats", page=1)
    call("rename_chat", one, "renamed")
    call("set_chat_tags", one, ["a", "b"], check=anything)
    note("openwebui-chat-client", "the tags are there", {t["id"] for t in api("GET", f"/api/v1/chats/{one}/tags")} == {"a", "b"})
    folder = call("create_folder", "CC folder")
    call("get_folder_id_by_name", "CC folder", check=lambda v: v == folder)
    call("move_chat_to_folder", one, folder, check=anything)
    call("get_chats_by_folder", folder, check=lambda v: any(c["id"] == one for c in v or []))
    call("archive_chat", one)
    call("list_models", check=anything)
    call("list_groups")
    base = call("create_knowledge_base", "CC kb", "d")
    call("delete_knowledge_base", base and base["id"])
    call("get_notes")
    written = call("create_note", "CC note", data={"content": {"md": "x"}})
    call("get_note_by_id", written and written["id"])
    call("update_note_by_id", written and written["id"], title="CC note 2")
    call("delete_note_by_id", written and written["id"])
    call("get_users")
    call("get_user_by_id", api("GET", "/api/v1/auths/")["id"])
    call("delete_all_chats")


for part in (owui_cli, sdk, chat_client):
    part()
for client, (done, tried) in count.items():
    print(f"{client}: {done} of {tried}")
sys.exit(1 if failed else 0)
