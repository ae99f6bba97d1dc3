//! Forecasters against numbers of other people's implementations: statsmodels 0.15.0, statsforecast 2.1.1 and the output
//! printed in R's own help pages (`?arima`, `?AirPassengers`). Each test names the call.

#![allow(clippy::unwrap_used)]

use heal_signal::decompose::mstl::{self, Mstl};
use heal_signal::decompose::stl::{self, Stl};
use heal_signal::forecast::arima::{self, Arima, Order};
use heal_signal::forecast::intermittent::{Variant, rate};
use heal_signal::forecast::season;
use heal_signal::forecast::smooth::{Damped, Theta};
use heal_signal::math::rng::Rng;
use std::f64::consts::TAU;

/// Box and Jenkins' monthly totals of international airline passengers, in thousands, 1949 to 1960 (R: `AirPassengers`).
const AIR: [u16; 144] = [
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114,
    140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191,
    172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259,
    229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374, 413, 405,
    355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348, 363, 435, 491,
    505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535,
    622, 606, 508, 461, 390, 432,
];

/// Luteinizing hormone in 48 blood samples (R: `lh`).
const LH: [f64; 48] = [
    2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2.0, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2, 2.2, 1.9, 1.9, 1.8, 2.7,
    3.0, 2.3, 2.0, 2.0, 2.9, 2.9, 2.7, 2.7, 2.3, 2.6, 2.4, 1.8, 1.7, 1.5, 1.4, 2.1, 3.3, 3.5, 3.5, 3.1, 2.6, 2.1, 3.4,
    3.0, 2.9,
];

fn air() -> Vec<f64> {
    AIR.iter().map(|&v| f64::from(v)).collect()
}

fn noise(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    (0..n).map(|_| rng.unit() - 0.5).collect()
}

/// A random walk with a slope under noise.
fn walk() -> Vec<f64> {
    let (steps, around) = (noise(80, 21), noise(80, 22));
    let mut level = 0.0;
    (0..80)
        .map(|t| {
            level += 0.6 * steps[t];
            level + 2.0 * around[t] + 0.15 * t as f64
        })
        .collect()
}

#[track_caller]
fn near(have: f64, want: f64, within: f64) {
    assert!((have - want).abs() <= within, "{have} instead of {want}");
}

#[track_caller]
fn all_near(have: &[f64], want: &[f64], within: f64) {
    assert_eq!(have.len(), want.len());
    for (h, w) in have.iter().zip(want) {
        near(*h, *w, within);
    }
}

/// `STL(y, period=12, seasonal=7, robust=…).fit()` at three points: trend, seasonal, weight.
#[test]
fn stl_takes_a_series_apart_as_statsmodels_does() {
    let usual = Stl { jump: 0.0, rounds: 5, ..Stl::new(12) };
    let plain = stl::decompose(&air(), &usual).unwrap();
    for (i, trend, seasonal) in [
        (0, 122.633_476_227_315_37, -11.022_167_882_141_066),
        (70, 254.946_470_294_939_73, -54.246_669_487_403_74),
        (143, 495.534_485_602_669_75, -60.935_215_131_876_21),
    ] {
        near(plain.trend[i], trend, 1e-9);
        near(plain.seasonal[i], seasonal, 1e-9);
        near(plain.trend[i] + plain.seasonal[i] + plain.remainder[i], air()[i], 1e-9);
    }
    let robust = stl::decompose(&air(), &Stl { robust: true, rounds: 2, ..usual }).unwrap();
    for (i, trend, seasonal, weight) in [
        (0, 122.551_737_788_895_21, -11.148_577_392_625_317, 0.997_057_660_790_783),
        (70, 255.191_919_307_987_58, -53.797_423_184_598_09, 0.977_778_905_705_786_5),
        (143, 500.710_812_558_516_86, -68.682_191_132_326_89, 0.996_811_664_972_221_4),
    ] {
        near(robust.trend[i], trend, 1e-8);
        near(robust.seasonal[i], seasonal, 1e-8);
        near(robust.weight[i], weight, 1e-9);
    }
}

