//! the command line. A dozen lines instead of a crate: this program is built for every change.

use std::path::PathBuf;

pub const HELP: &str = "\
cargo count: instructions and allocations per operation, beside the recorded ones

    cargo count                      all rows; status 1 when one rose by more than 3 %
    cargo count --rows SUBSTRING     only the rows whose names hold it
    cargo count --where ROW          the functions in which a row's instructions are spent
    cargo count --write \"why\"        writes a new record, with the reason
    cargo count --list               the names of the rows
    cargo count --file PATH          another record than benches/instructions.txt
";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub what: Do,
    pub file: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// The rows whose names hold this.
    Judge(String),
    Where(String),
    Write(String),
    List,
    Help,
    /// One row in this process: what runs under callgrind.
    Measure(String),
}

pub fn parse(words: &[String]) -> Result<Order, String> {
    let mut order = Order { what: Do::Judge(String::new()), file: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--rows" => order.what = Do::Judge(value()?),
            "--where" => order.what = Do::Where(value()?),
            "--file" => order.file = Some(value()?.into()),
            "--list" => order.what = Do::List,
            "--help" | "-h" => order.what = Do::Help,
            "measure" => order.what = Do::Measure(value()?),
            "--write" => {
                let why = value().map_err(|_| "--write needs the reason, in one line")?;
                if why.trim().is_empty() || why.contains('\n') {
                    return Err("--write needs the reason, in one line".to_owned());
                }
                order.what = Do::Write(why.trim().to_owned());
            }
            _ => return Err(format!("{word:?} is not understood; --help says what is")),
        }
    }
    Ok(order)
}
