"""The second document's queue: a producer, consumers, and an end that loses nothing. The example is
`queue`. (A file called queue.py would stand in the way of the library's module.)"""

import asyncio
import time

from common import flags, lines_at_once


async def main(options):
    start = time.perf_counter()
    queue = asyncio.Queue(options.room)
    make, work = options.make * options.scale, options.work * options.scale

    def say(text):
        print(f"[{(time.perf_counter() - start) / options.scale:6.2f}] {text}")

    async def produce():
        for number in range(options.items):
            if queue.full():
                say(f"item {number:>2} has to wait, the queue is full")
            await queue.put(number)
            say(f"item {number:>2} put, {queue.qsize()} in the queue")
            if number + 1 < options.items:
                await asyncio.sleep(make)

    async def consume(name):
        done = 0
        try:
            while True:
                number = await queue.get()
                try:
                    say(f"item {number:>2} taken by consumer {name}")
                    await asyncio.sleep(work)
                    say(f"item {number:>2} done")
                    done += 1
                finally:
                    queue.task_done()
        except asyncio.CancelledError:
            # A queue of asyncio's can be shut down since Python 3.13; before, one cancels.
            return done

    consumers = [asyncio.create_task(consume(name)) for name in range(options.consumers)]
    # A task that is cancelled before it has begun never gets to its `except`.
    await asyncio.sleep(0)
    await produce()
    await queue.join()
    for consumer in consumers:
        consumer.cancel()
    done = await asyncio.gather(*consumers)
    say(f"all {sum(done)} items done, by consumer {done}")


if __name__ == "__main__":
    lines_at_once()
    numbers = dict(items=20, room=10, consumers=3, make=0.3, work=1.0, scale=1.0)
    asyncio.run(main(flags(__doc__, **numbers).parse_args()))
