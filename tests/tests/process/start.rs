//! Commands, in a process that hears of its children as the program of the test is to.

use mainspring::process::Command;

/// A program.
pub fn command(program: &str) -> Command {
    mainspring::process::without_pidfds(crate::WITHOUT_PIDFDS);
    Command::new(program)
}

/// A line of the shell's.
pub fn shell(line: &str) -> Command {
    let mut command = command("sh");
    command.args(["-c", line]);
    command
}
