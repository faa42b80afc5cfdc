//! fd readiness -> Waker: mio Poll, tokens with generations, the cross-thread nudge.
