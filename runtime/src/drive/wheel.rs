//! six levels of 64 slots; no clock, no lock, no waker: a pure data structure.
