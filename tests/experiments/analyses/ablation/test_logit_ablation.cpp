// Ablations from logits against those of a linear readout, and in closed form.
#include <cmath>

#include <doctest/doctest.h>

#include "experiments/analyses/ablation/ablation_curves.h"
#include "experiments/analyses/ablation/logit_ablation.h"
#include "tests/support/readouts.h"

using namespace dualtape;
using namespace dualtape::analyses;
using testing::random_readout;

namespace {

// Sets of units of a readout, as logits.
LogitAblations of_readout(const ReadoutAblation& readout,
                          const std::vector<std::vector<Index>>& sets) {
    return {.clean = ablated_logits(readout, {}, 0),
            .labels = readout.labels,
            .sets = static_cast<Index>(sets.size()),
            .draws = readout.replacement.draws(),
            .ablated = [&readout, sets](Index set, Index draw) {
                return ablated_logits(readout, sets[at(set)], draw);
            }};
}

}  // namespace

TEST_CASE("changes from logits are those of the readout that made them") {
    ReadoutAblation readout = random_readout(6, 5, 150, 3);
    const statistics::BootstrapSettings bootstrap{.resamples = 200, .seed = 4};
    const std::vector<std::vector<Index>> sets{{0}, {3, 1}, {0, 1, 2, 3, 4, 5}, {}};
    for (const bool resamples : {false, true}) {
        if (resamples) {
            readout.replacement =
                replace_by_resampling(readout.hidden, 150, {}, {.draws = 3, .seed = 1});
        }
        const std::vector<AblationChange> found =
            logit_changes(of_readout(readout, sets), bootstrap);
        for (std::size_t set = 0; set < sets.size(); ++set) {
            INFO(set, " ", resamples);
            const AblationChange expected = ablate_set(readout, sets[set], bootstrap);
            for (const auto member :
                 {&AblationChange::accuracy, &AblationChange::loss, &AblationChange::correct_logit,
                  &AblationChange::margin, &AblationChange::divergence}) {
                const Estimate &a = found[set].*member, &b = expected.*member;
                CHECK(a.value == doctest::Approx(b.value).epsilon(1e-12));
                CHECK(a.interval.low == doctest::Approx(b.interval.low).epsilon(1e-12));
                CHECK(a.interval.high == doctest::Approx(b.interval.high).epsilon(1e-12));
            }
        }
        CHECK(found[3].loss.value == 0);
    }
}

TEST_CASE("metrics from logits are those of curves, for any number of threads") {
    const ReadoutAblation readout = random_readout(6, 5, 150, 5);
    const std::vector<std::vector<Index>> sets{{}, {0}, {0, 1}};
    const AblationCurve curve = cumulative_ablation(readout, {0, 1, 2, 3, 4, 5}, {0, 1, 2}, 1);
    const std::vector<AblationMetrics> one = logit_metrics(of_readout(readout, sets), 1);
    const std::vector<AblationMetrics> three = logit_metrics(of_readout(readout, sets), 3);
    for (std::size_t i = 0; i < sets.size(); ++i) {
        CHECK(one[i].loss == doctest::Approx(curve.metrics[i].loss).epsilon(1e-12));
        CHECK(one[i].accuracy == doctest::Approx(curve.metrics[i].accuracy).epsilon(1e-12));
        CHECK(one[i].divergence == doctest::Approx(curve.metrics[i].divergence).epsilon(1e-12));
        CHECK(one[i].loss == three[i].loss);
        CHECK(one[i].divergence == three[i].divergence);
    }
    // Equal logits: the loss is log C, and the divergence from equal logits is 0.
    const LogitAblations equal{.clean = Mat<double>::Constant(4, 7, 2.5),
                               .labels = {0, 1, 2, 3, 0, 1, 2},
                               .sets = 1,
                               .draws = 1,
                               .ablated = [](Index, Index) { return Mat<double>::Zero(4, 7); }};
    const AblationMetrics flat = logit_metrics(equal, 1)[0];
    CHECK(flat.loss == doctest::Approx(std::log(4.0)).epsilon(1e-15));
    CHECK(flat.accuracy == doctest::Approx(2.0 / 7));
    CHECK(std::abs(flat.divergence) < 1e-15);
}

TEST_CASE("logits of other samples are refused") {
    LogitAblations bad{.clean = Mat<double>::Zero(3, 4),
                       .labels = {0, 1, 2, 0},
                       .sets = 1,
                       .draws = 1,
                       .ablated = [](Index, Index) { return Mat<double>::Zero(3, 5); }};
    CHECK_THROWS_WITH_AS(logit_metrics(bad, 1), doctest::Contains("3x5 ablated logits for 3x4"),
                         std::invalid_argument);
    bad.clean(1, 1) = NAN;
    CHECK_THROWS_WITH_AS(logit_changes(bad, {}), doctest::Contains("not finite"),
                         std::invalid_argument);
}
