//! every live task, so shutdown can drop them and a dump can name them.
