//! How many may stand in, and what the hooks see.

use mainspring::runtime::{Builder, Unhandled};
use mainspring::task::{block_in_place, spawn_blocking};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use tests::{Kind, heard, within};

#[test]
fn a_limit_of_one_thread_is_one_substitute_and_then_a_closure_again() {
    within(|| {
        let rt = Kind::Workers(1).builder().max_blocking_threads(1).build().unwrap();
        for _ in 0..20 {
            let task = rt.spawn(async {
                let (send, receive) = mpsc::channel();
                mainspring::spawn(async move { send.send(7) });
                block_in_place(|| receive.recv().unwrap())
            });
            assert_eq!(rt.block_on(task).unwrap(), 7);
            // The substitute has gone home, or will: its thread is free for a closure.
            assert_eq!(rt.block_on(async { spawn_blocking(|| 8).await.unwrap() }), 8);
        }
    });
}

#[test]
fn without_a_thread_for_a_substitute_the_closure_runs_all_the_same() {
    within(|| {
        let rt = Kind::Workers(1).builder().max_blocking_threads(1).build().unwrap();
        let (open, opened) = mpsc::channel::<()>();
        let occupied = rt.spawn_blocking(move || opened.recv());
        let sum = rt.block_on(rt.spawn(async { block_in_place(|| 3) + block_in_place(|| 4) }));
        assert_eq!(sum.unwrap(), 7);
        drop(open);
        rt.block_on(occupied).unwrap().unwrap_err();
        // Substitutes that were called for it come too late, and go.
        assert_eq!(rt.block_on(rt.spawn(async { block_in_place(|| 7) })).unwrap(), 7);
    });
}

#[test]
fn each_thread_starts_once_and_stops_once() {
    within(|| {
        let running = Arc::new(Mutex::new((HashSet::new(), 0)));
        let (begun, ended) = (running.clone(), running.clone());
        let rt = Builder::new_multi_thread()
            .worker_threads(2)
            .on_thread_start(move || {
                let mut running = begun.lock().unwrap();
                assert!(running.0.insert(thread::current().id()));
                running.1 += 1;
            })
            .on_thread_stop(move || {
                assert!(ended.lock().unwrap().0.remove(&thread::current().id()));
            })
            .build()
            .unwrap();
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                rt.spawn(async {
                    let (send, receive) = mpsc::channel();
                    mainspring::spawn(async move { send.send(()) });
                    block_in_place(|| receive.recv().unwrap());
                })
            })
            .collect();
        rt.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        drop(rt);
        let running = running.lock().unwrap();
        assert!(running.0.is_empty());
        assert!(running.1 >= 3, "two workers and somebody who stood in: {}", running.1);
    });
}

#[test]
fn the_park_hooks_may_block_too() {
    within(|| {
        let rt = Builder::new_multi_thread()
            .worker_threads(1)
            .on_thread_park(|| block_in_place(thread::yield_now))
            .on_thread_unpark(|| block_in_place(thread::yield_now))
            .build()
            .unwrap();
        for n in 0..100 {
            assert_eq!(rt.block_on(rt.spawn(async move { block_in_place(|| n) })).unwrap(), n);
        }
    });
}

#[test]
fn when_the_system_refuses_a_thread_the_hook_hears_of_it() {
    within(|| {
        let (tell, told) = mpsc::channel();
        let named = AtomicUsize::new(0);
        // A name that no thread can have stands for a system that has no thread.
        let name = move || match named.fetch_add(1, Ordering::Relaxed) {
            0 => "the worker".to_owned(),
            _ => "\0".to_owned(),
        };
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name_fn(name);
        builder.unhandled(move |unhandled| {
            let news = matches!(unhandled, Unhandled::NoSubstitute(_));
            let _ = tell.send((news, unhandled.to_string()));
        });
        let rt = builder.build().unwrap();
        let (sum, _) = heard(|| {
            let here = rt.spawn(async { block_in_place(|| 7) });
            rt.block_on(here).unwrap()
        });
        assert_eq!(sum.unwrap(), 7);
        let (news, text) = told.recv().unwrap();
        assert!(news && text.contains("no thread could be started"), "{text}");
        // The worker was nobody else's, and goes on.
        assert_eq!(rt.block_on(rt.spawn(async { 8 })).unwrap(), 8);
    });
}
