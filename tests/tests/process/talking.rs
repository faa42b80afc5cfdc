//! Bytes to and from children.

use crate::help::{gone, send};
use crate::start::{command, shell};
use mainspring::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use mainspring::process::{ChildStderr, ChildStdin, ChildStdout};
use mainspring::time::{Duration, timeout};
use std::io::{ErrorKind, IoSlice};
use std::os::fd::{AsFd, AsRawFd};
use std::process::Stdio;
use tests::Kind;

const MIB: usize = 1 << 20;

fn a_mebibyte_goes_in_and_comes_out(kind: Kind) {
    let text: Vec<u8> = (0..MIB).map(|n| (n % 251) as u8).collect();
    kind.runtime().block_on(async {
        let mut cat = command("cat");
        let mut child = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut stdin, sent) = (child.stdin.take().unwrap(), text.clone());
        let writer = mainspring::spawn(async move {
            stdin.write_all(&sent).await.unwrap();
            stdin.flush().await.unwrap();
            stdin.shutdown().await.unwrap();
        });
        let output = child.wait_with_output().await.unwrap();
        writer.await.unwrap();
        assert!(output.status.success() && output.stdout == text && output.stderr.is_empty());
    });
}

/// Each pipe holds 64 KiB: who reads one after the other waits for ever.
fn a_mebibyte_each_of_output_and_errors(kind: Kind) {
    let line = "head -c 1048576 /dev/zero; head -c 1048576 /dev/zero >&2";
    let turned = "head -c 1048576 /dev/zero >&2; head -c 1048576 /dev/zero";
    kind.runtime().block_on(async {
        for line in [line, turned] {
            let output = shell(line).output().await.unwrap();
            assert_eq!((output.stdout.len(), output.stderr.len()), (MIB, MIB));
            // Only what there is takes memory: a vector grows by doubling.
            assert!(output.stdout.capacity() <= 2 * MIB && output.stderr.capacity() <= 2 * MIB);
        }
    });
}

fn what_is_not_piped_is_empty(kind: Kind) {
    kind.runtime().block_on(async {
        let child = shell("exit 3").spawn().unwrap();
        assert!(child.stdin.is_none() && child.stdout.is_none() && child.stderr.is_none());
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.len(), output.stderr.len()),
            (Some(3), 0, 0)
        );
    });
}

fn wait_closes_the_input(kind: Kind) {
    kind.runtime().block_on(async {
        let mut cat = command("cat");
        let mut child = cat.stdin(Stdio::piped()).spawn().unwrap();
        assert!(child.wait().await.unwrap().success());
        let child = cat.stdout(Stdio::piped()).spawn().unwrap();
        assert!(child.wait_with_output().await.unwrap().status.success());
        // A pipe that nobody holds is closed at once.
        assert!(cat.status().await.unwrap().success());
        assert!(cat.output().await.unwrap().status.success());
    });
}

