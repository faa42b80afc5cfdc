//! which executor is this thread inside, and which task is it polling.
