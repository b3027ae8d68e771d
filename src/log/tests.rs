use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

const PATIENCE: Duration = Duration::from_secs(30);

/// Decides the result of each write of a log, and receives what was written.
struct Reader {
    verdicts: Sender<io::Result<usize>>,
    written: Receiver<Vec<u8>>,
}

struct Pipe {
    verdicts: Receiver<io::Result<usize>>,
    written: Sender<Vec<u8>>,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Without a reader, writes block forever.
        let Ok(verdict) = self.verdicts.recv() else {
            loop {
                thread::park();
            }
        };
        let taken = verdict?.min(bytes.len());
        let _ = self.written.send(bytes[..taken].to_vec());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn pipe() -> (Reader, Pipe) {
    let ((verdicts, received), (writer, written)) = (channel(), channel());
    let reader = Reader { verdicts, written };
    let pipe = Pipe {
        verdicts: received,
        written: writer,
    };
    (reader, pipe)
}

impl Reader {
    fn takes(&self, bytes: usize) {
        self.verdicts.send(Ok(bytes)).unwrap();
    }

    fn fails(&self, kind: io::ErrorKind) {
        self.verdicts.send(Err(kind.into())).unwrap();
    }

    fn reads(&self, expected: &str) {
        let written = self.written.recv_timeout(PATIENCE).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}

fn nothing_is_lost(lines: u64) {
    panic!("{lines} lines were lost");
}

#[test]
fn lines_are_written_in_order_and_the_flush_waits_for_them() {
    let (reader, pipe) = pipe();
    let log = Log::holding(QUEUE_BYTES, pipe, nothing_is_lost).unwrap();
    for line in ["one\n", "two\n", "three\n"] {
        reader.takes(100);
        log.put(line.as_bytes());
    }
    log.flush(PATIENCE);
    for line in ["one\n", "two\n", "three\n"] {
        assert_eq!(reader.written.try_recv().unwrap(), line.as_bytes());
    }
}

#[test]
fn a_stalled_reader_loses_lines_and_blocks_no_writer() {
    let (reader, pipe) = pipe();
    let (report, reported) = channel();
    let report = move |lines| report.send(lines).unwrap();
    let log = Log::holding(20, pipe, report).unwrap();
    for number in 0..1_000 {
        log.put(format!("line {number:03}\n").as_bytes());
    }
    let began = Instant::now();
    log.flush(Duration::from_millis(10));
    assert!(began.elapsed() < PATIENCE);
    reader.takes(100);
    reader.reads("line 000\n");
    reader.takes(100);
    reader.reads("line 001\n");
    assert_eq!(reported.recv_timeout(PATIENCE), Ok(998));
    log.flush(PATIENCE);
    assert!(reported.try_recv().is_err(), "once");
    assert_eq!(log.queue().bytes, 0);
}

#[test]
fn a_line_that_cannot_be_written_is_dropped_and_the_next_one_is_whole() {
    let (reader, pipe) = pipe();
    let (report, reported) = channel();
    let report = move |lines| report.send(lines).unwrap();
    let log = Log::holding(QUEUE_BYTES, pipe, report).unwrap();
    reader.takes(3);
    reader.fails(io::ErrorKind::StorageFull);
    log.put(b"one\n");
    reader.reads("one");
    for _ in 0..2 {
        reader.takes(100);
    }
    log.put(b"two\n");
    reader.reads("\n");
    reader.reads("two\n");
    assert_eq!(reported.recv_timeout(PATIENCE), Ok(1));
}

#[test]
fn a_full_pipe_that_does_not_block_and_an_interruption_lose_nothing() {
    let (reader, pipe) = pipe();
    let log = Log::holding(QUEUE_BYTES, pipe, nothing_is_lost).unwrap();
    log.put(b"one\n");
    reader.fails(io::ErrorKind::WouldBlock);
    reader.fails(io::ErrorKind::Interrupted);
    reader.takes(2);
    reader.fails(io::ErrorKind::WouldBlock);
    reader.takes(100);
    reader.reads("on");
    reader.reads("e\n");
    log.flush(PATIENCE);
}
