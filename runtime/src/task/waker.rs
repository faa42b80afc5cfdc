//! four functions that turn a header into a std Waker.
