//! the event enum, and a macro that is one branch when off.
