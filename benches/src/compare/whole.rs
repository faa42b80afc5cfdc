//! the whole of it: rows, labs, what is said about the machine, and the files that are written.

use super::about::{self, Fact};
use super::data::{Data, Part, Section};
use super::progress::Progress;
use super::quiet::{self, Cores, Quiet};
use super::report::{LEAST_ROUNDS, Line};
use super::rounds::Measured;
use super::{Plan, interrupt, page, rounds, table};
use crate::labs::sheet::Sheet;
use crate::labs::{Options, Report};
use crate::on::Flavor;
use crate::out;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What to measure, and where to write it.
#[derive(Debug)]
pub struct Whole {
    pub plan: Plan,
    pub flavors: Vec<Flavor>,
    pub labs: Vec<(Report, Options)>,
    /// The folder of `index.html` and `compare.json`.
    pub out: PathBuf,
    /// The JSON once more.
    pub json: Option<PathBuf>,
    /// End with status 1 when a row is slower than tokio.
    pub check: bool,
}

/// After so long all labs have ended, or are made shorter, cut short or left out.
const FULL: Duration = Duration::from_secs(38 * 60);
/// Others may use so much of one core before the page warns of it.
const OTHERS: f64 = 0.1;
/// Error bars of the A/A run may be so wide, in the median, before it does.
const WIDE: f64 = 0.1;

/// The labs of `--full`: all of them, each with one round unless more are asked for, because
/// together they have 25 minutes. Alone, each has its own usual number.
pub fn labs(rounds: Option<u16>) -> Vec<(Report, Options)> {
    let options = |report| Options {
        rounds: match report {
            Report::Idle | Report::Scale => None,
            // Minutes a round.
            Report::Server => Some(1),
            _ => Some(rounds.unwrap_or(1).min(3)),
        },
        // They count what hardly varies, and take ten minutes otherwise.
        quick: matches!(report, Report::Syscalls | Report::Atomics),
        ..Options::default()
    };
    Report::ALL.map(|report| (report, options(report))).into()
}

impl Whole {
    pub fn run(&self) -> Result<ExitCode, String> {
        interrupt::listen().map_err(|error| error.to_string())?;
        let about = self.about();
        let before = quiet::before().filter(|others| *others > OTHERS);
        if let Some(others) = before {
            eprintln!("{}", is_busy("Before the run", others));
        }
        let cores = Cores::now();
        let labs: Duration = self.labs.iter().map(|(lab, options)| lab.takes(options)).sum();
        let progress = Progress::with_limit(self.plan.takes() + labs, FULL);
        let measured = rounds::run(&self.plan, &progress);
        let seconds = progress.elapsed().as_secs_f64();
        let rounds = measured.iter().map(Measured::rounds).max().unwrap_or(0);
        if interrupt::asked() && rounds == 0 {
            progress.end();
            interrupt::end_all();
            eprintln!("interrupted before the first round ended: nothing was written");
            return Ok(ExitCode::from(interrupt::STATUS));
        }
        let mut data = Data { about, ..Data::default() };
        let part = |what: &str, command, seconds| Part { what: what.to_owned(), command, seconds };
        data.parts.push(part("rows", about::command(), seconds));
        self.run_labs(&progress, &mut data);
        progress.end();
        if interrupt::asked() {
            interrupt::end_all();
        }
        let lines = Line::all(&measured);
        data.quiet = quiet_of(&lines, rounds, cores);
        data.warnings = self.warnings(&data, rounds, before);
        data.sections = Section::all(&lines);
        let facts = about::about(&self.flavors, rounds, self.plan.each);
        out::print(table::table(&lines, &facts));
        out::print(at_the_end(&data));
        self.write(&data)?;
        let lost = self.check && lines.iter().any(Line::slower);
        Ok(match interrupt::asked() {
            true => ExitCode::from(interrupt::STATUS),
            false if lost => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        })
    }

    fn about(&self) -> Vec<Fact> {
        let mut about = about::about(&self.flavors, self.plan.rounds, self.plan.each);
        about.extend(about::more());
        about
    }

