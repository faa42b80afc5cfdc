"""The fifth document's search service, on aiohttp's own server. The example is `search`.

Two sources asked at once: a database that is a delay, and an API over HTTP. The document has a
session for each request and an error in a dictionary; here all requests share one pool, and an
error stays one.
"""

import asyncio
import functools
import json
import logging
import signal

import aiohttp
from aiohttp import web
from common import flags, session

compact = functools.partial(json.dumps, separators=(",", ":"), ensure_ascii=False)


def answer(body, status=200):
    return web.json_response(body, status=status, dumps=compact)


async def main(options):
    async def database(keyword):
        await asyncio.sleep(0.8 * options.scale)
        return [f"DB_{keyword}_1", f"DB_{keyword}_2"]

    async def api():
        limit = aiohttp.ClientTimeout(total=2 * options.scale)
        async with pool.get(options.api, timeout=limit, raise_for_status=True) as page:
            return [json.loads(await page.read())["slideshow"]["title"]]

    async def search(request):
        # The last one counts, as for FastAPI.
        keywords = request.query.getall("keyword", [])
        if not keywords:
            missing = {"type": "missing", "loc": ["query", "keyword"], "msg": "Field required"}
            return answer({"detail": [missing | {"input": None}]}, 422)
        keyword = keywords[-1]
        try:
            async with asyncio.timeout(3 * options.scale):
                sources = [asyncio.create_task(database(keyword)), asyncio.create_task(api())]
                ends = await asyncio.gather(*sources, return_exceptions=True)
        except TimeoutError:
            return answer({"detail": "Search timeout"}, 504)
        failed = [end for end in ends if isinstance(end, BaseException)]
        if len(failed) == len(ends):
            return answer({"detail": "All sources failed"}, 502)
        results = [found for end in ends if not isinstance(end, BaseException) for found in end]
        return answer({"keyword": keyword, "total": len(results), "results": results,
                       "partial_failure": bool(failed)})

    app = web.Application()
    app.router.add_get("/search", search)
    async with session(100) as pool:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5 * options.scale)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", options.port)
        await site.start()
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
        host, port = runner.addresses[0][:2]
        print(f"listening on http://{host}:{port}, ctrl-c stops", flush=True)
        await stop.wait()
        await runner.cleanup()
    print("stopped")


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    parser = flags(__doc__, port=8000, scale=1.0)
    parser.add_argument("--api-url", dest="api", required=True)
    asyncio.run(main(parser.parse_args()))
