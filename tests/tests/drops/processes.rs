//! Children and signals: nobody stays a zombie, and no signal is lost. All signals of a process go
//! through one pipe, so these rows stand in one file: they are played one after the other.

use crate::harness::Class::{Nothing, Part, Stays};
use crate::harness::{Lent, Row, Scene, row};
use crate::help;
use crate::world::World;
use mainspring::process::{Child, Command};
use mainspring::signal::ctrl_c;
use mainspring::signal::unix::{Signal, SignalKind, signal};
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub const ROWS: &[Row] = &[
    row("process::Child::wait", Nothing, "but the child's input is closed", waits),
    row("process::Child::kill", Stays, "the signal was sent by the first poll", kills),
    row("process::Child::wait_with_output", Part, "and the child; it runs on", || {
        runs(|mut command| async move {
            command.stdout(Stdio::piped());
            let child = command.spawn().unwrap();
            drop(child.wait_with_output().await.unwrap());
        })
    }),
    row("process::Command::status", Stays, "the child runs on", || {
        runs(|mut command| async move { assert!(command.status().await.unwrap().success()) })
    }),
    row("process::Command::output", Part, "and the child; it runs on", || {
        runs(|mut command| async move { assert!(command.output().await.unwrap().status.success()) })
    }),
    row("signal::ctrl_c", Nothing, "but a signal that comes when no call waits", signals),
    row("signal::unix::Signal::recv", Nothing, "the signal is told to the next call", hears),
];

/// A child that says its number, and ends when the other end is dropped.
fn child() -> (Command, Line) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$ >&0; exec cat"]).stdin(Stdio::from(OwnedFd::from(theirs)));
    (command, Line(ours))
}

struct Line(UnixStream);

impl Line {
    /// Lets the child end. Its number.
    fn end(self) -> u32 {
        let mut line = String::new();
        BufReader::new(&self.0).read_line(&mut line).unwrap();
        let pid = line.trim().parse().expect("the child says it");
        drop(self);
        help::wait_for_end(pid);
        pid
    }
}

/// Nobody is left of the child, whatever happened to the future.
fn runs<F>(work: fn(Command) -> F) -> Scene
where
    F: Future<Output = ()> + 'static,
{
    let (world, (command, line)) = (World::with_sockets(), child());
    let (comes, (told, number)) = (world.clone(), std::sync::mpsc::channel());
    let started = Arc::new(AtomicBool::new(false));
    let starts = started.clone();
    let starting = move || {
        starts.store(true, Ordering::SeqCst);
        work(command)
    };
    Scene::new(world.inside(starting))
        .step(move || {
            let started = started.load(Ordering::SeqCst);
            told.send(started.then(|| line.end())).unwrap();
            comes.settle();
        })
        .check(move |ready| {
            let pid = number.recv().unwrap();
            assert!(pid.is_some() || !ready);
            pid.into_iter().for_each(help::gone);
            drop(world);
        })
}

fn waits() -> Scene {
    let (world, (mut command, line)) = (World::with_sockets(), child());
    let child = world.0.block_on(async { command.spawn().unwrap() });
    drop(command);
    let (lent, comes) = (Lent::new(child), world.clone());
    let left = lent.clone();
    let wait = async |child: &mut Child| assert!(child.wait().await.unwrap().success());
    Scene::new(lent.future(wait))
        .step(move || {
            line.end();
            comes.settle();
        })
        .check(move |_| world.0.block_on(async { wait(&mut left.take()).await }))
        .keeps_waker()
}

fn kills() -> Scene {
    let world = World::with_sockets();
    let mut command = Command::new("sleep");
    let child = world.0.block_on(async { command.arg("3600").spawn().unwrap() });
    let (pid, lent, comes) = (child.id().unwrap(), Lent::new(child), world.clone());
    let left = lent.clone();
    Scene::new(lent.future(async |child| child.kill().await.unwrap()))
        .step(move || {
            // The future may have been dropped before it was polled; or be ready.
            if !help::is_gone(pid) {
                help::send(pid, libc::SIGKILL);
            }
            help::wait_for_end(pid);
            comes.settle();
        })
        .check(move |_| {
            let mut child = left.take();
            assert!(!world.0.block_on(child.wait()).unwrap().success());
            help::gone(pid);
        })
        .keeps_waker()
}

fn listener(world: &World) -> Signal {
    let _inside = world.0.enter();
    signal(SignalKind::user_defined1()).unwrap()
}

/// The signal is told to the future, or to the next one; once.
fn hears() -> Scene {
    let world = World::with_sockets();
    let (mut other, lent, comes) = (listener(&world), Lent::new(listener(&world)), world.clone());
    let left = lent.clone();
    Scene::new(lent.future(async |signal| signal.recv().await.unwrap()))
        .step(move || {
            help::raise(libc::SIGUSR1);
            comes.0.block_on(other.recv()).unwrap();
            comes.settle();
        })
        .check(move |ready| {
            let mut signal = left.take();
            if !ready {
                world.0.block_on(signal.recv()).unwrap();
            }
            let mut again = Box::pin(signal.recv());
            assert!(crate::harness::poll(&mut again).is_pending());
        })
        .keeps_waker()
}

/// Sends the signal; when this returns, the runtime has heard it.
fn interrupt(world: &World) {
    let mut heard = Box::pin(ctrl_c());
    let inside = world.0.enter();
    assert!(crate::harness::poll(&mut heard).is_pending(), "no signal is kept for it");
    drop(inside);
    help::raise(libc::SIGINT);
    world.0.block_on(heard).unwrap();
    // It may have seen the count before the byte: the others hear of it with that.
    world.settle();
}

/// The handler stays, and the next call hears the next signal.
fn signals() -> Scene {
    let world = World::with_sockets();
    // From here on the signal does not end the process.
    interrupt(&world);
    let comes = world.clone();
    Scene::new(world.inside(ctrl_c))
        .step(move || interrupt(&comes))
        .check(move |_| interrupt(&world))
}
