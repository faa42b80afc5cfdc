//! A directory, and a pool whose only thread is held until the first step, so that futures wait.

use crate::harness::Scene;
use crate::world::World;
use mainspring::runtime::Builder;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tests::many::Hold;

/// A directory with a file that says "tick", and an empty directory; and a pool whose only thread
/// is held.
pub struct Place {
    /// Dropped before the runtime, which waits for its thread.
    hold: Hold,
    pub world: World,
    pub dir: PathBuf,
}

impl Place {
    pub fn new() -> Arc<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mainspring-drops-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(dir.join("inner")).unwrap();
        std::fs::write(dir.join("file"), "tick").unwrap();
        let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        let (world, hold) = (World(Arc::new(runtime)), Hold::new());
        let grip = hold.grip();
        world.0.spawn_blocking(move || grip.hold());
        hold.wait_for(1);
        Arc::new(Self { hold, world, dir })
    }

    pub fn file(&self) -> PathBuf {
        self.dir.join("file")
    }

    /// Lets the thread go on, and waits until it has nothing to do.
    fn goes_on(&self) {
        self.hold.release();
        self.world.0.block_on(self.world.0.spawn_blocking(|| ())).unwrap();
    }

    /// The scene: it waits for the thread as often as it has to.
    pub fn scene(
        self: Arc<Self>,
        future: impl Future + 'static,
        check: impl FnOnce(bool) + 'static,
    ) -> Scene {
        let [one, other, last] = [self.clone(), self.clone(), self];
        Scene::new(future)
            .step(move || one.goes_on())
            .step(move || other.goes_on())
            .check(move |ready| {
                last.goes_on();
                check(ready);
            })
            .keeps_waker()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The answer is lost, and nothing else.
pub fn asks<F: Future + 'static>(work: fn(PathBuf) -> F) -> Scene {
    let place = Place::new();
    let (file, last) = (place.file(), place.clone());
    let future = place.world.inside(move || work(file));
    place.scene(future, move |_| assert_eq!(std::fs::read(last.file()).unwrap(), b"tick"))
}
