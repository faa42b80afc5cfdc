//! intrusive push / take-all stack: the inbox of `local.rs`; its head also says that the owner sleeps.
