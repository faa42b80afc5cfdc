//! what the program does when it has started itself: one measurement, a server, or the load.

use crate::echo;
use crate::meter::{Meter, Mode};
use crate::on::{self, Flavor};
use crate::rows::{Peer, Work, Workload};
use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// Ends with its parent, and in any case after that many seconds: a peer that hangs costs one cell
/// of the table, not the table.
pub fn bounded_life(seconds: u32) {
    // SAFETY: both calls only set up a signal whose default action ends this process.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::alarm(seconds);
    }
}

/// One row on one peer; prints the result, or in [`Mode::Count`] calls and bytes per operation.
pub fn measure(workload: Workload, flavor: Flavor, mode: Mode) {
    bounded_life(60);
    let mut meter = Meter::new(flavor, mode);
    workload(&mut meter);
    match (mode, meter.allocated()) {
        (Mode::Count, Some((calls, bytes))) => println!("{calls} {bytes}"),
        (Mode::Count, None) => println!("- -"),
        _ => println!("{}", meter.median()),
    }
}

/// The echo server of one peer, on the first core.
pub fn serve(peer: Peer, flavor: Flavor) -> io::Result<()> {
    bounded_life(600);
    echo::pin_to_core(0);
    echo::raise_descriptor_limit();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    serve_on(peer, flavor, listener)
}

/// The same on a listener that exists.
pub fn serve_on(peer: Peer, flavor: Flavor, listener: TcpListener) -> io::Result<()> {
    match peer {
        Peer::Mainspring | Peer::Helping => on::mainspring::echo::serve(flavor, listener),
        Peer::Recording => on::recording::echo::serve(flavor, listener),
        Peer::Tokio | Peer::TokioAgain => on::tokio::echo::serve(flavor, listener),
        Peer::Smol => on::smol::echo::serve(flavor, listener),
        Peer::Flume | Peer::Floor => return echo::epoll::serve(&listener),
    }
    Ok(())
}

/// The load for an echo server, on the second core.
pub fn load(port: u16, connections: usize) -> io::Result<()> {
    bounded_life(600);
    echo::pin_to_core(1);
    echo::raise_descriptor_limit();
    echo::load::run(port, connections)
}

/// The workload that `measure` runs, by the names on the command line.
pub fn workload(row: &str, peer: Peer) -> Option<Workload> {
    let row = crate::rows::ROWS.iter().find(|known| known.name == row)?;
    match row.work {
        Work::Here { .. } => row.workload(peer),
        Work::Echo { .. } => None,
    }
}
