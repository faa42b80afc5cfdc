//! The attributes `#[main]` and `#[test]` of mainspring.
//!
//! Both turn an `async fn` into a plain one that builds a runtime and runs the async one on it:
//!
//! ```text
//!   #[mainspring::main]                 fn main() -> Out {
//!   async fn main() -> Out { … }   ──►      async fn main() -> Out { … }
//!                                           Builder::new_current_thread()….block_on(main())
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
//! Left out, on purpose: `multi_thread` (the pool is not built yet; asking for it is an error that
//! says so), parameters and generics.

#![forbid(unsafe_code)]

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
/// * `flavor = "current_thread"`: which executor. It is the default, and for now the only one: the
///   multi-thread pool is not built yet, and `flavor = "multi_thread"` (with `worker_threads = N`)
///   is a compile error.
/// * `start_paused = true`: the clock stands still and moves only when there is nothing else to do.
///
/// ```ignore
/// #[mainspring::main]
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
/// The function panics when the runtime cannot be built: no descriptors or no threads are left.
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
/// Takes the arguments of [`macro@main`]. `#[ignore]` and `#[should_panic]` work as on a plain
/// test.
///
/// ```ignore
/// #[mainspring::test(start_paused = true)]
/// async fn an_hour_passes_at_once() {
///     mainspring::time::sleep(std::time::Duration::from_secs(3600)).await;
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

fn expand(macro_name: &str, is_test: bool, args: TokenStream, item: TokenStream) -> TokenStream {
    let function = match checked(macro_name, is_test, item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#error #item);
        }
    };
    let (arguments, error) = match Arguments::parse(macro_name, args) {
        Ok(arguments) => (arguments, None),
        Err(error) => (Arguments::default(), Some(error.to_compile_error())),
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
    let start_paused = arguments.start_paused.then(|| quote!(.start_paused(true)));
    quote! {
        #test
        #(#attributes)*
        #visibility #signature {
            #function
            ::mainspring::runtime::Builder::new_current_thread()
                .enable_all()
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

/// What stands in the brackets of the attribute.
#[derive(Default)]
struct Arguments {
    start_paused: bool,
}

impl Arguments {
    fn parse(macro_name: &str, args: TokenStream) -> Result<Self> {
        let pairs = Punctuated::<Argument, Token![,]>::parse_terminated.parse2(args)?;
        let mut arguments = Self::default();
        let mut flavor = false;
        let mut workers = None;
        let mut seen: Vec<Ident> = Vec::new();
        for Argument { name, value } in pairs {
            if seen.contains(&name) {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
            match name.to_string().as_str() {
                "flavor" => flavor = is_flavor(&value)?,
                "worker_threads" => workers = Some((name.span(), positive(&value)?)),
                "start_paused" => arguments.start_paused = boolean(&value)?,
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
        if let Some((span, workers)) = workers {
            let one_thread = if flavor { "flavor = \"current_thread\"" } else { "the default" };
            let message = format!(
                "`worker_threads = {workers}` belongs to the multi-thread pool, which is not built \
                 yet; {one_thread} runs everything on one thread: remove this argument"
            );
            return Err(Error::new(span, message));
        }
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

fn is_flavor(value: &Expr) -> Result<bool> {
    let message = match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => match text.value().as_str() {
            "current_thread" => return Ok(true),
            "multi_thread" => {
                "the multi-thread pool is not built yet: use flavor = \"current_thread\"".into()
            }
            other => format!("there is no flavor {other:?}: use flavor = \"current_thread\""),
        },
        _ => "`flavor` is a string: flavor = \"current_thread\"".into(),
    };
    Err(Error::new(value.span(), message))
}

fn positive(value: &Expr) -> Result<usize> {
    if let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = value
        && let Ok(number) = number.base10_parse::<usize>()
        && number > 0
    {
        return Ok(number);
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
