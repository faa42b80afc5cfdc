//! The grammar of `select!`: branches in, numbered branches out.
//!
//! ```text
//!   ($crate) biased;                          $crate::__select! {
//!   Some(v) = queue.recv() => use(v),             $crate::select::InOrder, u8, 2;
//!   _ = stop, if armed => { break }     ──►       [0 _0] (Some(v)) (queue.recv()) () (use(v))
//!   else => last()                                [1 _1] (_) (stop) (armed) ({ break })
//!                                                 else (last())
//!                                                 backwards _1 _0
//!                                             }
//! ```
//!
//! What the branches do stands in `runtime/src/select.rs`, as a plain macro. Here is what a plain
//! macro cannot do: give each branch a number and a name, and say what is wrong where it is wrong.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Block, Error, Expr, Pat, Result, Token};

/// As many as a `u64` has bits: one says that a branch is out of the race.
const MOST: usize = 64;
const SHAPE: &str = "`pattern = future => handler`";

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let parse = |input: ParseStream<'_>| {
        let path;
        syn::parenthesized!(path in input);
        let home: TokenStream = path.parse()?;
        Ok(input.parse::<Select>()?.numbered(&home))
    };
    parse.parse2(input).unwrap_or_else(Error::into_compile_error)
}

struct Select {
    biased: bool,
    branches: Vec<Branch>,
    otherwise: Option<TokenStream>,
}

struct Branch {
    pattern: TokenStream,
    future: Expr,
    condition: Option<Expr>,
    handler: TokenStream,
}

