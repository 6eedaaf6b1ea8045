// Optimisers against PyTorch's, schedules and clipping against their formulas, settings refused.
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/core/types.h"
#include "engine/optim/adam.h"
#include "engine/optim/clip.h"
#include "engine/optim/schedule.h"
#include "engine/optim/sgd.h"

using namespace dualtape;
using namespace dualtape::optim;

namespace {

// A golden file: "name value value ..." per line; a name may occur many times.
struct Golden {
    std::map<std::string, std::vector<Vec<double>>> rows;
    std::string rule, schedule;

    explicit Golden(const std::string& name) {
        std::ifstream file(std::string(DUALTAPE_GOLDEN_DIR) + "/optim/" + name + ".txt");
        REQUIRE_MESSAGE(file.good(), name);
        for (std::string line; std::getline(file, line);) {
            if (line.empty() || line[0] == '#') continue;
            std::istringstream words(line);
            std::string key;
            words >> key;
            if (key == "rule") {
                words >> rule;
            } else if (key == "schedule") {
                words >> schedule;
            } else {
                std::vector<double> values;
                for (double value = 0; words >> value;) values.push_back(value);
                const Index size = static_cast<Index>(values.size());
                rows[key].push_back(Eigen::Map<Vec<double>>(values.data(), size));
            }
        }
    }

