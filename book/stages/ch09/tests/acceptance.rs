//! What this stage can do, by the tests that all stages share; and what its programs print.

use stage_acceptance::tcp::Tcp;
use stage_ch09::io::{AsyncReadExt, AsyncWriteExt, copy};
use stage_ch09::net::{TcpListener, TcpStream};
use stage_ch09::{Runtime, join, spawn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;

fn run<F: Future>(future: F) -> F::Output {
    Runtime::new().unwrap().block_on(future)
}

fn run_paused<F: Future>(future: F) -> F::Output {
    Runtime::start_paused().unwrap().block_on(future)
}

stage_acceptance::machine! { stage_ch09: Futures, BlockOn, Spawn, Local, Time }

impl Tcp for Stage {
    type Listener = TcpListener;
    type Stream = TcpStream;

    async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        Ok(listener.accept().await?.0)
    }

    async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }

    async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        stream.read(buffer).await
    }

    async fn write_all(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        stream.write_all(bytes).await
    }

    async fn shutdown(stream: &mut TcpStream) -> io::Result<()> {
        stream.shutdown().await
    }

    async fn echo(stream: TcpStream) -> io::Result<u64> {
        let (mut reader, mut writer) = stream.into_split();
        copy(&mut reader, &mut writer).await
    }

    async fn exchange(stream: TcpStream, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let (mut reader, mut writer) = stream.into_split();
        let mut all = Vec::new();
        // The half that writes is dropped when it has written: that is the end for the peer.
        let write = async move { writer.write_all(&bytes).await };
        let (read, written) = join(pin!(reader.read_to_end(&mut all)), pin!(write)).await;
        written?;
        read?;
        Ok(all)
    }
}

stage_acceptance::tests! { Stage: futures, block_on, wakers, spawn, local, time, tcp }

mod programs {
    stage_acceptance::programs! {
        echo_server, line_chat, back_pressure, wrong_write_first, no_borders, bound,
    }
}
