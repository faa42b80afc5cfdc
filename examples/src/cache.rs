//! a single-flight cache: who asks for the same at the same time shares one answer.
//!
//! ```text
//!             ┌─ nobody has asked ──► in flight: a task of its own makes the value ─┐
//!   get(key) ─┼─ in flight ─────────► waits for that task ◄────────────────────────┤
//!             └─ landed ────────────► the value, at once ◄──────── Ok: kept ───────┤
//!                                     (nobody has asked) ◄── Err: told, not kept ──┘
//! ```
//!
//! * The value is made by a task of its own. So a waiter that is dropped ends nothing, not even
//!   the one that asked first.
//! * A failure goes to all who waited for it, and whoever asks after that begins anew. So a hundred
//!   that wait for a broken page do not ask for it a hundred times, one after the other.
//! * At most so many values are kept, and the oldest goes first. What is in flight does not count:
//!   its number is limited by whoever asks.

#![forbid(unsafe_code)]

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mainspring::sync::watch;

/// Values by their keys; a clone is another handle to the same cache.
#[derive(Debug)]
pub struct Cache<K, V, E>(Arc<Shelf<K, V, E>>);

impl<K, V, E> Clone for Cache<K, V, E> {
    fn clone(&self) -> Self {
        Cache(self.0.clone())
    }
}

/// `None` as long as it is in flight.
type Told<V, E> = Option<Result<V, Arc<E>>>;

#[derive(Debug)]
struct Shelf<K, V, E> {
    room: usize,
    state: Mutex<State<K, V, E>>,
    shared: AtomicU64,
}

#[derive(Debug)]
struct State<K, V, E> {
    /// In flight and landed.
    places: HashMap<K, watch::Receiver<Told<V, E>>>,
    /// Landed, the oldest first.
    landed: VecDeque<K>,
}

/// Why there is no value.
#[derive(Debug)]
pub enum Missed<E> {
    /// It could not be made; all who waited for it have this.
    Failed(Arc<E>),
    /// The task that was to make it panicked, or ended with its runtime.
    Vanished,
}

impl<E: fmt::Display> fmt::Display for Missed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missed::Failed(error) => error.fmt(f),
            Missed::Vanished => f.write_str("the task that was to fetch it ended without a result"),
        }
    }
}

impl<E: std::error::Error> std::error::Error for Missed<E> {}

impl<K, V, E> Cache<K, V, E>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// An empty cache that keeps at most `room` values.
    ///
    /// # Panics
    /// If `room` is 0.
    #[must_use]
    pub fn new(room: usize) -> Self {
        assert!(room > 0, "a cache without room keeps nothing: give room for at least 1 value");
        let state = Mutex::new(State { places: HashMap::new(), landed: VecDeque::new() });
        Cache(Arc::new(Shelf { room, state, shared: AtomicU64::new(0) }))
    }

    /// The value for `key`: the one that is there, the one that is being made, or the one that
    /// `make` makes, in a task. If `make` is not needed it is dropped before this waits.
    ///
    /// # Errors
    /// The failure of whoever made it, or that there is nobody any more who makes it.
    ///
    /// # Panics
    /// If it has to be made and there is no runtime on this thread.
    ///
    /// # Cancel safety
    /// Dropping it ends nothing: the value is made and kept all the same.
    pub async fn get<F>(&self, key: K, make: impl FnOnce() -> F) -> Result<V, Missed<E>>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut place = self.place(key, make);
        match place.wait_for(Option::is_some).await.ok().and_then(|told| told.clone()) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(Missed::Failed(error)),
            None => Err(Missed::Vanished),
        }
    }

    fn place<F>(&self, key: K, make: impl FnOnce() -> F) -> watch::Receiver<Told<V, E>>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let (tell, told) = watch::channel(None);
        let mut state = self.0.state();
        if let Some(place) = state.places.get(&key) {
            // Ordering: a figure for people; no other memory hangs on it.
            self.0.shared.fetch_add(1, Relaxed);
            // `make` is dropped after the lock: it is a parameter.
            return place.clone();
        }
        state.places.insert(key.clone(), told.clone());
        drop(state);
        let flight = Flight { shelf: self.0.clone(), key: Some(key), tell };
        let made = make();
        mainspring::spawn(async move { flight.land(made.await) });
        told
    }

    /// How many were answered without a flight of their own.
    #[must_use]
    pub fn shared(&self) -> u64 {
        // Ordering: as in `place`.
        self.0.shared.load(Relaxed)
    }

    /// How many values it keeps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.state().landed.len()
    }

    /// Whether it keeps none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K, V, E> Shelf<K, V, E> {
    fn state(&self) -> MutexGuard<'_, State<K, V, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever makes a value. However that ends, the key is free for another flight or has a value.
struct Flight<K: Eq + Hash, V, E> {
    shelf: Arc<Shelf<K, V, E>>,
    /// `None` when the value is kept.
    key: Option<K>,
    tell: watch::Sender<Told<V, E>>,
}

impl<K: Clone + Eq + Hash, V, E> Flight<K, V, E> {
    fn land(mut self, made: Result<V, E>) {
        let told = match made {
            Ok(value) => {
                let gone = self.key.take().map(|key| self.shelf.keep(key));
                drop(gone);
                Ok(value)
            }
            // The key first: whoever asks after hearing of the failure begins anew.
            Err(error) => {
                self.free();
                Err(Arc::new(error))
            }
        };
        self.tell.send_replace(Some(told));
    }
}

impl<K: Clone + Eq + Hash, V, E> Shelf<K, V, E> {
    /// Counts the value among the kept ones. Returns what had to go for it, to be dropped outside
    /// of the lock.
    fn keep(&self, key: K) -> Option<watch::Receiver<Told<V, E>>> {
        let mut state = self.state();
        state.landed.push_back(key);
        if state.landed.len() <= self.room {
            return None;
        }
        let oldest = state.landed.pop_front()?;
        state.places.remove(&oldest)
    }
}

impl<K: Eq + Hash, V, E> Flight<K, V, E> {
    fn free(&mut self) {
        let place = self.key.take().and_then(|key| self.shelf.state().places.remove(&key));
        drop(place);
    }
}

impl<K: Eq + Hash, V, E> Drop for Flight<K, V, E> {
    fn drop(&mut self) {
        self.free();
    }
}
