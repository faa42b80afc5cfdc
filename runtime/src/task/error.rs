//! JoinError: why a task has no output.

#![forbid(unsafe_code)]

use super::header::Id;
use super::record::name_of;
use crate::wake::batch::Panic;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Why a task has no output: it panicked, or it was aborted, or ended with its runtime, or was a
/// blocking closure for which the system had no thread; the text then says so.
///
/// One pointer wide, so that a small output stays small; the rest is allocated when it is needed.
pub struct JoinError(Box<Reason>);

struct Reason {
    id: Id,
    /// While its runtime keeps records.
    name: Option<Arc<str>>,
    why: Why,
}

enum Why {
    /// With a text if it was not by wish.
    Cancelled(Option<Box<str>>),
    /// In a lock, so that the error is `Sync` whatever was thrown.
    Panicked(std::sync::Mutex<Panic>),
}

impl JoinError {
    #[cold]
    pub(super) fn cancelled(id: Id, why: Option<Box<str>>) -> Self {
        Self(Box::new(Reason { id, name: name_of(id), why: Why::Cancelled(why) }))
    }

    #[cold]
    pub(super) fn panicked(id: Id, panic: Panic) -> Self {
        let why = Why::Panicked(std::sync::Mutex::new(panic));
        Self(Box::new(Reason { id, name: name_of(id), why }))
    }

    /// The same error, with what was said when the task was aborted, if nothing is known yet.
    #[cold]
    pub(super) fn or_message(mut self, message: impl FnOnce() -> Option<Box<str>>) -> Self {
        if let Why::Cancelled(why @ None) = &mut self.0.why {
            *why = message();
        }
        self
    }

    /// Was the task aborted, or dropped with its runtime, or never called for want of a thread?
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        !self.is_panic()
    }

    /// Did the task panic?
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self.0.why, Why::Panicked(_))
    }

    /// What the task threw.
    ///
    /// # Panics
    /// When the task did not panic; ask [`is_panic`](Self::is_panic) first, or use
    /// [`try_into_panic`](Self::try_into_panic).
    #[track_caller]
    #[must_use]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.try_into_panic() {
            Ok(panic) => panic,
            Err(_) => panic!(
                "into_panic on the error of a task that was cancelled and did not panic; \
                 ask is_panic() first or use try_into_panic()"
            ),
        }
    }

    /// What the task threw, or the error itself when the task did not panic.
    ///
    /// # Errors
    /// The error, unchanged, when the task was cancelled.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, JoinError> {
        let Reason { id, name, why } = *self.0;
        match why {
            Why::Panicked(panic) => Ok(panic.into_inner().unwrap_or_else(|p| p.into_inner())),
            Why::Cancelled(_) => Err(Self(Box::new(Reason { id, name, why }))),
        }
    }

    /// What was said when the task was aborted with
    /// [`abort_with`](super::JoinHandle::abort_with); or why a blocking closure was never called.
    ///
    /// asyncio: the argument of the `CancelledError`.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match &self.0.why {
            Why::Cancelled(why) => why.as_deref(),
            Why::Panicked(_) => None,
        }
    }

    /// The id of the task that failed.
    #[must_use]
    pub fn id(&self) -> Id {
        self.0.id
    }

    /// The text of the panic, if it was one with a text, or of the cancellation.
    fn text(&self) -> Option<String> {
        let panic = match &self.0.why {
            Why::Cancelled(_) => return self.message().map(str::to_owned),
            Why::Panicked(panic) => panic.lock().unwrap_or_else(|poison| poison.into_inner()),
        };
        panic_text(&panic)
    }
}

/// The text of a panic, if it was one with a text.
pub(crate) fn panic_text(panic: &Panic) -> Option<String> {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.0.id)?;
        if let Some(name) = &self.0.name {
            write!(f, " ({name})")?;
        }
        match (self.is_cancelled(), self.text()) {
            (true, Some(text)) => write!(f, " was cancelled: {text}"),
            (true, None) => f.write_str(" was cancelled"),
            (false, Some(text)) => write!(f, " panicked: {text:?}"),
            (false, None) => f.write_str(" panicked"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            None if self.is_cancelled() => write!(f, "JoinError::Cancelled({:?})", self.0.id),
            Some(text) if self.is_cancelled() => {
                write!(f, "JoinError::Cancelled({:?}, {text:?})", self.0.id)
            }
            Some(text) => write!(f, "JoinError::Panic({:?}, {text:?}, ...)", self.0.id),
            None => write!(f, "JoinError::Panic({:?}, ...)", self.0.id),
        }
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for std::io::Error {
    fn from(error: JoinError) -> Self {
        std::io::Error::other(error)
    }
}

const _: () = assert!(size_of::<Result<(), JoinError>>() == size_of::<usize>());
