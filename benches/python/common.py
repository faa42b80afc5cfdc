"""What the programs share: flags, addresses, a session, and a page with several tries.

Each program takes the flags of the example of the same purpose, makes the same requests and prints
its result in the same form, so that one reader understands both. A session sends the headers that
the examples send and no others: the local server answers with the headers it got, and equal
questions have equal answers, to the byte.
"""

import argparse
import asyncio
import sys
import time


def flags(what, **numbers):
    """A parser with a flag for each of the numbers, whose value is the default."""
    parser = argparse.ArgumentParser(description=what)
    for name, default in numbers.items():
        parser.add_argument("--" + name, type=type(default), default=default)
    return parser


def lines_at_once():
    """Each line is written when it is printed, as on a terminal and as the examples do."""
    sys.stdout.reconfigure(line_buffering=True)


def filled(template, count):
    """The addresses for 0 to count - 1: {i} is the number, {i%3} that number modulo 3."""
    return [template.replace("{i}", str(i)).replace("{i%3}", str(i % 3)) for i in range(count)]


def session(limit):
    """A pool of at most `limit` connections that are kept. No cookies, no headers of its own."""
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=limit),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=["User-Agent", "Accept", "Accept-Encoding"],
        timeout=aiohttp.ClientTimeout(total=10),
    )


async def page(pool, permits, url, tries=3, rest=0.5):
    """The bytes of a page, and the seconds of the try that brought it. A permit covers one try;
    nobody holds one while waiting."""
    import aiohttp

    for left in reversed(range(tries)):
        try:
            async with permits:
                start = time.perf_counter()
                async with pool.get(url) as answer:
                    body = await answer.read()
            if answer.status == 200:
                return body, time.perf_counter() - start
            again = answer.status >= 500 or answer.status == 429
            why = f"the server answered {answer.status}"
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            again, why = True, repr(error)
        if not (again and left):
            raise RuntimeError(f"{url}: {why}")
        await asyncio.sleep(rest)
        rest *= 2


async def pages(urls, limit):
    """All of them, a task each."""
    permits = asyncio.Semaphore(limit)
    async with session(limit) as pool, asyncio.TaskGroup() as group:
        tasks = [group.create_task(page(pool, permits, url)) for url in urls]
    return [task.result() for task in tasks]
