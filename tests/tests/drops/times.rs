//! Tokens, timers, limits of rate, and further attempts: futures that run others end these once.

use crate::harness::Class::{Inner, Nothing, Place, Stays};
use crate::harness::{Lent, Other, Row, Scene, row};
use crate::world::{MS, World, counted, runs};
use mainspring::rate::{BreakerConfig, CircuitBreaker, RateLimiter};
use mainspring::retry::{Backoff, retry, retry_if};
use mainspring::sync::{CancellationToken, Semaphore};
use mainspring::time::{self, Instant, advance, deadline_scope, sleep, timeout};
use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;
use tests::{Drops, Gate};

pub const ROWS: &[Row] = &[
    row("sync::WaitForCancellationFuture", Nothing, "", || {
        token(|token, _| async move { token.cancelled().await }, false)
    }),
    row("sync::WaitForCancellationFutureOwned", Nothing, "but the token is dropped too", || {
        token(|token, _| async move { token.cancelled_owned().await }, false)
    }),
    runs("sync::CancellationToken::run_until_cancelled", || {
        token(
            |token, drops| async move {
                assert!(token.run_until_cancelled(counted(&drops)).await.is_none());
            },
            true,
        )
    }),
    runs("sync::CancellationToken::run_until_cancelled_owned", || {
        token(
            |token, drops| async move {
                assert!(token.run_until_cancelled_owned(counted(&drops)).await.is_none());
            },
            true,
        )
    }),
    row("time::Sleep", Nothing, "there is nothing to lose", || {
        passes(|_| async { sleep(3 * MS).await }, false)
    }),
    runs("time::Timeout", || {
        passes(|drops| async move { drop(timeout(3 * MS, counted(&drops)).await) }, true)
    }),
    runs("time::deadline_scope", || {
        passes(
            |drops| async move {
                drop(deadline_scope(3 * MS, async move |_| counted(&drops).await).await);
            },
            true,
        )
    }),
    row("time::Interval::tick", Nothing, "no tick is used up", ticks),
    row("time::advance", Stays, "the clock stays where the first poll moved it", advances),
    row("rate::RateLimiter::acquire", Place, "and no permit", || {
        limits(|limiter| async move { limiter.acquire().await })
    }),
    row("rate::RateLimiter::acquire_many", Place, "and no permit", || {
        limits(|limiter| async move { limiter.acquire_many(1).await })
    }),
    row("rate::CircuitBreaker::call", Inner, "the attempt; the breaker forgets the call", || {
        breaks(|breaker, work| async move {
            breaker.call(|| ok(work)).await.unwrap();
        })
    }),
    row(
        "rate::CircuitBreaker::call_if",
        Inner,
        "the attempt; the breaker forgets the call",
        || {
            breaks(|breaker, work| async move {
                breaker.call_if(|()| true, || ok(work)).await.unwrap();
            })
        },
    ),
    row("retry::retry", Inner, "the attempt; the permit is given back", || {
        tries(|permits, mut attempt| async move {
            let backoff = backoff().limit(&permits);
            retry(&backoff, &mut attempt).await.unwrap();
        })
    }),
    row("retry::retry_if", Inner, "the attempt; the permit is given back", || {
        tries(|permits, mut attempt| async move {
            let backoff = backoff().limit(&permits);
            retry_if(&backoff, |()| true, &mut attempt).await.unwrap();
        })
    }),
];

/// Waits for a token, perhaps with a future in it.
fn token<F>(work: fn(CancellationToken, Drops) -> F, runs: bool) -> Scene
where
    F: Future<Output = ()> + Send + 'static,
{
    let (token, drops) = (CancellationToken::new().child_token(), Drops::new());
    let theirs = token.clone();
    let other = Other::new(work(token.clone(), Drops::new()));
    let behind = other.clone();
    begun(
        work(token, drops.clone()),
        drops,
        runs,
        move |scene| scene.step(move || behind.waits()).step(move || theirs.cancel()),
        move || other.ready(),
    )
}

/// A future that may run another one: that was dropped once, if it was made.
fn begun<F: Future<Output = ()> + 'static>(
    work: F,
    drops: Drops,
    runs: bool,
    steps: impl FnOnce(Scene) -> Scene,
    check: impl FnOnce() + 'static,
) -> Scene {
    steps(Scene::new(work)).check(move |ready| {
        check();
        assert!(!runs || !ready || drops.count() == 1, "it was dropped with its end");
        assert!(drops.count() <= usize::from(runs), "and not twice");
    })
}

/// Waits for three milliseconds of a clock that stands still.
fn passes<F: Future<Output = ()> + 'static>(work: fn(Drops) -> F, runs: bool) -> Scene {
    let (world, drops) = (World::new(), Drops::new());
    let theirs = drops.clone();
    let (early, late) = (world.clone(), world.clone());
    let inside = world.inside(move || work(theirs));
    begun(
        inside,
        drops,
        runs,
        |scene| scene.step(move || early.pass(2 * MS)).step(move || late.pass(MS)),
        move || world.pass(MS),
    )
}

