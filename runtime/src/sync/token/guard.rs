//! guards that cancel a token when they are dropped.
//!
//! Read before: `sync/token/cancel.rs`. For work that must not outlive the scope that began it,
//! also if that scope ends by a panic or is cancelled itself.

#![forbid(unsafe_code)]

use super::cancel::CancellationToken;

/// Cancels its token when it is dropped, unless it is disarmed. Made by
/// [`CancellationToken::drop_guard`].
#[derive(Debug)]
#[must_use = "the token is cancelled at once if the guard is not kept"]
pub struct DropGuard {
    /// `None`: disarmed.
    token: Option<CancellationToken>,
}

/// Cancels a token when it is dropped, unless it is disarmed. Made by
/// [`CancellationToken::drop_guard_ref`].
#[derive(Debug)]
#[must_use = "the token is cancelled at once if the guard is not kept"]
pub struct DropGuardRef<'a> {
    /// `None`: disarmed.
    token: Option<&'a CancellationToken>,
}

impl CancellationToken {
    /// Makes the token into a guard that cancels it, and all that descend from it, when dropped.
    ///
    /// ```
    /// let token = mainspring::sync::CancellationToken::new();
    /// let guard = token.clone().drop_guard();
    /// assert!(!token.is_cancelled());
    /// drop(guard);
    /// assert!(token.is_cancelled());
    /// ```
    pub fn drop_guard(self) -> DropGuard {
        DropGuard { token: Some(self) }
    }

    /// The same with a borrow of the token.
    pub fn drop_guard_ref(&self) -> DropGuardRef<'_> {
        DropGuardRef { token: Some(self) }
    }
}

impl DropGuard {
    /// The token, which is then not cancelled by this guard.
    ///
    /// ```
    /// let token = mainspring::sync::CancellationToken::new();
    /// let token = token.drop_guard().disarm();
    /// assert!(!token.is_cancelled());
    /// ```
    pub fn disarm(mut self) -> CancellationToken {
        self.token.take().expect("a guard is disarmed once: it is used up by it")
    }
}

impl<'a> DropGuardRef<'a> {
    /// The token, which is then not cancelled by this guard.
    pub fn disarm(mut self) -> &'a CancellationToken {
        self.token.take().expect("a guard is disarmed once: it is used up by it")
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            token.cancel();
        }
    }
}

impl Drop for DropGuardRef<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token {
            token.cancel();
        }
    }
}