fn a_pipe_that_the_child_has_closed_is_an_error_and_no_signal(kind: Kind) {
    kind.runtime().block_on(async {
        let mut child = shell("exec <&-; echo closed; exec sleep 3600");
        let child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = child.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "closed");
        let stdin = child.stdin.as_mut().unwrap();
        // A child that another thread starts at this moment has the other end too, until its exec.
        let error = loop {
            if let Err(error) = stdin.write_all(b"tick").await {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert_eq!(stdin.write(b"tock").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

/// Also while the write waits for room.
fn a_child_that_ends_ends_a_write(kind: Kind) {
    kind.runtime().block_on(async {
        let mut child = command("sleep").arg("3600").stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let write = mainspring::spawn(async move { stdin.write_all(&vec![0; MIB]).await });
        mainspring::task::yield_now().await;
        child.kill().await.unwrap();
        assert_eq!(write.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

/// The child's end is not the end of its output, as long as its own child has the pipe.
fn a_grandchild_keeps_the_pipe_open(kind: Kind) {
    kind.runtime().block_on(async {
        let mut child = shell("sleep 3600 & echo $!").stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).await.unwrap();
        assert!(child.wait().await.unwrap().success());
        let mut rest = Vec::new();
        let reads = timeout(Duration::from_millis(20), stdout.read_to_end(&mut rest)).await;
        assert!(reads.is_err(), "somebody might still write");
        send(line.trim().parse().unwrap(), libc::SIGKILL);
        assert_eq!(stdout.read_to_end(&mut rest).await.unwrap(), 0);
    });
}

fn the_output_of_one_is_the_input_of_another(kind: Kind) {
    kind.runtime().block_on(async {
        let mut first = shell("echo tick; echo tock >&2; read line; echo $line");
        let first = first.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut first = first.spawn().unwrap();
        let output: Stdio = first.stdout.take().unwrap().try_into().unwrap();
        let errors: Stdio = first.stderr.take().unwrap().try_into().unwrap();
        let mut echo = shell("echo from a third");
        let input: Stdio = first.stdin.take().unwrap().try_into().unwrap();
        assert!(echo.stdout(input).status().await.unwrap().success());
        drop(echo);
        let mut cats = (command("cat"), command("cat"));
        let (out, err) = (cats.0.stdin(output).output(), cats.1.stdin(errors).output());
        assert_eq!(out.await.unwrap().stdout, b"tick\nfrom a third\n");
        assert_eq!(err.await.unwrap().stdout, b"tock\n");
        assert!(first.wait().await.unwrap().success());
    });
}

fn pipes_come_from_std_and_go_back(kind: Kind) {
    kind.runtime().block_on(async {
        let mut cat = std::process::Command::new("sh");
        cat.args(["-c", "cat; echo tock >&2"]);
        cat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = cat.spawn().unwrap();
        let mut stdin = ChildStdin::from_std(child.stdin.take().unwrap()).unwrap();
        let mut stdout = ChildStdout::from_std(child.stdout.take().unwrap()).unwrap();
        let mut stderr = ChildStderr::from_std(child.stderr.take().unwrap()).unwrap();
        assert_eq!(stdin.as_raw_fd(), stdin.as_fd().as_raw_fd());
        let bufs = [IoSlice::new(b"ti"), IoSlice::new(b"ck")];
        assert_eq!(stdin.write_vectored(&bufs).await.unwrap(), 4);
        let mut buf = [0; 4];
        stdout.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"tick");
        let number = stdin.as_raw_fd();
        let stdin = std::fs::File::from(stdin.into_owned_fd().unwrap());
        assert_eq!(stdin.as_raw_fd(), number);
        // SAFETY: it only asks.
        let flags = unsafe { libc::fcntl(number, libc::F_GETFL) };
        assert_eq!(flags & libc::O_NONBLOCK, 0);
        drop(stdin);
        let mut text = String::new();
        assert_eq!(stdout.read_to_string(&mut text).await.unwrap(), 0);
        stderr.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "tock\n");
        child.wait().unwrap();
    });
}

/// The first error of the three ends the call, and the child is dropped.
fn output_that_cannot_be_read_ends_the_wait(kind: Kind) {
    let (home, away) = (kind.runtime(), Kind::CurrentThread.runtime());
    let child = home.block_on(async {
        let mut sleep = command("sleep");
        sleep.arg("3600").stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
    });
    drop(home);
    let pid = child.id().unwrap();
    let error = away.block_on(child.wait_with_output()).unwrap_err();
    assert!(error.to_string().contains("runtime"), "{error}");
    gone(pid);
}

tests::each_scheduler! {
    a_mebibyte_goes_in_and_comes_out,
    a_mebibyte_each_of_output_and_errors,
    what_is_not_piped_is_empty,
    wait_closes_the_input,
    a_pipe_that_the_child_has_closed_is_an_error_and_no_signal,
    a_child_that_ends_ends_a_write,
    a_grandchild_keeps_the_pipe_open,
    the_output_of_one_is_the_input_of_another,
    pipes_come_from_std_and_go_back,
    output_that_cannot_be_read_ends_the_wait,
}
