#include "experiments/analyses/fourier/progress_measures.h"

#include <cmath>

#include <doctest/doctest.h>

#include "experiments/analyses/fourier/planted_network.h"
#include "experiments/pairs/split.h"
#include "experiments/pairs/tasks.h"
#include "tests/support/random.h"

namespace dualtape::analyses {

using namespace dualtape::pairs;
namespace {

struct Setting {
    FourierBasis basis;
    pairs::Task task;
    pairs::Split split;
    LabelledPairs pairs() const { return {task.labels, split.train, split.test}; }
};

Setting make_setting(Index p, const char* operation = "add") {
    pairs::TaskSettings settings;
    settings.p = p;
    settings.operation = operation;
    Setting setting{make_fourier_basis(p), pairs::make_task(settings), {}};
    setting.split = pairs::make_split(setting.task, {});
    return setting;
}

double loss_of(const Mat<double>& grid, const std::vector<std::int32_t>& labels,
               const std::vector<std::int32_t>& pairs) {
    Mat<double> chosen(grid.rows(), static_cast<Index>(pairs.size()));
    std::vector<std::int32_t> wanted;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        chosen.col(static_cast<Index>(i)) = grid.col(pairs[i]);
        wanted.push_back(labels[static_cast<std::size_t>(pairs[i])]);
    }
    return study::classify<double>(chosen, wanted).loss;
}

}  // namespace

TEST_CASE("restricted to all planted keys, the loss is the full one") {
    const Setting setting = make_setting(13);
    const std::vector<Index> keys{1, 4, 5};
    const Mat<double> logits =
        20 * evaluate(make_planted_network({13, 27, keys, PlantedPhases::lattice})).logits;
    const LogitFrequencies found = logit_frequencies(setting.basis, logits);
    const LossByPart restricted =
        restricted_loss(setting.basis, logits, found, keys, setting.pairs());
    CHECK(std::abs(restricted.all.loss -
                   study::classify<double>(logits, setting.task.labels).loss) <= 1e-10);
    CHECK(std::abs(restricted.train.loss -
                   loss_of(logits, setting.task.labels, setting.split.train)) <= 1e-10);
    CHECK(std::abs(restricted.test.loss -
                   loss_of(logits, setting.task.labels, setting.split.test)) <= 1e-10);
    CHECK(restricted.all.accuracy == 1);
    const LossByPart ideal = ideal_wave_loss(setting.basis, found, keys, setting.pairs());
    CHECK(std::abs(ideal.test.loss - restricted.test.loss) <= 1e-10);
    // Without the keys nothing is left but equal logits.
    const ExcludedLoss excluded =
        excluded_loss(setting.basis, logits, found, keys, setting.pairs());
    CHECK(excluded.all_keys == doctest::Approx(std::log(13.0)).epsilon(1e-12));
    for (const double loss : excluded.by_key) {
        CHECK(loss > restricted.train.loss);
        CHECK(loss < excluded.all_keys);
    }
}

TEST_CASE(
    "with uniform phases the block of all frequencies is the network, and keys keep accuracy") {
    const Setting setting = make_setting(31);
    const Mat<double> logits = evaluate(make_planted_network({31, 120})).logits;
    const LogitFrequencies found = logit_frequencies(setting.basis, logits);
    std::vector<Index> keys(15);
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = static_cast<Index>(i) + 1;
    const study::Classification full = study::classify<double>(logits, setting.task.labels);
    const LossByPart block =
        restricted_loss(setting.basis, logits, found, keys, setting.pairs(), Combination::block);
    CHECK(std::abs(block.all.loss - full.loss) <= 1e-10);
    const LossByPart sum = restricted_loss(setting.basis, logits, found, keys, setting.pairs());
    CHECK(sum.all.accuracy == 1);
    CHECK(sum.all.loss < full.loss);  // what is left out is noise
}

TEST_CASE("restricted and excluded losses are those of explicit projections") {
    for (const Index p : {6, 7}) {
        for (const Combination combination :
             {Combination::sum, Combination::difference, Combination::block}) {
            INFO("p = ", p, ", combination ", static_cast<int>(combination));
            const Setting setting = make_setting(p, "sub");
            const Mat<double> logits = testing::uniform_matrix(p, p * p, 3, -3, 3);
            const LogitFrequencies found = logit_frequencies(setting.basis, logits);
            const std::vector<Index> keys{3, 1};
            Mat<double> kept = Mat<double>::Zero(p, p * p), first;
            for (const Index k : keys) {
                const Mat<double> d = pair_directions(setting.basis, k, combination);
                kept += logits * d * d.transpose();
                if (k == 3) first = kept;
            }
            Mat<double> restricted = kept;
            restricted.colwise() += logits.rowwise().mean();
            const LossByPart loss =
                restricted_loss(setting.basis, logits, found, keys, setting.pairs(), combination);
            const auto& labels = setting.task.labels;
            CHECK(std::abs(loss.all.loss - study::classify<double>(restricted, labels).loss) <=
                  1e-12);
            CHECK(std::abs(loss.test.loss - loss_of(restricted, labels, setting.split.test)) <=
                  1e-12);
            const ExcludedLoss excluded =
                excluded_loss(setting.basis, logits, found, keys, setting.pairs(), combination);
            CHECK(std::abs(excluded.by_key[0] -
                           loss_of(logits - first, labels, setting.split.train)) <= 1e-12);
            CHECK(std::abs(excluded.by_key[1] -
                           loss_of(logits - (kept - first), labels, setting.split.train)) <= 1e-12);
            CHECK(std::abs(excluded.all_keys -
                           loss_of(logits - kept, labels, setting.split.train)) <= 1e-12);
        }
    }
}

