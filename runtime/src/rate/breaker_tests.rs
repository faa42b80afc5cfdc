use super::*;
use crate::base::rng::Rng;
use crate::runtime::builder::Builder;
use crate::time::sleep::sleep;
use std::panic::{AssertUnwindSafe, catch_unwind};

const WINDOW: Duration = Duration::from_secs(10);
const COOL_DOWN: Duration = Duration::from_secs(5);

fn paused<F: Future>(test: F) -> F::Output {
    Builder::new_current_thread().start_paused(true).build().unwrap().block_on(test)
}

fn breaker(failures: u32, probes: u32) -> CircuitBreaker {
    CircuitBreaker::new(BreakerConfig { failures, window: WINDOW, cool_down: COOL_DOWN, probes })
}

async fn fail(breaker: &CircuitBreaker) -> Result<(), BreakerError<u32>> {
    breaker.call(|| async { Err(7) }).await
}

async fn succeed(breaker: &CircuitBreaker) -> Result<(), BreakerError<u32>> {
    breaker.call(|| async { Ok(()) }).await
}

fn opened_for(retry_after: Duration) -> Result<(), BreakerError<u32>> {
    Err(BreakerError::Open { retry_after })
}

#[test]
fn it_opens_after_so_many_failures_within_the_window() {
    paused(async {
        let breaker = breaker(3, 1);
        assert_eq!(fail(&breaker).await, Err(BreakerError::Failed(7)));
        sleep(WINDOW).await;
        assert_eq!(fail(&breaker).await, Err(BreakerError::Failed(7)));
        assert_eq!(succeed(&breaker).await, Ok(()));
        sleep(Duration::from_millis(1)).await;
        // The first is older than the window.
        assert_eq!(fail(&breaker).await, Err(BreakerError::Failed(7)));
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert_eq!(fail(&breaker).await, Err(BreakerError::Failed(7)));
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(succeed(&breaker).await, opened_for(COOL_DOWN));
        sleep(Duration::from_secs(2)).await;
        assert_eq!(succeed(&breaker).await, opened_for(Duration::from_secs(3)));
    });
}

#[test]
fn while_it_is_open_the_work_is_not_even_made() {
    paused(async {
        let breaker = breaker(1, 1);
        let _failed = fail(&breaker).await;
        let answer = breaker.call(|| -> std::future::Ready<Result<(), ()>> { panic!() }).await;
        assert_eq!(answer, Err(BreakerError::Open { retry_after: COOL_DOWN }));
    });
}

#[test]
fn so_many_probes_go_through_at_once_and_close_it_together() {
    paused(async {
        let breaker = breaker(1, 2);
        let _failed = fail(&breaker).await;
        sleep(COOL_DOWN).await;
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        let (first, second) = (breaker.begin().ok().unwrap(), breaker.begin().ok().unwrap());
        assert_eq!(succeed(&breaker).await, opened_for(Duration::ZERO));
        first.end(false);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(
            succeed(&breaker).await,
            opened_for(Duration::ZERO),
            "two have been let through"
        );
        second.end(false);
        assert_eq!(breaker.state(), BreakerState::Closed);
        // What was before is forgotten: one failure opens it, none is left over.
        assert_eq!(succeed(&breaker).await, Ok(()));
    });
}

#[test]
fn a_probe_that_fails_opens_it_anew_for_the_whole_cool_down() {
    paused(async {
        let breaker = breaker(1, 2);
        let _failed = fail(&breaker).await;
        sleep(COOL_DOWN).await;
        let late = breaker.begin().ok().unwrap();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(fail(&breaker).await, Err(BreakerError::Failed(7)));
        late.end(false);
        assert_eq!(succeed(&breaker).await, opened_for(COOL_DOWN), "the late one does not count");
    });
}

#[test]
fn a_call_that_is_dropped_does_not_count_and_a_probe_frees_its_place() {
    paused(async {
        let breaker = breaker(1, 1);
        drop(breaker.begin());
        assert_eq!(breaker.state(), BreakerState::Closed);
        let _failed = fail(&breaker).await;
        sleep(COOL_DOWN).await;
        let call = breaker.call(std::future::pending::<Result<(), u32>>);
        let given_up = crate::time::timeout::timeout(Duration::from_secs(1), call).await;
        assert!(given_up.is_err());
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(succeed(&breaker).await, Ok(()));
        assert_eq!(breaker.state(), BreakerState::Closed);
    });
}

#[test]
fn a_call_that_panics_counts_as_failed() {
    paused(async {
        let breaker = breaker(1, 1);
        let poll = || {
            let mut call = std::pin::pin!(breaker.call(|| async {
                if true {
                    panic!("in the work");
                }
                Ok::<(), u32>(())
            }));
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            call.as_mut().poll(&mut cx).is_ready()
        };
        assert!(catch_unwind(AssertUnwindSafe(poll)).is_err());
        assert_eq!(breaker.state(), BreakerState::Open);
    });
}

