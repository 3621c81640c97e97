"""Has Open WebUI's own migrations take a database (DATABASE_URL) down, step by
step, and up to the head again. Prints a line for each step; the first that fails
ends the way down."""

import logging
import os
import pathlib
import sys

import open_webui
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

logging.disable(logging.CRITICAL)
here = pathlib.Path(open_webui.__file__).parent
config = Config(here / "alembic.ini")
config.set_main_option("script_location", str(here / "migrations"))
url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")


def at():
    engine = create_engine(url)
    with engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    engine.dispose()
    return " ".join(sorted(heads))


def step(what, how):
    try:
        how()
    except Exception as error:  # the text names what is in the way
        print(what, "at", at(), "fails:", type(error).__name__, " ".join(str(error).split())[:300])
        return False
    print(what, "at", at())
    return True


for _ in range(int(sys.argv[1])):
    if not step("down", lambda: command.downgrade(config, "-1")):
        break
sys.exit(0 if step("up", lambda: command.upgrade(config, "head")) else 1)
