//! deadline -> Waker: entries, cancellation, the next deadline.
