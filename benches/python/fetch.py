"""Many GETs with a limit and tries: the first document's thousand products, the fifth's hundred
requests. The example is `fetch`."""

import asyncio
import time

import aiohttp  # noqa: F401  (its start-up time belongs to the start)
from common import filled, flags, pages


async def main(options):
    start = time.perf_counter()
    urls = filled(options.url, options.requests)
    got = await pages(urls, options.limit)
    wall = time.perf_counter() - start
    size = sum(len(body) for body, _ in got)
    print(f"requests     {len(got)} of {len(urls)} succeeded, {size} bytes, in {wall:.3f} s")


if __name__ == "__main__":
    asyncio.run(main(flags(__doc__, url="", requests=1000, limit=50).parse_args()))
