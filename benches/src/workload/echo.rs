//! An echo server over loopback; `crate::echo` is the other side and the clock.
//!
//! The server's process stands on one core, where a pool would by default have one worker and hand
//! nothing over. So on `multi_thread` every peer is given two, and the row shows what the pool's
//! machinery costs: who holds the reactor, who is woken, who looks for work in vain. With one
//! worker (`mt1`) it has none of that to do.

use super::rt::{self, AsyncReadExt, AsyncWriteExt, Runtime};
use crate::on::Flavor;
use std::net::TcpListener;

/// The workers of a pool that serves.
const WORKERS: usize = 2;

/// Serves for ever: a task per connection, which reads what is there and writes it back.
pub fn serve(flavor: Flavor, listener: TcpListener) {
    listener.set_nonblocking(true).expect("a socket can be non-blocking");
    let rt = Runtime::with_workers(flavor, WORKERS);
    rt.block_on(async move {
        let listener = rt::TcpListener::from_std(listener).expect("the listener is registered");
        loop {
            let (mut stream, _) = listener.accept().await.expect("a client connects");
            stream.set_nodelay(true).expect("a TCP socket has the option");
            rt::detach(rt::spawn(async move {
                let mut buffer = [0; 1024];
                loop {
                    match stream.read(&mut buffer).await {
                        Ok(0) | Err(_) => break,
                        Ok(n) => {
                            if stream.write_all(&buffer[..n]).await.is_err() {
                                break;
                            }
                        }
                    }
                }
            }));
        }
    });
}
