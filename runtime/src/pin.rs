//! pin!: a value that stays where it is.
//!
//! [`std::pin::pin!`] pins the value of an expression; this takes a variable and leaves the pinned
//! reference under its name, so that the value can no longer be reached and moved. It is std's, and
//! tokio's syntax.
//!
//! Next: `select.rs`, which polls what is pinned.

#![forbid(unsafe_code)]

/// Pins futures, or other values, where they stand.
///
/// A future that is polled by reference, as in a [`select!`](macro@crate::select) inside of a loop,
/// must not move in between. The variable is replaced by a `Pin<&mut _>` to its value:
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let answer = async { 42 };
/// mainspring::pin!(answer);
/// assert_eq!((&mut answer).await, 42);
/// # });
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// The second form makes the variables too:
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::pin! {
///     let one = async { 1 };
///     let two = async { 2 };
/// }
/// let first = mainspring::select! {
///     value = &mut one => value,
///     value = &mut two => value,
/// };
/// assert!(first == 1 || first == 2);
/// # });
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// It takes names and not expressions; for those there is [`std::pin::pin!`], and for a future that
/// leaves the function [`Box::pin`].
///
/// ```compile_fail
/// let future = mainspring::pin!(async {});
/// ```
///
/// asyncio has no counterpart: its coroutines lie on the heap.
#[macro_export]
macro_rules! pin {
    ($($name:ident),* $(,)?) => {
        $(
            #[allow(unused_mut)]
            let mut $name = ::std::pin::pin!($name);
        )*
    };
    ($(let $name:ident = $value:expr;)*) => {
        $(
            #[allow(unused_mut)]
            let mut $name = ::std::pin::pin!($value);
        )*
    };
    ($($other:tt)*) => {
        ::std::compile_error!(
            "pin! takes names, as in `pin!(future)`, or makes them, as in `pin! { let future = \
             call(); }`; for an expression use `std::pin::pin!`"
        )
    };
}
