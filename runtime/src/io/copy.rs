//! copy, with back-pressure.
