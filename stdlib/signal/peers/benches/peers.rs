//! The contestants under divan: `cargo bench`. Ratios: `cargo run --release`.

use divan::Bencher;
use divan::counter::ItemsCount;
use signal_peers as p;

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 8, 48], sample_count = 10)]
fn forest_ours(bencher: Bencher<'_, '_>, shingle: usize) {
    let values = p::stream();
    let full = p::our_forest(&values, shingle).expect("a forest");
    bencher
        .counter(ItemsCount::new(p::POINTS))
        .with_inputs(|| full.clone())
        .bench_local_refs(|forest| p::our_scores(forest, &values));
}

#[divan::bench(args = [1, 8, 48], sample_count = 10)]
fn forest_krcf(bencher: Bencher<'_, '_>, shingle: usize) {
    let values = p::stream();
    let full = p::krcf_forest(&values, shingle).expect("a forest");
    bencher
        .counter(ItemsCount::new(p::POINTS))
        .with_inputs(|| full.clone())
        .bench_local_refs(|forest| p::krcf_scores(forest, &values).expect("scores"));
}

#[divan::bench(args = ["auto", "mstl", "damped", "theta", "seasonal-naive"], sample_count = 20)]
fn forecast_ours(bencher: Bencher<'_, '_>, name: &str) {
    let values = p::hourly();
    bencher.bench(|| p::our_forecast(&values, name).expect("a forecast"));
}

#[divan::bench(sample_count = 20)]
fn forecast_augurs_mstl(bencher: Bencher<'_, '_>) {
    let values = p::hourly();
    bencher.bench(|| p::augurs_mstl(&values).expect("a forecast"));
}

#[divan::bench(args = [0.0, 0.1], sample_count = 20)]
fn mstl_ours(bencher: Bencher<'_, '_>, jump: f64) {
    let values = p::hourly();
    bencher.bench(|| p::our_mstl(&values, jump).expect("parts"));
}

#[divan::bench(sample_count = 20)]
fn mstl_stlrs(bencher: Bencher<'_, '_>) {
    let values: Vec<f32> = p::hourly().iter().map(|v| *v as f32).collect();
    bencher.bench(|| p::stlrs_mstl(&values).expect("parts"));
}