impl Select {
    /// The call of the macro that does the work.
    fn numbered(self, home: &TokenStream) -> TokenStream {
        if let (true, Some(otherwise)) = (self.branches.is_empty(), &self.otherwise) {
            return quote!({ #otherwise });
        }
        let order = if self.biased { quote!(InOrder) } else { quote!(Random) };
        let mask = match self.branches.len() {
            0..=8 => quote!(u8),
            9..=16 => quote!(u16),
            17..=32 => quote!(u32),
            _ => quote!(u64),
        };
        let count = Literal::usize_unsuffixed(self.branches.len());
        let names: Vec<Ident> = (0..self.branches.len())
            .map(|number| format_ident!("_{number}", span = Span::mixed_site()))
            .collect();
        let backwards = names.iter().rev();
        let branches = self.branches.iter().zip(&names).enumerate().map(|(number, (b, name))| {
            let Branch { pattern, future, condition, handler } = b;
            let number = Literal::usize_unsuffixed(number);
            quote!([#number #name] (#pattern) (#future) (#condition) (#handler))
        });
        let otherwise = match self.otherwise {
            Some(otherwise) => otherwise,
            None => quote!(#home::select::nobody_is_left()),
        };
        quote! {
            #home::__select! {
                #home::select::#order, #mask, #count;
                #(#branches)*
                else (#otherwise)
                backwards #(#backwards)*
            }
        }
    }
}

impl Parse for Select {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let biased = biased(input)?;
        let mut branches: Vec<Branch> = Vec::new();
        let mut otherwise = None;
        while !input.is_empty() {
            let start = input.span();
            if otherwise.is_some() {
                return Err(Error::new(start, "`else` is the last branch: move this before it"));
            }
            if input.peek(Token![else]) {
                let word = input.parse::<Token![else]>()?;
                let arrow = arrow(input, &word, "`else` is written `else => handler`")?;
                otherwise = Some(handler(input, arrow)?);
                continue;
            }
            if branches.len() == MOST {
                let message = "select! takes 64 branches at most: put some of them into a select! \
                               of their own, `_ = async { select! { ... } } => ...`";
                return Err(Error::new(start, message));
            }
            branches.push(input.parse()?);
        }
        if branches.is_empty() && otherwise.is_none() {
            let message = format!("select! needs a branch: {SHAPE}");
            return Err(Error::new(Span::call_site(), message));
        }
        Ok(Self { biased, branches, otherwise })
    }
}

mod word {
    syn::custom_keyword!(biased);
}

/// `biased;`, if it is there. A pattern may have that name too: `biased = future => ...`.
fn biased(input: ParseStream<'_>) -> Result<bool> {
    if !input.peek(word::biased) {
        return Ok(false);
    }
    let ends = input.peek2(Token![;]);
    let goes_on = input.peek2(Token![,]) || input.peek2(Token![_]) || input.peek2(Ident::peek_any);
    if !ends && !goes_on {
        return Ok(false);
    }
    let word: word::biased = input.parse()?;
    if input.parse::<Option<Token![;]>>()?.is_none() {
        return Err(Error::new(word.span, "`biased` ends with a semicolon: `biased;`"));
    }
    Ok(true)
}

impl Parse for Branch {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let pattern = pattern(input)?;
        let future = if input.peek(Token![=>]) {
            let message = format!("the future is missing: a branch is {SHAPE}");
            return Err(input.error(message));
        } else {
            input.parse::<Expr>()?
        };
        let condition = condition(input)?;
        let before = condition.as_ref().unwrap_or(&future);
        let arrow = arrow(input, before, "this branch has no handler: add `=> { ... }`")?;
        Ok(Self { pattern, future, condition, handler: handler(input, arrow)? })
    }
}

/// `pattern =`
fn pattern(input: ParseStream<'_>) -> Result<TokenStream> {
    let start = input.span();
    let misplaced = "a precondition stands behind the future: `pattern = future, if condition => \
                     handler`";
    if input.peek(Token![if]) {
        return Err(Error::new(start, misplaced));
    }
    let pattern = Pat::parse_multi_with_leading_vert(input);
    if pattern.is_ok() && input.peek(Token![if]) {
        return Err(input.error(misplaced));
    }
    match pattern {
        Ok(pattern) if input.peek(Token![=]) && !input.peek(Token![=>]) => {
            input.parse::<Token![=]>()?;
            Ok(quote!(#pattern))
        }
        _ => {
            let message = format!(
                "a branch is {SHAPE}, and starts with a pattern and `=`: write `_ = ...` when the \
                 value does not matter"
            );
            Err(Error::new(start, message))
        }
    }
}

/// `, if condition`
fn condition(input: ParseStream<'_>) -> Result<Option<Expr>> {
    if input.peek(Token![if]) {
        return Err(input.error("a comma is missing before `if`: `future, if condition`"));
    }
    if !(input.peek(Token![,]) && input.peek2(Token![if])) {
        return Ok(None);
    }
    input.parse::<Token![,]>()?;
    input.parse::<Token![if]>()?;
    if input.peek(Token![=>]) {
        return Err(input.error("the condition is missing: `if condition`"));
    }
    let condition: Expr = input.parse()?;
    if matches!(condition, Expr::Let(_)) {
        let message = "a precondition is a `bool`: use `is_some()` or `matches!`, and take the \
                       value apart in the future or in the handler";
        return Err(Error::new_spanned(condition, message));
    }
    Ok(Some(condition))
}

/// `=>`, behind `before`
fn arrow(input: ParseStream<'_>, before: &impl ToTokens, message: &str) -> Result<Token![=>]> {
    if input.peek(Token![=>]) {
        return input.parse();
    }
    Err(Error::new_spanned(before, message))
}

/// A block, with or without a comma behind it; or an expression, and a comma if more follows.
fn handler(input: ParseStream<'_>, arrow: Token![=>]) -> Result<TokenStream> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new_spanned(arrow, "the handler is missing: write `{}` for none"));
    }
    if input.peek(syn::token::Brace) {
        let block: Block = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        return Ok(quote!(#block));
    }
    let handler: Expr = input.parse()?;
    if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
        let message = "a comma is missing behind this handler; only a block `{ ... }` needs none";
        return Err(Error::new_spanned(handler, message));
    }
    Ok(quote!(#handler))
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
