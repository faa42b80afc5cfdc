//! Measured numbers: recorded in `book/data/numbers.json` with the command that gave them.
//!
//! ```text
//!   "spawn": { "command": "cargo bench …",          run by `cargo book numbers`, never by `check`
//!              "read": "spawn +([0-9.]+) ns",       a pattern with one group: the value
//!              "digits": 2,                         significant digits to show; all, if not there
//!              "unit": "ns",
//!              "value": "81.3",                     written by `cargo book numbers`
//!              "machine": { "cpu": …, "cores": …, "kernel": …, "rustc": …, "date": … } }
//! ```

use crate::out;
use crate::problem::nearest;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const FILE: &str = "book/data/numbers.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    command: String,
    read: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    digits: Option<usize>,
    unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<Machine>,
}

/// Where and when it was measured.
#[derive(Clone, Serialize, Deserialize)]
struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
    rustc: String,
    date: String,
}

fn read(root: &Path) -> Result<BTreeMap<String, Number>, String> {
    let text = fs::read_to_string(root.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{FILE}: {error}"))
}

/// What stands in an `n` span.
pub fn shown(root: &Path, id: &str) -> Result<String, String> {
    let numbers = read(root)?;
    let Some(number) = numbers.get(id) else {
        let near = nearest(id, numbers.keys().map(String::as_str));
        return Err(format!("{FILE}: no number `{id}`\nnearest: {near}"));
    };
    let value = number.value.as_ref().ok_or(format!("{FILE}: `{id}` is not measured yet"))?;
    let value = match number.digits {
        Some(digits) => rounded(value, digits).ok_or(format!("{FILE}: `{value}` is no number"))?,
        None => value.clone(),
    };
    Ok(format!("{value} {}", number.unit).trim_end().to_string())
}

/// A number with that many significant digits.
fn rounded(value: &str, digits: usize) -> Option<String> {
    let number: f64 = value.parse().ok()?;
    let before = if number == 0.0 { 1 } else { number.abs().log10().floor() as i32 + 1 };
    let places = digits as i32 - before;
    if places >= 0 {
        return Some(format!("{number:.*}", places as usize));
    }
    let scale = 10f64.powi(-places);
    Some(format!("{:.0}", (number / scale).round() * scale))
}

/// Runs the commands of the numbers whose name holds the word, and writes down what they say.
pub fn measure(root: &Path, word: &str) -> Result<(), String> {
    let mut numbers = read(root)?;
    let machine = machine(root);
    let mut outputs: BTreeMap<String, String> = BTreeMap::new();
    let wanted = numbers.iter_mut().filter(|(id, _)| id.contains(word));
    for (id, number) in wanted {
        if !outputs.contains_key(&number.command) {
            out::line(format_args!("$ {}", number.command));
            let output = crate::run::shell(root, &number.command)?;
            if !output.success {
                return Err(format!("{id}: {}\n{}", output.status, output.text));
            }
            outputs.insert(number.command.clone(), output.text);
        }
        let output = &outputs[&number.command];
        let pattern = Regex::new(&number.read).map_err(|error| format!("{id}: {error}"))?;
        let value = pattern.captures(output).and_then(|found| found.get(1));
        let value = value.ok_or(format!("{id}: `{}` is not in\n{output}", number.read))?;
        out::line(format_args!("  {id} = {} {}", value.as_str(), number.unit));
        number.value = Some(value.as_str().to_string());
        number.machine = Some(machine.clone());
    }
    let text = serde_json::to_string_pretty(&numbers).map_err(|error| error.to_string())?;
    fs::write(root.join(FILE), text + "\n").map_err(|error| format!("{FILE}: {error}"))
}

fn machine(root: &Path) -> Machine {
    let says = |command: &str| {
        let output = crate::run::shell(root, command);
        output.map_or(String::new(), |output| output.text.trim().to_string())
    };
    Machine {
        cpu: says("sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        kernel: says("uname -sr"),
        rustc: says("rustc --version"),
        date: says("date -u +%Y-%m-%d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significant_digits() {
        let of = |value, digits| rounded(value, digits).unwrap();
        assert_eq!(of("81.34", 2), "81");
        assert_eq!(of("1234.5", 2), "1200");
        assert_eq!(of("0.01234", 3), "0.0123");
        assert_eq!(of("9.96", 2), "10.0");
        assert_eq!(rounded("fast", 2), None);
    }
}
