//! errors of the channels: each gives the value back.
