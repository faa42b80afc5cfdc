//! Children begin and end.

use crate::help::{gone, is_gone, runs, send, wait_for_end};
use crate::start::{command, shell};
use mainspring::io::{AsyncBufReadExt, BufReader};
use mainspring::process::Child;
use mainspring::time::{Duration, timeout};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use tests::Kind;

fn a_child_is_waited_for_and_the_answer_stays(kind: Kind) {
    kind.runtime().block_on(async {
        let mut child = shell("exit 7").spawn().unwrap();
        let pid = child.id().unwrap();
        for _ in 0..3 {
            assert_eq!(child.wait().await.unwrap().code(), Some(7));
            assert_eq!(child.try_wait().unwrap().unwrap().code(), Some(7));
            assert_eq!(child.id(), None);
            child.start_kill().unwrap();
            child.kill().await.unwrap();
        }
        assert!(is_gone(pid));
        assert!(command("true").status().await.unwrap().success());
    });
}

fn a_child_that_has_ended_before_it_is_waited_for(kind: Kind) {
    kind.runtime().block_on(async {
        let mut waited = command("true").spawn().unwrap();
        let mut tried = command("false").spawn().unwrap();
        let mut killed = shell("exit 3").spawn().unwrap();
        for child in [&waited, &tried, &killed] {
            wait_for_end(child.id().unwrap());
        }
        killed.kill().await.unwrap();
        assert_eq!(killed.wait().await.unwrap().code(), Some(3), "it had ended by itself");
        assert_eq!(tried.try_wait().unwrap().unwrap().code(), Some(1));
        assert!(waited.wait().await.unwrap().success());
    });
}

fn a_child_that_is_killed_says_by_what(kind: Kind) {
    kind.runtime().block_on(async {
        let mut child = command("sleep").arg("3600").spawn().unwrap();
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().await.unwrap();
        assert_eq!(child.wait().await.unwrap().signal(), Some(libc::SIGKILL));
        let status = shell("kill -TERM $$").status().await.unwrap();
        assert_eq!((status.signal(), status.code()), (Some(libc::SIGTERM), None));
    });
}

/// A child that says a line when it has come so far.
async fn ready(line: &str) -> Child {
    let mut child = shell(line).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut said).await.unwrap();
    assert_eq!(said, "ready\n");
    child
}

fn a_child_that_ignores_the_polite_signal_is_killed_by_the_other(kind: Kind) {
    kind.runtime().block_on(async {
        let mut child = ready("trap '' TERM; echo ready; exec sleep 3600").await;
        let pid = child.id().unwrap();
        send(pid, libc::SIGTERM);
        assert!(timeout(Duration::from_millis(20), child.wait()).await.is_err());
        assert!(runs(pid));
        child.start_kill().unwrap();
        assert_eq!(child.wait().await.unwrap().signal(), Some(libc::SIGKILL));
    });
}

fn a_child_that_is_stopped_has_not_ended(kind: Kind) {
    kind.runtime().block_on(async {
        let mut child = ready("echo ready; exec sleep 3600").await;
        send(child.id().unwrap(), libc::SIGSTOP);
        assert!(timeout(Duration::from_millis(20), child.wait()).await.is_err());
        send(child.id().unwrap(), libc::SIGCONT);
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().await.unwrap();
    });
}

fn a_child_that_never_ends_is_given_up_and_killed(kind: Kind) {
    let runtime = kind.runtime();
    let pid = runtime.block_on(async {
        let mut child = command("sleep").arg("3600").kill_on_drop(true).spawn().unwrap();
        let pid = child.id().unwrap();
        assert!(timeout(Duration::from_millis(20), child.wait()).await.is_err());
        assert!(runs(pid), "a wait that is dropped does it no harm");
        pid
    });
    gone(pid);
    runtime.block_on(async {
        let mut never = command("sleep");
        never.arg("3600").kill_on_drop(true);
        assert!(timeout(Duration::from_millis(20), never.status()).await.is_err());
        assert!(timeout(Duration::from_millis(20), never.output()).await.is_err());
        drop((never.status(), never.output()));
    });
}

fn a_hundred_children_at_once(kind: Kind) {
    let runtime = kind.runtime();
    let pids = runtime.block_on(async {
        let mut tasks = Vec::new();
        for n in 0..100 {
            tasks.push(mainspring::spawn(async move {
                let mut child = shell(&format!("exit {n}")).spawn().unwrap();
                let pid = child.id().unwrap();
                (n, pid, child.wait().await.unwrap().code())
            }));
        }
        let mut pids = Vec::new();
        for task in tasks {
            let (n, pid, code) = task.await.unwrap();
            assert_eq!(code, Some(n));
            pids.push(pid);
        }
        pids
    });
    // Nothing is left to be done.
    assert!(pids.into_iter().all(is_gone));
}

