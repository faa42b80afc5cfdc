//! hyper's I/O, executor and timer traits over this runtime's types.
