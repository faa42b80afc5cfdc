//! every knob, its default, and the reason for the default.
