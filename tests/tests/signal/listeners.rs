//! Listeners of any signal. Each test has a signal of its own, or is alone in its process.

use mainspring::runtime::Builder;
use mainspring::signal::unix::{Signal, SignalKind, signal};
use mainspring::task::yield_now;
use mainspring::time::{Duration, timeout};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use tests::many::{LIMIT, News, alone};
use tests::{Kind, runtime};

/// Sends a signal to this thread: when this returns, its handler has run.
fn raise(kind: SignalKind) {
    // SAFETY: always allowed.
    assert_eq!(unsafe { libc::raise(kind.as_raw_value()) }, 0);
}

/// Signals whose tests run at the same time as others.
fn real_time(n: i32) -> SignalKind {
    SignalKind::from_raw(libc::SIGRTMIN() + n)
}

fn poll(signal: &mut Signal) -> Poll<Option<()>> {
    signal.poll_recv(&mut Context::from_waker(Waker::noop()))
}

/// Each scheduler's test sends another signal.
fn number(kind: Kind) -> i32 {
    let helping = kind == Kind::Helping;
    if helping { 4 } else { kind.workers().trailing_zeros() as i32 * i32::from(kind.is_pool()) }
}

#[test]
fn kinds_are_the_systems_numbers() {
    let kinds = [
        (SignalKind::alarm(), libc::SIGALRM),
        (SignalKind::child(), libc::SIGCHLD),
        (SignalKind::hangup(), libc::SIGHUP),
        (SignalKind::interrupt(), libc::SIGINT),
        (SignalKind::io(), libc::SIGIO),
        (SignalKind::pipe(), libc::SIGPIPE),
        (SignalKind::quit(), libc::SIGQUIT),
        (SignalKind::terminate(), libc::SIGTERM),
        (SignalKind::user_defined1(), libc::SIGUSR1),
        (SignalKind::user_defined2(), libc::SIGUSR2),
        (SignalKind::window_change(), libc::SIGWINCH),
    ];
    for (kind, number) in kinds {
        assert_eq!((kind.as_raw_value(), i32::from(kind)), (number, number));
        assert_eq!((kind, kind), (SignalKind::from_raw(number), SignalKind::from(number)));
    }
}

#[test]
fn a_signal_that_cannot_be_listened_to_is_refused_by_name_and_with_the_reason() {
    let refused = |number: i32| {
        let error = runtime().block_on(async { signal(SignalKind::from_raw(number)).unwrap_err() });
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        error.to_string()
    };
    let catch = "cannot be listened to: no process can catch it";
    assert_eq!(refused(libc::SIGKILL), format!("SIGKILL, signal 9 {catch}"));
    assert_eq!(refused(libc::SIGSTOP), format!("SIGSTOP, signal {} {catch}", libc::SIGSTOP));
    for (name, number) in
        [("SIGILL", libc::SIGILL), ("SIGFPE", libc::SIGFPE), ("SIGSEGV", libc::SIGSEGV)]
    {
        let text = refused(number);
        assert!(text.starts_with(&format!("{name}, signal {number} cannot be")), "{text}");
        assert!(text.contains("its handler must not return"), "{text}");
    }
    for number in [i32::MIN, -1, 0, 65, 1000, i32::MAX] {
        let text = format!("signal {number} cannot be listened to: there is no such signal");
        if number != 65 || cfg!(target_os = "linux") {
            assert_eq!(refused(number), text);
        }
    }
    // The C library's own.
    let text = refused(32);
    assert!(text.starts_with("the system refuses signal 32: "), "{text}");
}

fn what_comes_before_the_first_recv_is_told_and_what_came_before_the_listener_is_not(kind: Kind) {
    let which = real_time(number(kind));
    let news = News::new();
    let teller = news.teller();
    kind.runtime().block_on(async move {
        let mut first = signal(which).unwrap();
        raise(which);
        let mut second = signal(which).unwrap();
        first.recv().await.unwrap();
        assert!(poll(&mut second).is_pending(), "it came before");
        assert!(poll(&mut first).is_pending(), "it is told once");
        (0..3).for_each(|_| raise(which));
        first.recv().await.unwrap();
        second.recv().await.unwrap();
        assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending(), "as one");
        teller.tell();
    });
    news.wait_for(1, "the signals");
}

fn every_listener_in_two_runtimes_is_told(kind: Kind) {
    let which = real_time(5 + number(kind));
    let (ready, told) = (News::new(), News::new());
    let runtimes = [kind.runtime(), Kind::Workers(2).runtime()];
    for runtime in &runtimes {
        for _ in 0..3 {
            let (ready, told) = (ready.teller(), told.teller());
            runtime.spawn(async move {
                let mut signal = signal(which).unwrap();
                for _ in 0..10 {
                    ready.tell();
                    signal.recv().await.unwrap();
                    told.tell();
                }
            });
        }
    }
    std::thread::scope(|scope| {
        // The tasks of a runtime of one thread run while somebody is in its `block_on`.
        let (end, ended) = mainspring::sync::oneshot::channel::<()>();
        let runtime = &runtimes[0];
        scope.spawn(move || runtime.block_on(ended));
        for _ in 0..10 {
            ready.wait_for(6, "six listeners wait");
            raise(which);
            told.wait_for(6, "six listeners are told");
        }
        drop(end);
    });
}

