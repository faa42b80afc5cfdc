use ch03_1_condvar::Parker;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

/// Runs `test` on a thread of its own; one that hangs fails after ten seconds.
fn within_limit(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let runs = thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(10)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("asleep after ten seconds"),
        _ => runs.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

#[test]
fn t1_an_alarm_before_the_sleep_ends_it() {
    within_limit(|| {
        let parker = Parker::default();
        parker.unpark();
        assert!(parker.park(LONG), "there was an alarm");
    });
}

#[test]
fn t2_without_an_alarm_it_sleeps_its_time_out() {
    within_limit(|| {
        let start = std::time::Instant::now();
        assert!(!Parker::default().park(SHORT), "there was no alarm");
        assert!(start.elapsed() >= SHORT, "it slept for {:?}", start.elapsed());
    });
}

#[test]
fn t3_two_alarms_are_one() {
    within_limit(|| {
        let parker = Parker::default();
        parker.unpark();
        parker.unpark();
        assert!(parker.park(LONG), "the first sleep has them both");
        assert!(!parker.park(SHORT), "the second has none");
    });
}

#[test]
fn t4_no_alarm_of_another_thread_is_lost() {
    within_limit(|| {
        let (there, back) = (Arc::new(Parker::default()), Arc::new(Parker::default()));
        let (their, ours) = (there.clone(), back.clone());
        let other = thread::spawn(move || {
            for _ in 0..10_000 {
                assert!(their.park(LONG), "there");
                ours.unpark();
            }
        });
        for _ in 0..10_000 {
            there.unpark();
            assert!(back.park(LONG), "and back");
        }
        other.join().unwrap();
    });
}
