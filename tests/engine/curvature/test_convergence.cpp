#include "engine/curvature/convergence.h"

#include <cmath>

#include <doctest/doctest.h>

using namespace dualtape;
using namespace dualtape::curvature;

TEST_CASE("a pair converges at tolerance times its modulus, or the floor's share of the norm") {
    const Criterion criterion{1e-3, 0.1, 0};
    CHECK(criterion.allowed(-50, 100) == doctest::Approx(5e-2));
    CHECK(criterion.allowed(2, 100) == doctest::Approx(1e-2));
    Vec<double> values(3), residuals(3);
    values << 100, 50, 2;
    residuals << 0.01, 0.2, 0.03;
    const Convergence state = assess(criterion, values, residuals, {0, 1, 2}, 100);
    CHECK(state.converged == 1);
    CHECK(state.worst == doctest::Approx(4));
    CHECK(state.worst_residual == doctest::Approx(0.2));
}

TEST_CASE("looks are a tenth apart at first and close in on the expected end") {
    LookOut look_out;
    CHECK(look_out.wait(60, 1e6) == 6);
    // One decade a column since: three more to go, half of which are waited for.
    CHECK(look_out.wait(63, 1e3) == 1);
    CHECK(look_out.wait(65, 10) == 0);
    CHECK(look_out.wait(70, 20) == 7);
}

TEST_CASE("stagnation needs both: no gain for long, and residuals of inexact products") {
    const double noise = 1e-14;
    Convergence state{0, 100, 40 * noise};
    Stagnation stagnation(10, 20);
    CHECK_FALSE(stagnation.is_reached(29, state, noise));
    CHECK_FALSE(stagnation.is_reached(30, state, noise));
    CHECK_FALSE(stagnation.is_reached(49, state, noise));
    CHECK(stagnation.is_reached(50, state, noise));
    Stagnation gains(10, 20);
    CHECK_FALSE(gains.is_reached(30, state, noise));
    state.worst = 80;
    CHECK_FALSE(gains.is_reached(50, state, noise));
    state.worst_residual = 60 * noise;
    CHECK_FALSE(gains.is_reached(70, state, noise));
}
