#include "experiments/analyses/fourier/fourier_summary.h"

#include <cmath>

#include "experiments/lab/table.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

using lab::Cell;

// Adds rows to a summary; all cells but the value may be empty.
class Summary {
  public:
    explicit Summary(lab::TableRows& rows) : rows_(rows) {}

    void add(const char* quantity, const Cell& value, const std::string& note = {},
             const Cell& low = {}, const Cell& high = {}) {
        rows_.add({{"quantity", quantity},
                   {"value", value},
                   {"low", low},
                   {"high", high},
                   {"note", note}});
    }
    void add_keys(const char* quantity, const std::optional<KeyFrequencies>& keys,
                  const char* reason) {
        if (keys) {
            add(quantity, lab::words_of(keys->frequencies),
                key_rule_words(keys->rule) + ", threshold " + lab::format_number(keys->threshold));
        } else {
            add(quantity, {}, reason);
        }
    }
    void add_knot(const char* quantity, const std::optional<statistics::Knot>& knot) {
        if (knot) {
            add(quantity, knot->x, "step; 95 % interval", knot->interval.low, knot->interval.high);
        } else {
            add(quantity, {}, "not found");
        }
    }

  private:
    lab::TableRows& rows_;
};

void add_settings(Summary& summary, const pairs::Snapshot& snapshot,
                  const FourierSettings& settings, const FourierView& view) {
    const FourierChoice choice = choose(settings, snapshot);
    const FourierBasis& basis = view.basis;
    std::vector<Index> subgroups;
    for (Index k = 1; k <= basis.num_frequencies(); ++k) {
        if (basis.is_subgroup(k)) subgroups.push_back(k);
    }
    summary.add("operation", snapshot.operation);
    summary.add("p", basis.p);
    summary.add("subgroup_frequencies", lab::words_of(subgroups),
                "gcd(k, p) > 1: such a wave tells cosets apart, not tokens");
    summary.add("nyquist_frequency", basis.p % 2 == 0 ? Cell(basis.p / 2) : Cell(),
                "even p only; it has no sine");
    summary.add("pairs", snapshot.pairs->num_samples, "that the task has, of p^2");
    summary.add("node", choice.node);
    summary.add("combination", combination_word(choice.combination), "directions of a key");
    summary.add("label", combination_word(choice.label), "number that the label is a wave of");
    summary.add("key_rule", settings.key_rule);
    summary.add("keys_from", settings.keys_from, "checkpoint whose keys the losses use");
    summary.add("fve_threshold", settings.fve_threshold);
    summary.add("correlation_threshold", settings.correlation_threshold);
    summary.add("permutations", settings.permutations, "of the tokens, for p-values and floors");
    summary.add("floor_level", settings.floor_level);
}

void add_neurons(Summary& summary, const FourierSettings& settings, const FourierView& view,
                 const NeuronWaves& waves) {
    const Index live = view.neurons.num_live;
    const Index explained = (view.neurons.best_explained.array() >= settings.fve_threshold).count();
    summary.add("neurons", view.activations.rows());
    summary.add("live_neurons", live, "their activation varies over the pairs");
    summary.add("explained_neurons", explained, "live, with FVE of the threshold or more");
    const auto share = [&](double part) { return part / static_cast<double>(live); };
    if (live > 0) {
        summary.add("explained_share", share(static_cast<double>(explained)),
                    "of the live neurons");
        summary.add("mean_fve", share(view.neurons.best_explained.sum()), "of the live neurons");
    }
    // Phases of a neuron that mixes frequencies say little: only explained ones are judged.
    std::vector<double> angles;
    double cosine = 0;
    for (Index j = 0; j < waves.misalignment.size(); ++j) {
        const double angle = waves.misalignment(j);
        if (std::isnan(angle) || view.neurons.best_explained(j) < settings.fve_threshold) continue;
        angles.push_back(angle);
        cosine += std::cos(angle);
    }
    const std::string note = "over " + std::to_string(angles.size()) + " explained neurons";
    if (angles.empty()) {
        summary.add("misalignment_resultant", {}, note);
        return;
    }
    summary.add("misalignment_resultant",
                analyses::mean_resultant_length(Eigen::Map<const Vec<double>>(
                    angles.data(), static_cast<Index>(angles.size()))),
                note);
    summary.add("misalignment_mean_cosine", cosine / static_cast<double>(angles.size()), note);
}

