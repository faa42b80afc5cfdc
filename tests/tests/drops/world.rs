//! A runtime around a scene: its clock stands still, and it runs when the scene says so.

use crate::harness::Class::Inner;
use crate::harness::{Row, Scene, row};
use mainspring::runtime::Runtime;
use mainspring::task::yield_now;
use mainspring::time::{Duration, advance};
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tests::Drops;

pub const MS: Duration = Duration::from_millis(1);

#[derive(Debug, Clone)]
pub struct World(pub Arc<Runtime>);

impl World {
    /// Time passes only when it is told to.
    pub fn new() -> Self {
        Self(Arc::new(tests::paused()))
    }

    /// With sockets: they are in real time, and nobody waits for it.
    pub fn with_sockets() -> Self {
        Self(Arc::new(tests::runtime()))
    }

    /// Polls and drops a future inside of this runtime. It is made at the first poll.
    pub fn inside<F, M>(&self, make: M) -> impl Future<Output = F::Output> + use<F, M>
    where
        F: Future,
        M: FnOnce() -> F,
    {
        let future = async move { make().await };
        Inside { world: self.clone(), future: Some(Box::pin(future)) }
    }

    /// Everything that can run runs until it waits.
    pub fn turns(&self) {
        self.0.block_on(async {
            for _ in 0..20 {
                yield_now().await;
            }
        });
    }

    /// The same, until the system was asked a few times what has come.
    pub fn settle(&self) {
        (0..20).for_each(|_| self.turns());
    }

    /// Lets time pass.
    pub fn pass(&self, duration: Duration) {
        self.0.block_on(advance(duration));
        self.turns();
    }
}

/// See [`World::inside`].
struct Inside<F> {
    world: World,
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Inside<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let _inside = this.world.0.enter();
        let polled = this.future.as_mut().expect("it is there until the end").as_mut().poll(cx);
        if polled.is_ready() {
            this.future = None;
        }
        polled
    }
}

impl<F> Drop for Inside<F> {
    fn drop(&mut self) {
        let _inside = self.world.0.enter();
        self.future = None;
    }
}

/// A row of a future that runs another one: that is dropped with it, once.
pub const fn runs(path: &'static str, scene: fn() -> Scene) -> Row {
    row(path, Inner, "the future in it", scene)
}

/// What the future in it looks like: it waits, and counts that it is dropped.
pub fn counted(drops: &Drops) -> impl Future<Output = ()> + Send + 'static {
    let counted = drops.counted();
    async move {
        let _counted = counted;
        pending().await
    }
}
