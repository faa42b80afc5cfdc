//! Nobody answers: a listener whose queue is full, an address without a route, a resolver that is
//! silent. None of it needs a network; some of it is tried where there is none.

use crate::help::*;
use crate::tools::*;
use mainspring::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use mainspring::time::timeout;
use std::ffi::CString;
use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::pin::pin;
use std::process::Command;
use std::time::{Duration, Instant};
use tests::many::alone_under;

const SHORT: Duration = Duration::from_millis(50);
/// "At once" on a machine that does other things too.
const SOON: Duration = Duration::from_secs(5);

/// A listener that takes no more: whoever connects gets no answer as long as it lives.
fn deaf() -> (TcpListener, SocketAddr, Vec<StdStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let listener = socket.listen(0).unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = StdStream::connect_timeout(&address, 4 * SHORT) {
        waiting.push(stream);
        assert!(waiting.len() < 10, "a queue for one is full by now");
    }
    (listener, address, waiting)
}

fn a_connect_without_an_answer_ends_with_the_time_out(kind: Kind) {
    run(kind, || async {
        let (_listener, address, _waiting) = deaf();
        let start = Instant::now();
        assert!(timeout(SHORT, TcpStream::connect(address)).await.is_err());
        assert!(start.elapsed() >= SHORT && start.elapsed() < SOON);
    });
}

/// The system asks again after a second, and is refused then.
fn a_connect_that_is_under_way_is_refused(kind: Kind) {
    run(kind, || async {
        let (listener, address, _waiting) = deaf();
        let mut connect = pin!(TcpStream::connect(address));
        assert_pending(connect.as_mut()).await;
        drop(listener);
        let error = connect.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

fn a_name_that_is_invalid_is_not_found_at_once(kind: Kind) {
    run(kind, || async {
        for name in ["nothing.invalid:80", "NOTHING.Invalid.:80", "invalid:80"] {
            let Err(error) = lookup_host(name).await else { panic!("{name} was found") };
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let text = error.to_string();
            assert!(text.contains("cannot find the host") && text.contains("RFC 6761"), "{text}");
        }
        let error = TcpStream::connect(("nothing.invalid", 80)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = TcpListener::bind("nothing.invalid:0").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

/// Runs the body where there is no network but what it makes itself.
fn without_network(test: &str, body: impl FnOnce()) {
    const UNSHARE: [&str; 4] = ["unshare", "--map-root-user", "--net", "--mount"];
    if std::env::var_os("MAINSPRING_ALONE").is_none() {
        let tried = Command::new(UNSHARE[0]).args(&UNSHARE[1..]).arg("true").output();
        if !tried.as_ref().is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no network namespace can be made here ({tried:?})");
            return;
        }
    }
    alone_under(&UNSHARE, test, body);
}

#[test]
fn without_a_route_a_connect_and_a_lookup_fail_at_once() {
    const TEST: &str = "no_answer::without_a_route_a_connect_and_a_lookup_fail_at_once";
    without_network(TEST, || {
        let address: SocketAddr = "192.0.2.1:9".parse().unwrap();
        let expected = StdStream::connect(address).unwrap_err().kind();
        assert_eq!(expected, ErrorKind::NetworkUnreachable);
        for kind in [Kind::CurrentThread, Kind::Workers(1), Kind::Workers(2)] {
            run(kind, move || async move {
                let start = Instant::now();
                let error = TcpStream::connect(address).await.unwrap_err();
                assert_eq!(error.kind(), expected);
                let error = TcpStream::connect("nothing.invalid:80").await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::NotFound);
                let Err(error) = lookup_host("mainspring.example:80").await else {
                    panic!("found without a network");
                };
                let text = error.to_string();
                println!("{kind:?}: {:?}: {text}", start.elapsed());
                assert!(
                    text.starts_with("cannot find the host \"mainspring.example\": "),
                    "{text}"
                );
                assert!(start.elapsed() < SOON);
            });
        }
    });
}

/// Brings the loopback interface up.
fn loopback_up() {
    // SAFETY: plain data for which zero is a value, and a socket of this function's own.
    unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l' as libc::c_char;
        request.ifr_name[1] = b'o' as libc::c_char;
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0);
        assert_eq!(libc::ioctl(socket, libc::SIOCSIFFLAGS, &request), 0);
        libc::close(socket);
    }
}

/// Puts a file in the place of the resolver's, for this process. False: not allowed here.
fn resolve_with(text: &str) -> bool {
    let path = std::env::temp_dir().join(format!("mainspring-resolver-{}", std::process::id()));
    fs::write(&path, text).unwrap();
    let from = CString::new(path.to_str().unwrap()).unwrap();
    let to = c"/etc/resolv.conf".as_ptr();
    let (none, flags) = (std::ptr::null(), libc::MS_BIND);
    // SAFETY: the strings live as long as the call.
    let mounted = unsafe { libc::mount(from.as_ptr(), to, none, flags, std::ptr::null()) } == 0;
    fs::remove_file(path).unwrap();
    mounted
}

/// The resolver asks a server that never answers, for a second. `timeout` bounds the wait, other
/// blocking work goes on, and the resolver that is left behind ends by itself.
#[test]
fn a_silent_resolver_is_bounded_by_a_time_out() {
    const TEST: &str = "no_answer::a_silent_resolver_is_bounded_by_a_time_out";
    without_network(TEST, || {
        loopback_up();
        let silent = UdpSocket::bind("127.0.0.1:53").unwrap();
        silent.set_nonblocking(true).unwrap();
        if !resolve_with("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n") {
            println!("skipped: /etc/resolv.conf cannot be replaced here");
            return;
        }
        for kind in [Kind::CurrentThread, Kind::Workers(1), Kind::Workers(2)] {
            let runtime = kind.runtime();
            runtime.block_on(async {
                let Err(error) = lookup_host("nothing.invalid:80").await else { panic!() };
                assert_eq!(error.kind(), ErrorKind::NotFound);
                let asked = silent.recv(&mut [0; 512]).map_err(|error| error.kind());
                assert_eq!(asked, Err(ErrorKind::WouldBlock), "nobody is asked");
                let start = Instant::now();
                let lookup = timeout(SHORT, lookup_host("mainspring.example:80"));
                assert!(lookup.await.is_err(), "there is no answer");
                let waited = start.elapsed();
                assert_eq!(mainspring::task::spawn_blocking(|| 7).await.unwrap(), 7);
                println!("{kind:?}: given up after {waited:?}");
                assert!(waited >= SHORT && waited < SOON);
                assert!(silent.recv(&mut [0; 512]).is_ok(), "it was asked");
            });
            let start = Instant::now();
            drop(runtime);
            println!("{kind:?}: the resolver ended after {:?}", start.elapsed());
            assert!(start.elapsed() < 4 * SOON);
            while silent.recv(&mut [0; 512]).is_ok() {}
        }
        // Nobody need wait for it.
        let runtime = Kind::CurrentThread.runtime();
        runtime.block_on(async {
            drop(timeout(SHORT, lookup_host("mainspring.example:80")).await);
        });
        runtime.shutdown_background();
        run(Kind::CurrentThread, || async {
            let Err(error) = lookup_host("mainspring.example:80").await else { panic!() };
            println!("without a time-out: {error}");
            assert!(error.to_string().contains("cannot find the host"));
        });
    });
}

tests::each_scheduler! {
    a_connect_without_an_answer_ends_with_the_time_out,
    a_connect_that_is_under_way_is_refused,
    a_name_that_is_invalid_is_not_found_at_once,
}
