//! GroupError: all failures of a group, as a numbered tree.
//!
//! ```text
//! unhandled errors in a TaskGroup (2 sub-exceptions)
//!   1: connection refused
//!   2: unhandled errors in a TaskGroup (1 sub-exception)
//!        1: task 17 panicked: "index out of bounds"
//! ```

#![forbid(unsafe_code)]

use crate::task::error::panic_text;
use crate::task::header::Id;
use crate::wake::batch::Panic;
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// All failures of a [`TaskGroup`](crate::task::TaskGroup), in the order in which they came.
///
/// There is at least one. Children that were told to end because of it are not among them.
/// `Display` prints a numbered tree; an error of several lines, such as that of a group inside, is
/// indented.
/// [`source`](Error::source) is the first.
///
/// asyncio: `ExceptionGroup`.
///
/// # Examples
/// ```
/// use mainspring::task::{GroupError, TaskGroup};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// rt.block_on(async {
///     let outcome: Result<(), GroupError<String>> = TaskGroup::scope(async |group| {
///         for disk in ["sda", "sdb"] {
///             group.spawn(async move { Err::<(), _>(format!("{disk} is full")) });
///         }
///         Ok(())
///     })
///     .await;
///     let text = "unhandled errors in a TaskGroup (2 sub-exceptions)\n  \
///                   1: sda is full\n  2: sdb is full";
///     assert_eq!(outcome.unwrap_err().to_string(), text);
/// });
/// # Ok(())
/// # }
/// ```
pub struct GroupError<E> {
    failures: Vec<Failure<E>>,
}

/// Why a group failed: one of the reasons.
///
/// The `Display` of an error is the error's; that of a panic says which task it was, and its text.
pub enum Failure<E> {
    /// A child, or the body, returned this error.
    Error(E),
    /// A child, or the body, panicked.
    Panic(Panicked),
}

/// What a child or the body of a group threw.
pub struct Panicked {
    /// In a lock, so that the error is `Sync` whatever was thrown.
    panic: Mutex<Panic>,
    id: Option<Id>,
}

impl<E> GroupError<E> {
    /// `None` when there is no failure.
    pub(super) fn new(failures: Vec<Failure<E>>) -> Option<Self> {
        (!failures.is_empty()).then_some(Self { failures })
    }

    /// The failures, in the order in which they came.
    pub fn iter(&self) -> std::slice::Iter<'_, Failure<E>> {
        self.failures.iter()
    }

    /// The errors among them.
    pub fn errors(&self) -> impl Iterator<Item = &E> {
        self.iter().filter_map(Failure::error)
    }

    /// The failure that came first, and ended the others.
    #[must_use]
    pub fn first(&self) -> &Failure<E> {
        &self.failures[0]
    }

    /// How many failures there are: at least one.
    #[must_use]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.failures.len()
    }

    /// Those for which `wanted` is true, and the rest; each in its order, `None` for none.
    ///
    /// asyncio: `ExceptionGroup.split`, and what `except*` does with it.
    ///
    /// ```
    /// use mainspring::task::TaskGroup;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// rt.block_on(async {
    ///     let error = TaskGroup::scope(async |group| {
    ///         for code in [404, 500] {
    ///             group.spawn(async move { Err::<(), u16>(code) });
    ///         }
    ///         Ok(())
    ///     })
    ///     .await
    ///     .unwrap_err();
    ///     let (missing, rest) = error.split(|failure| failure.error() == Some(&404));
    ///     assert_eq!(missing.unwrap().errors().collect::<Vec<_>>(), [&404]);
    ///     assert_eq!(rest.unwrap().errors().collect::<Vec<_>>(), [&500]);
    /// });
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn split(
        self,
        mut wanted: impl FnMut(&Failure<E>) -> bool,
    ) -> (Option<Self>, Option<Self>) {
        let (yes, no) = self.failures.into_iter().partition(|failure| wanted(failure));
        (Self::new(yes), Self::new(no))
    }

    /// Panics with what was thrown, if one of the failures is a panic; the rest is dropped.
    /// Otherwise returns the error as it is.
    ///
    /// A panic in a child is then a panic here: `outcome.map_err(GroupError::resume_panic)`.
    ///
    /// # Panics
    /// When a child or the body did.
    ///
    /// ```
    /// use mainspring::task::{GroupError, TaskGroup};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// let outcome = rt.block_on(TaskGroup::scope(async |_| Err::<(), _>("no luck")));
    /// let error = outcome.map_err(GroupError::resume_panic).unwrap_err();
    /// assert_eq!(error.first().error(), Some(&"no luck"));
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn resume_panic(self) -> Self {
        let is_panic = |failure: &Failure<E>| matches!(failure, Failure::Panic(_));
        let Some(at) = self.failures.iter().position(is_panic) else { return self };
        match self.failures.into_iter().nth(at) {
            Some(Failure::Panic(panic)) => std::panic::resume_unwind(panic.into_panic()),
            _ => unreachable!("a panic stands there"),
        }
    }
}

