//! Chromium, its WebDriver and a Chinese typeface: what the browser tests need.
//!
//! A missing browser is a failure and never a reason to skip a test. On Debian and its relatives, root gets the packages
//! installed; everybody else is told what to install.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Result, bail};

use crate::shell;

/// The programs that drive a page.
#[derive(Debug)]
pub(crate) struct Browser {
    /// Chromium or Chrome.
    pub(crate) chrome: PathBuf,
    /// The `chromedriver` of the same version.
    pub(crate) driver: PathBuf,
}

const CHROME_NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// The second is what the snap calls it.
const DRIVER_NAMES: [&str; 2] = ["chromedriver", "chromium.chromedriver"];

/// Where installers put Chrome on systems on which programs are not found through the `PATH`.
const CHROME_PLACES: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
];

/// The browser, installed first where that is possible.
pub(crate) fn ensure() -> Result<Browser> {
    let mut missing = match find()? {
        Ok(browser) => return Ok(browser),
        Err(missing) => missing,
    };
    let system = System::of_this_machine();
    if let Some(packages) = system.apt_packages().filter(|_| is_root()) {
        println!("Installing {} with apt-get; this takes about a minute.", packages.join(", "));
        let apt = || {
            let mut command = shell::command("apt-get");
            // A machine that has just started may still be updating itself.
            command.args(["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]);
            command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
            command
        };
        shell::run(apt().args(["update", "--quiet"]))?;
        shell::run(apt().args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages))?;
        missing = match find()? {
            Ok(browser) => return Ok(browser),
            Err(still_missing) => still_missing,
        };
    }
    bail!(
        "the browser tests need {}.\n{}\n\
         A browser elsewhere is named by the variables CHROME and CHROMEDRIVER; both must have the same version.",
        missing.join(" and "),
        system.advice()
    )
}

/// The browser, or what is missing for it. Fails when a variable names a program that does not exist.
fn find() -> Result<Result<Browser, Vec<&'static str>>> {
    let chrome = locate("CHROME", &CHROME_NAMES, &CHROME_PLACES)?;
    let driver = locate("CHROMEDRIVER", &DRIVER_NAMES, &[])?;
    let has_typeface = has_chinese_typeface();
    Ok(match (chrome, driver) {
        (Some(chrome), Some(driver)) if has_typeface => Ok(Browser { chrome, driver }),
        (chrome, driver) => Err([
            (chrome.is_none(), "Chromium or Chrome"),
            (driver.is_none(), "chromedriver"),
            (!has_typeface, "a typeface with Chinese characters"),
        ]
        .into_iter()
        .filter_map(|(missing, what)| missing.then_some(what))
        .collect()),
    })
}

fn locate(variable: &str, names: &[&str], places: &[&str]) -> Result<Option<PathBuf>> {
    if let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) {
        if !path.is_file() {
            bail!("the variable {variable} names {}, which does not exist", path.display());
        }
        return Ok(Some(path));
    }
    let on_path = names.iter().find_map(|name| shell::find(name));
    Ok(on_path.or_else(|| places.iter().map(PathBuf::from).find(|place| place.is_file())))
}

/// Without one, every Chinese character is the same empty box and has the same wrong width.
fn has_chinese_typeface() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    if shell::find("fc-list").is_some() {
        return shell::answer(shell::command("fc-list").args([":lang=zh-cn", "family"]))
            .is_some_and(|families| !families.is_empty());
    }
    let question = ["--show", "--showformat", "${Status}", "fonts-noto-cjk"];
    shell::answer(shell::command("dpkg-query").args(question))
        .is_some_and(|state| state.ends_with(" installed"))
}

fn is_root() -> bool {
    shell::answer(shell::command("id").arg("-u")).as_deref() == Some("0")
}

/// What matters about the operating system: where a browser comes from.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum System {
    /// Debian and what is made from it.
    Debian,
    /// Ubuntu: made from Debian, but its Chromium is a snap behind packages of other names.
    Ubuntu,
    MacOs,
    Windows,
    Other,
}

impl System {
    fn of_this_machine() -> Self {
        if cfg!(target_os = "macos") {
            Self::MacOs
        } else if cfg!(windows) {
            Self::Windows
        } else {
            Self::from_os_release(&fs::read_to_string("/etc/os-release").unwrap_or_default())
        }
    }

    /// Reads the text of `/etc/os-release`.
    fn from_os_release(text: &str) -> Self {
        let field = |key: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            value.unwrap_or_default().trim_matches('"')
        };
        if field("ID") == "ubuntu" {
            Self::Ubuntu
        } else if field("ID") == "debian" || field("ID_LIKE").split(' ').any(|like| like == "debian") {
            Self::Debian
        } else {
            Self::Other
        }
    }

    fn apt_packages(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Debian => Some(&["chromium", "chromium-driver", "fonts-noto-cjk"]),
            Self::Ubuntu => Some(&["chromium-browser", "chromium-chromedriver", "fonts-noto-cjk"]),
            Self::MacOs | Self::Windows | Self::Other => None,
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Debian => "Install them with: sudo apt-get install chromium chromium-driver fonts-noto-cjk",
            Self::Ubuntu => {
                "Install them with: sudo apt-get install chromium-browser chromium-chromedriver fonts-noto-cjk"
            }
            Self::MacOs => "Install them with: brew install --cask google-chrome chromedriver",
            Self::Windows => {
                "Install them with: winget install Google.Chrome and winget install Chromium.ChromeDriver"
            }
            Self::Other => {
                "Install Chromium or Chrome, its chromedriver and Noto Sans CJK with the system's package manager."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_told_apart_by_their_os_release() {
        let cases = [
            ("NAME=\"Debian GNU/Linux\"\nID=debian\n", System::Debian),
            ("ID=ubuntu\nID_LIKE=debian\n", System::Ubuntu),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", System::Debian),
            ("ID=fedora\n", System::Other),
            ("", System::Other),
        ];
        for (text, system) in cases {
            assert_eq!(System::from_os_release(text), system, "{text:?}");
        }
    }

    #[test]
    fn what_is_on_no_path_is_looked_for_in_its_usual_place() {
        let here = shell::root().join("Cargo.lock").to_string_lossy().into_owned();
        let found = locate("XTASK_NO_SUCH_VARIABLE", &["no-such-program-anywhere"], &[&here]).unwrap();
        assert_eq!(found, Some(PathBuf::from(&here)));
        assert_eq!(locate("XTASK_NO_SUCH_VARIABLE", &["no-such-program-anywhere"], &[]).unwrap(), None);
    }
}
