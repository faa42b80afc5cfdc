//! the type-erased front of a task: state, vtable type, queue link, scheduler pointer.
//!
//! Queues, wakers, handles and the registry know a task only as a [`TaskRef`]: a pointer to its
//! header. What depends on the future's type is behind the vtable.
//!
//! ```text
//!  TaskRef ─► ┌───────────┐
//!             │ state     │ flags and references            every thread
//!             │ link      │ next in a queue or inbox        the entry's holder
//!             │ vtable    │ functions and offsets           constant
//!             │ scheduler │ one count of it (INV-20)        constant
//!             │ links     │ prev, next in the registry      under the registry's lock
//!             │ id, home  │ number, and whose registry      constant
//!             │ spawned   │ file, line, column              constant
//!             ├───────────┤ 64 bytes
//!             │ future or output …                          RUNNING's owner, then the handle
//!             │ join waker                                  handle, then runner
//!             └───────────┘
//! ```
//!
//! * INV-24: a `TaskRef` is used only by somebody who owns a reference of the task.

use super::state::State;
use crate::base::list::{Links, Node};
use crate::base::prim::UnsafeCell;
use crate::base::stack::{Link, Linked};
use crate::wake::batch::Panic;
use std::fmt;
use std::mem::MaybeUninit;
use std::num::NonZeroU64;
use std::panic::Location;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

/// A task's number: unique in this process, and never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub(crate) NonZeroU64);

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A task's number, and in the top byte which registry of its scheduler it belongs to: there is no
/// room for another word. (2^56 numbers last 2 000 years at a million a second.)
#[derive(Clone, Copy)]
pub(super) struct Tag(NonZeroU64);

impl Tag {
    const HOME_SHIFT: u32 = 56;

    pub(super) fn new(id: Id, home: u8) -> Self {
        debug_assert!(id.0.get() >> Self::HOME_SHIFT == 0, "the numbers have run out");
        Self(id.0 | u64::from(home) << Self::HOME_SHIFT)
    }

    #[inline]
    fn id(self) -> Id {
        let number = self.0.get() & (u64::MAX >> (u64::BITS - Self::HOME_SHIFT));
        // A tag is made of a number that is not zero.
        Id(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }

    #[inline]
    fn home(self) -> u8 {
        (self.0.get() >> Self::HOME_SHIFT) as u8
    }
}

/// What all tasks have, whatever their future.
#[repr(C)]
pub(crate) struct Header {
    pub(super) state: State,
    link: Link<Header>,
    pub(super) vtable: &'static Vtable,
    pub(super) scheduler: *const (),
    links: Links<Header>,
    tag: Tag,
    pub(super) spawned: &'static Location<'static>,
}

// SAFETY(INV-4): the link is a field of its own, reached without a reference to the header.
unsafe impl Linked for Header {
    unsafe fn link(node: NonNull<Self>) -> NonNull<Link<Self>> {
        // SAFETY(INV-24): the caller's node is alive.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).link) }
    }
}

// SAFETY(INV-2): the links are a field of their own, reached without a reference to the header.
unsafe impl Node for Header {
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>> {
        // SAFETY(INV-24): the caller's node is alive.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).links) }
    }
}

impl Header {
    pub(super) fn new(
        vtable: &'static Vtable,
        scheduler: *const (),
        tag: Tag,
        spawned: &'static Location<'static>,
    ) -> Self {
        let state = State::new();
        let link = UnsafeCell::new(None);
        Self { state, link, vtable, scheduler, links: Links::new(), tag, spawned }
    }
}

/// What depends on the types of a task. The functions trust their caller: each says in `cell.rs` or
/// `new.rs` which right it needs.
pub(super) struct Vtable {
    /// Polls the future; when it has ended or panicked, the slot holds the output.
    pub(super) poll: unsafe fn(TaskRef, &mut Context<'_>) -> Poll<()>,
    /// Drops the future; the slot then holds a cancelled task's error, and why, if not by wish.
    pub(super) cancel: unsafe fn(TaskRef, Option<Box<str>>),
    /// Moves the output to a `Result<T, JoinError>`.
    pub(super) take_output: unsafe fn(TaskRef, *mut ()),
    /// Drops the output, and returns what its destructor threw.
    pub(super) drop_output: unsafe fn(TaskRef) -> Result<(), Panic>,
    /// Pushes an entry of a woken task.
    pub(super) schedule: unsafe fn(TaskRef),
    /// Pushes an entry of a task that was woken during its own poll: it goes to the back.
    pub(super) reschedule: unsafe fn(TaskRef),
    /// Links the task in its registry, with one of the caller's references. False: it is closed.
    pub(super) link: unsafe fn(TaskRef) -> bool,
    /// Unlinks it. True: the registry's reference is now the caller's.
    pub(super) unlink: unsafe fn(TaskRef) -> bool,
    /// Is the calling thread a worker of the task's scheduler?
    pub(super) is_home: unsafe fn(TaskRef) -> bool,
    /// Tells whoever wants to know about a panic that nobody can be given.
    pub(super) report: unsafe fn(TaskRef, Panic),
    /// Frees the cell and gives its count of the scheduler back.
    pub(super) free: unsafe fn(TaskRef),
    /// Where the join waker is, in bytes from the header.
    pub(super) join_waker: usize,
}

/// A pointer to a task. It owns nothing by itself: whoever keeps one says which reference it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskRef(pub(super) NonNull<Header>);

impl TaskRef {
    #[inline]
    pub(crate) fn from_header(header: NonNull<Header>) -> Self {
        Self(header)
    }

