//! Signals. Ctrl-C: every test sends it to this process, so they take turns.

#![cfg(unix)]

#[cfg(target_os = "linux")]
#[path = "signal/listeners.rs"]
mod listeners;
#[cfg(target_os = "linux")]
#[path = "signal/system.rs"]
mod system;

use mainspring::signal::ctrl_c;
use std::future::Future;
use std::pin::pin;
use std::process::Command;
use std::sync::{Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tests::Kind;

static TURN: Mutex<()> = Mutex::new(());

fn interrupt() {
    let number = std::process::id().to_string();
    assert!(Command::new("kill").args(["-INT", &number]).status().unwrap().success());
}

/// INV-83: the handler runs at any time, on any thread, while others allocate and lock.
fn ctrl_c_completes_again_and_again(kind: Kind) {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    kind.runtime().block_on(async {
        for _ in 0..10 {
            let mut wait = pin!(ctrl_c());
            let first = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(first.is_pending(), "an old signal does not count");
            interrupt();
            wait.await.unwrap();
        }
    });
}

fn one_signal_reaches_every_waiter_in_every_runtime(kind: Kind) {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (waiting, are_waiting) = mpsc::channel();
    let (done, all_done) = mpsc::channel();
    for _ in 0..3 {
        let (waiting, done) = (waiting.clone(), done.clone());
        std::thread::spawn(move || {
            kind.runtime().block_on(async {
                let waits: Vec<_> = (0..4)
                    .map(|_| {
                        let waiting = waiting.clone();
                        mainspring::spawn(async move {
                            let mut wait = pin!(ctrl_c());
                            let mut first = true;
                            std::future::poll_fn(|cx| {
                                let poll = wait.as_mut().poll(cx);
                                if std::mem::take(&mut first) {
                                    waiting.send(()).unwrap();
                                }
                                poll
                            })
                            .await
                        })
                    })
                    .collect();
                for wait in waits {
                    wait.await.unwrap().unwrap();
                    done.send(()).unwrap();
                }
            });
        });
    }
    for _ in 0..12 {
        are_waiting.recv().unwrap();
    }
    interrupt();
    for nth in 0..12 {
        let limit = Duration::from_secs(60);
        assert!(all_done.recv_timeout(limit).is_ok(), "waiter {nth} was not told");
    }
}

fn a_waiter_that_is_dropped_does_not_keep_the_signal_from_others(kind: Kind) {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    kind.runtime().block_on(async {
        let mut kept = pin!(ctrl_c());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(kept.as_mut().poll(&mut cx), Poll::Pending));
        {
            let mut dropped = pin!(ctrl_c());
            assert!(dropped.as_mut().poll(&mut cx).is_pending());
        }
        interrupt();
        kept.await.unwrap();
    });
}

tests::each_scheduler! {
    ctrl_c_completes_again_and_again,
    one_signal_reaches_every_waiter_in_every_runtime,
    a_waiter_that_is_dropped_does_not_keep_the_signal_from_others,
}
