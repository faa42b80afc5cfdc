//! `cargo compare`: Mainspring beside tokio and smol, row by row, interleaved.

use benches::alloc::Counting;
use benches::compare::whole::{self, Whole};
use benches::compare::{Case, Plan, child, page, table};
use benches::meter::Mode;
use benches::on::Flavor;
use benches::out;
use benches::python;
use benches::rows::Peer;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Measures Mainspring beside tokio and smol on the same workloads, and says where it stands.
#[derive(Debug, Parser)]
#[command(name = "cargo compare")]
struct Arguments {
    /// Shorter measurements and five rounds: three minutes, of one scheduler half as long.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// All schedulers and all labs, in less than forty minutes.
    #[arg(long)]
    full: bool,
    /// How many rounds: at least five, for a median that means something.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Only rows whose name holds this.
    #[arg(long, value_name = "SUBSTRING")]
    rows: Option<String>,
    /// On which schedulers: multi_thread, that with one worker, current_thread, the first and the
    /// last, or all (as --full has it).
    #[arg(long, value_parser = ["mt", "mt1", "ct", "both", "all"])]
    flavor: Option<String>,
    /// The folder of the page and of its JSON, instead of target/compare.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Also write the JSON, everything round by round, to this file.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// End with status 1 when a row is slower than tokio.
    #[arg(long)]
    check: bool,
    /// Count allocations per operation instead of time.
    #[arg(long)]
    count: bool,
    /// Print the names of the rows.
    #[arg(long)]
    list: bool,
    /// The documents' programs in Python beside the examples, on the same local server: wall, CPU,
    /// memory. Eight minutes; --quick: one. Needs CPython and aiohttp
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true,
          default_missing_value = "python3",
          conflicts_with_all = ["flavor", "check", "count", "full", "out"])]
    python: Option<String>,
    /// Where the examples are, built, instead of building them
    #[arg(long, value_name = "FOLDER", requires = "python", hide = true)]
    programs: Option<PathBuf>,
    /// As little work as possible
    #[arg(long, requires = "python", conflicts_with = "quick", hide = true)]
    tiny: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What the program starts itself for. Useful by hand under a profiler.
#[derive(Debug, Subcommand)]
enum Part {
    /// One row on one peer, in this process.
    Measure {
        row: String,
        peer: String,
        #[arg(long, default_value = "mt", value_parser = ["mt", "mt1", "ct"])]
        flavor: String,
        /// Batches for so long.
        #[arg(long, default_value_t = 100)]
        millis: u64,
        /// So many batches instead.
        #[arg(long)]
        batches: Option<u64>,
        /// Allocations instead of time.
        #[arg(long)]
        count: bool,
    },
    /// An echo server.
    Serve {
        peer: String,
        #[arg(long, default_value = "mt", value_parser = ["mt", "mt1", "ct"])]
        flavor: String,
    },
    /// Load for an echo server.
    Load { port: u16, connections: usize },
    /// Draws the page of a compare.json once more, and prints it.
    Page { json: PathBuf },
    #[command(flatten)]
    Lab(benches::labs::Lab),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.part {
        Some(part) => run_part(part),
        None if arguments.python.is_some() => beside_python(&arguments),
        None if arguments.list => {
            benches::rows::ROWS.iter().for_each(|row| out::line(row.name));
            Ok(ExitCode::SUCCESS)
        }
        None => compare(&arguments),
    };
    out::end(done.unwrap_or_else(|why| {
        eprintln!("compare: {why}");
        ExitCode::FAILURE
    }))
}

fn run_part(part: Part) -> Result<ExitCode, String> {
    let peer = |name: &str| Peer::named(name).ok_or(format!("there is no peer {name:?}"));
    match part {
        Part::Measure { row, peer: name, flavor, millis, batches, count } => {
            let workload = child::workload(&row, peer(&name)?)
                .ok_or(format!("there is no row {row:?} that {name} runs in one process"))?;
            let timed = Mode::Timed(Duration::from_millis(millis));
            let mode = if count { Mode::Count } else { batches.map_or(timed, Mode::Batches) };
            child::measure(workload, Flavor::named(&flavor)[0], mode);
        }
        Part::Serve { peer: name, flavor } => {
            let served = child::serve(peer(&name)?, Flavor::named(&flavor)[0]);
            served.map_err(|error| error.to_string())?;
        }
        Part::Load { port, connections } => {
            child::load(port, connections).map_err(|error| error.to_string())?;
        }
        Part::Page { json } => {
            let text = std::fs::read_to_string(&json).map_err(|error| error.to_string())?;
            let data = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            out::print(page::page(&data));
        }
        Part::Lab(lab) => benches::labs::run(&lab)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn beside_python(arguments: &Arguments) -> Result<ExitCode, String> {
    use python::rows::Size;
    if arguments.list {
        python::rows(None).iter().for_each(|row| out::line(row.name));
        return Ok(ExitCode::SUCCESS);
    }
    let size = match (arguments.tiny, arguments.quick) {
        (true, _) => Size::Tiny,
        (_, true) => Size::Quick,
        _ => Size::Full,
    };
    python::run(&python::Options {
        python: arguments.python.clone().unwrap_or_default(),
        size,
        rounds: arguments.rounds.map_or(3, usize::from),
        filter: arguments.rows.clone(),
        programs: arguments.programs.clone(),
        json: arguments.json.clone(),
    })
}

fn compare(arguments: &Arguments) -> Result<ExitCode, String> {
    let usual = if arguments.full { "all" } else { "both" };
    let flavors = Flavor::named(arguments.flavor.as_deref().unwrap_or(usual));
    let cases = Case::all(&flavors, arguments.rows.as_deref());
    if cases.is_empty() {
        return Err("no such row runs there; --list prints the names".to_owned());
    }
    let (rounds, each) = match (arguments.quick, arguments.full) {
        (true, _) => (5, 25),
        (_, true) => (7, 100),
        _ => (9, 120),
    };
    let rounds = arguments.rounds.map_or(rounds, usize::from);
    if arguments.check && rounds < 5 {
        return Err("--check needs five rounds: fewer say nothing about slower".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    // The program is in target/PROFILE.
    let target = program.ancestors().nth(2).unwrap_or(&program).join("compare");
    let out = arguments.out.clone().unwrap_or(target);
    let plan = Plan { cases, rounds, each: Duration::from_millis(each), program };
    if arguments.count {
        out::print(table::allocations(&plan));
        return Ok(ExitCode::SUCCESS);
    }
    let labs = if arguments.full { whole::labs(arguments.rounds) } else { Vec::new() };
    let (json, check) = (arguments.json.clone(), arguments.check);
    Whole { plan, flavors, labs, out, json, check }.run()
}
