//! asyncio's Queue: join / task_done.