fn children_of_others_are_left_to_them(kind: Kind) {
    let mut theirs = std::process::Command::new("sh").args(["-c", "exit 5"]).spawn().unwrap();
    wait_for_end(theirs.id());
    kind.runtime().block_on(async {
        for _ in 0..3 {
            assert!(command("true").status().await.unwrap().success());
        }
    });
    assert_eq!(theirs.wait().unwrap().code(), Some(5));
}

/// Somebody else of this process waits for it, against all custom.
fn a_child_that_was_waited_for_elsewhere_is_an_error(kind: Kind) {
    kind.runtime().block_on(async {
        let mut child = command("sleep").arg("3600").spawn().unwrap();
        let pid = child.id().unwrap();
        send(pid, libc::SIGKILL);
        // SAFETY: no status is asked for.
        let waited = unsafe { libc::waitpid(pid as i32, std::ptr::null_mut(), 0) };
        assert_eq!(waited, pid as i32);
        assert_eq!(child.wait().await.unwrap_err().raw_os_error(), Some(libc::ECHILD));
        // Its number may be another's by now.
        child.start_kill().unwrap();
        child.kill().await.unwrap();
    });
}

/// What happens in a child takes real time.
#[test]
fn a_clock_that_stands_still_waits_for_a_child() {
    tests::within(|| {
        tests::paused().block_on(async {
            let day = Duration::from_secs(24 * 3600);
            let status = timeout(day, shell("sleep 0.05; exit 7").status()).await;
            assert_eq!(status.expect("it ends before").unwrap().code(), Some(7));
            let output = timeout(day, shell("sleep 0.05; echo tick").output()).await;
            assert_eq!(output.expect("it ends before").unwrap().stdout, b"tick\n");
        });
    });
}

fn a_child_moves_to_another_runtime(kind: Kind) {
    let (home, away) = (kind.runtime(), Kind::CurrentThread.runtime());
    let mut child = home.block_on(async {
        let mut child = shell("read line; exit 4").stdin(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        assert!(timeout(Duration::from_millis(1), child.wait()).await.is_err());
        child.stdin = stdin;
        child
    });
    // Nobody drives its first one.
    assert_eq!(away.block_on(child.wait()).unwrap().code(), Some(4));
}

fn a_child_outlives_its_runtime(kind: Kind) {
    let home = kind.runtime();
    let mut child = home.block_on(async { command("sleep").arg("3600").spawn().unwrap() });
    drop(home);
    assert_eq!(child.try_wait().unwrap(), None);
    child.start_kill().unwrap();
    let status = Kind::CurrentThread.runtime().block_on(child.wait()).unwrap();
    assert_eq!(status.signal(), Some(libc::SIGKILL));
}

fn a_wait_that_loses_its_runtime_says_so_and_can_be_repeated(kind: Kind) {
    let (home, away) = (Kind::Workers(1).runtime(), kind.runtime());
    let mut child = home.block_on(async { command("sleep").arg("3600").spawn().unwrap() });
    {
        let mut wait = Box::pin(child.wait());
        let inside = home.enter();
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(std::future::Future::poll(wait.as_mut(), &mut cx).is_pending());
        drop(inside);
        drop(home);
        let text = away.block_on(wait).unwrap_err().to_string();
        assert!(text.starts_with("the end of a child cannot be heard any more: "), "{text}");
    }
    child.start_kill().unwrap();
    assert_eq!(away.block_on(child.wait()).unwrap().signal(), Some(libc::SIGKILL));
}

tests::each_scheduler! {
    a_child_is_waited_for_and_the_answer_stays,
    a_child_that_has_ended_before_it_is_waited_for,
    a_child_that_is_killed_says_by_what,
    a_child_that_ignores_the_polite_signal_is_killed_by_the_other,
    a_child_that_is_stopped_has_not_ended,
    a_child_that_never_ends_is_given_up_and_killed,
    a_hundred_children_at_once,
    children_of_others_are_left_to_them,
    a_child_that_was_waited_for_elsewhere_is_an_error,
    a_child_moves_to_another_runtime,
    a_child_outlives_its_runtime,
    a_wait_that_loses_its_runtime_says_so_and_can_be_repeated,
}
