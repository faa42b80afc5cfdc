//! The attributes `#[main]` and `#[test]` of mainspring, and the grammar of its `select!`, which
//! stands in `select.rs`.
//!
//! Both attributes turn an `async fn` into a plain one that builds a runtime and runs the async one
//! on it:
//!
//! ```text
//!   #[mainspring::main]                 fn main() -> Out {
//!   async fn main() -> Out { … }   ──►      async fn main() -> Out { … }
//!                                           Builder::new_multi_thread()….block_on(main())
//!                                       }
//! ```
//!
//! The async function stays whole, as a function inside the plain one. So its body is checked
//! against its own signature, and the compiler's messages point at the user's lines and not at
//! ours.
//!
//! A mistake in the arguments is reported, and the function is expanded as if there were none: one
//! mistake, one message.
//!
//! `main` takes the pool and `test` one thread, as tokio's do: a program wants all cores, and a
//! test the same order every time.
//!
//! Left out, on purpose: parameters and generics.

#![forbid(unsafe_code)]

mod select;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Ident, ItemFn, Lit, MetaNameValue, Result, Token};

/// Runs an `async fn main` on a runtime.
///
/// Arguments, all optional:
///
/// * `flavor`: which executor. `"multi_thread"`, the default, runs tasks on threads of its own;
///   `"current_thread"` runs them all on the thread of `main`.
/// * `worker_threads = N`: how many threads run tasks, with `"multi_thread"`. Default: as many as
///   the process may use cores.
/// * `start_paused = true`: the clock stands still and moves only when there is nothing else to do.
///   It needs `"current_thread"`: no thread of many knows that the others have nothing to do.
///
/// ```ignore
/// #[mainspring::main(worker_threads = 2)]
/// async fn main() -> std::io::Result<()> {
///     mainspring::spawn(async { 6 * 7 }).await?;
///     Ok(())
/// }
/// ```
///
/// (Examples that are compiled and run stand in the package `tests`: this crate is built before
/// `mainspring`.)
///
/// # Panics
/// The function panics when the runtime cannot be built: no descriptors or no threads are left, or
/// `worker_threads` is more than the builder allows.
///
/// The asyncio counterpart is `asyncio.run(main())`.
#[proc_macro_attribute]
pub fn main(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand("mainspring::main", false, args.into(), item.into()).into()
}

/// Runs an `async fn` as a unit test, each on a runtime of its own.
///
/// Takes the arguments of [`macro@main`], but `flavor = "current_thread"` is the default.
/// `#[ignore]` and `#[should_panic]` work as on a plain test.
///
/// ```ignore
/// #[mainspring::test(start_paused = true)]
/// async fn an_hour_passes_at_once() {
///     mainspring::time::sleep(std::time::Duration::from_secs(3600)).await;
/// }
///
/// #[mainspring::test(flavor = "multi_thread", worker_threads = 2)]
/// async fn two_tasks_meet() {
///     let barrier = std::sync::Arc::new(std::sync::Barrier::new(2));
///     let tasks = [barrier.clone(), barrier].map(|b| mainspring::spawn(async move { b.wait() }));
///     for task in tasks {
///         task.await.unwrap();
///     }
/// }
/// ```
///
/// The asyncio counterpart is `unittest.IsolatedAsyncioTestCase`.
#[proc_macro_attribute]
pub fn test(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand("mainspring::test", true, args.into(), item.into()).into()
}

/// What `mainspring::select!` hands its branches to; see there.
#[doc(hidden)]
#[proc_macro]
pub fn select_branches(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    select::expand(input.into()).into()
}

fn expand(macro_name: &str, is_test: bool, args: TokenStream, item: TokenStream) -> TokenStream {
    let function = match checked(macro_name, is_test, item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#error #item);
        }
    };
    let default = if is_test { Flavor::CurrentThread } else { Flavor::MultiThread };
    let (arguments, error) = match Arguments::parse(macro_name, default, args) {
        Ok(arguments) => (arguments, None),
        Err(error) => (Arguments::new(default), Some(error.to_compile_error())),
    };
    let wrapped = wrap(function, is_test, &arguments);
    quote!(#error #wrapped)
}

