//! An echo server over loopback; `crate::echo` is the other side and the clock.

use super::rt::{self, AsyncReadExt, AsyncWriteExt, Runtime};
use crate::on::Flavor;
use std::net::TcpListener;

/// Serves for ever: a task per connection, which reads what is there and writes it back.
pub fn serve(flavor: Flavor, listener: TcpListener) {
    listener.set_nonblocking(true).expect("a socket can be non-blocking");
    let rt = Runtime::new(flavor);
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
