//! Deadlines: never early, in order, and however far ahead.

use crate::{Kind, ms, paused};
use mainspring::task::{spawn, yield_now};
use mainspring::time::{Duration, Instant, Sleep, sleep, sleep_until, timeout_at};
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use tests::until;

const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(86_400 * 365);

/// A stream of numbers that is the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (self.0 >> 33) % n
    }
}

/// Random deadlines of random kinds, on the machine's clock.
fn no_timer_is_ever_early(kind: Kind) {
    kind.runtime().block_on(async {
        let mut numbers = Numbers(0x5EED);
        let tasks: Vec<_> = (0..400)
            .map(|_| {
                let mut numbers = Numbers(numbers.below(u64::MAX));
                spawn(async move {
                    for _ in 0..3 {
                        let wait = Duration::from_nanos(numbers.below(20_000_000));
                        let start = std::time::Instant::now();
                        let deadline = Instant::now() + wait;
                        match numbers.below(4) {
                            0 => sleep(wait).await,
                            1 => sleep_until(deadline).await,
                            2 => drop(timeout_at(deadline, pending::<()>()).await),
                            _ => {
                                let mut moved = Box::pin(sleep(ms(numbers.below(30))));
                                let _armed = crate::poll_once(moved.as_mut()).await;
                                moved.as_mut().reset(deadline);
                                moved.await;
                            }
                        }
                        assert!(start.elapsed() >= wait, "{wait:?}, {:?}", start.elapsed());
                        assert!(Instant::now() >= deadline);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("never early");
        }
    });
}

/// Says its number when it is woken.
struct Voice(usize, Arc<Mutex<Vec<usize>>>);

impl Wake for Voice {
    fn wake(self: Arc<Self>) {
        self.1.lock().expect("no panic under this lock").push(self.0);
    }
}

fn arm(wait: &mut Pin<Box<Sleep>>, number: usize, said: &Arc<Mutex<Vec<usize>>>) {
    let waker = Waker::from(Arc::new(Voice(number, said.clone())));
    assert_eq!(wait.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending);
}

/// Armed on one worker, which is told of a hundred at once; more than are woken in one go.
fn equal_deadlines_of_one_worker_fire_in_the_order_of_arming(kind: Kind) {
    let runtime = kind.runtime();
    let task = async {
        let said = Arc::<Mutex<Vec<usize>>>::default();
        let deadline = Instant::now() + ms(100);
        let mut waits: Vec<_> = (0..100).map(|_| Box::pin(sleep_until(deadline))).collect();
        for (number, wait) in waits.iter_mut().enumerate() {
            arm(wait, number, &said);
        }
        let all = || said.lock().unwrap().len() == 100;
        sleep_until(deadline).await;
        until(all).await;
        let said = said.lock().unwrap().clone();
        assert_eq!(said, (0..100).collect::<Vec<_>>());
    };
    runtime.block_on(runtime.spawn(task)).unwrap();
}

/// Of several workers, one may fire for another that the system does not let run: then two do.
#[test]
fn equal_deadlines_fire_in_the_order_of_arming_on_the_only_worker() {
    for kind in [Kind::CurrentThread, Kind::Workers(1)] {
        kind.run(equal_deadlines_of_one_worker_fire_in_the_order_of_arming);
    }
}

/// The same deadline, armed from far away and from ever nearer: each lies in another level of the
/// wheel at first.
#[test]
fn equal_deadlines_fire_in_the_order_of_arming_from_any_level() {
    for ahead in [100, 5_000, 300_000, 20_000_000, 1_200_000_000, 90_000_000_000_u64] {
        paused().block_on(async {
            let said = Arc::<Mutex<Vec<usize>>>::default();
            let deadline = Instant::now() + ms(ahead);
            let (mut waits, mut left) = (Vec::new(), ahead);
            while left > 0 {
                for _ in 0..3 {
                    let mut wait = Box::pin(sleep_until(deadline));
                    arm(&mut wait, waits.len(), &said);
                    waits.push(wait);
                }
                sleep(ms(left - left / 2)).await;
                left /= 2;
            }
            let said = said.lock().unwrap().clone();
            assert_eq!(said, (0..waits.len()).collect::<Vec<_>>(), "{ahead}");
        });
    }
}

/// Earlier deadlines first, whatever the order of arming; equal ones in that order.
#[test]
fn random_deadlines_fire_in_their_order() {
    for seed in 0..20 {
        paused().block_on(async {
            let mut numbers = Numbers(seed);
            let said = Arc::<Mutex<Vec<usize>>>::default();
            let start = Instant::now();
            let mut expected = Vec::new();
            let mut waits = Vec::new();
            for number in 0..500 {
                let range = 1 << (numbers.below(5) * 6);
                let millis = (start.elapsed().as_millis() as u64) + 1 + numbers.below(range);
                let mut wait = Box::pin(sleep_until(start + ms(millis)));
                arm(&mut wait, number, &said);
                expected.push((millis, number));
                waits.push(wait);
                if numbers.below(50) == 0 {
                    sleep(ms(numbers.below(100))).await;
                }
            }
            sleep(YEAR).await;
            expected.sort_unstable();
            let expected: Vec<_> = expected.into_iter().map(|(_, number)| number).collect();
            assert_eq!(*said.lock().unwrap(), expected, "seed {seed}");
        });
    }
}

#[test]
fn deadlines_lie_from_now_to_centuries_ahead() {
    paused().block_on(async {
        let start = Instant::now();
        sleep(Duration::ZERO).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        let waits = [ms(1), DAY, YEAR, 30 * YEAR, 100 * YEAR, 400 * YEAR];
        let tasks: Vec<_> = waits
            .iter()
            .rev()
            .map(|wait| {
                let wait = *wait;
                spawn(async move {
                    sleep(wait).await;
                    assert_eq!(start.elapsed(), wait);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(start.elapsed(), 400 * YEAR);
    });
}

/// What lies beyond a clock's end does not keep the rest from going on.
#[test]
fn a_deadline_beyond_the_end_of_the_clock_is_dropped_like_any_other() {
    paused().block_on(async {
        let start = Instant::now();
        let beyond = spawn(sleep_until(start + 100_000 * YEAR));
        let never = spawn(sleep(Duration::MAX));
        yield_now().await;
        sleep(DAY).await;
        assert_eq!(start.elapsed(), DAY);
        beyond.abort();
        never.abort();
        assert!(beyond.await.is_err() && never.await.is_err());
        sleep(DAY).await;
        assert_eq!(start.elapsed(), 2 * DAY);
    });
}

tests::each_scheduler! { no_timer_is_ever_early }
