//! The driver's process, through which a browser is remote-controlled.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long the driver may take to listen.
const STARTING: Duration = Duration::from_secs(60);

/// A running driver, which ends when it is dropped.
pub struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    /// Starts the driver on a port that it finds free, and waits until it listens.
    ///
    /// # Panics
    /// When there is no driver, or when it does not say within a minute where it listens.
    pub fn start() -> Self {
        let program = std::env::var_os("CHROMEDRIVER").filter(|it| !it.is_empty());
        let program = program.unwrap_or_else(|| "chromedriver".into());
        let mut command = Command::new(&program);
        // Port 0: any that is free, so that two runs do not meet.
        command.args(["--port=0", "--log-level=WARNING"]);
        let process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let process = process.unwrap_or_else(|why| {
            let program = program.display();
            panic!("cannot start {program}: {why}; install Chromium's driver, or name it in CHROMEDRIVER")
        });
        let mut driver = Self { process, address: String::new() };
        let output = driver.process.stdout.take().expect("its output was asked for");
        let (send, lines) = mpsc::channel();
        // Reads on until the driver ends, so that it never waits for a reader.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(port) = port_of(&line) {
                    // Only the first is awaited.
                    let _ = send.send(port);
                }
            }
        });
        let port = lines.recv_timeout(STARTING).unwrap_or_else(|_| {
            panic!("{} does not say on which port it listens", program.display());
        });
        driver.address = format!("http://127.0.0.1:{port}");
        driver
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port in `ChromeDriver was started successfully on port 12345.`
fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("successfully on port ")?;
    rest.trim_end_matches('.').trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_says_where_it_listens() {
        assert_eq!(port_of("ChromeDriver was started successfully on port 41227."), Some(41_227));
        assert_eq!(port_of("Starting ChromeDriver 156.0 on port 0"), None);
    }
}
