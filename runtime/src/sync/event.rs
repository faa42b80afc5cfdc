//! Event / Notify: listen, check, wait.