/// `MSTL(z, periods=(6, 30)).fit()`: trend and both seasons at three points.
#[test]
fn mstl_takes_two_seasons_apart_as_statsmodels_does() {
    let wobble = noise(240, 9);
    let z: Vec<f64> = (0..240)
        .map(|t| {
            let t = t as f64;
            50.0 + 4.0 * libm::sin(t * TAU / 6.0) + 8.0 * libm::sin(t * TAU / 30.0)
        })
        .zip(&wobble)
        .map(|(v, w)| v + 2.0 * w)
        .collect();
    let parts = mstl::decompose(&z, &[30, 6], &Mstl { jump: 0.0, inner: 5, ..Mstl::default() }).unwrap();
    assert_eq!(parts.seasonal.iter().map(|s| s.0).collect::<Vec<_>>(), [6, 30]);
    for (i, trend, short, long) in [
        (0, 50.130_665_612_587_265, 0.321_509_264_427_440_43, -0.178_324_955_244_546_64),
        (100, 49.963_433_979_151_56, -3.610_643_213_599_524_3, 6.942_205_418_592_502),
        (239, 49.854_795_735_577_97, -3.917_767_856_851_472, -1.564_644_630_494_461_7),
    ] {
        near(parts.trend[i], trend, 1e-9);
        near(parts.seasonal[0].1[i], short, 1e-9);
        near(parts.seasonal[1].1[i], long, 1e-9);
    }
}

/// `ThetaModel(w, period=1, deseasonalize=False).fit()`: b0 and alpha, `forecast(4)`.
#[test]
fn theta_forecasts_what_statsmodels_does() {
    let w = walk();
    let theta = Theta::fit(&w).unwrap();
    near(theta.slope, 0.118_547_253_262, 1e-11);
    near(theta.alpha, 0.424_807_638_271, 1e-5);
    let want = [10.051_919_838_858, 10.111_193_465_489, 10.170_467_092_12, 10.229_740_718_751];
    all_near(&theta.forecast(&w, 4), &want, 1e-5);
}

/// `ETSModel(w, error="add", trend="add", damped_trend=True, initialization_method="estimated").fit()`: smoothing parameters,
/// sum of squared errors, `forecast(4)`; statsforecast's `AutoETS(model="AAN", damped=True)` reaches 38.930.
#[test]
fn damped_smoothing_fits_at_least_as_well_as_statsmodels() {
    let w = walk();
    let damped = Damped::fit(&w).unwrap();
    assert!(damped.squares <= 38.916_176_524_954_054 + 2e-3, "{damped:?}");
    near(damped.alpha, 0.142_106_682_788, 2e-3);
    near(damped.beta, 0.013_796_288_103, 2e-3);
    near(damped.phi, 0.98, 1e-3);
    let want = [9.787_650_247_734, 9.886_703_644_828, 9.983_775_973_98, 10.078_906_856_549];
    all_near(&damped.forecast(&w, 4), &want, 5e-3);
}

fn never() -> impl FnMut() -> bool {
    || false
}

fn coefficients(model: &Arima) -> Vec<f64> {
    [&model.ar, &model.ma, &model.seasonal_ar, &model.seasonal_ma].into_iter().flatten().copied().collect()
}

/// R, `?arima`: `arima(lh, order = c(1,0,0))` and `c(3,0,0)` print coefficients 0.5739, 2.4133, log likelihood -29.38 and
/// 0.6448, -0.0634, -0.2198, 2.3931, sigma^2 0.1787, log likelihood -27.09. More digits and the forecast: statsmodels
/// `ARIMA(lh, order=(3,0,0)).fit()`.
#[test]
fn arima_agrees_with_r_on_luteinizing_hormone() {
    let one = arima::fit(&LH, Order::new(1, 0, 0), &mut never()).unwrap();
    near(one.ar[0], 0.573_919_966, 1e-4);
    near(one.mean, 2.413_278_991, 1e-4);
    near(one.log_likelihood, -29.379_162_388, 1e-6);
    let three = arima::fit(&LH, Order::new(3, 0, 0), &mut never()).unwrap();
    assert!(three.converged);
    all_near(&three.ar, &[0.644_804_6, -0.063_373_3, -0.219_794_6], 2e-4);
    near(three.mean, 2.393_113_1, 1e-4);
    near(three.variance, 0.178_657_2, 1e-4);
    near(three.log_likelihood, -27.092_411_071, 1e-6);
    all_near(&three.forecast(&LH, 3), &[2.460_187_4, 2.270_849_4, 2.198_615_2], 2e-4);
}

