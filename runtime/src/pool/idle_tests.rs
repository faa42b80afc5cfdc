//! The word of who sleeps.
use super::*;
