//! What a child is started with.

use crate::start::{command, shell};
use mainspring::process::{Child, Command};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;
use tests::runtime;

/// What a command says.
fn said(command: &mut Command) -> String {
    let output = runtime().block_on(async { command.output().await }).unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn arguments_are_handed_over_as_they_are() {
    let mut printf = command("printf");
    printf.arg("[%s]").args(["a b", "", "$HOME", "*"]).arg(std::ffi::OsStr::from_bytes(b"\xff"));
    let output = runtime().block_on(async { printf.output().await }).unwrap();
    assert_eq!(output.stdout, b"[a b][][$HOME][*][\xff]");
}

#[test]
fn the_environment_is_inherited_set_and_cleared() {
    let show = r#"echo "$ONE,$TWO,$THREE""#;
    let mut command = shell(show);
    command.env("ONE", "1").envs([("TWO", "2"), ("THREE", "3")]).env_remove("TWO");
    assert_eq!(said(&mut command), "1,,3\n");
    let path = std::env::var("PATH").unwrap();
    assert_eq!(said(shell(show).env("ONE", "1").env_clear().env("PATH", path)), ",,\n");
}

#[test]
fn the_directory_the_name_and_the_group() {
    assert_eq!(said(shell("pwd").current_dir("/")), "/\n");
    assert_eq!(said(shell("echo $0").arg0("another")), "another\n");
    let own = said(shell("echo $$; cut -d' ' -f5 /proc/$$/stat").process_group(0));
    let mut lines = own.lines();
    assert_eq!(lines.next(), lines.next(), "it leads a group");
}

#[test]
fn the_user_and_the_group() {
    // SAFETY: both only ask.
    let (user, group) = unsafe { (libc::getuid(), libc::getgid()) };
    // One's own are always allowed; root may become anybody.
    let (to, of) = if user == 0 { (65534, 65533) } else { (user, group) };
    let mut id = shell("id -u; id -g");
    match runtime().block_on(async { id.uid(to).gid(of).output().await }) {
        Ok(output) => {
            let text = String::from_utf8(output.stdout).unwrap();
            assert_eq!(text, format!("{to}\n{of}\n"));
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied),
    }
}

/// INV-201: what its caller promises runs in the child, before the program, and may refuse.
#[test]
fn code_between_fork_and_exec() {
    let mut mask = shell("umask");
    // SAFETY: `umask` is allowed there.
    unsafe {
        mask.pre_exec(|| {
            libc::umask(0o123);
            Ok(())
        })
    };
    assert_eq!(said(&mut mask), "0123\n");
    let mut refuses = shell("exit 0");
    // SAFETY: it does nothing.
    unsafe { refuses.pre_exec(|| Err(std::io::Error::from_raw_os_error(libc::EACCES))) };
    let error = runtime().block_on(async { refuses.status().await }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[test]
fn stds_command_goes_in_and_out() {
    let mut std = std::process::Command::new("echo");
    std.arg("tick");
    let mut command = Command::from(std);
    assert!(!command.get_kill_on_drop());
    assert!(command.kill_on_drop(true).get_kill_on_drop());
    assert_eq!(command.as_std().get_program(), "echo");
    command.as_std_mut().arg("tock");
    assert_eq!(said(&mut command), "tick tock\n");
    assert_eq!(command.into_std().output().unwrap().stdout, b"tick tock\n");
}

#[test]
fn children_and_commands_may_go_anywhere_and_can_be_looked_at() {
    fn anywhere<T: Send + Sync + Unpin + std::fmt::Debug>() {}
    anywhere::<Child>();
    anywhere::<Command>();
    anywhere::<mainspring::process::ChildStdin>();
    anywhere::<mainspring::process::ChildStdout>();
    anywhere::<mainspring::process::ChildStderr>();
    fn future<T: Send + 'static>(value: T) -> T {
        value
    }
    runtime().block_on(async {
        // The future borrows nothing.
        let status = future(command("true").status());
        let output = future(command("true").output());
        assert!(status.await.unwrap().success() && output.await.unwrap().status.success());
        let mut child = command("true").stdin(Stdio::piped()).spawn().unwrap();
        let id = child.id().unwrap();
        assert_eq!(format!("{child:?}"), format!("Child {{ id: {id}, .. }}"));
        assert!(format!("{:?}", child.stdin).contains("ChildStdin"));
        child.wait().await.unwrap();
        assert_eq!(format!("{child:?}"), "Child { ended: ExitStatus(unix_wait_status(0)), .. }");
    });
}

#[test]
fn a_program_that_is_not_there_is_named() {
    runtime().block_on(async {
        let error = command("/no/such/program").spawn().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let text = "\"/no/such/program\" cannot be started: No such file or directory";
        assert!(error.to_string().starts_with(text), "{error}");
        let error = command("true").current_dir("/no/such/place").status().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let text = "\"true\" cannot be started in \"/no/such/place\": ";
        assert!(error.to_string().starts_with(text), "{error}");
        let error = command("/").output().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    });
}

#[test]
fn a_zero_byte_is_refused_wherever_it_is() {
    runtime().block_on(async {
        let mut commands = [command("a\0b"), command("true"), command("true"), command("true")];
        commands[1].arg("a\0b");
        commands[2].env("A", "a\0b");
        commands[3].current_dir("a\0b");
        for command in &mut commands {
            let error = command.spawn().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains("cannot be started"), "{error}");
        }
    });
}

#[test]
fn outside_of_a_runtime_it_panics_and_starts_nothing() {
    let mut touch = shell("exit 0");
    let said = tests::panic_of(|| drop(touch.spawn()));
    assert!(said.file.ends_with("settings.rs"), "{said:?}");
    let said = tests::panic_of(|| drop(touch.status()));
    assert!(said.file.ends_with("settings.rs"), "{said:?}");
    let said = tests::panic_of(|| drop(touch.output()));
    assert!(said.file.ends_with("settings.rs"), "{said:?}");
}
