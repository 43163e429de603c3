//! Planning and rendering of deployments. Run with `cargo bench --package bench`.

use bench::Deployment;
use divan::Bencher;

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 10, 100, 1_000, 10_000])]
fn plan(bencher: Bencher, count: usize) {
    let all: Vec<Deployment> = (0..count).filter_map(Deployment::new).collect();
    bencher.bench(|| all.iter().filter_map(|one| Some(one.plan()?.changes.len())).sum::<usize>());
}

#[divan::bench(args = [1, 10, 100, 1_000, 10_000])]
fn render(bencher: Bencher, count: usize) {
    let all: Vec<Deployment> = (0..count).filter_map(Deployment::new).collect();
    bencher.bench(|| all.iter().filter_map(Deployment::render).sum::<usize>());
}