#[test]
fn errors_that_say_nothing_about_the_other_side_do_not_count() {
    paused(async {
        let breaker = breaker(1, 1);
        let answer = breaker.call_if(|error| *error > 7, || async { Err::<(), _>(7) }).await;
        assert_eq!(answer, Err(BreakerError::Failed(7)));
        assert_eq!(breaker.state(), BreakerState::Closed);
        let _failed = breaker.call_if(|error| *error > 7, || async { Err::<(), _>(8) }).await;
        assert_eq!(breaker.state(), BreakerState::Open);
    });
}

#[test]
fn a_config_that_cannot_work_is_refused() {
    for (failures, probes, says) in [(0, 1, "0 failures"), (1, 0, "0 probes")] {
        let panic = catch_unwind(|| breaker(failures, probes)).unwrap_err();
        assert!(panic.downcast_ref::<&str>().unwrap().contains(says));
    }
}

#[test]
fn the_longest_cool_down_is_no_overflow() {
    paused(async {
        let cool_down = Duration::MAX;
        let config = BreakerConfig { failures: 1, cool_down, window: Duration::MAX, probes: 1 };
        let breaker = CircuitBreaker::new(config);
        let _failed = fail(&breaker).await;
        assert_eq!(breaker.state(), BreakerState::Open);
    });
}

#[test]
fn it_is_send_and_sync() {
    fn both<T: Send + Sync>() {}
    both::<CircuitBreaker>();
    both::<BreakerError<u32>>();
}

/// A breaker that forgets nothing: it counts over the list of all that happened.
struct Model {
    now: Duration,
    /// Since when, in which state, and how it came there.
    since: Vec<(Duration, BreakerState)>,
    /// The period of the call's start, and the end.
    ended: Vec<(usize, Duration, bool)>,
    /// The period in which each call that is under way began.
    under_way: Vec<usize>,
}

impl Model {
    fn period(&self) -> usize {
        self.since.len() - 1
    }
    fn state(&self) -> BreakerState {
        let (since, state) = self.since[self.period()];
        let over = state == BreakerState::Open && self.now >= since + COOL_DOWN;
        if over { BreakerState::HalfOpen } else { state }
    }
    fn succeeded(&self) -> usize {
        let here = self.period();
        self.ended.iter().filter(|(period, _, failed)| *period == here && !failed).count()
    }
    fn begin(&mut self, probes: usize) -> bool {
        if self.state() == BreakerState::HalfOpen {
            if self.since[self.period()].1 == BreakerState::Open {
                self.since.push((self.now, BreakerState::HalfOpen));
            }
            let here = self.period();
            let out = self.under_way.iter().filter(|period| **period == here).count();
            if out + self.succeeded() == probes {
                return false;
            }
        }
        if self.state() == BreakerState::Open {
            return false;
        }
        self.under_way.push(self.period());
        true
    }
    fn end(&mut self, call: usize, failed: bool, config: &BreakerConfig) {
        let (now, here) = (self.now, self.period());
        let period = self.under_way.swap_remove(call);
        self.ended.push((period, now, failed));
        if period != here {
            return;
        }
        let recent = |(period, at, failed): &&(usize, Duration, bool)| {
            *period == here && *failed && now - *at <= config.window
        };
        let failures = self.ended.iter().filter(recent).count();
        let next = match self.since[here].1 {
            BreakerState::Closed if failures >= config.failures as usize => BreakerState::Open,
            BreakerState::HalfOpen if failed => BreakerState::Open,
            BreakerState::HalfOpen if self.succeeded() == config.probes as usize => {
                BreakerState::Closed
            }
            _ => return,
        };
        self.since.push((now, next));
    }
}

#[test]
fn random_calls_agree_with_a_breaker_that_forgets_nothing() {
    paused(async {
        for seed in 1..3_000 {
            let rng = Rng::seeded(seed);
            let breaker = breaker(1 + rng.below(3), 1 + rng.below(3));
            let config = &breaker.config;
            let (since, ended) = (vec![(Duration::ZERO, BreakerState::Closed)], Vec::new());
            let mut model = Model { now: Duration::ZERO, since, ended, under_way: Vec::new() };
            let mut calls = Vec::new();
            for step in 0..40 {
                match rng.below(5) {
                    0 => {
                        let passed = Duration::from_secs(u64::from(rng.below(6)));
                        sleep(passed).await;
                        model.now += passed;
                    }
                    1 | 2 => {
                        let call = breaker.begin();
                        let through = model.begin(config.probes as usize);
                        assert_eq!(call.is_ok(), through, "seed {seed}, step {step}: begin");
                        calls.extend(call);
                    }
                    _ if calls.is_empty() => {}
                    kind => {
                        let at = rng.below(calls.len() as u32) as usize;
                        let call = calls.swap_remove(at);
                        if kind == 4 && rng.below(4) == 0 {
                            model.under_way.swap_remove(at);
                            drop(call);
                        } else {
                            model.end(at, kind == 3, config);
                            call.end(kind == 3);
                        }
                    }
                }
                assert_eq!(breaker.state(), model.state(), "seed {seed}, step {step}");
            }
        }
    });
}
