"""Runs clients of Open WebUI against a server: URL, token and password of an
admin. Makes the 106 calls that were made on Open WebUI 0.12.4 (61 of 63, 5 of 5
and 26 of 38 work there). Prints a line for each, and ends with status 1 when one
fails that works there and whose resource is served."""

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


def note(client, call, ok, why="", unless=""):
    """One call; unless is why it may fail."""
    done, tried, excused = count.get(client, (0, 0, 0))
    count[client] = (done + bool(ok), tried + 1, excused + bool(unless and not ok))
    print(("ok   " if ok else "-    " if unless else "FAIL ") + client + ": " + call +
          ("" if ok else "  (" + unless + ")" if unless else "  " + " ".join(str(why).split())[:300]))
    if not ok and not unless:
        failed.append(client + ": " + call)


# Why a call may fail: its resource comes later, or it works on Open WebUI no better.
LATER, NEITHER = "not served yet", "fails on Open WebUI too"


def api_upload(name):
    boundary = "boundary"
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
    body += (work / name).read_text() + f"\r\n--{boundary}--\r\n"
    request = urllib.request.Request(url + "/api/v1/files/", method="POST", data=body.encode())
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "multipart/form-data; boundary=" + boundary)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["id"]


def chat(text):
    messages = {"u": {"id": "u", "parentId": None, "childrenIds": ["a"], "role": "user", "content": text, "timestamp": 1700000000},
                "a": {"id": "a", "parentId": "u", "childrenIds": [], "role": "assistant", "content": "yes", "model": "gpt-x", "timestamp": 1700000002}}
    return api("POST", "/api/v1/chats/new", {"chat": {"title": text, "models": ["gpt-x"], "history": {"messages": messages, "currentId": "a"}}})["id"]


def run(client, program, *args, want="", typed=None, unless=""):
    env = dict(os.environ, OWUI_URL=url, OWUI_TOKEN=token, HOME=str(work), NO_COLOR="1")
    done = subprocess.run([str(bin_dir / program), *args], env=env, cwd=work, capture_output=True, text=True, timeout=60,
                          input=typed, start_new_session=True)  # without a terminal a password is read from there
    ok = done.returncode == 0 and want in done.stdout
    note(client, " ".join(args[1:] if args[0] == "--json" else args), ok, done.stdout[-200:] + " " + done.stderr, unless)
    return done.stdout


def found(text):
    """The id in what a command printed as JSON."""
    value = json.loads(text)
    while isinstance(value, dict) and "id" not in value:
        value = next(v for v in value.values() if isinstance(v, dict))
    return value["id"]


