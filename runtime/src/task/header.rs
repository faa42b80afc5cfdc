//! the type-erased front of a task: state, vtable type, queue link, scheduler pointer.