    double number(const std::string& key) const {
        const auto found = rows.find(key);
        return found == rows.end() ? 0.0 : found->second.front()[0];
    }
};

SgdSettings sgd_settings(const Golden& golden) {
    SgdSettings settings;
    settings.momentum = golden.number("momentum");
    settings.dampening = golden.number("dampening");
    settings.is_nesterov = golden.number("nesterov") != 0.0;
    settings.l2 = golden.number("weight_decay");
    return settings;
}

AdamSettings adam_settings(const Golden& golden) {
    AdamSettings settings;
    (golden.rule == "Adam" ? settings.l2 : settings.decoupled_decay) =
        golden.number("weight_decay");
    settings.beta1 = golden.number("beta1");
    settings.beta2 = golden.number("beta2");
    if (golden.number("eps") > 0.0) settings.epsilon = golden.number("eps");
    return settings;
}

Schedule schedule_of(const Golden& golden, Index num_steps) {
    Schedule schedule;
    schedule.rate = golden.number("rate");
    schedule.warm_up_steps = static_cast<Index>(golden.number("warm_up_steps"));
    schedule.decline = golden.schedule == "cosine" ? Decline::cosine : Decline::constant;
    schedule.num_steps = num_steps;
    schedule.final_rate = golden.number("final_rate");
    return schedule;
}

template <class Optimiser>
void expect_golden(const Golden& golden, Optimiser optimiser, double tolerance) {
    const auto& gradients = golden.rows.at("gradient");
    const auto& thetas = golden.rows.at("theta");
    const Schedule schedule = schedule_of(golden, static_cast<Index>(gradients.size()));
    Vec<double> theta = thetas.front();
    for (std::size_t s = 0; s < gradients.size(); ++s) {
        CAPTURE(s);
        const double rate = schedule(static_cast<Index>(s) + 1);
        CHECK(rate == doctest::Approx(golden.rows.at("rate_now")[s][0]).epsilon(1e-14));
        Vec<double> gradient = gradients[s];
        if (golden.number("max_norm") > 0.0) clip_by_norm(gradient, golden.number("max_norm"));
        optimiser.step(theta, gradient, rate);
        CHECK((theta - thetas[s + 1]).norm() <= tolerance * thetas[s + 1].norm());
    }
}

// The text of the std::invalid_argument that `call` throws.
template <class Call>
std::string refusal(Call call) {
    try {
        call();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "no refusal";
}

Vec<double> wave(Index size, double phase) {
    return Vec<double>::NullaryExpr(
        size, [phase](Index i) { return std::sin(phase + 0.7 * static_cast<double>(i)); });
}

}  // namespace

// Ten steps of a handful of operations each, well conditioned: 1e-12 leaves four digits of room.
TEST_CASE("ten steps of every optimiser equal PyTorch's") {
    for (const char* name : {"sgd", "sgd_l2", "sgd_momentum", "sgd_dampened", "sgd_nesterov"}) {
        CAPTURE(name);
        const Golden golden(name);
        expect_golden(golden, Sgd<double>(7, sgd_settings(golden)), 1e-12);
    }
    for (const char* name :
         {"adam", "adam_l2", "adamw", "adamw_warm_up", "adam_cosine", "adam_clip"}) {
        CAPTURE(name);
        const Golden golden(name);
        expect_golden(golden, Adam<double>(7, adam_settings(golden)), 1e-12);
    }
}

TEST_CASE("float follows double to single precision") {
    const Index size = 37;
    AdamSettings settings;
    settings.decoupled_decay = 0.5;
    Adam<double> wide(size, settings);
    Adam<float> narrow(size, settings);
    Vec<double> theta = wave(size, 0.1);
    Vec<float> theta_float = theta.cast<float>();
    for (int s = 1; s <= 50; ++s) {
        const Vec<double> gradient = wave(size, 0.3 * s);
        wide.step(theta, gradient, 0.01);
        narrow.step(theta_float, gradient.cast<float>(), 0.01);
    }
    CHECK((theta - theta_float.cast<double>()).norm() <= 1e-5 * theta.norm());
}

TEST_CASE("coupled and decoupled decay differ, and decay alone shrinks by 1 - rate * decay") {
    const Vec<double> start = wave(5, 1.0);
    const Vec<double> zero = Vec<double>::Zero(5);
    Vec<double> theta = start;
    Adam<double>(5, {.decoupled_decay = 2.0}).step(theta, zero, 0.1);
    CHECK((theta - 0.8 * start).norm() <= 1e-15);
    theta = start;
    Adam<double>(5, {.l2 = 2.0}).step(theta, zero, 0.1);
    CHECK((theta - (start - 0.1 * start.cwiseSign())).norm() <= 1e-7);
}

TEST_CASE("a training resumed from the stored state takes the same steps to the bit") {
    const Index size = 23;
    Adam<double> adam(size, {.l2 = 0.01});
    Sgd<double> sgd(size, {.momentum = 0.9});
    Vec<double> theta = wave(size, 0.0);
    Vec<double> other = theta;
    for (int s = 0; s < 5; ++s) {
        adam.step(theta, wave(size, s), 0.01);
        sgd.step(other, wave(size, s), 0.01);
    }
    Adam<double> adam_resumed(size, adam.settings());
    adam_resumed.restore(adam.state());
    Sgd<double> sgd_resumed(size, sgd.settings());
    sgd_resumed.restore(sgd.state());
    Vec<double> theta_resumed = theta;
    Vec<double> other_resumed = other;
    for (int s = 5; s < 9; ++s) {
        adam.step(theta, wave(size, s), 0.01);
        adam_resumed.step(theta_resumed, wave(size, s), 0.01);
        sgd.step(other, wave(size, s), 0.01);
        sgd_resumed.step(other_resumed, wave(size, s), 0.01);
    }
    CHECK(theta == theta_resumed);
    CHECK(other == other_resumed);
    CHECK(adam_resumed.state().steps == 9);
}

TEST_CASE("the preconditioner is the diagonal of the last step") {
    const Index size = 6;
    Adam<double> adam(size, {.epsilon = 1e-2});
    Vec<double> theta = wave(size, 0.0);
    const Vec<double> before = theta;
    const Vec<double> gradient = wave(size, 2.0);
    adam.step(theta, gradient, 0.5);
    Vec<double> diagonal(size);
    adam.preconditioner(diagonal);
    // After one step m_hat is the gradient itself.
    CHECK((before - theta - 0.5 * gradient.cwiseQuotient(diagonal)).norm() <= 1e-14);
}

TEST_CASE("momentum descends a quadratic to its minimum") {
    const Vec<double> curvature = (Vec<double>(3) << 1.0, 10.0, 100.0).finished();
    Sgd<double> sgd(3, {.momentum = 0.9});
    Vec<double> theta = Vec<double>::Ones(3);
    for (int s = 0; s < 1000; ++s) sgd.step(theta, curvature.cwiseProduct(theta), 0.01);
    CHECK(theta.norm() < 1e-9);
}

TEST_CASE("the first step of a warm-up moves nothing, and w = 0 means none") {
    CHECK(warm_up(1, 10) == 0.0);
    CHECK(warm_up(6, 10) == 0.5);
    CHECK(warm_up(11, 10) == 1.0);
    CHECK(warm_up(1000, 10) == 1.0);
    CHECK(warm_up(1, 0) == 1.0);
    Adam<double> adam(4, {.decoupled_decay = 1.0});
    Vec<double> theta = wave(4, 0.5);
    const Vec<double> before = theta;
    adam.step(theta, wave(4, 1.5), Schedule{.rate = 1e-3, .warm_up_steps = 10}(1));
    CHECK(theta == before);
}

TEST_CASE("the cosine falls from the rate to the final rate after the warm-up") {
    const Schedule schedule{.rate = 1.0,
                            .warm_up_steps = 5,
                            .decline = Decline::cosine,
                            .num_steps = 25,
                            .final_rate = 0.2};
    CHECK(schedule(1) == 0.0);
    CHECK(schedule(6) == 1.0);
    CHECK(schedule(16) == doctest::Approx(0.6).epsilon(1e-15));
    CHECK(schedule(26) == 0.2);
    CHECK(schedule(1000) == 0.2);
}

TEST_CASE("clipping keeps the direction, gives the norm, and leaves short gradients alone") {
    for (Index size : {1, 7, 8, 9, 1000}) {
        CAPTURE(size);
        Vec<double> gradient = wave(size, 0.4);
        const Vec<double> before = gradient;
        CHECK(clip_by_norm(gradient, 1e3) == doctest::Approx(before.norm()).epsilon(1e-14));
        CHECK(gradient == before);
        clip_by_norm(gradient, 0.25);
        CHECK((gradient - before * (0.25 / before.norm())).norm() <= 1e-15);
        Vec<float> single = before.cast<float>();
        clip_by_norm(single, 0.25);
        CHECK(single.norm() == doctest::Approx(0.25).epsilon(1e-6));
    }
    Vec<double> empty(0);
    CHECK(clip_by_norm(empty, 1.0) == 0.0);
    Vec<double> diverged(2);
    diverged << std::numeric_limits<double>::infinity(), 1.0;
    CHECK(std::isinf(clip_by_norm(diverged, 1.0)));
    CHECK(diverged[1] == 1.0);
}

TEST_CASE("no parameters is no work") {
    Vec<double> theta(0);
    Adam<double>(0, {}).step(theta, theta, 0.1);
    Sgd<double>(0, {.momentum = 0.9}).step(theta, theta, 0.1);
    CHECK(theta.size() == 0);
}

TEST_CASE("settings out of range are refused by name, value and remedy") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(refusal([] { Adam<double>(3, {.beta1 = 1.0}); }) ==
          "beta1 = 1 must lie in [0, 1); 0.9 is usual");
    CHECK(refusal([] { Adam<double>(3, {.beta2 = -0.1}); }) ==
          "beta2 = -0.1 must lie in [0, 1); 0.999 is usual");
    CHECK(refusal([] { Adam<double>(3, {.epsilon = 0.0}); }) ==
          "epsilon = 0 must be a number above 0; 1e-8 is usual");
    CHECK(refusal([] { Adam<double>(3, {.l2 = -1.0}); }) ==
          "l2 = -1 must be a number of 0 or more");
    CHECK(refusal([] { Adam<double>(3, {.l2 = 0.1, .decoupled_decay = 0.2}); }) ==
          "l2 = 0.1 and decoupled_decay are both set; set one of them to 0");
    CHECK(refusal([] { Adam<double>(-3, {}); }) == "num_parameters = -3 must be 0 or more");
    CHECK(refusal([nan] { Sgd<double>(3, {.momentum = nan}); }) ==
          "momentum = nan must lie in [0, 1); 0.9 is usual");
    CHECK(refusal([] { Sgd<double>(3, {.is_nesterov = true}); }) ==
          "momentum = 0 must be above 0 with Nesterov's rule; 0.9 is usual");
    Vec<double> theta = Vec<double>::Ones(3);
    CHECK(refusal([&] { Sgd<double>(3, {}).step(theta, theta, -0.5); }) ==
          "rate = -0.5 must be a number of 0 or more");
    CHECK(refusal([&] { Adam<double>(4, {}).step(theta, theta, 0.5); }) ==
          "theta has 3 entries, but the optimiser was made for 4; "
          "pass vectors of the parameter count");
    CHECK(refusal([&] { Adam<double>(4, {}).restore({}); }) ==
          "first_moment has 0 entries, but the optimiser was made for 4; "
          "pass vectors of the parameter count");
    CHECK(refusal([&] { clip_by_norm(theta, 0.0); }) == "max_norm = 0 must be a number above 0");
    CHECK(refusal([] { warm_up(0, 3); }) == "step = 0 must be 1 or more: steps count from 1");
    CHECK(refusal([] { Schedule{.rate = -1.0}(1); }) == "rate = -1 must be a number of 0 or more");
    CHECK(refusal([] {
              Schedule{.warm_up_steps = 9, .decline = Decline::cosine, .num_steps = 9}(1);
          }) ==
          "num_steps = 9 must exceed warm_up_steps: the cosine runs over the steps after the "
          "warm-up");
}
