//! The items of a Rust file by their paths: where each stands, and where its head ends.
//!
//! ```text
//!   name  mod::name            fn, struct, enum, union, trait, type, const, static, mod, macro;
//!                              `fn name`, `struct name` … where two have the same name
//!   impl X                     the inherent implementation
//!   X::method  X::CONST        of an inherent implementation, or of the trait X; X::Variant
//!   Trait for X                the implementation; `Trait for X::method` in it
//! ```
//!
//! Type parameters need not be written: `Future for Sleep` finds `impl<T> Future for Sleep<T>`.

use crate::problem::nearest;
use proc_macro2::{LineColumn, Span};
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Attribute, Expr, ImplItem, Item, TraitItem};

/// One item of a file.
pub struct Entry {
    /// What it can be called, the usual name first.
    names: Vec<String>,
    /// What it can be called as long as no other is.
    short: Option<String>,
    pub start: LineColumn,
    pub end: LineColumn,
    /// Where its body opens.
    pub body: Option<LineColumn>,
    /// Its attributes and doc comments, and those of what is inside.
    pub attributes: Vec<Range<LineColumn>>,
    /// The value of a constant.
    pub value: Option<Expr>,
}

/// Every item of a file.
pub struct Items {
    pub entries: Vec<Entry>,
}

impl Items {
    pub fn read(source: &str) -> Result<Self, String> {
        let file = syn::parse_file(source).map_err(|error| {
            let at = error.span().start();
            format!("not Rust: {error} in line {}", at.line)
        })?;
        let mut items = Self { entries: Vec::new() };
        for item in &file.items {
            items.item("", item);
        }
        Ok(items)
    }

    /// The one item of that name, or why there is not exactly one.
    pub fn find(&self, name: &str) -> Result<&Entry, String> {
        let wanted = squeeze(name);
        let named = |entry: &&Entry| entry.names.iter().any(|name| squeeze(name) == wanted);
        let short = |entry: &&Entry| entry.short.as_deref().is_some_and(|s| squeeze(s) == wanted);
        let mut found: Vec<&Entry> = self.entries.iter().filter(named).collect();
        if found.is_empty() {
            found = self.entries.iter().filter(short).collect();
        }
        match found[..] {
            [entry] => Ok(entry),
            [] => {
                let names = self.entries.iter().map(|entry| entry.names[0].as_str());
                Err(format!("no item `{name}`\nnearest: {}", nearest(name, names)))
            }
            _ => {
                let places: Vec<String> = found
                    .iter()
                    .map(|entry| format!("`{}` in line {}", entry.names[0], entry.start.line))
                    .collect();
                Err(format!("`{name}` names {} items: {}", places.len(), places.join(", ")))
            }
        }
    }

    fn add(&mut self, names: Vec<String>, item: &impl Spanned, body: Option<Span>) -> &mut Entry {
        let span = item.span();
        self.entries.push(Entry {
            names,
            short: None,
            start: span.start(),
            end: span.end(),
            body: body.map(|span| span.start()),
            attributes: Vec::new(),
            value: None,
        });
        self.entries.last_mut().expect("just pushed")
    }

    /// An item of a file or module, and what is inside.
    fn item(&mut self, path: &str, item: &Item) {
        let mut attributes = Attributes(Vec::new());
        attributes.visit_item(item);
        let first = self.entries.len();
        let (kind, name, body) = match item {
            Item::Fn(i) => ("fn", i.sig.ident.to_string(), Some(i.block.brace_token.span.open())),
            Item::Struct(i) => ("struct", i.ident.to_string(), fields_open(&i.fields)),
            Item::Enum(i) => ("enum", i.ident.to_string(), Some(i.brace_token.span.open())),
            Item::Union(i) => {
                ("union", i.ident.to_string(), Some(i.fields.brace_token.span.open()))
            }
            Item::Trait(i) => ("trait", i.ident.to_string(), Some(i.brace_token.span.open())),
            Item::Type(i) => ("type", i.ident.to_string(), None),
            Item::Const(i) => ("const", i.ident.to_string(), None),
            Item::Static(i) => ("static", i.ident.to_string(), None),
            Item::Mod(i) => {
                let open = i.content.as_ref().map(|(brace, _)| brace.span.open());
                ("mod", i.ident.to_string(), open)
            }
            Item::Macro(i) => {
                let Some(ident) = &i.ident else { return };
                ("macro", ident.to_string(), None)
            }
            Item::Impl(i) => {
                self.implementation(path, i);
                self.entries[first].attributes = attributes.0;
                return;
            }
            _ => return,
        };
        let names = vec![format!("{path}{name}"), format!("{path}{kind} {name}")];
        let entry = self.add(names, item, body);
        entry.attributes = attributes.0;
        match item {
            Item::Const(i) => entry.value = Some((*i.expr).clone()),
            Item::Static(i) => entry.value = Some((*i.expr).clone()),
            Item::Mod(i) => {
                let path = format!("{path}{name}::");
                let items = i.content.iter().flat_map(|(_, items)| items);
                items.for_each(|item| self.item(&path, item));
            }
            Item::Enum(i) => {
                for variant in &i.variants {
                    let names = vec![format!("{path}{name}::{}", variant.ident)];
                    let mut attributes = Attributes(Vec::new());
                    attributes.visit_variant(variant);
                    self.add(names, variant, None).attributes = attributes.0;
                }
            }
            Item::Trait(i) => {
                i.items.iter().for_each(|member| self.of_trait(&format!("{path}{name}"), member));
            }
            _ => {}
        }
    }

