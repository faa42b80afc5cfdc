//! The pool on bare parkers: no driver, no facade.
