"""The fifth document's crawler: pages with a limit, tries, and latencies. The example is
`crawl`."""

import asyncio
import statistics
import time

import aiohttp  # noqa: F401  (its start-up time belongs to the start)
from common import filled, flags, pages


async def main(options):
    start = time.perf_counter()
    urls = filled(options.url, options.pages)
    got = await pages(urls, options.limit)
    wall = time.perf_counter() - start
    print(f"pages    {len(got)} of {len(urls)}, {sum(len(body) for body, _ in got)} bytes")
    if got:
        times = [latency for _, latency in got]
        mean, middle = statistics.fmean(times), statistics.median(times)
        print(f"latency  mean {mean:.3f} s, median {middle:.3f} s, longest {max(times):.3f} s")
    print(f"wall     {wall:.3f} s")


if __name__ == "__main__":
    asyncio.run(main(flags(__doc__, url="", pages=50, limit=10).parse_args()))
