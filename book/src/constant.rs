//! The value of a constant of the source, computed from its literals.
//!
//! Sums, products, shifts, other constants of the same file, `Duration::from_millis(…)`, and
//! `if cfg!(loom) { … } else { … }`, of which the book shows the second.

use crate::items::Items;
use std::path::Path;
use syn::{BinOp, Expr, Lit, UnOp};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Whole(i128),
    Real(f64),
    /// A duration, in nanoseconds.
    Time(i128),
}

/// What stands in a `c` span: `FILE#CONST`, or `FILE#CONST KiB` to count in another unit.
pub fn constant(root: &Path, argument: &str) -> Result<String, String> {
    let (target, unit) = match argument.split_once(' ') {
        Some((target, unit)) => (target, Some(unit.trim())),
        None => (argument, None),
    };
    let (file, name) = target.split_once('#').ok_or("a constant is `FILE#NAME`")?;
    let text = crate::page::read_source(root, file)?;
    let items = Items::read(&text).map_err(|error| format!("{file}: {error}"))?;
    let value = named(&items, name, 0).map_err(|error| format!("{file}: {error}"))?;
    shown(value, unit).map_err(|error| format!("{file}#{name}: {error}"))
}

fn named(items: &Items, name: &str, depth: u32) -> Result<Value, String> {
    let entry = items.find(name)?;
    let value = entry.value.as_ref().ok_or(format!("`{name}` is no constant with a value"))?;
    if depth > 16 {
        return Err(format!("`{name}` leads in a circle"));
    }
    eval(items, value, depth)
}

fn eval(items: &Items, expr: &Expr, depth: u32) -> Result<Value, String> {
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(n) => n.base10_parse().map(Value::Whole).map_err(|error| error.to_string()),
            Lit::Float(x) => x.base10_parse().map(Value::Real).map_err(|error| error.to_string()),
            _ => Err("a literal that is no number".to_string()),
        },
        Expr::Paren(inner) => eval(items, &inner.expr, depth),
        Expr::Group(inner) => eval(items, &inner.expr, depth),
        Expr::Cast(cast) => eval(items, &cast.expr, depth),
        Expr::Unary(unary) => match (&unary.op, eval(items, &unary.expr, depth)?) {
            (UnOp::Neg(_), Value::Whole(n)) => Ok(Value::Whole(-n)),
            (UnOp::Neg(_), Value::Real(x)) => Ok(Value::Real(-x)),
            _ => Err("an operation that is not computed here".to_string()),
        },
        Expr::Binary(binary) => {
            let left = eval(items, &binary.left, depth)?;
            operate(&binary.op, left, eval(items, &binary.right, depth)?)
        }
        Expr::Path(path) => {
            let words: Vec<String> =
                path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let name = words.join("::");
            named(items, &name, depth + 1).or_else(|error| {
                match words.last().filter(|_| words.len() > 1) {
                    Some(last) => named(items, last, depth + 1).map_err(|_| error),
                    None => Err(error),
                }
            })
        }
        Expr::If(choice) => {
            let loom = matches!(&*choice.cond, Expr::Macro(m) if m.mac.path.is_ident("cfg")
                && m.mac.tokens.to_string() == "loom");
            match choice.else_branch.as_ref().filter(|_| loom) {
                Some((_, other)) => eval(items, other, depth),
                None => Err("an `if` that is not `if cfg!(loom)`".to_string()),
            }
        }
        Expr::Block(block) => match &block.block.stmts[..] {
            [syn::Stmt::Expr(expr, None)] => eval(items, expr, depth),
            _ => Err("a block of more than one expression".to_string()),
        },
        Expr::Call(call) => duration(items, call, depth),
        _ => Err("an expression that is not computed here: only literals, sums, products, \
                  shifts, durations, and constants of the same file"
            .to_string()),
    }
}

/// `Duration::from_millis(5)` and its siblings.
fn duration(items: &Items, call: &syn::ExprCall, depth: u32) -> Result<Value, String> {
    let name = match &*call.func {
        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    };
    let scale = match name.as_deref() {
        Some("from_secs") => 1_000_000_000,
        Some("from_millis") => 1_000_000,
        Some("from_micros") => 1_000,
        Some("from_nanos") => 1,
        _ => return Err("a call that is no `Duration::from_…`".to_string()),
    };
    match call.args.first().map(|argument| eval(items, argument, depth)) {
        Some(Ok(Value::Whole(n))) => Ok(Value::Time(n * scale)),
        _ => Err("a duration of something that is no whole number".to_string()),
    }
}

fn operate(op: &BinOp, left: Value, right: Value) -> Result<Value, String> {
    use Value::{Real, Time, Whole};
    let out_of_range = || "a result out of range".to_string();
    match (left, right) {
        (Whole(a), Whole(b)) => {
            let shift = u32::try_from(b).map_err(|_| out_of_range());
            let value = match op {
                BinOp::Add(_) => a.checked_add(b),
                BinOp::Sub(_) => a.checked_sub(b),
                BinOp::Mul(_) => a.checked_mul(b),
                BinOp::Div(_) => a.checked_div(b),
                BinOp::Shl(_) => a.checked_shl(shift?),
                BinOp::Shr(_) => a.checked_shr(shift?),
                BinOp::BitOr(_) => Some(a | b),
                BinOp::BitAnd(_) => Some(a & b),
                _ => return Err("an operation that is not computed here".to_string()),
            };
            value.map(Whole).ok_or_else(out_of_range)
        }
        (Time(a), Whole(b)) | (Whole(b), Time(a)) if matches!(op, BinOp::Mul(_)) => Ok(Time(a * b)),
        (Real(a), Real(b)) => match op {
            BinOp::Mul(_) => Ok(Real(a * b)),
            BinOp::Div(_) => Ok(Real(a / b)),
            _ => Err("an operation that is not computed here".to_string()),
        },
        _ => Err("an operation on two kinds of numbers".to_string()),
    }
}

/// As a reader wants it: 65 536, 64 KiB, 1 ms.
fn shown(value: Value, unit: Option<&str>) -> Result<String, String> {
    const TIMES: [(&str, i128); 4] =
        [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000), ("ns", 1)];
    let sizes = [("KiB", 1024), ("MiB", 1024 * 1024)];
    match (value, unit) {
        (Value::Whole(n), None) => Ok(grouped(n)),
        (Value::Real(x), None) => Ok(x.to_string()),
        (Value::Time(n), None) => {
            let (unit, scale) = TIMES.iter().find(|(_, s)| n % s == 0).expect("ns divide all");
            Ok(format!("{} {unit}", grouped(n / scale)))
        }
        (value, Some(unit)) => {
            let (n, known): (i128, &[(&str, i128)]) = match value {
                Value::Whole(n) => (n, &sizes),
                Value::Time(n) => (n, &TIMES),
                Value::Real(_) => return Err("a real number has no other unit".to_string()),
            };
            match known.iter().find(|(name, _)| *name == unit) {
                Some((_, scale)) if n % scale == 0 => Ok(format!("{} {unit}", grouped(n / scale))),
                Some(_) => Err(format!("{n} is no whole number of {unit}")),
                None => Err(format!("no unit {unit} here")),
            }
        }
    }
}

/// Thousands apart, from five digits on.
fn grouped(n: i128) -> String {
    let digits = n.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
#[path = "constant_tests.rs"]
mod tests;
