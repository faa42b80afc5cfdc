//! WRONG: urgent tasks that are always ready keep the normal ones out for ever.

use stage_ch06::JoinHandle;
use stage_ch06::task::new::new;
use stage_ch06::task::schedule::{Runnable, Schedule};
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};

/// After so many turns of urgent tasks in a row, a normal one that is queued has a turn.
pub const IN_A_ROW: u32 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Urgent,
    Normal,
}

#[derive(Default)]
struct Queues {
    urgent: VecDeque<Runnable>,
    normal: VecDeque<Runnable>,
}

impl Queues {
    fn next(&mut self) -> Option<Runnable> {
        self.urgent.pop_front().or_else(|| self.normal.pop_front())
    }
}

/// Runs urgent tasks first; within a class, first in, first out. A clone is the same executor.
#[derive(Clone, Default)]
pub struct Executor {
    queues: Arc<Mutex<Queues>>,
}

/// What a task is given: where its entries go.
struct Home {
    queues: Arc<Mutex<Queues>>,
    class: Class,
}

impl Schedule for Home {
    fn schedule(&self, entry: Runnable) {
        let mut queues = self.queues.lock().unwrap();
        match self.class {
            Class::Urgent => queues.urgent.push_back(entry),
            Class::Normal => queues.normal.push_back(entry),
        }
    }
}

impl Executor {
    /// Makes a task of `future` and queues it. A task keeps its class when it is woken.
    pub fn spawn<F>(&self, class: Class, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let home = || Home { queues: self.queues.clone(), class };
        let (entry, handle) = new(future, home());
        home().schedule(entry);
        handle
    }

    /// Runs tasks until none is queued.
    pub fn run(&self) {
        loop {
            // The lock ends with this line: a task that runs may spawn and wake.
            let next = self.queues.lock().unwrap().next();
            let Some(entry) = next else { return };
            entry.run();
        }
    }
}
