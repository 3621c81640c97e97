"""Drives Open WebUI's page, unmodified, on a fresh server with headless Chromium:
URL, path of Chromium, directory for pictures. Each step is looked for in what
the server has stored, and on the page after it was loaded anew."""

import json
import pathlib
import sys
import time
import urllib.request

from playwright.sync_api import expect, sync_playwright

url, chromium, pictures = sys.argv[1:4]
ada = {"name": "Ada", "email": "ada@example.com", "password": "Passw0rd!ada"}
token = None


def api(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, method=method, data=data)
    request.add_header("Content-Type", "application/json")
    request.add_header("Authorization", "Bearer " + (token or ""))
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def stored(what, test):
    """Waits until the server has stored something."""
    for _ in range(100):
        if test():
            print("ok   " + what)
            return
        time.sleep(0.2)
    raise SystemExit("FAIL " + what + " is not stored")


def titles(path="/api/v1/chats/"):
    return [c["title"] for c in api("GET", path)]


def chat(n):
    messages = {"u": {"id": "u", "role": "user", "content": f"question {n}", "parentId": None, "childrenIds": ["a"], "timestamp": 1700000000 + n},
                "a": {"id": "a", "role": "assistant", "content": f"answer {n}", "model": "m", "parentId": "u", "childrenIds": [], "done": True,
                      "timestamp": 1700000001 + n}}
    document = {"title": f"Chat {n:03}", "models": ["m"], "history": {"messages": messages, "currentId": "a"}}
    return {"chat": document, "created_at": int(time.time()) - 1000 + n, "updated_at": int(time.time()) - 1000 + n}


with sync_playwright() as tool:
    browser = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(30000)
    page.add_init_script("localStorage.sidebar = 'true'")
    wrong = []
    # The first page plays a film, which may be gone when one is quick.
    page.on("pageerror", lambda error: "reading 'play'" in str(error) or wrong.append("the page failed: " + str(error)[:300]))
    # No socket is served; the page does without.
    page.on("response", lambda r: r.status >= 500 and wrong.append(f"{r.status} {r.request.method} {r.url}"))

    def item(title):
        return page.locator('#sidebar a[href^="/c/"]', has_text=title).first

    def shown(title):
        item(title).wait_for()

    def menu(title, entry):
        item(title).hover()
        row = item(title).locator("xpath=ancestor::div[.//button[@aria-label='Chat Menu']][1]")
        row.get_by_label("Chat Menu").click(force=True)
        page.get_by_role("menuitem", name=entry, exact=True).or_(page.locator("[role=menu] button", has_text=entry)).first.click()

    def again():
        page.reload()
        page.wait_for_selector('#sidebar a[href^="/c/"]')

    def picture(name):
        page.screenshot(path=str(pathlib.Path(pictures) / (name + ".png")))

    # Sign up.
    page.goto(url + "/auth")
    page.get_by_role("button", name="Get started").click()
    page.fill("input[autocomplete=name]", ada["name"])
    page.fill("input[type=email]", ada["email"])
    page.fill("input[type=password]", ada["password"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#sidebar")
    page.wait_for_function("localStorage.token")
    token = page.evaluate("localStorage.token")
    page.get_by_text("Okay, Let's Go!").click()  # what is new in this release
    stored("sign-up", lambda: api("GET", "/api/v1/auths/")["role"] == "admin")

    # A list of two pages.
    api("POST", "/api/v1/chats/import", {"chats": [chat(n) for n in range(75)]})
    again()
    shown("Chat 074")
    picture("list")
    with page.expect_response(lambda r: "/api/v1/chats/?page=2" in r.url):
        page.mouse.move(100, 600)
        page.mouse.wheel(0, 20000)
    shown("Chat 000")
    print("ok   a list of two pages")

    # Open.
    again()
    item("Chat 070").click()
    page.get_by_text("answer 70").first.wait_for()
    picture("chat")
    print("ok   a chat is shown")

    # Rename.
    menu("Chat 074", "Rename")
    page.wait_for_timeout(500)
    page.keyboard.press("Control+A")
    page.keyboard.type("Renamed chat")
    page.keyboard.press("Enter")
    stored("a new title", lambda: "Renamed chat" in titles())
    again()
    shown("Renamed chat")

    # Pin, and unpin.
    menu("Chat 073", "Pin")
    stored("a pin", lambda: titles("/api/v1/chats/pinned") == ["Chat 073"])
    again()
    shown("Chat 073")

    # Clone.
    menu("Chat 072", "Clone")
    stored("a clone", lambda: "Clone of Chat 072" in titles())
    again()
    shown("Clone of Chat 072")

    # Archive.
    menu("Chat 071", "Archive")
    stored("an archived chat", lambda: titles("/api/v1/chats/archived") == ["Chat 071"])
    again()
    expect(item("Chat 071")).to_have_count(0)

    # Delete.
    menu("Chat 069", "Delete")
    page.get_by_role("button", name="Confirm").or_(page.get_by_role("button", name="Delete")).last.click()
    stored("a deletion", lambda: "Chat 069" not in titles())
    again()
    expect(item("Chat 069")).to_have_count(0)
    picture("after")

    # Search on the server.
    assert [c["title"] for c in api("GET", "/api/v1/chats/search?text=question+42")][:1] == ["Chat 042"]

    # Users, as the admin sees them.
    page.goto(url + "/admin/users/overview")
    page.get_by_text(ada["email"]).first.wait_for()
    picture("users")
    print("ok   users are shown")

    # Sign out is a new start; sign in.
    page.evaluate("localStorage.removeItem('token')")
    page.context.clear_cookies()
    page.goto(url + "/auth")
    page.fill("input[type=email]", ada["email"])
    page.fill("input[type=password]", ada["password"])
    page.keyboard.press("Enter")
    shown("Renamed chat")
    print("ok   sign-in")
    browser.close()
    for line in wrong:
        print("FAIL " + line)
    sys.exit(1 if wrong else 0)
