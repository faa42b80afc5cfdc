//! Workloads that need no peer: they stand in no table of `benches`.

use super::rt::{self, AsyncReadExt, AsyncWriteExt, Runtime};
use crate::meter::Meter;
use std::time::Duration;

/// Two oneshots for each ball that goes there and back between two tasks. Per ball.
pub fn oneshots(meter: &mut Meter) {
    let rt = Runtime::new(meter.flavor());
    meter.batches(0, |ops| {
        rt.in_task(async move {
            let (give, mut take) = rt::mpsc::unbounded_channel::<(u64, rt::oneshot::Sender<u64>)>();
            rt::detach(rt::spawn(async move {
                while let Some((ball, back)) = take.recv().await {
                    back.send(ball + 1).expect("it is awaited");
                }
            }));
            for ball in 0..ops {
                let (back, came) = rt::oneshot::channel();
                rt::send_now(&give, (ball, back));
                assert_eq!(rt::got(came.await), ball + 1);
            }
            Duration::ZERO
        })
    });
}

/// A sleep of a millisecond in virtual time: the wheel is turned to its deadline, and it fires. Per
/// sleep.
pub fn sleep_fired(meter: &mut Meter) {
    let rt = rt::Still::new(meter.flavor());
    meter.batches(0, |ops| {
        rt.in_task(async move {
            for _ in 0..ops {
                rt::sleep(Duration::from_millis(1)).await;
            }
            Duration::ZERO
        })
    });
}

/// Tasks that sleep, each once, up to a tenth of a second in virtual time. Per task.
pub fn sleepers(meter: &mut Meter) {
    let rt = rt::Still::new(meter.flavor());
    meter.batches(0, |ops| {
        rt.in_task(async move {
            let mut handles = Vec::with_capacity(ops as usize);
            for number in 0..ops {
                let length = Duration::from_micros(number * 7_919 % 100_000);
                handles.push(rt::spawn(async move { rt::sleep(length).await }));
            }
            for handle in handles {
                rt::joined(handle.await);
            }
            Duration::ZERO
        })
    });
}

/// A request of 64 bytes and its answer between two tasks, in memory. Per request.
pub fn echo_in_memory(meter: &mut Meter) {
    let rt = Runtime::new(meter.flavor());
    meter.batches(0, |ops| {
        rt.in_task(async move {
            let (client, server) = rt::duplex(1_024);
            echo(client, server, ops).await;
            Duration::ZERO
        })
    });
}

/// The same over a pair of sockets: what one writes, the kernel shows the other at once.
#[cfg(unix)]
pub fn echo_over_sockets(meter: &mut Meter) {
    let rt = Runtime::new(meter.flavor());
    meter.batches(0, |ops| {
        rt.in_task(async move {
            let (client, server) = mainspring::net::UnixStream::pair().expect("a pair of sockets");
            echo(client, server, ops).await;
            Duration::ZERO
        })
    });
}

async fn echo<S>(mut client: S, mut server: S, ops: u64)
where
    S: rt::AsyncRead + rt::AsyncWrite + Send + Unpin + 'static,
{
    let served = rt::spawn(async move {
        let mut buffer = [0; 1_024];
        loop {
            match server.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(length) => server.write_all(&buffer[..length]).await.expect("it is read"),
            }
        }
    });
    let mut buffer = [0; 64];
    for number in 0..ops {
        client.write_all(&[number as u8; 64]).await.expect("it is served");
        client.read_exact(&mut buffer).await.expect("it is answered");
        assert_eq!(buffer, [number as u8; 64]);
    }
    drop(client);
    rt::joined(served.await);
}