/// The plain function around the async one.
fn wrap(mut function: ItemFn, is_test: bool, arguments: &Arguments) -> TokenStream {
    let attributes = std::mem::take(&mut function.attrs);
    let visibility = std::mem::replace(&mut function.vis, syn::Visibility::Inherited);
    let mut signature = function.sig.clone();
    signature.asyncness = None;
    let name = &signature.ident;
    let test = is_test.then(|| quote!(#[::core::prelude::v1::test]));
    let builder = match arguments.flavor {
        Flavor::MultiThread => quote!(new_multi_thread),
        Flavor::CurrentThread => quote!(new_current_thread),
    };
    let worker_threads = arguments.worker_threads.map(|n| quote!(.worker_threads(#n)));
    let start_paused = arguments.start_paused.then(|| quote!(.start_paused(true)));
    quote! {
        #test
        #(#attributes)*
        #visibility #signature {
            #function
            ::mainspring::runtime::Builder::#builder()
                .enable_all()
                #worker_threads
                #start_paused
                .build()
                .expect("the runtime could not be built")
                .block_on(#name())
        }
    }
}

/// The function, if it is one that can be run like this.
fn checked(macro_name: &str, is_test: bool, item: TokenStream) -> Result<ItemFn> {
    let tokens = item.clone();
    let function: ItemFn = syn::parse2(item)
        .map_err(|_| Error::new(tokens.span(), format!("#[{macro_name}] goes on an `async fn`")))?;
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        let message = format!(
            "#[{macro_name}] needs an `async fn`: write `async fn {}`, or remove the attribute",
            signature.ident
        );
        return Err(Error::new(signature.fn_token.span, message));
    }
    if let Some(receiver) = signature.receiver() {
        let message =
            format!("#[{macro_name}] goes on a free function: there is no `self` to pass");
        return Err(Error::new(receiver.span(), message));
    }
    if !signature.inputs.is_empty() {
        let message = format!("a function under #[{macro_name}] takes no parameters");
        return Err(Error::new(signature.inputs.span(), message));
    }
    let generics = &signature.generics;
    if !generics.params.is_empty() || generics.where_clause.is_some() {
        let message = format!("a function under #[{macro_name}] is not generic");
        return Err(Error::new(signature.ident.span(), message));
    }
    if is_test && let Some(second) = function.attrs.iter().find(|a| a.path().is_ident("test")) {
        let message = format!("#[{macro_name}] already makes this a test: remove this attribute");
        return Err(Error::new(second.span(), message));
    }
    Ok(function)
}

/// Which executor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavor {
    MultiThread,
    CurrentThread,
}

/// What stands in the brackets of the attribute.
struct Arguments {
    flavor: Flavor,
    worker_threads: Option<usize>,
    start_paused: bool,
}

impl Arguments {
    fn new(flavor: Flavor) -> Self {
        Self { flavor, worker_threads: None, start_paused: false }
    }

    fn parse(macro_name: &str, default: Flavor, args: TokenStream) -> Result<Self> {
        let pairs = Punctuated::<Argument, Token![,]>::parse_terminated.parse2(args)?;
        let mut arguments = Self::new(default);
        let (mut workers, mut paused) = (None, None);
        let mut seen: Vec<Ident> = Vec::new();
        for Argument { name, value } in pairs {
            if seen.contains(&name) {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
            match name.to_string().as_str() {
                "flavor" => arguments.flavor = flavor(&value)?,
                "worker_threads" => workers = Some((name.span(), positive(&value)?)),
                "start_paused" => paused = Some((name.span(), boolean(&value)?)),
                _ => {
                    let message = format!(
                        "#[{macro_name}] does not know `{name}`: it takes `flavor`, \
                         `worker_threads` and `start_paused`"
                    );
                    return Err(Error::new(name.span(), message));
                }
            }
            seen.push(name);
        }
        // Judged when all is known: the flavor may stand behind what depends on it.
        match (arguments.flavor, workers, paused) {
            (Flavor::CurrentThread, Some((span, _)), _) => {
                let message = format!(
                    "`worker_threads` needs the flavor \"multi_thread\": write \
                     #[{macro_name}(flavor = \"multi_thread\", worker_threads = ...)]"
                );
                return Err(Error::new(span, message));
            }
            (Flavor::MultiThread, _, Some((span, true))) => {
                let message = format!(
                    "`start_paused` needs the flavor \"current_thread\": write \
                     #[{macro_name}(flavor = \"current_thread\", start_paused = true)]"
                );
                return Err(Error::new(span, message));
            }
            _ => {}
        }
        arguments.worker_threads = workers.map(|(_, workers)| workers);
        arguments.start_paused = paused.is_some_and(|(_, paused)| paused);
        Ok(arguments)
    }
}

/// `name = value`.
struct Argument {
    name: Ident,
    value: Expr,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let pair: MetaNameValue = input.parse().map_err(|error| {
            Error::new(error.span(), "expected `name = value`, as in `start_paused = true`")
        })?;
        let name = pair.path.require_ident()?.clone();
        Ok(Self { name, value: pair.value })
    }
}

fn flavor(value: &Expr) -> Result<Flavor> {
    const BOTH: &str = "flavor = \"multi_thread\" or flavor = \"current_thread\"";
    let message = match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => match text.value().as_str() {
            "multi_thread" => return Ok(Flavor::MultiThread),
            "current_thread" => return Ok(Flavor::CurrentThread),
            other => format!("there is no flavor {other:?}: use {BOTH}"),
        },
        _ => format!("`flavor` is a string: {BOTH}"),
    };
    Err(Error::new(value.span(), message))
}

fn positive(value: &Expr) -> Result<usize> {
    if let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = value
        && let Ok(number) = number.base10_parse::<usize>()
    {
        if number > 0 {
            return Ok(number);
        }
        let message = "worker_threads = 0: nobody would run the tasks; use 1 or more";
        return Err(Error::new(value.span(), message));
    }
    Err(Error::new(value.span(), "`worker_threads` is a number above zero: worker_threads = 2"))
}

fn boolean(value: &Expr) -> Result<bool> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }) => Ok(flag.value),
        _ => Err(Error::new(value.span(), "`start_paused` is true or false: start_paused = true")),
    }
}

#[cfg(test)]
mod tests;