impl<E> Failure<E> {
    /// The error, if it was one.
    pub fn error(&self) -> Option<&E> {
        match self {
            Self::Error(error) => Some(error),
            Self::Panic(_) => None,
        }
    }

    /// The error, if it was one.
    ///
    /// # Errors
    /// The panic, if it was one.
    pub fn into_error(self) -> Result<E, Panicked> {
        match self {
            Self::Error(error) => Ok(error),
            Self::Panic(panic) => Err(panic),
        }
    }

    /// Was it a panic?
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self, Self::Panic(_))
    }
}

impl Panicked {
    pub(super) fn new(panic: Panic, id: Option<Id>) -> Self {
        Self { panic: Mutex::new(panic), id }
    }

    /// The child that panicked; `None` for the body.
    #[must_use]
    pub fn id(&self) -> Option<Id> {
        self.id
    }

    /// What was thrown.
    #[must_use]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        self.panic.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "task {id} panicked")?,
            None => f.write_str("the body of the group panicked")?,
        }
        // Copied: whoever writes may show this error again.
        let text = panic_text(&self.panic.lock().unwrap_or_else(PoisonError::into_inner));
        text.map_or(Ok(()), |text| write!(f, ": {text:?}"))
    }
}

impl fmt::Debug for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Panicked({self})")
    }
}

impl Error for Panicked {}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Panic(panic) => panic.fmt(f),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => f.debug_tuple("Error").field(error).finish(),
            Self::Panic(panic) => panic.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Error(error) => error.source(),
            Self::Panic(_) => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = if self.len() == 1 { "" } else { "s" };
        write!(f, "unhandled errors in a TaskGroup ({} sub-exception{ending})", self.len())?;
        for (at, failure) in self.iter().enumerate() {
            write!(f, "\n  {}: ", at + 1)?;
            fmt::Write::write_fmt(&mut Indented { to: f }, format_args!("{failure}"))?;
        }
        Ok(())
    }
}

/// Indents what comes after a line break, as far as what comes after a number.
struct Indented<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
}

impl fmt::Write for Indented<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive('\n') {
            self.to.write_str(part)?;
            if part.ends_with('\n') {
                self.to.write_str("     ")?;
            }
        }
        Ok(())
    }
}

impl<E: fmt::Debug> fmt::Debug for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GroupError").field(&self.failures).finish()
    }
}

impl<E: Error + 'static> Error for GroupError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.first() {
            Failure::Error(error) => Some(error),
            Failure::Panic(panic) => Some(panic),
        }
    }
}

impl<E> IntoIterator for GroupError<E> {
    type Item = Failure<E>;
    type IntoIter = std::vec::IntoIter<Failure<E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.failures.into_iter()
    }
}

impl<'a, E> IntoIterator for &'a GroupError<E> {
    type Item = &'a Failure<E>;
    type IntoIter = std::slice::Iter<'a, Failure<E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
