//! counted permits; an uncontended release is one RMW.
