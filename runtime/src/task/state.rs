//! one word: flags and references; every transition is a named enum.
