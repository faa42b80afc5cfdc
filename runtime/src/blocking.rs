//! closure -> result: threads that grow under load and go home when idle.
