// Activations where the table's checks do not go: at kinks, far out, and on what is not finite.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/ops/activations.h"
#include "engine/ops/op_trial.h"

using namespace dualtape;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// Value, first and second derivative of an activation at one number.
struct Jet {
    double y, d1, d2;
};
template <class Scalar = double, class Rules>
Jet jet(Rules rules, std::type_identity_t<Scalar> x) {
    const OpAdapter<Scalar, Rules> op(rules);
    OpTrial<Scalar> trial(op, {{OpSlot::Kind::sample, 1, 1}}, {0}, 1);
    trial.set(0, Mat<Scalar>::Constant(1, 1, x));
    const Mat<Scalar> one = Mat<Scalar>::Ones(1, 1);
    Jet result{trial.value()(0, 0), trial.push(1, {one})(0, 0), 0};
    if (op.facts().is_curved) result.d2 = trial.bend(1, one, {one})[0](0, 0);
    return result;
}

// Far out every activation is one of its asymptotes, with no second derivative left. All results
// are exact there, up to the largest number of the type.
template <class Scalar>
void check_asymptotes() {
    constexpr Scalar largest = std::numeric_limits<Scalar>::max();
    for (Scalar x = 1000; std::isfinite(x); x *= 30) {
        INFO("x = ", x);
        const auto check = [](const Jet& jet, double y, double d1) {
            CHECK(jet.y == y);
            CHECK(jet.d1 == d1);
            CHECK(jet.d2 == 0);
        };
        const auto check_both = [&](auto rules, double above, double slope, double below) {
            INFO(rules.name);
            for (const Scalar far : {x, largest}) {
                check(jet<Scalar>(rules, far), slope != 0 ? far : above, slope);
                check(jet<Scalar>(rules, -far), below, 0);
            }
        };
        check_both(ops::Tanh{}, 1, 0, -1);
        check_both(ops::Sigmoid{}, 1, 0, 0);
        check_both(ops::Relu{}, 0, 1, 0);
        check_both(ops::Gelu{}, 0, 1, 0);
        check_both(ops::GeluTanh{}, 0, 1, 0);
        check_both(ops::Silu{}, 0, 1, 0);
        check(jet<Scalar>(ops::Exp{}, -x), 0, 0);
    }
}

}  // namespace

TEST_CASE("relu has derivative zero at zero, and passes NaN and infinity on") {
    for (const double zero : {0.0, -0.0}) {
        CHECK(jet(ops::Relu{}, zero).y == 0);
        CHECK(jet(ops::Relu{}, zero).d1 == 0);
    }
    CHECK(jet(ops::Relu{}, 1e-300).d1 == 1);
    CHECK(jet(ops::Relu{}, -1e-300).d1 == 0);
    CHECK(jet(ops::Relu{}, kInf).y == kInf);
    CHECK(jet(ops::Relu{}, -kInf).y == 0);
    CHECK(std::isnan(jet(ops::Relu{}, std::nan("")).y));
}

TEST_CASE("saturated activations have their limits as values and derivatives") {
    for (const double x : {60.0, 800.0, 1e6}) {
        INFO("x = ", x);
        const auto near = [&](const Jet& jet, double y, double d1) {
            CHECK(jet.y == doctest::Approx(y).epsilon(1e-14));
            CHECK(jet.d1 == doctest::Approx(d1).epsilon(1e-14));
            CHECK(std::abs(jet.d2) < 1e-12);
        };
        near(jet(ops::Tanh{}, x), 1, 0);
        near(jet(ops::Tanh{}, -x), -1, 0);
        near(jet(ops::Sigmoid{}, x), 1, 0);
        near(jet(ops::Sigmoid{}, -x), 0, 0);
        near(jet(ops::Gelu{}, x), x, 1);
        near(jet(ops::Gelu{}, -x), 0, 0);
        near(jet(ops::GeluTanh{}, x), x, 1);
        near(jet(ops::GeluTanh{}, -x), 0, 0);
        near(jet(ops::Silu{}, x), x, 1);
        near(jet(ops::Silu{}, -x), 0, 0);
    }
}

TEST_CASE("activations follow their asymptotes up to the largest number, in float and double") {
    check_asymptotes<float>();
    check_asymptotes<double>();
    // Squares keep their derivatives where the value is beyond the type.
    CHECK(jet<float>(ops::Square{}, 1e30F).y == kInf);
    CHECK(jet<float>(ops::Square{}, 1e30F).d1 == 2e30F);
    CHECK(jet<float>(ops::Square{}, 1e30F).d2 == 2);
}

TEST_CASE("the two forms of gelu are smooth where their derivatives stop following x") {
    for (const double x : {11.999, 12.001, 39.999, 40.001}) {
        CHECK(jet(ops::Gelu{}, x).y == x);
        CHECK(jet(ops::GeluTanh{}, x).y == x);
        CHECK(jet(ops::GeluTanh{}, -x).y == 0);
        CHECK(jet(ops::GeluTanh{}, x).d1 == 1);
        CHECK(jet(ops::Gelu{}, x).d1 == 1);
    }
}

TEST_CASE("every activation passes NaN on") {
    const double nan = std::nan("");
    CHECK(std::isnan(jet(ops::Tanh{}, nan).y));
    CHECK(std::isnan(jet(ops::Sigmoid{}, nan).y));
    CHECK(std::isnan(jet(ops::Exp{}, nan).y));
    CHECK(std::isnan(jet(ops::Square{}, nan).y));
    CHECK(std::isnan(jet(ops::Gelu{}, nan).y));
    CHECK(std::isnan(jet(ops::GeluTanh{}, nan).y));
    CHECK(std::isnan(jet(ops::Silu{}, nan).y));
}

TEST_CASE("activations at zero have the derivatives of their series") {
    const auto check = [](const Jet& jet, double y, double d1, double d2) {
        CHECK(jet.y == doctest::Approx(y).epsilon(1e-15));
        CHECK(jet.d1 == doctest::Approx(d1).epsilon(1e-15));
        CHECK(jet.d2 == doctest::Approx(d2).epsilon(1e-15));
    };
    const double q = 0.3989422804014327;  // normal density at 0
    check(jet(ops::Tanh{}, 0), 0, 1, 0);
    check(jet(ops::Sigmoid{}, 0), 0.5, 0.25, 0);
    check(jet(ops::Gelu{}, 0), 0, 0.5, 2 * q);
    check(jet(ops::GeluTanh{}, 0), 0, 0.5, 2 * q);
    check(jet(ops::Silu{}, 0), 0, 0.5, 0.5);
    check(jet(ops::Exp{}, 0), 1, 1, 1);
    check(jet(ops::Square{}, 0), 0, 0, 2);
}
