//! The attributes `#[main]` and `#[test]` of mainspring.