/// R, `arima(log10(AirPassengers)…)`'s well-known airline model: `arima(log(AirPassengers), c(0,1,1), seasonal = c(0,1,1))`
/// prints ma1 -0.4018, sma1 -0.5569, sigma^2 0.001348, log likelihood 244.7, aic -483.4 (statsmodels stops 2e-6 below ours).
/// Forecast: statsmodels
/// `SARIMAX(…).smooth(params).forecast(13)`.
#[test]
fn the_airline_model_agrees_with_r() {
    let logs: Vec<f64> = air().iter().map(|v| libm::log(*v)).collect();
    let order = Order::new(0, 1, 1).seasonal(0, 1, 1, 12);
    let model = arima::fit(&logs, order, &mut never()).unwrap();
    all_near(&coefficients(&model), &[-0.401_812_3, -0.556_947_1], 2e-4);
    near(model.variance, 0.001_347_734, 1e-6);
    near(model.log_likelihood, 244.696_486_8, 1e-6);
    let forecast: Vec<f64> = model.forecast(&logs, 13).iter().map(|v| libm::exp(*v)).collect();
    let want = [
        450.422_18, 425.717_05, 479.006_75, 492.404_25, 509.054_71, 583.344_7, 670.010_42, 667.077_3, 558.189_12,
        497.207_54, 429.871_79, 477.242_37, 495.929_78,
    ];
    // statsmodels starts the undifferenced state with a wide prior instead of the first thirteen values.
    all_near(&forecast, &want, 0.05);
}

/// `ARIMA(a, order=(2,0,1)).fit()` and, on its sums, `SARIMAX(b, order=(1,1,1), simple_differencing=True).fit()`;
/// `SARIMAX(a - 10, order=(1,0,1), seasonal_order=(1,0,1,4)).fit()`.
#[test]
fn arima_agrees_with_statsmodels() {
    let x = noise(120, 11);
    let mut a = vec![0.0; 120];
    for i in 2..120 {
        a[i] = 0.6 * a[i - 1] - 0.3 * a[i - 2] + x[i] + 0.4 * x[i - 1];
    }
    let a: Vec<f64> = a[20..].iter().map(|v| v + 10.0).collect();
    let model = arima::fit(&a, Order::new(2, 0, 1), &mut never()).unwrap();
    all_near(&coefficients(&model), &[0.896_873, -0.451_119, 0.119_138], 1e-3);
    near(model.mean, 10.112_836, 1e-4);
    near(model.variance, 0.066_005_3, 1e-5);
    near(model.log_likelihood, -6.576_917_557, 1e-5);
    near(model.aicc, 23.792_132_986, 1e-4);
    all_near(&model.forecast(&a, 4), &[9.567_769, 9.954_436, 10.216_662, 10.277_412], 2e-3);

    let mut sum = 0.0;
    let b: Vec<f64> = a
        .iter()
        .map(|v| {
            sum += v - 9.8;
            sum
        })
        .collect();
    let model = arima::fit(&b, Order::new(1, 1, 1), &mut never()).unwrap();
    all_near(&coefficients(&model), &[0.636_310, 0.513_563], 1e-3);
    near(model.log_likelihood, -15.497_817_517, 1e-5);
    all_near(&model.forecast(&b, 3), &[31.182_412, 30.894_164, 30.710_75], 2e-3);

    let centred: Vec<f64> = a.iter().map(|v| v - 10.0).collect();
    let order = Order { mean: false, ..Order::new(1, 0, 1).seasonal(1, 0, 1, 4) };
    let model = arima::fit(&centred, order, &mut never()).unwrap();
    // A better optimum than theirs would be no fault.
    assert!(model.log_likelihood >= -10.192_909_841 - 1e-5, "{model:?}");
}

/// `CrostonClassic()`, `CrostonSBA()`, `TSB(0.1, 0.1)` and `TSB(0.3, 0.2)` of statsforecast: the flat forecast.
#[test]
fn the_croston_family_agrees_with_statsforecast() {
    let c = [
        2.0, 0.0, 0.0, 3.0, 0.0, 1.0, 0.0, 0.0, 0.0, 4.0, 0.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 1.0, 0.0,
        3.0, 0.0, 0.0,
    ];
    near(rate(&c, Variant::Croston, 0.1, 0.1).unwrap(), 1.185_523_372_361, 1e-11);
    near(rate(&c, Variant::SyntetosBoylan, 0.1, 0.1).unwrap(), 1.126_247_203_743, 1e-11);
    near(rate(&c, Variant::TeunterSyntetosBabai, 0.1, 0.1).unwrap(), 0.882_217_910_149, 1e-11);
    near(rate(&c, Variant::TeunterSyntetosBabai, 0.3, 0.2).unwrap(), 0.768_258_681_745, 1e-11);
}

/// `acf(AirPassengers, fft=False, nlags=24)` at 1, 12 and 24; the season of monthly data is a year.
#[test]
fn autocorrelations_and_the_season_of_the_airline_series_are_known() {
    let air = air();
    for (lag, want) in [(1, 0.948_047_340_752), (12, 0.760_395_042_263), (24, 0.532_189_830_466)] {
        near(season::autocorrelation(&air, lag), want, 1e-11);
    }
    assert_eq!(season::find(&air, 0.3).first(), Some(&12));
}
