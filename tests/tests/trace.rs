//! Timelines: what they hold, that they fit together, and where they end up.
use mainspring::runtime::{Builder, Recorder};
#[test]
fn look() {
    let recorder = Recorder::new();
    let rt =
        Builder::new_current_thread().start_paused(true).trace(recorder.clone()).build().unwrap();
    rt.block_on(async {
        let (tx, rx) = mainspring::sync::oneshot::channel();
        let t = mainspring::task::Builder::new()
            .name("greeter")
            .spawn(async move {
                mainspring::time::sleep(std::time::Duration::from_millis(5)).await;
                let _ = tx.send(1);
                mainspring::task::yield_now().await;
            })
            .unwrap();
        rx.await.unwrap();
        t.await.unwrap();
        mainspring::task::spawn_blocking(|| 1).await.unwrap();
    });
    drop(rt);
    println!("{}", recorder.json());
    let recorder = Recorder::new();
    let rt = Builder::new_multi_thread().worker_threads(2).trace(recorder.clone()).build().unwrap();
    rt.block_on(async {
        let (tx, rx) = mainspring::sync::oneshot::channel();
        let t = mainspring::task::Builder::new()
            .name("greeter")
            .spawn(async move {
                mainspring::time::sleep(std::time::Duration::from_millis(5)).await;
                let _ = tx.send(1);
                mainspring::task::yield_now().await;
            })
            .unwrap();
        rx.await.unwrap();
        t.await.unwrap();
        mainspring::task::spawn_blocking(|| 1).await.unwrap();
    });
    drop(rt);
    println!("{}", recorder.json());
}