def owui_cli():
    cli = lambda *args, **more: run("owui-cli", "owui-cli", "--json", *args, **more)
    later = lambda *args: cli(*args, unless=LATER)
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
    (work / "u.txt").write_text("another text\n")
    with_api = api_upload("u.txt")
    cli("files", "delete", with_api)
    cli("knowledge", "delete", base)
    cli("configs", "show")
    cli("configs", "get", "banners")
    cli("configs", "admin")
    cli("models", "list")
    (work / "m.json").write_text(json.dumps({"id": "cl-model", "name": "CL model", "base_model_id": "gpt-x", "meta": {}, "params": {}}))
    later("models", "create", "m.json")
    later("models", "show", "cl-model")
    later("models", "update", "m.json")
    later("models", "set-tools", "cl-model", "my_tool")
    cli("models", "pull-all", "models")
    later("models", "delete", "cl-model")
    later("prompts", "list")
    (work / "p.json").write_text(json.dumps({"command": "clp", "name": "CL prompt", "content": "text"}))
    later("prompts", "create", "p.json")
    later("prompts", "show", "no-such-id")
    later("prompts", "delete", "no-such-id")
    cli("tools", "list")
    (work / "tool.py").write_text("class Tools:\n    pass\n")
    for args in (("show",), ("pull",), ("valves",), ("valves-spec",)):
        later("tools", *args, "my_tool")
    later("tools", "deploy", "tool.py", "cl_tool")
    later("tools", "delete", "cl_tool")
    cli("functions", "list")
    for args in (("show",), ("toggle",), ("valves",)):
        later("functions", *args, "my_filter")
    cli("skills", "list")
    (work / "skill.md").write_text("---\nname: cl-skill\ndescription: d\n---\ntext\n")
    later("skills", "show", "skill-one")
    later("skills", "deploy", "skill.md", "cl-skill")
    later("skills", "toggle", "cl-skill")
    later("skills", "delete", "cl-skill")
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

    def call(name, /, *args, check=lambda value: value is not None and value is not False, unless="", **more):
        try:
            value = getattr(client, name)(*args, **more)
            note("openwebui-chat-client", name, check(value), value, unless)
            return value
        except Exception as error:  # what a client does with an answer that it does not understand
            note("openwebui-chat-client", name, False, repr(error), unless)
            return None

    anything = lambda value: True
    one = chat("CC chat")
    call("list_chats", check=lambda v: any(c["id"] == one for c in v or []))
    call("list_chats", page=1)
    call("rename_chat", one, "renamed")
    call("set_chat_tags", one, ["a", "b"], check=anything)
    assert ({t["id"] for t in api("GET", f"/api/v1/chats/{one}/tags")} == {"a", "b"}), "the tags are not there"
    folder = call("create_folder", "CC folder")
    call("get_folder_id_by_name", "CC folder", check=lambda v: v == folder)
    call("move_chat_to_folder", one, folder, check=anything)
    call("get_chats_by_folder", folder, check=lambda v: any(c["id"] == one for c in v or []))
    call("switch_chat_model", one, "gpt-y", unless=NEITHER)
    call("archive_chat", one)
    call("list_models", check=anything)
    call("list_base_models")
    call("list_custom_models", unless=NEITHER)
    call("get_model", "cc-model", unless=NEITHER)
    call("create_model", "cc-model", "CC model", "gpt-x", unless=LATER)
    call("update_model", "cc-model", name="CC model 2", unless=LATER)
    call("delete_model", "cc-model", unless=NEITHER)
    call("list_groups")
    base = call("create_knowledge_base", "CC kb", "d")
    call("get_knowledge_base_by_name", "CC kb", unless=NEITHER)
    (work / "cc.txt").write_text("a text of its own\n")
    call("add_file_to_knowledge_base", str(work / "cc.txt"), "CC kb", unless=NEITHER)
    call("delete_knowledge_base", base and base["id"])
    call("get_notes")
    call("get_notes_list", unless=NEITHER)
    written = call("create_note", "CC note", data={"content": {"md": "x"}})
    call("get_note_by_id", written and written["id"])
    call("update_note_by_id", written and written["id"], title="CC note 2")
    call("delete_note_by_id", written and written["id"])
    call("get_prompts", unless=LATER)
    call("get_prompts_list", unless=LATER)
    call("create_prompt", "ccp", "CC prompt", "text", unless=NEITHER)
    call("get_prompt_by_command", "ccp", unless=NEITHER)
    call("delete_prompt_by_command", "ccp", unless=NEITHER)
    call("get_users")
    me = api("GET", "/api/v1/auths/")["id"]
    call("get_user_by_id", me)
    call("update_user_role", me, "admin", unless=NEITHER)
    call("chat", "hello", "CC chat 2", unless=NEITHER)  # there is no model
    call("delete_all_chats")


for part in (owui_cli, sdk, chat_client):
    part()
for client, (done, tried, excused) in count.items():
    print(f"{client}: {done} of {tried}, {excused} may fail")
if sum(tried for _, tried, _ in count.values()) != 106:
    sys.exit("not all calls were made: " + str(count))
sys.exit(1 if failed else 0)
