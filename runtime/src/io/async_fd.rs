//! try the syscall, wait on WouldBlock, try again: one loop for all sockets.
