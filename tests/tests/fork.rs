//! A child made by `fork` shares epoll with its parent. Alone in its binary: forking is for a
//! process with nothing else going on.

#![cfg(target_os = "linux")]

use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use tests::Kind;

#[test]
fn a_forked_child_that_drops_a_socket_does_not_silence_its_parents() {
    // One after the other, in one test: nothing else is going on.
    for kind in [Kind::CurrentThread, Kind::Workers(2)] {
        fork_and_drop_a_socket(kind);
    }
}

fn fork_and_drop_a_socket(kind: Kind) {
    let rt = kind.runtime();
    let (mut ours, mut theirs) = rt.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, connected) = (mainspring::spawn(connecting), listener.accept().await);
        (connected.unwrap().0, accepted.await.unwrap().unwrap())
    });
    // SAFETY: the workers of this process sleep or are about to, and hold no lock of a socket; the
    // child ends without running destructors but the socket's.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: always allowed. A child that hangs all the same is killed.
        unsafe { libc::alarm(60) };
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
