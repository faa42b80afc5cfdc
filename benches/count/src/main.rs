//! `cargo count`: instructions and allocations per operation, beside the recorded ones.

use count::alloc::Counting;
use count::baseline::{Baseline, Conditions};
use count::gate::{self, Counted};
use count::judge::judge;
use count::meter::Meter;
use count::rows::{self, ROWS, Row};
use count::{callgrind, command};
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = command::parse(&words).and_then(|order| run(&order));
    done.unwrap_or_else(|why| {
        eprintln!("count: {why}");
        ExitCode::FAILURE
    })
}

fn run(order: &command::Order) -> Result<ExitCode, String> {
    use command::Do;
    let named = |name: &str| rows::named(name).ok_or(format!("there is no row {name:?}"));
    match &order.what {
        Do::Help => print!("{}", command::HELP),
        Do::List => ROWS.iter().for_each(|row| println!("{}", row.name)),
        Do::Measure(row) => measure(named(row)?),
        Do::Where(row) => where_in(named(row)?)?,
        Do::Write(why) => write(why, &file(order))?,
        Do::Judge(wanted) => return compare(wanted, &file(order)),
    }
    Ok(ExitCode::SUCCESS)
}

/// The record; cargo says where the package is.
fn file(order: &command::Order) -> PathBuf {
    order.file.clone().unwrap_or_else(|| {
        let package = std::env::var_os("CARGO_MANIFEST_DIR");
        PathBuf::from(package.unwrap_or_else(|| "benches/count".into()))
            .with_file_name("instructions.txt")
    })
}

/// One row, here; what it allocates is printed, and callgrind sees the rest.
fn measure(row: &Row) {
    // SAFETY: both calls only set up a signal whose default action ends this process.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::alarm(120);
    }
    let mut meter = Meter::new(row.ops);
    (row.work)(&mut meter);
    println!("{}", meter.allocations().expect("every row runs batches"));
}

fn where_in(row: &'static Row) -> Result<(), String> {
    callgrind::version().ok_or(callgrind::INSTALL)?;
    for (function, instructions) in gate::functions(&gate::program()?, row)?.iter().take(30) {
        println!("{instructions:>10.1}  {function}");
    }
    Ok(())
}

fn write(why: &str, file: &PathBuf) -> Result<(), String> {
    let valgrind = callgrind::version().ok_or(callgrind::INSTALL)?;
    let counted = gate::count(&gate::program()?, &ROWS.iter().collect::<Vec<_>>())?;
    print!("{}", notes(&counted));
    let rows = counted.into_iter().map(|(name, counted)| (name, counted.cost)).collect();
    let (why, conditions) = (why.to_owned(), Conditions::here());
    let text = Baseline { why, conditions, valgrind, rows }.print();
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    println!("written: {}. Commit it alone, with the reason.", file.display());
    Ok(())
}

fn compare(wanted: &str, file: &PathBuf) -> Result<ExitCode, String> {
    let rows: Vec<&Row> = ROWS.iter().filter(|row| row.name.contains(wanted)).collect();
    if rows.is_empty() {
        return Err("no row has such a name; --list prints them".to_owned());
    }
    let text = std::fs::read_to_string(file);
    let recorded = text
        .map_err(|error| error.to_string())
        .and_then(|text| Baseline::parse(&text))
        .map_err(|why| format!("{}: {why}", file.display()))?;
    let (program, here) = (gate::program()?, Conditions::here());
    if callgrind::version().is_none() {
        let allocations = gate::allocations(&program, &rows)?;
        print!("{}", count::judge::without(&recorded, &allocations, callgrind::INSTALL));
        return Ok(ExitCode::SUCCESS);
    }
    let counted = gate::count(&program, &rows)?;
    print!("{}", notes(&counted));
    let costs: Vec<_> = counted.into_iter().map(|(name, counted)| (name, counted.cost)).collect();
    let judgement = judge(&recorded, &here, &costs, wanted);
    print!("{}", judgement.print());
    Ok(if judgement.fails() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What is not judged: how repeatable the counts were, and the C library's share.
fn notes(counted: &[(String, Counted)]) -> String {
    let apart = |(_, counted): &&(String, Counted)| counted.apart / counted.cost.instructions;
    let most = counted.iter().max_by(|one, other| apart(one).total_cmp(&apart(other)));
    let Some(most) = most else { return String::new() };
    format!(
        "each row counted twice: the two are at most {:.2} % apart ({})\n\n",
        apart(&most) * 100.0,
        most.0
    )
}