    #[inline]
    pub(crate) fn as_header(self) -> NonNull<Header> {
        self.0
    }

    #[inline]
    pub(super) fn header<'a>(self) -> &'a Header {
        // SAFETY(INV-24): the holder owns a reference, so the cell is alive. The link and the links
        // are cells, and are not touched through this reference.
        unsafe { self.0.as_ref() }
    }

    #[inline]
    pub(super) fn state<'a>(self) -> &'a State {
        &self.header().state
    }

    #[inline]
    pub(super) fn vtable(self) -> &'static Vtable {
        self.header().vtable
    }

    #[inline]
    pub(crate) fn id(self) -> Id {
        self.header().tag.id()
    }

    /// Which registry of its scheduler the task belongs to.
    #[inline]
    pub(crate) fn home(self) -> usize {
        usize::from(self.header().tag.home())
    }

    /// Where the task was spawned.
    #[inline]
    pub(crate) fn spawned(self) -> &'static Location<'static> {
        self.header().spawned
    }

    /// The scheduler's block, as it was given to `new`.
    #[inline]
    pub(crate) fn scheduler(self) -> *const () {
        self.header().scheduler
    }

    /// The slot of the join waker.
    #[inline]
    pub(super) fn join_waker<'a>(self) -> &'a UnsafeCell<MaybeUninit<Waker>> {
        // SAFETY(INV-24): the vtable's offset is that of the field in this task's cell.
        unsafe { self.0.byte_add(self.vtable().join_waker).cast().as_ref() }
    }

    /// Drops `refs` of the caller's references, and frees the cell with the last.
    #[inline]
    pub(super) fn release(self, refs: usize) {
        if self.state().release(refs) {
            self.free();
        }
    }

    /// Frees the cell. INV-23: the caller's transition took the last reference.
    #[inline]
    pub(super) fn free(self) {
        // SAFETY(INV-23): nobody else can reach the cell any more.
        unsafe { (self.vtable().free)(self) }
    }

    /// Reports a panic that nobody can be given.
    pub(super) fn report(self, panic: Panic) {
        // SAFETY(INV-20): the caller owns a reference, hence the scheduler is alive.
        unsafe { (self.vtable().report)(self, panic) }
    }
}

impl fmt::Debug for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("id", &self.id()).field("state", self.state()).finish()
    }
}
