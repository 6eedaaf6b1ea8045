// Elementary functions against long double over dense grids, and at the edges of their domains.
#include "engine/kernels/elementary.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using dualtape::Index;
namespace kernels = dualtape::kernels;

namespace {

using Reference = std::function<long double(long double)>;

// |got - want| in units of the last place of `want`; denormal results count in the smallest ulp.
template <class Scalar>
double ulps(Scalar got, long double want) {
    const auto rounded = static_cast<Scalar>(want);
    if (std::isinf(rounded) || std::isnan(rounded)) return got == rounded ? 0 : 1e9;
    int exponent = 0;
    std::frexp(rounded, &exponent);
    const int digits = std::numeric_limits<Scalar>::digits;
    const int smallest = std::numeric_limits<Scalar>::min_exponent;
    const long double ulp = std::ldexp(1.0L, std::max(exponent, smallest) - digits);
    return static_cast<double>(std::abs(static_cast<long double>(got) - want) / ulp);
}

template <class Scalar>
using Kernel = void (*)(Scalar*, const Scalar*, Index);

// The worst error over a linear grid, and over numbers of all magnitudes within it.
template <class Scalar>
double worst(Kernel<Scalar> kernel, const Reference& reference, double low, double high) {
    std::vector<Scalar> x;
    constexpr int kPoints = 200000;
    for (int i = 0; i <= kPoints; ++i) {
        x.push_back(static_cast<Scalar>(low + (high - low) * i / kPoints));
    }
    for (double small = 1; small > 1e-30; small *= 0.97) {
        for (const double sign : {-1.0, 1.0}) {
            if (sign * small >= low && sign * small <= high) {
                x.push_back(static_cast<Scalar>(sign * small));
            }
        }
    }
    std::vector<Scalar> y(x.size());
    kernel(y.data(), x.data(), static_cast<Index>(x.size()));
    double error = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        error = std::max(error, ulps(y[i], reference(static_cast<long double>(x[i]))));
    }
    return error;
}

struct Row {
    const char* name;
    Kernel<double> in_double;
    Kernel<float> in_float;
    Reference reference;
    double low, high, float_low, float_high;
    double bound;  // ulps
};

const std::vector<Row>& rows() {
    static const std::vector<Row> all = {
        {"exp", kernels::exp, kernels::exp, [](long double x) { return std::exp(x); }, -745, 710,
         -103, 89, 1.5},
        {"log", kernels::log, kernels::log, [](long double x) { return std::log(x); }, 1e-300, 50,
         1e-30, 50, 1.5},
        {"log1p", kernels::log1p, kernels::log1p, [](long double x) { return std::log1p(x); },
         -0.9999, 100, -0.9999, 100, 1.5},
        {"tanh", kernels::tanh, kernels::tanh, [](long double x) { return std::tanh(x); }, -20, 20,
         -10, 10, 3},
        {"sigmoid", kernels::sigmoid, kernels::sigmoid,
         [](long double x) { return 1 / (1 + std::exp(-x)); }, -40, 40, -40, 40, 3},
        {"erf", kernels::erf, kernels::erf, [](long double x) { return std::erf(x); }, -6.5, 6.5,
         -4.5, 4.5, 3},
        {"normal_cdf", kernels::normal_cdf, kernels::normal_cdf,
         [](long double x) { return 0.5L * std::erfc(-x * std::sqrt(0.5L)); }, -20, 9, -12, 6, 9},
    };
    return all;
}

template <class Scalar>
Scalar one(Kernel<Scalar> kernel, Scalar x) {
    Scalar y;
    kernel(&y, &x, 1);
    return y;
}

