//! room for a value, reserved before the value exists.