fn of_a_burst_the_last_signal_is_told(kind: Kind) {
    let which = real_time(10 + number(kind));
    let sent = Arc::new(AtomicUsize::new(0));
    kind.runtime().block_on(async {
        let mut signal = signal(which).unwrap();
        let sends = sent.clone();
        let sender = std::thread::spawn(move || {
            for n in 1..=1000 {
                sends.store(n, Ordering::SeqCst);
                raise(which);
            }
        });
        let mut told = 0;
        let all = async {
            // Slow: signals come while it does something else.
            while sent.load(Ordering::SeqCst) < 1000 || told == 0 {
                signal.recv().await.unwrap();
                told += 1;
                for _ in 0..10 {
                    yield_now().await;
                }
            }
        };
        timeout(LIMIT, all).await.expect("a recv follows the last signal");
        sender.join().unwrap();
        println!("1000 signals were told as {told}");
        // And nothing is left after one more look.
        let _ = poll(&mut signal);
        assert!(told <= 1000 && poll(&mut signal).is_pending());
    });
}

fn a_listener_is_told_in_another_runtime_and_of_the_end_of_its_own(kind: Kind) {
    let which = real_time(15 + number(kind));
    let (home, away) = (Kind::Workers(1).runtime(), kind.runtime());
    let mut moved = home.block_on(async { signal(which).unwrap() });
    raise(which);
    away.block_on(moved.recv()).unwrap();
    let waits = away.spawn(async move { moved.recv().await });
    drop(home);
    assert_eq!(away.block_on(waits).unwrap(), None);
}

tests::each_scheduler! {
    what_comes_before_the_first_recv_is_told_and_what_came_before_the_listener_is_not,
    every_listener_in_two_runtimes_is_told,
    of_a_burst_the_last_signal_is_told,
    a_listener_is_told_in_another_runtime_and_of_the_end_of_its_own,
}

#[test]
fn a_clock_that_stands_still_does_not_wait_for_a_signal() {
    let runtime = Builder::new_current_thread().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut signal = signal(real_time(20)).unwrap();
        assert!(timeout(Duration::from_secs(3600), signal.recv()).await.is_err());
        raise(real_time(20));
        signal.recv().await.unwrap();
    });
}

#[test]
fn a_listener_outside_of_a_runtime_panics() {
    let said = tests::panic_of(|| signal(SignalKind::hangup()));
    assert!(said.file.ends_with("listeners.rs"), "{said:?}");
}

#[test]
fn a_listener_may_go_anywhere() {
    fn anywhere<T: Send + Sync + Unpin + std::fmt::Debug>() {}
    anywhere::<Signal>();
}

static PLAIN: AtomicU32 = AtomicU32::new(0);
static WITH_INFO: AtomicU32 = AtomicU32::new(0);

extern "C" fn plain(signal: i32) {
    PLAIN.fetch_add(signal as u32, Ordering::SeqCst);
}

extern "C" fn with_info(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system hands it over.
    let number = unsafe { (*info).si_signo };
    assert!(number == signal && !context.is_null());
    WITH_INFO.fetch_add(signal as u32, Ordering::SeqCst);
}

/// INV-83: a handler from before is called as one, by the signature that it has.
#[test]
fn a_handler_from_before_is_called_too() {
    alone("listeners::a_handler_from_before_is_called_too", || {
        let install = |signal, address: *const (), flags| {
            // SAFETY: zeros are one.
            let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
            (action.sa_sigaction, action.sa_flags) = (address as usize, flags);
            // SAFETY: the mask is ours.
            unsafe { libc::sigaddset(&mut action.sa_mask, libc::SIGHUP) };
            // SAFETY: both handlers do nothing but atomics.
            let result = unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) };
            assert_eq!(result, 0);
        };
        install(libc::SIGUSR1, plain as *const (), 0);
        install(libc::SIGUSR2, with_info as *const (), libc::SA_SIGINFO);
        runtime().block_on(async {
            for kind in [SignalKind::user_defined1(), SignalKind::user_defined2()] {
                let (mut one, mut other) = (signal(kind).unwrap(), signal(kind).unwrap());
                raise(kind);
                one.recv().await.unwrap();
                other.recv().await.unwrap();
                // SAFETY: zeros are one, and it is overwritten.
                let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
                let number = kind.as_raw_value();
                // SAFETY: it only asks.
                unsafe { libc::sigaction(number, std::ptr::null(), &mut action) };
                // SAFETY: the mask was filled in.
                assert_eq!(unsafe { libc::sigismember(&action.sa_mask, libc::SIGHUP) }, 1);
                let flags = libc::SA_RESTART | libc::SA_ONSTACK;
                assert_eq!(action.sa_flags & flags, flags);
            }
        });
        assert_eq!(PLAIN.load(Ordering::SeqCst), libc::SIGUSR1 as u32);
        assert_eq!(WITH_INFO.load(Ordering::SeqCst), libc::SIGUSR2 as u32);
    });
}