void add_nulls(Summary& summary, const FourierNulls& nulls, const CorrelationNull& r) {
    summary.add("largest_fve_p_value", nulls.neurons.p_value, "of the largest FVE");
    summary.add("mean_fve_p_value", nulls.neurons.mean_p_value);
    if (nulls.embedding) {
        summary.add("embedding_p_value", nulls.embedding->p_value, "of the largest norm");
    }
    if (nulls.output) {
        summary.add("output_p_value", nulls.output->p_value, "of the largest norm");
    }
    summary.add("correlation_floor", r.floor, "of the largest |r|");
    summary.add("correlation_p_value", r.p_value, "of the largest |r|");
    summary.add("correlated_neurons_null", r.mean_above, "mean over permutations");
    summary.add("correlated_neurons_p_value", r.num_above_p_value);
}

}  // namespace

PhaseFindings find_phases(const std::vector<std::int64_t>& steps,
                          const std::vector<FourierProgress>& progress, std::uint64_t seed) {
    if (steps.size() < kFewestCheckpoints) {
        return {"not judged: phases need " + std::to_string(kFewestCheckpoints) +
                " checkpoints or more, here are " + std::to_string(steps.size())};
    }
    ProgressCurves curves;
    curves.step.assign(steps.begin(), steps.end());
    for (const FourierProgress& at : progress) {
        curves.train_accuracy.push_back(at.full.train.accuracy);
        curves.test_loss.push_back(at.full.test.loss);
        curves.restricted_loss.push_back(at.restricted.all.loss);
        curves.excluded_loss.push_back(at.excluded.all_keys);
        curves.sum_of_squares.push_back(at.sum_of_squares);
    }
    if (std::isnan(curves.test_loss.front())) {
        return {"not judged: phases need test pairs, and all pairs are for training"};
    }
    TrainingPhases phases = analyses::detect_phases(curves, {.seed = seed});
    if (!phases.memorised) {
        return {"not judged: train accuracy does not stay at 0.99 for three checkpoints",
                std::move(phases)};
    }
    // Without keys nothing is restricted to them, and excluded loss is the train loss.
    if (progress.back().excluded.by_key.empty()) {
        TrainingPhases memorised;
        memorised.memorised = phases.memorised;
        return {"not judged: there is no key frequency", memorised};
    }
    return {"judged", std::move(phases)};
}

lab::TableRows summary_rows(const pairs::Snapshot& snapshot, const FourierSettings& settings,
                            const FourierView& view, const std::optional<FourierNulls>& nulls,
                            const Frequencies& keys, const NeuronWaves& waves,
                            const NeuronCorrelations& correlations, const PhaseFindings& phases,
                            const std::vector<std::int64_t>& steps_left_out) {
    lab::TableRows rows("fourier_summary.tsv", snapshot.columns());
    Summary summary(rows);
    add_settings(summary, snapshot, settings, view);
    summary.add("keys", lab::words_of(keys), key_rule_words(choose(settings, snapshot).key_rule));
    summary.add_keys("keys_neurons", view.by_neurons, "");
    summary.add_keys("keys_embedding", view.by_embedding, "raw integers have no table of tokens");
    summary.add_keys("keys_output", view.by_output, "the classes are not numbers modulo p");
    add_neurons(summary, settings, view, waves);
    summary.add("correlation_pairs", correlations.part, "pairs of the correlations");
    summary.add("correlated_neurons", correlations.observed.num_above,
                "|r| above the threshold with some wave");
    if (nulls) add_nulls(summary, *nulls, correlations.null.value());
    summary.add("steps_left_out", lab::words_of(steps_left_out), "checkpoints that are not finite");
    summary.add("phases", phases.status);
    if (phases.phases) {
        const TrainingPhases& found = *phases.phases;
        summary.add("memorised", found.memorised ? Cell(*found.memorised) : Cell(),
                    found.memorised ? "step" : "not reached");
        summary.add_knot("circuit_begins", found.circuit_begins);
        summary.add_knot("cleanup_begins", found.cleanup_begins);
        summary.add_knot("cleanup_ends", found.cleanup_ends);
    }
    return rows;
}

lab::TableRows phase_rows(const pairs::Snapshot& snapshot, const PhaseFindings& phases) {
    lab::TableRows rows("fourier_phases.tsv", snapshot.columns());
    if (!phases.phases) return rows;
    for (const Phase& phase : phases.phases->phases) {
        rows.add({
            {"phase", phase.name},
            {"from", phase.from},
            {"to", phase.to},
            {"test_loss_change", phase.test_loss},
            {"restricted_loss_change", phase.restricted_loss},
            {"excluded_loss_change", phase.excluded_loss},
            {"sum_of_squares_change", phase.sum_of_squares},
            {"is_as_defined", phase.is_as_defined},
        });
    }
    return rows;
}

}  // namespace dualtape::analyses
