//! Tasks and groups of them: outputs stay where they are, or the tasks end with the future.

use crate::harness::Class::{Inner, Nothing};
use crate::harness::{Lent, Row, Scene, row};
use crate::world::{World, counted, runs};
use mainspring::sync::oneshot;
use mainspring::task::{
    self, JoinError, JoinSet, LocalSet, TaskGroup, WaitFor, as_completed, gather, gather_all,
    shield, wait,
};
use std::future::Future;
use std::sync::{Arc, Mutex};
use tests::{Drops, Gate};

mainspring::task_local! {
    static NUMBER: u8;
}

pub const ROWS: &[Row] = &[
    row("task::JoinHandle", Nothing, "by reference; the task goes on in any case", || {
        joins(|world, gate| world.0.spawn(works(gate)))
    }),
    row("task::GroupTask", Nothing, "by reference; the child goes on in any case", || {
        joins(child_of_a_group)
    }),
    row("task::Shield", Nothing, "the task goes on; its output is dropped at its end", shields),
    row("task::yield_now", Nothing, "", || Scene::new(task::yield_now())),
    row("task::consume_budget", Nothing, "", || Scene::new(task::consume_budget()).at_once()),
    runs("task::Unconstrained", || wraps(|drops, gate| task::unconstrained(held(&drops, gate)))),
    runs("task::coop::Coop", || wraps(|drops, gate| task::coop::cooperative(held(&drops, gate)))),
    runs("task::futures::TaskLocalFuture", || {
        wraps(|drops, gate| NUMBER.scope(1, held(&drops, gate)))
    }),
    runs("task::LocalSet::run_until", || {
        wraps(|drops, gate| {
            let held = held(&drops, gate);
            async move { LocalSet::new().run_until(held).await }
        })
    }),
    row("task::LocalSet", Nothing, "by reference; the tasks stay in it", local_set),
    row("task::JoinSet::join_next", Nothing, "", || {
        sets(async |set, got| {
            while let Some(output) = set.join_next().await {
                got.say(output);
            }
        })
    }),
    row("task::JoinSet::join_next_with_id", Nothing, "", || {
        sets(async |set, got| {
            while let Some(output) = set.join_next_with_id().await {
                got.say(output.map(|(_, output)| output));
            }
        })
    }),
    row("task::wait", Nothing, "what has ended stays in the set", || {
        sets(async |set, got| {
            wait(set, WaitFor::All, None).await.into_iter().for_each(|output| got.say(output));
        })
    }),
    row("task::AsCompleted::next", Nothing, "", completes),
    row("task::JoinSet::shutdown", Inner, "the tasks: they are told, and in the set", shut_down),
    row("task::JoinSet::join_all", Inner, "the tasks, and outputs that it has", || {
        ends(|world, parts| {
            let _inside = world.0.enter();
            let set: JoinSet<_> = parts.into_iter().collect();
            set.join_all()
        })
    }),
    row("task::gather", Inner, "the tasks, and outputs that it has", || {
        ends(|_, parts| async { gather(parts).await })
    }),
    row("task::gather_all", Inner, "the tasks, and outputs that it has", || {
        ends(|_, parts| async { gather_all(parts).await })
    }),
    row("task::TaskGroup::scope", Inner, "children, body, and failures that there were", || {
        ends(|_, parts| {
            TaskGroup::<()>::scope(async move |group| {
                parts.into_iter().for_each(|part| drop(group.spawn(part)));
                Ok(())
            })
        })
    }),
];

/// Waits for a gate, and then has a value.
async fn works(gate: Gate) -> u8 {
    gate.await;
    7
}

/// The same, and counts that it is dropped.
fn held(drops: &Drops, gate: Gate) -> impl Future<Output = ()> + Send + use<> {
    let counted = drops.counted();
    async move {
        let _counted = counted;
        gate.await;
    }
}

/// A step: the gate is opened, and everything runs that can.
fn opens(world: &World, gate: &Gate) -> impl FnOnce() + Send + use<> {
    let (world, gate) = (world.clone(), gate.clone());
    move || {
        gate.open();
        world.turns();
    }
}

/// A handle, by reference: the output stays in the task.
fn joins<H, E>(make: fn(&World, Gate) -> H) -> Scene
where
    H: Future<Output = Result<u8, E>> + Send + Unpin + 'static,
    E: std::fmt::Debug,
{
    let (world, gate) = (World::new(), Gate::new());
    let handle = Lent::new(make(&world, gate.clone()));
    world.turns();
    let left = handle.clone();
    Scene::new(handle.future(async |handle| assert_eq!(handle.await.unwrap(), 7)))
        .step(opens(&world, &gate))
        .check(move |ready| {
            let handle = left.take();
            if !ready {
                assert_eq!(world.0.block_on(handle).unwrap(), 7);
            }
        })
        .keeps_waker()
}

fn child_of_a_group(world: &World, gate: Gate) -> task::GroupTask<u8> {
    let (out, handle) = oneshot::channel();
    world.0.spawn(TaskGroup::<()>::scope(async move |group| {
        let child = group.spawn(async move { Ok(works(gate).await) });
        assert!(out.send(child).is_ok());
        Ok(())
    }));
    world.0.block_on(handle).unwrap()
}