    fn run_labs(&self, progress: &Progress, data: &mut Data) {
        let all = &self.labs;
        for (place, (lab, options)) in all.iter().enumerate() {
            if interrupt::asked() {
                return;
            }
            let quick =
                |options: &Options| Options { quick: true, rounds: None, ..options.clone() };
            let later = all[place + 1..].iter().map(|(lab, options)| lab.takes(&quick(options)));
            let left = FULL.saturating_sub(progress.elapsed()).saturating_sub(later.sum());
            let begun = progress.elapsed();
            let (sheet, short) = match left {
                left if lab.takes(options) <= left => (lab.sheet(options, progress), ""),
                left if lab.takes(&quick(options)) <= left => {
                    let shorter =
                        "Made shorter: this machine is slow, and 40 minutes are the limit.";
                    (lab.sheet(&quick(options), progress), shorter)
                }
                _ => {
                    let name = lab.name().to_owned();
                    let left_out = "Left out: this machine is slow, and 40 minutes are the limit.";
                    (Sheet { name, ..Sheet::default() }, left_out)
                }
            };
            let seconds = (progress.elapsed() - begun).as_secs_f64();
            let (what, command) = (sheet.name.clone(), sheet.command.clone());
            data.parts.push(Part { what, command, seconds });
            data.labs.push(sheet);
            let cut = match progress.is_over() && !data.labs[place].grids.is_empty() {
                true => "Cut short: this machine is slow, and 40 minutes are the limit.",
                false => "",
            };
            let notes = [short, cut].into_iter().filter(|note| !note.is_empty());
            data.labs[place].notes.extend(notes.map(str::to_owned));
        }
    }

    fn warnings(&self, data: &Data, rounds: usize, before: Option<f64>) -> Vec<String> {
        let mut all = Vec::new();
        if interrupt::asked() {
            let (of, labs, all_labs) = (self.plan.rounds, data.labs.len(), self.labs.len());
            let labs = if all_labs == 0 {
                String::new()
            } else {
                format!(" and {labs} of {all_labs} labs")
            };
            all.push(format!("Interrupted: {rounds} of {of} rounds{labs}. The rest is missing."));
        }
        if cfg!(debug_assertions) {
            all.push("A debug build: these figures are no measurement.".to_owned());
        }
        if rounds < LEAST_ROUNDS {
            all.push(format!("{rounds} rounds: it takes five to say who is slower."));
        }
        if data.quiet.even == Some(false) {
            all.push(format!("The A/A run is {}.", data.quiet.says));
        }
        all.extend(data.quiet.width.filter(|width| *width > WIDE).map(|width| {
            let percent = width * 100.0;
            format!("tokio differs from itself by ±{percent:.0} %: less than that cannot be seen.")
        }));
        all.extend(before.map(|others| is_busy("Before the run", others)));
        let during = data.quiet.others.filter(|others| *others > OTHERS);
        all.extend(during.map(|others| is_busy("During the run", others)));
        all
    }

    fn write(&self, data: &Data) -> Result<(), String> {
        let json = serde_json::to_string_pretty(data).map_err(|error| error.to_string())? + "\n";
        fs::create_dir_all(&self.out).map_err(|error| said(&self.out, &error))?;
        let (page, beside) = (self.out.join("index.html"), self.out.join("compare.json"));
        let files = [(&page, page::page(data)), (&beside, json.clone())];
        let once_more = self.json.iter().map(|path| (path, json.clone()));
        for (path, text) in files.into_iter().chain(once_more) {
            fs::write(path, text).map_err(|error| said(path, &error))?;
        }
        eprintln!("the page: {}", page.display());
        Ok(())
    }
}

fn said(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn is_busy(when: &str, others: f64) -> String {
    format!("{when} other processes used {others:.2} of the cores: not a quiet machine.")
}

fn quiet_of(lines: &[Line], rounds: usize, cores: Option<Cores>) -> Quiet {
    let used = cores.and_then(|cores| cores.since());
    let (others, stolen) = (used.map(|used| used.0), used.map(|used| used.1));
    Quiet { others, stolen, ..quiet::judge(lines, rounds) }
}

/// What stands below the table in the terminal.
fn at_the_end(data: &Data) -> String {
    let labs: String =
        data.labs.iter().map(|lab| format!("\n{}\n{}", lab.command, lab.text())).collect();
    let quiet = &data.quiet;
    let mut text = format!("{labs}\nA/A: {}\n", quiet.says);
    if let (Some(others), Some(stolen)) = (quiet.others, quiet.stolen) {
        text += &format!("other processes: {others:.2} cores in the mean; ");
        text += &format!("kept by the host: {stolen:.2}\n");
    }
    for warning in &data.warnings {
        text += &format!("WARNING: {warning}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Case;

    /// By what they are said to take. On a slow machine they are made shorter.
    #[test]
    fn the_rows_and_labs_of_full_fit_into_its_time() {
        let cases = Case::all(&Flavor::named("all"), None);
        let each = Duration::from_millis(100);
        let plan = Plan { cases, rounds: 7, each, program: std::path::PathBuf::new() };
        let labs: Duration = labs(None).iter().map(|(lab, options)| lab.takes(options)).sum();
        assert!(plan.takes() + labs <= FULL, "{:?} and {labs:?}", plan.takes());
    }
}
