//! listener, stream, split halves.
