//! Command line: `jq-magic-pack pack GUEST OUT --report FILE [--mode MODE]`, `jq-magic-pack check FILE`.

use jq_magic_pack::validate::{validate, Demand};
use jq_magic_pack::{meter, module::Module, snapshot, Result};
use std::fs;
use std::process::ExitCode;

const USAGE: &str = "usage:
  jq-magic-pack pack GUEST.wasm OUT.wasm --report REPORT.json [--mode exact|merged=N|unmetered]
      run `init` once, keep the memory it leaves, add the meter, validate, write OUT and REPORT
  jq-magic-pack check FILE.wasm [--bounded]
      validate a packed module: exactly metered, or with --bounded metered at least";

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
        ["pack", guest, out, "--report", report] => pack(guest, out, report, "exact"),
        ["pack", guest, out, "--report", report, "--mode", mode] => pack(guest, out, report, mode),
        ["check", file] => check(file, Demand::Exact),
        ["check", file, "--bounded"] => check(file, Demand::Bounded),
        _ => Err(USAGE.into()),
    }
}

fn read(path: &str) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{path}: {error}").into())
}

fn check(path: &str, demand: Demand) -> Result<()> {
    validate(&read(path)?, demand).map_err(|error| format!("{path} is refused: {error}"))?;
    println!("{path}: every function, loop and operator is metered");
    Ok(())
}

fn pack(guest: &str, out: &str, report: &str, mode: &str) -> Result<()> {
    let (wasm, kept) = snapshot::snapshot(&read(guest)?)?;
    let snapshot = format!(
        r#""snapshot": {{"data_bytes": {}, "segments": {}, "pages": {}}}"#,
        kept.data_bytes, kept.segments, kept.pages
    );
    let threshold = match mode {
        "unmetered" => None,
        "exact" => Some(0),
        _ => Some(
            mode.strip_prefix("merged=")
                .and_then(|n| n.parse().ok())
                .filter(|n| *n > 0)
                .ok_or(USAGE)?,
        ),
    };
    let (wasm, meter) = match threshold {
        None => (wasm, "null".into()),
        Some(threshold) => {
            let (wasm, metered) = meter::meter(&wasm, threshold)?;
            validate(
                &wasm,
                if threshold == 0 {
                    Demand::Exact
                } else {
                    Demand::Bounded
                },
            )?;
            let meter = format!(
                r#"{{"mode": "{mode}", "operators": {}, "functions": {}, "loops": {}, "bulk": {}, "charges": {}}}"#,
                metered.operators, metered.functions, metered.loops, metered.bulk, metered.charges
            );
            (wasm, meter)
        }
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