/// The tick that was not got is the next one.
fn ticks() -> Scene {
    let world = World::new();
    let interval = world.0.block_on(async {
        let mut interval = time::interval(3 * MS);
        interval.tick().await;
        (interval, Instant::now())
    });
    let ((interval, start), late) = (interval, world.clone());
    let lent = Lent::new(interval);
    let left = lent.clone();
    let tick = lent.future(async move |interval| {
        assert_eq!(interval.tick().await, start + 3 * MS);
    });
    let scene = Scene::new(world.inside(|| tick)).step(move || late.pass(3 * MS));
    // The interval's own timer stays armed.
    scene.keeps_waker().check(move |ready| {
        let mut interval = left.take();
        let next = world.0.block_on(async move { interval.tick().await });
        assert_eq!(next, start + 3 * MS * if ready { 2 } else { 1 });
    })
}

fn advances() -> Scene {
    let (world, begun) = (World::new(), Drops::new());
    let start = world.0.block_on(async { Instant::now() });
    let counted = begun.counted();
    Scene::new(world.inside(|| async move {
        let (_, mark) = (advance(MS).await, counted);
        drop(mark);
    }))
    .check(move |ready| {
        let now = world.0.block_on(async { Instant::now() });
        assert!(now == start + MS || (now == start && !ready));
    })
}

/// Two stand in line for a permit each, which come one after the other.
fn limits<F: Future<Output = ()> + Send + 'static>(work: fn(Arc<RateLimiter>) -> F) -> Scene {
    let (world, limiter) = (World::new(), Arc::new(RateLimiter::new(1000.0, 1)));
    world.0.block_on(limiter.acquire());
    let (first, second) = (limiter.clone(), limiter.clone());
    let other = Other::new(world.inside(move || work(second)));
    let (behind, late) = (other.clone(), world.clone());
    Scene::new(world.inside(move || work(first)))
        .step(move || behind.waits())
        .step(move || late.pass(MS))
        .check(move |ready| {
            if ready {
                world.pass(MS);
            }
            other.ready();
            let try_acquire = || world.0.block_on(async { limiter.try_acquire().is_ok() });
            assert!(!try_acquire(), "one each");
            world.pass(2 * MS);
            assert!(try_acquire(), "nobody is counted as waiting");
        })
}

async fn ok(gate: Gate) -> Result<(), ()> {
    gate.await;
    Ok(())
}

/// A call that waits, as the only probe of a breaker that is half open: the next one may try.
fn breaks<F: Future<Output = ()> + 'static>(work: fn(Arc<CircuitBreaker>, Gate) -> F) -> Scene {
    let world = World::new();
    let config = BreakerConfig { failures: 1, ..BreakerConfig::default() };
    let cool_down = config.cool_down;
    let (breaker, gate) = (Arc::new(CircuitBreaker::new(config)), Gate::new());
    let failed = world.0.block_on(breaker.call(|| async { Err::<(), _>(()) }));
    assert!(failed.is_err());
    world.pass(cool_down);
    let (ours, theirs, opens) = (breaker.clone(), gate.clone(), gate.clone());
    Scene::new(world.inside(move || work(ours, theirs)))
        .step(move || opens.open())
        .check(move |_| {
            let next = world.0.block_on(breaker.call(|| async { Ok::<_, ()>(1) }));
            assert_eq!(next.ok(), Some(1), "the probe is given back");
            gate.forget();
        })
        .keeps_waker()
}

fn backoff() -> Backoff<'static> {
    Backoff::exponential(MS, NonZeroU32::MAX).jitter(false)
}

type Attempt = Box<dyn FnMut() -> std::pin::Pin<Box<dyn Future<Output = Result<(), ()>>>>>;

/// One attempt fails at once, the next one waits; then the permit is there again.
fn tries<F: Future<Output = ()> + 'static>(work: fn(Arc<Semaphore>, Attempt) -> F) -> Scene {
    let (world, permits, gate) = (World::new(), Arc::new(Semaphore::new(1)), Gate::new());
    let (ours, theirs, opens, late) = (permits.clone(), gate.clone(), gate.clone(), world.clone());
    let (drops, mut made) = (Drops::new(), 0);
    let counts = drops.clone();
    let attempt: Attempt = Box::new(move || {
        made += 1;
        let (counted, gate, first) = (counts.counted(), theirs.clone(), made == 1);
        Box::pin(async move {
            let _counted = counted;
            if first {
                return Err(());
            }
            gate.await;
            Ok(())
        })
    });
    Scene::new(world.inside(move || work(ours, attempt)))
        .step(move || late.pass(MS))
        .step(move || opens.open())
        .check(move |ready| {
            assert_eq!(permits.available_permits(), 1);
            assert!(drops.count() <= 2 && (!ready || drops.count() == 2));
            gate.forget();
        })
        .keeps_waker()
}
