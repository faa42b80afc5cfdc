//! ticks, and what to do with missed ones.
