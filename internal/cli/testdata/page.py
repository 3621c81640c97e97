"""Drives Open WebUI's page, unmodified, on a fresh server with headless Chromium:
URL, path of Chromium, directory for pictures, path of the database (SQLite).
Each step is looked for in the database, and on the page after it was loaded anew."""

import json
import pathlib
import sqlite3
import sys
import time
import urllib.request

from playwright.sync_api import TimeoutError, expect, sync_playwright

url, chromium, pictures, database = sys.argv[1:5]
ada = {"name": "Ada", "email": "ada@example.com", "password": "Passw0rd!ada"}
bo = {"name": "Bo", "email": "bo@example.com", "password": "Passw0rd!bo"}
films = "reading 'play'"  # see sign_up


def rows(statement, *values):
    """What the database holds: the first column, or the rows of several."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as db:
        found = db.execute(statement, values).fetchall()
    return [r[0] if len(r) == 1 else r for r in found]


def stored(expected, statement, *values):
    """Waits until the database holds what is expected."""
    for _ in range(150):
        found = rows(statement, *values)
        if found == expected:
            return
        time.sleep(0.2)
    raise AssertionError(f"the database holds {found!r} and not {expected!r}: {statement} {values}")


def chat(n, title="Chat {:03}"):
    question = {"id": "u", "role": "user", "content": f"question {n}", "parentId": None, "childrenIds": ["a"],
                "timestamp": 1700000000 + n}
    answer = {"id": "a", "role": "assistant", "content": f"answer {n}", "model": "m", "parentId": "u",
              "childrenIds": [], "done": True, "timestamp": 1700000001 + n}
    history = {"messages": {"u": question, "a": answer}, "currentId": "a"}
    at = int(time.time()) - 1000 + n
    return {"chat": {"title": title.format(n), "models": ["m"], "history": history}, "created_at": at, "updated_at": at}


class Page:
    """The page in a browser of its own, and what goes wrong on it."""

    def __init__(self, browser, wrong):
        self.browser, self.wrong = browser, wrong
        self.tab = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US").new_page()
        self.tab.set_default_timeout(30000)
        self.tab.add_init_script("localStorage.sidebar = 'true'")
        self.ignored = None
        self.tab.on("pageerror", lambda e: self.failed(e))
        # No socket is served; the page does without.
        self.tab.on("response", lambda r: r.status >= 400 and "/ws/socket.io" not in r.url and
                    wrong.append(f"{r.status} {r.request.method} {r.url}"))

    def failed(self, error):
        if self.ignored is None or self.ignored not in str(error):
            self.wrong.append("the page failed: " + str(error)[:300] + " " + (error.stack or "")[:300])

    def button(self, name, within=None):
        return (within or self.tab).get_by_role("button", name=name, exact=True)

    def dialog(self):
        return self.tab.get_by_role("dialog").last

    def item(self, title):
        return self.tab.locator('#sidebar a[href^="/c/"]', has_text=title).first

    def again(self, path=None):
        """Loads the page anew."""
        if path is None:
            self.tab.reload()
        else:
            self.tab.goto(url + path)
        self.tab.wait_for_selector("#sidebar")

    def shown(self, title):
        self.item(title).wait_for()

    def choose(self, row, button, entry):
        """Picks an entry of the menu of a row, whose button shows when the mouse is over it."""
        for last in (False, False, False, True):
            row.hover()
            row.get_by_role("button", name=button).click(force=True)
            try:
                return entry.click(timeout=None if last else 3000)
            except TimeoutError:  # the list was drawn anew meanwhile, and the menu is gone
                self.tab.keyboard.press("Escape")

    def menu(self, title, entry):
        row = self.item(title).locator("xpath=ancestor::div[.//button[@aria-label='Chat Menu']][1]")
        self.choose(row, "Chat Menu", self.tab.get_by_role("menuitem", name=entry, exact=True))

    def folders(self):
        """Unfolds the list of folders, which is folded when the page was loaded."""
        head = self.tab.locator("#sidebar").get_by_role("button", name="Folders", exact=True)
        head.wait_for()
        if head.get_attribute("aria-expanded") != "true":
            head.click()

    def folder_menu(self, name, entry):
        row = self.tab.locator("#sidebar").get_by_role("listitem").filter(has=self.button(name)).last
        self.choose(row, "Folder options", self.tab.get_by_role("menu").get_by_text(entry, exact=True))

    def settings(self, tab, of="Personal"):
        self.again("/")
        self.tab.get_by_role("button", name="Open User Profile Menu").click()
        self.tab.get_by_role("menuitem", name="Settings").click()
        self.tab.get_by_role("tablist", name=of).get_by_role("tab", name=tab, exact=True).click()

    def picture(self, name):
        self.tab.screenshot(path=str(pathlib.Path(pictures) / (name + ".png")))

    def request(self, method, path, body=None):
        """Asks the server as the page does."""
        data = None if body is None else json.dumps(body).encode()
        r = urllib.request.Request(url + path, method=method, data=data)
        r.add_header("Content-Type", "application/json")
        r.add_header("Authorization", "Bearer " + self.tab.evaluate("localStorage.token"))
        with urllib.request.urlopen(r, timeout=30) as answer:
            return json.loads(answer.read())

    def sign_in(self, who):
        self.tab.goto(url + "/auth")
        self.tab.fill("input[type=email]", who["email"])
        self.tab.fill("input[type=password]", who["password"])
        self.tab.keyboard.press("Enter")
        self.tab.wait_for_selector("#sidebar")


def sign_up(p):
    # The first page plays a film. When the browser would not let it, the page
    # tries again at each click, also when the film is gone, until it is loaded anew.
    p.ignored = films
    p.tab.goto(url + "/auth")
    p.button("Get started").click()
    p.tab.fill("input[autocomplete=name]", ada["name"])
    p.tab.fill("input[type=email]", ada["email"])
    p.tab.fill("input[type=password]", ada["password"])
    p.tab.keyboard.press("Enter")
    p.tab.wait_for_selector("#sidebar")
    p.tab.wait_for_function("localStorage.token")
    p.tab.get_by_text("Okay, Let's Go!").click()  # what is new in this release
    stored([("Ada", "ada@example.com", "admin")], 'SELECT name, email, role FROM "user"')
    p.again()
    p.ignored = None
    p.tab.get_by_role("button", name="Open User Profile Menu").get_by_text("Ada").wait_for()


def paging(p):
    p.request("POST", "/api/v1/chats/import", {"chats": [chat(n) for n in range(75)]})
    stored([75], "SELECT count(*) FROM chat")
    p.again()
    p.shown("Chat 074")
    p.picture("list")
    with p.tab.expect_response(lambda r: "/api/v1/chats/?page=2" in r.url):
        p.tab.mouse.move(100, 600)
        p.tab.mouse.wheel(0, 20000)
    p.shown("Chat 000")


def opening(p):
    p.again()
    p.item("Chat 070").click()
    p.tab.get_by_text("answer 70").first.wait_for()
    stored([1], "SELECT last_read_at > 0 FROM chat WHERE title = 'Chat 070'")
    p.again()
    p.tab.get_by_text("answer 70").first.wait_for()
    p.picture("chat")


def renaming(p):
    p.menu("Chat 074", "Rename")
    field = p.tab.locator("#sidebar input")
    field.wait_for()
    field.fill("Renamed chat")
    field.press("Enter")
    stored([("Renamed chat", "Renamed chat")], "SELECT title, chat ->> 'title' FROM chat WHERE title LIKE 'Renamed%'")
    p.again()
    p.shown("Renamed chat")


def pinning(p):
    p.menu("Chat 073", "Pin")
    stored(["Chat 073"], "SELECT title FROM chat WHERE pinned")
    p.again()
    p.shown("Chat 073")
    p.picture("pinned")
    p.menu("Chat 073", "Unpin")
    stored([], "SELECT title FROM chat WHERE pinned")
    p.again()
    p.shown("Chat 073")


def cloning(p):
    p.menu("Chat 072", "Clone")
    stored(["Clone of Chat 072"], "SELECT title FROM chat WHERE title LIKE 'Clone%'")
    stored([1], "SELECT count(DISTINCT chat -> 'history' -> 'messages' -> 'a' ->> 'content') "
                "FROM chat WHERE title LIKE '%072'")
    stored([4], "SELECT count(*) FROM chat_message WHERE chat_id IN (SELECT id FROM chat WHERE title LIKE '%072')")
    p.again()
    p.shown("Clone of Chat 072")


def archiving(p):
    p.menu("Chat 071", "Archive")
    stored(["Chat 071"], "SELECT title FROM chat WHERE archived")
    p.again()
    p.shown("Chat 070")
    expect(p.item("Chat 071")).to_have_count(0)
    p.settings("Archived Chats")
    p.dialog().get_by_text("Chat 071").wait_for()
    p.picture("archived")
    p.dialog().get_by_role("button", name="Unarchive Chat").click()
    stored([], "SELECT title FROM chat WHERE archived")
    p.again("/")
    p.shown("Chat 071")


def tagging(p):
    p.item("Chat 068").click()
    p.tab.get_by_text("answer 68").first.wait_for()
    for tag in ("Kitchen", "Two words"):
        p.button("Chat actions").click()
        p.tab.get_by_role("combobox", name="Add a tag...").fill(tag)
        p.tab.keyboard.press("Enter")
        p.tab.get_by_role("menu").get_by_text(tag).wait_for()
        p.tab.keyboard.press("Escape")
    stored(['["kitchen","two_words"]'], "SELECT meta -> 'tags' FROM chat WHERE title = 'Chat 068'")
    stored(["Kitchen", "Two words"], "SELECT name FROM tag ORDER BY id")
    p.again()
    p.tab.get_by_text("answer 68").first.wait_for()
    p.button("Chat actions").click()
    tags = p.tab.get_by_role("menu")
    tags.get_by_text("Two words").wait_for()
    p.picture("tags")
    # The tag that no chat has any more goes, too.
    tags.get_by_text("Two words").click()
    stored(['["kitchen"]'], "SELECT meta -> 'tags' FROM chat WHERE title = 'Chat 068'")
    stored(["Kitchen"], "SELECT name FROM tag")
    p.again()
    p.button("Chat actions").click()
    tags.get_by_text("Kitchen").wait_for()
    expect(tags.get_by_text("Two words")).to_have_count(0)
    p.tab.keyboard.press("Escape")


def folders(p):
    p.again("/")
    for name in ("Work", "Waste", "Past"):
        p.button("New Folder").click(force=True)
        p.tab.get_by_role("textbox", name="Enter folder name").fill(name)
        p.button("Save", p.dialog()).click()
        p.button(name).wait_for()
    stored(["Past", "Waste", "Work"], "SELECT name FROM folder ORDER BY name")
    p.again()
    p.folders()
    p.folder_menu("Work", "Edit")
    p.tab.get_by_role("textbox", name="Enter folder name").fill("Projects")
    p.button("Save", p.dialog()).click()
    stored(["Past", "Projects", "Waste"], "SELECT name FROM folder ORDER BY name")
    p.again()
    p.folders()
    p.button("Projects").wait_for()


def moving(p):
    for title, folder in (("Chat 067", "Projects"), ("Chat 066", "Waste"), ("Chat 065", "Past")):
        p.menu(title, "Move")
        p.tab.get_by_role("menuitem", name=folder, exact=True).click()
        stored([folder], "SELECT f.name FROM chat c JOIN folder f ON f.id = c.folder_id WHERE c.title = ?", title)
    p.again()
    p.shown("Chat 064")
    expect(p.item("Chat 067")).to_have_count(0)
    p.folders()
    p.button("Expand Projects").click()
    p.shown("Chat 067")
    p.picture("folder")
    stored([("Projects", 1)], "SELECT name, is_expanded FROM folder WHERE is_expanded")


def folder_deletion(p):
    """Deletes one with its chat, and one whose chat is kept."""
    p.folder_menu("Waste", "Delete")
    expect(p.dialog().get_by_role("checkbox")).to_be_checked()
    p.button("Confirm", p.dialog()).click()
    stored(["Past", "Projects"], "SELECT name FROM folder ORDER BY name")
    stored([], "SELECT id FROM chat WHERE title = 'Chat 066'")
    p.again()
    p.folders()
    p.folder_menu("Past", "Delete")
    p.dialog().get_by_role("checkbox").uncheck()
    p.picture("folder-deletion")
    p.button("Confirm", p.dialog()).click()
    stored(["Projects"], "SELECT name FROM folder")
    stored([None], "SELECT folder_id FROM chat WHERE title = 'Chat 065'")
    p.again()
    p.folders()
    p.button("Projects").wait_for()
    p.shown("Chat 065")
    expect(p.button("Waste").or_(p.button("Past"))).to_have_count(0)
    expect(p.item("Chat 066")).to_have_count(0)


def sharing(p):
    p.menu("Chat 064", "Share")
    p.tab.get_by_role("button", name="Visibility").click()
    p.tab.get_by_role("menuitemradio", name="Public").click()
    link = p.dialog().get_by_role("link", name="You have shared this chat before")
    link.wait_for()
    stored([link.get_attribute("href").removeprefix("/s/")],
           "SELECT s.id FROM chat c JOIN shared_chat s ON s.id = c.share_id AND s.chat_id = c.id "
           "WHERE c.title = 'Chat 064'")
    stored([("user", "*", "read")],
           "SELECT principal_type, principal_id, permission FROM access_grant WHERE resource_type = 'shared_chat'")
    p.again()
    p.menu("Chat 064", "Share")
    p.dialog().get_by_role("button", name="Visibility Public").wait_for()
    p.picture("share")
    p.tab.keyboard.press("Escape")


def deleting(p):
    p.again()
    p.menu("Chat 069", "Delete")
    p.button("Confirm", p.dialog()).or_(p.button("Delete", p.dialog())).click()
    stored([], "SELECT title FROM chat WHERE title = 'Chat 069'")
    stored([0], "SELECT count(*) FROM chat_message WHERE content LIKE '%answer 69%'")
    p.again()
    p.shown("Chat 070")
    expect(p.item("Chat 069")).to_have_count(0)


def searching(p):
    p.again("/")
    p.tab.locator("#sidebar").get_by_role("button", name="Search").click()
    p.tab.get_by_role("combobox", name="Search your workspace").fill("question 42")
    found = p.dialog().get_by_role("option").filter(has_text="Chat 042")
    found.wait_for()
    p.picture("search")
    found.click()
    p.tab.keyboard.press("Enter")
    p.tab.wait_for_url("**/c/" + rows("SELECT id FROM chat WHERE title = 'Chat 042'")[0] + "*")
    p.tab.get_by_text("answer 42").first.wait_for()


def preferences(p):
    def widescreen():
        return p.dialog().get_by_role("switch", name="Widescreen Mode")
    p.settings("Interface")
    expect(widescreen()).not_to_be_checked()
    widescreen().click()
    stored([1], """SELECT settings -> 'ui' ->> 'widescreenMode' FROM "user" """)
    p.settings("Interface")
    expect(widescreen()).to_be_checked()
    p.picture("interface")

    p.settings("Account")
    p.dialog().get_by_role("textbox", name="Name", exact=True).fill("Ada L.")
    p.dialog().get_by_role("textbox", name="Bio").fill("cooks")
    p.button("Save", p.dialog()).click()
    stored([("Ada L.", "cooks")], 'SELECT name, bio FROM "user"')
    p.again("/")
    p.tab.get_by_role("button", name="Open User Profile Menu").get_by_text("Ada L.").wait_for()


def general(p):
    """Settings of everybody, as the admin changes them."""
    def rating():
        return p.dialog().get_by_role("switch", name="Message Rating")
    p.settings("General", of="Admin")
    expect(rating()).to_be_checked()
    rating().click()
    p.button("Save", p.dialog()).click()
    stored(["false"], "SELECT value FROM config WHERE key = 'ui.enable_message_rating'")
    p.settings("General", of="Admin")
    expect(rating()).not_to_be_checked()
    p.picture("general")


def exporting(p):
    """Exports all chats, and imports two more."""
    p.settings("Data Controls")
    with p.tab.expect_download() as download:
        p.dialog().get_by_role("button", name="Export Chats").click()
    exported = json.loads(pathlib.Path(download.value.path()).read_text())
    assert sorted(c["id"] for c in exported) == sorted(rows("SELECT id FROM chat")), "an export of other chats"
    of = {c["id"]: c["chat"] for c in exported}
    for id, document in rows("SELECT id, chat FROM chat"):
        assert of[id]["history"] == json.loads(document)["history"], "the exported document of " + id
    exported[0]["chat"]["title"] = exported[0]["title"] = "Brought back"
    more = pathlib.Path(pictures) / "chats.json"
    more.write_text(json.dumps([exported[0], chat(1, "Brought {}")]))
    before = rows("SELECT count(*) FROM chat")[0]
    with p.tab.expect_file_chooser() as chooser:
        p.dialog().get_by_role("button", name="Import Chats").click()
    chooser.value.set_files(more)
    stored([before + 2], "SELECT count(*) FROM chat")
    stored(["Brought 1", "Brought back"], "SELECT title FROM chat WHERE title LIKE 'Brought %' ORDER BY title")
    p.again("/")
    p.tab.get_by_role("button", name="Open User Profile Menu").wait_for()
    p.request("POST", "/api/v1/chats/" + rows("SELECT id FROM chat WHERE title = 'Brought back'")[0] + "/pin")
    p.again("/")
    p.shown("Brought back")


def users(p):
    p.again("/admin/users/overview")
    for who in (bo, {"name": "Cy", "email": "cy@example.com", "password": "Passw0rd!cy"}):
        p.button("Add User").click()
        p.dialog().get_by_role("textbox", name="Name").fill(who["name"])
        p.dialog().get_by_role("textbox", name="Email").fill(who["email"])
        p.dialog().get_by_role("textbox", name="Enter Your Password").fill(who["password"])
        p.button("Save", p.dialog()).click()
        p.tab.get_by_role("cell", name=who["email"]).wait_for()
    stored([("Bo", "user"), ("Cy", "user")], """SELECT name, role FROM "user" WHERE role <> 'admin' ORDER BY name""")
    p.again()

    def row(email):
        return p.tab.get_by_role("row", name=email)
    row("cy@example.com").get_by_role("button", name="Edit User").click()
    p.dialog().get_by_role("combobox", name="Role").select_option("pending")
    p.dialog().get_by_role("textbox", name="Name").fill("Cyd")
    p.button("Save", p.dialog()).click()
    stored([("Cyd", "pending")], """SELECT name, role FROM "user" WHERE email = 'cy@example.com' """)
    p.again()
    row("cy@example.com").get_by_text("pending").wait_for()
    p.picture("users")
    row("cy@example.com").get_by_role("button", name="Delete User").click()
    p.button("Confirm", p.dialog()).or_(p.button("Delete", p.dialog())).click()
    stored(["ada@example.com", "bo@example.com"], 'SELECT email FROM "user" ORDER BY email')
    stored([2], "SELECT count(*) FROM auth")
    p.again()
    row("bo@example.com").wait_for()
    expect(row("cy@example.com")).to_have_count(0)


def groups(p):
    def opened(name):
        p.again("/admin/users/groups")
        p.tab.get_by_role("group", name=name).get_by_role("button").first.click()
    p.again("/admin/users/groups")
    for name in ("Cooks", "Waiters"):
        p.button("New Group").click()
        p.tab.get_by_role("textbox", name="Group Name").fill(name)
        p.button("Save", p.dialog()).click()
        p.tab.get_by_role("group", name=name).wait_for()
    stored(["Cooks", "Waiters"], 'SELECT name FROM "group" ORDER BY name')
    opened("Cooks")
    p.tab.get_by_role("textbox", name="Group Name").fill("Chefs")
    p.tab.get_by_role("textbox", name="Group Description").fill("they cook")
    p.button("Save", p.dialog()).click()
    stored([("Chefs", "they cook")], """SELECT name, description FROM "group" WHERE name <> 'Waiters' """)
    opened("Chefs")
    p.button("Users", p.dialog()).click()
    p.dialog().get_by_role("checkbox", name="Bo").click()
    members = 'SELECT u.name FROM group_member m JOIN "user" u ON u.id = m.user_id'
    stored(["Bo"], members)
    opened("Chefs")
    p.button("Users", p.dialog()).click()
    expect(p.dialog().get_by_role("checkbox", name="Bo")).to_be_checked()
    p.picture("group")
    p.button("Permissions", p.dialog()).click()
    p.dialog().get_by_role("switch", name="Prompts Access").click()
    p.button("Save", p.dialog()).click()
    stored([1], """SELECT permissions -> 'workspace' ->> 'prompts' FROM "group" WHERE name = 'Chefs' """)
    stored(["Bo"], members)
    opened("Chefs")
    p.button("Permissions", p.dialog()).click()
    expect(p.dialog().get_by_role("switch", name="Prompts Access")).to_be_checked()
    opened("Waiters")
    p.button("Delete", p.dialog()).click()
    p.button("Confirm", p.dialog()).or_(p.button("Delete", p.dialog())).click()
    stored(["Chefs"], 'SELECT name FROM "group"')
    p.again("/admin/users/groups")
    p.tab.get_by_role("group", name="Chefs").wait_for()
    expect(p.tab.get_by_role("group", name="Waiters")).to_have_count(0)


def shared_link(p):
    """Another user opens what was shared, and has no chats of their own."""
    other = Page(p.browser, p.wrong)
    other.sign_in(bo)
    other.tab.goto(url + "/s/" + rows("SELECT share_id FROM chat WHERE title = 'Chat 064'")[0])
    other.tab.get_by_text("answer 64").first.wait_for()
    other.picture("shared")
    other.again("/")
    expect(other.item("Chat")).to_have_count(0)
    other.tab.context.close()


def sign_out_and_in(p):
    token = p.tab.evaluate("localStorage.token")
    p.again("/")
    p.tab.get_by_role("button", name="Open User Profile Menu").click()
    p.tab.get_by_role("menuitem", name="Sign Out").click()
    p.tab.wait_for_selector("input[type=password]")
    p.sign_in(ada)
    p.shown("Renamed chat")
    assert p.tab.evaluate("localStorage.token") != token
    p.again()
    p.shown("Renamed chat")


def main():
    wrong = []
    steps = [sign_up, paging, opening, renaming, pinning, cloning, archiving, tagging, folders, moving, folder_deletion,
             sharing, deleting, searching, preferences, general, exporting, users, groups, shared_link, sign_out_and_in]
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        p = Page(browser, wrong)
        for step in steps:
            try:
                step(p)
            except Exception as error:
                p.picture("failed")
                wrong.append(f"{step.__name__}: {error}")
            if wrong:
                break
            print("ok   " + step.__name__.replace("_", " "))
        browser.close()
    for line in wrong:
        print("FAIL " + line)
    sys.exit(1 if wrong else 0)


main()
