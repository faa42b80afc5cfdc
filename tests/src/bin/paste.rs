//! Fills README.md and benches/README.md with what their commands print: `cargo paste` (some
//! minutes), or `cargo paste WORD` for the blocks whose command has that word.
//!
//! A block is `<!-- paste: SHELL COMMAND -->`, some text, `<!-- end -->`. The command runs in the
//! root of the repository; what it writes to its standard output takes the place of the text, with
//! the seconds it took. If it fails, nothing is written.

#![forbid(unsafe_code)]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const FILES: [&str; 2] = ["README.md", "benches/README.md"];
const START: &str = "<!-- paste: ";
const END: &str = "<!-- end -->";

fn main() -> ExitCode {
    let only = std::env::args().nth(1).unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for name in FILES {
        let file = root.join(name);
        let filled = std::fs::read_to_string(&file)
            .map_err(|error| error.to_string())
            .and_then(|text| fill(&text, |command| run(&root, command), &only))
            .and_then(|text| std::fs::write(&file, text).map_err(|error| error.to_string()));
        if let Err(error) = filled {
            eprintln!("{name}: {error}; the file is as it was");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Replaces what stands in each block by what its command prints.
fn fill(
    text: &str,
    run: impl Fn(&str) -> Result<String, String>,
    only: &str,
) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(START) {
        let command = rest[at + START.len()..].split_once(" -->").map(|(command, _)| command);
        let command = command.ok_or("a paste block without `-->`")?;
        let block = rest[at..].find(END).ok_or(format!("`{command}`: no `{END}`"))?;
        if command.contains(only) {
            let output = run(command)?;
            filled.push_str(&rest[..at]);
            filled.push_str(&format!("{START}{command} -->\n{output}{END}"));
        } else {
            filled.push_str(&rest[..at + block + END.len()]);
        }
        rest = &rest[at + block + END.len()..];
    }
    filled.push_str(rest);
    Ok(filled)
}

fn run(root: &Path, command: &str) -> Result<String, String> {
    let start = Instant::now();
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail", "-c", command]).current_dir(root).stderr(Stdio::inherit());
    let output = shell.output().map_err(|error| format!("bash: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{command}` failed: {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let text: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let took = start.elapsed().as_secs();
    Ok(format!("```text\n{text}```\nTook {took} s on {cores} cores, building included.\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\n<!-- paste: one -->\nold\n<!-- end -->\nb\n\
                        <!-- paste: two -->\n```text\nold\n```\n<!-- end -->\nc\n";

    #[test]
    fn each_block_gets_what_its_command_prints() {
        let filled = fill(TEXT, |command| Ok(format!("{command}!\n")), "").unwrap();
        let block = |name| format!("<!-- paste: {name} -->\n{name}!\n<!-- end -->");
        assert_eq!(filled, format!("a\n{}\nb\n{}\nc\n", block("one"), block("two")));
        assert_eq!(fill(&filled, |command| Ok(format!("{command}!\n")), "").unwrap(), filled);
    }

    #[test]
    fn only_the_blocks_that_were_asked_for_are_run() {
        let filled = fill(TEXT, |_| Ok("new\n".to_owned()), "two").unwrap();
        assert!(filled.contains("<!-- paste: one -->\nold\n<!-- end -->"));
        assert!(filled.contains("<!-- paste: two -->\nnew\n<!-- end -->"));
    }

    #[test]
    fn a_command_that_fails_and_a_block_without_an_end_are_errors() {
        assert!(fill(TEXT, |_| Err("no".to_owned()), "").is_err());
        assert!(fill("<!-- paste: one -->\n", |_| Ok(String::new()), "").is_err());
        assert!(run(Path::new("."), "exit 3 | cat").unwrap_err().contains("failed"));
        let output = run(Path::new("."), "echo 'a  '; echo b").unwrap();
        assert!(output.starts_with("```text\na\nb\n```\nTook 0 s on "), "{output}");
    }
}
