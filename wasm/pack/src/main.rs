//! Runs the steps from the command line; [`USAGE`] says how.

use jq_magic_pack::{meter, module::Module, snapshot, state, validate::validate, Result};
use std::fs;
use std::process::ExitCode;

const USAGE: &str = "usage:
  jq-magic-pack pack GUEST.wasm OUT.wasm --report REPORT.json [--unmetered]
      run `init` once, keep the memory it leaves, add the meter, validate, write OUT and REPORT
  jq-magic-pack check FILE.wasm
      validate a packed module";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("jq-magic-pack: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        ["pack", guest, out, "--report", report] => pack(guest, out, report, true),
        ["pack", guest, out, "--report", report, "--unmetered"] => pack(guest, out, report, false),
        ["check", file] => check(file),
        _ => Err(USAGE.into()),
    }
}

fn read(path: &str) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{path}: {error}").into())
}

fn check(path: &str) -> Result<()> {
    let wasm = read(path)?;
    validate(&wasm)
        .and_then(|()| state::check(&wasm))
        .map_err(|error| format!("{path} is refused: {error}"))?;
    println!("{path}: every function, loop and operator is metered");
    Ok(())
}

fn pack(guest: &str, out: &str, report: &str, with_meter: bool) -> Result<()> {
    let (wasm, size) = snapshot::snapshot(&read(guest)?)?;
    let snapshot = format!(
        r#""snapshot": {{"data_bytes": {}, "segments": {}, "pages": {}}}"#,
        size.data_bytes, size.segments, size.pages
    );
    let (wasm, meter) = if with_meter {
        let (wasm, metered) = meter::meter(&wasm)?;
        validate(&wasm)?;
        state::check(&wasm)?;
        let meter = format!(
            r#"{{"operators": {}, "functions": {}, "loops": {}, "bulk": {}, "charges": {}}}"#,
            metered.operators, metered.functions, metered.loops, metered.bulk, metered.charges
        );
        (wasm, meter)
    } else {
        (wasm, "null".into())
    };
    let exports = Module::parse(&wasm)?
        .exports()?
        .iter()
        .map(|export| format!("\"{}\"", export.name))
        .collect::<Vec<_>>()
        .join(", ");
    fs::write(out, &wasm).map_err(|error| format!("{out}: {error}"))?;
    let json = format!("{{{snapshot}, \"meter\": {meter}, \"exports\": [{exports}]}}\n");
    fs::write(report, json).map_err(|error| format!("{report}: {error}"))?;
    Ok(())
}