    fn of_trait(&mut self, owner: &str, member: &TraitItem) {
        let mut attributes = Attributes(Vec::new());
        attributes.visit_trait_item(member);
        let (name, body, value) = match member {
            TraitItem::Fn(i) => {
                (&i.sig.ident, i.default.as_ref().map(|b| b.brace_token.span.open()), None)
            }
            TraitItem::Const(i) => (&i.ident, None, i.default.as_ref().map(|(_, e)| e.clone())),
            TraitItem::Type(i) => (&i.ident, None, None),
            _ => return,
        };
        let entry = self.add(vec![format!("{owner}::{name}")], member, body);
        (entry.attributes, entry.value) = (attributes.0, value);
    }

    fn implementation(&mut self, path: &str, item: &syn::ItemImpl) {
        let (of, of_whole) = type_name(&item.self_ty);
        let (owner, names) = match &item.trait_ {
            None => {
                let names = vec![format!("{path}impl {of}"), format!("{path}impl {of_whole}")];
                (format!("{path}{of}"), names)
            }
            Some((_, of_trait, _)) => {
                let (name, whole) = path_name(of_trait);
                let mut names = Vec::new();
                for (a, b) in [(&name, &of), (&whole, &of), (&name, &of_whole), (&whole, &of_whole)]
                {
                    names.push(format!("{path}{a} for {b}"));
                    names.push(format!("{path}impl {a} for {b}"));
                }
                (format!("{path}{name} for {of}"), names)
            }
        };
        self.add(names, item, Some(item.brace_token.span.open()));
        for member in &item.items {
            let mut attributes = Attributes(Vec::new());
            attributes.visit_impl_item(member);
            let (name, body, value) = match member {
                ImplItem::Fn(i) => (&i.sig.ident, Some(i.block.brace_token.span.open()), None),
                ImplItem::Const(i) => (&i.ident, None, Some(i.expr.clone())),
                ImplItem::Type(i) => (&i.ident, None, None),
                _ => continue,
            };
            let entry = self.add(vec![format!("{owner}::{name}")], member, body);
            (entry.attributes, entry.value) = (attributes.0, value);
            if item.trait_.is_some() {
                entry.short = Some(format!("{path}{of}::{name}"));
            }
        }
    }
}

fn fields_open(fields: &syn::Fields) -> Option<Span> {
    match fields {
        syn::Fields::Named(fields) => Some(fields.brace_token.span.open()),
        _ => None,
    }
}

/// A type's last word, and the type as it is written.
fn type_name(of: &syn::Type) -> (String, String) {
    let whole = of.span().source_text().unwrap_or_default();
    match of {
        syn::Type::Path(path) => (path_name(&path.path).0, whole),
        syn::Type::Reference(reference) => (type_name(&reference.elem).0, whole),
        _ => (whole.clone(), whole),
    }
}

fn path_name(path: &syn::Path) -> (String, String) {
    let last = path.segments.last();
    let whole = last.and_then(|last| last.span().source_text()).unwrap_or_default();
    (last.map(|last| last.ident.to_string()).unwrap_or_default(), whole)
}

fn squeeze(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").replace(", ", ",")
}

/// Collects attributes; a doc comment is one.
struct Attributes(Vec<Range<LineColumn>>);

impl<'a> Visit<'a> for Attributes {
    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        let span = attribute.span();
        self.0.push(span.start()..span.end());
    }
}
