//! bounded ring with a stamp per slot, the storage under mpsc.
