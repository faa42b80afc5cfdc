"""The second document's scraper: pages into SQLite, all of them stored. The example is `scraper`.

A feeder, a bounded queue, workers, and one task that writes, as many pages in a transaction as
there are; SQLite is called on a thread. The document's table and an UPSERT, as in the example.
`--rows FILE` says what a database has, whoever has filled it.
"""

import asyncio
import sqlite3
import time
import zlib

import aiohttp  # noqa: F401  (its start-up time belongs to the start)
from common import flags, page, session

PATHS = ["/delay/1", "/delay/2", "/delay/1", "/json", "/html"]
TABLE = """CREATE TABLE IF NOT EXISTS scraped_pages (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, content_length INTEGER NOT NULL,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP)"""
UPSERT = """INSERT INTO scraped_pages (url, content_length) VALUES (?, ?)
    ON CONFLICT (url) DO UPDATE SET content_length = excluded.content_length,
                                    created_at = CURRENT_TIMESTAMP"""


def addresses(options):
    more = "?page={}" if options.distinct else ""
    paths = [PATHS[i % len(PATHS)] + more.format(i) for i in range(options.pages)]
    return [options.base + path for path in paths]


async def scrape(options, database):
    urls, counts = addresses(options), {"fetched": 0, "saved": 0, "transactions": 0}
    todo, fetched = asyncio.Queue(2 * options.limit), asyncio.Queue(2 * options.limit)
    permits = asyncio.Semaphore(options.limit)

    def store(batch):
        with database:
            database.executemany(UPSERT, batch)

    async def write():
        while (first := await fetched.get()) is not None:
            batch = [first]
            while len(batch) < 50 and not fetched.empty():
                batch.append(fetched.get_nowait())
            # The end is behind the last page, so it can only be the last of a batch.
            ended = batch[-1] is None
            rows = batch[:-1] if ended else batch
            await asyncio.to_thread(store, rows)
            counts["saved"] += len(rows)
            counts["transactions"] += 1
            if ended:
                return

    async def work(pool):
        while (url := await todo.get()) is not None:
            body, _ = await page(pool, permits, url, rest=options.scale)
            counts["fetched"] += 1
            await fetched.put((url, len(body)))

    async def feed():
        for url in urls:
            await todo.put(url)
        for _ in range(2 * options.limit):
            await todo.put(None)

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        async with session(options.limit) as pool, asyncio.TaskGroup() as fetching:
            fetching.create_task(feed())
            for _ in range(2 * options.limit):
                fetching.create_task(work(pool))
        await fetched.put(None)
    return len(urls), counts


async def main(options):
    # Every call comes from one task, on whichever thread of the pool is free.
    database = await asyncio.to_thread(
        sqlite3.connect, options.database, isolation_level="IMMEDIATE", check_same_thread=False
    )
    database.execute(TABLE)
    start = time.perf_counter()
    asked, counts = await scrape(options, database)
    wall = time.perf_counter() - start
    rows = database.execute("SELECT count(*) FROM scraped_pages").fetchone()[0]
    database.close()
    print(f"pages        {asked} asked for; {counts['fetched']} fetched")
    print(
        f"saved        {counts['saved']} of {counts['fetched']} fetched, "
        f"in {counts['transactions']} transactions; rows in scraped_pages: {rows}"
    )
    print(f"wall         {wall:.3f} s")


def describe(name):
    database = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
    rows = database.execute("SELECT url, content_length FROM scraped_pages ORDER BY url").fetchall()
    # Without the server's address: each round has another port.
    rows = [(url.split("/", 3)[3], length) for url, length in rows]
    total, check = sum(length for _, length in rows), zlib.crc32(repr(rows).encode())
    print(f"rows {len(rows)}, {total} bytes in all, checksum {check}")


if __name__ == "__main__":
    numbers = dict(base="", database="", pages=100, limit=10, scale=1.0, rows="")
    parser = flags(__doc__, **numbers)
    parser.add_argument("--distinct", action="store_true")
    options = parser.parse_args()
    describe(options.rows) if options.rows else asyncio.run(main(options))
