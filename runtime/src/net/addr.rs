//! names and numbers: what can be turned into socket addresses.
