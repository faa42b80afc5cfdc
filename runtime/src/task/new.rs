//! table of references and rules; trait Schedule; new() -> (Runnable, JoinHandle).
