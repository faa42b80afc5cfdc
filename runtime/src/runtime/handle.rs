//! Handle: spawn, spawn_blocking, current(); where the machines are bolted together.