/// The task goes on to its end, and its output is dropped then.
fn shields() -> Scene {
    let (world, gate, drops) = (World::new(), Gate::new(), Drops::new());
    let (counted, theirs) = (drops.counted(), gate.clone());
    let handle = world.0.spawn(async move {
        theirs.await;
        counted
    });
    world.turns();
    let alive = drops.clone();
    Scene::new(shield(handle))
        .step(opens(&world, &gate))
        .dropped(move || assert!(alive.count() == 0 || gate.is_open()))
        .check(move |_| assert_eq!(drops.count(), 1))
}

/// A future in another one is dropped with it, once.
fn wraps<F: Future + 'static>(make: fn(Drops, Gate) -> F) -> Scene {
    let (drops, gate) = (Drops::new(), Gate::new());
    let (opens, early) = (gate.clone(), drops.clone());
    Scene::new(make(drops.clone(), gate.clone()))
        .step(move || opens.open())
        .dropped(move || assert_eq!(early.count(), 1))
        .check(move |_| {
            assert_eq!(drops.count(), 1);
            gate.forget();
        })
        .keeps_waker()
}

fn local_set() -> Scene {
    let (world, drops, gate) = (World::new(), Drops::new(), Gate::new());
    let set = LocalSet::new();
    drop(set.spawn_local(held(&drops, gate.clone())));
    let lent = Lent::new(set);
    let left = lent.clone();
    let scene = Scene::new(lent.future(async |set| set.await)).step(move || gate.open());
    scene.keeps_waker().check(move |ready| {
        assert_eq!(drops.count(), usize::from(ready), "the task is in the set");
        world.0.block_on(left.take());
        assert_eq!(drops.count(), 1);
    })
}

/// Outputs that were got.
#[derive(Debug, Clone, Default)]
struct Got(Arc<Mutex<Vec<u8>>>);

impl Got {
    fn say(&self, output: Result<u8, JoinError>) {
        self.0.lock().unwrap().push(output.unwrap());
    }
}

/// Two tasks, which end one after the other: each output was got, or is in the set.
fn sets(work: impl AsyncFnOnce(&mut JoinSet<u8>, Got) + 'static) -> Scene {
    let (world, gates, got) = (World::new(), [Gate::new(), Gate::new()], Got::default());
    let mut set = JoinSet::new();
    gates.iter().for_each(|gate| drop(set.spawn_on(works(gate.clone()), world.0.handle())));
    world.turns();
    let (lent, theirs) = (Lent::new(set), got.clone());
    let left = lent.clone();
    Scene::new(lent.future(async move |set| work(set, theirs).await))
        .step(opens(&world, &gates[0]))
        .step(opens(&world, &gates[1]))
        .check(move |_| {
            let mut set = left.take();
            while let Some(output) = world.0.block_on(set.join_next()) {
                got.say(output);
            }
            assert_eq!(*got.0.lock().unwrap(), [7, 7]);
        })
        .keeps_waker()
}

fn completes() -> Scene {
    let (world, gates, got) = (World::new(), [Gate::new(), Gate::new()], Got::default());
    let inside = world.0.enter();
    let outputs = as_completed(gates.clone().map(works));
    drop(inside);
    world.turns();
    let (lent, theirs) = (Lent::new(outputs), got.clone());
    let left = lent.clone();
    let all = lent.future(async move |outputs| {
        while let Some(output) = outputs.next().await {
            theirs.say(output);
        }
    });
    Scene::new(all)
        .step(opens(&world, &gates[0]))
        .step(opens(&world, &gates[1]))
        .check(move |_| {
            let mut outputs = left.take();
            while let Some(output) = world.0.block_on(outputs.next()) {
                got.say(output);
            }
            assert_eq!(*got.0.lock().unwrap(), [7, 7]);
        })
        .keeps_waker()
}

/// Told to end by the first poll; who is in the set then is ended with it.
fn shut_down() -> Scene {
    let (world, drops, mut set) = (World::new(), Drops::new(), JoinSet::new());
    for _ in 0..2 {
        set.spawn_on(counted(&drops), world.0.handle());
    }
    world.turns();
    let (lent, late) = (Lent::new(set), world.clone());
    let left = lent.clone();
    Scene::new(lent.future(async |set| set.shutdown().await))
        .step(move || late.turns())
        .check(move |ready| {
            let set = left.take();
            assert!(!ready || set.is_empty());
            drop(set);
            world.turns();
            assert_eq!(drops.count(), 2);
        })
        .keeps_waker()
}

type Part = std::pin::Pin<Box<dyn Future<Output = Result<u8, ()>> + Send>>;

/// Tasks that end with their parent: none of them goes on.
fn ends<F: Future + 'static>(make: fn(&World, [Part; 2]) -> F) -> Scene {
    let (world, drops, gates) = (World::new(), Drops::new(), [Gate::new(), Gate::new()]);
    let parts = gates.clone().map(|gate| {
        let held = held(&drops, gate);
        let part: Part = Box::pin(async move {
            held.await;
            Ok(1)
        });
        part
    });
    let future = make(&world, parts);
    let (late, idle, told, early) = (world.clone(), world.clone(), world.clone(), drops.clone());
    Scene::new(world.inside(|| future))
        .step(move || late.turns())
        .step(opens(&world, &gates[0]))
        .step(opens(&idle, &gates[1]))
        .dropped(move || {
            told.turns();
            assert_eq!(early.count(), 2, "both have ended, and no gate had to be opened");
        })
        .check(move |_| {
            world.turns();
            assert_eq!(drops.count(), 2);
            drop(gates);
        })
}
