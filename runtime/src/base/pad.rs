//! CachePadded, written once.
