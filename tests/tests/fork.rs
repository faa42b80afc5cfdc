//! A child made by `fork` shares epoll with its parent. Alone in its binary: forking is for a
//! process with nothing else going on.

#![cfg(target_os = "linux")]

use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::runtime::Builder;

#[test]
fn a_forked_child_that_drops_a_socket_does_not_silence_its_parents() {
    let rt = Builder::new_current_thread().build().unwrap();
    let (mut ours, mut theirs) = rt.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, connected) = (mainspring::spawn(connecting), listener.accept().await);
        (connected.unwrap().0, accepted.await.unwrap().unwrap())
    });
    // SAFETY: this process has no other thread that could hold a lock; the child ends without
    // running destructors but the socket's.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(ours);
        // SAFETY: always allowed.
        unsafe { libc::_exit(0) };
    }
    let mut status = -1;
    // SAFETY: `status` is ours, and `child` our child.
    unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(status, 0);
    rt.block_on(async {
        let reading = mainspring::spawn(async move {
            let mut buf = [0; 4];
            ours.read_exact(&mut buf).await.map(|_| buf)
        });
        mainspring::task::yield_now().await;
        theirs.write_all(b"tick").await.unwrap();
        assert_eq!(&reading.await.unwrap().unwrap(), b"tick");
    });
}
