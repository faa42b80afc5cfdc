//! many wakers in line: FIFO, cancel-safe, no allocation.