TEST_CASE("ideal waves of subtraction follow a - b") {
    const Setting setting = make_setting(7, "sub");
    Mat<double> logits(7, 49);
    for (Index c = 0; c < 49; ++c) {
        for (Index q = 0; q < 7; ++q) logits(q, c) = q == (c / 7 - c % 7 + 7) % 7 ? 5 : 0;
    }
    const LogitFrequencies found = logit_frequencies(setting.basis, logits);
    const std::vector<Index> keys{1, 2, 3};
    const LossByPart ideal =
        ideal_wave_loss(setting.basis, found, keys, setting.pairs(), Combination::difference);
    CHECK(
        ideal.all.loss ==
        doctest::Approx(study::classify<double>(logits, setting.task.labels).loss).epsilon(1e-12));
    CHECK(ideal_wave_loss(setting.basis, found, keys, setting.pairs()).all.loss >
          ideal.all.loss + 1);
}

TEST_CASE("pairs that the task does not have count in no loss") {
    const FourierBasis basis = make_fourier_basis(3);
    const Mat<double> logits = testing::uniform_matrix(3, 9, 1);
    std::vector<std::int32_t> labels{0, -1, 2, 1, -1, 0, 2, -1, 1};
    const std::vector<std::int32_t> train{0, 2, 3}, test{5, 6, 8}, whole{0, 2, 3, 5, 6, 8};
    const LossByPart full = full_loss(basis, logits, {labels, train, test});
    CHECK(full.all.loss == doctest::Approx(loss_of(logits, labels, whole)).epsilon(1e-15));
    CHECK(full.test.loss == loss_of(logits, labels, test));
    const LossByPart restricted =
        restricted_loss(basis, logits, logit_frequencies(basis, logits), std::vector<Index>{1},
                        {labels, train, test}, Combination::block);
    CHECK(restricted.all.loss ==
          doctest::Approx((restricted.train.loss + restricted.test.loss) / 2).epsilon(1e-14));
    CHECK_THROWS_AS(full_loss(basis, logits, {labels, whole, std::vector<std::int32_t>{4}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(full_loss(basis, logits.leftCols(8), {labels, train, test}),
                    std::invalid_argument);
    labels[0] = -2;
    CHECK_THROWS_AS(full_loss(basis, logits, {labels, train, test}), std::invalid_argument);
}

TEST_CASE("empty parts have no loss, and wrong sizes are refused") {
    const Setting setting = make_setting(5);
    const Mat<double> logits = testing::uniform_matrix(5, 25, 1);
    const LogitFrequencies found = logit_frequencies(setting.basis, logits);
    const std::vector<Index> keys{1};
    const LabelledPairs none{setting.task.labels, {}, {}};
    CHECK(std::isnan(restricted_loss(setting.basis, logits, found, keys, none).test.loss));
    CHECK_THROWS_AS(excluded_loss(setting.basis, logits, found, keys, none), std::invalid_argument);
    const std::vector<std::int32_t> outside{25};
    CHECK_THROWS_AS(
        restricted_loss(setting.basis, logits, found, keys, {setting.task.labels, outside, {}}),
        std::invalid_argument);
    CHECK_THROWS_AS(restricted_loss(setting.basis, logits, found, keys,
                                    {std::span(setting.task.labels).first(5), {}, {}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(restricted_loss(setting.basis, logits.topRows(4), found, keys, setting.pairs()),
                    std::invalid_argument);
    CHECK_THROWS_AS(
        restricted_loss(setting.basis, logits, found, std::vector<Index>{3}, setting.pairs()),
        std::invalid_argument);
}

TEST_CASE("weight norms by tensor add up to the total") {
    const std::vector<models::ParameterInfo> parameters{{"first", 2, 3, 3},
                                                        {"second", 4, 1, 3, true}};
    Vec<float> theta(10);
    theta << 1, 2, 3, 4, 5, 6, -1, 0, 0, 2;
    const std::vector<TensorNorm> norms = weight_norms<float>(parameters, theta);
    REQUIRE(norms.size() == 3);
    CHECK(norms[0].name == "first");
    CHECK(norms[0].sum_of_squares == 91);
    CHECK(norms[0].mean_square == doctest::Approx(91.0 / 6).epsilon(1e-15));
    CHECK(norms[1].sum_of_squares == 5);
    CHECK(norms[2].name == "total");
    CHECK(norms[2].count == 10);
    CHECK(norms[2].norm == doctest::Approx(std::sqrt(96.0)).epsilon(1e-15));
    CHECK_THROWS_AS(weight_norms<float>(parameters, theta.head(9)), std::invalid_argument);
    CHECK_THROWS_AS(weight_norms<double>(parameters, Vec<double>::Zero(11)), std::invalid_argument);
}

}  // namespace dualtape::analyses
