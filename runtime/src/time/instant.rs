//! Instant: a reading of the runtime's clock.
