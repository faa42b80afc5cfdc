//! seedable xorshift, so schedules replay.
