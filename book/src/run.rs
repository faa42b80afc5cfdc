//! Transcripts: a command and what it printed.

use crate::listing::fence_for;
use regex::Regex;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command that has not ended by then is stopped: nobody waits for it in a gate.
const SECONDS: u32 = 600;

/// What a command printed, both streams as they came, and whether it succeeded.
pub struct Output {
    pub text: String,
    pub success: bool,
    pub status: String,
}

/// Runs a command of a shell in the root of the repository.
pub fn shell(root: &Path, command: &str) -> Result<Output, String> {
    let seconds = SECONDS.to_string();
    let joined = format!("exec 2>&1\n{command}");
    let mut shell = Command::new("timeout");
    shell.args(["-k", "5", &seconds, "bash", "-o", "pipefail", "-c", &joined]);
    shell.current_dir(root).stdin(Stdio::null());
    shell.env("CARGO_TERM_COLOR", "never").env("NO_COLOR", "1").env("RUST_BACKTRACE", "0");
    // What cargo told this program about itself is not meant for the cargo it starts.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if own.iter().any(|own| name.starts_with(own)) || name == "CARGO_PRIMARY_PACKAGE" {
            shell.env_remove(&name);
        }
    }
    let output = shell.output().map_err(|error| format!("timeout, bash: {error}"))?;
    let status = match output.status.code() {
        Some(124) => format!("did not end within {SECONDS} s"),
        _ => output.status.to_string(),
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(Output { text, success: output.status.success(), status })
}

/// The body of a `run` block.
pub fn transcript(root: &Path, command: &str, options: &[String]) -> Result<String, String> {
    let has = |option: &str| options.iter().any(|word| word == option);
    if let Some(option) = options.iter().find(|o| !["norm", "slow", "fails"].contains(&o.as_str()))
    {
        return Err(format!("no option `{option}`: norm, slow and fails are known"));
    }
    let output = shell(root, command)?;
    if output.success == has("fails") {
        let wanted = if output.success { "succeeded, but is to fail" } else { "failed" };
        let tail: Vec<&str> = output.text.lines().rev().take(8).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        return Err(format!("the command {wanted}: {}\n{}", output.status, tail.join("\n")));
    }
    let text = if has("norm") { normal(&output.text) } else { output.text };
    let lines: String = text.lines().map(|line| line.trim_end().to_string() + "\n").collect();
    Ok(body(command, &lines))
}

fn body(command: &str, output: &str) -> String {
    let fence = fence_for(output);
    format!("{fence}console\n$ {command}\n{output}{fence}\n")
}

/// Does the transcript that stands in a page belong to this command?
pub fn is_of(body: &str, command: &str) -> bool {
    body.lines().nth(1) == Some(&format!("$ {command}"))
}

/// Times, ports, threads and addresses in fixed forms.
fn normal(text: &str) -> String {
    const FORMS: [(&str, &str); 5] = [
        (r"(127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|localhost):[0-9]+", "$1:PORT"),
        (r"\b0x[0-9a-f]{4,}\b", "0x…"),
        (r"ThreadId\([0-9]+\)", "ThreadId(…)"),
        (r"\b(pid|process) [0-9]+", "$1 …"),
        (r"( ?) *\b[0-9]+(?:\.[0-9]+)?( ?)(ns|µs|us|ms|s|seconds)\b", "$1…$2$3"),
    ];
    FORMS.iter().fold(text.to_string(), |text, (pattern, form)| {
        let pattern = Regex::new(pattern).expect("a pattern of this file");
        pattern.replace_all(&text, *form).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ports_get_fixed_forms() {
        let text = "on 127.0.0.1:41234 after 1.25ms, in    12 s (3 tasks) ThreadId(7) 0x7ffe1234";
        let fixed = "on 127.0.0.1:PORT after …ms, in … s (3 tasks) ThreadId(…) 0x…";
        assert_eq!(normal(text), fixed);
        assert_eq!(normal(fixed), fixed);
    }

    #[test]
    fn a_transcript_has_both_streams_and_must_end_as_the_page_says() {
        let root = Path::new(".");
        let body = transcript(root, "echo a; echo b >&2", &[]).unwrap();
        assert_eq!(body, "```console\n$ echo a; echo b >&2\na\nb\n```\n");
        assert!(is_of(&body, "echo a; echo b >&2") && !is_of(&body, "echo c"));
        assert!(transcript(root, "exit 3", &[]).unwrap_err().contains("failed: exit status: 3"));
        let fails = ["fails".to_string()];
        assert!(transcript(root, "echo x; exit 3", &fails).unwrap().contains("x\n"));
        assert!(transcript(root, "true", &fails).unwrap_err().contains("is to fail"));
        assert!(transcript(root, "true", &["fast".to_string()]).is_err());
    }
}