template <class Scalar>
void check_edges() {
    constexpr Scalar inf = std::numeric_limits<Scalar>::infinity();
    constexpr Scalar nan = std::numeric_limits<Scalar>::quiet_NaN();
    for (const Kernel<Scalar> kernel :
         {Kernel<Scalar>(kernels::exp), Kernel<Scalar>(kernels::log),
          Kernel<Scalar>(kernels::log1p), Kernel<Scalar>(kernels::tanh),
          Kernel<Scalar>(kernels::sigmoid), Kernel<Scalar>(kernels::erf),
          Kernel<Scalar>(kernels::normal_cdf)}) {
        CHECK(std::isnan(one<Scalar>(kernel, nan)));
    }
    CHECK(one<Scalar>(kernels::exp, -inf) == 0);
    CHECK(one<Scalar>(kernels::exp, inf) == inf);
    CHECK(one<Scalar>(kernels::exp, 0) == 1);
    CHECK(one<Scalar>(kernels::log, 0) == -inf);
    CHECK(one<Scalar>(kernels::log, 1) == 0);
    CHECK(one<Scalar>(kernels::log, inf) == inf);
    CHECK(std::isnan(one<Scalar>(kernels::log, -1)));
    CHECK(one<Scalar>(kernels::log1p, -1) == -inf);
    CHECK(std::isnan(one<Scalar>(kernels::log1p, -2)));
    CHECK(one<Scalar>(kernels::tanh, inf) == 1);
    CHECK(one<Scalar>(kernels::tanh, -inf) == -1);
    CHECK(std::signbit(one<Scalar>(kernels::tanh, -Scalar(0))));
    CHECK(one<Scalar>(kernels::sigmoid, -inf) == 0);
    CHECK(one<Scalar>(kernels::sigmoid, inf) == 1);
    CHECK(one<Scalar>(kernels::erf, inf) == 1);
    CHECK(one<Scalar>(kernels::normal_cdf, -inf) == 0);
    CHECK(one<Scalar>(kernels::normal_cdf, inf) == 1);
}

}  // namespace

TEST_CASE("elementary functions stay within their bounds") {
    for (const Row& row : rows()) {
        const double in_double = worst<double>(row.in_double, row.reference, row.low, row.high);
        const double in_float =
            worst<float>(row.in_float, row.reference, row.float_low, row.float_high);
        MESSAGE(std::string(row.name)
                << ": " << in_double << " ulp in double, " << in_float << " in float");
        INFO(std::string(row.name));
        CHECK(in_double <= row.bound);
        CHECK(in_float <= row.bound);
    }
}

TEST_CASE("sine and cosine of turns stay within their bounds") {
    const long double two_pi = 2 * std::acos(-1.0L);
    std::vector<double> u;
    for (int i = -200000; i <= 200000; ++i) u.push_back(i / 100000.0 + 1e-7);
    std::vector<double> sine(u.size()), cosine(u.size());
    kernels::sin_cos_turns(sine.data(), cosine.data(), u.data(), static_cast<Index>(u.size()));
    double error = 0;
    for (std::size_t i = 0; i < u.size(); ++i) {
        const long double turn = u[i] - std::round(u[i]);
        error = std::max({error, static_cast<double>(std::abs(sine[i] - std::sin(two_pi * turn))),
                          static_cast<double>(std::abs(cosine[i] - std::cos(two_pi * turn)))});
    }
    CHECK(error <= 4e-16);
    double exact[2], quarter = 0.25;
    kernels::sin_cos_turns(exact, exact + 1, &quarter, 1);
    CHECK(exact[0] == 1);
    CHECK(exact[1] == 0);
}

TEST_CASE("edges follow C: NaN, infinities, signed zeros") {
    check_edges<double>();
    check_edges<float>();
}

TEST_CASE("a result does not depend on place, size or form") {
    std::vector<double> x(131), whole(131);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.37 * static_cast<double>(i) - 20;
    for (const Row& row : rows()) {
        row.in_double(whole.data(), x.data(), 131);
        bool agrees = true;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double alone = one<double>(row.in_double, x[i]);
            agrees = agrees && (alone == whole[i] || (std::isnan(alone) && std::isnan(whole[i])));
        }
        INFO(std::string(row.name));
        CHECK(agrees);
        std::vector<double> in_place = x;
        row.in_double(in_place.data(), in_place.data(), 131);
        CHECK(std::equal(whole.begin() + 60, whole.end(), in_place.begin() + 60));
    }
    CHECK(kernels::exp(1.25) == one<double>(kernels::exp, 1.25));
    CHECK(kernels::log1p(1e-9) == one<double>(kernels::log1p, 1e-9));
}
