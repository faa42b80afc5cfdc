//! poll once; then idle, again, complete or cancelled; panics stop here.
