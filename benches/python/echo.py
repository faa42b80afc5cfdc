"""The third document's echo server. The example is `echo`.

It names each client and each chunk, as the document's does, and never decodes a chunk by itself: a
decoder keeps the beginning of a character whose end is still to come.
"""

import asyncio
import codecs
import signal

from common import flags, lines_at_once

CHUNK = 100


async def main(options):
    served = 0
    handlers = set()

    async def echo(reader, writer):
        nonlocal served
        served += 1
        handlers.add(asyncio.current_task())
        peer = "{}:{}".format(*writer.get_extra_info("peername")[:2])
        print(f"{peer}: connected")
        text, total = codecs.getincrementaldecoder("utf-8")("replace"), 0
        try:
            while chunk := await reader.read(CHUNK):
                total += len(chunk)
                shown = text.decode(chunk)
                shown = shown if len(shown) <= 12 else shown[:12] + "…"
                print(f'{peer}: {len(chunk)} bytes {shown!r}')
                writer.write(chunk)
                await writer.drain()
            print(f"{peer}: closed after {total} bytes")
        except asyncio.CancelledError:
            print(f"{peer}: told to go")
        except OSError as error:
            print(f"{peer}: broke off: {error}")
        finally:
            handlers.discard(asyncio.current_task())
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", options.port)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    print("listening on {}:{}; ctrl-c stops".format(*server.sockets[0].getsockname()))
    await stop.wait()
    server.close()
    for handler in handlers:
        handler.cancel()
    if handlers:
        await asyncio.wait(handlers)
    print(f"\nstopped; {served} clients served")


if __name__ == "__main__":
    lines_at_once()
    asyncio.run(main(flags(__doc__, port=8888).parse_args()))
