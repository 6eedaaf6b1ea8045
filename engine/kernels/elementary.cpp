// Argument reductions, minimax polynomials (tools/elementary_coefficients.py) and the loops.
//
// Every function of one number is branch-free: selections, shifts of bits and correctly rounded
// arithmetic that the compiler maps to any vector width. |error| in comments is relative.

#include "engine/kernels/elementary.h"

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

namespace dualtape::kernels {
namespace {

template <class Scalar>
struct Format;
template <>
struct Format<double> {
    using Bits = std::uint64_t;
    static constexpr int kBits = 64, kMantissa = 52;
    static constexpr double kLn2High = 0x1.62e42fefa38p-1, kLn2Low = 0x1.ef35793c7673p-45;
    static constexpr double kExpMax = 710, kExpMin = -746;   // beyond: infinity and zero
    static constexpr double kTanhMax = 20, kNormalMax = 39;  // beyond: tanh is 1, Phi(-x) is 0
    static constexpr Bits kUpperHalf = 0xffff'ffff'f800'0000;
};
template <>
struct Format<float> {
    using Bits = std::uint32_t;
    static constexpr int kBits = 32, kMantissa = 23;
    static constexpr float kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;
    static constexpr float kExpMax = 89, kExpMin = -104.5f;
    static constexpr float kTanhMax = 10, kNormalMax = 15;
    static constexpr Bits kUpperHalf = 0xffff'f000;
};
template <class Scalar>
using Bits = typename Format<Scalar>::Bits;

template <class Scalar>
constexpr Scalar kInfinity = std::numeric_limits<Scalar>::infinity();
template <class Scalar>
constexpr Scalar kNan = std::numeric_limits<Scalar>::quiet_NaN();
template <class Scalar>
constexpr Bits<Scalar> kOneBits = std::bit_cast<Bits<Scalar>>(Scalar(1));
// Adding 1.5 * 2^mantissa rounds to an integer, which the low bits then hold.
template <class Scalar>
constexpr Scalar kShifter = Scalar(3) * Scalar(Bits<Scalar>(1) << (Format<Scalar>::kMantissa - 1));

template <class Scalar>
[[gnu::always_inline]] inline Bits<Scalar> bits_of(Scalar x) {
    return std::bit_cast<Bits<Scalar>>(x);
}

// a * b + c, in one rounding where the machine has an instruction for it.
template <class Scalar>
[[gnu::always_inline]] inline Scalar multiply_add(Scalar a, Scalar b, Scalar c) {
#if defined(__FMA__) || defined(__aarch64__)
    return std::fma(a, b, c);
#else
    return a * b + c;
#endif
}

// c0 + x c1 + x^2 c2 + ...
template <class Scalar>
[[gnu::always_inline]] inline Scalar horner(Scalar, Scalar c0) {
    return c0;
}
template <class Scalar, class... Rest>
[[gnu::always_inline]] inline Scalar horner(Scalar x, Scalar c0, Rest... rest) {
    return multiply_add(horner(x, rest...), x, c0);
}

// (exp(r) - 1 - r) / r^2 for |r| <= ln(2)/2. |error| of exp(r) - 1 is 2e-17 and 1.3e-8.
[[gnu::always_inline]] inline double exp_polynomial(double r) {
    return horner(r, 5.0000000000000055e-1, 1.6666666666666686e-1, 4.166666666657367e-2,
                  8.3333333333146044e-3, 1.3888888932367249e-3, 1.9841269903004806e-4,
                  2.4801504457474941e-5, 2.7557227975350768e-6, 2.7626322576732536e-7,
                  2.5114466759414376e-8);
}
[[gnu::always_inline]] inline float exp_polynomial(float r) {
    return horner(r, 5.00000006e-1f, 1.6666543e-1f, 4.16662821e-2f, 8.36658271e-3f, 1.3946445e-3f);
}

// (log((1 + s) / (1 - s)) - 2 s) / s^3 in z = s^2 for (1 + s) / (1 - s) in [1/sqrt(2), sqrt(2)].
// |error| of the logarithm is 1.2e-18 and 5e-12.
[[gnu::always_inline]] inline double log_polynomial(double z) {
    return horner(z, 6.6666666666667336e-1, 3.9999999999418946e-1, 2.8571428741594737e-1,
                  2.2222198643601718e-1, 1.8183561089006882e-1, 1.5314124893534292e-1,
                  1.479527498771172e-1);
}
[[gnu::always_inline]] inline float log_polynomial(float z) {
    return horner(z, 6.66666656e-1f, 4.00003346e-1f, 2.85373384e-1f, 2.35816865e-1f);
}

// erf(x) / x in z = x^2 <= 1. |error| is 8e-18 and 1.2e-9.
[[gnu::always_inline]] inline double erf_polynomial(double z) {
    return horner(z, 1.1283791670955126, -3.761263890318352e-1, 1.1283791670944198e-1,
                  -2.6866170643113067e-2, 5.2239776061286692e-3, -8.5483259296899023e-4,
                  1.2055293585373611e-4, -1.4924712421429957e-5, 1.6447132603042925e-6,
                  -1.6206318845013604e-7, 1.3710992191171586e-8, -7.7794744164575443e-10);
}
[[gnu::always_inline]] inline float erf_polynomial(float z) {
    return horner(z, 1.12837917f, -3.76126258e-1f, 1.12835852e-1f, -2.68538148e-2f, 5.18833135e-3f,
                  -8.01021272e-4f, 7.85388906e-5f);
}

// Phi(-x) exp(x^2/2) for 0 <= x <= kNormalMax. |error| is 6e-17 and 7e-9. All coefficients are
// positive, so nothing cancels.
[[gnu::always_inline]] inline double tail_ratio(double x) {
    return horner(x, 4.9999999999999997e-1, 7.7488146277740905e-1, 5.9405751188856986e-1,
                  2.893408807107275e-1, 9.7703147356624692e-2, 2.3623615064516513e-2,
                  4.0895726447109879e-3, 4.9045580048235734e-4, 3.7257745637797594e-5,
                  1.3858662067812989e-6) /
           horner(x, 1.0, 2.3476474863576733, 2.5612667073499059, 1.7144147003990922,
                  7.8206185585076609e-1, 2.5496971575558492e-1, 6.0438064569141294e-2,
                  1.034442972987086e-2, 1.2328642285638527e-3, 9.339131866257934e-5,
                  3.4738514187839222e-6);
}
[[gnu::always_inline]] inline float tail_ratio(float x) {
    return horner(x, 5.00000003e-1f, 4.3928506e-1f, 1.83970358e-1f, 4.08815416e-2f, 4.153291e-3f) /
           horner(x, 1.0f, 1.67645513f, 1.20555332f, 4.71411917e-1f, 1.02480944e-1f, 1.0410645e-2f);
}

// (sin(2 pi r) / r - 2 pi) / z and (cos(2 pi r) - 1) / z in z = r^2 for |r| <= 1/8.
// |error| of sine and cosine is 6e-17 and 6e-11 at most.
[[gnu::always_inline]] inline double sin_polynomial(double z) {
    return horner(z, -4.1341702240399675e+1, 8.1605249275968304e+1, -7.6705859708804829e+1,
                  4.2058685509114592e+1, -1.5093829449541346e+1, 3.7813689638772958);
}
[[gnu::always_inline]] inline float sin_polynomial(float z) {
    return horner(z, -4.13417022e+1f, 8.16052106e+1f, -7.66983799e+1f, 4.14876001e+1f);
}
[[gnu::always_inline]] inline double cos_polynomial(double z) {
    return horner(z, -1.9739208802178513e+1, 6.4939394022413729e+1, -8.5456817101150629e+1,
                  6.0244621252664273e+1, -2.6424317263548324e+1, 7.8114841576136378);
}
[[gnu::always_inline]] inline float cos_polynomial(float z) {
    return horner(z, -1.97392087e+1f, 6.49393265e+1f, -8.54437431e+1f, 5.92460058e+1f);
}

// 2^k for the integer k = t - kShifter, which must lie in the range of normal numbers.
template <class Scalar>
[[gnu::always_inline]] inline Scalar power_of_two(Scalar t) {
    return std::bit_cast<Scalar>((bits_of(t) << Format<Scalar>::kMantissa) + kOneBits<Scalar>);
}

// x + low = k ln 2 + r with |r| <= ln(2)/2; returns r.
template <class Scalar>
[[gnu::always_inline]] inline Scalar reduce(Scalar x, Scalar low, Scalar k) {
    using F = Format<Scalar>;
    return multiply_add(k, -F::kLn2High, x) + multiply_add(k, -F::kLn2Low, low);
}

// exp(x + low) = fraction * first * second, for kExpMin <= x <= kExpMax and |low| small beside
// |x|. Two powers of two, so that only the last product rounds to a denormal or overflows.
template <class Scalar>
struct Exponential {
    Scalar fraction, first, second;
    [[gnu::always_inline]] Scalar times(Scalar factor) const {
        return fraction * factor * first * second;
    }
};
template <class Scalar>
[[gnu::always_inline]] inline Exponential<Scalar> exponential(Scalar x, Scalar low) {
    const Scalar shifter = kShifter<Scalar>;
    const Scalar k = multiply_add(x + low, Scalar(std::numbers::log2e), shifter) - shifter;
    const Scalar half = multiply_add(k, Scalar(0.5), shifter);
    const Scalar r = reduce(x, low, k);
    return {Scalar(1) + multiply_add(r * r, exp_polynomial(r), r), power_of_two(half),
            power_of_two((k - (half - shifter)) + shifter)};
}

template <class Scalar>
[[gnu::always_inline]] inline Scalar exp_one(Scalar x) {
    using F = Format<Scalar>;
    x = x > F::kExpMax ? F::kExpMax : x;
    x = x < F::kExpMin ? F::kExpMin : x;
    return exponential(x, Scalar(0)).times(Scalar(1));
}

// log(2^k (1 + f)) with 1 + f in [1/sqrt(2), sqrt(2)] and a small correction, arranged as in
// FreeBSD's log: with s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 + z G(z)).
template <class Scalar>
[[gnu::always_inline]] inline Scalar log_reduced(Scalar k, Scalar f, Scalar correction) {
    using F = Format<Scalar>;
    const Scalar s = f / (Scalar(2) + f);
    const Scalar z = s * s;
    const Scalar square = Scalar(0.5) * f * f;
    const Scalar low = multiply_add(k, F::kLn2Low, correction);
    const Scalar rest = multiply_add(s, multiply_add(z, log_polynomial(z), square), low);
    return multiply_add(k, F::kLn2High, f - (square - rest));
}

// u = 2^k m with m in [1/sqrt(2), sqrt(2)), for normal positive u.
template <class Scalar>
struct Binary {
    Scalar k, m;
};
template <class Scalar>
[[gnu::always_inline]] inline Binary<Scalar> split_exponent(Scalar u) {
    using F = Format<Scalar>;
    constexpr Bits<Scalar> low_end = std::bit_cast<Bits<Scalar>>(Scalar(1 / std::numbers::sqrt2));
    constexpr Bits<Scalar> mask = (Bits<Scalar>(1) << F::kMantissa) - 1;
    constexpr Scalar two = Scalar(Bits<Scalar>(1) << F::kMantissa);  // 2^mantissa
    constexpr Scalar bias = Scalar((kOneBits<Scalar>) >> F::kMantissa);
    const Bits<Scalar> b = bits_of(u) + (kOneBits<Scalar> - low_end);
    // The exponent as a number: put it behind the leading bit of 2^mantissa, subtract that bit.
    const Scalar k = std::bit_cast<Scalar>((b >> F::kMantissa) | std::bit_cast<Bits<Scalar>>(two));
    return {k - (two + bias), std::bit_cast<Scalar>((b & mask) + low_end)};
}

template <class Scalar>
[[gnu::always_inline]] inline Scalar log_one(Scalar x) {
    using F = Format<Scalar>;
    constexpr Scalar scale = Scalar(Bits<Scalar>(1) << F::kMantissa);
    const bool is_denormal = x < std::numeric_limits<Scalar>::min();
    const Binary<Scalar> u = split_exponent(is_denormal ? x * scale : x);
    const Scalar k = u.k - (is_denormal ? Scalar(F::kMantissa) : Scalar(0));
    Scalar y = log_reduced(k, u.m - Scalar(1), Scalar(0));
    y = x < kInfinity<Scalar> ? y : x;
    return x > Scalar(0) ? y : x == Scalar(0) ? -kInfinity<Scalar> : kNan<Scalar>;
}

// The rounding of u = 1 + x is made good by correction / u. Tiny x is its own logarithm.
template <class Scalar>
[[gnu::always_inline]] inline Scalar log1p_one(Scalar x) {
    const Scalar u = Scalar(1) + x;
    const Scalar correction = (u > Scalar(2) ? Scalar(1) - (u - x) : x - (u - Scalar(1))) / u;
    const Binary<Scalar> v = split_exponent(u);
    Scalar y = log_reduced(v.k, v.m - Scalar(1), correction);
    y = std::fabs(x) < std::numeric_limits<Scalar>::epsilon() / Scalar(4) ? x : y;
    y = x < kInfinity<Scalar> ? y : x;
    return x > Scalar(-1) ? y : x == Scalar(-1) ? -kInfinity<Scalar> : kNan<Scalar>;
}

// tanh |x| = e / (e + 2) with e = exp(2 |x|) - 1 = 2^k (exp(r) - 1) + (2^k - 1).
template <class Scalar>
[[gnu::always_inline]] inline Scalar tanh_one(Scalar x) {
    Scalar a = std::fabs(x);
    a = Scalar(2) * (a > Format<Scalar>::kTanhMax ? Format<Scalar>::kTanhMax : a);
    const Scalar t = multiply_add(a, Scalar(std::numbers::log2e), kShifter<Scalar>);
    const Scalar r = reduce(a, Scalar(0), t - kShifter<Scalar>);
    const Scalar scale = power_of_two(t);
    const Scalar e =
        multiply_add(scale, multiply_add(r * r, exp_polynomial(r), r), scale - Scalar(1));
    return std::copysign(e / (e + Scalar(2)), x);
}

// With e = exp(-|x|) nothing overflows, and the lower tail keeps its relative accuracy.
template <class Scalar>
[[gnu::always_inline]] inline Scalar sigmoid_one(Scalar x) {
    const Scalar e = exp_one(-std::fabs(x));
    return (x >= Scalar(0) ? Scalar(1) : e) / (Scalar(1) + e);
}

// Phi(-a) and the density at a >= 0. The square of a is carried in two parts, as an absolute error
// of the exponent is a relative error of the exponential.
template <class Scalar>
struct Normal {
    Scalar tail, density;
};
template <class Scalar>
[[gnu::always_inline]] inline Normal<Scalar> normal_one(Scalar a) {
    using F = Format<Scalar>;
    a = a > F::kNormalMax ? F::kNormalMax : a;
    const Scalar high = std::bit_cast<Scalar>(bits_of(a) & F::kUpperHalf);
    const auto e = exponential(Scalar(-0.5) * high * high, Scalar(-0.5) * (a - high) * (a + high));
    constexpr Scalar scale = Scalar(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    return {e.times(tail_ratio(a)), e.times(scale)};
}

template <class Scalar>
[[gnu::always_inline]] inline Scalar erf_one(Scalar x) {
    const Scalar a = std::fabs(x);
    const Scalar near_zero = a * erf_polynomial(a * a);
    const Scalar far = Scalar(1) - Scalar(2) * normal_one(a * Scalar(std::numbers::sqrt2)).tail;
    return std::copysign(a < Scalar(1) ? near_zero : far, x);
}

template <class Scalar>
[[gnu::always_inline]] inline Scalar cdf_from_tail(Scalar x, Scalar tail) {
    return x < Scalar(0) ? tail : Scalar(1) - tail;
}

// u = n/4 + r: sine and cosine of r, exchanged if n is odd, with the signs of quadrant n.
template <class Scalar>
[[gnu::always_inline]] inline void sin_cos_one(Scalar u, Scalar& sine, Scalar& cosine) {
    using F = Format<Scalar>;
    constexpr Scalar limit = Scalar(Bits<Scalar>(1) << (F::kMantissa - 3));
    const Scalar t = multiply_add(u, Scalar(4), kShifter<Scalar>);
    Scalar r = multiply_add(t - kShifter<Scalar>, Scalar(-0.25), u);
    r = std::fabs(u) <= limit ? r : kNan<Scalar>;
    const Scalar z = r * r;
    const Scalar s = r * multiply_add(z, sin_polynomial(z), Scalar(2 * std::numbers::pi));
    const Scalar c = multiply_add(z, cos_polynomial(z), Scalar(1));
    const Bits<Scalar> n = bits_of(t);
    const Bits<Scalar> odd = Bits<Scalar>(0) - (n & 1);
    const Bits<Scalar> exchange = (bits_of(s) ^ bits_of(c)) & odd;
    const Bits<Scalar> sine_sign = (n & 2) << (F::kBits - 2);
    const Bits<Scalar> cosine_sign = ((n + 1) & 2) << (F::kBits - 2);
    sine = std::bit_cast<Scalar>((bits_of(s) ^ exchange) ^ sine_sign);
    cosine = std::bit_cast<Scalar>((bits_of(c) ^ exchange) ^ cosine_sign);
}

// Calls body(i) for all i. The pragmas state what the callers promise: an iteration touches
// element i of each array and no other, so arrays may coincide.
template <class Body>
[[gnu::always_inline]] inline void for_each_element(Index size, Body body) {
#if defined(__clang__)
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
    for (Index i = 0; i < size; ++i) body(i);
}

// Oracles for the tests: analytic, or exact to first order in the imaginary part.
using Complex = std::complex<double>;

[[maybe_unused]] Complex exp_one(Complex x) { return std::exp(x); }
[[maybe_unused]] Complex log_one(Complex x) { return std::log(x); }
[[maybe_unused]] Complex log1p_one(Complex z) {
    const double x = z.real(), y = z.imag();
    return {std::log1p(x * (2 + x) + y * y) / 2, std::atan2(y, 1 + x)};
}
[[maybe_unused]] Complex tanh_one(Complex x) { return std::tanh(x); }
[[maybe_unused]] Complex sigmoid_one(Complex x) {
    const Complex e = std::exp(x.real() >= 0 ? -x : x);
    return (x.real() >= 0 ? 1.0 : e) / (1.0 + e);
}
[[maybe_unused]] Complex erf_one(Complex z) {
    const double x = z.real();
    return {std::erf(x), z.imag() * 2 * std::numbers::inv_sqrtpi * std::exp(-x * x)};
}
[[maybe_unused]] Complex density_one(Complex z) {
    return std::exp(-z * z / 2.0) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
}
[[maybe_unused]] Complex cdf_one(Complex z) {
    const double x = z.real();
    return {std::erfc(-x / std::numbers::sqrt2) / 2, z.imag() * density_one(x).real()};
}

}  // namespace

#define DUALTAPE_ARRAY_FORM(name)                                                            \
    template <class Scalar>                                                                  \
    void name(Scalar* y, const Scalar* x, Index size) {                                      \
        for_each_element(                                                                    \
            size, [=](Index i) __attribute__((always_inline)) { y[i] = name##_one(x[i]); }); \
    }
DUALTAPE_ARRAY_FORM(exp)
DUALTAPE_ARRAY_FORM(log)
DUALTAPE_ARRAY_FORM(log1p)
DUALTAPE_ARRAY_FORM(tanh)
DUALTAPE_ARRAY_FORM(sigmoid)
DUALTAPE_ARRAY_FORM(erf)
#undef DUALTAPE_ARRAY_FORM

template <class Scalar>
void normal_cdf(Scalar* y, const Scalar* x, Index size) {
    for_each_element(
        size, [=](Index i) __attribute__((always_inline)) {
            if constexpr (is_complex<Scalar>)
                y[i] = cdf_one(x[i]);
            else
                y[i] = cdf_from_tail(x[i], normal_one(std::fabs(x[i])).tail);
        });
}

template <class Scalar>
void normal_cdf_density(Scalar* cdf, Scalar* density, const Scalar* x, Index size) {
    for_each_element(
        size, [=](Index i) __attribute__((always_inline)) {
            const Scalar value = x[i];
            if constexpr (is_complex<Scalar>) {
                cdf[i] = cdf_one(value);
                density[i] = density_one(value);
            } else {
                const Normal<Scalar> normal = normal_one(std::fabs(value));
                cdf[i] = cdf_from_tail(value, normal.tail);
                density[i] = normal.density;
            }
        });
}

template <class Scalar>
void sin_cos_turns(Scalar* sine, Scalar* cosine, const Scalar* u, Index size) {
    for_each_element(
        size, [=](Index i) __attribute__((always_inline)) {
            Scalar s, c;
            sin_cos_one(u[i], s, c);
            sine[i] = s;
            cosine[i] = c;
        });
}

template <class Scalar>
Scalar exp(Scalar x) {
    return exp_one(x);
}
template <class Scalar>
Scalar log(Scalar x) {
    return log_one(x);
}
template <class Scalar>
Scalar log1p(Scalar x) {
    return log1p_one(x);
}

#define DUALTAPE_INSTANTIATE(Scalar)                                          \
    template void exp(Scalar*, const Scalar*, Index);                         \
    template void log(Scalar*, const Scalar*, Index);                         \
    template void log1p(Scalar*, const Scalar*, Index);                       \
    template void tanh(Scalar*, const Scalar*, Index);                        \
    template void sigmoid(Scalar*, const Scalar*, Index);                     \
    template void erf(Scalar*, const Scalar*, Index);                         \
    template void normal_cdf(Scalar*, const Scalar*, Index);                  \
    template void normal_cdf_density(Scalar*, Scalar*, const Scalar*, Index); \
    template Scalar exp(Scalar);                                              \
    template Scalar log(Scalar);                                              \
    template Scalar log1p(Scalar);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_INSTANTIATE)
#undef DUALTAPE_INSTANTIATE
template void sin_cos_turns(float*, float*, const float*, Index);
template void sin_cos_turns(double*, double*, const double*, Index);

}  // namespace dualtape::kernels
